/* FUTEX_LOCK_PI and clone go on after a handler, with SA_RESTART or without. */
#include "observe.h"

#include <linux/futex.h>

static uint32_t lock;
static volatile int handled;
static pid_t waiter_tid;
static struct gate ready;

static void count(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
	handled++;
}

static void *waiter(void *arg UNUSED)
{
	waiter_tid = gettid();
	open_gate(&ready);
	errno = 0;
	long result = syscall(SYS_futex, &lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	say("FUTEX_LOCK_PI = %s, handler ran %s", result_name(result), handled ? "before" : "not");
	syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static void lock_pi(int flags, int sig)
{
	pthread_t t;

	handled = 0;
	on_signal(SIGUSR1, count, flags);
	MUST(syscall(SYS_futex, &lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
	MUST(pthread_create(&t, NULL, waiter, NULL) == 0);
	pass_gate(&ready);
	until_state(waiter_tid, 'S');
	syscall(SYS_tgkill, getpid(), waiter_tid, sig);
	while (sig == SIGUSR1 && !handled)
		short_sleep(500);
	until_state(waiter_tid, 'S');
	MUST(syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
	pthread_join(t, NULL);
}

static void forks(void)
{
	struct itimerval often = {{0, 2000}, {0, 2000}};
	int good = 0;

	handled = 0;
	on_signal(SIGALRM, count, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	while (!handled || good < 20) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		if (pid < 0)
			say("fork: %s", strerror(errno));
		wait_for(pid);
		good++;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	say("no fork was interrupted");
}

int main(void)
{
	ready = new_gate();
	say("a handler with SA_RESTART");
	lock_pi(SA_RESTART, SIGUSR1);
	say("a handler without");
	lock_pi(0, SIGUSR1);
	say("ignored by default");
	lock_pi(0, SIGWINCH);
	forks();
	return 0;
}
