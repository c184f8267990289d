/* The context of a handler's frame is changed, and taken as far as a process may. */
#include "observe.h"

static int which;

static void forge(int sig UNUSED, siginfo_t *info UNUSED, void *context)
{
	ucontext_t *c = context;
#if defined(__riscv)
	unsigned long *pc = (unsigned long *)&c->uc_mcontext.__gregs[REG_PC];
	unsigned long *sp = (unsigned long *)&c->uc_mcontext.__gregs[REG_SP];
	switch (which) {
	case 0:
		*pc = 0xffffffff80200000;
		break;
	case 1:
		*pc = 1;
		break;
	case 2:
		*pc = 0x1000;
		break;
	case 3:
		*sp = 0xffffffc080000000;
		break;
	case 4:
		*sp = 3;
		break;
	case 5:
		memset(&c->uc_mcontext.__gregs[1], 0xff, 8 * 31);
		break;
	case 6:
		memset(&c->uc_mcontext.__fpregs, 0xff, sizeof(c->uc_mcontext.__fpregs));
		break;
	case 7:
		memset(&c->uc_stack, 0xff, sizeof(c->uc_stack));
		break;
	case 8:
		memset(&c->uc_sigmask, 0xff, 8);
		break;
	case 9:
		c->__uc_flags = ~0ul;
		break;
	case 10:
		c->uc_link = (void *)~0ul;
		break;
	}
#endif
}

static void caught(int sig, siginfo_t *info, void *context UNUSED)
{
	say("  %s %s", sig_name(sig), code_name(sig, info->si_code));
	_exit(3);
}

static int forged(void)
{
	static char stack[65536];
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack)};
	sigaltstack(&s, NULL);
	on_signal(SIGUSR1, forge, 0);
	on_signal(SIGSEGV, caught, SA_ONSTACK);
	on_signal(SIGILL, caught, SA_ONSTACK);
	on_signal(SIGBUS, caught, SA_ONSTACK);
	raise(SIGUSR1);
	say("  goes on");
	return 0;
}

int main(void)
{
	for (which = 0; which < 11; which++) {
		pid_t pid = child(forged);
		char name[32];
		snprintf(name, sizeof(name), "forgery %d", which);
		say_status(name, wait_for(pid));
	}
	return 0;
}
