-- The ptrace module: the shell as a tracer, and what a debugger puts on top of ptrace(2).
local PROGRAM = "/tests/bin/debuggee"
local LIMIT = 60 -- seconds

local function spawn(...)
  return assert(ptrace.spawn{PROGRAM, ...})
end

local function await(t) return assert(t:wait(LIMIT)) end

-- Goes on to the next event.
local function go(t, ...)
  assert(t:cont(...))
  return await(t)
end

local function kind_and_name(event) return event.kind .. " " .. (event.signame or event.where or "") end

-- Runs it to its end; its exit status.
local function finish(t)
  local event
  repeat event = go(t) until event.kind == "exited" or event.kind == "killed"
  return event.status or event.signame
end

describe("ptrace", function()
  it("spawn_stops_before_the_first_instruction", function()
    local t <close> = spawn("count")
    assert.equal("stopped", t.state)
    assert.equal("t", proc.get(t.pid).state)
    assert.equal(t:symbol("_start"), t:regs().pc)
    assert.equal("_start", t:where())
    assert.equal(5, finish(t))
    assert.equal("gone", t.state)
    assert.same({nil, "no such process", 3}, {t:cont()})
  end)

  it("S59_attach_and_detach", function()
    local p = assert(proc.spawn{PROGRAM, "wait"})
    local t <close> = assert(ptrace.attach(p.pid))
    assert.equal("signal SIGSTOP", kind_and_name(await(t)))
    assert.equal("t", p.state)
    assert(t:detach())
    assert.equal(0, p.tracer)
    p:kill("KILL")
    assert.equal("SIGKILL", p:wait{timeout = LIMIT}.signame)
  end)

  it("S65_seize_interrupt_listen", function()
    local p = assert(proc.spawn{PROGRAM, "wait"})
    local t <close> = assert(ptrace.seize(p.pid))
    assert(t:interrupt())
    local event = await(t)
    assert.equal("stop", event.kind)
    assert.equal(true, event.interrupted)
    p:stop() -- pending until it goes on
    assert.equal("signal SIGSTOP", kind_and_name(go(t)))
    assert.equal("stop SIGSTOP", kind_and_name(go(t, "STOP")))
    assert(t:listen())
    p:cont()
    assert.equal("stop", await(t).kind)
    assert(t:kill())
  end)

  it("S60_signals_go_through_the_tracer", function()
    local t <close> = spawn("raise")
    local event = go(t)
    assert.equal("signal SIGUSR1", kind_and_name(event))
    assert.equal(t.pid, event.siginfo.pid)
    assert(t:setsiginfo{value = 7})
    assert(t:breakpoint("handler"))
    assert.equal("breakpoint handler", kind_and_name(go(t, "USR1")))
    assert.equal(10, t:regs().a0)
    assert(t:setregs{a0 = 42})
    assert.equal(42, finish(t))
  end)

  it("system_calls", function()
    local t <close> = spawn("count")
    local seen = {}
    while true do
      assert(t:syscall())
      local event = await(t)
      if event.kind == "exited" then break end
      seen[event.kind] = true
      seen[event.call] = event.text
      if event.kind == "syscall-exit" then assert.equal(t:regs().a0, event.result) end
    end
    assert.equal(true, seen["syscall-enter"] and seen["syscall-exit"])
    assert.equal("exit_group(5)", seen.exit_group)
  end)

  it("breakpoints_by_symbol", function()
    local t <close> = spawn("count")
    local seen = {}
    local b = assert(t:breakpoint("add_one", function(who)
      seen[#seen + 1] = who:regs().a0
      return #seen == 4
    end))
    assert.equal("breakpoint add_one", kind_and_name(go(t)))
    assert.equal("0 1 2 3", table.concat(seen, " "))
    assert.equal(4, b.hits)
    local size = #ptrace.breakpoint_code
    local code = t:peek(b.addr, size)
    assert.equal(ptrace.breakpoint_code, t.process:read(b.addr, size))
    assert(b:clear())
    assert.equal(code, t.process:read(b.addr, size))
    assert(t:breakpoint("add_one", {temporary = true}))
    assert.equal("breakpoint add_one", kind_and_name(go(t)))
    assert.equal(4, t:regs().a0)
    assert.equal(0, #t:breakpoints())
    assert.equal(5, finish(t))
  end)

  it("finish_runs_over_recursion", function()
    local t <close> = spawn("recurse")
    assert(t:breakpoint("factorial", {temporary = true}))
    assert.equal("breakpoint", go(t).kind)
    local event = assert(t:finish())
    assert.equal("finish", event.kind)
    assert.equal(120, t:regs().a0)
    assert.equal(120, finish(t))
  end)

  it("step_leads_where_running_leads", function()
    local t <close> = spawn("branches")
    assert(t:breakpoint("branches", {temporary = true}))
    assert.equal("breakpoint", go(t).kind)
    for _ = 1, 600 do
      assert(t:step())
      assert.equal("step", await(t).kind)
    end
    local alone = assert(proc.spawn{PROGRAM, "branches"})
    assert.equal(alone:wait().status, finish(t))
  end)

  it("a_step_over_exec_leaves_the_new_program_whole", function()
    local t <close> = spawn("execs")
    local addr = t:symbol("main") -- the same program again, at the same place
    assert(t:breakpoint("execl"))
    assert.equal("breakpoint", go(t).kind)
    assert(t:breakpoint("execve"))
    assert.equal("breakpoint execve", kind_and_name(go(t)))
    local whole = t:peek(addr, 4096)
    local around = t:symbol("execve")
    local code = t:peek(around, 64)
    local event
    repeat -- the instruction that makes the call has a breakpoint, too
      assert(t:breakpoint(t:regs().pc))
      assert(t:step())
      event = await(t)
    until event.kind ~= "step" and event.kind ~= "breakpoint"
    assert.equal("exec", event.kind)
    assert.equal(0, #t:breakpoints())
    assert.equal(whole, t.process:read(addr, 4096))
    assert.equal(code, t.process:read(around, 64))
    assert.equal(5, finish(t))
  end)

  it("a_step_into_fork_leaves_the_child_whole", function()
    local t <close> = assert(ptrace.spawn{PROGRAM, "fork", options = {fork = true}})
    assert(t:breakpoint("_Fork"))
    assert.equal("breakpoint _Fork", kind_and_name(go(t)))
    local event
    repeat
      assert(t:step())
      event = await(t)
    until event.kind ~= "step"
    assert.equal("fork", event.kind)
    local child <close> = event.child
    assert.equal("stop", await(child).kind)
    assert.equal(child:peek(child:regs().pc, 64), proc.get(child.pid):read(child:regs().pc, 64))
    assert.equal(7, finish(child))
    assert.equal(7, finish(t))
  end)

  it("threads_share_breakpoints", function()
    local t <close> = assert(ptrace.spawn{PROGRAM, "threads", options = {clone = true}})
    local b = assert(t:breakpoint("add_one"))
    local event = go(t)
    assert.equal("clone", event.kind)
    local thread <close> = event.child
    assert.equal(t.pid, thread.pid)
    assert(t:cont())
    assert.equal("stop", await(thread).kind)
    assert.equal("breakpoint add_one", kind_and_name(go(thread)))
    assert.equal(41, thread:regs().a0)
    assert.equal(1, b.hits)
    assert.equal("exited", go(thread).kind)
    assert.equal(42, await(t).status)
  end)

  it("a_killed_process_takes_its_traced_threads_along", function()
    local t <close> = assert(ptrace.spawn{PROGRAM, "threads", options = {clone = true}})
    local thread <close> = go(t).child
    assert.equal("stop", await(thread).kind)
    assert(t:kill())
    assert.equal("let go", thread.state)
  end)

  it("a_running_tracee_keeps_its_breakpoints", function()
    local t <close> = spawn("wait")
    local code = t:peek(t:symbol("add_one"), 16)
    local b = assert(t:breakpoint("add_one"))
    assert(t:cont())
    assert.equal(3, (select(3, b:clear())))
    assert.equal(3, (select(3, t:detach())))
    assert.equal(ptrace.breakpoint_code, t.process:read(b.addr, #ptrace.breakpoint_code))
    assert(t:interrupt())
    await(t)
    assert.same({b}, t:breakpoints())
    assert(b:clear())
    assert.equal(code, t.process:read(b.addr, 16))
    assert(t:kill())
  end)

  it("closing_among_breakpoints_does_not_kill", function()
    for i = 1, 20 do
      local t = spawn("count")
      assert(t:breakpoint("add_one", function() return false end))
      assert(t:cont())
      -- Either it has met the breakpoint, which nobody has waited for, or it may be about to.
      if i % 2 == 0 then eventually(function() return t.process.state == "t" end) else time.sleep(i * 1e-4) end
      assert(t:close())
      assert.equal(5, t.process:wait{timeout = LIMIT}.status)
    end
  end)

  it("a_condition_holds_for_steps_too", function()
    local t <close> = spawn("recurse")
    local seen = 0
    assert(t:breakpoint("factorial", function() seen = seen + 1; return seen == 1 end))
    assert.equal("breakpoint", go(t).kind)
    assert.equal("finish", assert(t:finish()).kind)
    assert.equal(120, t:regs().a0)
    assert.equal(5, seen)
    assert.equal(120, finish(t))
  end)

  it("system_calls_at_a_breakpoint", function()
    local t <close> = spawn("wait")
    local pc
    repeat -- to an entry, whose instruction then gets a breakpoint
      assert(t:syscall())
      local event = await(t)
      pc = t:regs().pc
    until event.call == "ppoll" or event.call == "rt_sigsuspend" or event.call == "pause"
    assert(t:breakpoint(pc)) -- where the call returns to
    assert(t:syscall())
    assert(t:interrupt())
    local kinds = {}
    repeat
      local event = await(t)
      kinds[#kinds + 1] = event.kind
      if event.kind ~= "breakpoint" then assert(t:syscall()) end
    until event.kind == "breakpoint" or event.kind == "syscall-enter"
    assert.equal("syscall-exit", kinds[1])
    assert(t:kill())
  end)

  it("a_bad_signal_changes_nothing", function()
    local t <close> = spawn("count")
    assert(t:breakpoint("add_one", {temporary = true}))
    assert.equal("breakpoint", go(t).kind)
    local pc = t:regs().pc
    local code = t.process:read(pc, 64)
    assert.error(function() t:cont("NONSENSE") end)
    assert.error(function() t:step("NONSENSE") end)
    assert.equal(code, t.process:read(pc, 64))
    assert.equal(5, finish(t))
  end)

  it("memory_around_a_breakpoint_can_be_written", function()
    local t <close> = spawn("wait")
    local b = assert(t:breakpoint("add_one"))
    local code = t:peek(b.addr - 4, 12)
    local other = code:gsub(".", function(c) return string.char(c:byte() ~ 0xff) end)
    assert.equal(12, t:poke(b.addr - 4, other))
    assert.equal(other, t:peek(b.addr - 4, 12))
    assert.equal(ptrace.breakpoint_code, t.process:read(b.addr, #ptrace.breakpoint_code))
    assert(b:clear())
    assert.equal(other, t.process:read(b.addr - 4, 12))
    assert(t:kill())
  end)

  -- Another tracer may be the first to find a program that is being started: then it is his, or ours.
  it("spawn_against_another_tracer", function()
    sched.stress{seed = 1, every = 1, delay = 200000, points = "ptrace.begin"} -- nothing, in a release build
    for _ = 1, 30 do
      local other = assert(proc.spawn{PROGRAM, "seize"})
      local t, _, errno = ptrace.spawn{PROGRAM, "count"}
      if t then
        t:kill()
      else
        assert.equal(1, errno)
      end
      other:kill("KILL")
      other:wait()
    end
    sched.stress(nil)
  end)

  it("watch_stops_at_a_change", function()
    local t <close> = spawn("count")
    assert(t:breakpoint("add_one", {temporary = true}))
    go(t)
    local event = assert(t:watch("counter"))
    assert.equal("watch", event.kind)
    assert.equal(0, (string.unpack("<i8", event.old)))
    assert.equal(1, (string.unpack("<i8", event.new)))
    assert.equal("add_one", event.where:match("^[%w_]+"))
    local counter = t:symbol("counter")
    assert(t:poke(counter, string.pack("<i8", 77)))
    assert.equal(77, (string.unpack("<i8", t:peek(counter, 8))))
    assert(t:kill())
  end)

  it("S68_children_are_traced_from_their_start", function()
    local t <close> = assert(ptrace.spawn{PROGRAM, "fork", options = {fork = true, clone = true}})
    assert(t:breakpoint("add_one"))
    local event = go(t)
    assert.equal("fork", event.kind)
    local child <close> = event.child
    assert.equal("stop", await(child).kind)
    assert.equal(t.pid, proc.get(child.pid).ppid)
    assert(child:breakpoint("add_one"))
    assert.equal("add_one", go(child).where)
    assert.equal(7, finish(child))
    assert.equal(7, finish(t))
  end)

  it("closing_leaves_the_program_whole", function()
    local p = assert(proc.spawn{PROGRAM, "wait"})
    local t = assert(ptrace.seize(p.pid))
    assert(t:interrupt())
    await(t)
    local addr, size = t:symbol("add_one"), #ptrace.breakpoint_code
    local code = t:peek(addr, size)
    assert(t:breakpoint("add_one"))
    assert.equal(ptrace.breakpoint_code, p:read(addr, size))
    assert(t:close())
    assert.equal(code, p:read(addr, size))
    assert.equal(0, p.tracer)
    p:kill("KILL")
    p:wait()
  end)

  it("bad_input", function()
    local t <close> = spawn("wait")
    assert.equal(3, (select(3, ptrace.attach(99999))))
    assert.equal(1, (select(3, ptrace.seize(1))))
    assert.equal(1, (select(3, ptrace.attach(t.pid))))
    assert.equal(2, (select(3, ptrace.spawn{"/nowhere"})))
    assert.error(function() ptrace.seize(t.pid, {nonsense = true}) end)
    assert.equal(nil, (t:peek(8, 8)))
    assert.equal(nil, (t:poke(8, "x")))
    assert.equal(nil, (t:breakpoint("no_such_function")))
    assert.equal(nil, (t:breakpoint(16)))
    assert.equal(1, (select(3, t:setregs{status = -1})))
    assert.error(function() t:setregs{nonsense = 1} end)
    assert.error(function() t:cont("NONSENSE") end)
    assert(t:cont())
    assert.equal(3, (select(3, t:regs())))
    assert.equal(110, (select(3, t:wait(0.01))))
    assert(t:kill())
    assert.equal("gone", t.state)
  end)

  it("commands", function()
    local function run(line) return shell.command(line)() end
    local t = run("debug /tests/bin/debuggee count")
    assert.equal("_start", t:where())
    assert.equal(false, (pcall(run, "debug /tests/bin/debuggee")))
    run("break add_one")
    local event = run("cont")
    assert.equal("breakpoint add_one", kind_and_name(event))
    assert.match("^breakpoint at 0x%x+ %(add_one%)$", tostring(event))
    assert.equal("step", run("step 2").kind)
    assert.equal("watch", run("watch counter 8").kind)
    assert.equal("finish", run("finish").kind)
    assert.equal("step", run("next").kind)
    assert.equal("signal SIGUSR1", kind_and_name((function()
      t:breakpoints()[1]:clear()
      signal.kill(t.pid, "USR1")
      return run("cont")
    end)()))
    run("detach")
    assert.equal(false, (pcall(run, "cont")))
    assert.equal(5, proc.wait(t.pid, {timeout = LIMIT}).status)
  end)
end)
