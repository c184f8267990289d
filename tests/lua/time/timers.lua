describe("time.posix", function()
  subcommands("ptimer", {
    {"once", "S22_once"}, "defaults", "overruns", {"one_signal_each", "S03_one_signal_each"}, "silent", "absolute",
    "clock_jump", "to_thread", "ignored", "bad_input", {"limit", "S06_limit"}, "fork_and_exec", "delete_pending",
    {"race", "R25_race"},
  })
end)

describe("time.cpu", function()
  subcommands("cputimer", {
    "prof", "virtual", "threads", "to_consumer", "posix", "of_other", {"limit_cpu", timeout = 40}, {"limit_inherited", timeout = 20},
    {"limit_realtime", timeout = 20}, "rests", "sleep_by_clock", "of_dead",
  })
end)

describe("time.adjtime", function()
  subcommands("adjtime", {"read", "refused", "kept", "tai", "setoffset"})
end)
