#include "observe.h"

struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	unsigned long mask;
};

int main(void)
{
	struct kernel_sigaction act = {SIG_IGN, 0, ~0ul}, old;

	SAY_CALL(syscall(SYS_rt_sigaction, 0, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, 65, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, -1, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, 265, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGKILL, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGSTOP, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 4));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 16));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, &act, (void *)8, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	say("handler %s, mask %#lx", old.handler == SIG_IGN ? "SIG_IGN" : "other", old.mask);
	act.flags = ~0ul;
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	say("flags %#lx", old.flags);
	unsigned long mask = ~0ul, before;
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &before, 8));
	say("mask %#lx", before);
	SAY_CALL(syscall(SYS_rt_sigprocmask, 3, NULL, &before, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, 3, &mask, &before, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, -1, &mask, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, 4));
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, (void *)8, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &(unsigned long){0}, (void *)8, 8));
	SAY_CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &before, 8));
	say("mask %#lx", before);
	SAY_CALL(syscall(SYS_rt_sigpending, &before, 8));
	SAY_CALL(syscall(SYS_rt_sigpending, &before, 4));
	SAY_CALL(syscall(SYS_rt_sigpending, &before, 9));
	SAY_CALL(syscall(SYS_rt_sigpending, (void *)8, 8));
	SAY_CALL(syscall(SYS_rt_sigsuspend, &mask, 4));
	SAY_CALL(syscall(SYS_rt_sigsuspend, (void *)8, 8));
	SAY_CALL(syscall(SYS_rt_sigtimedwait, &mask, NULL, NULL, 4));
	SAY_CALL(syscall(SYS_rt_sigtimedwait, (void *)8, NULL, NULL, 8));
	SAY_CALL(syscall(SYS_rt_sigtimedwait, &mask, NULL, (void *)8, 8));
	struct timespec bad = {0, 1000000000}, negative = {-1, 0};
	SAY_CALL(syscall(SYS_rt_sigtimedwait, &mask, NULL, &bad, 8));
	SAY_CALL(syscall(SYS_rt_sigtimedwait, &mask, NULL, &negative, 8));
	return 0;
}
