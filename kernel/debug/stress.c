/* Makes the order of steps improbable, so that tests see races that they would hardly ever meet. */
#include "debug/stress.h"

#include "arch/cpu.h"
#include "proc/process.h"
#include "sched/cpu_here.h"

#ifdef PERILUNE_DEBUG

#define NAMES_MAX 128

static uint64_t stress_seed, points; /* points: atomic */
static unsigned stress_every;
static ns_t longest_delay;
static char names[NAMES_MAX]; /* prefixes of points, a space after each; empty: all points */

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

static bool is_meant(const char *id)
{
	const char *n = names, *space;

	for (; (space = strchr(n, ' ')); n = space + 1)
		if (!strncmp(id, n, (size_t)(space - n)))
			return true;
	return n == names;
}

static void stress_point(const char *id, const void *object)
{
	uint64_t n, r;

	if (!is_meant(id))
		return;
	n = __atomic_fetch_add(&points, 1, __ATOMIC_RELAXED);
	r = mixed(stress_seed + n * 0x9e3779b97f4a7c15UL);
	if (!stress_every || r % stress_every)
		return;
	if (arch_irq_enabled() && (r >> 40 & 1))
		preempt_here();
	else
		hold_up((ns_t)(r >> 41) % longest_delay);
}

int stress_start(const struct stress *s)
{
	size_t length = s->points ? strlen(s->points) : 0;

	if (length + 2 > NAMES_MAX)
		return -EINVAL;
	/* A CPU that is in stress_point just now may see some of the old and some of the new. */
	__atomic_store_n(&sched_point_hook, NULL, __ATOMIC_RELEASE);
	stress_seed = mixed(s->seed);
	stress_every = s->every;
	longest_delay = s->delay;
	memset(names, 0, sizeof(names));
	if (length) {
		memcpy(names, s->points, length);
		names[length] = ' ';
	}
	__atomic_store_n(&sched_point_hook, s->every ? stress_point : NULL, __ATOMIC_RELEASE);
	return 0;
}

#else

int stress_start(const struct stress *s)
{
	return -ENOSYS;
}

#endif
