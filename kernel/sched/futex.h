/* Futexes (futex(2)): sleeping on a word of user memory. */
#pragma once

#include "base.h"

struct space;
struct thread;

void futex_init(void);
/* Wakes up to `n` sleepers on the word at `addr` of `s`, private and shared ones, as the kernel
 * does for clear_child_tid. Returns how many, or -EFAULT. May sleep. */
int futex_wake(struct space *s, uaddr_t addr, int n);
/* The current thread ends: marks the robust futexes it holds as orphaned and wakes one waiter each
 * (set_robust_list(2)). Its space is still in place. May sleep. */
void futex_exit_robust(struct thread *t);

/* --- what futex_calls.c builds on --- */
#define FUTEX_ANY 0xffffffffu /* a bit set that matches every sleeper */

/* What a futex is known by: (space, address), or for shared memory (mapping, offset in it). */
struct futex_key {
	const void *object;
	uint64_t offset;
};

/* The key of a word of the current thread's memory. -EINVAL if misaligned, -EFAULT if nothing is
 * mapped there. */
int futex_key_get(uaddr_t addr, bool is_private, struct futex_key *key);
/* Sleeps while the word is `value`, until `deadline` (by the wall clock if `wall`). 0, -EAGAIN,
 * -EFAULT, -ETIMEDOUT, -EINTR. */
int futex_sleep(const struct futex_key *key, uaddr_t addr, uint32_t value, uint32_t bits,
    ns_t deadline, bool wall);
/* Wakes sleepers of which a bit matches, at most `n` but always one. Returns how many. */
int futex_wake_key(const struct futex_key *key, int n, uint32_t bits);
/* Wakes up to `wake` sleepers of `from` and moves up to `move` others to `to`. With `expect`, only
 * if the word at `addr` holds it: else -EAGAIN; -EFAULT. Returns how many were woken and moved. */
int futex_requeue(const struct futex_key *from, const struct futex_key *to, int wake, int move,
    uaddr_t addr, const uint32_t *expect);

/* --- with priority inheritance (futex_pi.c): may sleep --- */
/* Takes the lock of the word at `addr`, or waits for it. 0, -EAGAIN (`try`, and it is taken),
 * -EDEADLK, -EINVAL, -EPERM, -ESRCH, -EFAULT, -ETIMEDOUT, -ERESTARTNOINTR. */
int futex_lock_pi(const struct futex_key *key, uaddr_t addr, ns_t deadline, bool wall, bool try);
/* Hands it to who is next. 0, -EPERM, -EINVAL, -EFAULT. */
int futex_unlock_pi(const struct futex_key *key, uaddr_t addr);
/* Sleeps as futex_sleep, to be moved by futex_requeue_pi; 0: has the lock. */
int futex_wait_requeue_pi(const struct futex_key *key, uaddr_t addr, uint32_t value, uint32_t bits,
    ns_t deadline, bool wall, const struct futex_key *to, uaddr_t lock);
/* Gives the lock to one sleeper, or has it wait for it, and up to `n` others. How many it were. */
int futex_requeue_pi(const struct futex_key *from, uaddr_t addr, uint32_t expect,
    const struct futex_key *to, uaddr_t lock, int n);
/* The current thread ends or execs: who waits for locks that it has inherits them. `over`: nobody
 * may wait for it from now on. */
void futex_exit_pi(struct thread *t, bool over);
/* `t` has another priority: it lends that to whom it waits for. (task_lock) */
void futex_priority_changed(struct thread *t);
