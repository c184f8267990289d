-- The shell's Lua part. Run in each new state; everything larger is loaded when it is first used.

shell = {}

-- What the prompt calls.
function shell.show(...) return require("show").show(...) end
function shell.command(...) return require("commands").command(...) end
function shell.complete(...) return require("complete").complete(...) end

-- What the short commands run.
function shell.run(argv) return require("foreground").run(argv) end
function shell.fg(pid) return require("foreground").fg(pid) end
function shell.strace(argv) return require("foreground").strace(argv) end

-- What :debug, :break, :step … run.
function shell.debug(command, ...) return require("debugger")[command](...) end

-- Tracing: what the kernel gives (lua/bind_ptrace.c), with a debugger's comforts.
function ptrace.attach(pid) return require("tracee").attach(pid) end
function ptrace.seize(pid, options) return require("tracee").seize(pid, options) end
function ptrace.spawn(spec) return require("tracee").spawn(spec) end

function signal.explain(pid) return require("explain").explain(pid) end

function help(...) return require("help").help(...) end
function apropos(word) return require("help").apropos(word) end
-- code(":ps"): the Lua that a short command runs
function code(line) return require("commands").code(line) end
-- source([checksum]): a script received at the prompt, see help(source)
function source(...) return require("source").source(...) end

for kind in ("processes threads maps fds regs stack signals siginfo history tree wait groups memory heap translation "
  .. "symbols cpus irqs runq log files stat uname args trace event crash crashes syscalls sites"):gmatch("%w+") do
  sys.view(kind, function(value) return require("views").format(kind, value) end)
end
