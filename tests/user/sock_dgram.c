/* AF_UNIX datagrams and sequenced packets: borders, peers, full queues, names of senders. */
#include "check_socket.h"

#include <sys/epoll.h>
#include <sys/uio.h>

static struct sockaddr_un a, b;
static socklen_t alen, blen;
#define ADDR(x) ((struct sockaddr *)&(x))

static void borders(void)
{
	char buf[16] = "";
	int n;
	make_pair(SOCK_DGRAM);
	CHECK_EQ(3, send(sv[0], "abc", 3, 0));
	CHECK_EQ(0, send(sv[0], "", 0, 0));
	CHECK_EQ(5, send(sv[0], "defgh", 5, 0));
	CHECK_EQ(0, ioctl(sv[1], FIONREAD, &n));
	CHECK_EQ(3, n); /* of the first */
	struct received r = receive(sv[1], 0, MSG_PEEK);
	CHECK_EQ(3, r.n);
	CHECK_EQ(0, r.flags);
	CHECK_EQ(3, recv(sv[1], buf, 16, 0));
	CHECK_EQ(0, recv(sv[1], buf, 16, 0));
	CHECK_EQ(5, recv(sv[1], buf, 2, MSG_PEEK | MSG_TRUNC)); /* its true length */
	struct iovec v = {buf, 2};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	CHECK_EQ(2, recvmsg(sv[1], &m, 0)); /* the rest is lost */
	CHECK_EQ(MSG_TRUNC, m.msg_flags);
	CHECK_ERRNO(EAGAIN, recv(sv[1], buf, 16, MSG_DONTWAIT));
	CHECK_EQ(0, write(sv[0], "", 0)); /* an empty datagram, too */
	v.iov_len = 0;
	CHECK_EQ(0, writev(sv[0], &v, 1)); /* this is none */
	CHECK_EQ(0, read(sv[1], buf, 8));
	CHECK_ERRNO(EAGAIN, recv(sv[1], buf, 8, MSG_DONTWAIT));
	CHECK_EQ(1, send(sv[0], "x", 1, 0));
	CHECK_ERRNO(EFAULT, recv(sv[1], (void *)8, 8, 0));
	CHECK_ERRNO(EAGAIN, recv(sv[1], buf, 8, MSG_DONTWAIT)); /* gone */
	CHECK_ERRNO(EFAULT, send(sv[0], (void *)8, 8, 0));
	CHECK_ERRNO(EOPNOTSUPP, send(sv[0], "x", 1, MSG_OOB));
	CHECK_ERRNO(EOPNOTSUPP, recv(sv[0], buf, 1, MSG_OOB));
	CHECK_ERRNO(EOPNOTSUPP, listen(sv[0], 1));
	CHECK_ERRNO(EOPNOTSUPP, accept(sv[0], NULL, NULL));
	close_pair();
}

static void peek_offset(void)
{
	char buf[8];
	make_pair(SOCK_DGRAM);
	CHECK_EQ(3, send(sv[0], "abc", 3, 0));
	CHECK_EQ(4, send(sv[0], "defg", 4, 0));
	set_int(sv[1], SO_PEEK_OFF, 1);
	CHECK_EQ(2, recv(sv[1], buf, 8, MSG_PEEK));
	CHECK(!memcmp("bc", buf, 2));
	CHECK_EQ(2, recv(sv[1], buf, 2, MSG_PEEK));
	CHECK(!memcmp("de", buf, 2));
	CHECK_EQ(5, get_int(sv[1], SO_PEEK_OFF));
	CHECK_EQ(3, recv(sv[1], buf, 8, 0));
	CHECK_EQ(2, get_int(sv[1], SO_PEEK_OFF));
	CHECK_EQ(2, recv(sv[1], buf, 8, MSG_PEEK));
	CHECK(!memcmp("fg", buf, 2));
	CHECK_ERRNO(EAGAIN, recv(sv[1], buf, 8, MSG_PEEK | MSG_DONTWAIT));
	close_pair();
}

static void addresses(void)
{
	struct sockaddr_un n;
	socklen_t len = sizeof(n);
	char buf[8];
	int x = bound(SOCK_DGRAM, &a, &alen, "a", -1), y = bound(SOCK_DGRAM, &b, &blen, "b", -1);
	int anon = new_socket(SOCK_DGRAM);
	CHECK_ERRNO(ENOTCONN, send(x, "x", 1, 0));
	CHECK_EQ(2, sendto(x, "hi", 2, 0, ADDR(b), blen));
	CHECK_EQ(2, recvfrom(y, buf, 8, 0, ADDR(n), &len));
	CHECK_EQ(alen, len);
	CHECK(!memcmp(&a, &n, len));
	CHECK_EQ(2, sendto(anon, "yo", 2, 0, ADDR(b), blen));
	len = sizeof(n);
	CHECK_EQ(2, recvfrom(y, buf, 8, 0, ADDR(n), &len));
	CHECK_EQ(0, len);
	CHECK_ERRNO(EINVAL, sendto(x, "x", 1, 0, ADDR(b), 2));
	CHECK_ERRNO(EINVAL, sendto(x, "x", 1, 0, ADDR(b), 200));
	CHECK_ERRNO(EFAULT, sendto(x, "x", 1, 0, (struct sockaddr *)8, blen));
	b.sun_path[5]++;
	CHECK_ERRNO(ECONNREFUSED, sendto(x, "x", 1, 0, ADDR(b), blen));
	b.sun_path[5]--;
	CHECK_EQ(0, connect(anon, ADDR(a), alen));
	CHECK_EQ(1, sendto(anon, "1", 1, 0, ADDR(b), blen)); /* its own name counts */
	CHECK_EQ(1, send(anon, "2", 1, 0));
	CHECK_EQ(1, recv(y, buf, 8, MSG_DONTWAIT));
	CHECK_EQ(1, recv(x, buf, 8, MSG_DONTWAIT));
	CHECK_EQ(0, connect(x, ADDR(b), blen));
	CHECK_ERRNO(EPERM, sendto(anon, "x", 1, 0, ADDR(a), alen)); /* x has another peer */
	CHECK_ERRNO(EPERM, send(anon, "x", 1, 0));
	int late = new_socket(SOCK_DGRAM);
	CHECK_ERRNO(EPERM, connect(late, ADDR(a), alen));
	n.sun_family = AF_UNSPEC;
	CHECK_ERRNO(EINVAL, connect(x, ADDR(n), 1));
	CHECK_EQ(0, connect(x, ADDR(n), 2)); /* no peer any more */
	CHECK_ERRNO(ENOTCONN, send(x, "x", 1, 0));
	CHECK_EQ(0, connect(late, ADDR(a), alen));
	close(x);
	close(y);
	CHECK_ERRNO(ECONNREFUSED, send(anon, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, send(anon, "x", 1, 0));
	close(late);
	close(anon);
}

static void autobind(void)
{
	struct sockaddr_un n;
	socklen_t len = sizeof(n);
	int x = bound(SOCK_DGRAM, &a, &alen, "a", -1), y = new_socket(SOCK_DGRAM);
	set_int(y, SO_PASSCRED, 1);
	CHECK_EQ(1, sendto(y, "x", 1, 0, ADDR(a), alen)); /* gives it a name to answer to */
	CHECK_EQ(0, getsockname(y, ADDR(n), &len));
	CHECK_EQ(8, len);
	char c;
	len = sizeof(n);
	CHECK_EQ(1, recvfrom(x, &c, 1, 0, ADDR(n), &len));
	CHECK_EQ(8, len);
	CHECK_EQ(1, sendto(x, "y", 1, 0, ADDR(n), len));
	CHECK_EQ(1, recv(y, &c, 1, 0));
	close(x);
	close(y);
}

static void full_queue(void)
{
	struct epoll_event e = {.events = EPOLLOUT | EPOLLET};
	char c;
	int x = bound(SOCK_DGRAM, &a, &alen, "a", -1), y = new_socket(SOCK_DGRAM), n = 0;
	CHECK_EQ(0, connect(y, ADDR(a), alen));
	while (send(y, "x", 1, MSG_DONTWAIT) == 1)
		n++;
	CHECK_EQ(EAGAIN, errno);
	CHECK_EQ(11, n); /* one more than net.unix.max_dgram_qlen */
	CHECK_EQ(0, events_of(y));
	int z = new_socket(SOCK_DGRAM);
	CHECK_ERRNO(EAGAIN, sendto(z, "x", 1, MSG_DONTWAIT, ADDR(a), alen));
	CHECK_EQ(WRITABLE, events_of(z)); /* that one is not connected */
	int ep = epoll_create1(0);
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, y, &e));
	CHECK_EQ(0, epoll_wait(ep, &e, 1, 0));
	CHECK_EQ(1, recv(x, &c, 1, 0));
	CHECK_EQ(1, epoll_wait(ep, &e, 1, 5000)); /* told by the receiver */
	CHECK_EQ(WRITABLE, events_of(y));
	CHECK_EQ(1, send(y, "x", 1, MSG_DONTWAIT));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(1, send(y, "b", 1, 0));
		_exit(0);
	}
	until_asleep(pid);
	CHECK_EQ(1, recv(x, &c, 1, 0));
	reap_ok(pid);
	pid = fork();
	if (!pid) {
		close(x);
		CHECK_ERRNO(ECONNREFUSED, send(y, "b", 1, 0));
		_exit(0);
	}
	until_asleep(pid);
	close(x); /* wakes the sender */
	reap_ok(pid);
	close(y);
	close(z);
	close(ep);
}

/* A socket may send to itself. */
static void self(void)
{
	char c;
	int x = bound(SOCK_DGRAM, &a, &alen, "a", -1), n = 0;
	CHECK_EQ(0, connect(x, ADDR(a), alen));
	while (send(x, "x", 1, MSG_DONTWAIT) == 1)
		n++;
	CHECK_EQ(278, n); /* the buffer, not the queue, is the limit */
	CHECK_EQ(1, recv(x, &c, 1, 0));
	close(x);
}

static void ends(void)
{
	char buf[8];
	signal(SIGPIPE, SIG_DFL);
	make_pair(SOCK_DGRAM);
	CHECK_EQ(WRITABLE, events_of(sv[0]));
	CHECK_EQ(1, send(sv[0], "x", 1, 0));
	CHECK_EQ(0, shutdown(sv[1], SHUT_RD));
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP, events_of(sv[1]));
	CHECK_ERRNO(EPIPE, send(sv[0], "x", 1, 0)); /* without a signal */
	CHECK_EQ(1, recv(sv[1], buf, 8, 0));
	CHECK_EQ(0, recv(sv[1], buf, 8, 0));
	CHECK_ERRNO(EAGAIN, recv(sv[1], buf, 8, MSG_DONTWAIT));
	CHECK_EQ(0, shutdown(sv[1], SHUT_WR));
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP | POLLHUP, events_of(sv[1]));
	CHECK_ERRNO(EPIPE, send(sv[1], "x", 1, 0));
	close(sv[1]);
	CHECK_EQ(WRITABLE, events_of(sv[0])); /* hears nothing */
	CHECK_ERRNO(ECONNREFUSED, send(sv[0], "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, send(sv[0], "x", 1, 0));
	close(sv[0]);
}

/* A peer that is exchanged loses what it has sent, and is told. */
static void reconnect(void)
{
	char buf[8];
	int x = bound(SOCK_DGRAM, &a, &alen, "a", -1), y = bound(SOCK_DGRAM, &b, &blen, "b", -1);
	CHECK_EQ(0, connect(x, ADDR(b), blen));
	CHECK_EQ(0, connect(y, ADDR(a), alen));
	CHECK_EQ(1, send(y, "x", 1, 0));
	a.sun_family = AF_UNSPEC;
	CHECK_EQ(0, connect(x, ADDR(a), alen));
	CHECK_ERRNO(EAGAIN, recv(x, buf, 8, MSG_DONTWAIT));
	CHECK_EQ(WRITABLE | POLLERR, events_of(y));
	CHECK_ERRNO(ECONNRESET, recv(y, buf, 8, MSG_DONTWAIT));
	CHECK_ERRNO(EAGAIN, recv(y, buf, 8, MSG_DONTWAIT));
	close(x);
	close(y);
}

static void packets(void)
{
	char buf[16] = "";
	int n;
	signal(SIGPIPE, SIG_DFL);
	int l = bound(SOCK_SEQPACKET, &a, &alen, "l", 5), c = new_socket(SOCK_SEQPACKET);
	int wrong = new_socket(SOCK_STREAM);
	CHECK_ERRNO(ECONNREFUSED, connect(wrong, ADDR(a), alen)); /* names are of a type */
	CHECK_EQ(WRITABLE | POLLHUP, events_of(c));
	CHECK_EQ(0, connect(c, ADDR(a), alen));
	CHECK_EQ(READABLE, events_of(l));
	int s = accept(l, NULL, NULL);
	CHECK_EQ(3, send(c, "abc", 3, MSG_EOR));
	CHECK_EQ(2, sendto(c, "de", 2, 0, ADDR(b), 9)); /* the name is not looked at */
	CHECK_EQ(0, ioctl(s, FIONREAD, &n));
	CHECK_EQ(5, n); /* of all */
	CHECK_ERRNO(EINVAL, ioctl(l, FIONREAD, &n));
	struct received r = receive(s, 0, 0);
	CHECK_EQ(3, r.n);
	CHECK_EQ(0, r.flags);
	CHECK_EQ(1, recv(s, buf, 1, 0));
	CHECK_ERRNO(EAGAIN, recv(s, buf, 1, MSG_DONTWAIT));
	CHECK_EQ(1, send(s, "x", 1, 0));
	close(s);
	CHECK_EQ(WRITABLE | READABLE | POLLRDHUP | POLLHUP, events_of(c));
	CHECK_ERRNO(EPIPE, send(c, "x", 1, 0)); /* without a signal */
	CHECK_EQ(1, recv(c, buf, 8, 0));
	CHECK_EQ(0, recv(c, buf, 8, 0));
	CHECK_EQ(0, recv(c, buf, 8, MSG_DONTWAIT));
	close(c);
	close(l);
	close(wrong);
}

static void too_long(void)
{
	static char big[300000];
	make_pair(SOCK_DGRAM);
	CHECK_EQ(212992, get_int(sv[0], SO_SNDBUF));
	CHECK_EQ(212960, send(sv[0], big, 212960, 0));
	CHECK_ERRNO(EMSGSIZE, send(sv[0], big, 212961, 0));
	CHECK_EQ(212960, recv(sv[1], big, sizeof(big), 0));
	set_int(sv[0], SO_SNDBUF, 1);
	CHECK_EQ(4608, get_int(sv[0], SO_SNDBUF));
	CHECK_ERRNO(EMSGSIZE, send(sv[0], big, 4577, 0));
	CHECK_EQ(4576, send(sv[0], big, 4576, 0));
	CHECK_ERRNO(EAGAIN, send(sv[0], big, 1, MSG_DONTWAIT));
	close_pair();
}

static void many_messages(void)
{
	struct mmsghdr m[5] = {0};
	char bufs[5][8] = {0};
	struct iovec v[5];
	make_pair(SOCK_DGRAM);
	for (int k = 0; k < 5; k++) {
		v[k] = (struct iovec){bufs[k], 1 + (size_t)k};
		bufs[k][0] = (char)('a' + k);
		m[k].msg_hdr = (struct msghdr){.msg_iov = &v[k], .msg_iovlen = 1};
	}
	m[3].msg_hdr.msg_iov = (void *)8;
	CHECK_EQ(3, sendmmsg(sv[0], m, 5, 0)); /* up to the bad one */
	m[3].msg_hdr.msg_iov = &v[3];
	CHECK_EQ(1, m[0].msg_len);
	CHECK_EQ(3, m[2].msg_len);
	CHECK_EQ(0, sendmmsg(sv[0], m, 0, 0));
	memset(bufs, 0, sizeof(bufs));
	for (int k = 0; k < 5; k++)
		v[k].iov_len = 8;
	CHECK_EQ(3, recvmmsg(sv[1], m, 5, MSG_DONTWAIT, NULL));
	CHECK_EQ(3, m[2].msg_len);
	CHECK_EQ('c', bufs[2][0]);
	CHECK_ERRNO(EAGAIN, recvmmsg(sv[1], m, 5, MSG_DONTWAIT, NULL));
	CHECK_EQ(2, sendmmsg(sv[0], m, 2, 0));
	CHECK_EQ(2, recvmmsg(sv[1], m, 5, MSG_WAITFORONE, NULL));
	struct timespec t = {0, 0}, bad = {0, 1000000000};
	CHECK_EQ(2, sendmmsg(sv[0], m, 2, 0));
	CHECK_EQ(1, recvmmsg(sv[1], m, 5, 0, &t)); /* the time is looked at after each */
	CHECK_EQ(0, t.tv_sec);
	CHECK_ERRNO(EINVAL, recvmmsg(sv[1], m, 5, 0, &bad));
	CHECK_ERRNO(EFAULT, recvmmsg(sv[1], m, 5, 0, (struct timespec *)8));
	CHECK_ERRNO(EFAULT, recvmmsg(sv[1], (struct mmsghdr *)8, 5, 0, NULL));
	close_pair();
}

static void headers(void)
{
	char c = 0;
	struct iovec v = {&c, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_name = &a};
	make_pair(SOCK_DGRAM);
	CHECK_ERRNO(EFAULT, sendmsg(sv[0], (struct msghdr *)8, 0));
	CHECK_ERRNO(EFAULT, recvmsg(sv[0], (struct msghdr *)8, 0));
	m.msg_namelen = (socklen_t)-1;
	CHECK_ERRNO(EINVAL, sendmsg(sv[0], &m, 0));
	m.msg_name = NULL; /* then its length does not count */
	CHECK_EQ(1, sendmsg(sv[0], &m, 0));
	CHECK_EQ(1, recvmsg(sv[1], &m, 0));
	CHECK_EQ((socklen_t)-1, m.msg_namelen);
	m.msg_namelen = 0;
	m.msg_control = &c;
	m.msg_controllen = 1u << 20;
	CHECK_ERRNO(ENOBUFS, sendmsg(sv[0], &m, 0));
	m.msg_control = (void *)8;
	m.msg_controllen = 64;
	CHECK_ERRNO(EFAULT, sendmsg(sv[0], &m, 0));
	m.msg_controllen = 0;
	v.iov_len = (size_t)-1;
	CHECK_ERRNO(EINVAL, sendmsg(sv[0], &m, 0));
	v.iov_len = 1;
	CHECK_EQ(1, send(sv[0], "x", 1, 0));
	m = (struct msghdr){
	    .msg_iov = &v, .msg_iovlen = 1, .msg_name = &a, .msg_namelen = sizeof(a)};
	CHECK_EQ(1, recvmsg(sv[1], &m, MSG_CMSG_CLOEXEC));
	CHECK_EQ(0, m.msg_namelen);
	CHECK_EQ(MSG_CMSG_CLOEXEC, m.msg_flags);
	close_pair();
}

SUBCOMMANDS({"borders", borders}, {"peek_offset", peek_offset}, {"addresses", addresses},
    {"autobind", autobind}, {"full_queue", full_queue}, {"self", self}, {"ends", ends},
    {"reconnect", reconnect}, {"packets", packets}, {"too_long", too_long},
    {"many_messages", many_messages}, {"headers", headers})
