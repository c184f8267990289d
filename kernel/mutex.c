/*
 * Sleeping locks. `holder` is the owning thread; its lowest bit says that others wait. While nobody
 * waits, one atomic exchange takes or frees the mutex. A mutex that is freed while others wait may
 * be taken by whoever comes first, and the first of the waiting is woken to try: if it were handed
 * over each time, everybody would run at the pace of wake-ups. Only a waiter that was woken and
 * came too late PATIENCE times is handed it, so that nobody starves.
 */
#include "arch/cpu.h"
#include "lock.h"
#include "panic.h"
#include "proc/process.h"
#include "sched/cpu_here.h"
#include "sched/wait.h"

#define WAITED_FOR 1UL
#define PATIENCE   8

static struct thread *tagged(struct thread *t)
{
	return (struct thread *)((uintptr_t)t | WAITED_FOR);
}

static struct thread *untagged(struct thread *t)
{
	return (struct thread *)((uintptr_t)t & ~WAITED_FOR);
}

static bool exchange(struct mutex *m, struct thread *expect, struct thread *desired, int order)
{
	return __atomic_compare_exchange_n(
	    &m->holder, &expect, desired, false, order, __ATOMIC_RELAXED);
}

/* Sleeping is allowed here: in a thread, with no spinlock held and preemption on. */
static void assert_may_sleep(const struct mutex *m)
{
#ifdef PERILUNE_DEBUG
	irqflags_t flags = arch_irq_save();
	const struct cpu *c = cpu_here();
	bool bad = c->irq_depth || c->held_count || arch_current()->sched.preempt_count;
	arch_irq_restore(flags);
	if (bad && !panicking())
		panic("mutex \"%s\" is taken where nothing may sleep", m->name);
#endif
}

void mutex_init(struct mutex *m, const char *name)
{
	*m = (struct mutex)MUTEX_INIT(name);
}

/* Takes the mutex if it is free, else marks it as waited for. (m->lock) */
static bool take_or_mark(struct mutex *m, struct thread *self, bool waited_for)
{
	for (;;) {
		struct thread *h = __atomic_load_n(&m->holder, __ATOMIC_RELAXED);
		if (!untagged(h)) {
			if (exchange(m, h, waited_for ? tagged(self) : self, __ATOMIC_ACQUIRE))
				return true;
		} else if (h == tagged(h) || exchange(m, h, tagged(h), __ATOMIC_RELAXED)) {
			return false;
		}
	}
}

/* (m->lock) */
static void remove_first(struct mutex *m)
{
	m->first = m->first->next;
	if (!m->first)
		m->last = NULL;
	m->first_woken = false;
	m->first_lost = 0;
}

/* Has the waiting thread got the mutex? The first in the queue tries. (m->lock) */
static bool got_it(struct mutex *m, const struct waiter *w)
{
	if (untagged(__atomic_load_n(&m->holder, __ATOMIC_ACQUIRE)) == w->thread)
		return true; /* it was handed over */
	if (m->first != w)
		return false;
	if (take_or_mark(m, w->thread, w->next != NULL)) {
		remove_first(m);
		return true;
	}
	if (m->first_woken)
		m->first_lost++;
	m->first_woken = false;
	return false;
}

static __attribute__((noinline)) void lock_slowly(struct mutex *m, struct thread *self)
{
	struct waiter w = {.thread = self};
	irqflags_t flags = spin_lock(&m->lock);
	if (take_or_mark(m, self, m->first != NULL)) {
		spin_unlock(&m->lock, flags);
		return;
	}
	*(m->first ? &m->last->next : &m->first) = &w;
	m->last = &w;
	do {
		sched_prepare(SCHED_SLEEP);
		spin_unlock(&m->lock, flags);
		sched_sleep(NS_NEVER, m->name);
		sched_point("mutex.wait", m);
		flags = spin_lock(&m->lock);
	} while (!got_it(m, &w));
	spin_unlock(&m->lock, flags);
}

void mutex_lock(struct mutex *m)
{
	struct thread *self = arch_current();
	assert_may_sleep(m);
	ASSERT(!mutex_held(m));
	if (!likely(exchange(m, NULL, self, __ATOMIC_ACQUIRE)) && !panicking())
		lock_slowly(m, self);
	sched_point("mutex.acquire", m);
}

bool mutex_trylock(struct mutex *m)
{
	return exchange(m, NULL, arch_current(), __ATOMIC_ACQUIRE);
}

/*
 * Frees the mutex, or hands it to the first that waits if that has been patient. The next to take a
 * mutex that is waited for does so under m->lock, so that its memory is not gone before we are.
 */
static __attribute__((noinline)) void unlock_slowly(struct mutex *m)
{
	irqflags_t flags = spin_lock(&m->lock);
	BUG_ON(!m->first);
	struct thread *first = m->first->thread;
	bool wake = !m->first_woken;
	if (m->first_lost < PATIENCE) {
		m->first_woken = true;
		__atomic_store_n(&m->holder, tagged(NULL), __ATOMIC_RELEASE);
	} else {
		remove_first(m);
		__atomic_store_n(&m->holder, m->first ? tagged(first) : first, __ATOMIC_RELEASE);
		wake = true;
	}
	if (wake)
		sched_wake(first, 1u << SCHED_SLEEP);
	spin_unlock(&m->lock, flags);
}

void mutex_unlock(struct mutex *m)
{
	ASSERT(mutex_held(m) || panicking());
	if (likely(exchange(m, arch_current(), NULL, __ATOMIC_RELEASE)) || panicking())
		return;
	unlock_slowly(m);
}

bool mutex_held(const struct mutex *m)
{
	return untagged(__atomic_load_n(&m->holder, __ATOMIC_RELAXED)) == arch_current();
}
