/* A CPU's run queue: who waits for it, in which order. Private to kernel/sched. */
#pragma once

#include "lib/list.h"
#include "lib/pairing_heap.h"
#include "proc/process.h"
#include "sched/cpu_here.h"
#include "sched/sched.h"

#define RT_PRIORITIES 100 /* 1 .. 99 are used */

/* How long an ordinary thread runs while others wait; and how far it must be ahead for a woken one
 * to get its CPU. */
#define FAIR_SLICE_NS       (3 * NS_PER_S / 1000)
#define FAIR_GRANULARITY_NS (NS_PER_S / 1000)
/* At most this much of the time it slept counts in a woken thread's favour. */
#define FAIR_SLEEP_BONUS_NS (FAIR_SLICE_NS / 2)
/* sched_rr_get_interval(2) */
#define RR_SLICE_NS (100 * NS_PER_S / 1000)
/* For this long a thread waits for the CPU that it was put on, then an idle one takes it. */
#define STEAL_DELAY_NS (NS_PER_S / 500)

extern uint64_t sched_idle_cpus; /* atomic: a bit for each CPU that runs its idle thread */

/* The running thread is not in the lists, but counts as ON_QUEUE. Everything here: (lock). */
struct run_queue {
	struct spinlock lock;
	struct cpu *cpu;
	unsigned queued;        /* waiting; read without the lock as a hint */
	struct heap fair;       /* ordinary threads, by vruntime */
	uint64_t tick_switches; /* the CPU's switch_count at the last tick */
	uint64_t min_vruntime;  /* never goes back: where a new or woken thread joins */
	uint64_t rt_map[2];     /* a bit for each priority whose list is not empty */
	struct list rt[RT_PRIORITIES];
};

void runq_init(struct run_queue *rq, struct cpu *c);

static inline bool policy_is_rt(unsigned policy)
{
	return policy == POLICY_FIFO || policy == POLICY_RR;
}

/* Its real-time priority, its own or lent; 0: an ordinary thread. */
static inline int sched_rt_priority(const struct sched_entity *s)
{
	int own = policy_is_rt(s->policy) ? s->rt_priority : 0;
	return MAX(own, s->boost);
}

static inline bool sched_is_rt(const struct sched_entity *s)
{
	return sched_rt_priority(s) > 0;
}

static inline bool sched_allowed(const struct sched_entity *s, unsigned cpu)
{
	return !s->affinity || s->affinity >> cpu & 1;
}

static inline struct run_queue *runq_of(const struct thread *t)
{
	return cpus[t->sched.cpu].rq;
}

/* Locks the queue that `t` belongs to, wherever it goes meanwhile. */
struct run_queue *runq_lock_of(struct thread *t, irqflags_t *flags);

/* Puts a waiting thread into its list; `first`: before its equals (it was preempted). */
void runq_insert(struct run_queue *rq, struct thread *t, bool first);
void runq_remove(struct run_queue *rq, struct thread *t);
/* Takes out who is due, or NULL. */
struct thread *runq_take(struct run_queue *rq);
/* Takes out somebody who may run on CPU `cpu` and is off its own, or NULL. */
struct thread *runq_take_for(struct run_queue *rq, unsigned cpu);
/* Brings the running thread's vruntime up to `now`. */
void runq_update(struct run_queue *rq, ns_t now);
/* Where a thread that joins stands among those that wait: `origin` is the min_vruntime its own was
 * counted from. */
void runq_place(struct run_queue *rq, struct thread *t, uint64_t origin);
/* Should `t`, which just came, run in place of the present thread? */
bool runq_preempts(const struct run_queue *rq, const struct thread *t);
/* Begins a slice for the running thread if others wait and it has none. On its own CPU. */
void runq_begin_slice(struct run_queue *rq, ns_t now);
/* Makes the queue's CPU call schedule() soon. */
void runq_resched(struct run_queue *rq);

/* Puts a thread that is MOVING, and off its CPU, on the best queue for it. No lock held; interrupts
 * off. */
void sched_settle(struct thread *t);
/* Adds `t` to a queue and has its CPU notice. (rq->lock) */
void sched_activate(struct run_queue *rq, struct thread *t, uint64_t origin);
/* Moves a thread from another CPU's queue to this empty one. (rq->lock, dropped and taken again) */
struct thread *sched_steal(struct run_queue *rq);
