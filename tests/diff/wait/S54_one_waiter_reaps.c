/* Threads that wait for the same children: each child is reaped once, then all get ECHILD. */
#include "observe.h"

enum { THREADS = 4, CHILDREN = 40 };
static int reaped, at_end;

static int leaves(void)
{
	return 0;
}

static void *waiter(void *arg UNUSED)
{
	for (;;) {
		pid_t got = waitpid(-1, NULL, 0);
		if (got > 0) {
			__atomic_fetch_add(&reaped, 1, __ATOMIC_RELAXED);
		} else if (errno == ECHILD) {
			__atomic_fetch_add(&at_end, 1, __ATOMIC_RELAXED);
			return NULL;
		}
	}
}

int main(void)
{
	pthread_t t[THREADS];
	pid_t keeper = child(pause_forever);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, waiter, NULL);
	for (int i = 0; i < CHILDREN; i++)
		child(leaves);
	while (__atomic_load_n(&reaped, __ATOMIC_RELAXED) < CHILDREN)
		short_sleep(500);
	kill(keeper, SIGKILL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	say("reaped %d, ECHILD %d", reaped, at_end);
	return 0;
}
