/* Sleeping and wait queues. */
#include "sched/wait.h"

#include "arch/cpu.h"
#include "proc/process.h"
#include "sched/timer.h"

void sched_prepare(enum sched_state state)
{
	__atomic_store_n(&arch_current()->sched.state, state, __ATOMIC_RELAXED);
	/* The condition is looked at after the state can be seen: sched_wake has the other half. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void sched_cancel(void)
{
	__atomic_store_n(&arch_current()->sched.state, SCHED_RUNNABLE, __ATOMIC_RELEASE);
}

static bool interrupted(const struct thread *t, enum sched_state state)
{
	if (state == SCHED_SLEEP_INTR)
		return signal_pending(t);
	return state == SCHED_SLEEP_KILL && signal_pending_fatal(t);
}

struct alarm {
	struct timer timer;
	struct thread *thread;
	bool rang;
};

static void alarm_ring(struct timer *timer)
{
	struct alarm *a = container_of(timer, struct alarm, timer);
	__atomic_store_n(&a->rang, true, __ATOMIC_RELEASE);
	sched_wake(a->thread, WAKE_ANY_SLEEP | WAKE_PARKED);
}

/* Gives up the CPU until woken or `deadline`; returns whether that came. */
static bool sleep_until(struct thread *self, ns_t deadline)
{
	if (deadline == NS_NEVER) {
		schedule();
		return false;
	}
	struct alarm a = {.thread = self};
	timer_init(&a.timer, alarm_ring);
	timer_arm(&a.timer, deadline);
	schedule();
	timer_cancel_sync(&a.timer);
	return a.rang;
}

int sched_sleep(ns_t deadline, const char *reason)
{
	struct thread *self = arch_current();
	enum sched_state state = __atomic_load_n(&self->sched.state, __ATOMIC_ACQUIRE);
	if (state == SCHED_RUNNABLE)
		return 0;
	if (interrupted(self, state)) {
		sched_cancel();
		return -EINTR;
	}
	if (deadline != NS_NEVER && deadline <= arch_now()) {
		sched_cancel();
		return -ETIMEDOUT;
	}
	sched_point("sched.sleep", self);
	self->sched.wait_reason = reason;
	bool late = sleep_until(self, deadline);
	self->sched.wait_reason = NULL;
	sched_cancel();
	if (late)
		return -ETIMEDOUT;
	return interrupted(self, state) ? -EINTR : 0;
}

void wait_queue_init(struct wait_queue *wq)
{
	spin_init(&wq->lock, "wait", RANK_WAIT_QUEUE);
	list_init(&wq->waiters);
}

void wait_add(struct wait_queue *wq, struct waiter *w)
{
	irqflags_t flags = spin_lock(&wq->lock);
	list_append(&wq->waiters, &w->link);
	spin_unlock(&wq->lock, flags);
}

void wait_remove(struct wait_queue *wq, struct waiter *w)
{
	irqflags_t flags = spin_lock(&wq->lock);
	list_remove(&w->link);
	spin_unlock(&wq->lock, flags);
}

/* Wakes all that listen, but of the exclusive ones only as many as `exclusive` that were really
 * asleep. */
static void wake(struct wait_queue *wq, unsigned events, unsigned exclusive)
{
	/* Pairs with sched_prepare: whoever is not on the list yet will see what the caller
	 * changed. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (list_empty(&wq->waiters))
		return;
	irqflags_t flags = spin_lock(&wq->lock);
	struct waiter *w, *tmp;
	list_for_each_safe (w, tmp, &wq->waiters, link) {
		if (w->notify) {
			w->notify(w, events);
			continue;
		}
		/* `w` may be gone as soon as its thread runs: its wait_remove needs the lock, so
		 * not before we are done. */
		if (sched_wake(w->thread, WAKE_ANY_SLEEP) && w->exclusive && !--exclusive)
			break;
	}
	spin_unlock(&wq->lock, flags);
}

void wait_wake_all(struct wait_queue *wq)
{
	wake(wq, 0, 0);
}

void wait_wake_one(struct wait_queue *wq)
{
	wake(wq, 0, 1);
}

void wait_wake_events(struct wait_queue *wq, unsigned events)
{
	wake(wq, events, 0);
}
