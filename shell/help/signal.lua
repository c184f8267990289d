-- Help for signal.
return {
  about = "Signals. They are numbers or names (\"SIGINT\", \"INT\"); signal.SIGINT and so on are the numbers.",
  {name = "signal.kill", args = "(pid, sig)", returns = "true", errors = "ESRCH EPERM EINVAL",
    text = "As kill(2): pid may be 0 (the shell's group), -1 (everybody) or -pgid. sig 0 only checks.", example = "print(signal.kill(1, 0))"},
  {name = "signal.killpg", args = "(pgid, sig)", returns = "true", errors = "ESRCH EPERM", text = "To every member of a process group.",
    example = "print(signal.killpg(999999, \"TERM\"))"},
  {name = "signal.tgkill", args = "(tgid, tid, sig)", returns = "true", errors = "ESRCH EPERM EINVAL", text = "To one thread.",
    example = "print(signal.tgkill(999999, 999999, \"TERM\"))"},
  {name = "signal.queue", args = "(pid, sig, value)", returns = "true", errors = "ESRCH EPERM EAGAIN", text = "With a number for the handler's siginfo, as sigqueue(3).",
    example = "print(signal.queue(999999, 34, 42))"},
  {name = "signal.state", args = "(pid)", returns = "{pending=, shared=, blocked=, ignored=, caught=, queue=}", errors = "ESRCH",
    text = "Names of the signals that are pending for the leader, pending for the process, blocked, ignored and caught; queue has the siginfo of each one pending.",
    example = "print(signal.state(1))"},
  {name = "signal.history", args = "([pid])", returns = "{{time=, cpu=, what=, signal=, signame=, from=, to=}…}",
    text = "The last events kept: sent, dropped, dequeued, delivered, stopped, continued; from and to are thread ids.", example = "print(signal.history(1))"},
  {name = "signal.name", args = "(sig)", returns = "string", text = "\"SIGTERM\" of 15.", example = "print(signal.name(15))"},
  {name = "signal.number", args = "(name)", returns = "integer", text = "15 of \"TERM\".", example = "print(signal.number\"TERM\")"},
}
