/*
 * Random system calls: which one, from kernel/syscall/syscall.tbl itself, and its arguments by the
 * kinds that stand there; for some, what an argument means beyond its kind.
 */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "fuzz_values.h"

#include <sys/syscall.h>

struct call {
	uint16_t number, nargs;
	bool there; /* the kernel has it */
	const char *name, *kinds;
};
#define CALL(number, name, count, ...)    {number, count, true, #name, #__VA_ARGS__},
#define MISSING(number, name, count, ...) {number, count, false, #name, #__VA_ARGS__},
static const struct call calls[] = {
#include "../../kernel/syscall/syscall.tbl"
};
#undef CALL
#undef MISSING
#define CALLS (sizeof(calls) / sizeof(*calls))

/* --- what an argument means beyond its kind --- */

static uint64_t open_flags(struct fuzz *f)
{
	return (fuzz_random(f) & fuzz_random(f) & 037777700) | below(f, 4) |
	       (one_in(f, 2) ? O_CREAT | O_NONBLOCK : O_NONBLOCK);
}

static uint64_t map_flags(struct fuzz *f)
{
	return below(f, 4) | (one_in(f, 2) ? MAP_ANONYMOUS : 0) | (one_in(f, 3) ? MAP_FIXED : 0) |
	       (one_in(f, 8) ? 1UL << below(f, 32) : 0);
}

static uint64_t protection(struct fuzz *f)
{
	return one_in(f, 16) ? some_int(f) : below(f, 8);
}

static uint64_t map_address(struct fuzz *f)
{
	uint64_t page = (uint64_t)f->arena + below(f, PAGES + 20) * PAGE;

	return one_in(f, 8) ? bad_pointer(f) : one_in(f, 4) ? 0 : page;
}

static uint64_t map_size(struct fuzz *f)
{
	return one_in(f, 6) ? some_size(f) : below(f, 5) * PAGE;
}

static uint64_t ioctl_request(struct fuzz *f)
{
	static const uint32_t others[] = {0x80045430, 0x40045431, 0x80045432, 0x80045438,
	    0x80045439, 0x5441, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d, 0x80081272, 0x1,
	    0x2, 0xc0d8aa00};

	return one_in(f, 4) ? PICK(f, others) : 0x5400 + below(f, 0x62);
}

static uint64_t fcntl_command(struct fuzz *f)
{
	return one_in(f, 3) ? 1024 + below(f, 16) : below(f, 42);
}

static uint64_t prctl_option(struct fuzz *f)
{
	static const uint32_t others[] = {0x53564d41, 0x59616d61};

	return one_in(f, 12) ? PICK(f, others) : below(f, 75);
}

static uint64_t futex_op(struct fuzz *f)
{
	return below(f, 15) | (one_in(f, 2) ? 128 : 0) | (one_in(f, 4) ? 256 : 0);
}

static uint64_t advice(struct fuzz *f)
{
	return one_in(f, 8) ? some_int(f) : below(f, 26);
}

static uint64_t clone_flags(struct fuzz *f)
{
	static const uint64_t usual[] = {SIGCHLD, CLONE_VM | CLONE_VFORK | SIGCHLD, 0x3d0f00,
	    CLONE_FILES | SIGCHLD, CLONE_FS | CLONE_SIGHAND | CLONE_VM,
	    CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, CLONE_PARENT | SIGCHLD, CLONE_PIDFD | SIGCHLD,
	    CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID};

	return one_in(f, 3) ? fuzz_random(f) & fuzz_random(f) & 0xffffffff : PICK(f, usual);
}

static uint64_t socket_domain(struct fuzz *f)
{
	return one_in(f, 8) ? below(f, 48) : AF_UNIX;
}

static uint64_t socket_type(struct fuzz *f)
{
	static const uint64_t types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW, 9};

	return PICK(f, types) | (one_in(f, 2) ? SOCK_NONBLOCK : 0) |
	       (one_in(f, 3) ? SOCK_CLOEXEC : 0);
}

static uint64_t zero(struct fuzz *f)
{
	return one_in(f, 10) ? some_int(f) : 0;
}

static uint64_t level(struct fuzz *f)
{
	return one_in(f, 8) ? some_int(f) : SOL_SOCKET;
}

static uint64_t set_size(struct fuzz *f)
{
	return one_in(f, 12) ? some_size(f) : 8;
}

static uint64_t count(struct fuzz *f)
{
	return one_in(f, 10) ? some_size(f) : below(f, 8);
}

static const struct {
	const char *kind;
	uint64_t (*value)(struct fuzz *);
} kinds[] = {
    {"INT", some_int},
    {"UINT", some_int},
    {"HEX", some_int},
    {"LONG", some_offset},
    {"SIZE", some_size},
    {"FD", some_fd},
    {"PATH", some_path},
    {"PTR", any_pointer},
    {"BUF", some_bytes},
    {"STRV", string_vector},
    {"MODE", some_int},
    {"OPEN_FLAGS", open_flags},
    {"PROT", protection},
    {"MAP_FLAGS", map_flags},
    {"SIGNAL", some_signal},
    {"PID", some_pid},
    {"CLOCK", some_clock},
};

static const struct {
	const char *call;
	unsigned arg;
	uint64_t (*value)(struct fuzz *);
} meanings[] = {
    {"mmap", 0, map_address},
    {"mmap", 1, map_size},
    {"munmap", 0, map_address},
    {"munmap", 1, map_size},
    {"mprotect", 0, map_address},
    {"mprotect", 1, map_size},
    {"mremap", 0, map_address},
    {"mremap", 1, map_size},
    {"mremap", 2, map_size},
    {"mremap", 3, count},
    {"mremap", 4, map_address},
    {"madvise", 0, map_address},
    {"madvise", 1, map_size},
    {"madvise", 2, advice},
    {"mlock", 0, map_address},
    {"mlock", 1, map_size},
    {"mlock2", 0, map_address},
    {"mlock2", 1, map_size},
    {"munlock", 0, map_address},
    {"munlock", 1, map_size},
    {"msync", 0, map_address},
    {"msync", 1, map_size},
    {"mincore", 0, map_address},
    {"mincore", 1, map_size},
    {"shmat", 1, map_address},
    {"remap_file_pages", 0, map_address},
    {"ioctl", 1, ioctl_request},
    {"ioctl", 2, any_pointer},
    {"fcntl", 1, fcntl_command},
    {"prctl", 0, prctl_option},
    {"futex", 1, futex_op},
    {"futex", 0, small_ints},
    {"futex", 3, time_object},
    {"futex", 4, small_ints},
    {"futex_waitv", 3, time_object},
    {"clone", 0, clone_flags},
    {"clone3", 0, clone_object},
    {"clone3", 1, set_size},
    {"nanosleep", 0, time_object},
    {"clock_nanosleep", 2, time_object},
    {"ppoll", 0, poll_object},
    {"ppoll", 1, count},
    {"ppoll", 2, time_object},
    {"ppoll", 4, set_size},
    {"pselect6", 4, time_object},
    {"epoll_ctl", 1, count},
    {"epoll_ctl", 3, event_object},
    {"epoll_pwait", 2, count},
    {"epoll_pwait", 3, count},
    {"epoll_pwait", 5, set_size},
    {"epoll_pwait2", 2, count},
    {"epoll_pwait2", 3, time_object},
    {"epoll_pwait2", 5, set_size},
    {"readv", 1, iovec_object},
    {"readv", 2, count},
    {"writev", 1, iovec_object},
    {"writev", 2, count},
    {"preadv", 1, iovec_object},
    {"preadv", 2, count},
    {"pwritev", 1, iovec_object},
    {"pwritev", 2, count},
    {"preadv2", 1, iovec_object},
    {"preadv2", 2, count},
    {"pwritev2", 1, iovec_object},
    {"pwritev2", 2, count},
    {"vmsplice", 1, iovec_object},
    {"vmsplice", 2, count},
    {"process_vm_readv", 1, iovec_object},
    {"process_vm_readv", 2, count},
    {"process_vm_readv", 3, iovec_object},
    {"process_vm_readv", 4, count},
    {"process_vm_readv", 5, zero},
    {"process_vm_writev", 1, iovec_object},
    {"process_vm_writev", 2, count},
    {"process_vm_writev", 3, iovec_object},
    {"process_vm_writev", 4, count},
    {"process_vm_writev", 5, zero},
    {"rt_sigaction", 1, action_object},
    {"rt_sigaction", 3, set_size},
    {"rt_sigprocmask", 1, set_object},
    {"rt_sigprocmask", 3, set_size},
    {"rt_sigsuspend", 0, set_object},
    {"rt_sigsuspend", 1, set_size},
    {"rt_sigtimedwait", 0, set_object},
    {"rt_sigtimedwait", 2, time_object},
    {"rt_sigtimedwait", 3, set_size},
    {"signalfd4", 1, set_object},
    {"signalfd4", 2, set_size},
    {"timerfd_settime", 2, time_object},
    {"timer_settime", 2, time_object},
    {"timer_settime", 0, count},
    {"setitimer", 1, time_object},
    {"utimensat", 2, time_object},
    {"socket", 0, socket_domain},
    {"socket", 1, socket_type},
    {"socket", 2, zero},
    {"socketpair", 0, socket_domain},
    {"socketpair", 1, socket_type},
    {"socketpair", 2, zero},
    {"bind", 1, socket_address},
    {"connect", 1, socket_address},
    {"sendmsg", 1, message_object},
    {"recvmsg", 1, message_object},
    {"sendmmsg", 1, message_object},
    {"recvmmsg", 1, message_object},
    {"recvmmsg", 4, time_object},
    {"setsockopt", 1, level},
    {"setsockopt", 2, some_int},
    {"getsockopt", 1, level},
    {"seccomp", 2, filter_object},
    {"wait4", 2, count},
    {"waitid", 3, count},
};
#define MEANINGS (sizeof(meanings) / sizeof(*meanings))

/* A value of the kind at this position of the list, "FD, PATH, …". */
static uint64_t by_kind(struct fuzz *f, const char *list, unsigned arg)
{
	for (; arg > 0 && *list; list++)
		arg -= *list == ',';
	list += strspn(list, " ");
	size_t n = strcspn(list, " ,");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strlen(kinds[i].kind) == n && !strncmp(kinds[i].kind, list, n))
			return kinds[i].value(f);
	}
	return one_in(f, 2) ? any_pointer(f) : some_int(f);
}

static uint64_t argument(struct fuzz *f, const struct call *c, unsigned arg)
{
	static const char untyped[] = "HEX, HEX, HEX, HEX, HEX, HEX";

	for (size_t i = 0; i < MEANINGS && !one_in(f, 16); i++) {
		if (meanings[i].arg == arg && !strcmp(meanings[i].call, c->name))
			return one_in(f, 16) ? bad_pointer(f) : meanings[i].value(f);
	}
	if (arg >= c->nargs || !strcmp(c->kinds, untyped))
		return one_in(f, 2) ? any_pointer(f) : one_in(f, 2) ? some_fd(f) : some_int(f);
	return one_in(f, 30) ? fuzz_random(f) : by_kind(f, c->kinds, arg);
}

#endif
