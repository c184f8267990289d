#include "observe.h"

static pid_t main_tid, taker_tid;
static struct gate ready, done;

static void who(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("%s taken by %s", sig_name(sig),
	    gettid() == main_tid    ? "main"
	    : gettid() == taker_tid ? "the taker"
				    : "another");
	open_gate(&done);
}

static void *taker(void *arg)
{
	taker_tid = gettid();
	unblock(*(int *)arg);
	open_gate(&ready);
	for (;;)
		pause();
	return NULL;
}

int main(void)
{
	pthread_t t;
	int sig = SIGUSR1;

	main_tid = gettid();
	ready = new_gate();
	done = new_gate();
	on_signal(SIGUSR1, who, 0);
	on_signal(SIGUSR2, who, 0);
	block(SIGUSR1);
	MUST(pthread_create(&t, NULL, taker, &sig) == 0);
	pass_gate(&ready);
	until_state(taker_tid, 'S');
	kill(getpid(), SIGUSR1);
	pass_gate(&done);
	until_state(taker_tid, 'S'); /* on its way there it would take the next one, too */
	kill(getpid(), SIGUSR2);
	pass_gate(&done);
	syscall(SYS_tgkill, getpid(), taker_tid, SIGUSR2);
	pass_gate(&done);
	sigqueue(taker_tid, SIGUSR1, (union sigval){0}); /* a thread's id names its process */
	pass_gate(&done);
	return 0;
}
