#include "observe.h"

static volatile int *nowhere = (int *)8;

static int blocked(void)
{
	on_signal(SIGSEGV, say_handler, 0);
	block(SIGSEGV);
	return *nowhere;
}

static int ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	return *nowhere;
}

static void faults_again(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("handler, %d", *nowhere);
}

static int in_handler_twice(void)
{
	on_signal(SIGSEGV, faults_again, 0);
	return *nowhere;
}

static int sent_and_ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	raise(SIGSEGV);
	block(SIGSEGV);
	raise(SIGSEGV);
	say_pending("sent");
	return 4;
}

int main(void)
{
	say_status("blocked", wait_for(child(blocked)));
	say_status("ignored", wait_for(child(ignored)));
	say_status("in its own handler", wait_for(child(in_handler_twice)));
	say_status("sent by raise", wait_for(child(sent_and_ignored)));
	return 0;
}
