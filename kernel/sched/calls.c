/* System calls about scheduling: sched_*(2), getpriority(2), getcpu(2). */
#include "arch/uaccess.h"
#include "proc/cred.h"
#include "sched/priority.h"
#include "sched/runq.h"
#include "syscall/syscall.h"

struct thread *sched_target(int tid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = tid ? thread_find(tid) : current;
	if (t)
		thread_get(t);
	spin_unlock(&task_lock, flags);
	return t;
}

bool sched_same_owner(const struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	uint32_t euid = current->cred->euid;
	bool same = euid == t->cred->euid || euid == t->cred->uid;
	spin_unlock(&task_lock, flags);
	return same;
}

bool sched_may_schedule(const struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool may = cred_may_schedule(t->cred);
	spin_unlock(&task_lock, flags);
	return may;
}

SYSCALL(sched_yield)
{
	sched_yield_now();
	return 0;
}

static uint64_t online_mask(void)
{
	return (1UL << cpu_count) - 1;
}

SYSCALL(sched_setaffinity)
{
	uint64_t mask = 0;
	if (arch_copy_in(&mask, a[2], MIN((size_t)(uint32_t)a[1], sizeof(mask))))
		return -EFAULT;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	int err = 0;
	if (!sched_same_owner(t) && !capable(CAP_SYS_NICE))
		err = -EPERM;
	else if (!sched_may_schedule(t))
		err = -EPERM;
	else if (!(mask & online_mask()))
		err = -EINVAL;
	else
		sched_set_affinity(t, mask);
	thread_put(t);
	return err;
}

SYSCALL(sched_getaffinity)
{
	uint32_t len = (uint32_t)a[1];
	if ((uint64_t)len * 8 < cpu_count || len % sizeof(uint64_t))
		return -EINVAL;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	uint64_t mask = t->sched.affinity ? t->sched.affinity & online_mask() : online_mask();
	thread_put(t);
	return copy_out_obj(a[2], &mask) ? -EFAULT : (int64_t)sizeof(mask);
}

static int set_scheduler(int tid, int policy, uaddr_t param)
{
	int32_t priority;
	if (!param || tid < 0)
		return -EINVAL;
	if (copy_in_obj(&priority, param))
		return -EFAULT;
	struct thread *t = sched_target(tid);
	if (!t)
		return -ESRCH;
	struct sched_change change = {
	    .policy = policy,
	    .priority = priority,
	    .nice = t->sched.nice,
	};
	int err = sched_change_policy(t, &change);
	thread_put(t);
	return err;
}

SYSCALL(sched_setscheduler)
{
	return (int)a[1] < 0 ? -EINVAL : set_scheduler((int)a[0], (int)a[1], a[2]);
}

SYSCALL(sched_setparam)
{
	return set_scheduler((int)a[0], POLICY_KEEP, a[1]);
}

SYSCALL(sched_getscheduler)
{
	if ((int)a[0] < 0)
		return -EINVAL;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	int64_t policy = t->sched.policy | (t->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	thread_put(t);
	return policy;
}

SYSCALL(sched_getparam)
{
	if (!a[1] || (int)a[0] < 0)
		return -EINVAL;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	int32_t priority = t->sched.rt_priority;
	thread_put(t);
	return copy_out_obj(a[1], &priority);
}

SYSCALL(sched_rr_get_interval)
{
	if ((int)a[0] < 0)
		return -EINVAL;
	struct thread *t = sched_target((int)a[0]);
	if (!t)
		return -ESRCH;
	unsigned policy = t->sched.policy;
	thread_put(t);
	struct linux_timespec ts = ns_timespec(policy == POLICY_FIFO ? 0
					       : policy == POLICY_RR ? RR_SLICE_NS
								     : FAIR_SLICE_NS);
	return copy_out_obj(a[1], &ts);
}

static int priority_limit(int policy, int real_time)
{
	switch (policy) {
	case POLICY_FIFO:
	case POLICY_RR:
		return real_time;
	case POLICY_OTHER:
	case POLICY_BATCH:
	case POLICY_IDLE:
	case POLICY_DEADLINE:
		return 0;
	}
	return -EINVAL;
}

SYSCALL(sched_get_priority_max)
{
	return priority_limit((int)a[0], RT_PRIORITIES - 1);
}

SYSCALL(sched_get_priority_min)
{
	return priority_limit((int)a[0], 1);
}

SYSCALL(getcpu)
{
	uint32_t cpu = (uint32_t)current->sched.cpu, node = 0;
	if (a[0] && copy_out_obj(a[0], &cpu))
		return -EFAULT;
	if (a[1] && copy_out_obj(a[1], &node))
		return -EFAULT;
	return 0;
}
