describe("fd.async", function()
  subcommands("async", {
    "owner", "bad_input", {"pipe", "S22_pipe"}, "set_signal", "to_thread", "to_group",
    {"queue_overflow", "S06_queue_overflow"}, "race",
  })
end)

describe("fd.timerfd", function()
  subcommands("timerfd", {
    "once", "periodic", "absolute", "bad_input", "epoll", "interrupt", "clock_set", "fdinfo", "eventfd",
  })
end)

describe("fd.signalfd", function()
  subcommands("signalfd", {
    {"read", "S04_read"}, {"child_and_poll", "S22_child_and_poll"}, "change_mask", "inherited", "epoll_outlives",
    "threads", "interrupt", "epoll_busy_poll",
  })
end)

describe("fd.pidfd", function()
  subcommands("pidfd", {
    {"poll", "S19_poll"}, "bad_input", {"send_signal", "S18_send_signal"}, {"clone", "S53_clone"}, "getfd",
    "thread", "fdinfo", "advise", "release", "release_shared",
  })
end)

describe("fd.splice", function()
  subcommands("splice", {
    "pipes", "full", "waits", "files", "large", "tee", "memory", "sockets", "devices", "bad_input",
  })
end)
