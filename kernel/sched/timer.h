/* Time since boot, and callbacks at a point of it. */
#pragma once

#include "abi/fs.h"
#include "lib/pairing_heap.h"
#include "lock.h"

struct cpu;

struct timer {
	void (*fn)(struct timer *t); /* in interrupt context, no lock held; may arm `t` again */
	ns_t deadline;               /* ns since boot (timer lock) */
	struct heap_node node;       /* in its CPU's queue (timer lock) */
	int cpu;                     /* whose queue and lock are its own; changes under that lock */
	bool armed;                  /* (timer lock) */
	bool running;                /* fn is being called just now (timer lock) */
};

void timer_init(struct timer *t, void (*fn)(struct timer *));
/* Arms, or moves, the timer; NS_NEVER disarms. Returns 0: it needs no memory. */
int timer_arm(struct timer *t, ns_t deadline);
/* Disarms. Returns true if it was armed. The callback may still be running on another CPU. */
bool timer_cancel(struct timer *t);
/* Disarms, and waits until the callback does not run any more; not from the callback itself. */
bool timer_cancel_sync(struct timer *t);
void timer_run_expired(void); /* the timer interrupt of this CPU */
void timer_init_cpu(struct cpu *c);
/* Asks for a timer interrupt on this CPU at `deadline` at the latest; it may come early. Interrupts
 * off. */
void timer_interrupt_by(ns_t deadline);

/* The wall clock is set to less than this, in s, so that it does not run out of ns: Linux keeps 30
 * years' distance. */
#define LATEST_REALTIME (NS_NEVER / NS_PER_S - 30LL * 365 * 24 * 3600)

ns_t time_now(void);             /* CLOCK_MONOTONIC: ns since boot, never goes back */
ns_t time_realtime(void);        /* CLOCK_REALTIME: ns since 1970 */
ns_t time_realtime_offset(void); /* the second less the first */
void time_set_realtime(ns_t t);  /* wakes who sleeps until a point of it */
/* Moves it by that much, in the same way; -EINVAL past the range that it can be set to. */
int time_shift_realtime(ns_t by);
int64_t time_tai_offset(void); /* CLOCK_TAI less CLOCK_REALTIME, in s: atomic */
void time_set_tai_offset(int64_t s);
/* Sleepers by the wall clock: time_setting() changes when it is set, and the queue is woken. */
struct wait_queue;
extern struct wait_queue time_was_set;
uint32_t time_setting(void);

/* nsec within 0 .. 999,999,999 and sec not negative. */
static inline bool timespec_valid(const struct linux_timespec *ts)
{
	return ts->sec >= 0 && (uint64_t)ts->nsec < NS_PER_S;
}

/* In ns; NS_NEVER if it does not fit. The timespec is valid. */
static inline ns_t timespec_ns(const struct linux_timespec *ts)
{
	if (ts->sec >= NS_NEVER / NS_PER_S)
		return NS_NEVER;
	return ts->sec * NS_PER_S + ts->nsec;
}

/* That long from now, as ns since boot; NS_NEVER if it does not fit. */
static inline ns_t timespec_deadline(const struct linux_timespec *ts)
{
	ns_t now = time_now(), ns = timespec_ns(ts);

	return ns >= NS_NEVER - now ? NS_NEVER : now + ns;
}

/* A span from now, for a timer: NS_NEVER - 1 at most, which is armed. */
static inline ns_t timer_deadline(ns_t span)
{
	ns_t now = time_now();

	return span >= NS_NEVER - 1 - now ? NS_NEVER - 1 : now + span;
}

static inline struct linux_timespec ns_timespec(ns_t ns)
{
	return (struct linux_timespec){.sec = ns / NS_PER_S, .nsec = ns % NS_PER_S};
}
