/* Numbers for threads, processes, groups and sessions: one name space, as in Linux. */
#include "mm/heap.h"
#include "proc/internal.h"
#include "sysctl.h"

#define PID_MAX      32768
#define PID_RESERVED 300 /* numbers below are not used again after the first round */

struct spinlock task_lock = SPINLOCK_INIT("task", RANK_TASK);
struct list all_processes = LIST_INIT(all_processes);

static struct pid *pid_table[PID_MAX]; /* [T] */
static int last_pid;                   /* [T] */

int pid_last(void)
{
	ASSERT_HELD(&task_lock);
	return last_pid;
}

void pid_init(void)
{
	last_pid = 0;
}

/* The next free number after the last one given, so that a number stays unused as long as possible.
 */
static int next_number(void)
{
	const int end = (int)MIN(sysctl_get(pid_max), PID_MAX);
	int nr = last_pid;

	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++nr >= end)
			nr = PID_RESERVED;
		if (!pid_table[nr])
			return nr;
	}
	return -EAGAIN;
}

/* `nr`, or any if it is 0. */
static struct pid *alloc(int nr, int *err)
{
	struct pid *p = kzalloc(sizeof(*p));
	irqflags_t flags;

	if (!p) {
		*err = -ENOMEM;
		return NULL;
	}
	ref_init(&p->refs);
	list_init(&p->members);
	list_init(&p->session);
	wait_queue_init(&p->poll);
	flags = spin_lock(&task_lock);
	if (nr) {
		nr = pid_table[nr] ? -EEXIST : nr;
	} else {
		nr = next_number();
		last_pid = nr > 0 ? nr : last_pid;
	}
	if (nr > 0) {
		p->nr = nr;
		pid_table[nr] = p;
	}
	spin_unlock(&task_lock, flags);
	if (nr > 0)
		return p;
	kfree(p);
	*err = nr;
	return NULL;
}

struct pid *pid_alloc(int *err)
{
	return alloc(0, err);
}

struct pid *pid_alloc_at(int nr, int *err)
{
	*err = -EINVAL;
	if (nr < 1 || nr >= PID_MAX)
		return NULL;
	*err = -EPERM;
	if (!capable(CAP_CHECKPOINT_RESTORE) && !capable(CAP_SYS_ADMIN))
		return NULL;
	return alloc(nr, err);
}

struct pid *pid_find(int nr)
{
	ASSERT_HELD(&task_lock);
	return nr > 0 && nr < PID_MAX ? pid_table[nr] : NULL;
}

void pid_get(struct pid *p)
{
	ref_get(&p->refs);
}

void pid_put(struct pid *p)
{
	if (p && ref_put(&p->refs))
		kfree(p);
}

/*
 * The number is free once it names neither thread nor process, and no group or session lives under
 * it. The object may live on in a pidfd. (task_lock)
 */
void pid_release_number(struct pid *p)
{
	ASSERT_HELD(&task_lock);
	if (p->thread || p->process || !list_empty(&p->members) || !list_empty(&p->session))
		return;
	if (pid_table[p->nr] == p)
		pid_table[p->nr] = NULL;
}

/* A number that was allocated and named nothing. */
void pid_discard(struct pid *p)
{
	irqflags_t flags = spin_lock(&task_lock);

	pid_release_number(p);
	spin_unlock(&task_lock, flags);
	pid_put(p);
}

struct process *process_find(int nr)
{
	struct pid *p = pid_find(nr);

	return p ? p->process : NULL;
}

struct thread *thread_find(int nr)
{
	struct pid *p = pid_find(nr);

	return p ? p->thread : NULL;
}
