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
	return 0;
}
