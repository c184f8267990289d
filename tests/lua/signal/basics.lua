describe("signal.program", function()
  subcommands("sig", {
    "handler", "action_errors", {"mask", "S03_standard_signals_do_not_queue"}, "unblockable",
    {"nodefer", "S24_sa_nodefer"}, {"resethand", "S24_sa_resethand"}, {"action_mask", "S24_sa_mask"},
    {"siginfo", "S22_siginfo_of_kill_tgkill_sigqueue"}, {"realtime_queue", "S04_realtime_signals_queue_in_order"},
    {"realtime_order", "S04_lowest_realtime_signal_first"}, {"ignored_flush", "S07_ignoring_flushes_what_is_pending"},
    {"stop_cont_cancel", "S01_cont_and_stop_signals_remove_each_other"}, "sigchld",
    {"sigchld_stop", "S48_sa_nocldstop"}, {"nocldwait", "S56_sa_nocldwait"}, "kill_group",
    {"kill_errors", "S17_signal_0_and_errors"}, {"kill_permission", "S16_permission"}, "spin_and_be_killed", "alarm",
    "exec_resets", "fork_inherits",
  })
  subcommands("handler", {
    {"read_eintr", "S36_read_gives_eintr_without_sa_restart"}, {"read_restarts", "S36_read_restarts_with_sa_restart"},
    {"wait_restarts", "S36_wait_restarts_with_sa_restart"},
    {"sleep_eintr", "S39_nanosleep_gives_eintr_and_the_time_left"}, "poll_eintr",
    {"pause", "S37_pause_returns_after_a_handler"}, {"stopped_sleep", "S40_a_stop_is_invisible_to_nanosleep"},
    {"sigsuspend", "S26_sigsuspend"}, {"sigtimedwait", "S27_sigtimedwait"}, {"ppoll_mask", "S26_ppoll_mask"},
    {"altstack", "S28_sigaltstack"}, {"altstack_overflow", "S28_overflow_is_handled_on_the_alternate_stack"},
    {"no_room_for_frame", "S23_a_frame_that_cannot_be_written_kills"},
    {"forced_fault", "S20_a_blocked_or_ignored_fault_kills"}, {"illegal_instruction", "S21_ill_illopc"},
    {"trap_instruction", "S21_trap_brkpt"}, {"fp_survives", "S33_fp_survives_a_handler"},
    {"context_mask", "S25_the_frames_mask_is_restored"}, "longjmp",
  })
end)

describe("signal.lua", function()
  local function reporter()
    return stay{bin .. "sig", "reporter"}
  end

  it("kill_by_number_and_name", function()
    local p <close> = reporter()
    assert(signal.kill(p.pid, 10))
    assert.equal("got 10", p.stdout:read("l", 5))
    assert(signal.kill(p.pid, "SIGUSR1"))
    assert.equal("got 10", p.stdout:read("l", 5))
    assert(p:kill("USR1"))
    assert.equal("got 10", p.stdout:read("l", 5))
    assert(signal.tgkill(p.pid, p.pid, signal.SIGUSR1))
    assert.equal("got 10", p.stdout:read("l", 5))
    assert(p:kill("TERM"))
    assert.equal("exited", p:wait{timeout = 5}.kind)
  end)

  it("misuse", function()
    assert.error(function() signal.kill(1, "NOSUCH") end, "no such signal")
    assert.error(function() signal.kill(1, 65) end, "no such signal")
    assert.error(function() signal.kill(1, -1) end, "no such signal")
    assert.error(function() signal.kill({}, 1) end)
    assert.fails("ESRCH", signal.kill(999999, 15))
    assert.fails("ESRCH", signal.kill(999999, 0))
    assert.fails("EINVAL", signal.tgkill(-1, 1, 1))
    assert.fails("ESRCH", signal.tgkill(2, 999999, 15))
    assert.fails("ESRCH", signal.queue(999999, 34, 1))
  end)

  it("names_and_numbers", function()
    assert.equal(9, signal.SIGKILL)
    assert.equal(17, signal.SIGCHLD)
    assert.equal(64, signal.SIGRTMAX)
    assert.equal("SIGTERM", signal.name(15))
    assert.equal(2, signal.number("INT"))
    assert.equal(2, signal.number("SIGINT"))
  end)

  it("explain_says_why_a_signal_is_pending", function()
    local p <close> = reporter()
    assert(p:kill("USR2"))
    local text = signal.explain(p.pid)
    assert.match("SIGUSR2 is pending for the process", text)
    assert.match("from process 2", text)
    assert.match("blocked. Unblocked, it ends the process", text)
    assert.match("Ignored: SIGHUP", text)
    assert(p:stop())
    p:wait{untraced = true, timeout = 5}
    assert(p:kill("TERM"))
    text = signal.explain(p.pid)
    assert.match("stopped by SIGSTOP", text)
    assert.match("SIGTERM is pending for the process.*the process is stopped", text)
    assert.fails("ESRCH", signal.explain(999999))
  end)

  it("state_shows_masks_and_actions", function()
    local p <close> = reporter()
    local s = signal.state(p.pid)
    local function has(list, name)
      for _, v in ipairs(list) do
        if v == name then return true end
      end
    end
    assert.truthy(has(s.caught, "SIGUSR1") and has(s.caught, "SIGTERM"))
    assert.truthy(has(s.ignored, "SIGHUP"))
    assert.truthy(has(s.blocked, "SIGUSR2"))
    assert.equal(0, #s.pending + #s.shared)
    assert.fails("ESRCH", signal.state(999999))
  end)

  it("S03_a_blocked_signal_is_pending_once", function()
    local p <close> = reporter()
    assert(p:kill("USR2"))
    assert(p:kill("USR2"))
    local s = p:signals()
    assert.same({"SIGUSR2"}, {table.unpack(s.shared)})
    assert.equal(1, #s.queue)
    assert.equal("SI_USER", s.queue[1].codename)
    assert.equal(2, s.queue[1].pid)
  end)

  it("S04_queued_values_stay_in_order", function()
    local p <close> = reporter()
    assert(p:stop())
    assert(p:wait{untraced = true, timeout = 5})
    for i = 1, 5 do assert(signal.queue(p.pid, 40, i)) end
    local queue = p:signals().queue
    assert.equal(5, #queue)
    for i = 1, 5 do
      assert.equal(40, queue[i].signal)
      assert.equal(i, queue[i].value)
      assert.equal("SI_QUEUE", queue[i].codename)
    end
    assert(p:cont())
    local w = p:wait{timeout = 5}
    assert.equal(40, w.signal)
  end)

  it("S02_sigcont_resumes_and_is_handled", function()
    local p <close> = reporter()
    for _ = 1, 10 do
      assert(p:stop())
      assert.equal("stopped", p:wait{untraced = true, timeout = 5}.kind)
      assert.equal("T", p.state)
      assert(p:cont())
      assert.equal("continued", p:wait{continued = true, timeout = 5}.kind)
      assert.equal("got 18", p.stdout:read("l", 5))
    end
  end)

  it("S50_sigkill_frees_a_stopped_process", function()
    local p <close> = reporter()
    assert(p:stop())
    assert(p:wait{untraced = true, timeout = 5})
    assert(p:kill("USR1"))
    assert.fails("ETIMEDOUT", p.stdout:read("l", 0.05)) -- nothing happens while it is stopped
    assert(p:kill("KILL"))
    local w = assert(p:wait{timeout = 5})
    assert.equal("killed", w.kind)
    assert.equal(9, w.signal)
  end)

  it("S13_init_ignores_what_it_does_not_handle", function()
    for _, sig in ipairs{"TERM", "KILL", "STOP", "INT", "HUP"} do signal.kill(1, sig) end
    time.sleep(0.02)
    assert.truthy(proc.get(1))
    assert.not_equal("T", proc.get(1).state)
  end)

  it("the_shell_survives_signals_to_itself", function()
    for _, sig in ipairs{"TERM", "INT", "HUP", "USR1", 40} do signal.kill(2, sig) end
    local p = assert(proc.spawn{bin .. "hello"})
    assert.equal("exited", p:wait{timeout = 5}.kind)
    time.sleep(0.01)
  end)

  it("state_shows_every_queue", function()
    local p <close> = stay{bin .. "thread", "stay"}
    local tids = {}
    for _, t in ipairs(p:threads()) do tids[#tids + 1] = t.tid end
    assert(p:stop())
    assert(p:wait{untraced = true, timeout = 5})
    assert(signal.queue(p.pid, 40, 7))
    assert(signal.tgkill(p.pid, tids[2], "USR1"))
    assert(signal.tgkill(p.pid, tids[3], "USR2"))
    local s = signal.state(p.pid)
    assert.equal(4, #s.threads)
    for i, t in ipairs(s.threads) do assert.equal(tids[i], t.tid) end
    assert.same({"SIGRTMIN+8"}, {table.unpack(s.shared)})
    assert.same({"SIGUSR1"}, {table.unpack(s.threads[2].pending)})
    assert.same({"SIGUSR2"}, {table.unpack(s.threads[3].pending)})
    assert.equal(0, #s.pending + #s.threads[4].pending)
    local by_name = {}
    for _, info in ipairs(s.queue) do by_name[info.signame] = info end
    assert.equal(7, by_name["SIGRTMIN+8"].value)
    assert.equal(nil, by_name["SIGRTMIN+8"].tid)
    assert.equal(tids[2], by_name.SIGUSR1.tid)
    assert.equal("SI_TKILL", by_name.SIGUSR1.codename)
    assert.match("for thread " .. tids[3], tostring(s))
    local text = signal.explain(p.pid)
    assert.match("SIGUSR1 is pending for thread " .. tids[2] .. ", from process 2", text)
    assert.match("SIGRTMIN%+8 is pending for the process", text)
    assert.falsy(text:find("No signal is pending"))
  end)

  it("history_says_why_a_signal_was_dropped", function()
    local p <close> = reporter()
    local function last(signame, what)
      local found
      for _, e in ipairs(signal.history(p.pid)) do
        if e.signame == signame and e.what == what then found = e end
      end
      return found
    end
    assert(p:kill("WINCH"))
    assert.equal("ignored", last("SIGWINCH", "dropped").detail)
    assert(p:kill("USR2"))
    assert(signal.tgkill(p.pid, p.pid, "URG"))
    assert.equal("SI_TKILL", last("SIGURG", "sent").detail)
    assert(p:kill("USR2"))
    assert.equal("already pending", last("SIGUSR2", "dropped").detail)
    assert(p:stop())
    assert(p:wait{untraced = true, timeout = 5})
    assert(p:cont())
    local continued
    for _, e in ipairs(signal.history(p.pid)) do
      if e.what == "continued" then continued = e end
    end
    assert.equal(2, continued.from)
    assert.equal(p.pid, continued.to)
  end)

  it("history_tells_what_happened", function()
    local p <close> = reporter()
    p:kill("USR1")
    p.stdout:read("l", 5)
    local sent, delivered
    for _, e in ipairs(signal.history(p.pid)) do
      if e.signame == "SIGUSR1" then
        if e.what == "sent" then sent = e end
        if e.what == "delivered" then delivered = e end
      end
    end
    assert.truthy(sent, "sent")
    assert.equal(2, sent.from)
    assert.equal(p.pid, sent.to)
    assert.truthy(delivered, "delivered")
    assert.truthy(sent.time <= delivered.time)
  end)

  it("deaths_by_every_signal", function()
    local kills = {HUP = 1, INT = 2, QUIT = 3, ILL = 4, ABRT = 6, KILL = 9, USR1 = 10, SEGV = 11, PIPE = 13, TERM = 15, XCPU = 24, SYS = 31}
    for name, number in pairs(kills) do
      local p = assert(proc.spawn{bin .. "sched", "spin"})
      assert(p:kill(name))
      local w = assert(p:wait{timeout = 5})
      assert.truthy(w.kind == "killed" or w.kind == "dumped", name)
      assert.equal(number, w.signal)
      assert.equal("SIG" .. name, w.signame)
    end
  end)

  it("ignored_by_default", function()
    local p <close> = spinner()
    for _, name in ipairs{"CHLD", "URG", "WINCH", "CONT"} do assert(p:kill(name)) end
    assert.fails("ETIMEDOUT", p:wait{timeout = 0.05})
  end)
end)
