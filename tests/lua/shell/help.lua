local modules = {"proc", "pgrp", "signal", "mem", "sym", "cpu", "irq", "sched", "log", "fs", "time", "sys", "trace", "crash", "pty", "ptrace"}

local function rows(module)
  local text = assert(sys.embedded("shell/help/" .. module .. ".lua"))
  return assert(load(text, "@shell/help/" .. module .. ".lua", "t", {}))()
end

describe("shell.help", function()
  for _, module in ipairs(modules) do
    it(module .. "_documents_every_function", function()
      local seen = {}
      for _, row in ipairs(rows(module)) do
        assert.truthy(row.name and row.args and row.text, "a row needs name, args and text: " .. tostring(row.name))
        assert.falsy(seen[row.name], "twice: " .. tostring(row.name))
        seen[row.name] = true
      end
      for name, value in pairs(_G[module]) do
        if type(value) == "function" then assert.truthy(seen[module .. "." .. name], module .. "." .. name .. " has no help") end
      end
      for name in pairs(seen) do
        local field = name:match("^" .. module .. "%.([%w_]+)$")
        if field then assert.equal("function", type(_G[module][field]), name .. " does not exist") end
      end
    end)
  end

  it("methods_of_handles_are_documented", function()
    local seen = {}
    for _, module in ipairs(modules) do
      for _, row in ipairs(rows(module)) do seen[row.name] = true end
    end
    local f <close> = assert(fs.open("/dev/null"))
    local p = proc.get(1)
    local m <close> = assert(pty.open())
    local t <close> = assert(ptrace.spawn{"/tests/bin/debuggee"})
    local b = assert(t:breakpoint("main"))
    for prefix, object in pairs{P = p, F = f, M = m, T = t, B = b} do
      for name in pairs(getmetatable(object).__index) do
        assert.truthy(seen[prefix .. ":" .. name], prefix .. ":" .. name .. " has no help")
      end
    end
    t:kill()
  end)

  for _, module in ipairs(modules) do
    it(module .. "_examples_run_as_they_stand", function()
      for _, row in ipairs(rows(module)) do
        if row.example and not row.dangerous then
          local quiet = {print = function() end, help = function() end}
          local chunk = assert(load(row.example, "=example of " .. row.name, "t", setmetatable(quiet, {__index = _G})))
          local ok, message = pcall(chunk)
          assert.truthy(ok, row.name .. ": " .. tostring(message))
        end
      end
      trace.off()
    end, {may_leak = true, timeout = 20})
  end

  it("one_screen_of_overview", function()
    local lines = 0
    local old = print
    _G.print = function(text) for _ in (tostring(text) .. "\n"):gmatch("[^\n]*\n") do lines = lines + 1 end end
    local ok, message = pcall(help)
    _G.print = old
    assert(ok, message)
    assert.truthy(lines > 3 and lines <= 24, lines .. " lines")
  end)

  it("short_commands_show_their_lua", function()
    assert.match("kill", code(":kill -STOP -12"))
    assert.match("proc", code(":ps"))
    assert.error(function() code(":nosuchcommand") end)
  end)
end)

describe("shell.views", function()
  it("records_print_well", function()
    assert.match("PID", tostring(proc.list()))
    assert.match("KIB", tostring(mem.info()))
    assert.match("Linux", tostring(sys.uname()))
    assert.truthy(#tostring(proc.tree()) > 5)
    assert.truthy(#tostring(cpu.list()) > 5)
    assert.truthy(#tostring(log.read{n = 3}) > 5)
    assert.truthy(#tostring(mem.heap()) > 5)
    assert.truthy(#tostring(irq.list()) > 3)
    assert.truthy(#tostring(sched.runq()) > 3)
    assert.truthy(#tostring(fs.list("/")) > 3)
    assert.truthy(#tostring(fs.stat("/")) > 3)
    assert.truthy(#tostring(signal.history()) > 3)
    assert.truthy(#tostring(pgrp.list()) > 3)
  end)

  it("every_value_of_a_process_prints", function()
    local p <close> = stay{bin .. "thread", "stay"}
    assert.match("thread", tostring(p:maps()))
    assert.match("pipe", tostring(p:fds()))
    assert.match("pc", tostring(p:regs()))
    assert.match("0x", tostring(p:stack()))
    assert.match("TID", tostring(p.threads))
    assert.match("blocked", tostring(p:signals()))
  end)
end)
