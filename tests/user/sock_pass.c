/* What goes with messages (unix(7)): files in flight and their limits, credentials, cycles. */
#include "check_socket.h"

#include <grp.h>
#include <sys/resource.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

static struct sockaddr_un a;
static socklen_t alen;
#define ADDR ((struct sockaddr *)&a)

static void pass_file(int type)
{
	char buf[8] = "";
	int p[2], q[2];
	make_pair(type);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(1, send_fds(sv[0], p, 2));
	close(p[1]); /* the message holds it */
	struct received r = receive(sv[1], CMSG_SPACE(2 * sizeof(int)), MSG_CMSG_CLOEXEC);
	CHECK_EQ(1, r.n);
	CHECK_EQ(MSG_CMSG_CLOEXEC, r.flags);
	CHECK_EQ(2, r.fd_count);
	CHECK_EQ(CMSG_SPACE(2 * sizeof(int)), r.controllen);
	memcpy(q, r.fds, sizeof(q));
	CHECK_EQ(FD_CLOEXEC, fcntl(q[0], F_GETFD));
	CHECK_EQ(3, write(q[1], "abc", 3));
	CHECK_EQ(3, read(p[0], buf, 8));
	close(q[1]);
	CHECK_EQ(0, read(q[0], buf, 8));
	close(q[0]);
	close(p[0]);
	close_pair();
}

static void rights(void)
{
	pass_file(SOCK_STREAM);
	pass_file(SOCK_DGRAM);
	pass_file(SOCK_SEQPACKET);
	CHECK_EQ(3, dup(0));
}

/* Files that nobody receives are closed with their message. */
static void unreceived(void)
{
	char c;
	int p[2];
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(1, send_fds(sv[0], &p[1], 1));
	close(p[1]);
	close_pair();
	CHECK_EQ(0, read(p[0], &c, 1));
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(1, send_fds(sv[0], &p[1], 1));
	close(p[1]);
	CHECK_EQ(1, read(sv[1], &c, 1)); /* by a read without room for it */
	CHECK_EQ(0, read(p[0], &c, 1));
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(1, send_fds(sv[0], &p[1], 1));
	close(p[1]);
	struct received r = receive(sv[1], CMSG_LEN(0), 0);
	CHECK_EQ(MSG_CTRUNC, r.flags);
	CHECK_EQ(0, r.controllen);
	CHECK_EQ(0, read(p[0], &c, 1));
	close_pair();
}

static void truncated(void)
{
	int fds[3] = {0, 1, 2};
	make_pair(SOCK_DGRAM);
	CHECK_EQ(1, send_fds(sv[0], fds, 3));
	struct received r = receive(sv[1], CMSG_LEN(2 * sizeof(int)), 0);
	CHECK_EQ(MSG_CTRUNC, r.flags);
	CHECK_EQ(2, r.fd_count);
	CHECK_EQ(CMSG_LEN(2 * sizeof(int)), r.controllen);
	close(r.fds[0]);
	close(r.fds[1]);
	/* A receiver without free descriptors. */
	int fd;
	CHECK_EQ(1, send_fds(sv[0], fds, 3));
	while ((fd = dup(0)) >= 0)
		;
	close(20);
	r = receive(sv[1], CMSG_SPACE(3 * sizeof(int)), 0);
	CHECK_EQ(MSG_CTRUNC, r.flags);
	CHECK_EQ(1, r.fd_count);
	CHECK_EQ(20, r.fds[0]);
}

static void peek_rights(void)
{
	struct stat st, want;
	int fd = 0;
	make_pair(SOCK_STREAM);
	CHECK_EQ(1, send_fds(sv[0], &fd, 1));
	CHECK_EQ(1, send(sv[0], "y", 1, 0));
	struct received r = receive(sv[1], 64, MSG_PEEK);
	CHECK_EQ(1, r.n); /* not beyond the files */
	CHECK_EQ(1, r.fd_count);
	CHECK_EQ(0, fstat(0, &want));
	CHECK_EQ(0, fstat(r.fds[0], &st));
	CHECK_EQ(want.st_ino, st.st_ino);
	close(r.fds[0]);
	r = receive(sv[1], 64, 0);
	CHECK_EQ(1, r.n);
	CHECK_EQ(1, r.fd_count);
	close(r.fds[0]);
	r = receive(sv[1], 64, 0);
	CHECK_EQ(1, r.n);
	CHECK_EQ(0, r.fd_count);
	close_pair();
}

static void bad_control(void)
{
	_Alignas(struct cmsghdr) char buf[256] = {0};
	struct cmsghdr *c = (struct cmsghdr *)buf;
	int bad = 99, many[254] = {0};
	make_pair(SOCK_STREAM);
	CHECK_ERRNO(EBADF, send_fds(sv[0], &bad, 1));
	CHECK_ERRNO(EINVAL, send_fds(sv[0], many, 254));
	CHECK_EQ(1, send_fds(sv[0], many, 253));
	struct received r = receive(sv[1], 4096, 0);
	CHECK_EQ(253, r.fd_count);
	for (int k = 0; k < 253; k++)
		CHECK_EQ(0, close(r.fds[k]));
	*c = (struct cmsghdr){8, SOL_SOCKET, SCM_RIGHTS};
	CHECK_ERRNO(EINVAL, send_control(sv[0], buf, 16));
	*c = (struct cmsghdr){100, SOL_SOCKET, SCM_RIGHTS};
	CHECK_ERRNO(EINVAL, send_control(sv[0], buf, 32));
	*c = (struct cmsghdr){CMSG_LEN(4), SOL_SOCKET, 77};
	CHECK_ERRNO(EINVAL, send_control(sv[0], buf, 32));
	*c = (struct cmsghdr){CMSG_LEN(4), 77, SCM_RIGHTS};
	CHECK_EQ(1, send_control(sv[0], buf, 24)); /* of another level: not ours */
	CHECK_EQ(1, send_control(sv[0], buf, 8));  /* too short to be any */
	*c = (struct cmsghdr){CMSG_LEN(0), SOL_SOCKET, SCM_RIGHTS};
	CHECK_EQ(1, send_control(sv[0], buf, 16));
	*c = (struct cmsghdr){CMSG_LEN(8), SOL_SOCKET, SCM_CREDENTIALS};
	CHECK_ERRNO(EINVAL, send_control(sv[0], buf, 32));
	close_pair();
}

static void in_flight_limit(void)
{
	struct rlimit l = {20, 20};
	int fds[100] = {0}, n = 0;
	static int boxes[20][2];
	for (int k = 0; k < 4; k++)
		CHECK_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, boxes[k]));
	CHECK_EQ(0, setrlimit(RLIMIT_NOFILE, &l));
	CHECK_EQ(0, setgid(1000));
	CHECK_EQ(0, setuid(1000));
	/* The limit is looked at before: the message that goes past it is the last. */
	while (send_fds(boxes[0][0], fds, 15) == 1)
		n++;
	CHECK_EQ(ETOOMANYREFS, errno);
	CHECK_EQ(2, n);
	CHECK_ERRNO(ETOOMANYREFS, send_fds(boxes[1][0], fds, 1));
	char c;
	CHECK_EQ(1, read(boxes[0][1], &c, 1));
	CHECK_EQ(1, send_fds(boxes[1][0], fds, 1));
}

/* Sockets that hold each other in flight go when nobody can receive them any more. */
static void cycles(void)
{
	int p[2];
	char c;
	for (int round = 0; round < 50; round++) {
		int x[2], y[2];
		CHECK_EQ(0, pipe(p));
		CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, x));
		CHECK_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, y));
		int send_x[3] = {x[0], x[1], p[1]}, send_y[2] = {y[0], y[1]};
		CHECK_EQ(1, send_fds(y[0], send_x, 3)); /* in y[1]'s queue */
		CHECK_EQ(1, send_fds(x[0], send_y, 2)); /* in x[1]'s */
		CHECK_EQ(1, send_fds(x[1], &x[1], 1));  /* and one to itself */
		close(p[1]);
		close(x[0]);
		close(y[1]);
		close(y[0]);
		struct pollfd f = {p[0], POLLIN, 0};
		CHECK_EQ(0, poll(&f, 1, 0)); /* x[1] is open: all of it can be had */
		close(x[1]);
		make_pair(SOCK_STREAM); /* Linux collects when a socket is closed */
		close_pair();
		CHECK_EQ(0, read(p[0], &c, 1));
		close(p[0]);
	}
}

/* A cycle that can still be received stays whole. */
static void live_cycle(void)
{
	int x[2], y[2], keep;
	make_pair(SOCK_STREAM);
	CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, x));
	CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, y));
	CHECK_EQ(1, send_fds(x[0], &y[1], 1));
	CHECK_EQ(1, send_fds(y[0], &x[1], 1));
	CHECK_EQ(1, send_fds(sv[0], &x[1], 1)); /* the way in */
	close(x[0]);
	close(x[1]);
	close(y[0]);
	close(y[1]);
	keep = new_socket(SOCK_STREAM);
	close(keep);
	x[1] = receive_fd(sv[1]);
	y[1] = receive_fd(x[1]);
	int again = receive_fd(y[1]);
	struct stat s, t;
	CHECK_EQ(0, fstat(x[1], &s));
	CHECK_EQ(0, fstat(again, &t));
	CHECK_EQ(s.st_ino, t.st_ino);
	close(again);
	close(x[1]);
	close(y[1]);
	close_pair();
}

/* Each in the queue of the next, 900 of them: their end needs no stack. */
static void long_chain(void)
{
	int last = -1, p[2];
	char c;
	CHECK_EQ(0, pipe(p));
	for (int k = 0; k < 900; k++) {
		int x[2];
		CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, x));
		CHECK_EQ(1, send_fds(x[0], k ? &last : &p[1], 1));
		close(k ? last : p[1]);
		close(x[0]);
		last = x[1];
	}
	close(last);
	CHECK_EQ(0, read(p[0], &c, 1));
}

/* A connection that was not accepted may hold its own listener. */
static void listener_cycle(void)
{
	int l = new_socket(SOCK_STREAM), c = new_socket(SOCK_STREAM), p[2];
	char b;
	CHECK_EQ(0, pipe(p));
	alen = abstract(&a, "l");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 5));
	CHECK_EQ(0, connect(c, ADDR, alen));
	int fds[2] = {l, p[1]};
	CHECK_EQ(1, send_fds(c, fds, 2));
	close(p[1]);
	close(l);
	struct pollfd f = {p[0], POLLIN, 0};
	make_pair(SOCK_STREAM);
	close_pair();
	CHECK_EQ(0, read(p[0], &b, 1)); /* nobody can accept it */
	CHECK_EQ(1, poll(&f, 1, 0));
	close(c);
	close(p[0]);
}

static ssize_t send_cred(int fd, int pid, unsigned uid, unsigned gid)
{
	_Alignas(struct cmsghdr) char buf[CMSG_SPACE(sizeof(struct ucred))] = {0};
	struct cmsghdr *c = (struct cmsghdr *)buf;
	struct ucred u = {pid, uid, gid};
	*c = (struct cmsghdr){CMSG_LEN(sizeof(u)), SOL_SOCKET, SCM_CREDENTIALS};
	memcpy(CMSG_DATA(c), &u, sizeof(u));
	return send_control(fd, buf, sizeof(buf));
}

static void check_cred(struct received r, int pid, unsigned uid, unsigned gid)
{
	CHECK_EQ(1, r.n);
	CHECK(r.has_cred);
	CHECK_EQ(pid, r.cred.pid);
	CHECK_EQ(uid, r.cred.uid);
	CHECK_EQ(gid, r.cred.gid);
}

static void credentials(void)
{
	make_pair(SOCK_DGRAM);
	CHECK_EQ(1, send(sv[0], "1", 1, 0));
	set_int(sv[1], SO_PASSCRED, 1);
	CHECK_EQ(1, get_int(sv[1], SO_PASSCRED));
	check_cred(receive(sv[1], 64, 0), 0, 65534, 65534); /* sent before they were wanted */
	CHECK_EQ(1, send(sv[0], "2", 1, 0));
	check_cred(receive(sv[1], 64, 0), getpid(), 0, 0);
	CHECK_EQ(1, send(sv[0], "3", 1, 0));
	struct received r = receive(sv[1], 0, 0);
	CHECK_EQ(MSG_CTRUNC, r.flags);
	CHECK_EQ(1, send_cred(sv[0], getppid(), 5, 6)); /* root may say anything */
	check_cred(receive(sv[1], 64, 0), getppid(), 5, 6);
	CHECK_ERRNO(ESRCH, send_cred(sv[0], 4000000, 0, 0));
	CHECK_ERRNO(EINVAL, send_cred(sv[0], getpid(), (unsigned)-1, 0));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, setresgid(100, 101, 102));
		CHECK_EQ(0, setresuid(1000, 1001, 1002));
		CHECK_EQ(1, send(sv[0], "4", 1, 0));
		check_cred(receive(sv[1], 64, 0), getpid(), 1000, 100);
		CHECK_EQ(1, send_cred(sv[0], getpid(), 1002, 101));
		check_cred(receive(sv[1], 64, 0), getpid(), 1002, 101);
		CHECK_ERRNO(EPERM, send_cred(sv[0], getppid(), 1000, 100));
		CHECK_ERRNO(EPERM, send_cred(sv[0], getpid(), 0, 100));
		CHECK_ERRNO(EPERM, send_cred(sv[0], getpid(), 1000, 0));
		_exit(0);
	}
	reap_ok(pid);
	close_pair();
	/* A stream does not mix bytes of different senders. */
	make_pair(SOCK_STREAM);
	set_int(sv[1], SO_PASSCRED, 1);
	CHECK_EQ(1, send(sv[0], "a", 1, 0));
	CHECK_EQ(1, send(sv[0], "b", 1, 0));
	CHECK_EQ(1, send_cred(sv[0], getpid(), 7, 8));
	r = receive(sv[1], 64, 0);
	CHECK_EQ(2, r.n);
	CHECK_EQ(0, r.cred.uid);
	check_cred(receive(sv[1], 64, 0), getpid(), 7, 8);
	close_pair();
}

static void peer_credentials(void)
{
	struct ucred u;
	socklen_t len = sizeof(u);
	gid_t groups[4] = {11, 12, 13}, got[4];
	int l = new_socket(SOCK_STREAM), c = new_socket(SOCK_STREAM);
	CHECK_EQ(0, getsockopt(c, SOL_SOCKET, SO_PEERCRED, &u, &len));
	CHECK_EQ(0, u.pid);
	CHECK_EQ(-1, (int)u.uid);
	CHECK_EQ(-1, (int)u.gid);
	CHECK_ERRNO(ENODATA, getsockopt(c, SOL_SOCKET, SO_PEERGROUPS, got, &len));
	alen = abstract(&a, "l");
	CHECK_EQ(0, bind(l, ADDR, alen));
	CHECK_EQ(0, listen(l, 5));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, setgroups(3, groups));
		CHECK_EQ(0, setresgid(100, 101, 102));
		CHECK_EQ(0, setresuid(1000, 1001, 1002));
		CHECK_EQ(0, connect(c, ADDR, alen));
		len = sizeof(u);
		CHECK_EQ(0, getsockopt(c, SOL_SOCKET, SO_PEERCRED, &u, &len));
		CHECK_EQ(getppid(), u.pid);
		CHECK_EQ(0, u.uid);
		_exit(0);
	}
	reap_ok(pid);
	int s = accept(l, NULL, NULL);
	len = sizeof(u);
	CHECK_EQ(0, getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &len));
	CHECK_EQ(sizeof(u), len);
	CHECK_EQ(pid, u.pid); /* as it was when it connected */
	CHECK_EQ(1001, u.uid);
	CHECK_EQ(101, u.gid);
	len = 4;
	CHECK_ERRNO(ERANGE, getsockopt(s, SOL_SOCKET, SO_PEERGROUPS, got, &len));
	CHECK_EQ(12, len);
	len = sizeof(got);
	CHECK_EQ(0, getsockopt(s, SOL_SOCKET, SO_PEERGROUPS, got, &len));
	CHECK_EQ(12, len);
	CHECK(!memcmp(groups, got, 12));
	make_pair(SOCK_DGRAM);
	len = sizeof(u);
	CHECK_EQ(0, getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &u, &len));
	CHECK_EQ(getpid(), u.pid);
}

/* The process behind a pidfd, as its fdinfo tells; closes it. -1: it is gone. */
static int pid_of(int fd)
{
	char path[32], line[80];
	int pid = 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Pid: %d", &pid);
	fclose(f);
	CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	CHECK_EQ(0, close(fd));
	return pid;
}

static int peer_pidfd(int fd)
{
	int pidfd;
	socklen_t len = sizeof(pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len))
		return -1;
	CHECK_EQ(sizeof(pidfd), len);
	return pidfd;
}

static void peer_pidfds(void)
{
	int s = new_socket(SOCK_STREAM), v, next = dup(0);
	socklen_t len = sizeof(v);
	close(next);
	CHECK_ERRNO(ENODATA, peer_pidfd(s));
	make_pair(SOCK_STREAM);
	CHECK_EQ(getpid(), pid_of(peer_pidfd(sv[0])));
	CHECK_ERRNO(EFAULT, getsockopt(sv[0], SOL_SOCKET, SO_PEERPIDFD, (void *)8, &len));
	close_pair();
	/* Of one who is gone there is no descriptor. */
	int l = bound(SOCK_STREAM, &a, &alen, "l", 5);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, connect(s, ADDR, alen));
		_exit(0);
	}
	v = accept(l, NULL, NULL);
	reap_ok(pid);
	CHECK_ERRNO(EINVAL, peer_pidfd(v));
	close(v);
	close(l);
	CHECK_EQ(next, dup(0));
}

/* Receives a byte with room for `room` bytes of control messages: the pidfd that came, or -1. */
static int receive_pidfd(int fd, size_t room, int flags)
{
	union {
		char bytes[128];
		struct cmsghdr align;
	} control;
	char c;
	struct iovec v = {&c, 1};
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = room};
	CHECK_EQ(1, recvmsg(fd, &m, 0));
	CHECK_EQ(flags, m.msg_flags);
	int pidfd = -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_type != SCM_PIDFD)
			continue;
		CHECK_EQ(SOL_SOCKET, h->cmsg_level);
		CHECK_EQ(CMSG_LEN(sizeof(pidfd)), h->cmsg_len);
		memcpy(&pidfd, CMSG_DATA(h), sizeof(pidfd));
	}
	return pidfd;
}

static void sender_pidfds(int type)
{
	make_pair(type);
	CHECK_EQ(0, get_int(sv[1], SO_PASSPIDFD));
	CHECK_EQ(1, send(sv[0], "1", 1, 0));
	set_int(sv[1], SO_PASSPIDFD, 1);
	CHECK_EQ(1, get_int(sv[1], SO_PASSPIDFD));
	CHECK_EQ(-1, receive_pidfd(sv[1], 128, 0)); /* sent before it was wanted */
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(1, send(sv[0], "2", 1, 0));
		pause();
	}
	CHECK_EQ(pid, pid_of(receive_pidfd(sv[1], 128, 0)));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ(1, send(sv[0], "3", 1, 0));
	CHECK_EQ(-1, receive_pidfd(sv[1], CMSG_LEN(sizeof(int)) - 1, MSG_CTRUNC));
	set_int(sv[1], SO_PASSCRED, 1);
	CHECK_EQ(1, send(sv[0], "4", 1, 0));
	CHECK_EQ(getpid(), pid_of(receive_pidfd(sv[1], 128, 0)));
	close_pair();
	CHECK_EQ(3, dup(0));
	close(3);
}

static void pidfds(void)
{
	sender_pidfds(SOCK_STREAM);
	sender_pidfds(SOCK_DGRAM);
	sender_pidfds(SOCK_SEQPACKET);
}

SUBCOMMANDS({"rights", rights}, {"unreceived", unreceived}, {"truncated", truncated},
    {"peek_rights", peek_rights}, {"bad_control", bad_control},
    {"in_flight_limit", in_flight_limit}, {"cycles", cycles}, {"live_cycle", live_cycle},
    {"long_chain", long_chain}, {"listener_cycle", listener_cycle}, {"credentials", credentials},
    {"peer_credentials", peer_credentials}, {"peer_pidfds", peer_pidfds}, {"pidfds", pidfds})
