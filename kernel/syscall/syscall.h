/*
 * System calls. syscall.tbl is the one table: number, name, typed arguments; the build makes from
 *it the dispatch array and the descriptions that tracing reads. A call is a function int64_t
 *sys_NAME(const uint64_t a[6]); declared by SYSCALL(NAME), returning a result or -errno (or a
 *restart class of signal/signal.h).
 */
#pragma once

#include "base.h"
#include "proc/process.h"

#define SYSCALL(name)                                                                              \
	int64_t sys_##name(const uint64_t a[6]);                                                   \
	int64_t sys_##name(const uint64_t a[6])

/* How tracing shows an argument. */
enum arg_type {
	ARG_INT,
	ARG_UINT,
	ARG_LONG,
	ARG_HEX,
	ARG_FD,
	ARG_PATH /* a string in user memory */,
	ARG_PTR,
	ARG_SIZE,
	ARG_MODE,
	ARG_OPEN_FLAGS,
	ARG_PROT,
	ARG_MAP_FLAGS,
	ARG_SIGNAL,
	ARG_PID,
	ARG_BUF,
	ARG_STRV,
	ARG_CLOCK,
	ARG_DOMAIN,
	ARG_SOCK_TYPE,
	ARG_SOCKADDR,
	ARG_MSG_FLAGS,
};

struct syscall_desc {
	const char *name;                   /* NULL: no such call */
	int64_t (*fn)(const uint64_t a[6]); /* NULL: -ENOSYS */
	uint8_t nargs;
	uint8_t args[6]; /* enum arg_type */
	bool returns_pointer;
};
extern const struct syscall_desc syscall_table[];
extern const unsigned syscall_count;

/* Copies a struct that grows with the kernel: what is not given is zero, what we do not know of it
 * must be. -EFAULT, -E2BIG if not. */
int copy_in_versioned(void *to, size_t known, uaddr_t from, uint64_t size);

struct arch_frame;
/* prctl(PR_SET_SYSCALL_USER_DISPATCH), and whether such a thread's call becomes SIGSYS. */
int64_t user_dispatch_set(
    struct thread *t, uint64_t mode, uint64_t start, uint64_t len, uint64_t selector);
bool user_dispatch_takes(struct arch_frame *f, uint64_t number);

/*
 * The slow way: what has to be done before the call, in Linux's order (user dispatch, a tracer's
 * stop at the entry, then seccomp, which sees what the tracer made of the call), and tracing.
 * False: the call is not made and has no result, the registers stay as they are, and the tracer's
 * stop at the exit is over.
 */
bool syscall_dispatch(struct arch_frame *f, int64_t *result);
int syscall_by_name(const char *name); /* -ENOENT */
