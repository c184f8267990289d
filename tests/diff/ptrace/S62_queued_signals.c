#include "tracing.h"

static int queues(void)
{
	union sigval v = {.sival_int = 0};
	block(SIGUSR1);
	block(SIGRTMIN);
	block(SIGRTMIN + 1);
	for (int i = 0; i < 3; i++) {
		v.sival_int = 10 + i;
		sigqueue(getpid(), SIGRTMIN, v);
	}
	kill(getpid(), SIGUSR1);
	syscall(SYS_tgkill, getpid(), gettid(), SIGRTMIN + 1);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	raise(SIGTRAP);
	say_pending("after all");
	return 0;
}

static void peek(pid_t pid, unsigned long long off, unsigned flags, int nr)
{
	struct __ptrace_peeksiginfo_args a = {off, flags, nr};
	siginfo_t i[8];
	errno = 0;
	long n = request(PTRACE_PEEKSIGINFO, pid, (unsigned long)&a, (unsigned long)i);
	say("from %llu, flags %u, %d: %s", off, flags, nr, result_name(n));
	for (long k = 0; k < n; k++)
		say("  %s %s value %d", sig_name(i[k].si_signo),
		    code_name(i[k].si_signo, i[k].si_code),
		    i[k].si_code == SI_QUEUE ? i[k].si_value.sival_int : 0);
}

int main(void)
{
	pid_t pid = new_tracee(queues);
	sigset_t mask;
	struct __ptrace_peeksiginfo_args a = {0, 0, 1};
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	peek(pid, 0, 0, 8);
	peek(pid, 0, PTRACE_PEEKSIGINFO_SHARED, 8);
	peek(pid, 1, PTRACE_PEEKSIGINFO_SHARED, 2);
	peek(pid, 4, PTRACE_PEEKSIGINFO_SHARED, 2);
	peek(pid, ~0ULL, PTRACE_PEEKSIGINFO_SHARED, 2);
	peek(pid, 0, 0, 0);
	peek(pid, 0, 0, -1);
	peek(pid, 0, 2, 1);
	SAY_PTRACE(PTRACE_PEEKSIGINFO, pid, 8, 8);
	SAY_PTRACE(PTRACE_PEEKSIGINFO, pid, &a, 8);
	memset(&mask, 0, sizeof(mask));
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 8, &mask);
	say("mask %#lx", *(unsigned long *)&mask);
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 4, &mask);
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 16, &mask);
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 8, 8);
	SAY_PTRACE(PTRACE_SETSIGMASK, pid, 8, 8);
	SAY_PTRACE(PTRACE_SETSIGMASK, pid, 0, &mask);
	memset(&mask, 0xff, 8);
	SAY_PTRACE(PTRACE_SETSIGMASK, pid, 8, &mask);
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 8, &mask);
	say("mask %#lx", *(unsigned long *)&mask);
	memset(&mask, 0, 8);
	*(unsigned long *)&mask = 1UL << (SIGRTMIN - 1) | 1UL << (SIGUSR1 - 1);
	SAY_PTRACE(PTRACE_SETSIGMASK, pid, 8, &mask);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("what was unblocked", pid);
	say_siginfo(pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	return 0;
}
