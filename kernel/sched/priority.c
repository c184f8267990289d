/* Policies, priorities and nice values: what is valid, and who may set it (sched(7),
 * setpriority(2), sched_setattr(2)). */
#include "sched/priority.h"

#include "arch/uaccess.h"
#include "proc/cred.h"
#include "sched/futex.h"
#include "sched/runq.h"
#include "syscall/syscall.h"

static bool is_rt(int policy)
{
	return policy == POLICY_FIFO || policy == POLICY_RR;
}

static bool is_fair(int policy)
{
	return policy == POLICY_OTHER || policy == POLICY_BATCH;
}

static bool is_valid(int policy)
{
	return is_rt(policy) || is_fair(policy) || policy == POLICY_IDLE ||
	       policy == POLICY_DEADLINE;
}

/* Nothing is reserved for deadlines here: what is asked for is checked, and then too much. */
static bool is_deadline_valid(const struct sched_change *c)
{
	const uint64_t least = 100 * 1000, most = (1ULL << 22) * 1000; /* of the period */
	uint64_t period = c->period ? c->period : c->deadline;
	return c->deadline && c->runtime >= 1024 && !(c->deadline >> 63) && !(period >> 63) &&
	       c->runtime <= c->deadline && c->deadline <= period && period >= least &&
	       period <= most;
}

static uint64_t limit_of(const struct thread *t, int resource)
{
	return __atomic_load_n(&t->process->rlimits[resource].cur, __ATOMIC_RELAXED);
}

/* Do t's limits or the caller's capabilities allow this nice value? */
static bool can_nice(const struct thread *t, int nice)
{
	return (uint64_t)(20 - nice) <= limit_of(t, RLIMIT_NICE) || capable(CAP_SYS_NICE);
}

/* Without CAP_SYS_NICE: only one's own, and not upwards. */
static bool may_change(const struct thread *t, int policy, bool reset, const struct sched_change *c)
{
	const struct sched_entity *s = &t->sched;
	uint64_t limit = limit_of(t, RLIMIT_RTPRIO);
	if (capable(CAP_SYS_NICE))
		return true;
	if (policy == POLICY_DEADLINE)
		return false;
	if (is_fair(policy) && c->nice < s->nice && !can_nice(t, c->nice))
		return false;
	if (is_rt(policy) && policy != s->policy && !limit)
		return false;
	if (is_rt(policy) && c->priority > s->rt_priority && (uint64_t)c->priority > limit)
		return false;
	if (s->policy == POLICY_IDLE && policy != POLICY_IDLE && !can_nice(t, s->nice))
		return false;
	return sched_same_owner(t) && (reset || !s->reset_on_fork);
}

int sched_change_policy(struct thread *t, const struct sched_change *c)
{
	bool reset = t->sched.reset_on_fork;
	int policy = t->sched.policy;
	if (c->policy != POLICY_KEEP) {
		reset = c->policy & SCHED_RESET_ON_FORK;
		policy = c->policy & ~SCHED_RESET_ON_FORK;
		if (!is_valid(policy))
			return -EINVAL;
	}
	if (c->priority < 0 || c->priority >= RT_PRIORITIES || is_rt(policy) != (c->priority != 0))
		return -EINVAL;
	if (policy == POLICY_DEADLINE && !is_deadline_valid(c))
		return -EINVAL;
	if (!may_change(t, policy, reset, c) || !sched_may_schedule(t))
		return -EPERM;
	if (policy == POLICY_DEADLINE)
		return -EBUSY;
	t->sched.reset_on_fork = reset;
	irqflags_t flags = spin_lock(&task_lock);
	sched_set_policy(
	    t, (unsigned)policy, c->priority, is_fair(policy) ? c->nice : t->sched.nice);
	futex_priority_changed(t);
	if (is_rt(policy) && t->process) /* RLIMIT_RTTIME */
		cpu_timers_update(t->process);
	spin_unlock(&task_lock, flags);
	return 0;
}

/* --- sched_setattr, sched_getattr --- */

#define ATTR_SIZE_FIRST 48 /* SCHED_ATTR_SIZE_VER0 */
enum attr_flags {
	ATTR_RESET_ON_FORK = 1,
	ATTR_KEEP_POLICY = 8,
	ATTR_KEEP_PARAMS = 0x10,
	ATTR_UTIL_CLAMP = 0x60,
	ATTR_ALL = 0x7f
};

struct user_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

/* A structure that may be longer or shorter than ours: what we do not know must be 0. */
static int attr_copy_in(struct user_sched_attr *attr, uaddr_t from)
{
	uint32_t size, ours = sizeof(*attr);
	memset(attr, 0, sizeof(*attr));
	if (copy_in_obj(&size, from))
		return -EFAULT;
	size = size ? size : ATTR_SIZE_FIRST;
	bool fits = size >= ATTR_SIZE_FIRST && size <= PAGE_SIZE;
	for (uint32_t at = ours; fits && at < size; at++) {
		uint8_t byte;
		if (copy_in_obj(&byte, from + at))
			return -EFAULT;
		fits = !byte;
	}
	if (!fits)
		return copy_out_obj(from, &ours) ? -EFAULT : -E2BIG;
	if (arch_copy_in(attr, from, MIN(size, ours)))
		return -EFAULT;
	attr->nice = MAX(MIN(attr->nice, 19), -20);
	return 0;
}

static int set_attr(struct thread *t, const struct user_sched_attr *attr)
{
	struct sched_change c = {
	    .policy = (int)attr->policy,
	    .priority = (int)attr->priority,
	    .nice = attr->nice,
	    .runtime = attr->runtime,
	    .deadline = attr->deadline,
	    .period = attr->period,
	};
	if (attr->flags & ATTR_KEEP_PARAMS) {
		c.priority = t->sched.rt_priority;
		c.nice = t->sched.nice;
	}
	if (attr->flags & ATTR_RESET_ON_FORK)
		c.policy |= SCHED_RESET_ON_FORK;
	if (attr->flags & ATTR_KEEP_POLICY)
		c.policy = POLICY_KEEP;
	return sched_change_policy(t, &c);
}

SYSCALL(sched_setattr)
{
	struct user_sched_attr attr;
	if (!a[1] || (int)a[0] < 0 || a[2])
		return -EINVAL;
	int err = attr_copy_in(&attr, a[1]);
	if (err)
		return err;
	if ((int)attr.policy < 0 || attr.flags & ~(uint64_t)ATTR_ALL)
		return -EINVAL;
	if (attr.flags & ATTR_UTIL_CLAMP)
		return -EOPNOTSUPP;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	err = set_attr(t, &attr);
	thread_put(t);
	return err;
}

SYSCALL(sched_getattr)
{
	uint32_t size = (uint32_t)a[2];
	if (!a[1] || (int)a[0] < 0 || size < ATTR_SIZE_FIRST || size > PAGE_SIZE || a[3])
		return -EINVAL;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	const struct sched_entity *s = &t->sched;
	struct user_sched_attr attr = {
	    .size = MIN(size, (uint32_t)sizeof(attr)),
	    .policy = s->policy,
	    .flags = s->reset_on_fork ? ATTR_RESET_ON_FORK : 0,
	    .priority = s->rt_priority,
	};
	if (!policy_is_rt(s->policy)) {
		attr.nice = s->nice;
		attr.runtime = FAIR_SLICE_NS;
	}
	thread_put(t);
	return arch_copy_out(a[1], &attr, attr.size);
}

/* --- getpriority, setpriority --- */

static int set_nice(struct thread *t, int nice)
{
	uint32_t euid = current->cred->euid;
	if (t->cred->uid != euid && t->cred->euid != euid && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (nice < t->sched.nice && !can_nice(t, nice))
		return -EACCES;
	if (!cred_may_schedule(t->cred))
		return -EPERM;
	sched_set_policy(t, t->sched.policy, t->sched.rt_priority, nice);
	return 0;
}

void sched_for_each_named(int which, int who, void (*fn)(struct thread *t, void *arg), void *arg)
{
	uint32_t uid = who ? (uint32_t)who : current->cred->uid;
	struct pid *group = who ? pid_find(who) : current->process->pgrp;
	struct thread *single = who ? thread_find(who) : current;
	struct process *p;
	struct thread *t;
	if (which == PRIO_PROCESS) {
		if (single)
			fn(single, arg);
		return;
	}
	list_for_each (p, &all_processes, all_link) {
		if (which == PRIO_PGRP && p->pgrp != group)
			continue;
		list_for_each (t, &p->threads, process_link) {
			if (which == PRIO_PGRP || t->cred->uid == uid)
				fn(t, arg);
		}
	}
}

struct nice_walk {
	int nice;   /* to be set */
	int result; /* -ESRCH: nobody yet */
};

static void set_one(struct thread *t, void *arg)
{
	struct nice_walk *w = arg;
	int err = set_nice(t, w->nice);
	if (err || w->result == -ESRCH)
		w->result = err;
}

/* The most favourable: 40 (nice -20) .. 1 (nice 19), so that no result is negative. */
static void get_one(struct thread *t, void *arg)
{
	struct nice_walk *w = arg;
	w->result = MAX(w->result, 20 - t->sched.nice);
}

static int64_t walk(const uint64_t a[6], void (*fn)(struct thread *t, void *arg), int nice)
{
	int which = (int)a[0], who = (int)a[1];
	struct nice_walk w = {.nice = nice, .result = -ESRCH};
	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	irqflags_t flags = spin_lock(&task_lock);
	sched_for_each_named(which, who, fn, &w);
	spin_unlock(&task_lock, flags);
	return w.result;
}

SYSCALL(setpriority)
{
	return walk(a, set_one, MAX(MIN((int)a[2], 19), -20));
}

SYSCALL(getpriority)
{
	return walk(a, get_one, 0);
}
