/*
 * Sleeping locks. `holder` is the owning thread; its lowest bit says that others wait. While nobody
 * waits, one atomic exchange takes or frees the mutex. Whoever waits is handed the mutex in order
 * of arrival, so that nobody starves.
 */
#include "arch/cpu.h"
#include "lock.h"
#include "panic.h"
#include "proc/process.h"
#include "sched/cpu_here.h"
#include "sched/wait.h"

#define WAITED_FOR 1UL

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

/* Takes the mutex if it has just come free, else marks it as waited for. (m->lock) */
static bool take_or_mark(struct mutex *m, struct thread *self)
{
	for (;;) {
		struct thread *h = __atomic_load_n(&m->holder, __ATOMIC_RELAXED);
		if (!h && exchange(m, NULL, self, __ATOMIC_ACQUIRE))
			return true;
		if (h && ((uintptr_t)h & WAITED_FOR || exchange(m, h, tagged(h), __ATOMIC_RELAXED)))
			return false;
	}
}

static __attribute__((noinline)) void lock_slowly(struct mutex *m, struct thread *self)
{
	struct waiter w = {.thread = self};
	irqflags_t flags = spin_lock(&m->lock);
	if (take_or_mark(m, self)) {
		spin_unlock(&m->lock, flags);
		return;
	}
	*(m->first ? &m->last->next : &m->first) = &w;
	m->last = &w;
	spin_unlock(&m->lock, flags);
	sched_point("mutex.wait", m);
	for (;;) {
		sched_prepare(SCHED_SLEEP);
		if (untagged(__atomic_load_n(&m->holder, __ATOMIC_ACQUIRE)) == self)
			break;
		sched_sleep(NS_NEVER, m->name);
	}
	sched_cancel();
	/* Who handed it over still holds m->lock for a moment: the mutex's memory must outlive
	 * that. */
	spin_unlock(&m->lock, spin_lock(&m->lock));
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

/* Hands the mutex to the first that waits. */
static __attribute__((noinline)) void hand_over(struct mutex *m)
{
	irqflags_t flags = spin_lock(&m->lock);
	struct waiter *w = m->first;
	BUG_ON(!w);
	struct thread *heir = w->thread;
	m->first = w->next;
	if (!m->first)
		m->last = NULL;
	__atomic_store_n(&m->holder, m->first ? tagged(heir) : heir, __ATOMIC_RELEASE);
	sched_wake(heir, 1u << SCHED_SLEEP);
	spin_unlock(&m->lock, flags);
}

void mutex_unlock(struct mutex *m)
{
	ASSERT(mutex_held(m) || panicking());
	if (likely(exchange(m, arch_current(), NULL, __ATOMIC_RELEASE)) || panicking())
		return;
	hand_over(m);
}

bool mutex_held(const struct mutex *m)
{
	return untagged(__atomic_load_n(&m->holder, __ATOMIC_RELAXED)) == arch_current();
}
