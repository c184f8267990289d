/* /proc/PID/timers, timerslack_ns, timens_offsets. */
#include "fs/proc/procfs.h"
#include "proc/posix_timer.h"
#include "sched/sched.h"

/* --- POSIX timers --- */

struct timer_view {
	int id, sig, notify, clock, to;
	uint64_t value;
};

/* The timer with the lowest id from `from` on. */
static bool next_timer(struct process *p, int from, struct timer_view *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct posix_timer *pt, *found = NULL;

	list_for_each (pt, &p->posix_timers, link)
		if (pt->id >= from && (!found || pt->id < found->id))
			found = pt;
	if (found)
		*out = (struct timer_view){found->id, found->sig, found->notify, found->clock,
		    found->to ? found->to->nr : p->pid->nr, found->value};
	spin_unlock(&task_lock, flags);
	return found;
}

int proc_show_timers(struct proc_text *t, const struct proc_inode *p)
{
	static const char *const words[] = {"signal", "none", "thread"};
	struct thread *thread = proc_thread(p);
	struct timer_view v = {.id = -1};

	if (!thread)
		return -ESRCH;
	while (v.id < INT32_MAX && next_timer(thread->process, v.id + 1, &v)) {
		text_printf(t, "ID: %d\nsignal: %d/%016lx\n", v.id, v.sig, (unsigned long)v.value);
		text_printf(t, "notify: %s/%s.%d\nClockID: %d\n",
		    words[v.notify & ~SIGEV_THREAD_ID & 3],
		    v.notify & SIGEV_THREAD_ID ? "tid" : "pid", v.to, v.clock);
	}
	thread_put(thread);
	return 0;
}

/* --- slack --- */

/* Another's is for who may schedule it. */
static struct thread *slack_thread(const struct proc_inode *p, int *err)
{
	struct thread *t = proc_thread(p);

	*err = t ? 0 : -ESRCH;
	if (t && t != current && !fs_capable(CAP_SYS_NICE)) {
		thread_put(t);
		*err = -EPERM;
		return NULL;
	}
	return t;
}

int proc_show_timer_slack(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct thread *thread = slack_thread(p, &err);

	if (!thread)
		return err;
	text_printf(t, "%lu\n", (unsigned long)timer_slack_get(thread));
	thread_put(thread);
	return 0;
}

int proc_write_timer_slack(const struct proc_inode *p, const char *text)
{
	struct thread *thread;
	int64_t n;
	int err = proc_parse_int(text, &n);

	if (err || n < 0)
		return -EINVAL;
	thread = slack_thread(p, &err);
	if (!thread)
		return err;
	timer_slack_set(thread, (uint64_t)n);
	thread_put(thread);
	return 0;
}

/* --- the time namespace: the first one, whose clocks cannot be moved --- */

int proc_show_time_offsets(struct proc_text *t, const struct proc_inode *p)
{
	text_puts(t, "monotonic           0         0\nboottime            0         0\n");
	return 0;
}

int proc_write_time_offsets(const struct proc_inode *p, const char *text)
{
	return -EACCES;
}
