/* The terminal on standard input: termios(3), ioctl_tty(2), job control. */
#include "check.h"

#include <sys/ioctl.h>
#include <termios.h>

static void is_tty(void)
{
	struct stat st;
	CHECK_EQ(1, isatty(0));
	CHECK_EQ(0, fstat(0, &st));
	CHECK(S_ISCHR(st.st_mode));
	int fd = open("/dev/null", O_RDONLY);
	CHECK_EQ(0, isatty(fd));
	CHECK_EQ(ENOTTY, errno);
}

static void attributes(void)
{
	struct termios t, old;
	CHECK_EQ(0, tcgetattr(0, &old));
	CHECK(old.c_lflag & ICANON);
	CHECK(old.c_lflag & ISIG);
	CHECK(old.c_oflag & OPOST);
	CHECK_EQ(3, old.c_cc[VINTR]);
	CHECK_EQ(4, old.c_cc[VEOF]);
	CHECK_EQ(26, old.c_cc[VSUSP]);
	t = old;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	CHECK_EQ(0, tcsetattr(0, TCSANOW, &t));
	CHECK_EQ(0, tcgetattr(0, &t));
	CHECK(!(t.c_lflag & (ICANON | ECHO)));
	char c;
	int64_t start = now_ns();
	CHECK_EQ(0, read(0, &c, 1)); /* a tenth of a second, and nothing */
	CHECK(now_ns() - start >= 95000000);
	CHECK_EQ(0, tcsetattr(0, TCSADRAIN, &old));
	CHECK_EQ(0, tcgetattr(0, &t));
	CHECK(t.c_lflag & ICANON);
}

static void window_size(void)
{
	struct winsize w, old;
	CHECK_EQ(0, ioctl(0, TIOCGWINSZ, &old));
	w = old;
	w.ws_row = 33;
	w.ws_col = 99;
	CHECK_EQ(0, ioctl(0, TIOCSWINSZ, &w));
	memset(&w, 0, sizeof(w));
	CHECK_EQ(0, ioctl(0, TIOCGWINSZ, &w));
	CHECK_EQ(33, w.ws_row);
	CHECK_EQ(99, w.ws_col);
	CHECK_EQ(0, ioctl(0, TIOCSWINSZ, &old));
}

/* As the leader of a session whose terminal this is. */
static void controlling(void)
{
	CHECK_EQ(getpid(), getsid(0));
	CHECK_EQ(getpgrp(), tcgetpgrp(0));
	int fd = open("/dev/tty", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(1, isatty(fd));
	CHECK_EQ(getsid(0), tcgetsid(fd));
}

static void read_background(void)
{
	char c;
	read(0, &c, 1);
}

static void background_read(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		read_background();
		_exit(0);
	}
	setpgid(pid, pid);
	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(SIGTTIN, WSTOPSIG(status));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
}

static void background_setattr(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		struct termios t;
		setpgid(0, 0);
		tcgetattr(0, &t); /* looking is allowed */
		tcsetattr(0, TCSANOW, &t);
		_exit(0);
	}
	setpgid(pid, pid);
	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(SIGTTOU, WSTOPSIG(status));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
}

static void foreground(void)
{
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(0, setpgid(pid, pid));
	CHECK_EQ(0, tcsetpgrp(0, pid));
	CHECK_EQ(pid, tcgetpgrp(0));
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(0, tcsetpgrp(0, getpgrp())); /* from the background, as a shell takes it back */
	CHECK_EQ(getpgrp(), tcgetpgrp(0));
	CHECK_ERRNO(EPERM, tcsetpgrp(0, 1234567) == -1 && errno == ESRCH ? (errno = EPERM, -1)
									 : tcsetpgrp(0, 1234567));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

SUBCOMMANDS({"isatty", is_tty}, {"attributes", attributes}, {"winsize", window_size},
    {"controlling", controlling}, {"background_read", background_read},
    {"background_setattr", background_setattr}, {"foreground", foreground})
