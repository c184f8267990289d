#include "tracing.h"

static int ignores(void)
{
	signal(SIGUSR1, SIG_IGN);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCHLD);
	kill(getpid(), SIGCONT);
	kill(getpid(), SIGWINCH);
	block(SIGUSR2);
	kill(getpid(), SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	unblock(SIGUSR2);
	return 3;
}

int main(void)
{
	pid_t pid = new_tracee(ignores);
	int status;
	for (;;) {
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		status = wait_trace(pid);
		say_trace("tracee", status);
		if (!WIFSTOPPED(status))
			break;
		say_siginfo(pid);
	}
	/* delivered, they are ignored again */
	pid = new_tracee(ignores);
	for (status = 0x7f; WIFSTOPPED(status);) {
		int sig = WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
		ptrace(PTRACE_CONT, pid, NO_ARG, (long)sig);
		status = wait_trace(pid);
	}
	say_trace("with all delivered", status);
	/* and untraced nothing is left of them */
	pid = child(ignores);
	say_status("untraced", wait_for(pid));
	return 0;
}
