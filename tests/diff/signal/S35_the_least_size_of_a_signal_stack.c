#include "observe.h"
#include <sys/auxv.h>

static char *lowest;

static void handler(int sig UNUSED, siginfo_t *info UNUSED, void *context)
{
	(void)context;
	lowest = __builtin_frame_address(0);
}

int main(void)
{
	unsigned long least = getauxval(AT_MINSIGSTKSZ);
	static char stack[65536];
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack)};

	say("AT_MINSIGSTKSZ %s 0", least ? "is not" : "is");
	sigaltstack(&s, NULL);
	on_signal(SIGUSR1, handler, SA_ONSTACK);
	raise(SIGUSR1);
	size_t used = stack + sizeof(stack) - lowest;
	say("what the frame took is at most that and the handler's own: %d", used <= least + 256);
	s.ss_size = least;
	SAY_CALL(sigaltstack(&s, NULL));
	return 0;
}
