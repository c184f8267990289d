/* Timers by the wall clock and the time since boot: POSIX timers and timerfd are made of them. */
#include "sched/clock_timer.h"

#include "arch/cpu.h"

struct spinlock wall_lock = SPINLOCK_INIT("wall clock", RANK_WALL);
static struct list concerned = LIST_INIT(concerned); /* wall_lock */

/* When the machine's timer has to ring. (wall_lock) */
static ns_t boot_deadline(const struct clock_timer *c)
{
	if (!c->wall || c->deadline == NS_NEVER)
		return c->deadline;
	return c->deadline - (time_realtime() - time_now());
}

static void rang(struct timer *timer)
{
	struct clock_timer *c = container_of(timer, struct clock_timer, timer);

	/* The clock may have been set back since it was armed. */
	irqflags_t flags = spin_lock(&wall_lock);
	if (c->deadline != NS_NEVER && !clock_timer_due(c))
		timer_arm(&c->timer, boot_deadline(c));
	spin_unlock(&wall_lock, flags);
	c->fn(c);
}

void clock_timer_init(struct clock_timer *c, void (*fn)(struct clock_timer *c))
{
	*c = (struct clock_timer){.fn = fn, .deadline = NS_NEVER};
	timer_init(&c->timer, rang);
	list_init(&c->link);
}

/* (wall_lock) */
static void enlist(struct clock_timer *c)
{
	list_remove(&c->link);
	if (c->watch || (c->wall && c->deadline != NS_NEVER))
		list_append(&concerned, &c->link);
}

void clock_timer_arm(struct clock_timer *c, bool wall, ns_t deadline)
{
	irqflags_t flags = spin_lock(&wall_lock);
	c->wall = wall;
	c->deadline = deadline;
	enlist(c);
	timer_arm(&c->timer, boot_deadline(c));
	spin_unlock(&wall_lock, flags);
}

void clock_timer_watch(struct clock_timer *c, bool on)
{
	irqflags_t flags = spin_lock(&wall_lock);
	c->watch = on;
	enlist(c);
	spin_unlock(&wall_lock, flags);
}

void clock_timer_cancel_sync(struct clock_timer *c)
{
	irqflags_t flags = spin_lock(&wall_lock);
	c->deadline = NS_NEVER;
	c->watch = false;
	enlist(c);
	spin_unlock(&wall_lock, flags);
	timer_cancel_sync(&c->timer);
}

ns_t clock_timer_now(const struct clock_timer *c)
{
	return c->wall ? time_realtime() : time_now();
}

bool clock_timer_due(const struct clock_timer *c)
{
	return c->deadline <= clock_timer_now(c);
}

ns_t clock_timer_left(const struct clock_timer *c)
{
	return c->deadline == NS_NEVER ? 0 : MAX(c->deadline - clock_timer_now(c), 0);
}

uint64_t clock_timer_forward(struct clock_timer *c, ns_t interval)
{
	ns_t late = clock_timer_now(c) - c->deadline, gone, next;

	if (late < 0)
		return 0;
	uint64_t periods = (uint64_t)(late / interval) + 1;
	irqflags_t flags = spin_lock(&wall_lock);
	if (__builtin_mul_overflow((ns_t)periods, interval, &gone) ||
	    __builtin_add_overflow(c->deadline, gone, &next))
		next = NS_NEVER;
	c->deadline = next;
	spin_unlock(&wall_lock, flags);
	return periods;
}

void clock_timer_restart(struct clock_timer *c)
{
	clock_timer_arm(c, c->wall, c->deadline);
}

void clock_timers_moved(void)
{
	struct clock_timer *c;

	ASSERT_HELD(&wall_lock);
	list_for_each (c, &concerned, link)
		timer_arm(&c->timer, c->watch ? time_now() : boot_deadline(c));
}
