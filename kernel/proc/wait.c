/* wait4(2), waitid(2): what children have to tell, and who hears it. */
#include "abi/sched.h"
#include "mm/heap.h"
#include "proc/internal.h"

static void add_rusage(struct rusage_ns *sum, const struct rusage_ns *r)
{
	sum->user += r->user;
	sum->system += r->system;
	sum->minflt += r->minflt;
	sum->majflt += r->majflt;
	sum->nvcsw += r->nvcsw;
	sum->nivcsw += r->nivcsw;
	sum->inblock += r->inblock;
	sum->oublock += r->oublock;
	sum->maxrss_kib = MAX(sum->maxrss_kib, r->maxrss_kib);
	io_counts_add(&sum->io, &r->io);
}

static bool eligible(const struct process *child, const struct wait_request *r)
{
	bool clone_child = child->exit_signal != SIGCHLD;

	if (r->which == WAIT_PID && child->pid != r->pid)
		return false;
	if (r->which == WAIT_PGRP && child->pgrp != r->pid)
		return false;
	if (child->exit_signal < 0)
		return false; /* not a child in the sense of wait: a spawn that has not succeeded
				 yet */
	return (r->options & WALL_) || clone_child == !!(r->options & WCLONE_);
}

static int report(struct process *p, struct wait_result *out, int status, int code, int value)
{
	if (out) {
		out->pid = p->pid->nr;
		out->status = status;
		out->code = code;
		out->signal_or_code = value;
		out->uid = (int)p->leader->cred->uid;
		process_times(p, &out->rusage);
		add_rusage(&out->rusage, &p->reaped_children);
	}
	return p->pid->nr;
}

static int report_zombie(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	int status = p->exit_status;
	int code = !(status & 0x7f) ? CLD_EXITED : status & 0x80 ? CLD_DUMPED : CLD_KILLED;
	int value = code == CLD_EXITED ? status >> 8 & 0xff : status & 0x7f;
	int nr = report(p, out, status, code, value);
	struct rusage_ns used;

	if (r->options & WNOWAIT)
		return nr;
	process_times(p, &used);
	add_rusage(&p->parent->reaped_children, &used);
	add_rusage(&p->parent->reaped_children, &p->reaped_children);
	process_reap(p);
	return nr;
}

static int report_stop(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	int sig = p->stop_signal;

	if (!(r->options & WNOWAIT))
		p->event = EVENT_NONE;
	return report(p, out, sig << 8 | 0x7f, CLD_STOPPED, sig);
}

static int report_continue(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	if (!(r->options & WNOWAIT))
		p->event = EVENT_NONE;
	return report(p, out, 0xffff, CLD_CONTINUED, SIGCONT);
}

/* A pid; 0: no news yet; -ECHILD: there will be none. */
static int look_at(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	if (p->phase == ZOMBIE)
		return r->options & WEXITED ? report_zombie(p, r, out) : -ECHILD;
	if (p->phase == STOPPED && p->event == EVENT_STOPPED && (r->options & WUNTRACED))
		return report_stop(p, r, out);
	if (p->event == EVENT_CONTINUED && (r->options & WCONTINUED))
		return report_continue(p, r, out);
	return 0;
}

/* The children that the current thread made itself, or the others of its process. */
static int scan_children(const struct wait_request *r, struct wait_result *out, bool own)
{
	struct process *p, *tmp;
	int result = -ECHILD;

	list_for_each_safe (p, tmp, &current->process->children, sibling_link) {
		int found;

		if ((p->parent_thread == current) != own || !eligible(p, r))
			continue;
		found = look_at(p, r, out);
		if (found > 0)
			return found;
		if (!found)
			result = 0;
	}
	return result;
}

/* A pid, 0 if there are children that may have news yet, -ECHILD. */
static int scan(const struct wait_request *r, struct wait_result *out)
{
	int result, others;
	irqflags_t flags;

	sched_point("wait.scan", current);
	flags = spin_lock(&task_lock);
	result = scan_children(r, out, true);
	if (result <= 0 && !(r->options & WNOTHREAD_)) {
		others = scan_children(r, out, false);
		result = others == -ECHILD ? result : others;
	}
	spin_unlock(&task_lock, flags);
	return result;
}

static int wait_for_child(const struct wait_request *r, struct wait_result *out)
{
	struct process *p = current->process;
	int result = scan(r, out), err;

	if (result || (r->options & WNOHANG))
		return result;
	err = wait_event(
	    &p->child_event, (result = scan(r, out)) != 0, SCHED_SLEEP_INTR, r->deadline, "wait");
	if (result)
		return result;
	return err == -EINTR ? -ERESTARTSYS : err;
}

int do_wait(const struct wait_request *r, struct wait_result *out)
{
	int result = wait_for_child(r, out);

	if (result > 0)
		kstack_trim();
	return result;
}
