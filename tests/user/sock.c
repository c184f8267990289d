/* AF_UNIX streams: names, connecting, data, ends, and the order of errors. */
#include "check_socket.h"

#include <sys/sendfile.h>
#include <sys/uio.h>

static struct sockaddr_un a;
static socklen_t alen;
#define ADDR ((struct sockaddr *)&a)

static void create(void)
{
	CHECK_ERRNO(EAFNOSUPPORT, socket(AF_UNSPEC, SOCK_STREAM, 0));
	CHECK_ERRNO(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
	CHECK_ERRNO(EAFNOSUPPORT, socket(46, SOCK_STREAM, 0));
	CHECK_ERRNO(EAFNOSUPPORT, socket(200, 12, 0));
	CHECK_ERRNO(EINVAL, socket(AF_UNIX, 11, 0));
	CHECK_ERRNO(EINVAL, socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
	CHECK_ERRNO(ESOCKTNOSUPPORT, socket(AF_UNIX, SOCK_RDM, 0));
	CHECK_ERRNO(ESOCKTNOSUPPORT, socket(AF_UNIX, 0, 0));
	CHECK_ERRNO(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 2));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 1);
	CHECK(fd >= 0);
	CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	CHECK_EQ(O_RDWR | O_NONBLOCK, fcntl(fd, F_GETFL));
	CHECK_EQ(SOCK_STREAM, get_int(fd, SO_TYPE));
	CHECK_EQ(AF_UNIX, get_int(fd, SO_DOMAIN));
	CHECK_EQ(0, get_int(fd, SO_PROTOCOL));
	close(fd);
	fd = new_socket(SOCK_RAW);
	CHECK_EQ(SOCK_DGRAM, get_int(fd, SO_TYPE));
	close(fd);
	CHECK_ERRNO(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
	CHECK_ERRNO(EINVAL, socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, sv));
	CHECK_ERRNO(ESOCKTNOSUPPORT, socketpair(AF_UNIX, SOCK_RDM, 0, sv));
	CHECK_EQ(3, dup(0)); /* nothing was left open */
}

static void file_view(void)
{
	char link[64] = "", want[64];
	struct stat st;
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, fstat(sv[0], &st));
	CHECK_EQ(S_IFSOCK | 0777, st.st_mode);
	CHECK_EQ(0, st.st_size);
	CHECK_EQ(1, st.st_nlink);
	CHECK(readlink("/proc/self/fd/3", link, sizeof(link) - 1) > 0);
	snprintf(want, sizeof(want), "socket:[%lu]", (unsigned long)st.st_ino);
	CHECK_STR(want, link);
	CHECK_ERRNO(ENXIO, open("/proc/self/fd/3", O_RDWR));
	CHECK_ERRNO(ESPIPE, lseek(sv[0], 0, SEEK_SET));
	CHECK_ERRNO(ESPIPE, pread(sv[0], want, 1, 0));
	CHECK_ERRNO(EINVAL, ftruncate(sv[0], 0));
	CHECK_ERRNO(EINVAL, fsync(sv[0]));
	CHECK_ERRNO(ENOTTY, ioctl(sv[0], TCGETS, want));
	CHECK_ERRNO(ENOTSOCK, listen(0, 1));
	CHECK_ERRNO(EBADF, listen(99, 1));
	CHECK_ERRNO(ENOTSOCK, send(0, "x", 1, 0));
	close_pair();
}

static void bind_errors(void)
{
	int fd = new_socket(SOCK_STREAM), other = new_socket(SOCK_STREAM);
	alen = abstract(&a, "b");
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, 1));
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, 111));
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, 129));
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, (socklen_t)-1));
	CHECK_ERRNO(EFAULT, bind(fd, (struct sockaddr *)8, alen));
	a.sun_family = AF_INET;
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, alen));
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, 2));
	a.sun_family = AF_UNIX;
	CHECK_EQ(0, bind(fd, ADDR, alen));
	CHECK_ERRNO(EINVAL, bind(fd, ADDR, alen)); /* it has one */
	CHECK_ERRNO(EADDRINUSE, bind(other, ADDR, alen));
	int dgram = new_socket(SOCK_DGRAM); /* names are of a type */
	CHECK_EQ(0, bind(dgram, ADDR, alen));
	a.sun_family = AF_UNIX;
	CHECK_EQ(0, bind(fd, ADDR, 2)); /* autobind of a bound one */
	close(fd);
	CHECK_EQ(0, bind(other, ADDR, alen)); /* free with its socket */
	close(other);
	close(dgram);
}

static void names(void)
{
	struct sockaddr_un n;
	socklen_t len = sizeof(n);
	int fd = new_socket(SOCK_STREAM);
	memset(&n, 0x55, sizeof(n));
	CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&n, &len));
	CHECK_EQ(2, len);
	CHECK_EQ(AF_UNIX, n.sun_family);
	CHECK_EQ(0x55, n.sun_path[0]);
	CHECK_ERRNO(ENOTCONN, getpeername(fd, (struct sockaddr *)&n, &len));
	alen = abstract(&a, "name");
	CHECK_EQ(0, bind(fd, ADDR, alen));
	len = sizeof(n);
	CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&n, &len));
	CHECK_EQ(alen, len);
	CHECK(!memcmp(&a, &n, len));
	memset(&n, 0x55, sizeof(n));
	len = 4;
	CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&n, &len));
	CHECK_EQ(alen, len); /* the true length */
	CHECK_EQ(0x55, n.sun_path[2]);
	len = (socklen_t)-1;
	CHECK_ERRNO(EINVAL, getsockname(fd, (struct sockaddr *)&n, &len));
	CHECK_ERRNO(EFAULT, getsockname(fd, (struct sockaddr *)&n, (socklen_t *)8));
	len = sizeof(n);
	CHECK_ERRNO(EFAULT, getsockname(fd, (struct sockaddr *)8, &len));
	close(fd);
	fd = new_socket(SOCK_STREAM);
	a.sun_family = AF_UNIX;
	CHECK_EQ(0, bind(fd, ADDR, 2)); /* autobind: five hexadecimal digits */
	len = sizeof(n);
	CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&n, &len));
	CHECK_EQ(8, len);
	CHECK_EQ(0, n.sun_path[0]);
	for (int k = 1; k < 6; k++)
		CHECK(strchr("0123456789abcdef", n.sun_path[k]));
	close(fd);
}

static void paths(void)
{
	struct sockaddr_un n;
	struct stat st;
	socklen_t len = sizeof(n);
	enter_work_dir();
	umask(027);
	int l = new_socket(SOCK_STREAM), c = new_socket(SOCK_STREAM), d = new_socket(SOCK_DGRAM);
	alen = path_name(&a, "s");
	CHECK_ERRNO(ENOENT, connect(c, ADDR, alen));
	CHECK_EQ(0, bind(l, ADDR, alen - 1)); /* without the 0 */
	CHECK_EQ(0, getsockname(l, (struct sockaddr *)&n, &len));
	CHECK_EQ(alen, len);
	CHECK_STR("s", n.sun_path);
	CHECK_EQ(0, stat("s", &st));
	CHECK_EQ(S_IFSOCK | 0750, st.st_mode);
	CHECK_ERRNO(ENXIO, open("s", O_RDWR));
	CHECK_ERRNO(EADDRINUSE, bind(c, ADDR, alen));
	CHECK_ERRNO(EADDRINUSE, bind(l, ADDR, alen));
	CHECK_ERRNO(ECONNREFUSED, connect(c, ADDR, alen)); /* nobody listens */
	CHECK_ERRNO(EPROTOTYPE, connect(d, ADDR, alen));
	CHECK_EQ(0, listen(l, 5));
	CHECK_EQ(0, rename("s", "t"));
	CHECK_ERRNO(ENOENT, connect(c, ADDR, alen));
	alen = path_name(&a, "t");
	CHECK_EQ(0, connect(c, ADDR, alen));
	alen = path_name(&a, "u");
	CHECK_ERRNO(EINVAL, bind(l, ADDR, alen)); /* bound already, and nothing is left */
	CHECK_ERRNO(ENOENT, stat("u", &st));
	close(make_file("file", ""));
	alen = path_name(&a, "file");
	CHECK_ERRNO(ECONNREFUSED, connect(d, ADDR, alen));
	alen = path_name(&a, "no/s");
	CHECK_ERRNO(ENOENT, bind(d, ADDR, alen));
	alen = path_name(&a, "file/s");
	CHECK_ERRNO(ENOTDIR, bind(d, ADDR, alen));
	close(l);
	alen = path_name(&a, "t");
	CHECK_EQ(0, stat("t", &st)); /* the name outlives its socket */
	int e = new_socket(SOCK_STREAM);
	CHECK_ERRNO(ECONNREFUSED, connect(e, ADDR, alen));
	CHECK_EQ(0, unlink("t"));
	unlink("file");
	memset(a.sun_path, 'x', sizeof(a.sun_path)); /* the longest: 108 bytes without a 0 */
	CHECK_EQ(0, bind(e, ADDR, sizeof(a)));
	len = sizeof(n);
	CHECK_EQ(0, getsockname(e, (struct sockaddr *)&n, &len));
	CHECK_EQ(111, len);
	char longest[109] = "";
	memset(longest, 'x', 108);
	CHECK_EQ(0, unlink(longest));
	leave_work_dir();
}

static void path_permission(void)
{
	int l = new_socket(SOCK_STREAM);
	char name[80];
	enter_work_dir();
	CHECK_EQ(0, chmod(work_dir, 0755));
	snprintf(name, sizeof(name), "%s/s", work_dir);
	umask(022);
	alen = path_name(&a, name);
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 5));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, setuid(1000));
		int c = new_socket(SOCK_STREAM);
		CHECK_ERRNO(EACCES, connect(c, ADDR, alen));
		_exit(0);
	}
	reap_ok(pid);
	CHECK_EQ(0, chmod("s", 0777));
	pid = fork();
	if (!pid) {
		CHECK_EQ(0, setuid(1000));
		CHECK_EQ(0, connect(new_socket(SOCK_STREAM), ADDR, alen));
		_exit(0);
	}
	reap_ok(pid);
	unlink("s");
	leave_work_dir();
}

static void mode_of_socket(void)
{
	struct stat st;
	enter_work_dir();
	umask(0);
	int fd = new_socket(SOCK_DGRAM);
	CHECK_EQ(0, fchmod(fd, 0640));
	alen = path_name(&a, "s");
	CHECK_EQ(0, bind(fd, ADDR, alen));
	CHECK_EQ(0, stat("s", &st));
	CHECK_EQ(S_IFSOCK | 0640, st.st_mode);
	unlink("s");
	leave_work_dir();
}

static void connect_accept(void)
{
	struct sockaddr_un n;
	socklen_t len = sizeof(n);
	char buf[8] = "";
	int l = bound(SOCK_STREAM, &a, &alen, "l", 5), c = new_socket(SOCK_STREAM), s;
	CHECK_EQ(1, get_int(l, SO_ACCEPTCONN));
	CHECK_EQ(0, get_int(c, SO_ACCEPTCONN));
	CHECK_EQ(0, connect(c, ADDR, alen));
	CHECK_EQ(5, send(c, "early", 5, 0)); /* before it is accepted */
	s = accept4(l, (struct sockaddr *)&n, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(s >= 0);
	CHECK_EQ(2, len); /* the client has no name */
	CHECK_EQ(FD_CLOEXEC, fcntl(s, F_GETFD));
	CHECK_EQ(O_RDWR | O_NONBLOCK, fcntl(s, F_GETFL));
	CHECK_EQ(5, recv(s, buf, 8, 0));
	CHECK_STR("early", buf);
	len = sizeof(n);
	CHECK_EQ(0, getsockname(s, (struct sockaddr *)&n, &len)); /* the listener's */
	CHECK_EQ(alen, len);
	len = sizeof(n);
	CHECK_EQ(0, getpeername(c, (struct sockaddr *)&n, &len));
	CHECK_EQ(alen, len);
	CHECK(!memcmp(&a, &n, len));
	CHECK_ERRNO(EISCONN, connect(c, ADDR, alen));
	CHECK_ERRNO(EINVAL, connect(l, ADDR, alen));
	CHECK_ERRNO(EISCONN, sendto(c, "x", 1, 0, ADDR, alen));
	CHECK_ERRNO(EINVAL, listen(c, 1));
	CHECK_ERRNO(EINVAL, accept(c, NULL, NULL));
	CHECK_ERRNO(EINVAL, accept4(l, NULL, NULL, 1));
	CHECK_ERRNO(ENOTSOCK, accept(0, NULL, NULL));
	CHECK_EQ(2, write(s, "ab", 2));
	close(s);
	CHECK_EQ(2, read(c, buf, 8));
	CHECK_EQ(0, read(c, buf, 8));
	len = sizeof(n);
	CHECK_EQ(0, getpeername(c, (struct sockaddr *)&n, &len)); /* still known */
	close(c);
	/* The name of a bound client comes with accept and with every receive. */
	struct sockaddr_un b;
	socklen_t blen;
	c = bound(SOCK_STREAM, &b, &blen, "client", -1);
	CHECK_EQ(0, connect(c, ADDR, alen));
	len = sizeof(n);
	s = accept(l, (struct sockaddr *)&n, &len);
	CHECK_EQ(blen, len);
	CHECK_EQ(1, send(c, "x", 1, 0));
	len = sizeof(n);
	memset(&n, 0, sizeof(n));
	CHECK_EQ(1, recvfrom(s, buf, 1, 0, (struct sockaddr *)&n, &len));
	CHECK_EQ(blen, len);
	CHECK(!memcmp(&b, &n, len));
	CHECK_EQ(1, send(s, "x", 1, 0));
	len = sizeof(n);
	CHECK_EQ(1, recvfrom(c, buf, 1, 0, (struct sockaddr *)&n, &len));
	CHECK_EQ(alen, len);
}

static void backlog(void)
{
	int l = bound(SOCK_STREAM, &a, &alen, "l", 2), c[4];
	for (int k = 0; k < 4; k++)
		c[k] = new_socket(SOCK_STREAM | SOCK_NONBLOCK);
	for (int k = 0; k < 3; k++) /* one more than it says */
		CHECK_EQ(0, connect(c[k], ADDR, alen));
	CHECK_ERRNO(EAGAIN, connect(c[3], ADDR, alen));
	CHECK_EQ(0, listen(l, 3));
	CHECK_EQ(0, connect(c[3], ADDR, alen));
	close(l); /* nobody accepted them */
	char b;
	for (int k = 0; k < 4; k++) {
		CHECK_EQ(READABLE | POLLERR | POLLHUP | POLLRDHUP | WRITABLE, events_of(c[k]));
		CHECK_ERRNO(ECONNRESET, read(c[k], &b, 1));
		CHECK_EQ(0, read(c[k], &b, 1));
		CHECK_ERRNO(EPIPE, send(c[k], "x", 1, MSG_NOSIGNAL));
		close(c[k]);
	}
}

static void not_connected(void)
{
	char b;
	int fd = new_socket(SOCK_STREAM);
	CHECK_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, send(fd, "", 0, 0));
	alen = abstract(&a, "nobody");
	CHECK_ERRNO(EOPNOTSUPP, sendto(fd, "x", 1, 0, ADDR, alen));
	CHECK_ERRNO(EINVAL, recv(fd, &b, 1, 0));
	CHECK_ERRNO(EINVAL, read(fd, &b, 1));
	CHECK_EQ(0, read(fd, &b, 0));
	CHECK_ERRNO(EINVAL, listen(fd, 1)); /* without a name */
	CHECK_ERRNO(EINVAL, accept(fd, NULL, NULL));
	CHECK_ERRNO(ECONNREFUSED, connect(fd, ADDR, alen));
	CHECK_ERRNO(EINVAL, connect(fd, ADDR, 0));
	CHECK_ERRNO(EINVAL, connect(fd, ADDR, 2));
	CHECK_EQ(0, shutdown(fd, SHUT_WR));
	CHECK_ERRNO(EINVAL, shutdown(fd, 3));
	CHECK_ERRNO(EINVAL, shutdown(fd, -1));
	CHECK_EQ(WRITABLE | POLLHUP, events_of(fd));
	close(fd);
	fd = new_socket(SOCK_SEQPACKET);
	CHECK_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, recv(fd, &b, 1, 0));
	close(fd);
}

static void transfer(void)
{
	enum { TOTAL = 4 << 20 };
	static char buf[70000];
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		close(sv[0]);
		unsigned x = 1;
		for (long left = TOTAL; left > 0;) {
			size_t n = left < 61234 ? (size_t)left : 61234;
			for (size_t i = 0; i < n; i++)
				buf[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
			CHECK_EQ((long)n, write(sv[1], buf, n));
			left -= (long)n;
		}
		_exit(0);
	}
	close(sv[1]);
	unsigned x = 1;
	long total = 0;
	ssize_t n;
	while ((n = read(sv[0], buf, 7777)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ((char)((x = x * 1664525 + 1013904223) >> 24), buf[i]);
		total += n;
	}
	CHECK_EQ(0, n);
	CHECK_EQ(TOTAL, total);
	reap_ok(pid);
}

static void vectors(void)
{
	char x[4] = "", y[8] = "";
	struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}}, in[2] = {{x, 3}, {y, 7}};
	make_pair(SOCK_STREAM);
	CHECK_EQ(8, writev(sv[0], out, 3));
	CHECK_EQ(8, readv(sv[1], in, 2));
	CHECK_STR("abc", x);
	CHECK_STR("defgh", y);
	CHECK_EQ(0, writev(sv[0], out + 1, 1));
	CHECK_EQ(0, send(sv[0], "", 0, 0));
	CHECK_ERRNO(EAGAIN, recv(sv[1], x, 1, MSG_DONTWAIT));
	struct msghdr m = {.msg_iov = out, .msg_iovlen = 1025};
	CHECK_ERRNO(EMSGSIZE, sendmsg(sv[0], &m, 0));
	CHECK_ERRNO(EMSGSIZE, recvmsg(sv[0], &m, 0));
	enter_work_dir();
	int fd = make_file("f", "sendfile");
	off_t at = 4;
	CHECK_EQ(4, sendfile(sv[0], fd, &at, 10));
	CHECK_EQ(4, read(sv[1], y, 8));
	CHECK(!memcmp("file", y, 4));
	close(fd);
	unlink("f");
	leave_work_dir();
	close_pair();
}

static void flags(void)
{
	char b[16] = "";
	make_pair(SOCK_STREAM);
	CHECK_EQ(3, send(sv[0], "abc", 3, 0));
	CHECK_EQ(3, send(sv[0], "def", 3, MSG_EOR));
	CHECK_EQ(2, recv(sv[1], b, 2, MSG_PEEK));
	CHECK_EQ(6, recv(sv[1], b, 16, MSG_PEEK)); /* over the borders of writes */
	CHECK_EQ(4, recv(sv[1], b, 4, MSG_TRUNC));
	CHECK(!memcmp("abcd", b, 4));
	CHECK_EQ(2, recv(sv[1], b, 16, MSG_WAITALL | MSG_DONTWAIT));
	CHECK_ERRNO(EAGAIN, recv(sv[1], b, 16, MSG_DONTWAIT));
	CHECK_ERRNO(EAGAIN, recv(sv[1], b, 0, MSG_DONTWAIT));
	set_int(sv[1], SO_PEEK_OFF, 1);
	CHECK_EQ(1, get_int(sv[1], SO_PEEK_OFF));
	CHECK_EQ(6, send(sv[0], "012345", 6, 0));
	CHECK_EQ(2, recv(sv[1], b, 2, MSG_PEEK));
	CHECK(!memcmp("12", b, 2));
	CHECK_EQ(3, get_int(sv[1], SO_PEEK_OFF));
	CHECK_EQ(2, recv(sv[1], b, 2, 0));
	CHECK(!memcmp("01", b, 2));
	CHECK_EQ(1, get_int(sv[1], SO_PEEK_OFF));
	CHECK_EQ(3, recv(sv[1], b, 8, MSG_PEEK));
	CHECK(!memcmp("345", b, 3));
	CHECK_ERRNO(EAGAIN, recv(sv[1], b, 8, MSG_PEEK | MSG_DONTWAIT));
	set_int(sv[1], SO_PEEK_OFF, -1);
	CHECK_EQ(4, recv(sv[1], b, 8, MSG_PEEK));
	CHECK_ERRNO(EFAULT, recv(sv[1], (void *)8, 8, 0));
	CHECK_EQ(4, recv(sv[1], b, 8, 0)); /* nothing was lost */
	CHECK_ERRNO(EFAULT, send(sv[0], (void *)8, 8, 0));
	close_pair();
}

static void ends(void)
{
	char b[8];
	signal(SIGPIPE, SIG_IGN);
	make_pair(SOCK_STREAM);
	CHECK_EQ(2, write(sv[0], "xy", 2));
	CHECK_EQ(0, shutdown(sv[0], SHUT_WR));
	CHECK_EQ(WRITABLE, events_of(sv[0]));
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP, events_of(sv[1]));
	CHECK_ERRNO(EPIPE, write(sv[0], "x", 1));
	CHECK_EQ(2, read(sv[1], b, 8));
	CHECK_EQ(0, read(sv[1], b, 8));
	CHECK_EQ(0, recv(sv[1], b, 8, MSG_DONTWAIT));
	CHECK_EQ(1, write(sv[1], "z", 1)); /* the other way is open */
	CHECK_EQ(1, read(sv[0], b, 8));
	CHECK_EQ(0, shutdown(sv[0], SHUT_RD));
	CHECK_EQ(0, read(sv[0], b, 8));
	CHECK_ERRNO(EPIPE, write(sv[1], "z", 1));
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP | POLLHUP, events_of(sv[0]));
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP | POLLHUP, events_of(sv[1]));
	close_pair();
	make_pair(SOCK_STREAM); /* closed with unread data */
	CHECK_EQ(1, write(sv[0], "x", 1));
	CHECK_EQ(1, write(sv[1], "y", 1));
	close(sv[1]);
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP | POLLHUP | POLLERR, events_of(sv[0]));
	CHECK_EQ(1, read(sv[0], b, 8)); /* data first */
	CHECK_EQ(ECONNRESET, get_int(sv[0], SO_ERROR));
	CHECK_EQ(0, get_int(sv[0], SO_ERROR));
	CHECK_EQ(0, read(sv[0], b, 8));
	CHECK_ERRNO(EPIPE, write(sv[0], "x", 1));
	close(sv[0]);
}

static void write_to_nobody(void)
{
	close(sv[1]);
	if (nargs)
		send(sv[0], "x", 1, MSG_NOSIGNAL);
	else
		write(sv[0], "x", 1);
}

static void sigpipe(void)
{
	make_pair(SOCK_STREAM);
	close(sv[1]);
	int status = in_child(write_to_nobody);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	nargs = 1;
	CHECK_EQ(0, in_child(write_to_nobody));
	close(sv[0]);
}

static void many_connections(void)
{
	enum { N = 1000 };
	static int c[N];
	struct sockaddr_un n;
	int l = bound(SOCK_STREAM, &a, &alen, "l", 100);
	pid_t pid = fork();
	if (!pid) {
		close(l);
		for (int k = 0; k < N; k++) {
			char b = 0;
			int fd = new_socket(SOCK_STREAM);
			CHECK_EQ(0, connect(fd, ADDR, alen));
			CHECK_EQ((long)sizeof(k), write(fd, &k, sizeof(k)));
			CHECK_EQ(1, read(fd, &b, 1));
			CHECK_EQ((char)k, b);
			close(fd);
		}
		_exit(0);
	}
	for (int k = 0; k < N; k++) {
		int got;
		char b;
		socklen_t len = sizeof(n);
		c[k] = accept(l, (struct sockaddr *)&n, &len);
		CHECK(c[k] >= 0);
		CHECK_EQ((long)sizeof(got), read(c[k], &got, sizeof(got)));
		b = (char)got;
		CHECK_EQ(1, write(c[k], &b, 1));
		if (k >= 500)
			close(c[k - 500]);
	}
	reap_ok(pid);
}

/* The line of /proc/net/unix about a socket: flags, type, state, name. */
static void check_line(int fd, const char *want)
{
	char line[256], got[200];
	struct stat st;
	unsigned flags, type, state;
	unsigned long ino;
	FILE *f = fopen("/proc/net/unix", "r");
	CHECK(f);
	CHECK_EQ(0, fstat(fd, &st));
	CHECK(fgets(line, sizeof(line), f));
	CHECK_STR("Num       RefCount Protocol Flags    Type St Inode Path\n", line);
	while (fgets(line, sizeof(line), f)) {
		char name[120] = "";
		CHECK(sscanf(line, "%*x: %*x 00000000 %8x %4x %2x %lu %110s", &flags, &type, &state,
			  &ino, name) >= 4);
		if (ino != st.st_ino)
			continue;
		fclose(f);
		snprintf(got, sizeof(got), "%x %x %x %s", flags, type, state, name);
		CHECK_STR(want, got);
		return;
	}
	FAIL("no line");
}

static void proc_net_unix(void)
{
	char want[200];
	enter_work_dir();
	alen = path_name(&a, "s");
	int l = new_socket(SOCK_STREAM), c = new_socket(SOCK_STREAM), d;
	check_line(c, "0 1 1 ");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 3));
	check_line(l, "10000 1 1 s");
	CHECK_EQ(0, connect(c, ADDR, alen));
	check_line(c, "0 1 3 ");
	CHECK(accept(l, NULL, NULL) >= 0);
	d = bound(SOCK_DGRAM, &a, &alen, "d", -1);
	snprintf(want, sizeof(want), "0 2 1 @test.%d.d", getpid());
	check_line(d, want);
	make_pair(SOCK_SEQPACKET);
	check_line(sv[0], "0 5 3 ");
	unlink("s");
	leave_work_dir();
}

/* Stays: a pair, and a listener with a name. */
static void stay(void)
{
	make_pair(SOCK_STREAM);
	alen = path_name(&a, "x");
	a.sun_path[0] = 0;
	memcpy(a.sun_path + 1, "stay", 4);
	CHECK_EQ(0, bind(new_socket(SOCK_STREAM), ADDR, 7));
	CHECK_EQ(0, listen(5, 1));
	printf("ready\n");
	fflush(stdout);
	pause();
}

static void out_of_descriptors(void)
{
	int l = bound(SOCK_STREAM, &a, &alen, "l", 5), c = new_socket(SOCK_STREAM), fd;
	CHECK_EQ(0, connect(c, ADDR, alen));
	while ((fd = dup(0)) >= 0)
		;
	CHECK_EQ(EMFILE, errno);
	CHECK_ERRNO(EMFILE, accept(l, NULL, NULL));
	CHECK_ERRNO(EMFILE, accept(0, NULL, NULL)); /* before ENOTSOCK */
	CHECK_ERRNO(EMFILE, socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERRNO(EMFILE, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	CHECK_ERRNO(EMFILE, socketpair(200, SOCK_STREAM, 0, sv)); /* before EAFNOSUPPORT */
	close(10);
	CHECK_EQ(10, accept(l, NULL, NULL)); /* the connection is still there */
}

SUBCOMMANDS({"create", create}, {"file_view", file_view}, {"bind_errors", bind_errors},
    {"names", names}, {"paths", paths}, {"path_permission", path_permission},
    {"mode_of_socket", mode_of_socket}, {"connect_accept", connect_accept}, {"backlog", backlog},
    {"not_connected", not_connected}, {"transfer", transfer}, {"vectors", vectors},
    {"flags", flags}, {"ends", ends}, {"sigpipe", sigpipe}, {"many_connections", many_connections},
    {"proc_net_unix", proc_net_unix}, {"stay", stay}, {"out_of_descriptors", out_of_descriptors})
