/*
 * Run queues. Real-time threads come first, by priority and then by order; ordinary ones share what
 * is left in proportion to the weights of their nice values: the one with the least weighted run
 * time (vruntime) is due.
 */
#include "sched/runq.h"

#include "arch/cpu.h"
#include "sched/timer.h"

#define NICE_0_WEIGHT      1024
#define IDLE_POLICY_WEIGHT 3

/* Each step of nice is about 10 % of CPU time: a factor of 1.25 (sched(7)); the very numbers are
 * Linux's. */
static const uint32_t nice_weight[40] = {
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, /* -20 .. -11 */
    9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,           /* -10 .. -1 */
    1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,                    /* 0 .. 9 */
    110, 87, 70, 56, 45, 36, 29, 23, 18, 15,                              /* 10 .. 19 */
};

void runq_init(struct run_queue *rq, struct cpu *c)
{
	*rq = (struct run_queue){.cpu = c};
	spin_init(&rq->lock, "run queue", RANK_RUN_QUEUE);
	for (unsigned i = 0; i < RT_PRIORITIES; i++)
		list_init(&rq->rt[i]);
}

struct run_queue *runq_lock_of(struct thread *t, irqflags_t *flags)
{
	for (;;) {
		struct run_queue *rq = cpus[__atomic_load_n(&t->sched.cpu, __ATOMIC_RELAXED)].rq;
		*flags = spin_lock(&rq->lock);
		if (likely(runq_of(t) == rq && t->sched.on_queue != MOVING))
			return rq;
		spin_unlock(&rq->lock, *flags);
		arch_relax();
	}
}

static uint64_t weighted(const struct sched_entity *s, uint64_t ns)
{
	if (s->policy == POLICY_IDLE)
		return ns * NICE_0_WEIGHT / IDLE_POLICY_WEIGHT;
	if (likely(!s->nice))
		return ns;
	return ns * NICE_0_WEIGHT / nice_weight[s->nice + 20];
}

static void rt_insert(struct run_queue *rq, struct sched_entity *s, bool first)
{
	int priority = sched_rt_priority(s);
	struct list *l = &rq->rt[priority];
	if (first)
		list_add(l, &s->run_link);
	else
		list_append(l, &s->run_link);
	rq->rt_map[priority / 64] |= 1UL << priority % 64;
}

static void rt_remove(struct run_queue *rq, struct sched_entity *s)
{
	int priority = sched_rt_priority(s);
	list_remove(&s->run_link);
	if (list_empty(&rq->rt[priority]))
		rq->rt_map[priority / 64] &= ~(1UL << priority % 64);
}

static struct thread *rt_first(const struct run_queue *rq)
{
	for (int word = 1; word >= 0; word--) {
		if (!rq->rt_map[word])
			continue;
		int priority = word * 64 + 63 - __builtin_clzl(rq->rt_map[word]);
		return list_first(&rq->rt[priority], struct thread, sched.run_link);
	}
	return NULL;
}

static struct thread *fair_thread(struct heap_node *n)
{
	return n ? container_of(n, struct thread, sched.fair_node) : NULL;
}

void runq_insert(struct run_queue *rq, struct thread *t, bool first)
{
	ASSERT_HELD(&rq->lock);
	if (sched_is_rt(&t->sched))
		rt_insert(rq, &t->sched, first);
	else
		heap_insert(&rq->fair, &t->sched.fair_node, t->sched.vruntime);
	rq->queued++;
}

void runq_remove(struct run_queue *rq, struct thread *t)
{
	ASSERT_HELD(&rq->lock);
	ASSERT(rq->queued);
	if (sched_is_rt(&t->sched))
		rt_remove(rq, &t->sched);
	else
		heap_remove(&rq->fair, &t->sched.fair_node);
	rq->queued--;
}

struct thread *runq_take(struct run_queue *rq)
{
	if (!rq->queued)
		return NULL;
	struct thread *t = rt_first(rq);
	if (!t)
		t = fair_thread(heap_least(&rq->fair));
	runq_remove(rq, t);
	return t;
}

static bool can_move(const struct thread *t, unsigned cpu)
{
	return sched_allowed(&t->sched, cpu) &&
	       !__atomic_load_n(&t->sched.on_cpu, __ATOMIC_ACQUIRE);
}

struct thread *runq_take_for(struct run_queue *rq, unsigned cpu)
{
	struct thread *t;
	for (int priority = RT_PRIORITIES - 1; (rq->rt_map[0] | rq->rt_map[1]) && priority > 0;
	    priority--) {
		list_for_each (t, &rq->rt[priority], sched.run_link) {
			if (can_move(t, cpu)) {
				runq_remove(rq, t);
				return t;
			}
		}
	}
	for (struct heap_node *n = heap_least(&rq->fair); n; n = heap_walk(n)) {
		t = fair_thread(n);
		if (can_move(t, cpu)) {
			runq_remove(rq, t);
			return t;
		}
	}
	return NULL;
}

void runq_update(struct run_queue *rq, ns_t now)
{
	struct thread *t = rq->cpu->running;
	struct sched_entity *s = &t->sched;
	ns_t ran = now - s->exec_start;
	s->exec_start = now;
	if (t == rq->cpu->idle || sched_is_rt(s) || ran <= 0)
		return;
	s->vruntime += weighted(s, (uint64_t)ran);
	uint64_t least = s->vruntime;
	struct heap_node *first = heap_least(&rq->fair);
	if (first && heap_key_less(first->key, least))
		least = first->key;
	if (heap_key_less(rq->min_vruntime, least))
		rq->min_vruntime = least;
}

void runq_place(struct run_queue *rq, struct thread *t, uint64_t origin)
{
	uint64_t v = t->sched.vruntime - origin + rq->min_vruntime;
	uint64_t earliest = rq->min_vruntime - FAIR_SLEEP_BONUS_NS;
	t->sched.vruntime = heap_key_less(v, earliest) ? earliest : v;
}

bool runq_preempts(const struct run_queue *rq, const struct thread *t)
{
	const struct thread *now_runs = rq->cpu->running;
	const struct sched_entity *new = &t->sched, *old = &now_runs->sched;
	if (now_runs == rq->cpu->idle)
		return true;
	if (sched_is_rt(new) || sched_is_rt(old))
		return sched_rt_priority(new) > sched_rt_priority(old);
	if (old->policy == POLICY_IDLE && new->policy != POLICY_IDLE)
		return true;
	if (new->policy != POLICY_OTHER)
		return false;
	uint64_t head_start = weighted(new, FAIR_GRANULARITY_NS);
	return heap_key_less(new->vruntime + head_start, old->vruntime);
}

static ns_t slice_of(struct sched_entity *s)
{
	if (s->policy == POLICY_RR && s->slice_left <= 0)
		s->slice_left = RR_SLICE_NS;
	return s->policy == POLICY_RR ? s->slice_left : FAIR_SLICE_NS;
}

void runq_begin_slice(struct run_queue *rq, ns_t now)
{
	struct thread *t = rq->cpu->running;
	struct sched_entity *s = &t->sched;
	if (!rq->queued || t == rq->cpu->idle)
		return;
	if (!s->slice_end) {
		s->slice_end = s->policy == POLICY_FIFO ? NS_NEVER : now + slice_of(s);
		timer_interrupt_by(s->slice_end);
	}
	if (__atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED))
		timer_interrupt_by(now + STEAL_DELAY_NS); /* sched_tick may have an idle CPU help */
}

void runq_resched(struct run_queue *rq)
{
	struct cpu *c = rq->cpu;
	ASSERT_HELD(&rq->lock);
	if (c->need_resched)
		return;
	__atomic_store_n(&c->need_resched, true, __ATOMIC_RELAXED);
	__atomic_fetch_or(&c->running->work, WORK_RESCHED, __ATOMIC_RELAXED);
	if (c != cpu_here())
		arch_ipi(c->id);
	else if (c->running->kernel && !c->irq_depth)
		/* It may not see user mode for long: an interrupt as soon as they are on lets it
		 * give way. */
		timer_interrupt_by(0);
}
