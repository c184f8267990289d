/* Who traces whom: beginning and ending it (ptrace(2), "Attaching and detaching"). */
#include "mm/heap.h"
#include "proc/internal.h"
#include "ptrace/internal.h"

/* --- the link --- */

static void link_to(
    struct thread *t, struct trace *tr, struct thread *tracer, const struct cred *cred)
{
	ASSERT_HELD(&task_lock);
	tr->tracee = t;
	tr->tracer = tracer;
	tr->cred = cred_get(cred);
	t->trace = tr;
	list_append(&tracer->tracees, &tr->link);
}

/* A group stop that is in force holds it again from here on (S67). */
void ptrace_unlink(struct thread *t)
{
	const struct process *p = t->process;
	struct trace *tr = t->trace;

	ASSERT_HELD(&task_lock);
	list_remove(&tr->link);
	cred_put(tr->cred);
	__atomic_store_n(&t->trace, NULL, __ATOMIC_RELAXED);
	kfree(tr);
	__atomic_fetch_and(
	    &t->syscall_work, ~(uint32_t)(SYSCALL_TRACE | SYSCALL_EMULATE), __ATOMIC_RELAXED);
	if (t->park == DEAD)
		return;
	arch_set_step(t, false);
	if (!t->exiting && (p->phase == STOPPING || p->phase == STOPPED))
		t->stop_wanted = true;
	if (!t->stop_wanted && t->park != TRACE_STOP)
		return;
	tracee_wake(t);
	signal_wake_thread(t, false);
}

/* --- attaching --- */

static int may_attach(const struct thread *t)
{
	if (t->kernel || t->process == current->process)
		return -EPERM;
	if (t->process->cred_guard)
		return -EAGAIN;
	if (!ptrace_may_access(t, PTRACE_ACCESS_ATTACH | PTRACE_ACCESS_REALCREDS))
		return -EPERM;
	return t->park == DEAD || t->trace ? -EPERM : 0;
}

/* A thread in a job-control stop goes over to a trace stop without running in between (S66). */
static void trap_if_stopped(struct thread *t)
{
	if (t->park != JOB_STOP)
		return;
	t->trace->trap_stop = t->trace->arriving = true;
	t->park = RUNNING;
	sched_wake(t, WAKE_PARKED);
	signal_wake_thread(t, false);
}

static void take_hold(struct thread *t, struct trace *tr)
{
	static const struct siginfo stop = {.si_signo = SIGSTOP, .si_code = SI_KERNEL};

	link_to(t, tr, current, current->cred);
	if (!tr->seized)
		signal_send(t, &stop, TO_THREAD);
	sched_point("ptrace.attach", t);
	trap_if_stopped(t);
}

static bool arriving(const struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct trace *tr = t->trace;
	bool is = tr && tr->tracer == current && tr->arriving && !t->exiting &&
		  !signal_pending_fatal(t);

	spin_unlock(&task_lock, flags);
	return is;
}

/* -EAGAIN: an exec is under way that must not be interfered with, *busy (with a reference) is its
 * process. 0: *out is attached, with a reference. */
static int try_attach(int tid, struct trace *tr, struct thread **out, struct process **busy)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = thread_find(tid);
	int err = t ? may_attach(t) : -ESRCH;

	if (err == -EAGAIN) {
		*busy = t->process;
		process_get(*busy);
	}
	if (!err) {
		thread_get(t);
		take_hold(t, tr);
		*out = t;
	}
	spin_unlock(&task_lock, flags);
	return err;
}

static int attach(int tid, struct trace *tr, struct thread **out)
{
	struct process *busy;
	int err;

	while ((err = try_attach(tid, tr, out, &busy)) == -EAGAIN) {
		err = wait_event(&busy->cred_guard_free, !busy->cred_guard, SCHED_SLEEP_INTR,
		    NS_NEVER, "ptrace attach");
		process_put(busy);
		if (err)
			return -ERESTARTNOINTR;
	}
	return err;
}

static int attach_with(int tid, bool seize, uint64_t options)
{
	struct trace *tr = kzalloc(sizeof(*tr));
	struct thread *t;
	int err;

	if (!tr)
		return -ENOMEM;
	tr->seized = seize;
	tr->options = (uint32_t)options;
	err = attach(tid, tr, &t);
	if (err) {
		kfree(tr);
		return err;
	}
	wait_event(&current->process->child_event, !arriving(t), SCHED_SLEEP_KILL, NS_NEVER,
	    "ptrace attach");
	thread_put(t);
	return 0;
}

int do_ptrace_attach(int tid)
{
	return attach_with(tid, false, 0);
}

int do_ptrace_seize(int tid, uint64_t options)
{
	int err = options & ~(uint64_t)PTRACE_O_MASK ? -EIO : check_options(options);

	return err ? err : attach_with(tid, true, options);
}

/* May the parent trace us, by its capabilities and by the scope? (task_lock) */
static bool parent_may_trace(const struct thread *parent)
{
	bool super = cred_has_cap(parent->cred, CAP_SYS_PTRACE);

	if (!super && (current->cred->cap_permitted & ~parent->cred->cap_permitted))
		return false;
	switch (ptrace_scope) {
	case SCOPE_CAPABLE:
		return super;
	case SCOPE_NONE:
		return false;
	}
	return true;
}

int do_ptrace_traceme(void)
{
	struct trace *tr = kzalloc(sizeof(*tr));
	struct thread *parent, *t = current;
	irqflags_t flags;
	int err = -EPERM;

	if (!tr)
		return -ENOMEM;
	flags = spin_lock(&task_lock);
	parent = t->process->parent_thread;
	if (parent && !t->trace && parent_may_trace(parent)) {
		err = 0;
		if (!parent->exiting) { /* else it would let go of us at once */
			link_to(t, tr, parent, t->cred);
			tr = NULL;
		}
	}
	spin_unlock(&task_lock, flags);
	kfree(tr);
	return err;
}

int ptrace_begin(uint32_t options)
{
	struct trace *tr = kzalloc(sizeof(*tr));
	struct thread *parent, *t = current;
	irqflags_t flags;
	int err = -EPERM;

	if (!tr)
		return -ENOMEM;
	tr->options = options;
	tr->seized = tr->trap_stop = true;
	sched_point("ptrace.begin", t);
	flags = spin_lock(&task_lock);
	parent = t->process->parent_thread;
	if (!t->trace) { /* somebody may have found it already */
		err = 0;
		link_to(t, tr, parent, parent->cred);
		signal_recalc(t);
		tr = NULL;
	}
	spin_unlock(&task_lock, flags);
	kfree(tr);
	return err;
}

/* --- letting go --- */

/* One that has ended is now its real parent's to hear of, or nobody's. */
static void pass_on_dead(struct thread *t, const struct thread *tracer)
{
	struct process *p = t->process, *parent = p->parent;
	const struct action *a;

	if (t != p->leader) {
		thread_release(t);
		return;
	}
	if (p->phase != ZOMBIE)
		return;
	if (parent != tracer->process) {
		if (process_notify_parent(p))
			process_reap(p);
		return;
	}
	a = &parent->actions->action[SIGCHLD];
	if (a->handler == SIG_IGN || (a->flags & SA_NOCLDWAIT)) {
		wait_wake_all(&parent->child_event);
		process_reap(p);
	}
}

static void let_go(struct thread *t, const struct thread *tracer)
{
	bool dead = t->park == DEAD;

	ptrace_unlink(t);
	if (dead)
		pass_on_dead(t, tracer);
}

void ptrace_exit_tracer(struct thread *tracer)
{
	static const struct siginfo kill = {.si_signo = SIGKILL, .si_code = SI_KERNEL};

	ASSERT_HELD(&task_lock);
	while (!list_empty(&tracer->tracees)) {
		struct trace *tr = list_first(&tracer->tracees, struct trace, link);
		struct thread *t = tr->tracee;

		sched_point("ptrace.tracer_exit", t);
		if (tr->options & PTRACE_O_EXITKILL)
			signal_send(t, &kill, TO_THREAD);
		let_go(t, tracer);
	}
}

int do_ptrace_release(int tid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = tracee_find(tid);

	if (t)
		let_go(t, current);
	spin_unlock(&task_lock, flags);
	return t ? 0 : -ESRCH;
}

int do_ptrace_detach(int tid, uint64_t sig)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	if (sig < NSIG) {
		t->trace_code = (int)sig;
		ptrace_unlink(t);
	}
	spin_unlock(&task_lock, flags);
	return sig < NSIG ? 0 : -EIO;
}
