/*
 * Handlers that nobody can run, and trampolines that are gone: the fault comes where the program
 * would go on, with the handler's frame and mask in force.
 */
#include "observe.h"
#include <setjmp.h>
#include <sys/auxv.h>

static void *bad; /* where the handler or the trampoline is meant to be */
static void *readable;
static sigjmp_buf back;

static const char *where(const void *at)
{
	return at == NULL ? "0" : at == bad ? "there" : "elsewhere";
}

static void say_fault(int sig, siginfo_t *info, void *context UNUSED)
{
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	say("%s %s, %s; SIGUSR1 %s, SIGHUP %s", sig_name(sig), code_name(sig, info->si_code),
	    where(info->si_addr), sigismember(&now, SIGUSR1) ? "blocked" : "not blocked",
	    sigismember(&now, SIGHUP) ? "blocked" : "not blocked");
	siglongjmp(back, 1);
}

/* A handler at `address` for SIGUSR1, which blocks SIGHUP besides. */
static void meet(const char *what, void *address)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO};
	sigset_t old;
	bad = address;
	act.sa_sigaction = (void (*)(int, siginfo_t *, void *))address;
	sigaddset(&act.sa_mask, SIGHUP);
	MUST(sigaction(SIGUSR1, &act, NULL) == 0);
	sigprocmask(SIG_BLOCK, NULL, &old);
	say("-- %s", what);
	if (!sigsetjmp(back, 0))
		raise(SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static int handlers(void)
{
	on_signal(SIGSEGV, say_fault, 0);
	meet("unmapped", (void *)0x1000);
	meet("not executable", readable);
	meet("of the kernel", (void *)(1UL << 63));
	meet("the last one", (void *)-4096L);
	return 0;
}

static int unhandled(void)
{
	bad = (void *)0x1000;
	signal(SIGUSR1, (void (*)(int))bad);
	raise(SIGUSR1);
	return 0;
}

static int segv_itself(void)
{
	bad = (void *)0x1000;
	signal(SIGSEGV, (void (*)(int))bad);
	raise(SIGSEGV);
	return 0;
}

/* Without SA_NODEFER it is blocked when it comes again; with it, the stack fills up with frames. */
static int segv_itself_nodefer(void)
{
	struct sigaction act = {.sa_handler = (void (*)(int))0x1000, .sa_flags = SA_NODEFER};
	sigaction(SIGSEGV, &act, NULL);
	raise(SIGSEGV);
	return 0;
}

/* Without sa_restorer, which glibc sets on x86_64 alone, the handler returns into the vDSO. */
static int trampoline_gone(void)
{
	char line[256];
	unsigned long start = 0, end = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]"))
			MUST(sscanf(line, "%lx-%lx", &start, &end) == 2);
	fclose(maps);
	MUST(start && start == getauxval(AT_SYSINFO_EHDR));
	on_signal(SIGUSR1, say_handler, 0);
	on_signal(SIGSEGV, say_fault, 0);
	raise(SIGUSR1);
	say("the vDSO is there");
	MUST(syscall(SYS_munmap, start, end - start) == 0);
	bad = NULL;
	if (!sigsetjmp(back, 0))
		syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	else
		say("the vDSO is gone");
	return 0;
}

static void try_stack(const char *what, size_t size, int flags)
{
	static char small[64];
	stack_t ss = {.ss_sp = small, .ss_size = size, .ss_flags = flags};
	say("%s: %s", what, result_name(sigaltstack(&ss, NULL)));
}

static int bad_altstacks(void)
{
	try_stack("64 bytes", 64, 0);
	try_stack("none", 0, 0);
	try_stack("flag 4", 65536, 4);
	try_stack("SS_ONSTACK and SS_DISABLE", 65536, SS_ONSTACK | SS_DISABLE);
	try_stack("all there is", (size_t)-1, 0);
	try_stack("another, as one stands on that", 65536, 0);
	return 0;
}

static int altstack_of(void *at)
{
	stack_t ss = {.ss_sp = at, .ss_size = 65536};
	SAY_CALL(sigaltstack(&ss, NULL) == 0);
	on_signal(SIGUSR1, say_handler, SA_ONSTACK);
	on_signal(SIGSEGV, say_fault, 0);
	if (!sigsetjmp(back, 0))
		raise(SIGUSR1);
	return 0;
}

static int altstack_read_only(void)
{
	return altstack_of(readable);
}

static int altstack_of_the_kernel(void)
{
	return altstack_of((void *)(-1UL << 38));
}

static int altstack_round_the_end(void)
{
	return altstack_of((void *)-4096L);
}

int main(void)
{
	readable = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(readable != MAP_FAILED);
	say_status("handlers", wait_for(child(handlers)));
	say_status("nobody hears of it", wait_for(child(unhandled)));
	say_status("SIGSEGV's own", wait_for(child(segv_itself)));
	say_status("SIGSEGV's own, not deferred", wait_for(child(segv_itself_nodefer)));
	say_status("trampoline gone", wait_for(child(trampoline_gone)));
	say_status("bad stacks", wait_for(child(bad_altstacks)));
	say_status("read-only stack", wait_for(child(altstack_read_only)));
	say_status("the kernel's stack", wait_for(child(altstack_of_the_kernel)));
	say_status("round the end", wait_for(child(altstack_round_the_end)));
	return 0;
}
