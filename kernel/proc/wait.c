/* wait4(2), waitid(2): what children have to tell, and who hears it. */
#include "abi/sched.h"
#include "mm/heap.h"
#include "proc/internal.h"
#include "ptrace/ptrace.h"

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

static int report(const struct thread *t, struct wait_result *out, int status, int code, int value)
{
	struct process *p = t->process;

	if (out) {
		out->pid = t->tid->nr;
		out->status = status;
		out->code = code;
		out->signal_or_code = value;
		out->uid = (int)t->cred->uid;
		process_times(p, &out->rusage);
		add_rusage(&out->rusage, &p->reaped_children);
	}
	return t->tid->nr;
}

static int report_death(const struct thread *t, struct wait_result *out)
{
	int status = t->process->group_exit ? t->process->exit_status : t->exit_code;
	int code = !(status & 0x7f) ? CLD_EXITED : status & 0x80 ? CLD_DUMPED : CLD_KILLED;
	int value = code == CLD_EXITED ? status >> 8 & 0xff : status & 0x7f;

	return report(t, out, status, code, value);
}

static int report_zombie(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	int nr = report_death(p->leader, out);
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
	return report(p->leader, out, sig << 8 | 0x7f, CLD_STOPPED, sig);
}

static int report_continue(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	if (!(r->options & WNOWAIT))
		p->event = EVENT_NONE;
	return report(p->leader, out, 0xffff, CLD_CONTINUED, SIGCONT);
}

/* --- tracees: a thread each --- */

static bool eligible_tracee(const struct thread *t, const struct wait_request *r)
{
	if (r->which == WAIT_PID)
		return t->tid == r->pid;
	return r->which == WAIT_ALL || t->process->pgrp == r->pid;
}

/* The tracer has heard of the end: now the real parent may, if he is another (S69). */
static int report_dead_tracee(
    struct thread *t, const struct wait_request *r, struct wait_result *out)
{
	struct process *p = t->process;
	int nr;

	if (t == p->leader && p->parent == current->process)
		return report_zombie(p, r, out);
	nr = report_death(t, out);
	if (r->options & WNOWAIT)
		return nr;
	ptrace_unlink(t);
	if (t != p->leader)
		thread_release(t);
	else if (process_notify_parent(p))
		process_reap(p);
	return nr;
}

/* A stop is told whatever the options. */
static int report_trace_stop(
    struct thread *t, const struct wait_request *r, struct wait_result *out)
{
	int code = t->trace_code;

	if (!(r->options & WNOWAIT))
		t->trace_code = 0;
	return report(t, out, code << 8 | 0x7f, CLD_TRAPPED, code);
}

static int look_at_tracee(struct thread *t, const struct wait_request *r, struct wait_result *out)
{
	struct process *p = t->process;
	bool ended = t->park == DEAD;

	if (ended && (t != p->leader || p->phase == ZOMBIE))
		return r->options & WEXITED ? report_dead_tracee(t, r, out) : -ECHILD;
	if (t->park == TRACE_STOP && !t->trace->listening && t->trace_code)
		return report_trace_stop(t, r, out);
	if (p->event == EVENT_CONTINUED && (r->options & WCONTINUED))
		return report_continue(p, r, out);
	return ended && !(r->options & (WEXITED | WCONTINUED)) ? -ECHILD : 0;
}

static int look_at_child(struct process *p, const struct wait_request *r, struct wait_result *out)
{
	const struct trace *tr = p->leader->trace;

	if (tr && tr->tracer->process == current->process)
		return look_at_tracee(p->leader, r, out);
	if (p->phase == ZOMBIE)
		return tr ? 0 : r->options & WEXITED ? report_zombie(p, r, out) : -ECHILD;
	if (p->phase == STOPPED && p->event == EVENT_STOPPED && (r->options & WUNTRACED))
		return report_stop(p, r, out);
	if (p->event == EVENT_CONTINUED && (r->options & WCONTINUED))
		return report_continue(p, r, out);
	return 0;
}

/* The children that the current thread made itself, or the others of its process. */
static int scan_children(const struct wait_request *r, struct wait_result *out, bool own)
{
	struct process *p;
	int result = -ECHILD;

	list_for_each (p, &current->process->children, sibling_link) {
		int found;

		if ((p->parent_thread == current) != own || !eligible(p, r))
			continue;
		found = look_at_child(p, r, out);
		if (found > 0)
			return found;
		result = MAX(result, found);
	}
	return result;
}

static int scan_tracees(
    const struct thread *tracer, const struct wait_request *r, struct wait_result *out)
{
	struct trace *tr;
	int result = -ECHILD;

	list_for_each (tr, &tracer->tracees, link) {
		int found;

		if (!eligible_tracee(tr->tracee, r))
			continue;
		found = look_at_tracee(tr->tracee, r, out);
		if (found > 0)
			return found;
		result = MAX(result, found);
	}
	return result;
}

/* What the other threads of the process made or trace. */
static int scan_others(const struct wait_request *r, struct wait_result *out)
{
	int result = scan_children(r, out, false), found;
	struct thread *t;

	list_for_each (t, &current->process->threads, process_link) {
		if (result > 0)
			return result;
		if (t == current)
			continue;
		found = scan_tracees(t, r, out);
		result = MAX(result, found);
	}
	return result;
}

/* A pid, 0 if there are children that may have news yet, -ECHILD. */
static int scan(const struct wait_request *r, struct wait_result *out)
{
	int result, found;
	irqflags_t flags;

	sched_point("wait.scan", current);
	flags = spin_lock(&task_lock);
	result = scan_children(r, out, true);
	if (result <= 0) {
		found = scan_tracees(current, r, out);
		result = MAX(result, found);
	}
	if (result <= 0 && !(r->options & WNOTHREAD_)) {
		found = scan_others(r, out);
		result = MAX(result, found);
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
