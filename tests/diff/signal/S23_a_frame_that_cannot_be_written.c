/* Forces SIGSEGV; its handler runs where a stack can be written. */
#include "observe.h"

static void info_handler(int sig, siginfo_t *info, void *context UNUSED)
{
	say("handler %s %s, address %s", sig_name(sig), code_name(sig, info->si_code),
	    info->si_addr ? "set" : "0");
}

static int bad_altstack(void)
{
	stack_t bad = {.ss_sp = (void *)0x1000, .ss_size = 65536};
	sigaltstack(&bad, NULL);
	on_signal(SIGUSR1, say_handler, SA_ONSTACK);
	on_signal(SIGSEGV, info_handler, 0);
	raise(SIGUSR1);
	say("after it");
	return 0;
}

static int both_on_bad(void)
{
	stack_t bad = {.ss_sp = (void *)0x1000, .ss_size = 65536};
	sigaltstack(&bad, NULL);
	on_signal(SIGUSR1, say_handler, SA_ONSTACK);
	on_signal(SIGSEGV, info_handler, SA_ONSTACK);
	raise(SIGUSR1);
	return 0;
}

static int segv_blocked(void)
{
	stack_t bad = {.ss_sp = (void *)0x1000, .ss_size = 65536};
	sigaltstack(&bad, NULL);
	on_signal(SIGUSR1, say_handler, SA_ONSTACK);
	on_signal(SIGSEGV, info_handler, 0);
	block(SIGSEGV);
	raise(SIGUSR1);
	return 0;
}

int main(void)
{
	say_status("only SIGUSR1's stack is bad", wait_for(child(bad_altstack)));
	say_status("both", wait_for(child(both_on_bad)));
	say_status("SIGSEGV blocked", wait_for(child(segv_blocked)));
	return 0;
}
