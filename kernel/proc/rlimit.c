/* Resource limits and what was used of them (getrlimit(2), getrusage(2), times(2)). */
#include "arch/uaccess.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "syscall/syscall.h"
#include "sysctl.h"

#define MIB (1024 * 1024UL)

void rlimits_default(struct rlimit *limits)
{
	for (int i = 0; i < RLIMIT_COUNT; i++)
		limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	limits[RLIMIT_STACK].cur = 8 * MIB;
	limits[RLIMIT_CORE].cur = 0;
	limits[RLIMIT_NPROC] = (struct rlimit){4096, 4096};
	limits[RLIMIT_NOFILE] = (struct rlimit){1024, 4096};
	limits[RLIMIT_MEMLOCK] = (struct rlimit){8 * MIB, 8 * MIB};
	limits[RLIMIT_SIGPENDING] = (struct rlimit){4096, 4096};
	limits[RLIMIT_MSGQUEUE] = (struct rlimit){819200, 819200};
	limits[RLIMIT_NICE] = (struct rlimit){0, 0};
	limits[RLIMIT_RTPRIO] = (struct rlimit){0, 0};
}

uint64_t rlimit_get(int resource)
{
	const struct process *p = current->process;

	return p ? __atomic_load_n(&p->rlimits[resource].cur, __ATOMIC_RELAXED) : RLIM_INFINITY;
}

bool nproc_reached(uint32_t uid, uint64_t more)
{
	uint64_t limit = rlimit_get(RLIMIT_NPROC), count = 0;
	const struct process *p;
	const struct thread *t;
	irqflags_t flags;

	if (limit == RLIM_INFINITY || !uid)
		return false;
	flags = spin_lock(&task_lock);
	list_for_each (p, &all_processes, all_link)
		list_for_each (t, &p->threads, process_link)
			count += t->cred->uid == uid; /* zombies included */
	spin_unlock(&task_lock, flags);
	return count >= limit + more;
}

void nproc_note_new_user(uint32_t uid)
{
	if (uid != current->cred->uid)
		current->nproc_exceeded = nproc_reached(uid, 1);
}

static int check_new(const struct process *p, int resource, const struct rlimit *new)
{
	if (new->cur > new->max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new->max > (uint64_t)sysctl_get(nr_open))
		return -EPERM;
	if (new->max > p->rlimits[resource].max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* May the current task see or change another's limits (prlimit(2))? (task_lock) */
static bool may_touch(const struct process *p)
{
	const struct cred *me = current->cred, *to = p->leader->cred;

	if (p == current->process || cred_has_cap(me, CAP_SYS_RESOURCE))
		return true;
	return me->uid == to->uid && me->uid == to->euid && me->uid == to->suid &&
	       me->gid == to->gid && me->gid == to->egid && me->gid == to->sgid;
}

static int change(int pid, int resource, const struct rlimit *new, struct rlimit *old)
{
	irqflags_t flags;
	struct process *p;
	int err = 0;

	flags = spin_lock(&task_lock);
	p = pid ? process_find(pid) : current->process;
	if (!p)
		err = -ESRCH;
	else if (!may_touch(p))
		err = -EPERM;
	else if (resource < 0 || resource >= RLIMIT_COUNT)
		err = -EINVAL;
	else if (new)
		err = check_new(p, resource, new);
	if (!err && old)
		*old = p->rlimits[resource];
	if (!err && new)
		p->rlimits[resource] = *new;
	if (!err && new && (resource == RLIMIT_CPU || resource == RLIMIT_RTTIME))
		cpu_timers_update(p);
	spin_unlock(&task_lock, flags);
	return err;
}

SYSCALL(prlimit64)
{
	struct rlimit new, old;
	int err;

	if (a[2] && copy_in_obj(&new, a[2]))
		return -EFAULT;
	err = change((int)a[0], (int)a[1], a[2] ? &new : NULL, &old);
	if (err || !a[3])
		return err;
	return copy_out_obj(a[3], &old);
}

SYSCALL(getrlimit)
{
	struct rlimit old;
	int err = change(0, (int)a[0], NULL, &old);

	return err ? err : copy_out_obj(a[1], &old);
}

SYSCALL(setrlimit)
{
	struct rlimit new;

	if (copy_in_obj(&new, a[1]))
		return -EFAULT;
	return change(0, (int)a[0], &new, NULL);
}

/* --- usage --- */

static void add_thread(struct rusage_ns *out, struct thread *t)
{
	ns_t user, system;

	sched_times(t, &user, &system);
	out->user += user;
	out->system += system;
	out->minflt += t->faults_minor;
	out->majflt += t->faults_major;
	out->nvcsw += t->sched.switches_voluntary;
	out->nivcsw += t->sched.switches_involuntary;
	io_counts_add(&out->io, &t->io);
}

void io_counts_add(struct io_counts *sum, const struct io_counts *more)
{
	sum->read_bytes += more->read_bytes;
	sum->written_bytes += more->written_bytes;
	sum->reads += more->reads;
	sum->writes += more->writes;
}

void process_note_peak(struct process *p, const struct space *s)
{
	uint64_t kib = s->pages_peak * (PAGE_SIZE / 1024);

	ASSERT_HELD(&task_lock);
	p->dead_threads.maxrss_kib = MAX(p->dead_threads.maxrss_kib, kib);
}

void process_times(struct process *p, struct rusage_ns *out)
{
	struct thread *t;

	ASSERT_HELD(&task_lock);
	list_for_each (t, &p->threads, process_link)
		if (t->space)
			process_note_peak(p, t->space);
	*out = p->dead_threads;
	list_for_each (t, &p->threads, process_link)
		if (t->park != DEAD)
			add_thread(out, t);
}

struct user_rusage {
	int64_t utime_sec, utime_usec, stime_sec, stime_usec;
	int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd,
	    msgrcv, nsignals, nvcsw, nivcsw;
};

int rusage_copy_out(uaddr_t to, const struct rusage_ns *r)
{
	struct user_rusage u = {
	    .utime_sec = r->user / NS_PER_S,
	    .utime_usec = r->user % NS_PER_S / 1000,
	    .stime_sec = r->system / NS_PER_S,
	    .stime_usec = r->system % NS_PER_S / 1000,
	    .maxrss = (int64_t)r->maxrss_kib,
	    .minflt = (int64_t)r->minflt,
	    .majflt = (int64_t)r->majflt,
	    .inblock = (int64_t)r->inblock,
	    .oublock = (int64_t)r->oublock,
	    .nvcsw = (int64_t)r->nvcsw,
	    .nivcsw = (int64_t)r->nivcsw,
	};

	return copy_out_obj(to, &u);
}

SYSCALL(getrusage)
{
	enum { SELF = 0, CHILDREN = -1, THREAD = 1 };
	struct rusage_ns r = {0};
	int who = (int)a[0];
	irqflags_t flags;

	if (who != SELF && who != CHILDREN && who != THREAD)
		return -EINVAL;
	flags = spin_lock(&task_lock);
	if (who == SELF)
		process_times(current->process, &r);
	else if (who == CHILDREN)
		r = current->process->reaped_children;
	else
		add_thread(&r, current);
	spin_unlock(&task_lock, flags);
	return rusage_copy_out(a[1], &r);
}

SYSCALL(times)
{
	struct rusage_ns self, children;
	irqflags_t flags = spin_lock(&task_lock);

	process_times(current->process, &self);
	children = current->process->reaped_children;
	spin_unlock(&task_lock, flags);
	if (a[0]) {
		int64_t t[4] = {self.user / TICK_NS, self.system / TICK_NS, children.user / TICK_NS,
		    children.system / TICK_NS};

		if (copy_out_obj(a[0], &t))
			return -EFAULT;
	}
	return time_now() / TICK_NS;
}
