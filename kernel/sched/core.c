/*
 * Choosing and switching threads. A thread that is switched out keeps `on_cpu` until the CPU has
 * left its stack; nobody runs or frees it before. Its run queue's lock is given back before the
 * switch: with interrupts off, and `on_cpu` set, nothing can happen to it meanwhile.
 */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "mm/space.h"
#include "sched/runq.h"
#include "sched/timer.h"
#include "trace.h"

extern struct thread boot_thread; /* kernel/main.c: CPU 0's idle thread */

struct cpu cpus[MAX_CPUS] = {[0] = {.idle = &boot_thread, .running = &boot_thread}};
unsigned cpu_count = 1;
uint64_t sched_idle_cpus;
static struct run_queue run_queues[MAX_CPUS];

#ifdef PERILUNE_DEBUG
void (*sched_point_hook)(const char *id, const void *object);
#endif

struct cpu *this_cpu(void)
{
	return cpu_here();
}

void sched_init_cpu(struct cpu *c)
{
	struct sched_entity *s = &c->idle->sched;
	c->id = (unsigned)(c - cpus);
	c->hw_id = boot_info.cpu_hw_id[c->id];
	c->running = c->idle;
	s->state = SCHED_RUNNABLE;
	s->cpu = (int)c->id;
	s->on_cpu = true;
	s->policy = POLICY_IDLE;
	s->stamp = s->exec_start = arch_now();
	runq_init(&run_queues[c->id], c);
	c->rq = &run_queues[c->id];
}

void sched_init(void)
{
	sched_init_cpu(&cpus[0]);
	cpus[0].online = true;
}

/* Drops the reference to a thread that this CPU has left for good. In the next thread, interrupts
 * off; on meanwhile, but without preemption, or burials would nest until the stack is full. */
static void bury_dead(void)
{
	struct cpu *c = cpu_here();
	struct thread *dead = c->dead;
	if (likely(!dead))
		return;
	c->dead = NULL;
	arch_current()->sched.preempt_count++;
	arch_irq_enable();
	thread_put(dead);
	arch_irq_disable();
	arch_current()->sched.preempt_count--;
}

/* On the new thread's stack, just after a switch: `prev` may be run or freed by others from now on.
 */
static void finish_switch(struct thread *prev)
{
	struct cpu *c = cpu_here();
	bool dead = prev->sched.state == SCHED_DEAD;
	__atomic_store_n(&prev->sched.on_cpu, false, __ATOMIC_RELEASE);
	if (unlikely(dead))
		c->dead = prev;
	if (unlikely(c->displaced)) {
		c->displaced = NULL;
		sched_settle(prev);
	}
}

void sched_thread_begin(struct thread *prev)
{
	finish_switch(prev);
	bury_dead();
	sched_preempt();
	arch_irq_enable();
}

/* What becomes of the running thread's place in the queue as it makes room. (rq->lock) */
static void put_previous(struct run_queue *rq, struct thread *prev, bool preempted, ns_t now)
{
	struct sched_entity *s = &prev->sched;
	if (prev == rq->cpu->idle)
		return;
	if (s->policy == POLICY_RR)
		s->slice_left = s->slice_end ? s->slice_end - now : 0;
	bool turn_over = s->slice_end && now >= s->slice_end;
	s->slice_end = 0;
	s->queued_since = now;
	if (s->state != SCHED_RUNNABLE && !preempted) {
		s->on_queue = OFF_QUEUE;
		s->switches_voluntary++;
	} else if (unlikely(!sched_allowed(s, rq->cpu->id))) {
		s->on_queue = MOVING;
		rq->cpu->displaced = prev;
	} else {
		runq_insert(rq, prev, !turn_over);
	}
}

static void count_system_time(struct cpu *c, struct sched_entity *s, ns_t now)
{
	s->system_ns += now - s->stamp;
	if (c->running != c->idle)
		c->system_ns += now - s->stamp;
	s->stamp = now;
}

/* (rq->lock) */
static void clear_resched(struct thread *t)
{
	if (unlikely(t->work & WORK_RESCHED))
		__atomic_fetch_and(&t->work, ~(uint32_t)WORK_RESCHED, __ATOMIC_RELAXED);
}

static void note_idle(const struct cpu *c, bool idle)
{
	if (idle)
		__atomic_fetch_or(&sched_idle_cpus, 1UL << c->id, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&sched_idle_cpus, ~(1UL << c->id), __ATOMIC_RELAXED);
}

/* (rq->lock, given back) */
static void switch_to(struct run_queue *rq, struct thread *prev, struct thread *next, ns_t now)
{
	struct cpu *c = rq->cpu;
	count_system_time(c, &prev->sched, now);
	if (prev->sched.on_queue == OFF_QUEUE)
		__atomic_store_n(&prev->sched.slept_at, prev->sched.user_ns + prev->sched.system_ns,
		    __ATOMIC_RELAXED);
	clear_resched(
	    prev); /* while sched_steal had given up the lock it may have been set again */
	if (unlikely(prev->rseq.area))
		rseq_switched_out(prev);
	if (prev == c->idle)
		c->idle_ns = prev->sched.system_ns;
	next->sched.stamp = next->sched.exec_start = now;
	if (next != c->idle)
		next->sched.waited_ns += now - next->sched.queued_since;
	next->sched.on_cpu = true;
	c->running = next;
	c->switch_count++;
	if (unlikely(next == c->idle || prev == c->idle))
		note_idle(c, next == c->idle);
	runq_begin_slice(rq, now);
	spin_unlock_noirq(&rq->lock);
	/* It is seen to run before its CPU timers are, or they see it run: cpu_timer.c. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&next->cpu_watch, __ATOMIC_RELAXED)))
		cpu_timers_resume(next);
	if (trace_on(TRACE_CLASS_SCHED))
		trace_record(TRACE_SWITCH, next->tid ? (uint64_t)next->tid->nr : 0, 0, 0, 0, 0);
	space_switch(next->space);
	finish_switch(arch_switch(prev, next));
}

/* Runs who is due. A preempted thread stays runnable, whatever state it was about to sleep in.
 * Interrupts off. */
static void reschedule(bool preempted)
{
	struct cpu *c = cpu_here();
	struct run_queue *rq = c->rq;
	struct thread *prev = c->running;
	spin_lock_noirq(&rq->lock);
	ns_t now = arch_now();
	runq_update(rq, now);
	c->need_resched = false;
	clear_resched(prev);
	put_previous(rq, prev, preempted, now);
	struct thread *next = runq_take(rq);
	if (!next && cpu_count > 1 && !c->displaced)
		next = sched_steal(rq);
	if (!next)
		next = c->idle;
	if (next == prev) {
		runq_begin_slice(rq, now);
		spin_unlock_noirq(&rq->lock);
		return;
	}
	if (preempted || prev->sched.on_queue == ON_QUEUE)
		prev->sched.switches_involuntary++;
	switch_to(rq, prev, next, now);
}

void schedule(void)
{
	irqflags_t flags = arch_irq_save();
	ASSERT(!arch_current()->sched.preempt_count);
	ASSERT(!cpu_here()->held_count);
	reschedule(false);
	bury_dead();
	sched_preempt();
	arch_irq_restore(flags);
}

void sched_preempt(void)
{
	struct cpu *c = cpu_here();
	if (likely(!c->need_resched) || c->irq_depth || arch_current()->sched.preempt_count)
		return;
	ASSERT(!c->held_count);
	do {
		reschedule(true);
		bury_dead();
	} while (unlikely(cpu_here()->need_resched));
}

void preempt_disable(void)
{
	arch_current()->sched.preempt_count++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void preempt_enable(void)
{
	struct thread *t = arch_current();
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	ASSERT(t->sched.preempt_count > 0);
	if (--t->sched.preempt_count || likely(!(t->work & WORK_RESCHED)) || !arch_irq_enabled())
		return;
	irqflags_t flags = arch_irq_save();
	sched_preempt();
	arch_irq_restore(flags);
}

/* An idle CPU takes over what waits here, unless those who share this one are seen to take turns
 * quickly. */
static void share_load(struct run_queue *rq)
{
	struct cpu *c = rq->cpu;
	bool taking_turns = rq->queued < 2 && c->switch_count != rq->tick_switches;
	uint64_t idle = __atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED) & ~(1UL << c->id);
	rq->tick_switches = c->switch_count;
	if (!idle || !rq->queued)
		return;
	timer_interrupt_by(arch_now() + STEAL_DELAY_NS);
	if (taking_turns)
		return;
	struct cpu *helper = &cpus[__builtin_ctzl(idle)];
	__atomic_store_n(&helper->need_resched, true, __ATOMIC_RELAXED);
	arch_ipi(helper->id);
}

void sched_tick(bool from_user)
{
	struct run_queue *rq = cpu_here()->rq;
	spin_lock_noirq(&rq->lock);
	struct sched_entity *s = &rq->cpu->running->sched;
	ns_t now = arch_now();
	runq_update(rq, now);
	if (s->slice_end && s->slice_end != NS_NEVER) {
		/* A slice without an interrupt at its end would never end: it goes when nobody
		 * waits, and whoever comes next begins another. */
		if (!rq->queued)
			s->slice_end = 0;
		else if (now >= s->slice_end)
			runq_resched(rq);
		else
			timer_interrupt_by(s->slice_end);
	}
	if (cpu_count > 1)
		share_load(rq);
	spin_unlock_noirq(&rq->lock);
}

void sched_ipi(void)
{
	struct run_queue *rq = cpu_here()->rq;
	spin_lock_noirq(&rq->lock);
	runq_begin_slice(rq, arch_now());
	spin_unlock_noirq(&rq->lock);
}

void sched_yield_now(void)
{
	irqflags_t flags = arch_irq_save();
	struct run_queue *rq = cpu_here()->rq;
	spin_lock_noirq(&rq->lock);
	struct sched_entity *s = &arch_current()->sched;
	runq_update(rq, arch_now());
	struct heap_node *first = heap_least(&rq->fair);
	if (sched_is_rt(s))
		s->slice_end =
		    1; /* long past: to the end of its list, with a new slice when its turn comes */
	else if (first && heap_key_less(s->vruntime, first->key + 1))
		s->vruntime = first->key + 1;
	bool others = rq->queued > 0;
	spin_unlock_noirq(&rq->lock);
	arch_irq_restore(flags);
	if (others)
		schedule();
}

_Noreturn void sched_exit(void)
{
	arch_irq_disable();
	arch_current()->sched.state = SCHED_DEAD;
	reschedule(false);
	panic("a dead thread runs");
}

_Noreturn void sched_idle_loop(void)
{
	ASSERT(arch_current() == this_cpu()->idle);
	note_idle(this_cpu(), true);
	for (;;) {
		arch_irq_disable();
		struct cpu *c = cpu_here();
		if (c->need_resched || c->rq->queued) {
			reschedule(true);
			arch_irq_enable();
			bury_dead();
		} else {
			arch_idle();
		}
	}
}
