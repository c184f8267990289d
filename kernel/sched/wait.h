/* Wait queues: threads that wait for a condition, and who wakes them. */
#pragma once

#include "lib/list.h"
#include "lock.h"
#include "sched/sched.h"

struct wait_queue {
	struct spinlock lock; /* guards `waiters` */
	struct list waiters;
};

struct waiter {
	struct list link;
	struct thread *thread;
	struct waiter *next; /* for mutexes */
	/* Called under the queue's lock in place of waking `thread`, if set: how poll and epoll
	 * listen. */
	void (*notify)(struct waiter *w, unsigned events);
	bool exclusive; /* wait_wake_one stops after it */
};

#define WAIT_QUEUE_INIT(name)                                                                      \
	{.lock = SPINLOCK_INIT("wait", RANK_WAIT_QUEUE), .waiters = LIST_INIT((name).waiters)}

void wait_queue_init(struct wait_queue *wq);
void wait_add(
    struct wait_queue *wq, struct waiter *w); /* w->thread and w->notify set by the caller */
void wait_remove(struct wait_queue *wq, struct waiter *w);
void wait_wake_all(struct wait_queue *wq);
void wait_wake_one(struct wait_queue *wq);
/* The same with POLL* bits for the notified (0: all). */
void wait_wake_events(struct wait_queue *wq, unsigned events);

/*
 * Waits until `cond` holds. `state` is SCHED_SLEEP, SCHED_SLEEP_KILL or SCHED_SLEEP_INTR;
 * `deadline` in ns since boot or NS_NEVER; `reason` a static string for wchan. `cond` is evaluated
 * without the queue's lock. Gives 0, -ETIMEDOUT or -EINTR; a condition that holds always wins.
 */
#define wait_event(wq, cond, state, deadline, reason)                                              \
	({                                                                                         \
		struct waiter waiter_ = {.thread = arch_current()};                                \
		int result_ = 0;                                                                   \
		wait_add(wq, &waiter_);                                                            \
		for (;;) {                                                                         \
			sched_prepare(state);                                                      \
			if (cond) {                                                                \
				result_ = 0;                                                       \
				break;                                                             \
			}                                                                          \
			if (result_)                                                               \
				break;                                                             \
			result_ = sched_sleep(deadline, reason);                                   \
		}                                                                                  \
		sched_cancel();                                                                    \
		wait_remove(wq, &waiter_);                                                         \
		result_;                                                                           \
	})
