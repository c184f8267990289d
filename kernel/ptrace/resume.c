/* A tracee's stop, as its tracer sees it: finding it there, and getting it out. */
#include "arch/cpu.h"
#include "ptrace/internal.h"

#define SPINS 200 /* while it leaves its CPU: a few microseconds */

struct thread *tracee_find(int tid)
{
	struct thread *t = thread_find(tid);

	ASSERT_HELD(&task_lock);
	return t && t->trace && t->trace->tracer == current ? t : NULL;
}

/* Exec gave it its leader's id, and its tracer has not heard of that yet: he means the old leader.
 */
static bool is_another(const struct thread *t)
{
	return t->trace_code == (SIGTRAP | PTRACE_EVENT_EXEC << 8) &&
	       t->trace->message != (uint64_t)t->tid->nr;
}

bool tracee_is_stopped(const struct thread *t)
{
	return t->park == TRACE_STOP && !t->trace->listening && !signal_pending_fatal(t) &&
	       !is_another(t);
}

/* Not even preempted on its way into its sleep: then it could be run again. */
static void wait_a_moment(const struct thread *t)
{
	for (int i = 0; i < SPINS; i++) {
		if (sched_is_off(t))
			return;
		arch_relax();
	}
	sched_pause("ptrace");
}

struct thread *tracee_lock(int tid, irqflags_t *flags)
{
	for (;;) {
		irqflags_t f = spin_lock(&task_lock);
		struct thread *t = tracee_find(tid);

		if (t && !tracee_is_stopped(t))
			t = NULL;
		if (t && sched_is_off(t)) {
			*flags = f;
			return t;
		}
		if (t)
			thread_get(t);
		spin_unlock(&task_lock, f);
		if (!t)
			return NULL;
		wait_a_moment(t);
		thread_put(t);
	}
}

void tracee_wake(struct thread *t)
{
	ASSERT_HELD(&task_lock);
	if (t->park != TRACE_STOP)
		return;
	t->park = RUNNING;
	sched_point("ptrace.wake", t);
	sched_wake(t, WAKE_PARKED);
}

static int resume(struct thread *t, enum ptrace_resume how, uint64_t sig)
{
	static const uint32_t work[] = {
	    [RESUME_SYSCALL] = SYSCALL_TRACE,
	    [RESUME_EMULATE] = SYSCALL_EMULATE,
	    [RESUME_STEP] = 0,
	    [RESUME_EMULATE_STEP] = SYSCALL_EMULATE,
	};

	if (sig >= NSIG)
		return -EIO;
	__atomic_fetch_and(
	    &t->syscall_work, ~(uint32_t)(SYSCALL_TRACE | SYSCALL_EMULATE), __ATOMIC_RELAXED);
	__atomic_fetch_or(&t->syscall_work, work[how], __ATOMIC_RELAXED);
	if (!arch_set_step(t, how == RESUME_STEP || how == RESUME_EMULATE_STEP))
		return -EIO;
	t->trace_code = (int)sig;
	tracee_wake(t);
	return 0;
}

int do_ptrace_resume(int tid, enum ptrace_resume how, uint64_t sig)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	int err;

	if (!t)
		return -ESRCH;
	err = resume(t, how, sig);
	spin_unlock(&task_lock, flags);
	return err;
}

int do_ptrace_kill(int tid)
{
	struct siginfo info = {.si_signo = SIGKILL, .si_code = SI_USER};
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = tracee_find(tid);

	if (t) {
		info.rt.pid = current->process->pid->nr;
		info.rt.uid = current->cred->uid;
		signal_send(t, &info, TO_THREAD);
	}
	spin_unlock(&task_lock, flags);
	return t ? 0 : -ESRCH;
}

/* One more stop is owed from now on, whichever it will be; a listening one goes over to it. */
static int interrupt(struct thread *t)
{
	if (!t->trace->seized)
		return -EIO;
	if (t->exiting || signal_pending_fatal(t))
		return 0;
	t->trace->trap_stop = true;
	if (t->trace->listening)
		tracee_wake(t);
	signal_wake_thread(t, false);
	return 0;
}

int do_ptrace_interrupt(int tid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = tracee_find(tid);
	int err = t ? interrupt(t) : -ESRCH;

	spin_unlock(&task_lock, flags);
	return err;
}

static int listen(struct thread *t)
{
	struct trace *tr = t->trace;

	if (!tr->seized || !tr->info || tr->info->si_code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	tr->listening = true;
	if (tr->trap_notify) /* something has happened since it stopped */
		tracee_wake(t);
	return 0;
}

int do_ptrace_listen(int tid)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	int err;

	if (!t)
		return -ESRCH;
	err = listen(t);
	spin_unlock(&task_lock, flags);
	return err;
}

int check_options(uint64_t options)
{
	if (options & ~(uint64_t)PTRACE_O_MASK)
		return -EINVAL;
	if (!(options & PTRACE_O_SUSPEND_SECCOMP))
		return 0;
	if (!capable(CAP_SYS_ADMIN) || current->seccomp.mode != SECCOMP_OFF ||
	    ptrace_suspends_seccomp())
		return -EPERM;
	return 0;
}

int do_ptrace_set_options(int tid, uint64_t options)
{
	int err = check_options(options);
	irqflags_t flags;
	struct thread *t = err ? NULL : tracee_lock(tid, &flags);

	if (!t)
		return err ? err : -ESRCH;
	t->trace->options = (uint32_t)options;
	spin_unlock(&task_lock, flags);
	return 0;
}
