#include "tracing.h"

static struct gate ready;

/* A tracer that dies with its tracee in some state: what becomes of it? */
static void dies(const char *what, unsigned long options, int state)
{
	int (*fns[])(void) = {sleeper, spinner};
	pid_t pid = child(fns[state == 'R']);
	until_state(pid, state == 'R' ? 'R' : 'S');
	pid_t tracer = fork();
	if (!tracer) {
		MUST(ptrace(PTRACE_SEIZE, pid, NO_ARG, options) == 0);
		if (state == 't' || state == 'w') {
			ptrace(PTRACE_INTERRUPT, pid, NO_ARG, NO_ARG);
			if (state == 'w')
				wait_trace(pid);
			until_state(pid, 't');
		} else if (state == 's' || state == 'u') {
			kill(pid, SIGUSR1);
			if (state == 'u')
				wait_trace(pid);
			until_state(pid, 't');
		} else if (state == 'g') {
			kill(pid, SIGSTOP);
			wait_trace(pid);
			ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGSTOP);
			wait_trace(pid);
		}
		open_gate(&ready);
		kill(getpid(), SIGKILL);
	}
	pass_gate(&ready);
	wait_for(tracer);
	short_sleep(20000);
	char c = task_state(pid);
	say("%s: tracer %d, state %s", what, c == 'Z' ? 0 : traced_by(pid),
	    c == 'R' || c == 'S' ? "runs"
	    : c == 'T'           ? "stopped"
				 : "zombie");
	kill(pid, SIGKILL);
	say_status("  it", wait_for(pid));
}

int main(void)
{
	ready = new_gate();
	dies("asleep", 0, 'S');
	dies("running", 0, 'R');
	dies("in a stop that was not waited for", 0, 't');
	dies("in a stop", 0, 'w');
	dies("in a delivery stop that was not waited for", 0, 's');
	dies("in a delivery stop", 0, 'u');
	dies("in a group stop", 0, 'g');
	dies("asleep, EXITKILL", PTRACE_O_EXITKILL, 'S');
	dies("running, EXITKILL", PTRACE_O_EXITKILL, 'R');
	dies("in a stop, EXITKILL", PTRACE_O_EXITKILL, 'w');
	dies("in a group stop, EXITKILL", PTRACE_O_EXITKILL, 'g');
	return 0;
}
