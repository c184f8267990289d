/* Making threads run: waking, placing on a CPU, moving between CPUs. */
#include "arch/cpu.h"
#include "sched/runq.h"
#include "trace.h"

/* A CPU that would run what comes at once. */
static bool is_free(unsigned cpu)
{
	return __atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED) >> cpu & 1 &&
	       !cpus[cpu].rq->queued;
}

/* Who wakes another mostly goes to sleep soon: as long as nobody else waits here, here is best. (An
 * idle CPU takes the thread over if it waits for long: see runq_begin_slice.) An interrupt says
 * nothing of the thread that it met. */
static bool best_here(const struct cpu *c)
{
	return !c->rq->queued && (!c->irq_depth || is_free(c->id));
}

/* Here, or the CPU where it ran if that is free, else any free one, else the one with the shortest
 * queue. */
static unsigned select_cpu(const struct thread *t)
{
	const struct sched_entity *s = &t->sched;
	unsigned last = (unsigned)s->cpu, best = MAX_CPUS;
	const struct cpu *here = cpu_here();
	if (cpu_count == 1)
		return 0;
	if (sched_allowed(s, here->id) && best_here(here))
		return here->id;
	bool last_allowed = last < cpu_count && sched_allowed(s, last);
	if (last_allowed && is_free(last))
		return last;
	for (unsigned i = 0; i < cpu_count; i++) {
		if (!sched_allowed(s, i))
			continue;
		if (is_free(i))
			return i;
		if (best == MAX_CPUS || cpus[i].rq->queued < cpus[best].rq->queued)
			best = i;
	}
	if (last_allowed && cpus[last].rq->queued <= cpus[best].rq->queued)
		return last;
	return best == MAX_CPUS ? 0 : best;
}

/* The time, or for a thread that is on its way through the kernel the time when it entered: near
 * enough, and free. */
static ns_t about_now(const struct run_queue *rq)
{
	const struct thread *t = rq->cpu->running;
	return t == arch_current() && !t->kernel ? t->sched.stamp : arch_now();
}

void sched_activate(struct run_queue *rq, struct thread *t, uint64_t origin)
{
	ASSERT_HELD(&rq->lock);
	ns_t now = about_now(rq);
	runq_update(rq, now);
	runq_place(rq, t, origin);
	t->sched.on_queue = ON_QUEUE;
	t->sched.queued_since = now;
	runq_insert(rq, t, false);
	if (runq_preempts(rq, t))
		runq_resched(rq);
	else if (rq->cpu == cpu_here())
		runq_begin_slice(rq, now);
	else if (!rq->cpu->running->sched.slice_end)
		arch_ipi(rq->cpu->id); /* sched_ipi begins the slice */
}

void sched_settle(struct thread *t)
{
	uint64_t origin = runq_of(t)->min_vruntime;
	for (;;) {
		struct run_queue *rq = cpus[select_cpu(t)].rq;
		spin_lock_noirq(&rq->lock);
		bool allowed = cpu_count == 1 || sched_allowed(&t->sched, rq->cpu->id);
		if (likely(allowed)) {
			__atomic_store_n(&t->sched.cpu, (int)rq->cpu->id, __ATOMIC_RELAXED);
			sched_activate(rq, t, origin);
		}
		spin_unlock_noirq(&rq->lock);
		if (likely(allowed))
			return;
	}
}

/* A thread on no queue becomes runnable. (rq->lock of its last CPU, given back) */
static void enqueue(struct run_queue *rq, struct thread *t)
{
	bool on_cpu = __atomic_load_n(&t->sched.on_cpu, __ATOMIC_ACQUIRE);
	/* While its CPU is still leaving it, it can only be queued there: that CPU runs nobody
	 * before it has left. */
	if (on_cpu || select_cpu(t) == rq->cpu->id) {
		sched_activate(rq, t, rq->min_vruntime);
		spin_unlock_noirq(&rq->lock);
		return;
	}
	t->sched.on_queue = MOVING;
	spin_unlock_noirq(&rq->lock);
	sched_settle(t);
}

bool sched_wake(struct thread *t, unsigned states)
{
	struct sched_entity *s = &t->sched;
	/* What the caller did before is seen by a sleeper that set its state before it looks. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(1u << __atomic_load_n(&s->state, __ATOMIC_RELAXED) & states))
		return false;
	sched_point("sched.wake", t);
	irqflags_t flags;
	struct run_queue *rq = runq_lock_of(t, &flags);
	enum sched_state state = __atomic_load_n(&s->state, __ATOMIC_RELAXED);
	bool woken = 1u << state & states &&
		     __atomic_compare_exchange_n(&s->state, &state, SCHED_RUNNABLE, false,
			 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	if (woken && trace_on(TRACE_CLASS_SCHED))
		trace_record(TRACE_WAKE, t->tid ? (uint64_t)t->tid->nr : 0, 0, 0, 0, 0);
	if (woken && s->on_queue == OFF_QUEUE)
		enqueue(rq, t);
	else
		spin_unlock_noirq(&rq->lock);
	arch_irq_restore(flags);
	return woken;
}

void sched_fork(struct thread *child, const struct thread *parent)
{
	struct sched_entity *c = &child->sched;
	const struct sched_entity *p = &parent->sched;
	c->affinity = p->affinity;
	c->policy = p->policy;
	c->rt_priority = p->rt_priority;
	c->nice = p->nice;
	c->cpu = p->cpu;
	if (!p->reset_on_fork)
		return;
	if (policy_is_rt(p->policy)) {
		c->policy = POLICY_OTHER;
		c->rt_priority = 0;
	}
	if (c->nice < 0)
		c->nice = 0;
}

void sched_start(struct thread *t)
{
	irqflags_t flags;
	struct run_queue *rq = runq_lock_of(t, &flags);
	BUG_ON(t->sched.state != SCHED_NEW);
	t->sched.state = SCHED_RUNNABLE;
	t->sched.vruntime = rq->min_vruntime;
	enqueue(rq, t);
	arch_irq_restore(flags);
}

void sched_kick(struct thread *t)
{
	irqflags_t flags = arch_irq_save();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	int cpu = __atomic_load_n(&t->sched.cpu, __ATOMIC_RELAXED);
	if (__atomic_load_n(&t->sched.on_cpu, __ATOMIC_RELAXED) && cpu != (int)cpu_here()->id)
		arch_ipi((unsigned)cpu);
	arch_irq_restore(flags);
}

bool sched_running(const struct thread *t)
{
	return __atomic_load_n(&t->sched.on_cpu, __ATOMIC_ACQUIRE);
}

bool sched_is_off(const struct thread *t)
{
	return __atomic_load_n(&t->sched.on_queue, __ATOMIC_ACQUIRE) == OFF_QUEUE &&
	       !__atomic_load_n(&t->sched.on_cpu, __ATOMIC_ACQUIRE);
}

void sched_pause(const char *reason)
{
	sched_prepare(SCHED_SLEEP);
	sched_sleep(arch_now() + NS_PER_S / 20000, reason);
}

void sched_wait_off_cpu(struct thread *t)
{
	ASSERT(t != arch_current());
	while (!sched_is_off(t))
		sched_pause("exit");
}

/* The waiting threads of the CPU with the longest queue are the ones to take from. */
static struct run_queue *busiest(const struct run_queue *self)
{
	struct run_queue *found = NULL;
	for (unsigned i = 0; i < cpu_count; i++) {
		struct run_queue *rq = cpus[i].rq;
		if (rq != self && rq->queued && (!found || rq->queued > found->queued))
			found = rq;
	}
	return found;
}

struct thread *sched_steal(struct run_queue *rq)
{
	struct run_queue *from = busiest(rq);
	if (!from)
		return NULL;
	/* In order of CPU number: the other may have to be locked first. */
	if (from < rq) {
		spin_unlock_noirq(&rq->lock);
		spin_lock_noirq(&from->lock);
		spin_lock_noirq(&rq->lock);
	} else {
		spin_lock_noirq(&from->lock);
	}
	struct thread *t = runq_take(rq); /* something may have come meanwhile */
	if (!t) {
		t = runq_take_for(from, rq->cpu->id);
		if (t) {
			__atomic_store_n(&t->sched.cpu, (int)rq->cpu->id, __ATOMIC_RELAXED);
			runq_place(rq, t, from->min_vruntime);
		}
	}
	spin_unlock_noirq(&from->lock);
	return t;
}
