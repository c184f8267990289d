/* Spinlocks, and the checks of debug builds: who holds what, in which order. */
#include "lock.h"

#include "arch/cpu.h"
#include "panic.h"
#include "printk.h"
#include "sched/cpu_here.h"

/* A lock that is waited for as long as this is never coming back. */
#define STUCK_NS             (20 * NS_PER_S)
#define SPINS_PER_CLOCK_READ 4096

static bool broken; /* lock_break_all was called: nothing waits any more */

void spin_init(struct spinlock *l, const char *name, enum lock_rank rank)
{
	*l = (struct spinlock)SPINLOCK_INIT(name, rank);
}

static void report_stuck(const struct spinlock *l)
{
	int holder = __atomic_load_n(&l->cpu, __ATOMIC_RELAXED);
	panic("spinlock \"%s\" does not come free: CPU %d holds it, CPU %u waits", l->name, holder,
	    cpu_here()->id);
}

static bool try_take(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE);
}

/* Out of line: the lock is nearly always free. */
static __attribute__((noinline)) void wait_and_take(struct spinlock *l)
{
	ns_t since = 0;
	unsigned spins = 0;
	while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED) || !try_take(l)) {
		if (__atomic_load_n(&broken, __ATOMIC_RELAXED))
			return;
		arch_relax();
		if (++spins % SPINS_PER_CLOCK_READ)
			continue;
		ns_t now = arch_now();
		if (!since)
			since = now;
		else if (now - since > STUCK_NS)
			report_stuck(l);
	}
}

#ifdef PERILUNE_DEBUG
/* Two run queues, or two futex buckets, may be held together: in order of their addresses. */
static bool order_is_right(const struct spinlock *outer, const struct spinlock *inner)
{
	if (outer->rank != inner->rank)
		return outer->rank < inner->rank;
	return (inner->rank == RANK_RUN_QUEUE || inner->rank == RANK_FUTEX) && outer < inner;
}

static void check_before_lock(const struct spinlock *l)
{
	const struct cpu *c = cpu_here();
	if (broken)
		return;
	if (l->cpu == (int)c->id)
		panic("spinlock \"%s\" is taken twice by CPU %u", l->name, c->id);
	if (c->held_count && !order_is_right(c->held[c->held_count - 1], l))
		panic("spinlock \"%s\" is taken inside \"%s\": against the order of ranks", l->name,
		    c->held[c->held_count - 1]->name);
	if (c->held_count == (int)ARRAY_SIZE(c->held))
		panic("spinlock \"%s\": too many are held", l->name);
}

static void note_locked(struct spinlock *l)
{
	struct cpu *c = cpu_here();
	if (!broken)
		c->held[c->held_count++] = l;
}

/* Locks are not always given back in reverse order. */
static void note_unlocking(struct spinlock *l)
{
	struct cpu *c = cpu_here();
	if (broken)
		return;
	if (!spin_held(l))
		panic("spinlock \"%s\" is given back by CPU %u, but CPU %d has it", l->name, c->id,
		    l->cpu);
	int i = c->held_count - 1;
	while (i >= 0 && c->held[i] != l)
		i--;
	BUG_ON(i < 0);
	c->held_count--;
	for (; i < c->held_count; i++)
		c->held[i] = c->held[i + 1];
}
#else
static inline void check_before_lock(const struct spinlock *l)
{
}

static inline void note_locked(struct spinlock *l)
{
}

static inline void note_unlocking(struct spinlock *l)
{
}
#endif

void spin_lock_noirq(struct spinlock *l)
{
	ASSERT(!arch_irq_enabled());
	check_before_lock(l);
	if (unlikely(!try_take(l)))
		wait_and_take(l);
	__atomic_store_n(&l->cpu, (int16_t)arch_current()->sched.cpu, __ATOMIC_RELAXED);
	note_locked(l);
}

void spin_unlock_noirq(struct spinlock *l)
{
	note_unlocking(l);
	__atomic_store_n(&l->cpu, -1, __ATOMIC_RELAXED);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

irqflags_t spin_lock(struct spinlock *l)
{
	irqflags_t flags = arch_irq_save();
	spin_lock_noirq(l);
	return flags;
}

void spin_unlock(struct spinlock *l, irqflags_t flags)
{
	spin_unlock_noirq(l);
	arch_irq_restore(flags);
	sched_point("lock.release", l);
}

bool spin_held(const struct spinlock *l)
{
	if (unlikely(__atomic_load_n(&broken, __ATOMIC_RELAXED)))
		return true;
	return __atomic_load_n(&l->cpu, __ATOMIC_RELAXED) == (int)cpu_here()->id;
}

void lock_break_all(void)
{
	__atomic_store_n(&broken, true, __ATOMIC_SEQ_CST);
}
