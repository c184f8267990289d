/* A call that fails with EINTR of itself is not made again, and a program's own registers that look
 * like a call to be restarted are left alone. */
#include "observe.h"

#include <sys/epoll.h>
#include <sys/sem.h>

static volatile int handled;
static pid_t sleeper;

static void count(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
	handled++;
}

static int poke(void)
{
	until_state(sleeper, 'S');
	kill(sleeper, SIGUSR1);
	return 0;
}

#define INTERRUPTED(call)                                                                          \
	do {                                                                                       \
		handled = 0;                                                                       \
		pid_t pid_ = child(poke);                                                          \
		errno = 0;                                                                         \
		long result_ = (long)(call);                                                       \
		say("%s = %s, handler ran %d times", #call, result_name(result_), handled);        \
		wait_for(pid_);                                                                    \
	} while (0)

#ifdef __riscv
/* Loops with `value` in the register of results until a handler has run; false if the program
 * counter or the register was moved. */
static int looks_like_a_restart(long value)
{
	register long a0 __asm__("a0") = value;
	long rounds = 0;

	__asm__ volatile("	j 2f\n"
			 "1:	addi %1, %1, 1\n"
			 "2:	lw t0, %2\n"
			 "	beqz t0, 1b\n"
	    : "+r"(a0), "+r"(rounds)
	    : "m"(handled)
	    : "t0", "memory");
	return a0 == value && rounds >= 0;
}
#endif

static void in_user_mode(long value UNUSED)
{
#ifdef __riscv
	struct itimerval soon = {{0, 0}, {0, 3000}};

	handled = 0;
	setitimer(ITIMER_REAL, &soon, NULL);
	say("%ld in a register: %s", value, looks_like_a_restart(value) ? "stays" : "was changed");
#endif
}

int main(void)
{
	struct epoll_event event;
	struct sembuf down = {0, -1, 0};
	struct timespec long_time = {1000, 0};
	sigset_t rt = set_of(SIGRTMIN + 1, 0);
	int ep = epoll_create1(0), sem = semget(IPC_PRIVATE, 1, 0600);

	sleeper = getpid();
	on_signal(SIGUSR1, count, SA_RESTART);
	on_signal(SIGALRM, count, SA_RESTART);
	INTERRUPTED(epoll_wait(ep, &event, 1, -1));
	INTERRUPTED(semop(sem, &down, 1));
	INTERRUPTED(semtimedop(sem, &down, 1, &long_time));
	INTERRUPTED(sigwaitinfo(&rt, NULL));
	INTERRUPTED(sigtimedwait(&rt, NULL, &long_time));
	INTERRUPTED(nanosleep(&long_time, NULL));
	semctl(sem, 0, IPC_RMID);
	for (int i = 512; i <= 516; i++)
		in_user_mode(-i);
	in_user_mode(-EINTR);
	return 0;
}
