/* Semaphore sets: making, changing, ending them. */
#include "ipc/sem.h"

#include "mm/heap.h"
#include "syscall/syscall.h"
#include "sysctl.h"

struct ipc_kind sem_kind = IPC_KIND_INIT("sem", &sysctls.sem[3], &sysctls.sem_next_id);

/* --- semget --- */

static uint64_t sems_in_use(void)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < sem_kind.size; i++)
		n += sem_kind.slots[i] ? sem_set_of(sem_kind.slots[i])->count : 0;
	return n;
}

static int sem_create(const struct ipc_params *p)
{
	if (!p->size)
		return -EINVAL;
	if (sems_in_use() + p->size > (uint64_t)sysctl_get(sem[1]))
		return -ENOSPC;
	struct sem_set *s = kzalloc(sizeof(*s) + p->size * sizeof(s->sems[0]));
	if (!s)
		return -ENOMEM;
	s->count = (unsigned)p->size;
	s->ctime = ipc_now();
	list_init(&s->requests);
	list_init(&s->undos);
	int id = ipc_add(&sem_kind, &s->ipc, p);
	if (id < 0)
		kfree(s);
	return id;
}

static int sem_check(const struct ipc_object *o, const struct ipc_params *p)
{
	return container_of(o, struct sem_set, ipc)->count < p->size ? -EINVAL : 0;
}

SYSCALL(semget)
{
	static const struct ipc_getter getter = {sem_create, sem_check};
	int count = (int)a[1];
	struct ipc_params p = {.key = (int32_t)a[0], .flags = (int)a[2]};
	if (count < 0 || count > sysctl_get(sem[0]))
		return -EINVAL;
	p.size = (uint64_t)count;
	return ipc_get(&sem_kind, &getter, &p);
}

/* --- operations --- */

/* One operation: 0, -errno, SEM_ASLEEP. */
static int try_one(struct sem_set *s, const struct linux_sembuf *op, struct sem_undo *undo)
{
	struct sem *sem = &s->sems[op->num];
	int value = sem->value + op->op;
	if ((!op->op && sem->value) || value < 0)
		return op->flags & IPC_NOWAIT ? -EAGAIN : SEM_ASLEEP;
	if (value > SEMVMX)
		return -ERANGE;
	if (sem_op_undone(op)) {
		int adjust = undo->adjust[op->num] - op->op;
		if (adjust < -SEMVMX - 1 || adjust > SEMVMX)
			return -ERANGE;
		undo->adjust[op->num] = (int16_t)adjust;
	}
	sem->value = value;
	return 0;
}

static void take_back(struct sem_set *s, const struct linux_sembuf *op, struct sem_undo *undo)
{
	s->sems[op->num].value -= op->op;
	if (sem_op_undone(op))
		undo->adjust[op->num] = (int16_t)(undo->adjust[op->num] + op->op);
}

int sem_try(struct sem_set *s, struct sem_request *r)
{
	int err = 0;
	unsigned done = 0;
	for (; done < r->count; done++) {
		err = try_one(s, &r->ops[done], r->undo);
		if (err)
			break;
	}
	if (!err) {
		for (unsigned i = 0; i < r->count; i++)
			s->sems[r->ops[i].num].last_pid = r->pid;
		return 0;
	}
	r->blocking = &r->ops[done];
	while (done)
		take_back(s, &r->ops[--done], r->undo);
	return err;
}

/* --- waking --- */

/* The sleeper may be gone as soon as it sees the status: nothing of it is touched afterwards. */
static void finish(struct sem_request *r, int status)
{
	struct thread *t = r->thread;
	list_remove(&r->link);
	thread_get(t);
	__atomic_store_n(&r->status, status, __ATOMIC_RELEASE);
	sched_wake(t, WAKE_ANY_SLEEP);
	thread_put(t);
}

/* Carries out the first request of that kind that can be. */
static struct sem_request *first_possible(struct sem_set *s, bool alters, int *status)
{
	struct sem_request *r;
	list_for_each (r, &s->requests, link) {
		if (r->alters != alters)
			continue;
		*status = sem_try(s, r);
		if (*status != SEM_ASLEEP)
			return r;
	}
	return NULL;
}

/* Those that wait for zero come first: they change nothing. */
void sem_changed(struct sem_set *s)
{
	struct sem_request *r;
	int status;
	for (;;) {
		r = first_possible(s, false, &status);
		if (!r)
			r = first_possible(s, true, &status);
		if (!r)
			break;
		if (!status)
			s->otime = ipc_now();
		finish(r, status);
	}
}

void sem_destroy(struct sem_set *s)
{
	while (!list_empty(&s->requests))
		finish(list_first(&s->requests, struct sem_request, link), -EIDRM);
	while (!list_empty(&s->undos)) {
		struct sem_undo *u = list_first(&s->undos, struct sem_undo, set_link);
		list_remove(&u->set_link);
		list_init(&u->set_link);
		u->set = NULL;
	}
	ipc_remove(&sem_kind, &s->ipc);
	kfree(s);
}
