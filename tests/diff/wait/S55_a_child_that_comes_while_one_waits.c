/* Of another thread. */
#include "observe.h"

static struct gate go;
static pid_t first, waiter_tid;

static int eight(void)
{
	return 8;
}

static void *waiter(void *arg UNUSED)
{
	int status;
	waiter_tid = gettid();
	open_gate(&go);
	pid_t got = waitpid(-1, &status, 0);
	say("got %s", got == first ? "the first" : "the one that came later");
	say_status("it", status);
	return NULL;
}

int main(void)
{
	pthread_t t;
	go = new_gate();
	first = child(pause_forever);
	pthread_create(&t, NULL, waiter, NULL);
	pass_gate(&go);
	until_state(waiter_tid, 'S');
	child(eight);
	pthread_join(t, NULL);
	kill(first, SIGKILL);
	say_status("first", wait_for(first));
	return 0;
}
