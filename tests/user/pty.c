/* Pseudo terminals: pty(7), pts(4), ioctl_tty(2). */
#include "pty_pair.h"

#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static void names(void)
{
	struct pair p = open_pair();
	struct stat st;
	struct statfs fs;
	unsigned n;
	int on;

	CHECK_EQ(0, ioctl(p.m, TIOCGPTN, &n));
	char path[32];
	sprintf(path, "/dev/pts/%u", n);
	CHECK_STR(path, ptsname(p.m));
	CHECK_STR(path, ttyname(p.s));
	CHECK_EQ(0, stat(path, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(0600, st.st_mode & 07757); /* the mount says more of it */
	CHECK_EQ(makedev(136, n), st.st_rdev);
	CHECK_EQ(n + 3, st.st_ino);
	CHECK_EQ(geteuid(), st.st_uid);
	CHECK_EQ(0, ioctl(p.m, TIOCGDEV, &n));
	CHECK_EQ(
	    makedev(136, st.st_ino - 3), n); /* the slave's, as the master has none to speak of */
	CHECK_EQ(0, fstat(p.m, &st));
	CHECK_EQ(makedev(5, 2), st.st_rdev);
	CHECK_EQ(0, statfs("/dev/pts", &fs));
	CHECK_EQ(0x1cd1, fs.f_type);
	CHECK_EQ(1, isatty(p.m));
	CHECK_EQ(1, isatty(p.s));
	CHECK_EQ(0, ioctl(p.m, TIOCGPTLCK, &on));
	CHECK_EQ(0, on);
	close_pair(p);
	CHECK_ERRNO(ENOENT, stat(path, &st));
}

static void locked(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), on;

	CHECK(m >= 0);
	CHECK_EQ(0, ioctl(m, TIOCGPTLCK, &on));
	CHECK_EQ(1, on);
	CHECK_ERRNO(EIO, open(ptsname(m), O_RDWR | O_NOCTTY));
	CHECK_ERRNO(EIO, ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	CHECK_EQ(0, unlockpt(m));
	int s = open_slave(m, O_RDWR);
	int peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(peer >= 0);
	CHECK_EQ(FD_CLOEXEC, fcntl(peer, F_GETFD));
	CHECK_STR(ptsname(m), ttyname(peer));
	put(m, "x\n");
	CHECK_READ(peer, "x\n");
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCGPTN, &on));
	CHECK_ERRNO(EIO, ioctl(s, TIOCGPTPEER, O_RDWR));
	CHECK_ERRNO(EFAULT, ioctl(m, TIOCSPTLCK, 8));
	CHECK_ERRNO(EFAULT, ioctl(m, TIOCGPTN, 8));
	close(peer);
	close(s);
	close(m);
}

/* The last slave goes: what it wrote is read first, then EIO; until it is opened again. */
static void slave_closes(void)
{
	int m = open_master();
	char c;

	CHECK_EQ(POLLOUT, poll_fd(m, POLLIN | POLLOUT, 0)); /* never open: no hang-up */
	int s = open_slave(m, O_RDWR), s2 = open_slave(m, O_RDWR);
	put(s, "last words");
	close(s);
	CHECK_EQ(0, poll_fd(m, 0, QUIET_MS) & POLLHUP);
	close(s2);
	CHECK(poll_fd(m, 0, WAIT_MS) & POLLHUP);
	CHECK_READ(m, "last words");
	CHECK_ERRNO(EIO, read(m, &c, 1));
	CHECK_ERRNO(EIO, read(m, &c, 1));
	CHECK_EQ(POLLHUP | POLLOUT, poll_fd(m, POLLIN | POLLOUT, 0));
	put(m, "hi\n"); /* waits for the next; the echo comes already */
	CHECK_READ(m, "hi\r\n");
	s = open_slave(m, O_RDWR);
	CHECK_EQ(POLLOUT, poll_fd(m, POLLIN | POLLOUT, 0));
	CHECK_READ(s, "hi\n");
	put(s, "again");
	CHECK_READ(m, "again");
	close(s);
	close(m);
}

static void modes_stay(void)
{
	struct pair p = open_pair();
	struct winsize w = {.ws_row = 10, .ws_col = 20}, got;

	CHANGE(p.s, c_lflag, ECHO, 0);
	CHECK_EQ(0, ioctl(p.s, TIOCSWINSZ, &w));
	close(p.s);
	p.s = open_slave(p.m, O_RDWR);
	CHECK_EQ(0, get_modes(p.s).c_lflag & ECHO);
	CHECK_EQ(0, ioctl(p.m, TIOCGWINSZ, &got));
	CHECK_EQ(0, memcmp(&w, &got, sizeof(w)));
	CHANGE(p.m, c_lflag, 0, ECHO); /* the master's modes are the slave's */
	CHECK(get_modes(p.s).c_lflag & ECHO);
	close_pair(p);
}

static void reader_blocks(int fd)
{
	char c;

	alarm(10);
	ssize_t n = read(fd, &c, 1);
	_exit(n >= 0 ? (int)n : 100 + errno);
}

static void writer_blocks(int fd)
{
	char buf[4096];

	alarm(10);
	memset(buf, 'w', sizeof(buf));
	for (;;)
		if (write(fd, buf, sizeof(buf)) < 0)
			_exit(100 + errno);
}

/* Runs fn(fd) in a child that has closed `other`, and waits until it sleeps. */
static pid_t blocked(void (*fn)(int), int fd, int other)
{
	pid_t pid = fork();

	if (!pid) {
		close(other);
		fn(fd);
		_exit(99);
	}
	CHECK(pid > 0);
	char path[32], state = 0;
	sprintf(path, "/proc/%d/stat", pid);
	for (int quiet = 0, i = 0; quiet < 10 && i < WAIT_MS; i++) {
		FILE *f = fopen(path, "r");
		CHECK(f);
		CHECK_EQ(1, fscanf(f, "%*d (%*[^)]) %c", &state));
		fclose(f);
		quiet = state == 'S' ? quiet + 1 : 0;
		sleep_ms(1);
	}
	CHECK_EQ('S', state);
	return pid;
}

static int exit_code(pid_t pid)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The master goes: those who wait in the slave get EIO, later readers an end of file. */
static void master_closes(void)
{
	struct pair p = open_pair();
	struct termios t;
	char c;
	int pgrp = 0;

	pid_t reader = blocked(reader_blocks, p.s, p.m), writer = blocked(writer_blocks, p.s, p.m);
	put(p.m, "partial line");
	close(p.m);
	CHECK_EQ(100 + EIO, exit_code(reader));
	CHECK_EQ(100 + EIO, exit_code(writer));
	CHECK_EQ(0, read(p.s, &c, 1));
	CHECK_ERRNO(EIO, write(p.s, "x", 1));
	CHECK_ERRNO(EIO, tcgetattr(p.s, &t));
	CHECK_ERRNO(ENOTTY, ioctl(p.s, TIOCSPGRP, &pgrp));
	CHECK_EQ(POLLIN | POLLOUT | POLLERR | POLLHUP, poll_fd(p.s, POLLIN | POLLOUT, 0));
	char path[32];
	sprintf(path, "/proc/self/fd/%d", p.s);
	int again = open(path, O_RDWR | O_NOCTTY);
	CHECK(again < 0 && (errno == EIO || errno == ENOENT));
	close(p.s);
}

static void master_waits(void)
{
	struct pair p = open_pair();

	pid_t reader = blocked(reader_blocks, p.m, p.s);
	close(p.s);
	CHECK_EQ(100 + EIO, exit_code(reader));
	close(p.m);
}

static unsigned number(int m)
{
	unsigned n;

	CHECK_EQ(0, ioctl(m, TIOCGPTN, &n));
	return n;
}

static void numbers(void)
{
	int a = open_master(), b = open_master();
	unsigned na = number(a), nb = number(b);

	CHECK(na != nb);
	int s = open_slave(a, O_RDWR);
	close(a);
	int c = open_master(); /* the slave that is still open keeps the number */
	CHECK(number(c) != na);
	close(s);
	int d = open_master();
	CHECK(number(d) <= na); /* the lowest that is free */
	close(b);
	close(c);
	close(d);
}

/* How much goes in, with nobody who takes it out. */
static long fill(int fd)
{
	char buf[512];
	long total = 0;

	memset(buf, 'f', sizeof(buf));
	CHECK_EQ(0, fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	for (int idle = 0; idle < 5;) {
		ssize_t n = write(fd, buf, sizeof(buf));
		if (n < 0)
			CHECK_EQ(EAGAIN, errno);
		total += n > 0 ? n : 0;
		idle = n > 0 ? 0 : idle + 1;
		if (idle)
			sleep_ms(5);
	}
	CHECK_EQ(0, poll_fd(fd, POLLOUT, 0) & POLLOUT);
	return total;
}

static void buffers(void)
{
	struct pair p = open_pair();

	set_raw(p.s, 1, 0);
	long out = fill(p.s), in = fill(p.m);
	CHECK(out >= 12000 && out <= 24000);
	CHECK(in >= 12000 && in <= 24000);
	CHECK_EQ(out, drain(p.m));
	CHECK_EQ(in, drain(p.s));
	CHECK(poll_fd(p.s, POLLOUT, WAIT_MS) & POLLOUT);
	CHECK(poll_fd(p.m, POLLOUT, WAIT_MS) & POLLOUT);
	close_pair(p);
}

/* A writer that had to wait goes on as soon as somebody reads; not a byte is lost. */
static void big_transfer(int from, int to)
{
	enum { SIZE = 200000 };
	char buf[4096];
	long got = 0;
	pid_t pid = fork();

	if (!pid) {
		for (long sent = 0; sent < SIZE;) {
			for (int i = 0; i < 1000; i++)
				buf[i] = (char)((sent + i) % 251);
			ssize_t n = write(from, buf, 1000);
			CHECK(n > 0);
			sent += n;
		}
		_exit(0);
	}
	while (got < SIZE) {
		wait_readable(to);
		ssize_t n = read(to, buf, sizeof(buf));
		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ((got + i) % 251, (unsigned char)buf[i]);
		got += n;
	}
	CHECK_EQ(0, exit_code(pid));
}

static void transfers(void)
{
	struct pair p = open_pair();

	set_raw(p.s, 1, 0);
	big_transfer(p.s, p.m);
	big_transfer(p.m, p.s);
	close_pair(p);
}

static void packet_on(int m)
{
	int on = 1;

	CHECK_EQ(0, ioctl(m, TIOCPKT, &on));
	on = 0;
	CHECK_EQ(0, ioctl(m, TIOCGPKT, &on));
	CHECK_EQ(1, on);
}

#define CHECK_STATUS(m, want)                                                                      \
	do {                                                                                       \
		CHECK(poll_fd(m, POLLPRI, WAIT_MS) & POLLPRI);                                     \
		CHECK_READ_N(m, ((char[]){want}), 1);                                              \
		CHECK_EQ(0, poll_fd(m, POLLPRI, 0) & POLLPRI);                                     \
	} while (0)

static void packets(void)
{
	struct pair p = open_pair();
	int off = 0;

	packet_on(p.m);
	put(p.s, "data");
	CHECK_READ_N(p.m, "\0data", 5);
	CHECK_EQ(0, tcflush(p.s, TCIFLUSH));
	CHECK_STATUS(p.m, TIOCPKT_FLUSHREAD);
	CHECK_EQ(0, tcflush(p.s, TCOFLUSH));
	CHECK_STATUS(p.m, TIOCPKT_FLUSHWRITE);
	CHECK_EQ(0, tcflow(p.s, TCOOFF));
	CHECK_STATUS(p.m, TIOCPKT_STOP);
	CHECK_EQ(0, tcflow(p.s, TCOON));
	CHECK_STATUS(p.m, TIOCPKT_START);
	CHANGE(p.s, c_iflag, IXON, 0);
	CHECK_STATUS(p.m, TIOCPKT_NOSTOP);
	CHANGE(p.s, c_iflag, 0, IXON);
	CHECK_STATUS(p.m, TIOCPKT_DOSTOP);
	set_char(p.s, VSTOP, 'x');
	CHECK_STATUS(p.m, TIOCPKT_NOSTOP);
	CHANGE(p.s, c_lflag, 0, EXTPROC);
	CHECK_STATUS(p.m, TIOCPKT_IOCTL);
	CHANGE(p.s, c_lflag, ECHO, 0);
	CHECK_STATUS(p.m, TIOCPKT_IOCTL);
	CHECK_EQ(0, tcflush(p.s, TCIOFLUSH));
	CHECK_STATUS(p.m, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
	put(p.s, "both");
	CHECK_EQ(0, tcflow(p.s, TCOOFF));
	CHECK_STATUS(p.m, TIOCPKT_STOP); /* the status comes before the data */
	CHECK_READ_N(p.m, "\0both", 5);
	CHECK_EQ(0, tcflow(p.s, TCOON));
	CHECK_EQ(0, ioctl(p.m, TIOCPKT, &off));
	put(p.s, "plain");
	CHECK_STREAM(p.m, "plain");
	packet_on(p.m); /* what happened before is forgotten */
	CHECK_QUIET(p.m);
	CHECK_ERRNO(ENOTTY, ioctl(p.s, TIOCPKT, &off));
	close_pair(p);
}

static void instances(void)
{
	struct stat st;
	char path[80];

	enter_work_dir();
	CHECK_EQ(0, mkdir("pts", 0755));
	CHECK_ERRNO(EINVAL, mount("devpts", "pts", "devpts", 0, "nonsense"));
	CHECK_ERRNO(EINVAL, mount("devpts", "pts", "devpts", 0, "mode=9"));
	CHECK_EQ(0, mount("devpts", "pts", "devpts", 0,
			"newinstance,mode=640,uid=7,gid=8,ptmxmode=666,max=1"));
	CHECK_EQ(0, stat("pts/ptmx", &st));
	CHECK_EQ(S_IFCHR | 0666, st.st_mode);
	CHECK_EQ(makedev(5, 2), st.st_rdev);
	int m = open("pts/ptmx", O_RDWR | O_NOCTTY);
	CHECK(m >= 0);
	CHECK_EQ(0, number(m));
	CHECK_EQ(0, stat("pts/0", &st));
	CHECK_EQ(S_IFCHR | 0640, st.st_mode);
	CHECK_EQ(7, st.st_uid);
	CHECK_EQ(8, st.st_gid);
	CHECK_ERRNO(ENOSPC, open("pts/ptmx", O_RDWR | O_NOCTTY));
	CHECK_EQ(0, unlockpt(m));
	sprintf(path, "%s/pts/0", work_dir);
	int s = open(path, O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	put(s, "x");
	CHECK_STREAM(m, "x");
	CHECK_ERRNO(EBUSY, umount("pts"));
	CHECK_ERRNO(EACCES, open("pts/new", O_RDWR | O_CREAT, 0600));
	CHECK_ERRNO(EPERM, mkdir("pts/new", 0700));
	CHECK_ERRNO(EPERM, unlink("pts/0"));
	CHECK_EQ(0, chmod("pts/0", 0600));
	CHECK_EQ(0, chown("pts/0", 1, 2));
	CHECK_EQ(0, stat("pts/0", &st));
	CHECK_EQ(S_IFCHR | 0600, st.st_mode);
	CHECK_EQ(1, st.st_uid);
	close(s);
	close(m);
	CHECK_EQ(0, umount("pts"));
	CHECK_EQ(0, rmdir("pts"));
	leave_work_dir();
}

/* A ptmx needs a devpts beside it; a slave's number elsewhere leads nowhere. */
static void strays(void)
{
	enter_work_dir();
	CHECK_EQ(0, mknod("ptmx", S_IFCHR | 0600, makedev(5, 2)));
	CHECK_ERRNO(ENOENT, open("ptmx", O_RDWR | O_NOCTTY));
	CHECK_EQ(0, mkdir("pts", 0755));
	CHECK_ERRNO(ENODEV, open("ptmx", O_RDWR | O_NOCTTY));
	CHECK_EQ(0, rmdir("pts"));
	CHECK_EQ(0, unlink("ptmx"));
	struct pair p = open_pair();
	CHECK_EQ(0, mknod("tty", S_IFCHR | 0600, makedev(136, number(p.m))));
	CHECK_ERRNO(EIO, open("tty", O_RDWR | O_NOCTTY));
	CHECK_EQ(0, unlink("tty"));
	close_pair(p);
	leave_work_dir();
}

static void other_ioctls(void)
{
	struct pair p = open_pair();
	int n = 0, ends[2] = {p.m, p.s};

	for (int i = 0; i < 2; i++) {
		CHECK_ERRNO(ENOTTY, ioctl(ends[i], TIOCMGET, &n));
		CHECK_ERRNO(ENOTTY, ioctl(ends[i], 0x4b3b, &n)); /* KDGETMODE */
		CHECK_ERRNO(ENOTTY, ioctl(ends[i], 0x5601, &n)); /* VT_GETMODE */
		CHECK_EQ(0, ioctl(ends[i], TIOCGETD, &n));
		CHECK_EQ(0, n);
		CHECK_EQ(0, ioctl(ends[i], TIOCSETD, &n));
		n = 1000;
		CHECK_ERRNO(EINVAL, ioctl(ends[i], TIOCSETD, &n));
		CHECK_EQ(0, ioctl(ends[i], TCSBRK, 0));
		CHECK_EQ(0, ioctl(ends[i], TIOCSBRK, 0));
		CHECK_EQ(0, ioctl(ends[i], TIOCEXCL, 0));
		CHECK_EQ(0, ioctl(ends[i], TIOCGEXCL, &n));
		CHECK_EQ(1, n);
		CHECK_EQ(0, ioctl(ends[i], TIOCNXCL, 0));
		CHECK_ERRNO(EFAULT, ioctl(ends[i], TCGETS, 8));
		CHECK_ERRNO(EFAULT, ioctl(ends[i], TIOCGWINSZ, 8));
		CHECK_ERRNO(EFAULT, ioctl(ends[i], TIOCSWINSZ, 8));
		CHECK_ERRNO(ENOTTY, ioctl(ends[i], TIOCNOTTY, 0));
	}
	CHECK_ERRNO(EINVAL, ioctl(p.m, TIOCCONS, 0));
	CHECK_ERRNO(EINVAL, ioctl(p.m, TIOCSIG, SIGTERM));
	CHECK_EQ(0, ioctl(p.m, TIOCSIG, SIGINT)); /* nobody is there to hear it */
	CHECK_ERRNO(ENOTTY, tcgetpgrp(p.s));
	CHECK_EQ(0, ioctl(p.m, TIOCGPGRP, &n));
	CHECK_EQ(0, n);
	CHECK_ERRNO(ENOTTY, tcgetsid(p.m));
	CHECK_ERRNO(ESPIPE, lseek(p.m, 0, SEEK_SET));
	char *volatile nowhere = (char *)8;
	put(p.s, "x");
	CHECK_ERRNO(EFAULT, read(p.m, nowhere, 1));
	CHECK_ERRNO(EFAULT, write(p.m, nowhere, 1));
	close_pair(p);
}

/* Opened by another user than root, or not at all. */
static void exclusive_child(void)
{
	CHECK_EQ(0, setuid(65534));
	CHECK_ERRNO(EBUSY, open(args[0], O_RDWR | O_NOCTTY));
}

static void exclusive(void)
{
	struct pair p = open_pair();
	char *name = ptsname(p.m);

	args = &name;
	CHECK_EQ(0, chmod(name, 0666));
	CHECK_EQ(0, ioctl(p.s, TIOCEXCL, 0));
	close(open_slave(p.m, O_RDWR)); /* root may */
	CHECK_EQ(0, in_child(exclusive_child));
	close_pair(p);
}

static void hang_up_slave(void)
{
	struct pair p = open_pair();
	char c;

	CHANGE(p.s, c_lflag, ECHO, 0);
	put(p.m, "lost\n");
	CHECK_EQ(0, ioctl(p.s, TIOCVHANGUP, 0));
	CHECK_EQ(0, read(p.s, &c, 1));
	CHECK_ERRNO(EIO, write(p.s, "x", 1));
	int s = open_slave(p.m, O_RDWR); /* a new beginning */
	CHECK(get_modes(s).c_lflag & ECHO);
	close(p.s);
	CHECK_EQ(0, poll_fd(p.m, 0, QUIET_MS) & POLLHUP);
	put(s, "new");
	CHECK_STREAM(p.m, "new");
	close(s);
	close(p.m);
}

SUBCOMMANDS({"names", names}, {"locked", locked}, {"slave_closes", slave_closes},
    {"modes_stay", modes_stay}, {"master_closes", master_closes}, {"master_waits", master_waits},
    {"numbers", numbers}, {"buffers", buffers}, {"transfers", transfers}, {"packets", packets},
    {"instances", instances}, {"strays", strays}, {"other_ioctls", other_ioctls},
    {"exclusive", exclusive}, {"hang_up_slave", hang_up_slave})
