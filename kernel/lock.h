/*
 * Locks. A spinlock is always interrupt-safe: taking it disables interrupts on this CPU and hands
 * back what they were. Debug builds assert ownership, and that locks are taken in the order of
 * their ranks (a lower rank first).
 */
#pragma once

#include "base.h"

struct thread;

/* The order in which locks nest, outermost first. Two locks of one rank are never held together,
 * except where noted. */
enum lock_rank {
	RANK_FS,         /* a file, pipe, or tty: never held while sending a signal */
	RANK_SOCKET,     /* who is at the other end of a socket, under the family's lock */
	RANK_ASYNC,      /* who is told by SIGIO, and the lists of them (fs/async.c) */
	RANK_TASK,       /* task_lock: all state shared between tasks */
	RANK_PLACES,     /* a task's root and working directory */
	RANK_WALL,       /* setting the wall clock, and the timers by it */
	RANK_TIMER,      /* timer queues */
	RANK_FUTEX,      /* futex hash buckets; two of them in order of address */
	RANK_WAIT_QUEUE, /* a wait queue's own list */
	RANK_EPOLL, /* an epoll's ready list and waiters, told under a wait queue's lock; nested
		       ones rank higher */
	RANK_EPOLL_LAST = RANK_EPOLL + 4,
	RANK_RUN_QUEUE, /* a CPU's run queue; two of them in order of CPU number */
	RANK_HEAP,      /* kmalloc */
	RANK_PAGES,     /* the page allocator */
	RANK_ARCH,      /* kernel page tables, interrupt controllers */
	RANK_LOG,       /* the kernel log */
	RANK_CONSOLE,   /* the console's mux (dev/console.c) */
	RANK_SERIAL,    /* a serial driver: rings and registers */
	RANK_COUNT
};

struct spinlock {
	/* 1: held. Whoever runs may take it: an order of tickets would have all wait for a CPU that
	 * its host put aside. */
	uint32_t locked;
	const char *name;
	uint8_t rank;
	int16_t cpu; /* who holds it, for the checks and for panic reports; -1: nobody */
};

#define SPINLOCK_INIT(lock_name, lock_rank) {.name = (lock_name), .rank = (lock_rank), .cpu = -1}

typedef unsigned long irqflags_t;

void spin_init(struct spinlock *l, const char *name, enum lock_rank rank);
irqflags_t spin_lock(struct spinlock *l) must_check;
void spin_unlock(struct spinlock *l, irqflags_t flags);
/* The same where the caller knows that interrupts are off already. */
void spin_lock_noirq(struct spinlock *l);
void spin_unlock_noirq(struct spinlock *l);
bool spin_held(const struct spinlock *l);
#define ASSERT_HELD(l) ASSERT(spin_held(l))

/* The panic path breaks every lock: from then on locking always succeeds at once. */
void lock_break_all(void);

/* A sleeping lock, for paths that copy user memory or wait for others while they hold it. Not for
 * interrupts. */
struct mutex {
	struct spinlock lock; /* guards what follows */
	struct thread *holder;
	struct waiter *first, *last; /* FIFO of the waiting */
	bool first_woken;            /* and has not tried yet */
	uint8_t first_lost;          /* how often it tried in vain */
	const char *name;
};

#define MUTEX_INIT(mutex_name)                                                                     \
	{.lock = SPINLOCK_INIT(mutex_name, RANK_WAIT_QUEUE), .name = (mutex_name)}

void mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(const struct mutex *m); /* by the current thread */

/* A reference count. The last put is told to free. */
struct refcount {
	int32_t n;
};

static inline void ref_init(struct refcount *r)
{
	__atomic_store_n(&r->n, 1, __ATOMIC_RELAXED);
}

static inline void ref_get(struct refcount *r)
{
	int32_t old = __atomic_fetch_add(&r->n, 1, __ATOMIC_RELAXED);
	ASSERT(old > 0);
	(void)old;
}

/* Returns true for the caller that dropped the last reference and now frees the object. */
static inline bool ref_put(struct refcount *r)
{
	int32_t old = __atomic_fetch_sub(&r->n, 1, __ATOMIC_ACQ_REL);
	ASSERT(old > 0);
	return old == 1;
}
