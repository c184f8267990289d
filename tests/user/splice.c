/* splice, tee and vmsplice: between pipes, with files, sockets and memory; what they refuse. */
#include "check.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static int p[2], q[2];
static char buf[1 << 17];

static void two_pipes(void)
{
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(0, pipe(q));
	signal(SIGPIPE, SIG_IGN);
}

static void put(const char *text)
{
	CHECK_EQ((long)strlen(text), write(p[1], text, strlen(text)));
}

static void expect(int fd, const char *want)
{
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	CHECK(n >= 0);
	buf[n] = 0;
	CHECK_STR(want, buf);
}

static void pipes(void)
{
	two_pipes();
	put("hello world");
	CHECK_EQ(5, splice(p[0], NULL, q[1], NULL, 5, 0));
	CHECK_EQ(1, write(q[1], "!", 1)); /* not into the page that is shared */
	expect(p[0], " world");
	expect(q[0], "hello!");
	put("abc");
	CHECK_EQ(3, splice(p[0], NULL, q[1], NULL, 100, 0));
	CHECK_EQ(2, write(q[1], "de", 2));
	expect(q[0], "abcde");
	CHECK_ERRNO(EAGAIN, splice(p[0], NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK));
	close(p[1]);
	CHECK_EQ(0, splice(p[0], NULL, q[1], NULL, 1, 0));
}

static void full(void)
{
	two_pipes();
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(65536, write(q[1], buf, 65536));
	put("y");
	CHECK_ERRNO(EAGAIN, splice(p[0], NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK));
	CHECK_ERRNO(EAGAIN, tee(p[0], q[1], 1, SPLICE_F_NONBLOCK));
	CHECK_EQ(65536, read(q[0], buf, 65536));
	close(q[0]);
	CHECK_ERRNO(EPIPE, splice(p[0], NULL, q[1], NULL, 1, 0));
	CHECK_ERRNO(EPIPE, tee(p[0], q[1], 1, 0));
	struct iovec v = {buf, 1};
	CHECK_ERRNO(EPIPE, vmsplice(q[1], &v, 1, 0));
	expect(p[0], "y");
}

static void waits(void)
{
	int status;

	two_pipes();
	if (!fork()) {
		await_sleep(getppid());
		put("late");
		_exit(0);
	}
	CHECK_EQ(4, splice(p[0], NULL, q[1], NULL, 10, 0));
	expect(q[0], "late");
	CHECK(wait(&status) > 0);
	CHECK_EQ(0, status);
	CHECK_EQ(65536, write(q[1], memset(buf, 'x', 65536), 65536));
	put("more");
	if (!fork()) {
		await_sleep(getppid());
		CHECK_EQ(65536, read(q[0], buf, 65536));
		_exit(0);
	}
	CHECK_EQ(4, splice(p[0], NULL, q[1], NULL, 10, 0));
	CHECK(wait(&status) > 0);
	CHECK_EQ(0, status);
	expect(q[0], "more");
}

static void files(void)
{
	off_t at = 1;

	enter_work_dir();
	two_pipes();
	int f = make_file("f", "0123456789");
	CHECK_EQ(3, splice(f, &at, p[1], NULL, 3, 0));
	CHECK_EQ(4, at);
	CHECK_EQ(10, lseek(f, 0, SEEK_CUR));
	expect(p[0], "123");
	CHECK_EQ(0, splice(f, NULL, p[1], NULL, 3, 0));
	CHECK_EQ(2, lseek(f, 2, SEEK_SET));
	CHECK_EQ(8, splice(f, NULL, p[1], NULL, 300, 0));
	CHECK_EQ(10, lseek(f, 0, SEEK_CUR));
	close(f); /* what is written next must not be a page that the pipe may share */
	f = make_file("g", "0123456789");
	at = 8;
	CHECK_EQ(3, splice(p[0], NULL, f, &at, 3, 0));
	CHECK_EQ(11, at);
	CHECK_EQ(5, splice(p[0], NULL, f, NULL, 50, 0));
	CHECK_EQ(15, lseek(f, 0, SEEK_CUR));
	check_content("g", "012345672356789");
	CHECK_ERRNO(EINVAL, splice(f, NULL, f, NULL, 1, 0));
	CHECK_EQ(0, fcntl(f, F_SETFL, O_APPEND));
	put("x");
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, f, NULL, 1, 0));
	expect(p[0], "x");
	close(f);
	unlink("f");
	unlink("g");
	leave_work_dir();
}

static void large(void)
{
	static char content[300000];

	enter_work_dir();
	two_pipes();
	int f = make_file("f", ""), g = make_file("g", "");
	for (size_t k = 0; k < sizeof(content); k++)
		content[k] = (char)(k * 7 + k / 4096);
	CHECK_EQ(sizeof(content), write(f, content, sizeof(content)));
	CHECK_EQ(0, lseek(f, 0, SEEK_SET));
	for (size_t done = 0; done < sizeof(content);) {
		ssize_t n = splice(f, NULL, p[1], NULL, sizeof(content), 0);
		CHECK(n > 0);
		for (ssize_t out = 0; out < n;) {
			ssize_t m = splice(p[0], NULL, g, NULL, (size_t)(n - out), 0);
			CHECK(m > 0);
			out += m;
		}
		done += (size_t)n;
	}
	static char copy[sizeof(content)];
	CHECK_EQ(sizeof(copy), pread(g, copy, sizeof(copy), 0));
	CHECK(!memcmp(content, copy, sizeof(copy)));
	unlink("f");
	unlink("g");
	leave_work_dir();
}

static void tees(void)
{
	two_pipes();
	put("hello");
	CHECK_EQ(5, tee(p[0], q[1], 100, 0));
	put(" there");
	CHECK_EQ(1, write(q[1], "!", 1));
	expect(p[0], "hello there");
	put("other");
	expect(q[0], "hello!");
	CHECK_EQ(2, tee(p[0], q[1], 2, 0));
	expect(q[0], "ot");
	expect(p[0], "other");
	CHECK_ERRNO(EAGAIN, tee(p[0], q[1], 2, SPLICE_F_NONBLOCK));
	CHECK_EQ(0, fcntl(p[0], F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(EAGAIN, tee(p[0], q[1], 2, 0));
	close(p[1]);
	CHECK_EQ(0, tee(p[0], q[1], 2, 0));
}

static void memory(void)
{
	char a[] = "first ", b[] = "second", c[4] = "", d[32] = "";
	struct iovec v[] = {{a, 6}, {b, 6}}, w[] = {{c, 3}, {d, 31}};

	two_pipes();
	CHECK_EQ(12, vmsplice(p[1], v, 2, 0));
	CHECK_EQ(12, vmsplice(p[0], w, 2, 0));
	CHECK_STR("fir", c);
	CHECK_STR("st second", d);
	CHECK_EQ(0, vmsplice(p[1], v, 0, 0));
	CHECK_ERRNO(EAGAIN, vmsplice(p[0], w, 2, SPLICE_F_NONBLOCK));
	v[0].iov_base = (void *)8;
	CHECK_ERRNO(EFAULT, vmsplice(p[1], v, 1, 0));
	put("kept");
	CHECK_ERRNO(EFAULT, vmsplice(p[0], v, 1, 0));
	expect(p[0], "kept");
	v[0] = (struct iovec){aligned_alloc(4096, 1 << 17), 1 << 17};
	memset(v[0].iov_base, 'm', 1 << 17);
	CHECK_EQ(65536, vmsplice(p[1], v, 1, 0)); /* what fits */
	CHECK_ERRNO(EAGAIN, vmsplice(p[1], v, 1, SPLICE_F_NONBLOCK));
	CHECK_ERRNO(EINVAL, vmsplice(p[1], v, 1, 16));
	CHECK_ERRNO(EINVAL, vmsplice(p[1], v, 1025, 0));
	CHECK_ERRNO(EBADF, vmsplice(-1, v, 1, 0));
	int null = open("/dev/null", O_RDWR);
	CHECK_ERRNO(EBADF, vmsplice(null, v, 1, 0));
	CHECK_EQ(0, vmsplice(null, v, 0, 0));
}

static void sockets(void)
{
	int s[2];

	two_pipes();
	CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	put("through");
	CHECK_EQ(7, splice(p[0], NULL, s[0], NULL, 100, 0));
	CHECK_EQ(7, splice(s[1], NULL, p[1], NULL, 100, 0));
	expect(p[0], "through");
	CHECK_ERRNO(EAGAIN, splice(s[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK));
	off_t at = 0;
	CHECK_ERRNO(EINVAL, splice(s[1], &at, p[1], NULL, 100, 0));
	put("x");
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, s[0], &at, 100, 0));
	close(s[1]);
	CHECK_ERRNO(EPIPE, splice(p[0], NULL, s[0], NULL, 100, 0));
	expect(p[0], "x");
}

static void devices(void)
{
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
	int full_fd = open("/dev/full", O_RDWR), dir = open("/", O_RDONLY);

	two_pipes();
	put("gone");
	CHECK_EQ(4, splice(p[0], NULL, null, NULL, 100, 0));
	CHECK_EQ(8192, splice(zero, NULL, p[1], NULL, 8192, 0));
	CHECK_EQ(8192, splice(p[0], NULL, zero, NULL, 10000, 0));
	CHECK_EQ(10, splice(full_fd, NULL, p[1], NULL, 10, 0));
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, full_fd, NULL, 10, 0));
	CHECK_ERRNO(EINVAL, splice(null, NULL, p[1], NULL, 10, 0));
	CHECK_ERRNO(EINVAL, splice(dir, NULL, p[1], NULL, 10, 0));
}

static void bad_input(void)
{
	off_t at = 0;

	two_pipes();
	int null = open("/dev/null", O_RDWR), path = open("/", O_PATH);
	CHECK_EQ(0, splice(-1, NULL, -1, NULL, 0, ~0u));
	CHECK_ERRNO(EINVAL, splice(-1, NULL, -1, NULL, 1, 16));
	CHECK_ERRNO(EBADF, splice(-1, NULL, q[1], NULL, 1, 0));
	CHECK_ERRNO(EBADF, splice(p[0], NULL, -1, NULL, 1, 0));
	CHECK_ERRNO(EBADF, splice(path, NULL, q[1], NULL, 1, 0));
	CHECK_ERRNO(EBADF, splice(p[1], NULL, q[1], NULL, 1, 0));
	CHECK_ERRNO(EBADF, splice(p[0], NULL, q[0], NULL, 1, 0));
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, p[1], NULL, 1, 0));
	CHECK_ERRNO(ESPIPE, splice(p[0], &at, q[1], NULL, 1, 0));
	CHECK_ERRNO(ESPIPE, splice(p[0], NULL, q[1], (off_t *)8, 1, 0));
	CHECK_ERRNO(ESPIPE, splice(p[1], &at, q[0], NULL, 1, 0));
	CHECK_ERRNO(EFAULT, splice(null, (off_t *)8, q[1], NULL, 1, 0));
	CHECK_ERRNO(EFAULT, splice(p[0], NULL, null, (off_t *)8, 1, 0));
	at = -1;
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, null, &at, 1, 0));
	CHECK_ERRNO(EINVAL, splice(p[0], NULL, null, NULL, (size_t)-1, 0));
	CHECK_ERRNO(EINVAL, splice(null, NULL, null, NULL, 1, 0));
	CHECK_ERRNO(EINVAL, tee(-1, -1, 0, 16));
	CHECK_EQ(0, tee(-1, -1, 0, 0));
	CHECK_ERRNO(EBADF, tee(-1, q[1], 1, 0));
	CHECK_ERRNO(EBADF, tee(p[0], -1, 1, 0));
	CHECK_ERRNO(EBADF, tee(p[1], q[1], 1, 0));
	CHECK_ERRNO(EINVAL, tee(p[0], p[1], 1, 0));
	CHECK_ERRNO(EINVAL, tee(p[0], null, 1, 0));
}

SUBCOMMANDS({"pipes", pipes}, {"full", full}, {"waits", waits}, {"files", files}, {"large", large},
    {"tee", tees}, {"memory", memory}, {"sockets", sockets}, {"devices", devices},
    {"bad_input", bad_input})
