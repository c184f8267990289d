/* What a traced thread tells of itself: system calls, new threads, exec, its end. */
#include "abi/sched.h"
#include "mm/heap.h"
#include "ptrace/internal.h"

/* A stop with SIGTRAP for what the thread itself does. Returns the signal to go on with. */
static int notify(int code, uint64_t message)
{
	struct siginfo info = ptrace_trap_info(SIGTRAP, code);
	irqflags_t flags = spin_lock(&task_lock);
	int sig = 0;

	if (current->trace && !signal_pending_fatal(current))
		sig = ptrace_stop(code, CLD_TRAPPED, message, &info, &flags);
	spin_unlock(&task_lock, flags);
	return sig;
}

static uint32_t options_now(const struct thread *t)
{
	irqflags_t flags;
	uint32_t options;

	if (likely(!__atomic_load_n(&t->trace, __ATOMIC_RELAXED)))
		return 0;
	flags = spin_lock(&task_lock);
	options = t->trace ? t->trace->options : 0;
	spin_unlock(&task_lock, flags);
	return options;
}

bool ptrace_event_enabled(enum ptrace_event event)
{
	return options_now(current) & 1u << event;
}

bool ptrace_suspends_seccomp(void)
{
	return options_now(current) & PTRACE_O_SUSPEND_SECCOMP;
}

void ptrace_event(enum ptrace_event event, uint64_t message)
{
	if (unlikely(ptrace_event_enabled(event)))
		notify(SIGTRAP | (int)event << 8, message);
}

/* --- system calls --- */

static void syscall_stop(uint64_t message)
{
	int good = options_now(current) & PTRACE_O_TRACESYSGOOD ? 0x80 : 0;
	int sig = notify(SIGTRAP | good, message);
	struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};
	irqflags_t flags;

	if (sig <= 0 || sig >= NSIG)
		return;
	flags = spin_lock(&task_lock);
	signal_send(current, &info, TO_THREAD);
	spin_unlock(&task_lock, flags);
}

bool ptrace_syscall_entry(void)
{
	syscall_stop(PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return !signal_pending_fatal(current);
}

void ptrace_syscall_exit(void)
{
	syscall_stop(PTRACE_EVENTMSG_SYSCALL_EXIT);
}

/* --- exec and exit --- */

void ptrace_exec(int old_tid)
{
	struct siginfo info = {.si_signo = SIGTRAP, .si_code = SI_USER};
	struct thread *t = current;
	irqflags_t flags;

	if (likely(!t->trace))
		return;
	if (ptrace_event_enabled(PTRACE_EVENT_EXEC)) {
		ptrace_event(PTRACE_EVENT_EXEC, (uint64_t)old_tid);
		return;
	}
	flags = spin_lock(&task_lock);
	if (t->trace && !t->trace->seized) {
		info.rt.pid = t->process->pid->nr;
		info.rt.uid = t->cred->uid;
		signal_send(t, &info, TO_THREAD);
	}
	spin_unlock(&task_lock, flags);
}

/* The SIGKILL that it dies of has done its work: only another one prevents this stop. */
void ptrace_exit(int exit_code)
{
	struct thread *t = current;
	bool killed;
	irqflags_t flags;

	if (likely(!ptrace_event_enabled(PTRACE_EVENT_EXIT)))
		return;
	flags = spin_lock(&task_lock);
	killed = t->pending.set & SIG_BIT(SIGKILL);
	t->pending.set &= ~SIG_BIT(SIGKILL);
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
	notify(SIGTRAP | PTRACE_EVENT_EXIT << 8, (uint64_t)exit_code);
	if (!killed)
		return;
	flags = spin_lock(&task_lock);
	t->pending.set |= SIG_BIT(SIGKILL);
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
}

bool ptrace_tracer_capable(void)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct trace *tr = current->trace;
	bool capable = !tr || cred_has_cap(tr->cred, CAP_SYS_PTRACE);

	spin_unlock(&task_lock, flags);
	return capable;
}

/* --- new threads and processes --- */

enum ptrace_event ptrace_clone_event(uint64_t flags, int exit_signal)
{
	enum ptrace_event event = flags & CLONE_VFORK      ? PTRACE_EVENT_VFORK
				  : exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
							   : PTRACE_EVENT_FORK;

	return !(flags & CLONE_UNTRACED) && ptrace_event_enabled(event) ? event : 0;
}

int ptrace_fork_prepare(struct thread *child, bool wanted)
{
	if (likely(!wanted || !current->trace))
		return 0;
	child->trace = kzalloc(sizeof(*child->trace));
	return child->trace ? 0 : -ENOMEM;
}

void ptrace_fork_abort(struct thread *child)
{
	kfree(child->trace);
	child->trace = NULL;
}

/* As its parent; it begins with a stop: SIGSTOP, or if seized PTRACE_EVENT_STOP. */
void ptrace_fork(struct thread *child)
{
	const struct trace *mine = current->trace;
	struct trace *tr = child->trace;

	ASSERT_HELD(&task_lock);
	if (likely(!tr))
		return;
	if (!mine) { /* its tracer has gone */
		ptrace_fork_abort(child);
		return;
	}
	tr->tracee = child;
	tr->tracer = mine->tracer;
	tr->cred = cred_get(mine->cred);
	tr->options = mine->options;
	tr->seized = mine->seized;
	list_append(&tr->tracer->tracees, &tr->link);
	if (tr->seized)
		tr->trap_stop = true;
	else
		child->pending.set |= SIG_BIT(SIGSTOP);
	signal_recalc(child);
}
