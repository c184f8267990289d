-- Help for sched.
return {
  about = "The scheduler.",
  {name = "sched.runq", args = "()", returns = "{{cpu=, pid=, tid=, comm=, running=, nice=, vruntime=}…}", text = "Every thread that runs or waits for a CPU.", example = "print(sched.runq())"},
  {name = "sched.stress", args = "([{seed=, every=}])", returns = "true",
    text = "Debug builds: from now on, about one of `every` (20) steps that another CPU could see is followed by a preemption or a short delay, at random by `seed`, so that races show. Without an argument: no more. Release builds give ENOSYS.", example = "sched.stress{seed=7, every=50}\nsched.stress()"},
}
