/*
 * Trace stops. A thread stops itself, and tells its tracer under the same hold of task_lock; it
 * goes on when the tracer says so, when nobody traces it any more, or to die.
 */
#include "ptrace/internal.h"
#include "trace.h"

#define EVENT_STOP_CODE(sig) ((sig) | PTRACE_EVENT_STOP << 8)

bool ptrace_reparented(const struct thread *t)
{
	return t->trace && t->trace->tracer->process != t->process->parent;
}

void ptrace_tell_tracer(struct thread *t, int code, int status)
{
	struct siginfo info = {.si_signo = SIGCHLD, .si_code = code};
	ns_t user, system;

	ASSERT_HELD(&task_lock);
	sched_times(t, &user, &system);
	info.child.pid = t->tid->nr;
	info.child.uid = t->cred->uid;
	info.child.status = status;
	info.child.utime = user / TICK_NS;
	info.child.stime = system / TICK_NS;
	signal_tell_stop(t->trace->tracer, &info);
}

/* Sleeps until its tracer, the end of tracing or SIGKILL wakes it. */
static void sleep_stopped(struct thread *t, irqflags_t *flags)
{
	while (t->park == TRACE_STOP && !signal_pending_fatal(t)) {
		sched_prepare(SCHED_PARKED);
		spin_unlock(&task_lock, *flags);
		sched_sleep(NS_NEVER, "trace stop");
		*flags = spin_lock(&task_lock);
	}
	t->park = RUNNING;
}

static void enter_stop(struct thread *t, int code, uint64_t message, struct siginfo *info)
{
	struct trace *tr = t->trace;

	t->park = TRACE_STOP;
	t->trace_code = code;
	tr->message = message;
	tr->info = info;
	tr->listening = false;
	tr->trap_stop = tr->arriving = false;
	if (info && info->si_code >> 8 == PTRACE_EVENT_STOP)
		tr->trap_notify = false;
}

int ptrace_stop(int code, int why, uint64_t message, struct siginfo *info, irqflags_t *flags)
{
	struct thread *t = current;
	struct process *p = t->process;
	bool completed;

	ASSERT_HELD(&task_lock);
	if (!t->trace || signal_pending_fatal(t)) /* S64 */
		return code;
	sched_point("ptrace.stop", t);
	enter_stop(t, code, message, info);
	completed = why == CLD_STOPPED && signal_take_part(t);
	ptrace_tell_tracer(t, why, why == CLD_STOPPED ? p->stop_signal & 0x7f : code & 0x7f);
	if (completed && ptrace_reparented(t))
		signal_notify_parent_stop(p, CLD_STOPPED);
	trace_record(TRACE_STOPPED, (uint64_t)code & 0x7f, 0, 0, 0, 0);
	sleep_stopped(t, flags);
	code = t->trace_code;
	t->trace_code = 0;
	if (t->trace) {
		t->trace->info = NULL;
		t->trace->message = 0;
		t->trace->listening = false;
	}
	signal_recalc(t);
	return code;
}

struct siginfo ptrace_trap_info(int sig, int code)
{
	struct siginfo info = {.si_signo = sig, .si_code = code};

	info.rt.pid = current->tid->nr;
	info.rt.uid = current->cred->uid;
	return info;
}

/* --- group stops --- */

bool ptrace_trap_due(const struct thread *t)
{
	const struct trace *tr = t->trace;

	return tr && (t->stop_wanted || tr->trap_stop || tr->trap_notify);
}

void ptrace_trap(struct thread *t, irqflags_t *flags)
{
	const struct process *p = t->process;
	bool in_force = p->phase == STOPPING || p->phase == STOPPED;
	int sig = t->stop_signal ? t->stop_signal : SIGSTOP;
	struct siginfo info;

	ASSERT_HELD(&task_lock);
	if (!t->trace->seized) {
		ptrace_stop(sig, CLD_STOPPED, 0, NULL, flags);
		return;
	}
	sig = in_force ? sig : SIGTRAP;
	info = ptrace_trap_info(sig, EVENT_STOP_CODE(sig));
	ptrace_stop(EVENT_STOP_CODE(sig), CLD_STOPPED, 0, &info, flags);
}

void ptrace_trap_notify(struct thread *t)
{
	ASSERT_HELD(&task_lock);
	if (t->exiting || signal_pending_fatal(t))
		return;
	t->trace->trap_notify = true;
	if (t->trace->listening)
		tracee_wake(t);
	signal_wake_thread(t, false);
}

/* --- before delivery --- */

int ptrace_signal(
    struct thread *t, struct siginfo *info, enum signal_scope scope, irqflags_t *flags)
{
	int sig;

	sig = ptrace_stop(info->si_signo, CLD_TRAPPED, 0, info, flags);
	if (!sig)
		return 0;
	if (sig != info->si_signo) { /* S61 */
		*info = (struct siginfo){.si_signo = sig, .si_code = SI_USER};
		if (t->trace) {
			info->rt.pid = t->trace->tracer->process->pid->nr;
			info->rt.uid = t->trace->tracer->cred->uid;
		} else if (t->process->parent) {
			info->rt.pid = t->process->parent->pid->nr;
			info->rt.uid = t->process->parent->leader->cred->uid;
		}
	}
	if ((t->blocked & SIG_BIT(sig)) || signal_pending_fatal(t)) {
		signal_send(t, info, scope);
		return 0;
	}
	return sig;
}
