/* Ending: of a thread, of a process, and what both leave behind (exit(2), exit_group(2)). */
#include "arch/uaccess.h"
#include "dev/tty.h"
#include "fs/vfs.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "proc/posix_timer.h"
#include "ptrace/ptrace.h"
#include "sched/futex.h"
#include "trace.h"

/* --- the family --- */

/* The nearest living ancestor that asked for orphans (prctl(2)), else init. */
static struct process *find_reaper(struct process *p)
{
	struct process *a;

	if (p->has_child_subreaper)
		for (a = p->parent; a; a = a->parent)
			if (a->child_subreaper && a->phase != ZOMBIE && a->live_count)
				return a;
	return process_find(1);
}

static void send_pdeath_signal(struct process *child, struct thread *dying)
{
	struct siginfo info = {.si_code = SI_USER};
	struct thread *t;

	info.rt.pid = dying->process->pid->nr;
	info.rt.uid = dying->cred->uid;
	list_for_each (t, &child->threads, process_link) {
		info.si_signo = t->pdeath_signal;
		if (info.si_signo && !signal_permission(t, info.si_signo))
			signal_send(t, &info, TO_PROCESS);
	}
}

static void reparent_child(struct process *child, struct process *reaper)
{
	struct process *old = child->parent;

	list_remove(&child->sibling_link);
	child->parent = reaper;
	list_append(&reaper->children, &child->sibling_link);
	child->exit_signal = SIGCHLD;
	if (child->phase == ZOMBIE && !child->leader->trace && process_notify_parent(child)) {
		process_reap(child);
		return;
	}
	pgrp_check_orphaned(child, old);
}

static struct thread *first_living(struct process *p)
{
	struct thread *t;

	list_for_each (t, &p->threads, process_link)
		if (!t->exiting)
			return t;
	return NULL;
}

/* Children that `t` forked go to another thread of the process, or to the reaper when there is
 * none. (task_lock) */
static void leave_children(struct thread *t, bool last)
{
	struct process *p = t->process, *child, *tmp, *reaper = last ? find_reaper(p) : NULL;
	struct thread *heir = first_living(last ? reaper : p);

	if (!heir)
		heir = (last ? reaper : p)->leader; /* the last to go is on its way */
	list_for_each_safe (child, tmp, &p->children, sibling_link) {
		if (child->parent_thread == t)
			send_pdeath_signal(child, t);
		if (last) {
			child->parent_thread = heir;
			reparent_child(child, reaper);
		} else if (child->parent_thread == t) {
			child->parent_thread = heir;
		}
	}
}

/* How the thread ended, which need not be how its process did: that is for wait to tell (S57). */
static void fill_sigchld(const struct thread *t, int sig, struct siginfo *info)
{
	struct rusage_ns used;
	int status = t->exit_code;

	process_times(t->process, &used);
	info->si_signo = sig;
	info->child.pid = t->tid->nr;
	info->child.uid = t->cred->uid;
	info->child.utime = used.user / TICK_NS;
	info->child.stime = used.system / TICK_NS;
	if (status & 0x7f) {
		info->si_code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		info->child.status = status & 0x7f;
	} else {
		info->si_code = CLD_EXITED;
		info->child.status = status >> 8;
	}
}

/* A tracee has ended: by SIGCHLD, but by its own exit signal if its tracer is its parent too. */
static void tell_tracer(struct thread *t, bool whole)
{
	struct thread *tracer = t->trace->tracer;
	int sig = whole && tracer->process == t->process->parent ? t->process->exit_signal
								 : SIGCHLD;
	struct siginfo info = {0};

	fill_sigchld(t, sig, &info);
	if (sig > 0 && sig < NSIG)
		signal_send(tracer, &info, TO_PROCESS);
	wait_wake_all(&tracer->process->child_event);
}

bool process_notify_parent(struct process *p)
{
	struct process *parent = p->parent;
	struct siginfo info = {0};
	int sig = p->exit_signal;
	bool reap = false;

	ASSERT_HELD(&task_lock);
	sched_point("exit.notify", p);
	if (p->leader->trace) { /* he hears of it, and then the parent (S69) */
		tell_tracer(p->leader, true);
		return false;
	}
	if (!parent || p->exit_signal < 0)
		return true;
	if (p->parent_execs != parent->execs)
		sig = SIGCHLD; /* it is another program that would get an odd signal */
	if (sig == SIGCHLD) {  /* S56 */
		const struct action *a = &parent->actions->action[SIGCHLD];

		if (a->handler == SIG_IGN) {
			reap = true;
			sig = 0;
		} else if (a->flags & SA_NOCLDWAIT) {
			reap = true;
		}
	}
	if (sig > 0 && sig < NSIG) {
		fill_sigchld(p->leader, sig, &info);
		signal_send(p->parent_thread, &info, TO_PROCESS);
	}
	wait_wake_all(&parent->child_event);
	return reap;
}

/* --- the last steps of a thread --- */

static void add_usage(struct thread *t)
{
	struct rusage_ns *sum = &t->process->dead_threads;
	ns_t user, system;

	sched_times(t, &user, &system);
	sum->user += user;
	sum->system += system;
	sum->minflt += t->faults_minor;
	sum->majflt += t->faults_major;
	sum->nvcsw += t->sched.switches_voluntary;
	sum->nivcsw += t->sched.switches_involuntary;
	io_counts_add(&sum->io, &t->io);
}

static void unlink_thread(struct thread *t)
{
	if (t->trace)
		ptrace_unlink(t);
	pending_flush(&t->pending, ~0ULL); /* a dead leader may have been sent some still */
	list_remove(&t->process_link);
	t->tid->thread = NULL;
	wait_wake_all(&t->tid->poll);
	pid_release_number(t->tid);
	thread_put(t); /* the list's */
}

static void become_zombie(struct process *p)
{
	p->phase = ZOMBIE;
	p->event = EVENT_NONE;
	p->notify_code = 0;
	pending_flush(&p->pending, ~0ULL);
	wait_wake_all(&p->pid->poll);
	wait_wake_all(&p->signal_wait);
	if (process_notify_parent(p))
		process_reap(p);
}

static void count_down(struct process *p)
{
	bool gone = --p->thread_count == 0;

	wait_wake_all(&p->thread_exit);
	if (gone)
		become_zombie(p);
}

void thread_release(struct thread *t)
{
	struct process *p = t->process;

	ASSERT_HELD(&task_lock);
	unlink_thread(t);
	count_down(p);
}

/* Marks the thread as going: it takes no signals and holds up no stop from here on. Returns true
 * for the last one. */
static bool begin_exit(struct thread *t, int code)
{
	struct process *p = t->process;
	irqflags_t flags;
	bool last;

	sched_point("exit.begin", t);
	flags = spin_lock(&task_lock);
	t->exiting = true;
	t->exit_code = code;
	last = --p->live_count == 0;
	if (last) {
		if (!p->group_exit) {
			p->group_exit = true;
			p->exit_status = code; /* S57 */
		}
		p->phase = EXITING;
	} else {
		signal_leave_group_stop(t);
		signal_retarget(t, ~t->blocked);
	}
	spin_unlock(&task_lock, flags);
	sched_point("exit.begun", t);
	return last;
}

static void clear_tid(struct thread *t)
{
	static const int32_t zero;

	/* In memory that is nobody else's there is nobody to tell. */
	if (!t->clear_child_tid || !t->space ||
	    __atomic_load_n(&t->space->refs.n, __ATOMIC_RELAXED) == 1)
		return;
	if (copy_out_obj(t->clear_child_tid, &zero) == 0)
		futex_wake(t->space, t->clear_child_tid, 1);
}

void thread_release_futexes(struct thread *t)
{
	if (!t->space)
		return;
	futex_exit_robust(t);
	futex_exit_pi(t, t->exiting);
	clear_tid(t);
	rseq_forget(t);
}

static void release_user_state(struct thread *t)
{
	thread_release_futexes(t);
	thread_drop_resources(t);
	vfork_release(t);
}

/* The process as a whole ends with this thread: timers, terminal. Sleeps. */
static void end_process(struct process *p)
{
	timer_cancel_sync(&p->real_timer);
	posix_timers_delete_all(p);
	cpu_timers_end(p);
	if (p->session == p->pid)
		tty_session_leader_exit(p);
}

static void finish(struct thread *t, bool last_live)
{
	struct process *p = t->process;
	irqflags_t flags = spin_lock(&task_lock);

	ptrace_exit_tracer(t);
	leave_children(t, last_live);
	if (last_live)
		pgrp_check_orphaned(p, NULL);
	add_usage(t);
	pending_flush(&t->pending, ~0ULL);
	t->park = DEAD;
	wait_wake_all(&t->tid->poll);
	if (t->trace && (t != p->leader || p->thread_count > 1))
		tell_tracer(t, false);
	if (t == p->leader)
		count_down(p);
	else if (!t->trace) /* else its tracer waits for it */
		thread_release(t);
	spin_unlock(&task_lock, flags);
}

_Noreturn void thread_exit(int exit_code)
{
	struct thread *t = current;
	bool last;

	ptrace_exit(exit_code);
	last = begin_exit(t, exit_code);
	trace_record(TRACE_EXIT, (uint64_t)exit_code, last, 0, 0, 0);
	release_user_state(t);
	if (last)
		end_process(t->process);
	sched_point("exit.finish", t);
	finish(t, last);
	sched_exit();
}

/* --- exit_group --- */

void process_begin_exit(struct process *p, int exit_status)
{
	struct thread *t;

	ASSERT_HELD(&task_lock);
	if (p->group_exit)
		return;
	sched_point("exit.group", p);
	p->group_exit = true;
	p->exit_status = exit_status;
	p->phase = EXITING;
	p->event = EVENT_NONE;
	p->notify_code = 0;
	p->unparked = 0;
	list_for_each (t, &p->threads, process_link) {
		t->stop_wanted = t->stop_counted = false;
		if (t->exiting)
			continue;
		t->pending.set |= SIG_BIT(SIGKILL);
		signal_kick_fatal(t);
	}
}

_Noreturn void process_exit(int exit_status)
{
	struct thread *t = current;
	struct process *p = t->process;
	irqflags_t flags = spin_lock(&task_lock);

	if (p->group_exit)
		exit_status = p->exit_status;
	else if (p->execing && p->execing != t)
		exit_status = 0; /* another thread execs: only this one goes */
	else
		process_begin_exit(p, exit_status);
	spin_unlock(&task_lock, flags);
	thread_exit(exit_status);
}

/* The old leader is dead by now; its id, and its place, go to `t`. */
void thread_take_leader_id(struct thread *t)
{
	struct process *p = t->process;
	struct thread *old = p->leader;
	struct pid *own = t->tid;

	ASSERT_HELD(&task_lock);
	own->thread = NULL;
	pid_release_number(own);
	pid_put(own);
	t->tid = p->pid;
	pid_get(t->tid);
	p->leader = t;
	list_remove(&t->process_link);
	list_add(&p->threads, &t->process_link);
	if (old->trace) /* without a word: but he may be waiting for it */
		wait_wake_all(&old->trace->tracer->process->child_event);
	unlink_thread(old);
	t->tid->thread = t;
}

/* --- the reaper's part --- */

/* Takes a zombie out of everything. (task_lock) */
void process_reap(struct process *p)
{
	struct thread *leader = p->leader;

	ASSERT_HELD(&task_lock);
	BUG_ON(p->phase != ZOMBIE);
	sched_point("wait.reap", p);
	list_remove(&p->sibling_link);
	list_remove(&p->pgrp_link);
	list_remove(&p->session_link);
	list_remove(&p->all_link);
	p->pid->process = NULL;
	unlink_thread(leader);
	pid_release_number(p->pgrp);
	pid_release_number(p->session);
	pid_release_number(p->pid);
	process_put(p); /* the table's */
}
