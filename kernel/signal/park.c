/*
 * Stopping. A stop begins when some thread takes a stop signal (signal_start_group_stop), each
 * thread parks itself on its way to user mode (signal_park, the only place where a thread stops),
 * and the last one in completes the stop and tells the parent under the same hold of task_lock.
 * SIGCONT undoes it at send time (signal_continue_group).
 */
#include "proc/process.h"
#include "ptrace/ptrace.h"
#include "signal/internal.h"
#include "trace.h"

/* Does the parent want to hear of stops? The wake-up of its waits comes all the same (S48). */
static bool parent_wants_stops(const struct process *parent)
{
	const struct action *a = &parent->actions->action[SIGCHLD];

	return a->handler != SIG_IGN && !(a->flags & SA_NOCLDSTOP);
}

void signal_tell_stop(struct thread *to, const struct siginfo *info)
{
	ASSERT_HELD(&task_lock);
	if (parent_wants_stops(to->process))
		signal_send(to, info, TO_PROCESS);
	wait_wake_all(&to->process->child_event);
}

void signal_notify_parent_stop(struct process *p, int code)
{
	ns_t user, system;
	struct siginfo info = {.si_signo = SIGCHLD, .si_code = code};

	ASSERT_HELD(&task_lock);
	if (!p->parent)
		return;
	sched_times(p->leader, &user, &system); /* its alone, as in Linux */
	info.child.pid = p->pid->nr;
	info.child.uid = p->leader->cred->uid;
	info.child.status = code == CLD_CONTINUED ? SIGCONT : p->stop_signal & 0x7f;
	info.child.utime = user / TICK_NS;
	info.child.stime = system / TICK_NS;
	signal_tell_stop(p->parent_thread, &info);
}

static void clear_stop(struct thread *t)
{
	t->stop_wanted = t->stop_counted = t->stop_dequeued = false;
}

/* The last thread to have parked, or to have gone without parking, completes the stop. A tracee
 * that was let run in the middle of a stop takes part in another one, which is no news. */
bool signal_take_part(struct thread *t)
{
	struct process *p = t->process;
	bool counted = t->stop_wanted && t->stop_counted;

	ASSERT_HELD(&task_lock);
	clear_stop(t);
	if (!counted || --p->unparked || p->phase != STOPPING)
		return false;
	p->phase = STOPPED;
	p->event = EVENT_STOPPED;
	trace_record(TRACE_STOPPED, (uint64_t)p->stop_signal, 0, 0, 0, 0);
	return true;
}

static void ask_to_stop(struct thread *t, int sig)
{
	t->stop_wanted = t->stop_counted = true;
	t->stop_signal = sig;
	t->process->unparked++;
	if (t->trace && t->trace->seized && t != current)
		ptrace_trap_notify(t);
	else
		signal_wake_thread(t, false);
}

void signal_start_group_stop(struct process *p, int sig)
{
	struct thread *t;

	ASSERT_HELD(&task_lock);
	if (p->phase == EXITING || p->phase == ZOMBIE || p->group_exit || p->execing)
		return;
	if (p->phase != STOPPED)
		p->stop_signal = sig;
	if (p->phase == LIVE)
		p->phase = STOPPING;
	p->unparked = 0;
	list_for_each (t, &p->threads, process_link)
		if (!t->exiting && t->park != JOB_STOP && !signal_pending_fatal(t))
			ask_to_stop(t, sig);
}

void signal_join_stop(struct thread *t)
{
	struct process *p = t->process;

	ASSERT_HELD(&task_lock);
	if (p->phase != STOPPING && p->phase != STOPPED)
		return;
	t->stop_wanted = true;
	t->stop_signal = p->stop_signal;
	t->stop_counted = p->phase == STOPPING;
	p->unparked += t->stop_counted;
	signal_recalc(t);
}

/* A thread that ends instead of parking: the stop must not wait for it (R06). */
void signal_leave_group_stop(struct thread *t)
{
	if (signal_take_part(t))
		signal_notify_parent_stop(t->process, CLD_STOPPED);
}

void signal_park(void)
{
	struct thread *t = current;
	struct process *p = t->process;
	irqflags_t flags = spin_lock(&task_lock);

	if (!t->stop_wanted || t->trace || p->group_exit) {
		spin_unlock(&task_lock, flags);
		return;
	}
	sched_point("signal.park", t);
	t->park = JOB_STOP;
	signal_leave_group_stop(t);
	while (t->park == JOB_STOP && !signal_pending_fatal(t)) {
		sched_prepare(SCHED_PARKED);
		spin_unlock(&task_lock, flags);
		sched_point("signal.parked", t);
		sched_sleep(NS_NEVER, "job stop");
		flags = spin_lock(&task_lock);
	}
	t->park = RUNNING;
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
}

/* No thread is to stop any more, nor the one that has just taken a stop signal; the stopped run. */
static void release(struct thread *t)
{
	clear_stop(t);
	if (t->park == JOB_STOP) {
		t->park = RUNNING;
		sched_point("signal.unpark", t);
		sched_wake(t, WAKE_PARKED);
	}
	if (t->trace && t->trace->seized)
		ptrace_trap_notify(t);
}

void signal_continue_group(struct process *p)
{
	enum process_phase was = p->phase;
	struct thread *t;

	ASSERT_HELD(&task_lock);
	p->exec_stop = 0;
	list_for_each (t, &p->threads, process_link)
		release(t);
	if (was != STOPPING && was != STOPPED)
		return;
	p->phase = LIVE;
	p->unparked = 0;
	/* Interrupted before it was complete, the stop is told all the same, with status 0 (S49).
	 */
	p->notify_code = was == STOPPED ? CLD_CONTINUED : CLD_STOPPED;
	p->stop_signal = 0;
	p->event = EVENT_CONTINUED;
	trace_record(TRACE_CONTINUED, 0, (uint64_t)p->pid->nr, 0, 0, (uint64_t)p->pid->nr);
	list_for_each (t, &p->threads, process_link)
		if (!t->exiting)
			signal_wake_thread(t, false); /* somebody tells the parent */
}
