local function crashed(how)
  local p = assert(proc.spawn{bin .. "crash", how})
  local w = assert(p:wait{timeout = 5})
  local c = assert(crash.last())
  assert.equal(p.pid, c.pid)
  return c, w
end

describe("crash", function()
  it("S74_null_pointer_report", function()
    local c, w = crashed("null")
    assert.truthy(w.kind == "killed" or w.kind == "dumped")
    assert.equal(signal.SIGSEGV, w.signal)
    assert.equal("crash", c.comm)
    assert.equal(signal.SIGSEGV, c.signal)
    assert.equal("SIGSEGV", c.signame)
    assert.equal(1, c.code)
    assert.equal("SEGV_MAPERR", c.codename)
    assert.equal(8, c.addr)
    assert.equal("SEGV_MAPERR: address not mapped", c.cause)
    assert.equal(c.pc, c.regs.pc)
    assert.equal(c.sp, c.regs.sp)
    assert.truthy(#c.regs >= 16)
  end)

  it("S74_backtrace_with_mappings", function()
    local c = crashed("null")
    assert.truthy(#c.frames >= 4, "frames: " .. #c.frames)
    for i = 1, 4 do assert.match("^/tests/bin/crash%+0x%x+$", c.frames[i].where) end
    assert.equal(c.pc, c.frames[1].pc)
    assert.equal(16, #c.bytes)
  end)

  it("write_to_read_only_memory", function()
    local c = crashed("read_only")
    assert.equal("SEGV_ACCERR", c.codename)
    assert.match("not permitted", c.cause)
    assert.equal(0, c.addr % 4096)
  end)

  it("jump_to_nowhere", function()
    local c = crashed("jump")
    assert.equal("SEGV_MAPERR", c.codename)
    assert.equal(0x10, c.pc)
    assert.equal(0x10, c.addr)
    assert.falsy(c.bytes)
  end)

  it("illegal_instruction", function()
    local c = crashed("illegal")
    assert.equal("SIGILL", c.signame)
    assert.equal("ILL_ILLOPC", c.codename)
    assert.equal(c.pc, c.addr)
  end)

  it("breakpoint", function()
    local c = crashed("breakpoint")
    assert.equal("SIGTRAP", c.signame)
    assert.equal("TRAP_BRKPT", c.codename)
  end)

  it("bus_error", function()
    local c = crashed("bus")
    assert.equal("SIGBUS", c.signame)
    assert.equal("BUS_ADRERR", c.codename)
  end)

  it("a_broken_stack_ends_the_walk", function()
    local c = crashed("broken_stack")
    assert.equal("SIGSEGV", c.signame)
    assert.truthy(#c.frames >= 1)
  end)

  it("print_gives_a_report", function()
    local c = crashed("null")
    local text = crash.report(c)
    assert.match("crash %(pid %d+, tid %d+%) ended by SIGSEGV: SEGV_MAPERR", text)
    assert.match("registers:\n", text)
    assert.match("backtrace:\n  #0 ", text)
    assert.match(string.format("sp %016x", c.sp), text)
    assert.truthy(#tostring(c) > 100)
    local lines = {}
    local old = print
    _G.print = function(s) lines[#lines + 1] = s end
    local ok, message = pcall(crash.print)
    _G.print = old
    assert(ok, message)
    assert.equal(text, lines[1])
  end)

  it("list_has_the_newest_first", function()
    crashed("null")
    crashed("illegal")
    local list = crash.list()
    assert.truthy(#list >= 2)
    assert.equal("SIGILL", list[1].signame)
    assert.equal("SIGSEGV", list[2].signame)
    assert.truthy(list[1].seq > list[2].seq)
  end)

  it("S74_crashes_at_once_do_not_mix", function()
    local all = {}
    for i = 1, 6 do all[i] = assert(proc.spawn{bin .. "crash", i % 2 == 0 and "null" or "illegal"}) end
    for _, p in ipairs(all) do p:wait{timeout = 5} end
    local seen = {}
    for _, c in ipairs(crash.list()) do seen[c.pid] = c end
    for i, p in ipairs(all) do
      local c = assert.truthy(seen[p.pid])
      assert.equal(i % 2 == 0 and "SIGSEGV" or "SIGILL", c.signame)
      assert.equal(c.pc, c.frames[1].pc)
    end
  end)

  it("a_handled_fault_is_no_crash", function()
    local before = crash.last()
    run{bin .. "mm", "segv_maperr"}
    local after = crash.last()
    assert.equal(before and before.seq, after and after.seq)
  end)

  it("misuse", function()
    assert.error(function() crash.report({}) end, "crash.list")
    assert.error(function() crash.print(5) end)
  end)
end)
