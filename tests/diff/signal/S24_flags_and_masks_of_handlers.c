#include "observe.h"

static int depth, left;

static void nesting(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	depth++;
	say("%*senter %s", depth * 2, "", sig_name(sig));
	if (left-- > 0) {
		raise(SIGUSR1);
		raise(SIGUSR2);
	}
	say_pending("    pending");
	say("%*sleave %s", depth * 2, "", sig_name(sig));
	depth--;
}

static void run(const char *what, int flags, const sigset_t *mask)
{
	struct sigaction act = {.sa_sigaction = nesting, .sa_flags = SA_SIGINFO | flags};
	if (mask)
		act.sa_mask = *mask;
	say("%s", what);
	left = 2;
	sigaction(SIGUSR1, &act, NULL);
	act.sa_flags &= ~SA_RESETHAND;
	sigaction(SIGUSR2, &act, NULL);
	raise(SIGUSR1);
	struct sigaction now;
	sigaction(SIGUSR1, NULL, &now);
	say("handler afterwards: %s, flags %#x", now.sa_handler == SIG_DFL ? "default" : "the same",
	    now.sa_flags & ~0x04000000);
}

int main(void)
{
	run("plain", 0, NULL);
	run("SA_NODEFER", SA_NODEFER, NULL);
	run("SIGUSR1 and SIGUSR2 in sa_mask", 0, SET(SIGUSR1, SIGUSR2));
	run("SA_NODEFER, SIGUSR1 in sa_mask", SA_NODEFER, SET(SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	say("several pending");
	block(SIGHUP);
	block(SIGINT);
	block(SIGQUIT);
	on_signal(SIGHUP, say_handler, 0);
	on_signal(SIGINT, say_handler, 0);
	on_signal(SIGQUIT, say_handler, 0);
	raise(SIGQUIT);
	raise(SIGHUP);
	raise(SIGINT);
	sigprocmask(SIG_UNBLOCK, SET(SIGHUP, SIGINT, SIGQUIT), NULL);
	say("SA_RESETHAND");
	on_signal(SIGUSR2, say_handler, SA_RESETHAND);
	raise(SIGUSR2);
	struct sigaction now;
	sigaction(SIGUSR2, NULL, &now);
	say("afterwards: %s, flags %#x", now.sa_handler == SIG_DFL ? "default" : "the same",
	    now.sa_flags & ~0x04000000);
	return 0;
}
