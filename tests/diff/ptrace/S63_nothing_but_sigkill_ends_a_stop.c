#include "tracing.h"

static int body(void)
{
	raise(SIGUSR1);
	return 5;
}

static void say_how(const char *what, pid_t pid)
{
	short_sleep(20000);
	say("%s: state %c, wait gives %d", what, task_state(pid),
	    waitpid(pid, NULL, WNOHANG | WUNTRACED | WCONTINUED));
}

int main(void)
{
	pid_t pid = new_tracee(body);
	static const int signals[] = {
	    SIGTERM, SIGSTOP, SIGCONT, SIGUSR1, SIGSEGV, SIGTSTP, SIGCONT};
	say("state %c", task_state(pid));
	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		kill(pid, signals[i]);
		say_how(sig_name(signals[i]), pid);
	}
	/* all of them wait now */
	for (;;) {
		int status;
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		status = wait_trace(pid);
		say_trace("then", status);
		if (!WIFSTOPPED(status))
			break;
	}
	pid = new_tracee(body);
	kill(pid, SIGKILL);
	say_wait("killed in a signal stop", pid);
	pid = new_tracee(body);
	syscall(SYS_tgkill, pid, pid, SIGKILL);
	say_wait("by tgkill", pid);
	pid = new_tracee(body);
	SAY_PTRACE(PTRACE_KILL, pid, 0, 0);
	say_wait("by PTRACE_KILL", pid);
	pid = new_tracee(sleeper);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	until_state(pid, 'S');
	SAY_PTRACE(PTRACE_KILL, pid, 0, 0);
	say_wait("by PTRACE_KILL as it runs", pid);
	pid = new_tracee(body);
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACEEXIT);
	kill(pid, SIGKILL);
	say_wait("killed with an exit event wanted", pid);
	say("  message %#lx", event_message(pid));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("then", pid);
	pid = new_tracee(body);
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	kill(pid, SIGKILL);
	say_wait("killed in a syscall stop", pid);
	return 0;
}
