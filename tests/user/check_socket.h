/* For the tests of sockets: names, pairs, control messages, and waiting for another to sleep. */
#ifndef CHECK_SOCKET_H
#define CHECK_SOCKET_H

#include "check.h"

#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static int sv[2] __attribute__((unused)); /* a pair */

static inline void __attribute__((unused)) make_pair(int type)
{
	CHECK_EQ(0, socketpair(AF_UNIX, type, 0, sv));
}

static inline void __attribute__((unused)) close_pair(void)
{
	CHECK_EQ(0, close(sv[0]));
	CHECK_EQ(0, close(sv[1]));
}

/* An abstract name of our own: "\0test.PID.NAME". */
static inline socklen_t __attribute__((unused)) abstract(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	int n = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "test.%d.%s", getpid(), name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static inline socklen_t __attribute__((unused)) path_name(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path, path);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static inline int __attribute__((unused)) new_socket(int type)
{
	int fd = socket(AF_UNIX, type, 0);
	CHECK(fd >= 0);
	return fd;
}

/* A socket bound to that abstract name; with a backlog >= 0 it listens. */
static inline int __attribute__((unused)) bound(
    int type, struct sockaddr_un *a, socklen_t *len, const char *name, int backlog)
{
	int fd = new_socket(type);
	*len = abstract(a, name);
	CHECK_EQ(0, bind(fd, (struct sockaddr *)a, *len));
	if (backlog >= 0)
		CHECK_EQ(0, listen(fd, backlog));
	return fd;
}

static inline int __attribute__((unused)) get_int(int fd, int option)
{
	int v = -12345;
	socklen_t len = sizeof(v);
	CHECK_EQ(0, getsockopt(fd, SOL_SOCKET, option, &v, &len));
	CHECK_EQ(sizeof(v), len);
	return v;
}

static inline void __attribute__((unused)) set_int(int fd, int option, int v)
{
	CHECK_EQ(0, setsockopt(fd, SOL_SOCKET, option, &v, sizeof(v)));
}

static inline short __attribute__((unused)) events_of(int fd)
{
	struct pollfd p = {fd,
	    POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM |
		POLLWRBAND,
	    0};
	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

/* Sends one byte with control data. */
static inline ssize_t __attribute__((unused)) send_control(int fd, void *control, size_t len)
{
	struct iovec v = {"x", 1};
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = len};
	return sendmsg(fd, &m, 0);
}

static inline ssize_t __attribute__((unused)) send_fds(int fd, const int *fds, int n)
{
	_Alignas(struct cmsghdr) char buf[CMSG_SPACE(256 * sizeof(int))] = {0};
	struct cmsghdr *c = (struct cmsghdr *)buf;
	*c = (struct cmsghdr){CMSG_LEN((size_t)n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	return send_control(fd, buf, CMSG_SPACE((size_t)n * sizeof(int)));
}

/* What one receive gave. */
struct received {
	ssize_t n;
	int flags;
	size_t controllen;
	int fds[300], fd_count;
	bool has_cred;
	struct ucred cred;
	char data[64];
};

static inline struct received __attribute__((unused)) receive(int fd, size_t room, int flags)
{
	_Alignas(struct cmsghdr) char buf[4096] = {0};
	struct received r = {0};
	struct iovec v = {r.data, sizeof(r.data)};
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = room};
	r.n = recvmsg(fd, &m, flags);
	if (r.n < 0)
		return r;
	r.flags = m.msg_flags;
	r.controllen = m.msg_controllen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == SCM_RIGHTS) {
			r.fd_count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(r.fds, CMSG_DATA(c), (size_t)r.fd_count * sizeof(int));
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			r.has_cred = true;
			memcpy(&r.cred, CMSG_DATA(c), sizeof(r.cred));
		}
	}
	return r;
}

static inline int __attribute__((unused)) receive_fd(int fd)
{
	struct received r = receive(fd, CMSG_SPACE(sizeof(int)), 0);
	CHECK_EQ(1, r.n);
	CHECK_EQ(1, r.fd_count);
	return r.fds[0];
}

/* Until the process sleeps. */
static inline void __attribute__((unused)) until_asleep(pid_t pid)
{
	char path[64], state = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int k = 0; k < 5000 && state != 'S'; k++) {
		FILE *f = fopen(path, "r");
		if (f && fscanf(f, "%*d %*s %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
		if (state != 'S')
			sleep_ms(1);
	}
	CHECK_EQ('S', state);
}

static inline void __attribute__((unused)) reap_ok(pid_t pid)
{
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

#endif
