describe("sched.membarrier", function()
  subcommands("membarrier", {"commands", {"orders", timeout = 20}, "at_once"})
end)
