#include "tracing.h"
#include <sys/stat.h>

static int calls(void)
{
	long made = syscall(SYS_umask, 1);
	long emulated = syscall(SYS_umask, 022);
	long left_out = syscall(SYS_umask, 033);
	int err = errno;
	say("made %#lo, emulated %ld, then %ld %s", made, emulated, left_out, strerrorname_np(err));
	say("mask %#lo", syscall(SYS_umask, 0));
	return 0;
}

int main(void)
{
	umask(027);
	pid_t pid = new_tracee(calls);
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
		wait_trace(pid);
		if (event_message(pid) == 1 && get_reg(pid, R_CALL) == SYS_umask)
			break;
	}
	say("at an entry, that call is still made:");
	SAY_PTRACE(31, pid, 0, 0); /* PTRACE_SYSEMU */
	say_wait("the next entry", pid);
	say("  message %lu, result %ld", event_message(pid), (long)get_reg(pid, R_ARG0));
	set_reg(pid, R_ARG0, 7);
	SAY_PTRACE(31, pid, 0, 0);
	say_wait("the next entry, without an exit", pid);
	say("  message %lu", event_message(pid));
	SAY_PTRACE(32, pid, 0, 0);
	SAY_PTRACE(PTRACE_SINGLESTEP, pid, 0, 0);
	MUST(ptrace(PTRACE_CONT, pid, NO_ARG, 0L) == 0);
	say_wait("tracee", pid);
	return 0;
}
