/* semop(2) and semtimedop(2). */
#include "fs/internal.h"
#include "ipc/sem.h"
#include "syscall/syscall.h"
#include "sysctl.h"

#define FEW_OPS 16 /* that many need no memory of their own */

/* What the operations ask for altogether. */
struct op_summary {
	bool alters, undoes;
	unsigned max; /* semaphore number */
};

static struct op_summary summarise(const struct linux_sembuf *ops, unsigned count)
{
	struct op_summary sum = {0};
	for (unsigned i = 0; i < count; i++) {
		sum.alters |= ops[i].op != 0;
		sum.undoes |= sem_op_undone(&ops[i]);
		sum.max = MAX(sum.max, ops[i].num);
	}
	return sum;
}

/* The set, if the operations are such that it can take them. (sem_kind.lock) */
static struct sem_set *find_set(int id, const struct op_summary *sum)
{
	struct ipc_object *o = ipc_find(&sem_kind, id);
	if (IS_ERR(o))
		return ERR_PTR(PTR_ERR(o));
	if (sum->max >= sem_set_of(o)->count)
		return ERR_PTR(-EFBIG);
	int err = ipc_permission(o, sum->alters ? 0222 : 0444);
	return err ? ERR_PTR(err) : sem_set_of(o);
}

/* The first try; a request that has to wait is queued. (sem_kind.lock) */
static int begin(int id, struct sem_request *r)
{
	struct op_summary sum = summarise(r->ops, r->count);
	struct sem_set *s = find_set(id, &sum);
	if (IS_ERR(s))
		return PTR_ERR(s);
	r->alters = sum.alters;
	if (sum.undoes) {
		r->undo = sem_undo_find(s);
		if (IS_ERR(r->undo))
			return PTR_ERR(r->undo);
	}
	int status = sem_try(s, r);
	if (status == SEM_ASLEEP) {
		list_append(&s->requests, &r->link);
	} else if (!status) {
		s->otime = ipc_now();
		if (sum.alters)
			sem_changed(s);
	}
	return status;
}

static int request_status(const struct sem_request *r)
{
	return __atomic_load_n(&r->status, __ATOMIC_ACQUIRE);
}

/* Sleeps until somebody has carried the request out. A result that came meanwhile always counts. */
static int wait_for(struct sem_request *r, ns_t deadline)
{
	int err = 0;
	while (request_status(r) == SEM_ASLEEP && !err) {
		sched_prepare(SCHED_SLEEP_INTR);
		if (request_status(r) != SEM_ASLEEP) {
			sched_cancel();
			break;
		}
		err = sched_sleep(deadline, "do_semtimedop");
	}
	mutex_lock(&sem_kind.lock);
	int status = r->status;
	if (status == SEM_ASLEEP) {
		list_remove(&r->link);
		status = err == -ETIMEDOUT ? -EAGAIN : -EINTR;
	}
	mutex_unlock(&sem_kind.lock);
	return status;
}

static int semop_copied(int id, const struct linux_sembuf *ops, unsigned count, ns_t deadline)
{
	struct sem_request r = {
	    .ops = ops, .count = count, .pid = ipc_pid(), .thread = current, .status = SEM_ASLEEP};
	if (id < 0)
		return -EINVAL;
	mutex_lock(&sem_kind.lock);
	int status = begin(id, &r);
	mutex_unlock(&sem_kind.lock);
	return status == SEM_ASLEEP ? wait_for(&r, deadline) : status;
}

static int semop_call(int id, uaddr_t user, uint32_t count, const struct linux_timespec *timeout)
{
	struct linux_sembuf few[FEW_OPS], *ops = few;
	if (count > (uint64_t)sysctl_get(sem[2]))
		return -E2BIG;
	if (!count)
		return -EINVAL;
	if (count > FEW_OPS)
		ops = kmalloc(count * sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	int err = arch_copy_in(ops, user, count * sizeof(*ops)) ? -EFAULT : 0;
	if (!err && timeout && !timespec_valid(timeout))
		err = -EINVAL;
	if (!err)
		err = semop_copied(id, ops, count, timeout ? timespec_deadline(timeout) : NS_NEVER);
	if (ops != few)
		kfree(ops);
	return err;
}

SYSCALL(semop)
{
	return semop_call((int)a[0], a[1], (uint32_t)a[2], NULL);
}

SYSCALL(semtimedop)
{
	struct linux_timespec ts;
	if (a[3] && arch_copy_in(&ts, a[3], sizeof(ts)))
		return -EFAULT;
	return semop_call((int)a[0], a[1], (uint32_t)a[2], a[3] ? &ts : NULL);
}
