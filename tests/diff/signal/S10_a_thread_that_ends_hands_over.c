/* A signal of the process, pending since all blocked it, goes to who unblocks it; a thread that
 * ends or blocks takes nothing along. */
#include "observe.h"

static pid_t main_tid;
static struct gate go;

static void who(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("%s taken by %s", sig_name(sig), gettid() == main_tid ? "main" : "a thread");
}

static void *ends(void *arg UNUSED)
{
	pass_gate(&go);
	return NULL;
}

static void *unblocks(void *arg UNUSED)
{
	unblock(SIGUSR2);
	return NULL;
}

/* --- the thread that is chosen ends --- */

static struct gate told, end;
static pid_t sleeper_tid;
static int taken;

static void take(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
	__atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
}

static void *could_take_but_ends(void *arg UNUSED)
{
	pass_gate(&go);
	unblock(SIGRTMIN);
	open_gate(&told);
	syscall(SYS_exit, 0);
	return NULL;
}

static void *could_take_and_stays(void *arg UNUSED)
{
	unblock(SIGRTMIN);
	__atomic_store_n(&sleeper_tid, gettid(), __ATOMIC_SEQ_CST);
	pass_gate(&end);
	return NULL;
}

/* Sent to two threads that could take it: to the one that is about to end, as it is the older of
 * them. One of the two takes it, and at once. */
static void one_of_two_ends(int round)
{
	pthread_t ends_soon, stays;
	sleeper_tid = 0;
	MUST(pthread_create(&ends_soon, NULL, could_take_but_ends, NULL) == 0);
	MUST(pthread_create(&stays, NULL, could_take_and_stays, NULL) == 0);
	while (!__atomic_load_n(&sleeper_tid, __ATOMIC_SEQ_CST))
		short_sleep(100);
	until_state(sleeper_tid, 'S');
	open_gate(&go);
	pass_gate(&told);
	for (volatile int delay = round * 50; delay > 0; delay--)
		;
	kill(getpid(), SIGRTMIN);
	for (int i = 0; i < 20000 && __atomic_load_n(&taken, __ATOMIC_SEQ_CST) <= round; i++)
		short_sleep(500);
	MUST(__atomic_load_n(&taken, __ATOMIC_SEQ_CST) == round + 1);
	open_gate(&end);
	pthread_join(ends_soon, NULL);
	pthread_join(stays, NULL);
}

int main(void)
{
	pthread_t t;

	main_tid = gettid();
	go = new_gate();
	on_signal(SIGUSR1, who, 0);
	on_signal(SIGUSR2, who, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	MUST(pthread_create(&t, NULL, ends, NULL) == 0);
	kill(getpid(), SIGUSR2);
	say_pending("pending");
	open_gate(&go);
	pthread_join(t, NULL);
	MUST(pthread_create(&t, NULL, ends, NULL) == 0);
	kill(getpid(), SIGUSR1);
	open_gate(&go);
	pthread_join(t, NULL);
	say_pending("the thread is gone");
	MUST(pthread_create(&t, NULL, unblocks, NULL) == 0);
	pthread_join(t, NULL);
	unblock(SIGUSR1);
	say_pending("at the end");
	told = new_gate();
	end = new_gate();
	on_signal(SIGRTMIN, take, 0);
	block(SIGRTMIN);
	for (int round = 0; round < 100; round++)
		one_of_two_ends(round);
	say("%d sent, %d taken", 100, taken);
	return 0;
}
