#include "observe.h"

static char *stack;
static const size_t size = 64 * 1024;

static void say_stack(const char *what)
{
	stack_t now;
	MUST(sigaltstack(NULL, &now) == 0);
	say("%s: %s, size %zu, flags %#x", what,
	    now.ss_sp == stack ? "ours"
	    : now.ss_sp        ? "other"
			       : "none",
	    now.ss_size, now.ss_flags);
}

static bool on_it(void)
{
	char here;
	return &here > stack && &here < stack + size;
}

static void handler(int sig, siginfo_t *info UNUSED, void *context)
{
	const ucontext_t *c = context;
	stack_t same = {.ss_sp = stack, .ss_size = size};
	say("handler %s, on the stack %d, uc_stack flags %#x size %zu", sig_name(sig), on_it(),
	    c->uc_stack.ss_flags, c->uc_stack.ss_size);
	say_stack("in the handler");
	SAY_CALL(sigaltstack(&same, NULL));
}

static int recurse(volatile char *p)
{
	volatile char more[4096];
	more[0] = p[0];
	return p[0] == 2 ? 0 : recurse(more) + more[1];
}

static int overflow(void)
{
	struct rlimit small = {256 * 1024, 256 * 1024};
	setrlimit(RLIMIT_STACK, &small);
	char c = 0;
	return recurse(&c);
}

static void overflowed(int sig, siginfo_t *info, void *context UNUSED)
{
	say("overflow: %s code %d, on the stack %d", sig_name(sig), info->si_code, on_it());
	_exit(5);
}

static int overflow_caught(void)
{
	struct rlimit small = {256 * 1024, 256 * 1024};
	setrlimit(RLIMIT_STACK, &small);
	on_signal(SIGSEGV, overflowed, SA_ONSTACK);
	char c = 0;
	return recurse(&c);
}

static int exec_again(void)
{
	execl("/proc/self/exe", "diff", "signal/S28_alternate_stacks_after_exec", NULL);
	return 1;
}

int main(void)
{
	stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say_stack("at the start");
	stack_t s = {.ss_sp = stack, .ss_size = size};
	SAY_CALL(sigaltstack(&s, NULL));
	say_stack("set");
	on_signal(SIGUSR1, handler, SA_ONSTACK);
	raise(SIGUSR1);
	say_stack("after the handler");
	on_signal(SIGUSR2, handler, 0);
	raise(SIGUSR2);
	s.ss_flags = (int)SS_AUTODISARM;
	SAY_CALL(sigaltstack(&s, NULL));
	say_stack("SS_AUTODISARM");
	raise(SIGUSR1);
	say_stack("after the handler");
	s.ss_flags = 5;
	SAY_CALL(sigaltstack(&s, NULL));
	s.ss_flags = SS_ONSTACK;
	SAY_CALL(sigaltstack(&s, NULL));
	s.ss_flags = 0;
	s.ss_size = 2047;
	SAY_CALL(sigaltstack(&s, NULL));
	s.ss_size = 2048;
	SAY_CALL(sigaltstack(&s, NULL));
	SAY_CALL(sigaltstack((void *)8, NULL));
	SAY_CALL(sigaltstack(NULL, (void *)8));
	s.ss_size = size;
	sigaltstack(&s, NULL);
	say_status("overflow without a handler", wait_for(child(overflow)));
	say_status("overflow with one", wait_for(child(overflow_caught)));
	say_status("exec", wait_for(child(exec_again)));
	s.ss_flags = SS_DISABLE;
	SAY_CALL(sigaltstack(&s, NULL));
	say_stack("disabled");
	return 0;
}
