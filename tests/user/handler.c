/* Signal handlers: the calls they interrupt, their stack, the context they return to; faults. */
#include "check_signal.h"

#include <poll.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

/* --- interrupted calls --- */

static int fds[2];

/* A child that sends us `sig` after a while, then writes a byte. */
static pid_t disturb(int sig)
{
	pid_t parent = getpid(), pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	sleep_ms(40);
	kill(parent, sig);
	sleep_ms(40);
	write(fds[1], "x", 1);
	_exit(0);
}

static void read_eintr(void)
{
	char c;
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, 0);
	pid_t pid = disturb(SIGUSR1);
	CHECK_ERRNO(EINTR, read(fds[0], &c, 1));
	CHECK_EQ(1, count);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void read_restarts(void)
{
	char c;
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1);
	CHECK_EQ(1, read(fds[0], &c, 1));
	CHECK_EQ(1, count);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void wait_restarts(void)
{
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ(1, count);
	handle(SIGUSR1, 0);
	pid = disturb(SIGUSR1);
	CHECK_ERRNO(EINTR, waitpid(pid, NULL, 0));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void sleep_eintr(void)
{
	struct timespec t = {5, 0}, left = {0, 0};
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, SA_RESTART); /* nanosleep does not restart over a handler */
	pid_t pid = disturb(SIGUSR1);
	CHECK_ERRNO(EINTR, nanosleep(&t, &left));
	CHECK(left.tv_sec == 4 && left.tv_nsec > 500000000);
	waitpid(pid, NULL, 0);
}

static void poll_eintr(void)
{
	struct pollfd f = {-1, 0, 0};
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1);
	CHECK_ERRNO(EINTR, poll(&f, 1, 5000));
	waitpid(pid, NULL, 0);
}

static void pause_returns(void)
{
	CHECK_EQ(0, pipe(fds));
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1);
	CHECK_ERRNO(EINTR, pause());
	CHECK_EQ(1, count);
	waitpid(pid, NULL, 0);
}

static void stopped_sleep(void)
{
	struct timespec t = {0, 150000000};
	pid_t pid = fork();
	if (!pid) { /* a stop and continue is not seen by the call */
		int64_t start = now_ns();
		CHECK_EQ(0, nanosleep(&t, NULL));
		CHECK(now_ns() - start >= 150000000);
		_exit(0);
	}
	int status;
	sleep_ms(30);
	kill(pid, SIGSTOP);
	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	sleep_ms(30);
	kill(pid, SIGCONT);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

static void suspend(void)
{
	sigset_t none, now;
	handle(SIGUSR1, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&none);
	CHECK_ERRNO(EINTR, sigsuspend(&none));
	CHECK_EQ(1, count);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK_EQ(1, sigismember(&now, SIGUSR1)); /* the old mask is back */
}

static void timedwait(void)
{
	sigset_t s;
	siginfo_t info;
	struct timespec t = {0, 20000000};
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &s, NULL));
	CHECK_ERRNO(EAGAIN, sigtimedwait(&s, &info, &t));
	kill(getpid(), SIGUSR1);
	CHECK_EQ(SIGUSR1, sigtimedwait(&s, &info, &t));
	CHECK_EQ(SI_USER, info.si_code);
	CHECK_EQ(getpid(), info.si_pid);
	CHECK_EQ(0, pipe(fds));
	pid_t pid = disturb(SIGUSR1);
	CHECK_EQ(SIGUSR1, sigwaitinfo(&s, &info));
	CHECK_EQ(pid, info.si_pid);
	waitpid(pid, NULL, 0);
	handle(SIGUSR2, SA_RESTART);
	pid = disturb(SIGUSR2);
	CHECK_ERRNO(EINTR, sigwaitinfo(&s, &info));
	waitpid(pid, NULL, 0);
}

static void ppoll_mask(void)
{
	sigset_t none;
	struct timespec t = {1, 0};
	handle(SIGUSR1, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&none);
	CHECK_ERRNO(EINTR, ppoll(NULL, 0, &t, &none));
	CHECK_EQ(1, count);
	raise(SIGUSR1);
	CHECK_EQ(1, count); /* blocked again */
}

/* --- the alternate stack --- */

static char *alt_base;
#define ALT_SIZE 65536
static volatile bool on_alt;

static void check_alt(int sig)
{
	char here;
	note(sig);
	on_alt = &here >= alt_base && &here < alt_base + ALT_SIZE;
	stack_t st;
	CHECK_EQ(0, sigaltstack(NULL, &st));
	if (on_alt) {
		CHECK_EQ(SS_ONSTACK, st.ss_flags);
		CHECK_ERRNO(EPERM, sigaltstack(&st, NULL));
	}
}

static void use_altstack(void)
{
	alt_base = mmap(NULL, ALT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t st = {.ss_sp = alt_base, .ss_size = ALT_SIZE};
	CHECK_EQ(0, sigaltstack(&st, NULL));
}

static void altstack(void)
{
	struct sigaction sa = {.sa_handler = check_alt, .sa_flags = SA_ONSTACK};
	stack_t st;
	CHECK_EQ(0, sigaltstack(NULL, &st));
	CHECK_EQ(SS_DISABLE, st.ss_flags);
	use_altstack();
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK(on_alt);
	sa.sa_flags = 0;
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK(!on_alt);
	CHECK_EQ(0, sigaltstack(NULL, &st));
	CHECK(st.ss_sp == alt_base);
	st.ss_size = 100;
	st.ss_flags = 0;
	CHECK_ERRNO(ENOMEM, sigaltstack(&st, NULL));
	st.ss_flags = 77;
	CHECK_ERRNO(EINVAL, sigaltstack(&st, NULL));
}

static sigjmp_buf escape;

static void escape_from_overflow(int sig)
{
	(void)sig;
	siglongjmp(escape, 1);
}

static int __attribute__((noinline)) endless(volatile int n)
{
	volatile char frame[1000];
	frame[0] = (char)n;
	return n > 0 ? endless(n + 1) + frame[0] : 0;
}

static void altstack_overflow(void)
{
	struct sigaction sa = {.sa_handler = escape_from_overflow, .sa_flags = SA_ONSTACK};
	use_altstack();
	CHECK_EQ(0, sigaction(SIGSEGV, &sa, NULL));
	if (!sigsetjmp(escape, 1)) {
		endless(1);
		FAIL("no overflow");
	}
}

static void overflow_without(void)
{
	handle(SIGSEGV, 0);
	endless(1);
}

/* A frame that cannot be written: SIGSEGV, which cannot be handled either. */
static void no_room_for_frame(void)
{
	int status = in_child(overflow_without);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGSEGV, WTERMSIG(status));
}

/* --- faults --- */

static void fault_blocked_child(void)
{
	handle(SIGSEGV, 0);
	block(SIGSEGV);
	volatile char *volatile bad = (char *)16;
	*bad = 1;
}

static void fault_ignored_child(void)
{
	signal(SIGSEGV, SIG_IGN);
	volatile char *volatile bad = (char *)16;
	*bad = 1;
}

static void forced_fault(void)
{
	int status = in_child(fault_blocked_child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	status = in_child(fault_ignored_child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static volatile int ill_code;
static void *volatile ill_addr;

static void on_ill(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	(void)ctx;
	ill_code = info->si_code;
	ill_addr = info->si_addr;
	siglongjmp(escape, 1);
}

static void illegal_instruction(void)
{
	struct sigaction sa = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
	unsigned char *code = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(code != MAP_FAILED);
#if defined(__x86_64__)
	memcpy(code, "\x0f\x0b", 2);
#else
	memset(code, 0, 16);
#endif
	__builtin___clear_cache((char *)code, (char *)code + 16);
	CHECK_EQ(0, sigaction(SIGILL, &sa, NULL));
	if (!sigsetjmp(escape, 1)) {
		((void (*)(void))(uintptr_t)code)();
		FAIL("no SIGILL");
	}
	CHECK(ill_code == ILL_ILLOPC || ill_code == ILL_ILLOPN);
	CHECK((void *)code == ill_addr);
}

static void trap_instruction(void)
{
	struct sigaction sa = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
	CHECK_EQ(0, sigaction(SIGTRAP, &sa, NULL));
	if (!sigsetjmp(escape, 1)) {
#if defined(__x86_64__)
		__asm__ volatile("int3");
#elif defined(__riscv)
		__asm__ volatile("ebreak");
#else
		raise(SIGTRAP);
#endif
		FAIL("no SIGTRAP");
	}
	CHECK(ill_code == TRAP_BRKPT || ill_code == SI_KERNEL);
}

/* --- floating point and the context --- */

static void clobber(int sig)
{
	volatile double d[8];
	for (int i = 0; i < 8; i++)
		d[i] = sig * 1.7 + i;
	for (int r = 0; r < 100; r++)
		for (int i = 0; i < 8; i++)
			d[i] = d[i] * 1.0001 + d[(i + 1) % 8];
	note(sig);
}

static void fp_survives(void)
{
	struct sigaction sa = {.sa_handler = clobber};
	double a = 1.5, b = 2.25, c = -3.125, d = 1e100, sum = 0;
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	for (int i = 0; i < 1000; i++) {
		a += 0.5;
		b -= 0.25;
		c *= -1;
		if (i % 100 == 0)
			kill(getpid(), SIGUSR1);
		sum += a + b + c;
	}
	CHECK_EQ(10, count);
	CHECK(a == 501.5 && b == -247.75 && c == -3.125 && d == 1e100);
	CHECK(sum == 127125.0 || sum > 127000.0);
}

static void change_context(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;
	(void)info;
	note(sig);
	sigaddset(&uc->uc_sigmask, SIGUSR2); /* in force after the handler */
}

static void context_mask(void)
{
	struct sigaction sa = {.sa_sigaction = change_context, .sa_flags = SA_SIGINFO};
	sigset_t now;
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK_EQ(1, sigismember(&now, SIGUSR2));
}

static void longjmp_out(void)
{
	struct sigaction sa = {.sa_handler = escape_from_overflow};
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	volatile int rounds = 0;
	for (int i = 0; i < 1000; i++)
		if (!sigsetjmp(escape, 1)) {
			raise(SIGUSR1);
			FAIL("came back");
		} else {
			rounds++;
		}
	CHECK_EQ(1000, rounds);
}

SUBCOMMANDS({"read_eintr", read_eintr}, {"read_restarts", read_restarts},
    {"wait_restarts", wait_restarts}, {"sleep_eintr", sleep_eintr}, {"poll_eintr", poll_eintr},
    {"pause", pause_returns}, {"stopped_sleep", stopped_sleep}, {"sigsuspend", suspend},
    {"sigtimedwait", timedwait}, {"ppoll_mask", ppoll_mask}, {"altstack", altstack},
    {"altstack_overflow", altstack_overflow}, {"no_room_for_frame", no_room_for_frame},
    {"forced_fault", forced_fault}, {"illegal_instruction", illegal_instruction},
    {"trap_instruction", trap_instruction}, {"fp_survives", fp_survives},
    {"context_mask", context_mask}, {"longjmp", longjmp_out})
