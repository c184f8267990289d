/* ioprio_set(2), ioprio_get(2): kept for the programs that ask; no device here orders its work by
 * it. */
#include "proc/cred.h"
#include "sched/priority.h"
#include "sched/runq.h"
#include "syscall/syscall.h"

enum { CLASS_NONE, CLASS_RT, CLASS_BE, CLASS_IDLE };
enum { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };
#define CLASS_SHIFT 13
#define LEVEL_MASK  7

static int check(int value)
{
	switch (value >> CLASS_SHIFT & 7) {
	case CLASS_RT:
		return capable(CAP_SYS_ADMIN) || capable(CAP_SYS_NICE) ? 0 : -EPERM;
	case CLASS_BE:
	case CLASS_IDLE:
		return 0;
	case CLASS_NONE:
		return value & LEVEL_MASK ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* What counts for a thread that set nothing: as its nice value. */
static int effective(const struct thread *t)
{
	int class = sched_is_rt(&t->sched)           ? CLASS_RT
		    : t->sched.policy == POLICY_IDLE ? CLASS_IDLE
						     : CLASS_BE;

	if (t->wishes.io_priority >> CLASS_SHIFT != CLASS_NONE)
		return t->wishes.io_priority;
	return class << CLASS_SHIFT | (t->sched.nice + 20) / 5;
}

struct io_walk {
	int value;  /* to be set */
	int result; /* -ESRCH: nobody yet */
};

static void set_one(struct thread *t, void *arg)
{
	struct io_walk *w = arg;
	const struct cred *me = current->cred;

	if (w->result && w->result != -ESRCH)
		return; /* the first refusal ends it */
	w->result = 0;
	if (t->cred->uid != me->euid && t->cred->uid != me->uid && !capable(CAP_SYS_NICE))
		w->result = -EPERM;
	else if (!cred_may_schedule(t->cred))
		w->result = -EPERM;
	else
		t->wishes.io_priority = (uint16_t)w->value;
}

static void get_one(struct thread *t, void *arg)
{
	struct io_walk *w = arg;
	int value = effective(t);

	w->result = w->result < 0 ? value : MIN(w->result, value);
}

static void get_raw(struct thread *t, void *arg)
{
	((struct io_walk *)arg)->result = t->wishes.io_priority;
}

static int64_t walk(const uint64_t a[6], void (*fn)(struct thread *t, void *arg), int value)
{
	int which = (int)a[0];
	struct io_walk w = {.value = value, .result = -ESRCH};
	irqflags_t flags;

	if (which < WHO_PROCESS || which > WHO_USER)
		return -EINVAL;
	flags = spin_lock(&task_lock);
	sched_for_each_named(which - WHO_PROCESS + PRIO_PROCESS, (int)a[1], fn, &w);
	spin_unlock(&task_lock, flags);
	return w.result;
}

SYSCALL(ioprio_set)
{
	int err = check((int)a[2]);

	return err ? err : walk(a, set_one, (int)a[2]);
}

SYSCALL(ioprio_get)
{
	return walk(a, (int)a[0] == WHO_PROCESS ? get_raw : get_one, 0);
}
