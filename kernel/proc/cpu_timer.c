/* Timers and limits of CPU time. Everything here runs under task_lock. */
#include "proc/cpu_timer.h"

#include "proc/internal.h"
#include "proc/posix_timer.h"

/* Looks are no closer together than this: the most that an expiry is late on each CPU. */
#define SHORTEST_STEP (NS_PER_S / 4000)

/* One look at everything, and when the next has to be. */
struct look {
	struct process *p;
	ns_t user, all; /* CPU time of the process */
	ns_t parallel;  /* how many times as fast as time that can pass */
	ns_t next;      /* from now, at the earliest; NS_NEVER: nothing is armed */
	bool any_running;
};

ns_t cpu_time_of_thread(struct thread *t, bool user)
{
	ns_t u, system;

	sched_times(t, &u, &system);
	return user ? u : u + system;
}

ns_t cpu_time_of_process(struct process *p, bool user)
{
	struct rusage_ns used;

	process_times(p, &used);
	return user ? used.user : used.user + used.system;
}

struct thread *cpu_time_consumer(struct process *p)
{
	struct thread *t = current, *found = p->leader;

	ASSERT_HELD(&task_lock);
	if (t && t->process == p && !t->exiting)
		return t;
	list_for_each (t, &p->threads, process_link) {
		if (t->exiting || t->sched.state != SCHED_RUNNABLE)
			continue;
		found = t;
		if (sched_running(t))
			break;
	}
	return found;
}

static void send_kernel(struct process *p, int sig)
{
	struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};

	signal_send(cpu_time_consumer(p), &info, TO_PROCESS);
}

/* Something of the whole process is due in `left` ns of its CPU time. */
static void await_process(struct look *l, ns_t left)
{
	l->next = MIN(l->next, left / l->parallel);
}

/* Something of one thread: as long as that does not run, the scheduler tells when it does. */
static void await_thread(struct look *l, struct thread *t, ns_t left)
{
	if (!sched_running(t)) {
		__atomic_store_n(&t->cpu_watch, true, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST); /* switch_to has the other half */
		if (!sched_running(t))
			return;
	}
	l->next = MIN(l->next, left);
}

/* --- setitimer --- */

static void look_at_itimer(struct look *l, struct cpu_itimer *it, ns_t now, int sig)
{
	if (!it->expires)
		return;
	if (now >= it->expires) {
		ns_t missed = it->interval ? (now - it->expires) / it->interval : 0;

		if (!it->interval || it->interval >= NS_NEVER - now)
			it->expires = 0;
		else
			it->expires += (missed + 1) * it->interval;
		send_kernel(l->p, sig);
	}
	if (it->expires)
		await_process(l, it->expires - now);
}

/* --- limits (getrlimit(2)) --- */

static ns_t limit_ns(uint64_t limit, ns_t unit)
{
	return limit >= (uint64_t)(NS_NEVER / unit) ? NS_NEVER : (ns_t)limit * unit;
}

/* SIGXCPU at the soft limit, which moves on by a second; SIGKILL at the hard one. What is left
 * until the next of them. */
static ns_t look_at_limit(struct process *p, int resource, ns_t used, ns_t unit)
{
	struct rlimit *r = &p->rlimits[resource];
	ns_t soft = limit_ns(r->cur, unit), hard = limit_ns(r->max, unit);

	if (r->cur == RLIM_INFINITY)
		return NS_NEVER;
	if (hard != NS_NEVER && used >= hard) {
		send_kernel(p, SIGKILL);
		return NS_NEVER;
	}
	if (soft != NS_NEVER && used >= soft) {
		send_kernel(p, SIGXCPU);
		r->cur += (uint64_t)(NS_PER_S / unit);
		soft += NS_PER_S;
	}
	return MIN(soft, hard) == NS_NEVER ? NS_NEVER : MAX(MIN(soft, hard) - used, 0);
}

/* RLIMIT_RTTIME: CPU time of a real-time thread since it slept. */
static void look_at_realtime(struct look *l, struct thread *t)
{
	ns_t used, left;

	if (t->exiting || (t->sched.policy != POLICY_FIFO && t->sched.policy != POLICY_RR))
		return;
	used = cpu_time_of_thread(t, false) - __atomic_load_n(&t->sched.slept_at, __ATOMIC_RELAXED);
	left = look_at_limit(l->p, RLIMIT_RTTIME, used, 1000);
	if (left != NS_NEVER)
		await_thread(l, t, left);
}

/* --- POSIX timers --- */

static void look_at_posix(struct look *l, struct posix_timer *pt)
{
	bool user = posix_timer_user_time(pt);
	struct thread *t = posix_timer_thread(pt);
	ns_t left;

	if (posix_timer_per_thread(pt) && (!t || t->park == DEAD)) {
		list_remove(&pt->cpu_link); /* its clock has stopped for good */
		return;
	}
	left = pt->cpu_deadline - (t ? cpu_time_of_thread(t, user) : user ? l->user : l->all);
	if (left <= 0) {
		posix_timer_expired(pt);
		if (list_empty(&pt->cpu_link))
			return;
		left = MAX(left, 0); /* periodic and ignored: it was set anew */
	}
	if (t)
		await_thread(l, t, left);
	else
		await_process(l, left);
}

/* --- the look --- */

static void look_at_threads(struct look *l)
{
	bool limited = l->p->rlimits[RLIMIT_RTTIME].cur != RLIM_INFINITY;
	struct thread *t;

	list_for_each (t, &l->p->threads, process_link) {
		if (limited)
			look_at_realtime(l, t);
		l->any_running |= sched_running(t);
	}
}

/* Nobody runs: whoever does first ends the rest. */
static bool may_rest(struct process *p)
{
	struct thread *t;

	list_for_each (t, &p->threads, process_link)
		__atomic_store_n(&t->cpu_watch, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	list_for_each (t, &p->threads, process_link)
		if (sched_running(t))
			return false;
	return true;
}

void cpu_timers_update(struct process *p)
{
	struct cpu_timers *c = &p->cpu_timers;
	struct posix_timer *pt, *tmp;
	struct look l = {.p = p, .next = NS_NEVER};
	struct rusage_ns used;

	ASSERT_HELD(&task_lock);
	if (!p->live_count)
		return;
	process_times(p, &used);
	l.user = used.user;
	l.all = used.user + used.system;
	l.parallel = MIN((ns_t)cpu_count, (ns_t)p->live_count);
	look_at_itimer(&l, &c->virtual, l.user, SIGVTALRM);
	look_at_itimer(&l, &c->prof, l.all, SIGPROF);
	await_process(&l, look_at_limit(p, RLIMIT_CPU, l.all, NS_PER_S));
	list_for_each_safe (pt, tmp, &c->posix, cpu_link)
		look_at_posix(&l, pt);
	look_at_threads(&l);
	/* NS_NEVER may have been divided: what lies decades ahead is never. */
	if (l.next >= NS_NEVER / MAX_CPUS || (!l.any_running && may_rest(p)))
		timer_cancel(&c->timer);
	else
		timer_arm(&c->timer, time_now() + MAX(l.next, SHORTEST_STEP));
}

bool cpu_timers_any(const struct process *p)
{
	const struct cpu_timers *c = &p->cpu_timers;

	return c->virtual.expires || c->prof.expires || !list_empty(&c->posix) ||
	       p->rlimits[RLIMIT_CPU].cur != RLIM_INFINITY ||
	       p->rlimits[RLIMIT_RTTIME].cur != RLIM_INFINITY;
}

/* What getitimer tells: one that is due and not told yet shows a little. */
static void read_itimer(const struct cpu_itimer *it, ns_t now, ns_t *value, ns_t *interval)
{
	*value = it->expires ? MAX(it->expires - now, 1000) : 0;
	*interval = it->interval;
}

void cpu_itimer_get(bool virtual, ns_t *value, ns_t *interval)
{
	struct process *p = current->process;
	irqflags_t flags = spin_lock(&task_lock);

	read_itimer(virtual ? &p->cpu_timers.virtual : &p->cpu_timers.prof,
	    cpu_time_of_process(p, virtual), value, interval);
	spin_unlock(&task_lock, flags);
}

void cpu_itimer_set(bool virtual, ns_t value, ns_t interval, ns_t *old, ns_t *old_interval)
{
	struct process *p = current->process;
	struct cpu_itimer *it = virtual ? &p->cpu_timers.virtual : &p->cpu_timers.prof;
	irqflags_t flags = spin_lock(&task_lock);
	ns_t now = cpu_time_of_process(p, virtual);

	read_itimer(it, now, old, old_interval);
	it->expires = !value ? 0 : value >= NS_NEVER - now ? NS_NEVER : now + value;
	it->interval = interval;
	cpu_timers_update(p);
	spin_unlock(&task_lock, flags);
}

static void look(struct timer *timer)
{
	struct cpu_timers *c = container_of(timer, struct cpu_timers, timer);
	irqflags_t flags = spin_lock(&task_lock);

	cpu_timers_update(container_of(c, struct process, cpu_timers));
	spin_unlock(&task_lock, flags);
}

void cpu_timers_resume(struct thread *t)
{
	__atomic_store_n(&t->cpu_watch, false, __ATOMIC_RELAXED);
	timer_arm(&t->process->cpu_timers.timer, time_now());
}

void cpu_timers_init(struct process *p)
{
	timer_init(&p->cpu_timers.timer, look);
	list_init(&p->cpu_timers.posix);
}

void cpu_timers_end(struct process *p)
{
	struct posix_timer *pt, *tmp;
	irqflags_t flags = spin_lock(&task_lock);

	list_for_each_safe (pt, tmp, &p->cpu_timers.posix, cpu_link)
		list_remove(&pt->cpu_link);
	p->cpu_timers.virtual.expires = p->cpu_timers.prof.expires = 0;
	spin_unlock(&task_lock, flags);
	timer_cancel_sync(&p->cpu_timers.timer);
}
