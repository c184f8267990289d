/* Timers by the clocks that programs name: points of the wall clock move when it is set. */
#pragma once

#include "lib/list.h"
#include "sched/timer.h"

/*
 * One clock_timer has one owner, whose lock serialises the functions below (all but init). `fn` is
 * called in interrupt context, no lock held, and may be called without need: under the owner's lock
 * it asks clock_timer_due first.
 */
struct clock_timer {
	struct timer timer;
	void (*fn)(struct clock_timer *c);
	struct list link; /* of those that setting the clock concerns (wall_lock) */
	bool wall;        /* `deadline` is a point of the wall clock, else of the time since boot */
	bool watch;       /* fn is called when the wall clock is set */
	ns_t deadline;    /* NS_NEVER: not armed and never was due */
};

void clock_timer_init(struct clock_timer *c, void (*fn)(struct clock_timer *c));
void clock_timer_arm(struct clock_timer *c, bool wall, ns_t deadline); /* NS_NEVER disarms */
void clock_timer_watch(struct clock_timer *c, bool on); /* shall it hear of a clock that is set? */
/* Disarms it and waits for fn to end; without the owner's lock. */
void clock_timer_cancel_sync(struct clock_timer *c);
/* Its clock now; its deadline has come; what is left until then, 0 if nothing. */
ns_t clock_timer_now(const struct clock_timer *c);
bool clock_timer_due(const struct clock_timer *c);
ns_t clock_timer_left(const struct clock_timer *c);
/* Moves a deadline that has come by as many intervals as it takes to lie ahead, and says how many.
 * Does not arm it. */
uint64_t clock_timer_forward(struct clock_timer *c, ns_t interval);
/* Arms it for the deadline that clock_timer_forward has found. */
void clock_timer_restart(struct clock_timer *c);

/* time_set_realtime has changed the offset. (wall_lock) */
void clock_timers_moved(void);
extern struct spinlock wall_lock; /* setting the wall clock, and who depends on it */
