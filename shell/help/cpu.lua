-- Help for cpu.
return {
  about = "Processors.",
  {name = "cpu.list", args = "()", returns = "{{id=, hw_id=, state=, pid=, tid=, comm=, pc=, idle_time=, switches=, interrupts=, ipis=}…}",
    text = "Each CPU and what runs on it. pc is where a program entered the kernel last.", example = "print(cpu.list())"},
  {name = "cpu.regs", args = "(id)", returns = "{pc=, sp=, …}", errors = "ENODEV ESRCH (idle, or a kernel task runs)",
    text = "The registers with which the program on that CPU entered the kernel last.", example = "print(cpu.regs(0))"},
}
