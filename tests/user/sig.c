/* Signals: actions, masks, queues, kill(2) and its kin, children, what exec and fork keep. */
#include "check_signal.h"

#include <sys/syscall.h>

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
	stack_t alt = {.ss_sp = malloc(65536), .ss_size = 65536};
	CHECK(alt.ss_sp);
	CHECK_EQ(0, sigaltstack(&alt, NULL));
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
    {"stop_cont_cancel", stop_cont_cancel}, {"sigchld", sigchld}, {"sigchld_stop", sigchld_stop},
    {"nocldwait", nocldwait}, {"kill_group", kill_group}, {"kill_errors", kill_errors},
    {"kill_permission", kill_permission}, {"spin_and_be_killed", spin_and_be_killed},
    {"alarm", alarm_rings}, {"exec_resets", exec_resets}, {"fork_inherits", fork_inherits},
    {"reporter", reporter})
