describe("fd.async", function()
  subcommands("async", {
    "owner", "bad_input", {"pipe", "S22_pipe"}, "set_signal", "to_thread", "to_group",
    {"queue_overflow", "S06_queue_overflow"}, "race",
  })
end)
