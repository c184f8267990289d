/*
 * Timers: a queue for each CPU, whose interrupt is asked for only when something is due. The
 * hardware is set anew only for an earlier point than the one it has; an interrupt that comes too
 * early costs less than setting it each time.
 */
#include "sched/timer.h"

#include "arch/cpu.h"
#include "sched/cpu_here.h"

struct timer_queue {
	struct spinlock lock;
	struct heap heap;
	ns_t programmed; /* when the hardware will interrupt (its own CPU, interrupts off) */
};

static struct timer_queue queues[MAX_CPUS];

void timer_init_cpu(struct cpu *c)
{
	struct timer_queue *q = &queues[c->id];
	*q = (struct timer_queue){.programmed = NS_NEVER};
	spin_init(&q->lock, "timers", RANK_TIMER);
	c->timers = q;
}

void timer_interrupt_by(ns_t deadline)
{
	struct timer_queue *q = cpu_here()->timers;
	if (deadline >= q->programmed)
		return;
	q->programmed = deadline;
	arch_timer_arm(deadline);
}

void timer_init(struct timer *t, void (*fn)(struct timer *))
{
	*t = (struct timer){.fn = fn};
}

static void dequeue(struct timer_queue *q, struct timer *t)
{
	ASSERT_HELD(&q->lock);
	if (t->armed)
		heap_remove(&q->heap, &t->node);
	t->armed = false;
}

static struct timer_queue *lock_queue_of(struct timer *t, irqflags_t *flags)
{
	for (;;) {
		int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		*flags = spin_lock(&queues[cpu].lock);
		if (likely(t->cpu == cpu))
			return &queues[cpu];
		spin_unlock(&queues[cpu].lock, *flags);
	}
}

int timer_arm(struct timer *t, ns_t deadline)
{
	for (;;) {
		irqflags_t flags;
		struct timer_queue *q = lock_queue_of(t, &flags);
		int here = (int)cpu_here()->id;
		dequeue(q, t);
		/* While its callback runs on another CPU it stays there: that CPU looks at its
		 * queue again after it. */
		bool stay = t->cpu == here || t->running || deadline == NS_NEVER;
		if (!stay) {
			__atomic_store_n(&t->cpu, here, __ATOMIC_RELAXED);
		} else if (deadline != NS_NEVER) {
			t->deadline = deadline;
			t->armed = true;
			heap_insert(&q->heap, &t->node, (uint64_t)deadline);
			if (t->cpu == here)
				timer_interrupt_by(deadline);
		}
		spin_unlock(&q->lock, flags);
		if (stay)
			return 0;
	}
}

bool timer_cancel(struct timer *t)
{
	irqflags_t flags;
	struct timer_queue *q = lock_queue_of(t, &flags);
	bool armed = t->armed;
	dequeue(q, t);
	spin_unlock(&q->lock, flags);
	return armed;
}

bool timer_cancel_sync(struct timer *t)
{
	bool armed = false;
	for (;;) {
		irqflags_t flags;
		struct timer_queue *q = lock_queue_of(t, &flags);
		bool running = t->running;
		armed |= t->armed;
		dequeue(q, t);
		spin_unlock(&q->lock, flags);
		if (!running)
			return armed;
		arch_relax();
	}
}

/* The first timer that is due, marked as running, or NULL. (q->lock) */
static struct timer *take_due(struct timer_queue *q, ns_t now)
{
	struct heap_node *n = heap_least(&q->heap);
	struct timer *t = n ? container_of(n, struct timer, node) : NULL;
	if (!t || t->deadline > now)
		return NULL;
	dequeue(q, t);
	t->running = true;
	return t;
}

void timer_run_expired(void)
{
	struct timer_queue *q = cpu_here()->timers;
	struct timer *t;
	spin_lock_noirq(&q->lock);
	q->programmed = NS_NEVER;
	while ((t = take_due(q, arch_now()))) {
		spin_unlock_noirq(&q->lock);
		t->fn(t);
		spin_lock_noirq(&q->lock);
		t->running = false;
	}
	struct heap_node *next = heap_least(&q->heap);
	/* The callbacks may have asked for something earlier. */
	if (next)
		q->programmed = MIN(
		    q->programmed, container_of(next, struct timer, node)->deadline);
	arch_timer_arm(q->programmed);
	spin_unlock_noirq(&q->lock);
}
