/* Pipes and what waits on them: end of file, EPIPE, atomic writes, poll and select. */
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

static int p[2];

static void basic(void)
{
	char buf[16] = "";
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(5, write(p[1], "hello", 5));
	CHECK_EQ(2, read(p[0], buf, 2));
	CHECK_EQ(3, read(p[0], buf + 2, 14));
	CHECK_STR("hello", buf);
	CHECK_ERRNO(EBADF, write(p[0], "x", 1));
	CHECK_ERRNO(EBADF, read(p[1], buf, 1));
	CHECK_ERRNO(ESPIPE, lseek(p[0], 0, SEEK_SET));
	CHECK_EQ(0, write(p[1], "", 0));
	struct stat st;
	CHECK_EQ(0, fstat(p[0], &st));
	CHECK(S_ISFIFO(st.st_mode));
}

static void eof(void)
{
	char buf[8];
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(3, write(p[1], "abc", 3));
	close(p[1]);
	CHECK_EQ(3, read(p[0], buf, 8));
	CHECK_EQ(0, read(p[0], buf, 8));
	CHECK_EQ(0, read(p[0], buf, 8));
}

static void eof_after_child(void)
{
	char c;
	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		CHECK_EQ(1, write(p[1], "x", 1));
		_exit(0);
	}
	close(p[1]);
	CHECK_EQ(1, read(p[0], &c, 1)); /* sleeps */
	CHECK_EQ(0, read(p[0], &c, 1)); /* the last writer is gone */
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void epipe(void)
{
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(0, pipe(p));
	close(p[0]);
	CHECK_ERRNO(EPIPE, write(p[1], "x", 1));
}

static void write_to_nobody(void)
{
	CHECK_EQ(0, pipe(p));
	close(p[0]);
	write(p[1], "x", 1);
}

static void sigpipe(void)
{
	int status = in_child(write_to_nobody);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGPIPE, WTERMSIG(status));
}

static void nonblock(void)
{
	char buf[8], big[65536];
	memset(big, 'b', sizeof(big));
	CHECK_EQ(0, pipe2(p, O_NONBLOCK));
	CHECK_ERRNO(EAGAIN, read(p[0], buf, 8));
	CHECK_EQ(65536, write(p[1], big, sizeof(big))); /* the capacity */
	CHECK_ERRNO(EAGAIN, write(p[1], "x", 1));
	CHECK_EQ(4096, read(p[0], big, 4096));
	CHECK_EQ(4096, write(p[1], big, 4096));
	CHECK_EQ(65536, read(p[0], big, sizeof(big)));
	CHECK_ERRNO(EAGAIN, read(p[0], buf, 8));
	close(p[1]);
	CHECK_EQ(0, read(p[0], buf, 8));
}

/* A write of PIPE_BUF bytes or fewer is one piece, whoever else writes. */
static void atomic_writes(void)
{
	enum { WRITERS = 4, ROUNDS = 100, SIZE = 1000 };
	CHECK_EQ(0, pipe(p));
	for (int w = 0; w < WRITERS; w++) {
		if (fork())
			continue;
		char piece[SIZE];
		memset(piece, 'a' + w, SIZE);
		for (int i = 0; i < ROUNDS; i++)
			CHECK_EQ(SIZE, write(p[1], piece, SIZE));
		_exit(0);
	}
	close(p[1]);
	int count[WRITERS] = {0};
	for (;;) {
		char piece[SIZE];
		size_t got = 0;
		ssize_t n;
		while (got < SIZE && (n = read(p[0], piece + got, SIZE - got)) > 0)
			got += (size_t)n;
		if (!got)
			break;
		CHECK_EQ(SIZE, got);
		for (int i = 1; i < SIZE; i++)
			CHECK_EQ(piece[0], piece[i]);
		count[piece[0] - 'a']++;
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;
		CHECK_EQ(ROUNDS, count[w]);
		CHECK(wait(&status) > 0);
		CHECK_EQ(0, status);
	}
}

static void transfer(void)
{
	enum { TOTAL = 4 << 20 };
	static char buf[30000];
	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		close(p[0]);
		unsigned x = 1;
		for (long left = TOTAL; left > 0;) {
			size_t n = left < (long)sizeof(buf) ? (size_t)left : sizeof(buf);
			for (size_t i = 0; i < n; i++)
				buf[i] = (char)(x = x * 1664525 + 1013904223);
			CHECK_EQ((long)n, write(p[1], buf, n));
			left -= (long)n;
		}
		_exit(0);
	}
	close(p[1]);
	unsigned x = 1;
	long total = 0;
	ssize_t n;
	while ((n = read(p[0], buf, 7777)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ((char)(x = x * 1664525 + 1013904223), buf[i]);
		total += n;
	}
	CHECK_EQ(TOTAL, total);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void polls(void)
{
	CHECK_EQ(0, pipe(p));
	struct pollfd f[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {999, POLLIN, 0}};
	CHECK_EQ(1, poll(f, 2, 0));
	CHECK_EQ(0, f[0].revents);
	CHECK_EQ(POLLOUT, f[1].revents);
	CHECK_EQ(2, poll(f, 3, 0));
	CHECK_EQ(POLLNVAL, f[2].revents);
	f[2].fd = -1;
	CHECK_EQ(1, poll(f, 3, 0)); /* a negative one is left out */
	CHECK_EQ(0, f[2].revents);
	CHECK_EQ(1, write(p[1], "x", 1));
	CHECK_EQ(1, poll(f, 1, 1000));
	CHECK_EQ(POLLIN, f[0].revents);
	close(p[1]);
	CHECK_EQ(1, poll(f, 1, 0));
	CHECK_EQ(POLLIN | POLLHUP, f[0].revents);
	char c;
	CHECK_EQ(1, read(p[0], &c, 1));
	CHECK_EQ(1, poll(f, 1, -1));
	CHECK_EQ(POLLHUP, f[0].revents);
	CHECK_EQ(0, pipe(p));
	close(p[0]);
	f[0].fd = p[1];
	f[0].events = POLLOUT;
	CHECK_EQ(1, poll(f, 1, 0));
	CHECK_EQ(POLLOUT | POLLERR, f[0].revents);
}

static void poll_waits(void)
{
	CHECK_EQ(0, pipe(p));
	struct pollfd f = {p[0], POLLIN, 0};
	int64_t t = now_ns();
	CHECK_EQ(0, poll(&f, 1, 50));
	CHECK(now_ns() - t >= 49000000);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		write(p[1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(1, poll(&f, 1, 5000));
	CHECK_EQ(POLLIN, f.revents);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void selects(void)
{
	CHECK_EQ(0, pipe(p));
	fd_set r, w;
	struct timeval tv = {0, 20000};
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	CHECK_EQ(0, select(p[0] + 1, &r, NULL, NULL, &tv));
	CHECK(!FD_ISSET(p[0], &r));
	CHECK_EQ(0, tv.tv_sec);
	CHECK_EQ(0, tv.tv_usec); /* the time left */
	CHECK_EQ(1, write(p[1], "x", 1));
	FD_SET(p[0], &r);
	FD_ZERO(&w);
	FD_SET(p[1], &w);
	CHECK_EQ(2, select(p[1] + 1, &r, &w, NULL, NULL));
	CHECK(FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w));
	FD_SET(50, &r);
	CHECK_ERRNO(EBADF, select(51, &r, NULL, NULL, NULL));
	CHECK_ERRNO(EINVAL, select(-1, &r, NULL, NULL, NULL));
}

static void reader_killed(void)
{
	char big[100000];
	int status;
	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) { /* fills the pipe and sleeps in write, until the reader goes */
		close(p[0]);
		write(p[1], big, sizeof(big));
		_exit(0);
	}
	close(p[1]);
	sleep_ms(30);
	close(p[0]);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void fifo(void)
{
	enter_work_dir();
	CHECK_EQ(0, mkfifo("f", 0600));
	CHECK_ERRNO(ENXIO, open("f", O_WRONLY | O_NONBLOCK));
	pid_t pid = fork();
	if (!pid) {
		int fd = open("f", O_WRONLY);
		CHECK(fd >= 0);
		CHECK_EQ(4, write(fd, "fifo", 4));
		_exit(0);
	}
	char buf[8] = "";
	int fd = open("f", O_RDONLY); /* both wait for each other */
	CHECK(fd >= 0);
	CHECK_EQ(4, read(fd, buf, 8));
	CHECK_STR("fifo", buf);
	CHECK_EQ(0, read(fd, buf, 8));
	close(fd);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	unlink("f");
	leave_work_dir();
}

static void fionread(void)
{
	int n;
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(7, write(p[1], "1234567", 7));
	CHECK_EQ(0, ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(7, n);
}

static void cloexec(void)
{
	CHECK_EQ(0, pipe2(p, O_CLOEXEC));
	CHECK_EQ(FD_CLOEXEC, fcntl(p[0], F_GETFD));
	CHECK_EQ(FD_CLOEXEC, fcntl(p[1], F_GETFD));
	CHECK_ERRNO(EINVAL, pipe2(p, 0x40000000));
}

static void many(void)
{
	int fds[200][2];
	char c;
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(0, pipe(fds[i]));
		c = (char)i;
		CHECK_EQ(1, write(fds[i][1], &c, 1));
	}
	for (int i = 199; i >= 0; i--) {
		CHECK_EQ(1, read(fds[i][0], &c, 1));
		CHECK_EQ((char)i, c);
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

SUBCOMMANDS({"basic", basic}, {"eof", eof}, {"eof_after_child", eof_after_child}, {"epipe", epipe},
    {"sigpipe", sigpipe}, {"nonblock", nonblock}, {"atomic", atomic_writes}, {"transfer", transfer},
    {"poll", polls}, {"poll_waits", poll_waits}, {"select", selects},
    {"reader_gone", reader_killed}, {"fifo", fifo}, {"fionread", fionread}, {"cloexec", cloexec},
    {"many", many})
