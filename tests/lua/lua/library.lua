-- Upstream Lua on this kernel: what the C library and the FPU below it have to get right.
describe("lua", function()
  it("doubles", function()
    assert.equal(0.1 + 0.2, 0.30000000000000004)
    assert.equal("0.1", tostring(0.1))
    assert.equal("1e+100", tostring(1e100))
    assert.equal("-nan", tostring(0 / 0):gsub("^nan", "-nan"))
    assert.equal("inf", tostring(1 / 0))
    assert.equal(1.7976931348623157e308, tonumber("1.7976931348623157e308"))
    assert.equal(5e-324, tonumber("4.9406564584124654e-324"))
    assert.equal(255, tonumber("0xff"))
    assert.equal(0.5, tonumber("0x1p-1"))
    assert.equal(nil, tonumber("1e"))
    assert.equal(3.0, 6 / 2)
    assert.equal("float", math.type(6 / 2))
    assert.equal(3, 7 // 2)
    assert.equal(-4, -7 // 2)
    assert.equal(1, -7 % 2)
    assert.equal(1024.0, 2 ^ 10)
  end)

  it("string_format", function()
    assert.equal("0.33333333333333", string.format("%.14g", 1 / 3))
    assert.equal("3.14", string.format("%.2f", math.pi))
    assert.equal("1.000000e+10", string.format("%e", 1e10))
    assert.equal("0x1p+0", string.format("%a", 1.0))
    assert.equal("  42|42  |00042|+42", string.format("%4d|%-4d|%05d|%+d", 42, 42, 42, 42))
    assert.equal("ff FF 0xff 377", string.format("%x %X %#x %o", 255, 255, 255, 255))
    assert.equal("-9223372036854775808", string.format("%d", math.mininteger))
    assert.equal('"a\\\nb\\0c\\"d"', string.format("%q", "a\nb\0c\"d"))
    assert.equal("   abc|ab", string.format("%6s|%.2s", "abc", "abc"))
    assert.equal("A", string.format("%c", 65))
    assert.error(function() return string.format("%d", 1.5) end, "no integer representation")
  end)

  it("floats_print_and_read_back", function()
    for _ = 1, 500 do
      local x = (math.random() - 0.5) * 10 ^ math.random(-300, 300)
      assert.equal(x, tonumber(string.format("%.17g", x)))
    end
  end)

  it("math", function()
    assert.near(0.8414709848078965, math.sin(1), 1e-15)
    assert.near(0.5403023058681398, math.cos(1), 1e-15)
    assert.near(math.pi, math.atan(1, 1) * 4, 1e-15)
    assert.near(2.718281828459045, math.exp(1), 1e-15)
    assert.near(2.302585092994046, math.log(10), 1e-15)
    assert.equal(10.0, math.log(1024, 2))
    assert.equal(1.4142135623730951, math.sqrt(2))
    assert.equal(3, math.floor(3.7))
    assert.equal(-3, math.ceil(-3.7))
    assert.equal(1.5, math.fmod(7.5, 2))
    assert.equal(math.maxinteger + 1, math.mininteger)
    assert.equal(5, math.max(1, 5, 3))
    assert.truthy(math.ult(1, -1))
    assert.equal(nil, math.tointeger(2.5))
  end)

  it("patterns", function()
    assert.equal("key value", ("key=value"):gsub("(%w+)=(%w+)", "%1 %2"))
    assert.same({"2026", "11", "23"}, {("on 2026-11-23"):match("(%d+)-(%d+)-(%d+)")})
    local words = {}
    for w in ("the quick brown"):gmatch("%a+") do words[#words + 1] = w end
    assert.same({"the", "quick", "brown"}, words)
    assert.equal("f(a(b)c)", ("x f(a(b)c) y"):match("%a%b()"))
    assert.equal("THE", ("the"):upper())
    assert.equal(5, ("hello"):find("o", 1, true))
    assert.equal("olleh", ("hello"):reverse())
    assert.equal("ababab", ("ab"):rep(3))
    assert.equal(3, #string.pack("<I2B", 1, 2))
  end)

  it("coroutines", function()
    local function fib()
      local a, b = 0, 1
      while true do
        coroutine.yield(a)
        a, b = b, a + b
      end
    end
    local next_fib, last = coroutine.wrap(fib), nil
    for _ = 1, 50 do last = next_fib() end
    assert.equal(7778742049, last)
    local co = coroutine.create(function() error("inside") end)
    local ok, message = coroutine.resume(co)
    assert.falsy(ok)
    assert.match("inside", message)
    assert.equal("dead", coroutine.status(co))
    assert.truthy(select(2, coroutine.running()))
  end)

  it("tables_and_sorting", function()
    local t = {}
    for i = 1, 2000 do t[i] = math.random(1, 1000000) end
    table.sort(t)
    for i = 2, #t do assert.truthy(t[i - 1] <= t[i]) end
    assert.equal("1,2,3", table.concat({1, 2, 3}, ","))
    assert.equal(3, select("#", table.unpack({1, nil, 3}, 1, 3)))
    table.move(t, 1, 10, 5)
    assert.error(function() table.concat({{}}) end)
  end)

  it("fp_state_survives_programs_that_use_it", function()
    local p <close> = owned(assert(proc.spawn{bin .. "thread", "fp", stdout = "null"}))
    local x = 1.0
    for i = 1, 200000 do x = x * 1.0000001 + 1 / i - 1 / i end
    assert.near(1.0202013, x, 1e-6)
    p:wait()
  end)

  it("errors_and_close", function()
    local closed = {}
    local function mark(name)
      return setmetatable({}, {__close = function() closed[#closed + 1] = name end})
    end
    local ok, message = pcall(function()
      local a <close> = mark("a")
      local b <close> = mark("b")
      error({code = 5})
    end)
    assert.falsy(ok)
    assert.equal(5, message.code)
    assert.same({"b", "a"}, closed)
    assert.match("attempt to index a nil value", assert.error(function() local t; return t.x end))
    assert.match("stack overflow", assert.error(function()
      local function f() return (("x"):gsub("x", f)) end
      return f()
    end))
  end)
end)

describe("lua.limits", function()
  it("endless_allocation_is_an_error", function()
    local message = assert.error(function()
      local t = {}
      while true do t[#t + 1] = ("x"):rep(100000) .. #t end
    end)
    assert.match("not enough memory", message)
    collectgarbage()
    assert.equal("hello, world\n", run{bin .. "hello"})
  end, {timeout = 60})

  it("one_huge_string_is_an_error", function()
    assert.error(function() return ("x"):rep(1 << 40) end)
    assert.match("not enough memory", assert.error(function()
      local s = "x"
      while true do s = s .. s end
    end))
  end, {timeout = 60})

  it("endless_loop_ends_at_the_deadline", function()
    sys.deadline(0.1)
    local ok, message = pcall(function() while true do end end)
    sys.deadline(10)
    assert.falsy(ok)
    assert.match("time limit exceeded", message)
  end)

  it("a_blocked_wait_ends_at_the_deadline", function()
    local p <close> = spinner()
    sys.deadline(0.1)
    local ok, message = pcall(function() p:wait() end)
    sys.deadline(10)
    assert.falsy(ok)
    assert.match("time limit exceeded", message)
    sys.deadline(0.1)
    ok, message = pcall(time.sleep, 100)
    sys.deadline(10)
    assert.falsy(ok)
    assert.match("time limit exceeded", message)
  end)

  it("no_bytecode_no_debug_no_host_files", function()
    assert.equal(nil, debug)
    assert.equal(nil, load(string.dump and string.dump(function() end) or "\27Lua"))
    assert.equal(nil, os and os.execute)
    assert.equal(nil, io and io.popen)
  end)

  it("syntax_errors_name_the_line", function()
    local f, message = load("local x =\nlocal y", "@script.lua")
    assert.equal(nil, f)
    assert.match("script.lua:2", message)
  end)

  it("metatables_of_handles_are_hidden", function()
    local mt = getmetatable(proc.get(1))
    assert.equal("process", mt.__name)
    assert.equal(nil, mt.__gc)
    assert.equal("function", type(mt.__index.kill))
    mt.__tostring = function() return "changed" end
    assert.match("^process 1", tostring(proc.get(1)))
    mt.__tostring = nil
    assert.error(function() setmetatable(proc.get(1), {}) end)
  end)
end)
