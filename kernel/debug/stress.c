/* Makes the order of steps improbable, so that tests see races that they would hardly ever meet. */
#include "debug/stress.h"

#include "arch/cpu.h"
#include "proc/process.h"
#include "sched/cpu_here.h"

#ifdef PERILUNE_DEBUG

#define DELAY_MAX 20000 /* nanoseconds */

static uint64_t stress_seed, points; /* points: atomic */
static unsigned stress_every;

static uint64_t mixed(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9UL;
	n = (n ^ n >> 27) * 0x94d049bb133111ebUL;
	return n ^ n >> 31;
}

static void hold_up(ns_t time)
{
	ns_t until = arch_now() + time;

	while (arch_now() < until)
		arch_relax();
}

/* May a trap preempt here? (interrupts off) */
static bool preemptible(const struct cpu *c, const struct thread *t)
{
	return t->process && !c->irq_depth && !c->held_count && !t->sched.preempt_count;
}

static void preempt_here(void)
{
	irqflags_t flags = arch_irq_save();
	struct cpu *c = cpu_here();

	if (preemptible(c, arch_current())) {
		c->need_resched = true;
		sched_preempt();
	}
	arch_irq_restore(flags);
}

static void stress_point(const char *id, const void *object)
{
	uint64_t n = __atomic_fetch_add(&points, 1, __ATOMIC_RELAXED);
	uint64_t r = mixed(stress_seed + n * 0x9e3779b97f4a7c15UL);

	if (!stress_every || r % stress_every)
		return;
	if (arch_irq_enabled() && (r >> 40 & 1))
		preempt_here();
	else
		hold_up((ns_t)(r >> 41) % DELAY_MAX);
}

int stress_start(uint64_t seed, unsigned every)
{
	stress_seed = mixed(seed);
	stress_every = every;
	__atomic_store_n(&sched_point_hook, every ? stress_point : NULL, __ATOMIC_RELEASE);
	return 0;
}

#else

int stress_start(uint64_t seed, unsigned every)
{
	return -ENOSYS;
}

#endif
