describe("proc.program", function()
  subcommands("proc", {
    "exit_codes", {"signal_deaths", "S72_signal_deaths_have_no_core_flag_without_a_core"}, {"wait_nohang", "S53_wait_nohang"},
    {"wait_stopped", "S53_wait_stopped_and_continued"}, {"waitid", "S53_waitid"}, {"wait_group", "S53_wait_for_a_group"},
    {"ignored_children", "S56_ignored_children_reap_themselves"}, "many_children", "orphans", {"subreaper", "S58_subreaper"},
    "vfork", "ids", "sessions", "setpgid_after_exec", "rusage", "rlimits", "fsize_limit", "comm",
    {"pdeathsig", "S58_parent_death_signal"}, "credentials", "nproc_limit", "bad_clone", "unknown_syscall",
  })
end)

describe("proc.badptr", function()
  subcommands("badptr", {
    "read", "write", "paths", "results", "vectors", "wait_status", "getdents", "futex", "half_mapped", "read_only",
    {"every_call", timeout = 120},
  })
end)

describe("proc.spawn", function()
  it("gives_output_and_status", function()
    local out, result = exec{bin .. "hello", "a", "b"}
    assert.equal("a b\n", out)
    assert.equal("exited", result.kind)
    assert.equal(0, result.status)
    local _, other = exec{bin .. "hello", "1", "2", "3", "4", "5"}
    assert.equal(5, other.status)
    assert.equal(5 << 8, other.raw)
  end)

  it("input_comes_from_a_pipe_or_a_file", function()
    local cat = need_busybox()
    assert.equal("some\ninput\n", run{cat, "cat", input = "some\ninput\n"})
    with_folder(function(dir)
      fs.write(dir .. "/in", "from a file")
      assert.equal("from a file", run{cat, "cat", stdin = dir .. "/in"})
      assert.equal("", run{cat, "cat", stdin = "null"})
      local p = assert(proc.spawn{bin .. "hello", "to", "a", "file", stdout = dir .. "/out"})
      p:wait()
      assert.equal("to a file\n", fs.read(dir .. "/out"))
    end)
  end)

  it("pipelines_by_handles", function()
    local busybox = need_busybox()
    local a = assert(proc.spawn{bin .. "hello", "through", "the", "pipe", stdout = "pipe"})
    local b = assert(proc.spawn{busybox, "tr", "a-z", "A-Z", stdin = a.stdout, stdout = "pipe"})
    a.stdout:close()
    assert.equal("THROUGH THE PIPE\n", b.stdout:read())
    b.stdout:close()
    assert.equal("exited", a:wait().kind)
    assert.equal("exited", b:wait().kind)
  end)

  it("cwd_group_and_session", function()
    local p <close> = spinner{cwd = "/dev", pgid = 0}
    assert.equal(p.pid, p.pgid)
    local q <close> = spinner{pgid = p.pid}
    assert.equal(p.pid, q.pgid)
    local s <close> = spinner{session = true}
    assert.equal(s.pid, s.sid)
    assert.equal(s.pid, s.pgid)
    assert.fails("ENOENT", proc.spawn{bin .. "hello", cwd = "/no/such/folder"})
    assert.truthy(proc.spawn{bin .. "hello", pgid = 999999} == nil)
  end)

  it("stopped_before_the_first_instruction", function()
    local p <close> = owned(assert(proc.spawn{bin .. "hello", stdout = "pipe", stopped = true}))
    local w = assert(p:wait{untraced = true, timeout = 5})
    assert.equal("stopped", w.kind)
    assert.equal(signal.SIGSTOP, w.signal)
    assert.equal("T", p.state)
    assert.fails("ETIMEDOUT", p.stdout:read("l", 0.02))
    assert(p:cont())
    assert.equal("hello, world", p.stdout:read("l", 5))
    assert.equal("exited", p:wait().kind)
  end)

  it("misuse_raises_an_error", function()
    assert.error(function() proc.spawn{} end, "no program")
    assert.error(function() proc.spawn("/bin/x") end, "table expected")
    assert.error(function() proc.spawn{bin .. "hello", {}} end, "argument 2 is a table")
    assert.error(function() proc.spawn{bin .. "hello", colour = 1} end, "unknown field 'colour'")
    assert.error(function() proc.spawn{bin .. "hello", stdout = 7} end, "stdout")
    assert.error(function() proc.spawn{bin .. "hello", env = 7} end, "env")
    assert.error(function() proc.wait(1, {forever = true}) end, "unknown option")
  end)
end)

describe("proc.objects", function()
  it("get_of_nobody", function()
    for _, pid in ipairs{-1, 0, 999999, math.maxinteger, math.mininteger} do
      local v, message, errno = proc.get(pid)
      assert.equal(nil, v)
      assert.equal("no such process", message)
      assert.equal(sys.errno.ESRCH, errno)
    end
    assert.error(function() proc.get("x") end, "number expected")
    assert.error(function() proc.get() end, "number expected")
  end)

  it("init_and_the_shell_are_there", function()
    local init, lua = assert(proc.get(1)), assert(proc.get(2))
    assert.equal("init", init.comm)
    assert.equal("lua", lua.comm)
    assert.equal(1, lua.ppid)
    assert.equal("R", lua.state)
    assert.truthy(lua.kernel)
    assert.truthy(init == proc.get(1))
    assert.truthy(init ~= lua)
    assert.match("^process 1 %(init%)", tostring(init))
  end)

  it("fields_of_a_program", function()
    local p <close> = stay{bin .. "thread", "stay"}
    assert.equal(2, p.ppid)
    assert.equal("thread", p.comm)
    eventually(function() return p.state == "S" end)
    assert.equal(0, p.uid)
    assert.equal(p.pid, p.tgid)
    assert.equal(0, p.tracer)
    assert.equal(4, #p.threads)
    assert.equal(4, #p:threads())
    assert.equal(0, #p.children)
    assert.truthy(p.start_time > 0 and p.start_time <= time.now())
    assert.match("TID", tostring(p:threads()))
  end)

  it("unknown_field_raises_an_error", function()
    local p = proc.get(1)
    assert.error(function() return p.colour end, "no field 'colour'")
    assert.error(function() p.pid = 3 end)
  end)

  it("a_dead_process_is_no_other", function()
    local p = assert(proc.spawn{bin .. "hello"})
    local pid = p.pid
    p:wait()
    assert.equal(pid, p.pid)
    assert.equal(nil, p.state)
    assert.equal(nil, p.comm)
    assert.fails("ESRCH", p:kill())
    assert.fails("ESRCH", p:wait())
    assert.fails("ESRCH", p:maps())
    assert.fails("ESRCH", p:fds())
    assert.fails("ESRCH", p:regs())
    assert.fails("ESRCH", p:stack())
    assert.fails("ESRCH", p:read(4096, 1))
    assert.fails("ESRCH", p:signals())
    assert.match("gone", tostring(p))
    assert.fails("ESRCH", proc.get(pid))
  end)

  it("list_and_its_filters", function()
    local p <close> = spinner{pgid = 0}
    local q <close> = spinner{pgid = p.pid}
    assert.equal(2, #proc.list{pgid = p.pid})
    assert.equal(2, #proc.list{comm = "sched"})
    assert.equal(0, #proc.list{comm = "sched", uid = 77})
    local w = q:stop() and q:wait{untraced = true}
    assert.equal("stopped", w.kind)
    local stopped = proc.list{state = "T"}
    assert.equal(1, #stopped)
    assert.equal(q.pid, stopped[1].pid)
    assert.error(function() proc.list{name = "x"} end, "unknown field 'name'")
    assert.match("PID.*\n.*sched", tostring(proc.list()))
  end)

  it("tree_has_the_children", function()
    local p <close> = spinner()
    local function find(node)
      if node.pid == p.pid then return true end
      for _, c in ipairs(node.children) do
        if find(c) then return true end
      end
    end
    assert.truthy(find(proc.tree()))
    assert.truthy(find(proc.tree(2)))
    assert.fails("ESRCH", proc.tree(999999))
    local found
    for _, c in ipairs(proc.get(2).children) do found = found or c.pid == p.pid end
    assert.truthy(found)
  end)

  it("fds_of_a_program", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local fds = p:fds()
    assert.equal(3, #fds)
    assert.equal(0, fds[1].fd)
    assert.equal("/dev/null", fds[1].path)
    assert.match("pipe", fds[2].path)
  end)

  it("kernel_tasks_have_no_user_side", function()
    local lua = proc.get(2)
    assert.fails("EINVAL", lua:maps())
    assert.fails("EINVAL", lua:regs())
    assert.fails("EINVAL", lua:read(4096, 4))
    assert.truthy(#lua:stack() > 2)
  end)

  it("regs_and_stack_of_a_sleeper", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local regs = assert(p:regs())
    assert.truthy(#regs > 10)
    assert.truthy(regs.pc > 0x1000 and regs.sp > 0x1000)
    local stack = p:stack()
    assert.truthy(#stack >= 1)
    assert.equal(regs.pc, stack[1].pc)
    assert.match("/tests/bin/thread%+0x", stack[1].where)
  end)
end)

describe("proc.wait", function()
  it("timeout_and_nohang", function()
    local p <close> = spinner()
    local start = time.now()
    assert.fails("ETIMEDOUT", p:wait{timeout = 0.1})
    local took = time.now() - start
    assert.truthy(took >= 0.1 and took < 2, took)
    assert.fails("EAGAIN", p:wait{nohang = true})
    assert.fails("EAGAIN", proc.wait(p.pid, {nohang = true}))
  end)

  it("nowait_leaves_it_waitable", function()
    local p = assert(proc.spawn{bin .. "hello"})
    local w = assert(p:wait{nowait = true})
    assert.equal("exited", w.kind)
    assert.equal("Z", p.state)
    assert.truthy(p:kill(0), "signal 0 reaches a zombie")
    assert.equal("exited", p:wait().kind)
    assert.fails("ESRCH", p:wait())
  end)

  it("any_child_and_groups", function()
    local p = assert(proc.spawn{bin .. "hello", "a", pgid = 0})
    local w = assert(proc.wait(-p.pid, {timeout = 5}))
    assert.equal(p.pid, w.pid)
    local q = assert(proc.spawn{bin .. "hello"})
    w = assert(proc.wait(-1, {timeout = 5}))
    assert.equal(q.pid, w.pid)
    assert.fails("ECHILD", proc.wait(-1, {timeout = 5}))
    assert.fails("ECHILD", proc.wait(1))
    assert.fails("ECHILD", proc.wait(999999))
  end)

  it("rusage_of_the_dead", function()
    local p = assert(proc.spawn{bin .. "proc", "rusage"})
    local w = assert(p:wait())
    assert.equal(0, w.status)
    assert.truthy(w.rusage.utime + w.rusage.stime >= 0.05)
    assert.truthy(w.rusage.maxrss > 100)
    assert.truthy(w.rusage.minflt > 10)
  end)

  it("stop_continue_kill_200_times", function()
    local function round()
      local p = assert(proc.spawn{bin .. "sched", "spin"})
      eventually(function() return p.state == "R" end)
      assert(p:stop())
      local w = assert(p:wait{untraced = true, timeout = 5})
      assert.equal("stopped", w.kind)
      assert.equal("T", p.state)
      assert(p:cont())
      w = assert(p:wait{continued = true, timeout = 5})
      assert.equal("continued", w.kind)
      assert(p:kill())
      w = assert(p:wait{timeout = 5})
      assert.equal("killed", w.kind)
      assert.equal(signal.SIGTERM, w.signal)
    end
    round()
    collectgarbage()
    local before = mem.info()
    for _ = 1, 200 do round() end
    eventually(function()
      collectgarbage()
      local now = mem.info()
      return now.user <= before.user and now.kstack <= before.kstack and now.page_table <= before.page_table
        and now.kernel_objects <= before.kernel_objects
    end, 3)
  end, {timeout = 90})
end)

describe("pgrp", function()
  it("kill_reaches_every_member", function()
    local lead <close> = spinner{pgid = 0}
    local more = {}
    for i = 1, 3 do more[i] = assert(proc.spawn{bin .. "sched", "spin", pgid = lead.pid}) end
    local g = assert(pgrp.get(lead.pid))
    assert.equal(4, #g.members)
    assert.equal(lead.pid, g.id)
    assert.equal(lead.sid, g.session)
    assert(g:stop())
    for _ = 1, 4 do assert.equal("stopped", g:wait("stopped", 5).kind) end
    assert.equal(4, #proc.list{state = "T"})
    assert(g:cont())
    for _ = 1, 4 do assert.equal("continued", g:wait("continued", 5).kind) end
    assert(g:kill())
    for _ = 1, 4 do assert.equal(signal.SIGTERM, g:wait("killed", 5).signal) end
    assert.fails("ESRCH", g:kill())
    assert.equal(nil, g.session)
  end)

  it("S15_killpg_of_nobody", function()
    assert.fails("ESRCH", signal.killpg(999999, 15))
    assert.fails("ESRCH", pgrp.get(999999))
    assert.fails("ESRCH", pgrp.get(-1))
    assert.truthy(#pgrp.list() >= 1)
    assert.match("PGID", tostring(pgrp.list()))
  end)

  it("S46_an_orphaned_group_ignores_the_terminal_stop", function()
    local p <close> = spinner{session = true}
    assert.truthy(pgrp.get(p.pid).orphaned)
    assert(p:kill("TSTP"))
    assert.fails("ETIMEDOUT", p:wait{untraced = true, timeout = 0.1})
    assert.equal("R", p.state)
    assert(p:kill("STOP"))
    assert.equal("stopped", p:wait{untraced = true, timeout = 5}.kind)
  end)
end)
