#include "tracing.h"

static int shows(void)
{
	on_signal(SIGUSR1, say_info_handler, 0);
	on_signal(SIGUSR2, say_info_handler, 0);
	union sigval v = {.sival_int = 77};
	say("the signal as it came");
	sigqueue(getpid(), SIGUSR1, v);
	say("another in its place");
	sigqueue(getpid(), SIGUSR1, v);
	say("another that is blocked");
	block(SIGUSR2);
	sigqueue(getpid(), SIGUSR1, v);
	say_pending("pending");
	siginfo_t i;
	say("taken: %s", sig_name(sigwaitinfo(SET(SIGUSR2), &i)));
	say_info("taken", &i);
	say("to the thread: another that is blocked");
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	say_pending("pending");
	unblock(SIGUSR2);
	say("its siginfo changed by the tracer");
	sigqueue(getpid(), SIGUSR1, v);
	return 0;
}

static void expect(pid_t pid, int reply)
{
	say_wait("tracee", pid);
	say_siginfo(pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, (long)reply);
}

int main(void)
{
	pid_t pid = new_tracee(shows);
	siginfo_t i;
	name_pid(pid, "tracee");
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	expect(pid, SIGUSR1);
	expect(pid, SIGUSR2);
	expect(pid, SIGUSR2); /* blocked: queued */
	expect(pid, SIGUSR2); /* blocked: queued for the thread */
	expect(pid, SIGUSR2); /* reported again as it is unblocked */
	say_wait("tracee", pid);
	memset(&i, 0, sizeof(i));
	ptrace(PTRACE_GETSIGINFO, pid, NO_ARG, &i);
	i.si_value.sival_int = 1234;
	SAY_PTRACE(PTRACE_SETSIGINFO, pid, 0, &i);
	ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGUSR1);
	say_wait("tracee", pid);
	return 0;
}
