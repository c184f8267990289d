#include "tracing.h"

static struct gate start;
static int forks(void)
{
	pass_gate(&start);
	pid_t pid = fork();
	if (!pid)
		_exit(1);
	waitpid(pid, NULL, 0);
	dup2(open("/dev/null", O_WRONLY), 1);
	execl("/proc/self/exe", "diff", "--list", NULL);
	return 9;
}

static void seized(void)
{
	pid_t pid = child(forks);
	SAY_PTRACE(PTRACE_SEIZE, pid, 1, 0);
	SAY_PTRACE(PTRACE_SEIZE, pid, 0, 1 << 22);
	SAY_PTRACE(
	    PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
	SAY_PTRACE(PTRACE_SEIZE, pid, 0, 0);
	SAY_PTRACE(PTRACE_ATTACH, pid, 0, 0);
	open_gate(&start);
	say_wait("parent", pid);
	pid_t kid = event_message(pid);
	say_siginfo(pid);
	say_wait("child", kid);
	say_siginfo(kid);
	ptrace(PTRACE_CONT, kid, NO_ARG, 0L);
	say_wait("child", kid);
	say("  message %#lx", event_message(kid));
	ptrace(PTRACE_CONT, kid, NO_ARG, 0L);
	say_wait("child", kid);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("parent", pid);
	say_siginfo(pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("parent", pid);
	say("  message is its id: %d", event_message(pid) == (unsigned long)pid);
	say_siginfo(pid);
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, 0L);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("parent", pid);
}

static void without_the_option(void)
{
	pid_t pid = new_tracee(forks);
	int status;
	open_gate(&start);
	for (;;) {
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		status = wait_trace(pid);
		say_trace("tracee", status);
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) == SIGTRAP)
			say_siginfo(pid);
	}
}

static void with_system_calls(void)
{
	pid_t pid = new_tracee(forks);
	int status;
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
	open_gate(&start);
	do {
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		status = wait_trace(pid);
	} while (!(status >> 16));
	say_trace("tracee", status);
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait("then", pid);
	say("  message %lu, result %ld", event_message(pid), (long)get_reg(pid, R_ARG0));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
}

int main(void)
{
	start = new_gate();
	seized();
	say("-- exec without the option");
	without_the_option();
	say("-- exec with system calls");
	with_system_calls();
	return 0;
}
