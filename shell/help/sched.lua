-- Help for sched.
return {
  about = "The scheduler.",
  {name = "sched.runq", args = "()", returns = "{{cpu=, pid=, tid=, comm=, running=, nice=, vruntime=}…}", text = "Every thread that runs or waits for a CPU.", example = "print(sched.runq())"},
  {name = "sched.stress", args = "([{seed=, every=, delay=, points=}])", returns = "true",
    text = "Debug builds: from now on, about one of `every` (20) steps that another CPU could see is followed by a preemption or a delay of up to `delay` ns (20000), at random by `seed`, so that races show. `points`: only of those whose names begin so (a space between two). Without an argument: no more. Release builds give ENOSYS.", example = "sched.stress{seed=7, every=50}\nsched.stress{every=2, points='signal. exit.'}\nsched.stress()"},
}
