/* Who has been sent SIGKILL enters no stop any more, for whatever else there is to report; nor does
 * it make the call at whose entry it stood. */
#include "tracing.h"

static int stays(void)
{
	for (;;)
		getppid();
}

static int speaks(void)
{
	for (;;)
		say("this is not said");
}

static int kills_itself(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	return 1;
}

static int kills_itself_after_others(void)
{
	block(SIGUSR1);
	block(SIGUSR2);
	block(SIGRTMIN);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGRTMIN);
	ptrace(PTRACE_TRACEME, 0, NO_ARG, NO_ARG);
	raise(SIGSTOP);
	syscall(SYS_kill, getpid(), SIGKILL);
	return 1;
}

static pid_t at_entry_of(int (*fn)(void), long call)
{
	pid_t pid = new_tracee(fn);
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACESYSGOOD);
	do {
		ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
		wait_trace(pid);
	} while (event_message(pid) != 1 || (long)get_reg(pid, R_CALL) != call);
	return pid;
}

static void send_all(pid_t pid)
{
	kill(pid, SIGUSR1);
	syscall(SYS_tgkill, pid, pid, SIGUSR2);
	kill(pid, SIGRTMIN);
	kill(pid, SIGSTOP);
	kill(pid, SIGKILL);
}

int main(void)
{
	say("-- others and SIGKILL are sent in a signal's stop");
	pid_t pid = new_tracee(stays);
	send_all(pid);
	say_wait("tracee", pid);

	say("-- at the entry of a call");
	pid = at_entry_of(speaks, SYS_write);
	send_all(pid);
	say_wait("tracee", pid);

	say("-- the call that is traced sends it");
	pid = at_entry_of(kills_itself, SYS_kill);
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait("tracee", pid);

	say("-- with all others unblocked at that call's entry");
	pid = child(kills_itself_after_others);
	say_wait("tracee", pid);
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	while ((long)get_reg(pid, R_CALL) != SYS_kill) {
		ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
		wait_trace(pid);
	}
	unsigned long none = 0;
	SAY_PTRACE(PTRACE_SETSIGMASK, pid, sizeof(none), &none);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	return 0;
}
