/* Signals: handlers, masks, flags, the alternate stack, restarts, job control. */
#include "check.h"

#include <poll.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last, order[64], codes[64];
static volatile int values[64];
static volatile pid_t sender;

static void note(int sig)
{
	last = sig;
	if (count < 64)
		order[count] = sig;
	count++;
}

static void note_info(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	if (count < 64) {
		codes[count] = info->si_code;
		values[count] = info->si_value.sival_int;
	}
	sender = info->si_pid;
	note(sig);
}

static void handle(int sig, int flags)
{
	struct sigaction sa = {.sa_flags = flags};

	sigemptyset(&sa.sa_mask);
	if (flags & SA_SIGINFO)
		sa.sa_sigaction = note_info;
	else
		sa.sa_handler = note;
	CHECK_EQ(0, sigaction(sig, &sa, NULL));
}

static void block(int sig)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &s, NULL));
}

static void unblock(int sig)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(0, sigprocmask(SIG_UNBLOCK, &s, NULL));
}

static void handler_runs(void)
{
	handle(SIGUSR1, 0);
	CHECK_EQ(0, raise(SIGUSR1));
	CHECK_EQ(1, count);
	CHECK_EQ(SIGUSR1, last);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(2, count);
}

static void action_errors(void)
{
	struct sigaction sa = {.sa_handler = note}, old;
	CHECK_ERRNO(EINVAL, sigaction(SIGKILL, &sa, NULL));
	CHECK_ERRNO(EINVAL, sigaction(SIGSTOP, &sa, NULL));
	CHECK_ERRNO(EINVAL, sigaction(65, &sa, NULL));
	CHECK_ERRNO(EINVAL, sigaction(0, &sa, NULL));
	sa.sa_flags = SA_RESTART | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	CHECK_EQ(0, sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == note);
	CHECK_EQ(SA_RESTART | SA_NODEFER, old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO));
	CHECK(sigismember(&old.sa_mask, SIGUSR2) == 1 && sigismember(&old.sa_mask, SIGHUP) == 0);
	CHECK_EQ(0, sigaction(SIGKILL, NULL, &old)); /* looking is allowed */
}

static void mask_holds(void)
{
	sigset_t pending;
	handle(SIGUSR1, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1); /* one is enough */
	CHECK_EQ(0, count);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(1, sigismember(&pending, SIGUSR1));
	unblock(SIGUSR1);
	CHECK_EQ(1, count);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(0, sigismember(&pending, SIGUSR1));
}

static void kill_stop_unblockable(void)
{
	sigset_t s, now;
	sigfillset(&s);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, &s, NULL));
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK_EQ(0, sigismember(&now, SIGKILL));
	CHECK_EQ(0, sigismember(&now, SIGSTOP));
	CHECK_EQ(1, sigismember(&now, SIGTERM));
	CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigprocmask, 99, &s, NULL, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigprocmask, SIG_BLOCK, &s, NULL, 7));
}

static volatile int nested, deepest;

static void nest(int sig)
{
	deepest = ++nested > deepest ? nested : deepest;
	if (++count < 4)
		raise(sig);
	nested--;
}

static void defer(void)
{
	struct sigaction sa = {.sa_handler = nest};
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(4, count);
	CHECK_EQ(1, deepest);
	count = deepest = 0;
	sa.sa_flags = SA_NODEFER;
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(4, count);
	CHECK_EQ(4, deepest);
}

static void resethand(void)
{
	struct sigaction old;
	handle(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(1, count);
	CHECK_EQ(0, sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
}

static void action_mask(void)
{
	struct sigaction sa = {.sa_handler = nest};
	sigset_t now;
	handle(SIGUSR2, 0);
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	block(SIGUSR1);
	block(SIGUSR2);
	raise(SIGUSR2);
	raise(SIGUSR1);
	sigset_t none;
	sigemptyset(&none);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, &none, NULL));
	CHECK(count >= 2);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK_EQ(0, sigismember(&now, SIGUSR1)); /* restored */
	CHECK_EQ(0, sigismember(&now, SIGUSR2));
}

static void siginfo_kill(void)
{
	handle(SIGUSR1, SA_SIGINFO);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(SI_USER, codes[0]);
	CHECK_EQ(getpid(), sender);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	CHECK_EQ(SI_TKILL, codes[1]);
	union sigval v = {.sival_int = 4711};
	CHECK_EQ(0, sigqueue(getpid(), SIGUSR1, v));
	CHECK_EQ(SI_QUEUE, codes[2]);
	CHECK_EQ(4711, values[2]);
}

static void realtime_queue(void)
{
	union sigval v;
	int rt = SIGRTMIN + 1;
	handle(rt, SA_SIGINFO);
	block(rt);
	for (int i = 0; i < 5; i++) {
		v.sival_int = 100 + i;
		CHECK_EQ(0, sigqueue(getpid(), rt, v));
	}
	CHECK_EQ(0, count);
	unblock(rt);
	CHECK_EQ(5, count); /* each, in order */
	for (int i = 0; i < 5; i++)
		CHECK_EQ(100 + i, values[i]);
}

static void realtime_order(void)
{
	sigset_t s;
	sigfillset(&s);
	for (int i = 0; i < 4; i++) {
		struct sigaction sa = {.sa_handler = note};
		sigfillset(&sa.sa_mask);
		CHECK_EQ(0, sigaction(SIGRTMIN + i, &sa, NULL));
	}
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &s, NULL));
	for (int i = 3; i >= 0; i--)
		kill(getpid(), SIGRTMIN + i);
	CHECK_EQ(0, sigprocmask(SIG_UNBLOCK, &s, NULL));
	CHECK_EQ(4, count);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(SIGRTMIN + i, order[i]); /* the lowest number first */
}

static void ignored_flush(void)
{
	sigset_t pending;
	block(SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(0, sigismember(&pending, SIGUSR1));
	unblock(SIGUSR1);
	raise(SIGCHLD); /* ignored by default */
	raise(SIGURG);
	raise(SIGWINCH);
}

static void stop_cont_cancel(void)
{
	sigset_t pending;
	handle(SIGCONT, 0);
	block(SIGTSTP);
	block(SIGCONT);
	raise(SIGTSTP);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(1, sigismember(&pending, SIGTSTP));
	raise(SIGCONT);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(0, sigismember(&pending, SIGTSTP));
	CHECK_EQ(1, sigismember(&pending, SIGCONT));
	raise(SIGTSTP);
	CHECK_EQ(0, sigpending(&pending));
	CHECK_EQ(0, sigismember(&pending, SIGCONT));
	raise(SIGCONT);
	unblock(SIGTSTP); /* nothing left to stop us */
	unblock(SIGCONT);
	CHECK_EQ(1, count);
}

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

/* --- children --- */

static void sigchld(void)
{
	handle(SIGCHLD, SA_SIGINFO);
	pid_t pid = fork();
	if (!pid)
		_exit(3);
	while (!count)
		sleep_ms(1);
	CHECK_EQ(CLD_EXITED, codes[0]);
	CHECK_EQ(pid, sender);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void sigchld_stop(void)
{
	handle(SIGCHLD, SA_SIGINFO);
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	while (!count)
		sleep_ms(1);
	CHECK_EQ(CLD_STOPPED, codes[0]);
	kill(pid, SIGCONT);
	while (count < 2)
		sleep_ms(1);
	CHECK_EQ(CLD_CONTINUED, codes[1]);
	handle(SIGCHLD, SA_SIGINFO | SA_NOCLDSTOP);
	kill(pid, SIGSTOP);
	CHECK_EQ(pid, waitpid(pid, NULL, WUNTRACED)); /* the wait still hears of it */
	CHECK_EQ(2, count);
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ(3, count);
	CHECK_EQ(CLD_KILLED, codes[2]);
}

static void nocldwait(void)
{
	struct sigaction sa = {.sa_handler = note, .sa_flags = SA_NOCLDWAIT};
	CHECK_EQ(0, sigaction(SIGCHLD, &sa, NULL));
	if (!fork())
		_exit(0);
	CHECK_ERRNO(ECHILD, wait(NULL));
}

static void kill_group(void)
{
	int status;
	pid_t lead = 0;
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();
		if (!pid)
			for (;;)
				pause();
		lead = lead ? lead : pid;
		CHECK_EQ(0, setpgid(pid, lead));
	}
	CHECK_EQ(0, kill(-lead, SIGTERM));
	for (int i = 0; i < 5; i++) {
		CHECK(waitpid(-lead, &status, 0) > 0);
		CHECK_EQ(SIGTERM, WTERMSIG(status));
	}
	CHECK_ERRNO(ESRCH, kill(-lead, SIGTERM));
}

static void kill_errors(void)
{
	CHECK_ERRNO(ESRCH, kill(1234567, SIGTERM));
	CHECK_ERRNO(EINVAL, kill(getpid(), 65));
	CHECK_ERRNO(EINVAL, kill(getpid(), -1));
	CHECK_EQ(0, kill(getpid(), 0));
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	siginfo_t info;
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(0, kill(pid, 0)); /* a zombie is still there */
	CHECK_EQ(0, kill(pid, SIGKILL));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_ERRNO(ESRCH, kill(pid, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_tgkill, -1, 1, SIGTERM));
	CHECK_ERRNO(ESRCH, syscall(SYS_tgkill, getpid(), 1234567, SIGTERM));
	CHECK_ERRNO(EINVAL, syscall(SYS_tkill, 0, SIGTERM));
}

static void permission_child(void)
{
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, kill(getppid(), SIGTERM));
	CHECK_ERRNO(EPERM, kill(1, 0));
	CHECK_EQ(0, kill(getppid(), SIGCONT)); /* within one session */
}

static void kill_permission(void)
{
	CHECK_EQ(0, in_child(permission_child));
}

static void spin_and_be_killed(void)
{
	int status;
	pid_t pid = fork();
	if (!pid)
		for (;;)
			;
	sleep_ms(20);
	CHECK_EQ(0, kill(pid, SIGTERM));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(SIGTERM, WTERMSIG(status));
}

static void alarm_rings(void)
{
	struct timespec t = {3, 0};
	handle(SIGALRM, 0);
	CHECK_EQ(0, alarm(1));
	CHECK_EQ(1, alarm(1));
	int64_t start = now_ns();
	CHECK_ERRNO(EINTR, nanosleep(&t, NULL));
	CHECK_EQ(1, count);
	CHECK(now_ns() - start > 900000000);
}

static void exec_resets(void)
{
	struct sigaction now;
	if (nargs) { /* after the exec */
		CHECK_EQ(0, sigaction(SIGUSR1, NULL, &now));
		CHECK(now.sa_handler == SIG_DFL);
		CHECK_EQ(0, sigaction(SIGUSR2, NULL, &now));
		CHECK(now.sa_handler == SIG_IGN);
		sigset_t s;
		CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &s));
		CHECK_EQ(1, sigismember(&s, SIGHUP));
		CHECK_EQ(0, sigpending(&s));
		CHECK_EQ(1, sigismember(&s, SIGHUP));
		stack_t st;
		CHECK_EQ(0, sigaltstack(NULL, &st));
		CHECK_EQ(SS_DISABLE, st.ss_flags);
		return;
	}
	handle(SIGUSR1, 0);
	signal(SIGUSR2, SIG_IGN);
	block(SIGHUP);
	raise(SIGHUP);
	use_altstack();
	execl("/proc/self/exe", "sig", "exec_resets", "again", NULL);
	execl("/tests/bin/sig", "sig", "exec_resets", "again", NULL);
	FAIL("exec");
}

static void fork_inherits_child(void)
{
	sigset_t s;
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, NULL, &s));
	CHECK_EQ(1, sigismember(&s, SIGUSR2));
	CHECK_EQ(0, sigpending(&s));
	CHECK_EQ(0, sigismember(&s, SIGUSR2)); /* what is pending is not inherited */
	raise(SIGUSR1);
	CHECK_EQ(1, count);
}

static void fork_inherits(void)
{
	handle(SIGUSR1, 0);
	block(SIGUSR2);
	raise(SIGUSR2);
	CHECK_EQ(0, in_child(fork_inherits_child));
	CHECK_EQ(0, count);
}

/* A child for the tests in Lua: says "ready", then what reaches it. */
static void report(int sig)
{
	dprintf(1, "got %d\n", sig);
	if (sig == SIGTERM)
		_exit(0);
}

static void reporter(void)
{
	signal(SIGUSR1, report);
	signal(SIGCONT, report);
	signal(SIGTERM, report);
	signal(SIGHUP, SIG_IGN);
	block(SIGUSR2);
	dprintf(1, "ready\n");
	for (;;)
		pause();
}

SUBCOMMANDS({"handler", handler_runs}, {"action_errors", action_errors}, {"mask", mask_holds},
    {"unblockable", kill_stop_unblockable}, {"nodefer", defer}, {"resethand", resethand},
    {"action_mask", action_mask}, {"siginfo", siginfo_kill}, {"realtime_queue", realtime_queue},
    {"realtime_order", realtime_order}, {"ignored_flush", ignored_flush},
    {"stop_cont_cancel", stop_cont_cancel}, {"read_eintr", read_eintr},
    {"read_restarts", read_restarts}, {"wait_restarts", wait_restarts},
    {"sleep_eintr", sleep_eintr}, {"poll_eintr", poll_eintr}, {"pause", pause_returns},
    {"stopped_sleep", stopped_sleep}, {"sigsuspend", suspend}, {"sigtimedwait", timedwait},
    {"ppoll_mask", ppoll_mask}, {"altstack", altstack}, {"altstack_overflow", altstack_overflow},
    {"no_room_for_frame", no_room_for_frame}, {"forced_fault", forced_fault},
    {"illegal_instruction", illegal_instruction}, {"trap_instruction", trap_instruction},
    {"fp_survives", fp_survives}, {"context_mask", context_mask}, {"longjmp", longjmp_out},
    {"sigchld", sigchld}, {"sigchld_stop", sigchld_stop}, {"nocldwait", nocldwait},
    {"kill_group", kill_group}, {"kill_errors", kill_errors}, {"kill_permission", kill_permission},
    {"spin_and_be_killed", spin_and_be_killed}, {"alarm", alarm_rings},
    {"exec_resets", exec_resets}, {"fork_inherits", fork_inherits}, {"reporter", reporter})
