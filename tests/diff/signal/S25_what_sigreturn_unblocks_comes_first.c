/* Signals that the frame's mask unblocks are delivered before the interrupted code goes on. */
#include "observe.h"

static volatile bool back;

static void second(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("handler %s, the code %s", sig_name(sig), back ? "went on" : "has not gone on");
}

static void first(int sig, siginfo_t *info UNUSED, void *context)
{
	ucontext_t *c = context;
	say("handler %s", sig_name(sig));
	raise(SIGUSR2);
	say_pending("pending in it");
	sigdelset(&c->uc_sigmask, SIGUSR2);
	sigaddset(&c->uc_sigmask, SIGHUP);
	sigaddset(&c->uc_sigmask, SIGKILL);
	sigaddset(&c->uc_sigmask, SIGSTOP);
}

int main(void)
{
	block(SIGUSR2);
	on_signal(SIGUSR1, first, 0);
	on_signal(SIGUSR2, second, 0);
	raise(SIGUSR1);
	back = true;
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int s = 1; s < 65; s++)
		if (sigismember(&mask, s) == 1)
			say("blocked at the end: %s", sig_name(s));
	return 0;
}
