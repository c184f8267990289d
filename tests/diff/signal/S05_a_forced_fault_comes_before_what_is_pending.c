/*
 * SIGHUP's frame cannot be written, so SIGSEGV is forced while SIGUSR1, of a lower number, is
 * pending. Handlers run in the reverse order of dequeuing.
 */
#include "observe.h"

int main(void)
{
	stack_t bad = {.ss_sp = (void *)0x1000, .ss_size = 65536};
	MUST(sigaltstack(&bad, NULL) == 0);
	on_signal(SIGHUP, say_handler, SA_ONSTACK);
	on_signal(SIGUSR1, say_handler, 0);
	on_signal(SIGSEGV, say_handler, 0);
	block(SIGHUP);
	block(SIGUSR1);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGUSR1);
	sigprocmask(SIG_UNBLOCK, SET(SIGHUP, SIGUSR1), NULL);
	say("done");
	return 0;
}
