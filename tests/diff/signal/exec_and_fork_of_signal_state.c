/* fork keeps the mask and actions but nothing pending; exec keeps mask, pending and SIG_IGN. */
#include "observe.h"

static void say_all(const char *what)
{
	sigset_t mask;
	struct sigaction a;
	say_pending(what);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	static const int some[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE};
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
		sigaction(some[i], NULL, &a);
		say("  %s: %s%s", sig_name(some[i]),
		    a.sa_handler == SIG_DFL   ? "default"
		    : a.sa_handler == SIG_IGN ? "ignored"
					      : "caught",
		    sigismember(&mask, some[i]) ? ", blocked" : "");
	}
}

static int in_fork(void)
{
	say_all("after fork");
	raise(SIGUSR1);
	setenv("AGAIN", "1", 1);
	execl("/proc/self/exe", "diff", "signal/exec_and_fork_of_signal_state", NULL);
	return 1;
}

int main(void)
{
	if (getenv("AGAIN")) {
		say_all("after exec");
		return 0;
	}
	signal(SIGHUP, SIG_IGN);
	block(SIGUSR1);
	on_signal(SIGUSR2, say_handler, 0);
	block(SIGUSR2);
	raise(SIGUSR2);
	say_all("before");
	say_status("child", wait_for(child(in_fork)));
	return 0;
}
