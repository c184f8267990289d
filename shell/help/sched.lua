-- Help for sched.
return {
  about = "The scheduler.",
  {name = "sched.runq", args = "()", returns = "{{cpu=, pid=, tid=, comm=, running=, nice=, vruntime=}…}", text = "Every thread that runs or waits for a CPU.", example = "print(sched.runq())"},
}
