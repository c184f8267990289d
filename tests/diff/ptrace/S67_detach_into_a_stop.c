#include "tracing.h"

static int waits(void)
{
	on_signal(SIGCONT, say_handler, 0);
	on_signal(SIGUSR1, say_handler, 0);
	return pause_forever();
}

static pid_t group_stopped(bool seize)
{
	pid_t pid = child(waits);
	until_state(pid, 'S');
	ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, pid, NO_ARG, NO_ARG);
	if (seize)
		kill(pid, SIGSTOP);
	say_wait("tracee", pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGSTOP);
	say_wait("group stop", pid);
	return pid;
}

static void after(const char *how, pid_t pid, char state)
{
	until_state(pid, state);
	short_sleep(10000);
	say("%s: state %c, tracer %d", how, task_state(pid), traced_by(pid));
	finish(pid);
}

int main(void)
{
	for (int seize = 0; seize < 2; seize++) {
		pid_t pid = group_stopped(seize);
		SAY_PTRACE(PTRACE_DETACH, pid, 0, 0);
		after("from a group stop", pid, 'T');

		pid = group_stopped(seize);
		SAY_PTRACE(PTRACE_DETACH, pid, 0, SIGCONT);
		after("from a group stop with SIGCONT", pid, 'T');

		pid = group_stopped(seize);
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		until_state(pid, 'S');
		kill(pid, SIGUSR1);
		say_wait("tracee", pid);
		SAY_PTRACE(PTRACE_DETACH, pid, 0, SIGCONT);
		after("from a delivery stop with SIGCONT", pid, 'T');

		pid = group_stopped(seize);
		kill(pid, SIGCONT);
		ptrace(PTRACE_DETACH, pid, NO_ARG, 0L);
		after("after SIGCONT", pid, 'S');
	}
	pid_t pid = child(waits);
	until_state(pid, 'S');
	ptrace(PTRACE_ATTACH, pid, NO_ARG, NO_ARG);
	say_wait("attached", pid);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, SIGSTOP);
	after("detached with SIGSTOP", pid, 'T');
	pid = child(waits);
	until_state(pid, 'S');
	ptrace(PTRACE_ATTACH, pid, NO_ARG, NO_ARG);
	say_wait("attached", pid);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 65);
	ptrace(PTRACE_DETACH, pid, NO_ARG, (long)SIGUSR1);
	until_state(pid, 'S');
	kill(pid, SIGCONT);
	after("detached with SIGUSR1", pid, 'S');
	return 0;
}
