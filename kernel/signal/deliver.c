/*
 * What a thread does about its signals on its way to user mode: parks, dies, or enters a handler;
 * and how an interrupted system call goes on. The four restart classes are in signal.h; the first
 * handler decides (S41).
 */
#include "debug/crash.h"
#include "proc/process.h"
#include "ptrace/ptrace.h"
#include "signal/internal.h"
#include "syscall/numbers.h"
#include "trace.h"

/* How an interrupted call would end if a handler runs. */
struct interrupted_call {
	int64_t result;   /* -ERESTART…, 0: none */
	uaddr_t after_pc; /* the instruction after the call */
	uaddr_t call_pc;  /* where it is made again */
};

/* Sets the registers to make the call again; undone by fail_call if a handler comes in between. */
static struct interrupted_call rewind_call(struct thread *t, struct arch_frame *f)
{
	struct interrupted_call c = {0};

	if (t->syscall_number < 0)
		return c;
	c.after_pc = arch_frame_pc(f);
	c.result = arch_syscall_result(f);
	switch (c.result) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		arch_syscall_restart(f, arch_syscall_number(f));
		break;
	case -ERESTART_RESTARTBLOCK:
		arch_syscall_restart(f, SYS_restart_syscall);
		break;
	default:
		c.result = 0;
	}
	c.call_pc = arch_frame_pc(f);
	t->syscall_number = -1;
	return c;
}

static void fail_call(struct arch_frame *f, struct interrupted_call *c, const struct action *a)
{
	bool restart = c->result == -ERESTARTNOINTR ||
		       (c->result == -ERESTARTSYS && (a->flags & SA_RESTART));

	/* A tracer may have sent it elsewhere. */
	if (c->result && !restart && arch_frame_pc(f) == c->call_pc) {
		arch_frame_set_pc(f, c->after_pc);
		arch_syscall_set_result(f, -EINTR);
	}
	c->result = 0;
}

/* --- taking the next signal --- */

enum take { TAKE_NONE, TAKE_AGAIN, TAKE_HANDLE, TAKE_STOP, TAKE_DIE };

/* A default stop: refused to an orphaned group, except for SIGSTOP (S46). SIGCONT may have come
 * while a tracer had a look at the signal. */
static enum take take_stop(struct thread *t, int sig)
{
	struct process *p = t->process;

	if (sig != SIGSTOP && pgrp_orphaned(p->pgrp, NULL))
		return TAKE_AGAIN;
	if (t->stop_dequeued && !t->stop_wanted)
		signal_start_group_stop(p, sig);
	return TAKE_AGAIN; /* parked, or reported to the tracer, at the next look */
}

static enum take decide(struct thread *t, struct ksignal *ks)
{
	struct process *p = t->process;
	struct action *a = &p->actions->action[ks->sig];

	if (a->handler == SIG_IGN)
		return TAKE_AGAIN;
	if (a->handler != SIG_DFL) {
		ks->action = *a;
		if (a->flags & SA_RESETHAND)
			a->handler = SIG_DFL;
		return TAKE_HANDLE;
	}
	switch (signal_default_action(ks->sig)) {
	case DEFAULT_IGNORE:
	case DEFAULT_CONT:
		return TAKE_AGAIN;
	case DEFAULT_STOP:
		return p->unkillable ? TAKE_AGAIN : take_stop(t, ks->sig);
	case DEFAULT_TERM:
	case DEFAULT_CORE:
		break;
	}
	return p->unkillable ? TAKE_AGAIN : TAKE_DIE;
}

static void tell_parent(struct process *p)
{
	int code = p->notify_code;

	p->notify_code = 0;
	signal_notify_parent_stop(p, code);
	if (ptrace_reparented(p->leader))
		ptrace_tell_tracer(
		    p->leader, code, code == CLD_CONTINUED ? SIGCONT : p->stop_signal & 0x7f);
}

/* Takes a signal out of the queues, and asks the tracer about it. */
static enum take take_signal(struct thread *t, struct ksignal *ks, irqflags_t *flags)
{
	enum signal_scope from = TO_THREAD;

	ks->sig = signal_dequeue_synchronous(t, &ks->info);
	if (!ks->sig)
		ks->sig = signal_dequeue_from(t, ~t->blocked, &ks->info, &from);
	if (!ks->sig)
		return TAKE_NONE;
	t->stop_dequeued = true;
	if (t->trace && !(t->process->actions->action[ks->sig].flags & SA_IMMUTABLE))
		ks->sig = ptrace_signal(t, &ks->info, from, flags);
	return ks->sig ? decide(t, ks) : TAKE_AGAIN;
}

/* One step: under one hold of task_lock from the look at the queue to the decision (R01). */
static enum take take(struct thread *t, struct ksignal *ks)
{
	struct process *p = t->process;
	irqflags_t flags = spin_lock(&task_lock);
	enum take r = TAKE_NONE;

	if (p->notify_code)
		tell_parent(p);
	if (p->group_exit || (t->pending.set & SIG_BIT(SIGKILL))) {
		*ks = (struct ksignal){.sig = SIGKILL};
		r = TAKE_DIE;
	} else if (ptrace_trap_due(t)) {
		ptrace_trap(t, &flags);
		r = TAKE_AGAIN;
	} else if (t->stop_wanted) {
		r = TAKE_STOP;
	} else {
		r = take_signal(t, ks, &flags);
	}
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
	sched_point("signal.taken", t);
	return r;
}

/* Was this signal forced by a fault of the program's own, and not sent by anybody? */
static bool from_fault(const struct ksignal *ks)
{
	return ks->info.si_code > 0 && ks->info.si_code != SI_KERNEL &&
	       (SIG_BIT(ks->sig) & SIGSET_SYNCHRONOUS);
}

static bool next_handler(struct thread *t, struct ksignal *ks)
{
	for (;;) {
		switch (take(t, ks)) {
		case TAKE_NONE:
			return false;
		case TAKE_HANDLE:
			return true;
		case TAKE_AGAIN:
			break;
		case TAKE_STOP:
			signal_park();
			break;
		case TAKE_DIE:
			if (from_fault(ks))
				crash_capture(ks);
			process_exit(ks->sig);
		}
	}
}

/* --- entering a handler --- */

static void mask_for_handler(struct thread *t, const struct ksignal *ks)
{
	sigset_t mask = t->blocked | ks->action.mask;

	if (!(ks->action.flags & SA_NODEFER))
		mask |= SIG_BIT(ks->sig);
	signal_set_blocked(mask);
}

/* A frame that cannot be written: SIGSEGV, not to the handler that cannot be reached if it was
 * SIGSEGV's own (S23). */
static void frame_failed(int sig)
{
	if (sig == SIGSEGV)
		signal_force_fatal(SIGSEGV);
	else
		signal_force(SIGSEGV, SI_KERNEL, 0);
}

static void handle(struct thread *t, struct ksignal *ks)
{
	sigset_t mask = t->restore_saved_mask ? t->saved_mask : t->blocked;

	trace_record(TRACE_SIGNAL_DELIVERED, (uint64_t)ks->sig, ks->action.handler, 0, 0, 0);
	if (t->rseq.area)
		rseq_resume(arch_user_frame(t), ks->sig);
	if (arch_sigframe_push(t, ks, mask)) {
		frame_failed(ks->sig);
		return;
	}
	t->restore_saved_mask = false;
	mask_for_handler(t, ks);
}

void signal_deliver(struct arch_frame *f)
{
	struct thread *t = current;
	struct interrupted_call call = rewind_call(t, f);
	struct ksignal ks;

	if (next_handler(t, &ks)) {
		fail_call(f, &call, &ks.action);
		handle(t, &ks);
		return; /* entered again if more is pending */
	}
	if (t->restore_saved_mask) {
		t->restore_saved_mask = false;
		signal_set_blocked(t->saved_mask);
	}
}
