/* Waiting on AF_UNIX sockets, what ends it, what poll and signals tell; and options. */
#include "check_socket.h"

#include <sys/epoll.h>
#include <sys/time.h>

static struct sockaddr_un a;
static socklen_t alen;
#define ADDR ((struct sockaddr *)&a)

static char big[400000];

static void blocked_read(void)
{
	char b[8];
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		close(sv[0]);
		CHECK_EQ(3, read(sv[1], b, 8));
		CHECK_EQ(0, read(sv[1], b, 8)); /* the end, seen while asleep */
		_exit(0);
	}
	close(sv[1]);
	until_asleep(pid);
	CHECK_EQ(3, write(sv[0], "abc", 3));
	sleep_ms(5);
	close(sv[0]);
	reap_ok(pid);
	make_pair(SOCK_DGRAM);
	pid = fork();
	if (!pid) {
		CHECK_EQ(0, recv(sv[1], b, 8, 0));
		_exit(0);
	}
	until_asleep(pid);
	CHECK_EQ(0, shutdown(sv[1], SHUT_RD));
	reap_ok(pid);
	close_pair();
}

static void blocked_write(void)
{
	signal(SIGPIPE, SIG_IGN);
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		close(sv[0]);
		CHECK_EQ((long)sizeof(big), write(sv[1], big, sizeof(big)));
		CHECK(write(sv[1], big, sizeof(big)) > 0); /* a part, then the reader is gone */
		CHECK_ERRNO(EPIPE, write(sv[1], big, 1));
		_exit(0);
	}
	close(sv[1]);
	until_asleep(pid);
	for (long left = sizeof(big); left > 0;) {
		ssize_t n = read(sv[0], big, left < 30000 ? (size_t)left : 30000);
		CHECK(n > 0);
		left -= n;
	}
	until_asleep(pid);
	close(sv[0]);
	reap_ok(pid);
}

static void blocked_accept(void)
{
	int l = new_socket(SOCK_STREAM);
	alen = abstract(&a, "l");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 5));
	CHECK_EQ(0, fcntl(l, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(EAGAIN, accept(l, NULL, NULL));
	CHECK_EQ(0, fcntl(l, F_SETFL, 0));
	pid_t pid = fork();
	if (!pid) {
		int s = accept(l, NULL, NULL);
		CHECK(s >= 0);
		CHECK_ERRNO(EINVAL, accept(l, NULL, NULL)); /* shut down */
		_exit(0);
	}
	until_asleep(pid);
	int c = new_socket(SOCK_STREAM);
	CHECK_EQ(0, connect(c, ADDR, alen));
	char b;
	CHECK_EQ(1, send(c, "x", 1, 0));
	sleep_ms(5);
	CHECK_EQ(0, shutdown(l, SHUT_RD));
	CHECK_ERRNO(ECONNREFUSED, connect(new_socket(SOCK_STREAM), ADDR, alen));
	reap_ok(pid);
	CHECK_ERRNO(ECONNRESET, recv(c, &b, 1, 0)); /* it left our byte unread */
}

static void blocked_connect(void)
{
	int l = new_socket(SOCK_STREAM);
	alen = abstract(&a, "l");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 0));
	CHECK_EQ(0, connect(new_socket(SOCK_STREAM), ADDR, alen));
	pid_t pid = fork();
	if (!pid) {
		close(l);
		CHECK_EQ(0, connect(new_socket(SOCK_STREAM), ADDR, alen));
		_exit(0);
	}
	until_asleep(pid);
	CHECK(accept(l, NULL, NULL) >= 0);
	reap_ok(pid);
	pid = fork();
	if (!pid) {
		close(l);
		CHECK_ERRNO(ECONNREFUSED, connect(new_socket(SOCK_STREAM), ADDR, alen));
		_exit(0);
	}
	until_asleep(pid);
	close(l);
	reap_ok(pid);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void handle(int flags)
{
	struct sigaction s = {.sa_handler = on_signal, .sa_flags = flags};
	CHECK_EQ(0, sigaction(SIGUSR1, &s, NULL));
}

static void interrupted(void)
{
	handle(0);
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		CHECK_ERRNO(EINTR, read(sv[1], big, 8));
		_exit(0);
	}
	until_asleep(pid);
	CHECK_EQ(0, kill(pid, SIGUSR1));
	reap_ok(pid);
	pid = fork();
	if (!pid) {
		CHECK_EQ(219264, write(sv[0], big, sizeof(big))); /* as far as it came */
		CHECK_ERRNO(EINTR, write(sv[0], big, sizeof(big)));
		_exit(0);
	}
	for (int k = 0; k < 2; k++) {
		until_asleep(pid);
		CHECK_EQ(0, kill(pid, SIGUSR1));
		sleep_ms(20);
	}
	reap_ok(pid);
	close_pair();
}

static void restarted(void)
{
	struct timeval t = {5, 0};
	handle(SA_RESTART);
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(1, read(sv[1], big, 8));
		CHECK_EQ(0, setsockopt(sv[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
		CHECK_ERRNO(EINTR, read(sv[1], big, 8)); /* S36: never with a timeout */
		_exit(0);
	}
	until_asleep(pid);
	CHECK_EQ(0, kill(pid, SIGUSR1));
	until_asleep(pid);
	CHECK_EQ(1, write(sv[0], "x", 1));
	sleep_ms(20);
	until_asleep(pid);
	CHECK_EQ(0, kill(pid, SIGUSR1));
	reap_ok(pid);
	close_pair();
}

static void timeouts(void)
{
	struct timeval t = {0, 30000}, bad = {0, 1000000}, got;
	socklen_t len = sizeof(got);
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	CHECK_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(sizeof(got), len);
	CHECK_EQ(32000, got.tv_usec); /* in ticks of 4 ms */
	int64_t start = now_ns();
	CHECK_ERRNO(EAGAIN, read(sv[0], big, 1));
	CHECK(now_ns() - start >= 28000000);
	CHECK_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	CHECK_EQ(219264, write(sv[0], big, sizeof(big)));
	CHECK_ERRNO(EAGAIN, write(sv[0], big, 1));
	CHECK_ERRNO(EDOM, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &bad, sizeof(bad)));
	CHECK_ERRNO(EINVAL, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &t, 8));
	t = (struct timeval){0, 0};
	CHECK_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	CHECK_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(0, got.tv_sec);
	t.tv_usec = 20000;
	int l = new_socket(SOCK_STREAM);
	alen = abstract(&a, "l");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 0));
	CHECK_EQ(0, setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	CHECK_ERRNO(EAGAIN, accept(l, NULL, NULL));
	int c = new_socket(SOCK_STREAM);
	CHECK_EQ(0, connect(new_socket(SOCK_STREAM), ADDR, alen));
	CHECK_EQ(0, setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	CHECK_ERRNO(EAGAIN, connect(c, ADDR, alen));
	close_pair();
}

static void wait_all(void)
{
	char b[8];
	make_pair(SOCK_STREAM);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(6, recv(sv[1], b, 6, MSG_WAITALL));
		CHECK(!memcmp("abcdef", b, 6));
		set_int(sv[1], SO_RCVLOWAT, 4);
		CHECK_EQ(5, recv(sv[1], b, 8, 0));
		close(sv[0]);
		CHECK_EQ(2, recv(sv[1], b, 8, MSG_WAITALL)); /* cut by the end */
		_exit(0);
	}
	until_asleep(pid);
	CHECK_EQ(4, write(sv[0], "abcd", 4));
	sleep_ms(5);
	until_asleep(pid);
	CHECK_EQ(2, write(sv[0], "ef", 2));
	sleep_ms(5);
	until_asleep(pid);
	CHECK_EQ(2, write(sv[0], "12", 2));
	sleep_ms(5);
	until_asleep(pid);
	CHECK_EQ(3, write(sv[0], "345", 3));
	sleep_ms(5);
	until_asleep(pid);
	CHECK_EQ(2, write(sv[0], "xy", 2));
	close(sv[0]);
	reap_ok(pid);
	close(sv[1]);
}

static void options(void)
{
	static const int switches[] = {SO_REUSEADDR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE,
	    SO_OOBINLINE, SO_NO_CHECK, SO_PASSCRED, SO_TIMESTAMP, SO_DEBUG};
	char small = 0x55;
	socklen_t len = 1;
	int v = 1;
	make_pair(SOCK_STREAM);
	for (unsigned k = 0; k < sizeof(switches) / sizeof(switches[0]); k++) {
		CHECK_EQ(0, get_int(sv[0], switches[k]));
		set_int(sv[0], switches[k], 7);
		CHECK_EQ(1, get_int(sv[0], switches[k]));
		set_int(sv[0], switches[k], 0);
	}
	CHECK_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &small, &len));
	CHECK_EQ(1, len);
	CHECK_EQ(SOCK_STREAM, small);
	len = (socklen_t)-1;
	CHECK_ERRNO(EINVAL, getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, &len));
	len = 4;
	CHECK_ERRNO(EFAULT, getsockopt(sv[0], SOL_SOCKET, SO_TYPE, (void *)8, &len));
	CHECK_ERRNO(EFAULT, getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, (socklen_t *)8));
	CHECK_ERRNO(EOPNOTSUPP, getsockopt(sv[0], 6, 1, &v, &len));
	CHECK_ERRNO(EOPNOTSUPP, setsockopt(sv[0], 6, 1, &v, 4));
	CHECK_ERRNO(ENOPROTOOPT, getsockopt(sv[0], SOL_SOCKET, 9999, &v, &len));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(sv[0], SOL_SOCKET, 9999, &v, 4));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, 4));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(sv[0], SOL_SOCKET, SO_ERROR, &v, 4));
	CHECK_ERRNO(EINVAL, setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &v, 3));
	CHECK_ERRNO(EINVAL, setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &v, (socklen_t)-1));
	CHECK_ERRNO(EFAULT, setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, (void *)8, 4));
	CHECK_ERRNO(ENOTSOCK, setsockopt(0, SOL_SOCKET, SO_PASSCRED, &v, 4));
	struct linger l = {1, 5}, got;
	len = sizeof(got);
	CHECK_EQ(0, setsockopt(sv[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	CHECK_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_LINGER, &got, &len));
	CHECK_EQ(1, got.l_onoff);
	CHECK_EQ(5, got.l_linger);
	CHECK_EQ(1, get_int(sv[0], SO_RCVLOWAT));
	set_int(sv[0], SO_RCVLOWAT, 0);
	CHECK_EQ(1, get_int(sv[0], SO_RCVLOWAT));
	CHECK_EQ(1, get_int(sv[0], SO_SNDLOWAT));
	close_pair();
}

/* How much fits, by what Linux counts for it. */
static void buffers(void)
{
	static const struct {
		int type, size, outq, sends;
	} t[] = {{SOCK_STREAM, 1, 768, 278}, {SOCK_STREAM, 705, 2304, 93},
	    {SOCK_STREAM, 4096, 4864, 44}, {SOCK_STREAM, 36545, 37888, 6},
	    {SOCK_STREAM, 100000, 103168, 3}, {SOCK_DGRAM, 0, 768, 278},
	    {SOCK_DGRAM, 4096, 8448, 26}, {SOCK_DGRAM, 16065, 20736, 11},
	    {SOCK_SEQPACKET, 65536, 69888, 4}};
	for (unsigned k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		int n = 0, bytes;
		make_pair(t[k].type);
		while (send(sv[0], big, (size_t)t[k].size, MSG_DONTWAIT) >= 0) {
			if (!n++) {
				CHECK_EQ(0, ioctl(sv[0], TIOCOUTQ, &bytes));
				CHECK_EQ(t[k].outq, bytes);
			}
		}
		CHECK_EQ(EAGAIN, errno);
		CHECK_EQ(t[k].sends, n);
		CHECK_EQ(0, events_of(sv[0]) & POLLOUT);
		close_pair();
	}
	make_pair(SOCK_STREAM);
	set_int(sv[0], SO_SNDBUF, 10000);
	CHECK_EQ(20000, get_int(sv[0], SO_SNDBUF));
	set_int(sv[0], SO_SNDBUF, 0);
	CHECK_EQ(4608, get_int(sv[0], SO_SNDBUF));
	set_int(sv[0], SO_SNDBUF, -1);
	CHECK_EQ(425984, get_int(sv[0], SO_SNDBUF));
	set_int(sv[0], SO_RCVBUF, 1);
	CHECK_EQ(2304, get_int(sv[0], SO_RCVBUF));
	CHECK_EQ(1, send(sv[1], "x", 1, 0)); /* the receiver's does not count */
	close_pair();
}

static volatile int io_signals;

static void on_io(int sig)
{
	(void)sig;
	io_signals++;
}

static void async(void)
{
	signal(SIGIO, on_io);
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, fcntl(sv[1], F_SETOWN, getpid()));
	CHECK_EQ(0, fcntl(sv[1], F_SETFL, O_ASYNC));
	CHECK_EQ(1, write(sv[0], "x", 1));
	CHECK_EQ(1, io_signals);
	CHECK_EQ(1, read(sv[1], big, 8));
	close(sv[0]);
	CHECK_EQ(2, io_signals); /* the other end went */
	close(sv[1]);
}

/* Edge-triggered epoll: each arrival is told, and room only when it had run out. */
static void edges(void)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
	make_pair(SOCK_STREAM);
	int ep = epoll_create1(0);
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, sv[1], &e));
	CHECK_EQ(0, epoll_wait(ep, &e, 1, 0));
	for (int k = 0; k < 3; k++) {
		CHECK_EQ(1, write(sv[0], "x", 1));
		CHECK_EQ(1, epoll_wait(ep, &e, 1, 0));
		CHECK_EQ(EPOLLIN, e.events);
		CHECK_EQ(0, epoll_wait(ep, &e, 1, 0));
	}
	CHECK_EQ(0, shutdown(sv[0], SHUT_WR));
	CHECK_EQ(1, epoll_wait(ep, &e, 1, 0));
	CHECK_EQ(EPOLLIN | EPOLLRDHUP, e.events);
	close(sv[0]);
	CHECK_EQ(1, epoll_wait(ep, &e, 1, 0));
	CHECK_EQ(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR,
	    e.events | EPOLLERR); /* ours is unread, not its */
	close(sv[1]);
	make_pair(SOCK_STREAM);
	e.events = EPOLLOUT | EPOLLET;
	CHECK_EQ(219264, send(sv[0], big, sizeof(big), MSG_DONTWAIT));
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, sv[0], &e));
	CHECK_EQ(0, epoll_wait(ep, &e, 1, 0));
	CHECK_EQ(100000, recv(sv[1], big, 100000, 0));
	CHECK_EQ(0, epoll_wait(ep, &e, 1, 0)); /* not before a quarter is free */
	CHECK_EQ(119264, recv(sv[1], big, sizeof(big), 0));
	CHECK_EQ(1, epoll_wait(ep, &e, 1, 0));
	close_pair();
	close(ep);
}

SUBCOMMANDS({"blocked_read", blocked_read}, {"blocked_write", blocked_write},
    {"blocked_accept", blocked_accept}, {"blocked_connect", blocked_connect},
    {"interrupted", interrupted}, {"restarted", restarted}, {"timeouts", timeouts},
    {"wait_all", wait_all}, {"options", options}, {"buffers", buffers}, {"async", async},
    {"edges", edges})
