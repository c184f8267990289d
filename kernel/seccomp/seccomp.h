/*
 * Restricting system calls (seccomp(2)). A thread has a mode and, in filter mode, the newest of a
 * chain of filters; filters are immutable and shared, each holds a reference on the older one.
 */
#pragma once

#include "base.h"

struct thread;
struct arch_frame;
struct seccomp_filter;

enum seccomp_mode { SECCOMP_OFF, SECCOMP_STRICT, SECCOMP_FILTER, SECCOMP_DEAD };

/* Part of struct thread. The thread itself reads it without a lock: what others put there (TSYNC)
 * holds on to what was there before. */
struct seccomp {
	uint8_t mode;                  /* [T] */
	uint32_t count;                /* [T] filters in the chain */
	struct seccomp_filter *filter; /* [T] with a reference */
};

enum seccomp_verdict {
	SECCOMP_GO,     /* the call is made */
	SECCOMP_RESULT, /* it is not: the result is in its place */
	SECCOMP_LEAVE,  /* it is not, and the registers stay as they are: a signal follows */
};
/* Decides about the call that the current thread is about to make. Does not return when the thread
 * is to die of it alone. */
enum seccomp_verdict seccomp_check(
    struct arch_frame *f, uint64_t number, const uint64_t args[6], int64_t *result);

/* A new thread inherits the current one's restrictions. (task_lock) */
void seccomp_fork(struct thread *child);
/* Gives up the filters of a thread that makes no more calls, or never made one. */
void seccomp_exit(struct thread *t);

/* The n-th filter of a thread, the oldest is 0, with a reference. ERR_PTR: -EINVAL (it has none),
 * -ENOENT. (task_lock) */
struct seccomp_filter *seccomp_filter_at(const struct thread *t, uint64_t n);
void seccomp_filter_put(struct seccomp_filter *f);
/* Its instructions to user memory, if `to` is not NULL. Returns how many there are; -EFAULT. */
int64_t seccomp_filter_copy_out(const struct seccomp_filter *f, uaddr_t to);
bool seccomp_filter_logs(const struct seccomp_filter *f);

/* prctl(PR_SET_SECCOMP). */
int64_t seccomp_prctl(uint64_t mode, uaddr_t filter);
