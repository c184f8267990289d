-- Help for sys.
return {
  about = "The machine and the kernel as a whole. sys.errno.ENOENT and so on are the error numbers.",
  {name = "sys.call", args = "(name | number, …)", returns = "integer", errors = "whatever the call gives",
    text = "A raw system call from the shell's own task, with up to six integers. The task has no user memory, so pointers give EFAULT and strings are refused; calls that would end the task are refused too.",
    example = "print(sys.call(\"getpid\"), sys.call(\"close\", 999))"},
  {name = "sys.uname", args = "()", returns = "{sysname=, nodename=, release=, version=, machine=, arch=}", text = "What uname(2) says.", example = "print(sys.uname())"},
  {name = "sys.args", args = "()", returns = "{name=value…}", text = "The boot arguments; \"\" for one without a value.", example = "print(sys.args())"},
  {name = "sys.embedded", args = "(name)", returns = "string", errors = "ENOENT", text = "A Lua file that is linked into the kernel, such as \"shell/views.lua\".", example = "print(#sys.embedded(\"shell/views.lua\"))"},
  {name = "sys.strerror", args = "(errno)", returns = "message, name", errors = "EINVAL", text = "The words for an error number.", example = "print(sys.strerror(2))"},
  {name = "sys.syscalls", args = "()", returns = "{{number=, name=, nargs=, implemented=}…}", text = "The table of system calls.", example = "print(#sys.syscalls())"},
  {name = "sys.poweroff", args = "([code])", text = "Switches the machine off. An emulator passes the code (0 to 255) on as its exit code.", example = "sys.poweroff()", dangerous = true},
  {name = "sys.reboot", args = "()", text = "Starts the machine again.", example = "sys.reboot()", dangerous = true},
  {name = "sys.panic", args = "([text])", text = "A kernel panic, on purpose.", example = "sys.panic(\"a test\")", dangerous = true},
  {name = "sys.view", args = "(kind, fn)", text = "fn(record) gives the text that tostring shows for records of this kind.", example = "sys.view(\"example\", function(r) return \"an example\" end)"},
  {name = "sys.tier", args = "([\"off\" | \"inspect\" | \"control\" | \"full\"])", returns = "string", errors = "EPERM", text = "What the shell may do (boot argument shell=). With an argument it is lowered, for good.", example = "print(sys.tier())"},
  {name = "sys.deadline", args = "([seconds])", text = "Whatever runs after so many seconds ends with the error \"time limit exceeded\"; without an argument there is no limit.", example = "sys.deadline(5)\nsys.deadline()", dangerous = true},
}
