describe("sched.membarrier", function()
  subcommands("membarrier", {"commands", "shown", {"orders", timeout = 20}, {"at_once", timeout = 60}})
end)

describe("sched.futex2", function()
  subcommands("futex2", {"errors", "waitv", "waits", "requeue"})
end)

describe("sched.futex_pi", function()
  subcommands("futex_pi", {
    "errors", "timeouts", "contended", "inheritance", "deadlock", "owner_dies", "waiter_dies", "heirs", "requeue",
  })
end)

describe("sched.rseq", function()
  subcommands("rseq", {
    "calls", "place", "ids", "signal", "preempted", "barrier", "bad", "inherited",
  })
end)
