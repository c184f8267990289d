-- Help for trace.
return {
  about = "The flight recorder: a ring for each CPU. Signals are always recorded, the rest when switched on.",
  {name = "trace.on", args = "{\"syscall\", \"signal\", \"sched\", \"fault\", pid=}", returns = "true", text = "Records these classes, of one process if pid is given (a number or a P). trace.read() then begins here.", example = "trace.on{\"syscall\", pid=1}\ntrace.off()"},
  {name = "trace.read", args = "([n])", returns = "{{time=, cpu=, pid=, tid=, kind=, …}…}",
    text = "The events since the last trace.read, oldest first. System calls have name, args, result, errno (a name) and text as strace prints it; \"= ?\" has not returned. Strings are those in the program's memory now. The rings hold about a thousand events a CPU.", example = "print(trace.read(10))"},
  {name = "trace.off", args = "()", returns = "true", text = "Back to signals only. What was recorded can still be read.", example = "trace.off()"},
}
