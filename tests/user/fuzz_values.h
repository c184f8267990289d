/*
 * Random values for the arguments of system calls, by the kinds of kernel/syscall/syscall.tbl:
 * numbers, descriptors, paths, and pointers of every sort into an arena that is made anew for each
 * process. A value is a function of the generator's state alone.
 */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H

#include "check.h"

#include <linux/sched.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#define PAGE      4096UL
#define RW_PAGES  8 /* of the arena, from its start */
#define HOLE_PAGE 8 /* not mapped */
#define RO_PAGE   9
#define NONE_PAGE 10
#define FILE_PAGE                                                                                  \
	11 /* a shared mapping of a file that ends in the middle of it; then one past its end */
#define PAGES 13
#define FDS   48 /* descriptors from 0 up that worlds are made of */

struct fuzz {
	uint64_t state;
	char *arena;
	size_t next; /* where in the writable part the next object goes */
	pid_t *pids; /* FUZZ_PIDS processes of ours, 0: none */
};
#define FUZZ_PIDS 16

/* --- numbers --- */

static uint64_t fuzz_random(struct fuzz *f)
{
	uint64_t z = f->state += 0x9e3779b97f4a7c15UL;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

static uint64_t below(struct fuzz *f, uint64_t n)
{
	return fuzz_random(f) % n;
}

static bool one_in(struct fuzz *f, uint64_t n)
{
	return below(f, n) == 0;
}

#define PICK(f, array) ((array)[below(f, sizeof(array) / sizeof(*(array)))])

static uint64_t some_size(struct fuzz *f)
{
	static const uint64_t edges[] = {0, 1, 2, 4, 7, 8, 9, 16, 24, 32, 64, 88, 112, 128, 255,
	    256, 1024, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 65536, 1 << 20, 1UL << 31, 1UL << 32,
	    0x7fffffff, 0xffffffff, 1UL << 38, 1UL << 47, 1UL << 63, -1UL, -PAGE, 0x7ffff000};

	return one_in(f, 4)   ? below(f, 300)
	       : one_in(f, 8) ? fuzz_random(f) >> below(f, 64)
			      : edges[below(f, one_in(f, 2) ? 15 : 33)];
}

static uint64_t some_offset(struct fuzz *f)
{
	static const uint64_t edges[] = {0, 1, -1UL, 100, PAGE - 1, PAGE, PAGE * 3, 1UL << 20,
	    1UL << 31, 1UL << 32, 1UL << 47, 1UL << 62, INT64_MAX, (uint64_t)INT64_MIN,
	    INT64_MAX - PAGE + 1};

	return one_in(f, 3) ? below(f, 5000) : PICK(f, edges);
}

/* Flags, commands, counts: small numbers, single bits and a few of them, the ends of the types. */
static uint64_t some_int(struct fuzz *f)
{
	static const uint64_t edges[] = {
	    -1UL, -2UL, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32, 1UL << 63, -100UL};

	switch (below(f, 8)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return below(f, 8);
	case 3:
		return below(f, 70);
	case 4:
		return 1UL << below(f, 32);
	case 5:
		return 1UL << below(f, 32) | 1UL << below(f, 32) | 1UL << below(f, 16);
	case 6:
		return PICK(f, edges);
	default:
		return fuzz_random(f) >> below(f, 64);
	}
}

static uint64_t some_fd(struct fuzz *f)
{
	static const uint64_t odd[] = {
	    -1UL, (uint64_t)AT_FDCWD, 200, 1023, 0x7fffffff, 1UL << 32, 0xffffff9c};

	return one_in(f, 10) ? PICK(f, odd) : below(f, FDS);
}

/* Ours only: ourselves, our group, processes of this test, and numbers that nobody has. */
static uint64_t some_pid(struct fuzz *f)
{
	static const uint64_t nobody[] = {(uint64_t)INT32_MIN, 0x7fffffff, 99999999, -99999999UL};
	pid_t pid = f->pids[below(f, FUZZ_PIDS)];

	switch (below(f, 8)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)gettid();
	case 2:
		return PICK(f, nobody);
	case 3:
		return (uint64_t)(int64_t)-getpgrp();
	case 4:
		return (uint64_t)getpid();
	default:
		return pid > 1 ? (uint64_t)pid : 99999998;
	}
}

static uint64_t some_signal(struct fuzz *f)
{
	static const uint8_t often[] = {
	    SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, 34, 64, 0};

	return one_in(f, 4) ? below(f, 67) - 1 : PICK(f, often);
}

static uint64_t some_clock(struct fuzz *f)
{
	return one_in(f, 6) ? ~(uint64_t)getpid() << 3 | below(f, 8) : below(f, 14) - 1;
}

/* --- pointers --- */

/* Room for an object in the writable part; the parts are used in turn. */
static void *place(struct fuzz *f, size_t size)
{
	size = (size + 15) & ~15UL;
	if (f->next + size > RW_PAGES * PAGE)
		f->next = 0;
	f->next += size;
	return f->arena + f->next - size;
}

static uint64_t bad_pointer(struct fuzz *f)
{
	char *a = f->arena;

	switch (below(f, 14)) {
	case 0:
		return 0;
	case 1:
		return below(f, 4096);
	case 2:
		return (uint64_t)(a + HOLE_PAGE * PAGE + below(f, PAGE));
	case 3:
		return (uint64_t)(a + HOLE_PAGE * PAGE - below(f, 64));
	case 4:
		return (uint64_t)(a + RO_PAGE * PAGE + below(f, PAGE));
	case 5:
		return (uint64_t)(a + NONE_PAGE * PAGE - below(f, 32));
	case 6:
		return (uint64_t)(a + FILE_PAGE * PAGE + below(f, PAGE));
	case 7:
		return (uint64_t)(a + (FILE_PAGE + 1) * PAGE - below(f, 32));
	case 8:
		return (uint64_t)&fuzz_random;
	case 9:
		return -1UL - below(f, 5000);
	case 10:
		return 0xffffffff80000000UL + below(f, 1 << 24);
	case 11:
		return 1UL << (37 + below(f, 27));
	case 12:
		return (1UL << (37 + below(f, 27))) - below(f, 16);
	default:
		return fuzz_random(f);
	}
}

static uint64_t some_bytes(struct fuzz *f)
{
	size_t size = 64 + below(f, 200);
	char *p = place(f, size);
	int how = (int)below(f, 4);

	for (size_t i = 0; i < size; i += 8) {
		uint64_t v = how == 0   ? 0
			     : how == 1 ? some_int(f)
			     : how == 2 ? below(f, 16)
					: fuzz_random(f);
		memcpy(p + i, &v, 8);
	}
	return (uint64_t)(p + (one_in(f, 8) ? below(f, 8) : 0));
}

static const char *const names[] = {"a", "b", "d", "d/a", "d/x", "l", "loop", "p", "x", "s", ".",
    "..", "/", "", "d/..", "new", "d/new", "/proc", "/proc/self/maps", "/proc/self/fd",
    "/proc/self/fd/3", "/proc/self/mem", "/proc/self/stat", "/proc/self/exe", "/proc/self/cwd/a",
    "/proc/self/task", "/proc/self/environ", "/proc/self/oom_score_adj", "/proc/thread-self/status",
    "/proc/meminfo", "/proc/mounts", "/dev", "/dev/null", "/dev/zero", "/dev/full", "/dev/ptmx",
    "/dev/tty", "/dev/pts", "/dev/pts/0", "a/b", "none/b", "tmpfs", "proc", "sysfs", "devpts",
    "mnt", "mnt/a", "user.x", "security.capability", "system.posix_acl_access", "trusted.t",
    "size=64k", "mode=700,uid=1"};

static uint64_t some_path(struct fuzz *f)
{
	static const size_t lengths[] = {254, 255, 256, 4094, 4095, 4096};

	if (!one_in(f, 12)) {
		const char *name = PICK(f, names);
		return (uint64_t)strcpy(place(f, strlen(name) + 1), name);
	}
	if (one_in(f, 3)) { /* without an end before the hole */
		char *p = f->arena + RW_PAGES * PAGE - 5;
		return (uint64_t)memcpy(p, "/dev/", 5);
	}
	size_t n = PICK(f, lengths);
	char *p = memset(place(f, n + 1), 'n', n);
	for (size_t i = 0; n > 300 && i < n; i += 2)
		p[i] = '.', p[i + 1] = '/';
	p[n] = 0;
	return (uint64_t)p;
}

/* Below a millisecond, mostly. */
static void short_time(struct fuzz *f, struct timespec *t)
{
	*t = (struct timespec){0, (long)below(f, 200000)};
	if (one_in(f, 12))
		t->tv_nsec = (long)some_int(f);
	if (one_in(f, 12))
		t->tv_sec = (long)some_int(f);
}

static uint64_t any_pointer(struct fuzz *f);

static uint64_t time_object(struct fuzz *f)
{
	struct timespec *t = place(f, 2 * sizeof(*t));
	short_time(f, t);
	short_time(f, t + 1);
	return (uint64_t)t;
}

static uint64_t set_object(struct fuzz *f)
{
	uint64_t *set = place(f, 8);
	*set = one_in(f, 2) ? 1UL << below(f, 64) : one_in(f, 2) ? fuzz_random(f) : 0;
	return (uint64_t)set;
}

static uint64_t iovec_object(struct fuzz *f)
{
	size_t n = 1 + below(f, 8);
	struct iovec *v = place(f, n * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		v[i].iov_base = (void *)(one_in(f, 8) ? bad_pointer(f) : (uint64_t)place(f, 256));
		v[i].iov_len = one_in(f, 8) ? some_size(f) : below(f, 256);
	}
	return (uint64_t)v;
}

static uint64_t action_object(struct fuzz *f)
{
	uint64_t *a = place(f, 32); /* handler, flags, mask, and the restorer where there is one */
	a[0] = one_in(f, 4) ? fuzz_random(f) : below(f, 2);
	a[1] = some_int(f);
	a[2] = a[3] = fuzz_random(f);
	return (uint64_t)a;
}

static uint64_t event_object(struct fuzz *f)
{
	struct epoll_event *e = place(f, sizeof(*e));
	e->events = one_in(f, 2) ? (uint32_t)fuzz_random(f)
				 : EPOLLIN | EPOLLOUT | (one_in(f, 2) ? EPOLLET : 0);
	e->data.u64 = fuzz_random(f);
	return (uint64_t)e;
}

static uint64_t poll_object(struct fuzz *f)
{
	size_t n = 1 + below(f, 20);
	struct pollfd *p = place(f, n * sizeof(*p));
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){(int)some_fd(f), (short)fuzz_random(f), -1};
	return (uint64_t)p;
}

static uint64_t clone_object(struct fuzz *f)
{
	struct clone_args *c = place(f, sizeof(*c) + 16);
	memset(c, 0, sizeof(*c));
	c->flags = one_in(f, 2) ? 0 : fuzz_random(f) & fuzz_random(f) & 0xffffff00;
	c->exit_signal = one_in(f, 4) ? some_int(f) : SIGCHLD;
	if (one_in(f, 3)) {
		c->pidfd = any_pointer(f);
		c->child_tid = any_pointer(f);
		c->parent_tid = any_pointer(f);
		c->tls = fuzz_random(f);
	}
	if (one_in(f, 3)) {
		c->stack = any_pointer(f);
		c->stack_size = some_size(f);
	}
	if (one_in(f, 8)) {
		c->set_tid = any_pointer(f);
		c->set_tid_size = below(f, 34);
	}
	return (uint64_t)c;
}

static uint64_t socket_address(struct fuzz *f)
{
	struct sockaddr_un *a = place(f, sizeof(*a) + 16);
	memset(a, 0, sizeof(*a));
	a->sun_family = one_in(f, 8) ? (sa_family_t)some_int(f) : AF_UNIX;
	snprintf(a->sun_path + one_in(f, 3), sizeof(a->sun_path) - 1, "sock%d", (int)below(f, 4));
	return (uint64_t)a;
}

/* What goes with a message: descriptors, credentials, or something cut short. */
static void control_message(struct fuzz *f, struct msghdr *m)
{
	struct cmsghdr *c = place(f, 128);
	int *fds = (int *)CMSG_DATA(c);

	m->msg_control = c;
	m->msg_controllen = one_in(f, 4) ? below(f, 128) : CMSG_SPACE(3 * sizeof(int));
	c->cmsg_len = one_in(f, 6) ? some_size(f) : CMSG_LEN(below(f, 5) * sizeof(int));
	c->cmsg_level = one_in(f, 8) ? (int)some_int(f) : SOL_SOCKET;
	c->cmsg_type = (int)below(f, 5);
	for (int i = 0; i < 5; i++)
		fds[i] = (int)some_fd(f);
}

static uint64_t message_object(struct fuzz *f)
{
	struct msghdr *m = place(f, sizeof(*m) + 16);
	memset(m, 0, sizeof(*m) + 16);
	m->msg_iov = (void *)iovec_object(f);
	m->msg_iovlen = one_in(f, 10) ? some_size(f) : below(f, 3);
	if (one_in(f, 2)) {
		m->msg_name = (void *)socket_address(f);
		m->msg_namelen = one_in(f, 4) ? (socklen_t)some_size(f)
					      : sizeof(struct sockaddr_un);
	}
	if (one_in(f, 2))
		control_message(f, m);
	return (uint64_t)m;
}

static uint64_t small_ints(struct fuzz *f)
{
	int *p = place(f, 64);
	for (int i = 0; i < 16; i++)
		p[i] = one_in(f, 2) ? (int)below(f, 40) : (int)some_int(f);
	return (uint64_t)p;
}

/* A filter of classic BPF, mostly well-formed. */
static uint64_t filter_object(struct fuzz *f)
{
	struct {
		uint16_t code;
		uint8_t jt, jf;
		uint32_t k;
	} *code = place(f, 8 * 8);
	struct {
		uint16_t len;
		void *code;
	} *program = place(f, 16);

	for (int i = 0; i < 7; i++) {
		code[i].code = one_in(f, 3) ? (uint16_t)below(f, 256) : one_in(f, 2) ? 0x20 : 0x15;
		code[i].jt = (uint8_t)below(f, 3), code[i].jf = (uint8_t)below(f, 3);
		code[i].k = one_in(f, 3) ? (uint32_t)some_int(f) : (uint32_t)below(f, 16) * 4;
	}
	code[7].code = 6, code[7].jt = code[7].jf = 0,
	code[7].k = one_in(f, 2) ? 0x7fff0000 : (uint32_t)fuzz_random(f);
	program->len = one_in(f, 8) ? (uint16_t)some_int(f) : 8;
	program->code = code;
	return (uint64_t)program;
}

static uint64_t string_vector(struct fuzz *f)
{
	size_t n = below(f, 6);
	uint64_t *v = place(f, (n + 1) * 8);
	for (size_t i = 0; i < n; i++)
		v[i] = one_in(f, 20) ? bad_pointer(f) : some_path(f);
	v[n] = one_in(f, 20) ? fuzz_random(f) : 0;
	return (uint64_t)v;
}

static uint64_t any_pointer(struct fuzz *f)
{
	static uint64_t (*const makers[])(struct fuzz *) = {some_bytes, some_bytes, time_object,
	    set_object, iovec_object, action_object, event_object, poll_object, clone_object,
	    socket_address, message_object, small_ints, filter_object, string_vector, some_path};

	return one_in(f, 5) ? bad_pointer(f) : PICK(f, makers)(f);
}

#endif
