/* Lowest number first, sending order within a number, the thread's queue before that of the
 * process. */
#include "observe.h"

static void queue_all(void)
{
	for (int i = 0; i < 3; i++) {
		for (int s = 3; s > 0; s--)
			MUST(sigqueue(getpid(), SIGRTMIN + s,
				 (union sigval){.sival_int = 10 * s + i}) == 0);
	}
	pthread_sigqueue(pthread_self(), SIGRTMIN + 5, (union sigval){.sival_int = 100});
	pthread_sigqueue(pthread_self(), SIGRTMIN + 4, (union sigval){.sival_int = 101});
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
}

static void say_value(int sig, siginfo_t *info, void *context UNUSED)
{
	say("handler SIGRTMIN+%d value %d", sig - SIGRTMIN, info->si_value.sival_int);
}

int main(void)
{
	sigset_t all;
	siginfo_t info;
	struct timespec now = {0};

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	queue_all();
	say("taken by sigtimedwait");
	while (sigtimedwait(&all, &info, &now) > 0)
		say("%s value %d", info.si_signo < 32 ? sig_name(info.si_signo) : "realtime",
		    info.si_signo < 32 ? 0 : info.si_value.sival_int);
	for (int s = 1; s < 6; s++)
		on_signal(SIGRTMIN + s, say_value, 0);
	on_signal(SIGUSR1, say_handler, 0);
	on_signal(SIGTERM, say_handler, 0);
	queue_all();
	say("handlers that mask nothing: the frames nest");
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGRTMIN + 1, SIG_DFL);
	pid_t pid = child(pause_forever);
	kill(pid, SIGRTMIN + 1);
	say("default: %s", WTERMSIG(wait_for(pid)) == SIGRTMIN + 1 ? "killed by it" : "?");
	return 0;
}
