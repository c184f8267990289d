/* For programs that test terminals: a pty, and what comes out of its ends. */
#ifndef PTY_PAIR_H
#define PTY_PAIR_H

#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#define WAIT_MS  5000 /* for what must come */
#define QUIET_MS 20   /* for what must not: a failure that comes later is not seen */

struct pair {
	int m, s; /* master, slave */
};

static inline int __attribute__((unused)) open_master(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(m >= 0);
	CHECK_EQ(0, unlockpt(m));
	return m;
}

static inline int __attribute__((unused)) open_slave(int m, int flags)
{
	int s = open(ptsname(m), flags | O_NOCTTY);

	CHECK(s >= 0);
	return s;
}

static inline struct pair __attribute__((unused)) open_pair(void)
{
	struct pair p;

	p.m = open_master();
	p.s = open_slave(p.m, O_RDWR);
	return p;
}

static inline void __attribute__((unused)) close_pair(struct pair p)
{
	close(p.s);
	close(p.m);
}

static inline struct termios __attribute__((unused)) get_modes(int fd)
{
	struct termios t;

	CHECK_EQ(0, tcgetattr(fd, &t));
	return t;
}

static inline void __attribute__((unused)) set_modes(int fd, const struct termios *t)
{
	CHECK_EQ(0, tcsetattr(fd, TCSANOW, t));
}

/* Changes flags: `field` is c_iflag, c_oflag or c_lflag. */
#define CHANGE(fd, field, off, on)                                                                 \
	do {                                                                                       \
		struct termios change_ = get_modes(fd);                                            \
		change_.field = (change_.field & ~(tcflag_t)(off)) | (tcflag_t)(on);               \
		set_modes(fd, &change_);                                                           \
	} while (0)

static inline void __attribute__((unused)) set_char(int fd, int which, int c)
{
	struct termios t = get_modes(fd);

	t.c_cc[which] = (cc_t)c;
	set_modes(fd, &t);
}

static inline void __attribute__((unused)) set_raw(int fd, int min, int time)
{
	struct termios t = get_modes(fd);

	cfmakeraw(&t);
	t.c_cc[VMIN] = (cc_t)min;
	t.c_cc[VTIME] = (cc_t)time;
	set_modes(fd, &t);
}

static inline void __attribute__((unused)) put_bytes(int fd, const char *s, size_t n)
{
	CHECK_EQ((long)n, write(fd, s, n));
}

static inline void __attribute__((unused)) put(int fd, const char *s)
{
	put_bytes(fd, s, strlen(s));
}

/* What poll says now, or once any of `events` comes. */
static inline int __attribute__((unused)) poll_fd(int fd, int events, int ms)
{
	struct pollfd p = {.fd = fd, .events = (short)events};

	CHECK(poll(&p, 1, ms) >= 0);
	return p.revents;
}

static inline void __attribute__((unused)) wait_readable(int fd)
{
	CHECK(poll_fd(fd, POLLIN, WAIT_MS) & (POLLIN | POLLHUP));
}

/* Bytes as C text, for messages. */
static inline const char *__attribute__((unused)) shown(const char *s, size_t n)
{
	static char text[2][4 * 256 + 4];
	static int turn;
	char *out = text[turn ^= 1], *at = out;

	for (size_t i = 0; i < n && i < 256; i++)
		at += sprintf(at, s[i] >= ' ' && s[i] < 127 && s[i] != '\\' ? "%c" : "\\x%02x",
		    (unsigned char)s[i]);
	*at = 0;
	return out;
}

#define CHECK_BYTES(want, n, got, m)                                                               \
	do {                                                                                       \
		if ((size_t)(n) != (size_t)(m) || memcmp(want, got, n))                            \
			FAIL("\"%s\" (%ld), not \"%s\" (%ld)", shown(got, m), (long)(m),           \
			    shown(want, n), (long)(n));                                            \
	} while (0)

/* One read gives exactly this. */
#define CHECK_READ(fd, want) CHECK_READ_N(fd, want, sizeof(want) - 1)
#define CHECK_READ_N(fd, want, len)                                                                \
	do {                                                                                       \
		char read_[4200];                                                                  \
		wait_readable(fd);                                                                 \
		ssize_t n_ = read(fd, read_, sizeof(read_));                                       \
		CHECK(n_ >= 0);                                                                    \
		CHECK_BYTES(want, len, read_, n_);                                                 \
	} while (0)

/* So many bytes come, in as many reads as it takes, and they are these; no more comes. */
#define CHECK_STREAM(fd, want) CHECK_STREAM_N(fd, want, sizeof(want) - 1)
#define CHECK_STREAM_N(fd, want, len)                                                              \
	do {                                                                                       \
		char stream_[4200];                                                                \
		size_t got_ = 0;                                                                   \
		while (got_ < (size_t)(len) && poll_fd(fd, POLLIN, WAIT_MS) & POLLIN) {            \
			ssize_t n_ = read(fd, stream_ + got_, sizeof(stream_) - got_);             \
			CHECK(n_ >= 0);                                                            \
			got_ += (size_t)n_;                                                        \
		}                                                                                  \
		CHECK_BYTES(want, len, stream_, got_);                                             \
		CHECK_QUIET(fd);                                                                   \
	} while (0)

#define CHECK_QUIET(fd) CHECK_EQ(0, poll_fd(fd, POLLIN, QUIET_MS) & POLLIN)

/* Takes everything that is there. Gives how much. */
static inline long __attribute__((unused)) drain(int fd)
{
	char buf[4096];
	long total = 0;

	while (poll_fd(fd, POLLIN, QUIET_MS) & POLLIN) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		total += n;
	}
	return total;
}

#endif
