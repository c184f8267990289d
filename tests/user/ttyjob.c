/* Terminals, sessions and process groups: credentials(7), tty_ioctl(4), setsid(2). */
#include "pty_pair.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static struct pair p;
static int report[2]; /* what happens in a child's children is told through this pipe */

/* Runs fn as a session leader whose terminal is the slave, in a child; its status. */
static int in_session(void (*fn)(void))
{
	p = open_pair();
	CHECK_EQ(0, pipe(report));
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		alarm(20);
		CHECK_EQ(getpid(), setsid());
		CHECK_EQ(0, ioctl(p.s, TIOCSCTTY, 0));
		fn();
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	close(report[0]);
	close(report[1]);
	close_pair(p);
	return status;
}

/* A child in a process group of its own. */
static pid_t group(void (*fn)(void), bool foreground)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		if (foreground) {
			signal(SIGTTOU, SIG_IGN);
			CHECK_EQ(0, tcsetpgrp(p.s, getpid()));
			signal(SIGTTOU, SIG_DFL);
		}
		fn();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static int wait_for(pid_t pid, int options)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, options));
	return status;
}

static void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid, 0);
}

static void expect_report(char want)
{
	char c = 0;

	CHECK(poll_fd(report[0], POLLIN, WAIT_MS) & POLLIN);
	CHECK_EQ(1, read(report[0], &c, 1));
	CHECK_EQ(want, c);
}

static void say(char c)
{
	CHECK_EQ(1, write(report[1], &c, 1));
}

static void sleeper(void)
{
	say('r');
	for (;;)
		pause();
}

static void ready_reader(void)
{
	char buf[64];

	say('r');
	ssize_t n = read(p.s, buf, sizeof(buf));
	_exit(n < 0 ? 100 + errno : (int)n);
}

static void ready_writer(void)
{
	say('r');
	ssize_t n = write(p.s, "x", 1);
	_exit(n < 0 ? 100 + errno : (int)n);
}

#define CHECK_STOPPED(sig, pid)                                                                    \
	do {                                                                                       \
		int status_ = wait_for(pid, WUNTRACED);                                            \
		CHECK(WIFSTOPPED(status_));                                                        \
		CHECK_EQ(sig, WSTOPSIG(status_));                                                  \
	} while (0)
#define CHECK_EXIT(code, pid)                                                                      \
	do {                                                                                       \
		int status_ = wait_for(pid, 0);                                                    \
		CHECK(WIFEXITED(status_));                                                         \
		CHECK_EQ(code, WEXITSTATUS(status_));                                              \
	} while (0)

/* --- the control characters --- */

static void keys_body(void)
{
	static const struct {
		const char *key;
		int sig;
	} keys[] = {{"\x03", SIGINT}, {"\x1c", SIGQUIT}};

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	for (int i = 0; i < 2; i++) {
		pid_t pid = group(sleeper, true);
		expect_report('r');
		put(p.m, keys[i].key);
		int status = wait_for(pid, 0);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(keys[i].sig, WTERMSIG(status));
	}
	pid_t pid = group(sleeper, true);
	expect_report('r');
	put(p.m, "\x1a");
	CHECK_STOPPED(SIGTSTP, pid);
	finish(pid);
}

static void keys(void)
{
	CHECK_EQ(0, in_session(keys_body));
}

static volatile sig_atomic_t caught;
static void on_signal(int sig)
{
	caught = sig;
}

static void wait_caught(int sig)
{
	for (int i = 0; i < WAIT_MS && caught != sig; i++)
		sleep_ms(1);
	CHECK_EQ(sig, caught);
	caught = 0;
}

/* A signal character takes back what was typed, unless NOFLSH says no. */
static void flushing_body(void)
{
	signal(SIGINT, on_signal);
	put(p.m, "abc\x03"
		 "d\n");
	wait_caught(SIGINT);
	CHECK_READ(p.s, "d\n");
	CHECK(poll_fd(p.m, POLLIN, WAIT_MS) & POLLIN);
	drain(p.m);
	CHANGE(p.s, c_lflag, 0, NOFLSH);
	put(p.m, "abc\x03"
		 "d\n");
	wait_caught(SIGINT);
	CHECK_READ(p.s, "abcd\n");
	CHECK_STREAM(p.m, "abc^Cd\r\n");
	CHANGE(p.s, c_lflag, ISIG, 0);
	put(p.m, "\x03\n");
	CHECK_READ(p.s, "\x03\n");
	CHECK_EQ(0, ioctl(p.m, TIOCSIG, SIGINT)); /* the master can do it too */
	wait_caught(SIGINT);
}

static void flushing(void)
{
	CHECK_EQ(0, in_session(flushing_body));
}

/* --- the background --- */

static void background_body(void)
{
	pid_t pid = group(ready_reader, false);
	CHECK_STOPPED(SIGTTIN, pid);
	finish(pid);
	pid = group(ready_writer, false); /* may write */
	CHECK_EXIT(1, pid);
	CHANGE(p.s, c_lflag, 0, TOSTOP);
	pid = group(ready_writer, false);
	CHECK_STOPPED(SIGTTOU, pid);
	CHECK_EQ(0, tcsetpgrp(p.s, pid));
	kill(pid, SIGCONT);
	CHECK_EXIT(1, pid); /* the write is begun again */
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(0, tcsetpgrp(p.s, getpid()));
}

static void background(void)
{
	CHECK_EQ(0, in_session(background_body));
}

static void ignoring_reader(void)
{
	signal(SIGTTIN, SIG_IGN);
	ready_reader();
}

static void blocking_reader(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ready_reader();
}

static void ignoring_writer(void)
{
	signal(SIGTTOU, SIG_IGN);
	ready_writer();
}

static void ignored_body(void)
{
	CHANGE(p.s, c_lflag, 0, TOSTOP);
	CHECK_EXIT(100 + EIO, group(ignoring_reader, false));
	CHECK_EXIT(100 + EIO, group(blocking_reader, false));
	CHECK_EXIT(1, group(ignoring_writer, false));
}

static void ignored(void)
{
	CHECK_EQ(0, in_session(ignored_body));
}

/* A group without a parent in its session would never be continued: it gets EIO. */
static void orphan(void)
{
	while (getppid() != 1)
		sleep_ms(1);
	char c;
	CHECK(read(p.s, &c, 1) < 0 && errno == EIO);
	struct termios t = get_modes(p.s);
	CHECK(tcsetattr(p.s, TCSANOW, &t) < 0 && errno == EIO);
	CHECK(tcsetpgrp(p.s, getpid()) < 0 && errno == ENOTTY);
	CHECK(write(p.s, "x", 1) < 0 && errno == EIO);
	say('o');
}

static void orphan_parent(void)
{
	if (!fork()) {
		orphan();
		_exit(0);
	}
}

static void orphaned_body(void)
{
	CHANGE(p.s, c_lflag, 0, TOSTOP);
	CHECK_EXIT(0, group(orphan_parent, false));
	expect_report('o');
}

static void orphaned(void)
{
	CHECK_EQ(0, in_session(orphaned_body));
}

/* --- controlling terminals --- */

static void no_terminal(void)
{
	CHECK_EQ(getpid(), setsid());
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_ERRNO(ENOTTY, tcgetpgrp(p.s));
	CHECK_ERRNO(ENOTTY, ioctl(p.s, TIOCNOTTY, 0));
	CHECK_ERRNO(EPERM, ioctl(p.s, TIOCSCTTY, 0)); /* it is another session's */
	CHECK_ERRNO(ENOTTY, tcsetpgrp(p.s, getpid()));
}

static void not_leader(void)
{
	CHECK_ERRNO(EPERM, ioctl(p.s, TIOCSCTTY, 0));
	int tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0);
	CHECK_EQ(0, ioctl(tty, TIOCNOTTY, 0)); /* only for itself */
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
}

static void taking_body(void)
{
	struct pair q = open_pair();

	CHECK_EQ(getpid(), tcgetpgrp(p.s));
	CHECK_EQ(getpid(), tcgetsid(p.s));
	CHECK_EQ(getpid(), tcgetsid(p.m));
	CHECK_EQ(0, ioctl(p.s, TIOCSCTTY, 0)); /* has it already */
	CHECK_ERRNO(EPERM, ioctl(q.s, TIOCSCTTY, 0));
	CHECK_ERRNO(ENOTTY, tcgetpgrp(q.s));
	CHECK_ERRNO(ENOTTY, ioctl(q.s, TIOCNOTTY, 0));
	CHECK_EQ(0, in_child(no_terminal));
	CHECK_EQ(0, in_child(not_leader));
	int tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0);
	put(tty, "via tty");
	CHECK_STREAM(p.m, "via tty");
	close_pair(q);
}

static void taking(void)
{
	CHECK_EQ(0, in_session(taking_body));
}

/* open(2) gives a leader without a terminal one, but for O_NOCTTY, O_WRONLY and what is taken. */
static void opener(void)
{
	CHECK_EQ(getpid(), setsid());
	p = open_pair();
	char *name = ptsname(p.m);
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	close(open(name, O_WRONLY));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	int s = open(name, O_RDONLY);
	CHECK(s >= 0);
	CHECK_EQ(getpid(), tcgetsid(s));
	close(open("/dev/tty", O_RDWR));
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(0, ioctl(s, TIOCNOTTY, 0));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_EQ(0, ioctl(p.m, TIOCSCTTY, 0)); /* through the master it is the slave's as well */
	CHECK_EQ(getpid(), tcgetsid(s));
}

static void opening(void)
{
	CHECK_EQ(0, in_child(opener));
}

static void thief(void)
{
	CHECK_EQ(getpid(), setsid());
	CHECK_ERRNO(EPERM, ioctl(p.s, TIOCSCTTY, 0));
	CHECK_EQ(0, ioctl(p.s, TIOCSCTTY, 1));
	CHECK_EQ(getpid(), tcgetsid(p.s));
}

static void stealing_body(void)
{
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(0, in_child(thief));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_EQ(0, ioctl(p.s, TIOCSCTTY, 0));
}

static void stealing(void)
{
	CHECK_EQ(0, in_session(stealing_body));
}

static void groups_body(void)
{
	int n = -1;

	CHECK_ERRNO(EINVAL, ioctl(p.s, TIOCSPGRP, &n));
	CHECK_ERRNO(EFAULT, ioctl(p.s, TIOCSPGRP, 8));
	CHECK_ERRNO(ESRCH, tcsetpgrp(p.s, 999999));
	CHECK_ERRNO(EPERM, tcsetpgrp(p.s, getppid())); /* of another session */
	pid_t pid = fork();
	if (!pid)
		sleeper();
	CHECK_EQ(
	    0, tcsetpgrp(p.s, pid)); /* no group, but a process of this session: Linux takes it */
	CHECK_EQ(pid, tcgetpgrp(p.s));
	CHECK_EQ(pid, tcgetpgrp(p.m));
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(0, tcsetpgrp(p.s, getpid()));
	finish(pid);
}

static void groups(void)
{
	CHECK_EQ(0, in_session(groups_body));
}

static void winch_body(void)
{
	struct winsize w = {.ws_row = 5, .ws_col = 6};

	signal(SIGWINCH, on_signal);
	CHECK_EQ(0, ioctl(p.m, TIOCSWINSZ, &w));
	wait_caught(SIGWINCH);
	CHECK_EQ(0, ioctl(p.m, TIOCSWINSZ, &w)); /* no change, no signal */
	sleep_ms(QUIET_MS);
	CHECK_EQ(0, caught);
	w.ws_xpixel = 1;
	CHECK_EQ(0, ioctl(p.s, TIOCSWINSZ, &w));
	wait_caught(SIGWINCH);
}

static void winch(void)
{
	CHECK_EQ(0, in_session(winch_body));
}

/* --- hang-ups --- */

static void on_hup(int sig)
{
	say(sig == SIGHUP ? 'h' : 'c');
}

static void hup_watcher(void)
{
	signal(SIGHUP, on_hup);
	signal(SIGCONT, on_hup);
	say('r');
	for (;;)
		pause();
}

static pid_t leader, member;

static void leader_waits(void)
{
	signal(SIGHUP, on_hup);
	signal(SIGCONT, on_hup);
	close(p.m); /* nobody but the parent has the master */
	group(hup_watcher, true);
	say('l');
	for (;;)
		pause();
}

/* The leader hears of the hang-up at once, the foreground group when the leader goes. */
static void hang_up(void)
{
	alarm(20);
	p = open_pair();
	CHECK_EQ(0, pipe(report));
	CHECK_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	leader = fork();
	if (!leader) {
		setsid();
		ioctl(p.s, TIOCSCTTY, 0);
		leader_waits();
	}
	char two[2];
	for (int i = 0; i < 2; i++) {
		CHECK(poll_fd(report[0], POLLIN, WAIT_MS) & POLLIN);
		CHECK_EQ(1, read(report[0], two + i, 1));
	}
	CHECK((two[0] == 'l' && two[1] == 'r') || (two[0] == 'r' && two[1] == 'l'));
	member = tcgetpgrp(p.m);
	CHECK(member > 0 && member != leader);
	close(p.m);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(1, read(report[0], two + i, 1));
	CHECK((two[0] == 'h' && two[1] == 'c') || (two[0] == 'c' && two[1] == 'h'));
	CHECK_QUIET(report[0]);
	kill(leader, SIGKILL);
	wait_for(leader, 0);
	for (int i = 0; i < 2; i++) {
		CHECK(poll_fd(report[0], POLLIN, WAIT_MS) & POLLIN);
		CHECK_EQ(1, read(report[0], two + i, 1));
	}
	CHECK((two[0] == 'h' && two[1] == 'c') || (two[0] == 'c' && two[1] == 'h'));
	kill(member, SIGKILL);
	wait_for(member, 0);
	close(p.s);
}

/* The leader's end is a SIGHUP for the foreground, but the pty goes on. */
static void leader_exits(void)
{
	alarm(20);
	p = open_pair();
	CHECK_EQ(0, pipe(report));
	CHECK_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	leader = fork();
	if (!leader) {
		setsid();
		ioctl(p.s, TIOCSCTTY, 0);
		group(hup_watcher, true);
		for (;;)
			pause();
	}
	expect_report('r');
	member = tcgetpgrp(p.m);
	CHECK(member > 0 && member != leader);
	finish(leader);
	expect_report('h');
	put(p.s, "alive");
	CHECK_STREAM(p.m, "alive");
	CHECK_ERRNO(ENOTTY, tcgetsid(p.m));
	kill(member, SIGKILL);
	wait_for(member, 0);
	close_pair(p);
}

static void vhangup_body(void)
{
	char c;

	signal(SIGHUP, on_signal);
	CHECK_EQ(0, vhangup());
	wait_caught(SIGHUP);
	CHECK_EQ(0, read(p.s, &c, 1));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_EQ(0, vhangup()); /* none left: nothing to do */
	CHECK_EQ(0, setuid(65534));
	CHECK_ERRNO(EPERM, vhangup());
}

static void hang_up_self(void)
{
	CHECK_EQ(0, in_session(vhangup_body));
}

/* --- TIOCSTI --- */

static void simulated_body(void)
{
	for (const char *s = "ls\n"; *s; s++)
		CHECK_EQ(0, ioctl(p.s, TIOCSTI, s));
	CHECK_READ(p.s, "ls\n");
	CHECK_STREAM(p.m, "ls\r\n");
	CHECK_ERRNO(EFAULT, ioctl(p.s, TIOCSTI, 8));
}

static void simulated(void)
{
	CHECK_EQ(0, in_session(simulated_body));
}

SUBCOMMANDS({"keys", keys}, {"flushing", flushing}, {"background", background},
    {"ignored", ignored}, {"orphaned", orphaned}, {"taking", taking}, {"opening", opening},
    {"stealing", stealing}, {"groups", groups}, {"winch", winch}, {"hang_up", hang_up},
    {"leader_exits", leader_exits}, {"hang_up_self", hang_up_self}, {"simulated", simulated})
