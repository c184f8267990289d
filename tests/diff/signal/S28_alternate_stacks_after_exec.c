#include "observe.h"

int main(void)
{
	stack_t now;
	MUST(sigaltstack(NULL, &now) == 0);
	say("at the start of a program: %s, size %zu, flags %#x", now.ss_sp ? "a stack" : "none",
	    now.ss_size, now.ss_flags);
	return 0;
}
