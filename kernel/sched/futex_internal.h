/* What the files of futexes share. */
#pragma once

#include "lib/list.h"
#include "lock.h"
#include "sched/futex.h"

struct futex_bucket {
	struct spinlock lock;
	struct list sleepers;
};

/* A thread that waits for a word; on its own stack. */
struct futex_sleeper {
	struct list link;            /* (bucket->lock) */
	struct futex_key key;        /* (bucket->lock) */
	struct futex_bucket *bucket; /* where it hangs; changes under the locks of both */
	uint32_t bits;
	bool woken; /* no longer in a bucket (bucket->lock; read without it) */
	struct thread *thread;
	bool *any; /* set as well as `woken`, or NULL: one flag for several sleepers */
	/* Waits for a lock with priority inheritance, or to be moved to one; these stay in their
	 * bucket until they have it, or give up. [T] */
	bool pi;                          /* waits for the lock itself */
	const struct futex_key *requeues; /* CMP_REQUEUE_PI may move it there; NULL: none */
	struct thread *owner;             /* pi: who has the lock; NULL: its owner died */
	struct list owner_link;           /* of owner->pi_sleepers */
	enum { PI_WAITS, PI_GRANTED, PI_INHERITS } outcome;
};

struct futex_bucket *futex_bucket_of(const struct futex_key *key);
bool futex_same_key(const struct futex_key *a, const struct futex_key *b);
/* A sleeper that plain operations must not touch. */
static inline bool futex_is_pi(const struct futex_sleeper *w)
{
	return w->pi || w->requeues;
}
/* Hangs it in its bucket if the word still holds `value`. 0, -EAGAIN, -EFAULT. */
int futex_join(struct futex_sleeper *w, uaddr_t addr, uint32_t value);
/* Out of its bucket, unless somebody has woken it. Returns whether one had. */
bool futex_leave(struct futex_sleeper *w);
/* 0 once *done, -ETIMEDOUT, -EINTR. */
int futex_wait_for(const bool *done, ns_t deadline, bool wall);
irqflags_t futex_lock_both(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_both(struct futex_bucket *a, struct futex_bucket *b, irqflags_t flags);
