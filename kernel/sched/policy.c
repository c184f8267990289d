/* Changing how a thread is scheduled, and accounting for the time it used. */
#include "arch/cpu.h"
#include "sched/runq.h"

/* Takes a waiting thread out of its list around a change of its key; returns whether runq_insert
 * must follow. */
static bool take_out(struct run_queue *rq, struct thread *t)
{
	bool waits = t->sched.on_queue == ON_QUEUE && rq->cpu->running != t;
	if (waits)
		runq_remove(rq, t);
	return waits;
}

bool sched_is_real_time(const struct thread *t)
{
	return sched_is_rt(&t->sched);
}

/* Gives `t` policy, priority, nice value and boost of `to`, and the place that it has then. */
static void reschedule_as(struct thread *t, const struct sched_entity *to)
{
	irqflags_t flags;
	struct run_queue *rq = runq_lock_of(t, &flags);
	struct sched_entity *s = &t->sched;
	ns_t now = arch_now();
	runq_update(rq, now);
	bool waits = take_out(rq, t);
	if (sched_is_rt(s))
		s->vruntime = rq->min_vruntime;
	s->policy = to->policy;
	s->rt_priority = to->rt_priority;
	s->nice = to->nice;
	s->boost = to->boost;
	s->slice_left = 0;
	if (waits) {
		runq_insert(rq, t, false);
		if (runq_preempts(rq, t))
			runq_resched(rq);
	} else if (rq->cpu->running == t) {
		s->slice_end = 0;
		if (rq->queued)
			runq_resched(rq);
	}
	spin_unlock(&rq->lock, flags);
}

void sched_set_policy(struct thread *t, unsigned policy, int rt_priority, int nice)
{
	struct sched_entity to = {.policy = (uint8_t)policy,
	    .rt_priority = (uint8_t)rt_priority,
	    .nice = (int8_t)nice,
	    .boost = t->sched.boost};
	ASSERT_HELD(&task_lock);
	reschedule_as(t, &to);
}

void sched_set_boost(struct thread *t, int priority)
{
	struct sched_entity to = t->sched;
	ASSERT_HELD(&task_lock);
	to.boost = (uint8_t)priority;
	reschedule_as(t, &to);
}

void sched_set_affinity(struct thread *t, uint64_t mask)
{
	irqflags_t flags;
	struct run_queue *rq = runq_lock_of(t, &flags);
	t->sched.affinity = mask;
	bool move = false;
	if (t->sched.on_queue == ON_QUEUE && !sched_allowed(&t->sched, rq->cpu->id)) {
		/* One that runs, or whose stack is still in use, is moved when its CPU leaves it.
		 */
		move = rq->cpu->running != t && !sched_running(t);
		if (move) {
			runq_remove(rq, t);
			t->sched.on_queue = MOVING;
		} else {
			runq_resched(rq);
		}
	}
	spin_unlock_noirq(&rq->lock);
	if (move)
		sched_settle(t);
	arch_irq_restore(flags);
	if (t == arch_current() && !(mask >> this_cpu()->id & 1))
		schedule();
}

void sched_account_enter_kernel(void)
{
	struct sched_entity *s = &arch_current()->sched;
	ns_t now = arch_now();
	struct cpu *c = cpu_here();
	s->user_ns += now - s->stamp;
	*(s->nice > 0 ? &c->nice_ns : &c->user_ns) += now - s->stamp;
	s->stamp = now;
	s->in_user = false;
}

void sched_account_leave_kernel(void)
{
	struct sched_entity *s = &arch_current()->sched;
	ns_t now = arch_now();
	s->system_ns += now - s->stamp;
	cpu_here()->system_ns += now - s->stamp;
	s->stamp = now;
	s->in_user = true;
}

/* The greatest value that anybody was told. */
static ns_t told(ns_t *greatest, ns_t value)
{
	ns_t before = __atomic_load_n(greatest, __ATOMIC_RELAXED);

	while (value > before)
		if (__atomic_compare_exchange_n(
			greatest, &before, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return value;
	return before;
}

/*
 * The counters change on t's CPU without a lock: two readings that agree are one that nearly holds.
 * (The CPU may have looked at the clock already, and not have written what follows from it.) What
 * was told once is the least that is told later.
 */
void sched_times(struct thread *t, ns_t *user, ns_t *system)
{
	struct sched_entity *s = &t->sched;
	ns_t stamp, u, k;
	bool in_user, running;
	do {
		stamp = __atomic_load_n(&s->stamp, __ATOMIC_ACQUIRE);
		in_user = s->in_user;
		running = sched_running(t);
		u = __atomic_load_n(&s->user_ns, __ATOMIC_ACQUIRE);
		k = __atomic_load_n(&s->system_ns, __ATOMIC_ACQUIRE);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (stamp != __atomic_load_n(&s->stamp, __ATOMIC_RELAXED) ||
		 u != __atomic_load_n(&s->user_ns, __ATOMIC_RELAXED) ||
		 k != __atomic_load_n(&s->system_ns, __ATOMIC_RELAXED) ||
		 running != sched_running(t));
	if (running) {
		ns_t since = MAX(arch_now() - stamp, 0);
		*(in_user ? &u : &k) += since;
	}
	*user = told(&s->told_user_ns, u);
	*system = told(&s->told_system_ns, k);
}
