describe("sched", function()
  subcommands("sched", {"yield", "affinity", {"preemption", timeout = 20}, "nice", "policies", "ping_pong", "fork_storm"})
  subcommands("clock", {
    "monotonic", "clocks", "cpu_time", "sleep", "absolute", "itimer", "itimer_rests", "timer_ends_loop", "many_sleepers", "uname",
  })
end)

describe("sched.thread", function()
  subcommands("thread", {
    "create_join", "mutex", "condition", "churn", "detached", "exit_from_thread", {"leader_exits", "S57_leader_exits_first"},
    {"kill_all", "S11_sigkill_ends_every_thread"}, {"stop_all", "S44_sigstop_stops_every_thread"}, "fork_in_thread",
    "exec_in_thread", "futex", "cancel", {"signal_unblocked", "S09_signal_takes_an_eligible_thread"}, "signal_one",
    "shared_state", "fp",
  })
end)

describe("sched.look", function()
  it("runq_shows_what_runs", function()
    local p <close> = spinner()
    eventually(function()
      for _, t in ipairs(sched.runq()) do
        if t.pid == p.pid then return t.comm == "sched" end
      end
    end)
    local self
    for _, t in ipairs(sched.runq()) do self = self or (t.pid == 2 and t.running) end
    assert.truthy(self, "the shell itself runs")
  end)

  it("cpu_list_and_regs", function()
    local list = cpu.list()
    assert.truthy(#list >= 1)
    local mine
    for i, c in ipairs(list) do
      assert.equal(i - 1, c.id)
      assert.match("^[ri]", c.state)
      mine = mine or c.pid == 2
    end
    assert.truthy(mine)
    assert.fails("ENODEV", cpu.regs(99))
    assert.fails("ENODEV", cpu.regs(-1))
    assert.error(function() cpu.regs("x") end)
  end)

  it("a_spinner_uses_cpu_time_and_a_stopped_one_none", function()
    local p <close> = spinner()
    eventually(function() return p.utime > 0.02 end)
    p:stop()
    p:wait{untraced = true}
    local t = p.utime + p.stime
    time.sleep(0.1)
    assert.equal(t, p.utime + p.stime, "S51: a stopped task uses no CPU time")
  end)

  it("the_shell_lives_among_spinners", function()
    local all = {}
    for i = 1, 12 do all[i] = spinner() end
    local start = time.now()
    for _ = 1, 5 do assert.equal("hello, world\n", run{bin .. "hello"}) end
    local took = time.now() - start
    for _, p in ipairs(all) do getmetatable(p).__close(p) end
    assert.truthy(took < 8, "took " .. took .. " s")
  end, {timeout = 30})

  it("irq_list_counts", function()
    local list = irq.list()
    assert.truthy(#list >= 1)
    for _, i in ipairs(list) do assert.truthy(i.irq > 0 and i.count >= 0 and #i.name > 0) end
  end)

  it("sleep_takes_its_time", function()
    local start = time.now()
    time.sleep(0.05)
    local took = time.now() - start
    assert.truthy(took >= 0.05 and took < 1, took)
    time.sleep(0)
    time.sleep(-1)
    assert.error(function() time.sleep() end)
    assert.error(function() time.sleep("x") end)
  end)
end)
