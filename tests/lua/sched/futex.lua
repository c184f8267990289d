describe("sched.membarrier", function()
  subcommands("membarrier", {"commands", {"orders", timeout = 20}, {"at_once", timeout = 60}})
end)

describe("sched.futex_pi", function()
  subcommands("futex_pi", {
    "errors", "timeouts", "contended", "inheritance", "deadlock", "owner_dies", "waiter_dies", "heirs", "requeue",
  })
end)
