/*
 * Generation: from a decision to send to a mark on the victim. What a stop signal and SIGCONT do to
 * each other happens here, at send time (S01, S02); all else happens when the victim takes the
 * signal.
 */
#include "mm/heap.h"
#include "printk.h"
#include "proc/process.h"
#include "signal/internal.h"
#include "trace.h"

/* --- RLIMIT_SIGPENDING: queued signals of each user --- */

struct user_count {
	struct list link;
	uint32_t uid;
	uint64_t queued;
};
static struct list user_counts = LIST_INIT(user_counts); /* [T] */

static struct user_count *user_count_find(uint32_t uid)
{
	struct user_count *u;

	list_for_each (u, &user_counts, link)
		if (u->uid == uid)
			return u;
	return NULL;
}

static struct user_count *user_count_get(uint32_t uid)
{
	struct user_count *u = user_count_find(uid);

	if (u || !(u = kzalloc(sizeof(*u))))
		return u;
	u->uid = uid;
	list_add(&user_counts, &u->link);
	return u;
}

void signal_uncount(uint32_t uid)
{
	struct user_count *u = user_count_find(uid);

	BUG_ON(!u);
	if (--u->queued)
		return;
	list_remove(&u->link);
	kfree(u);
}

uint64_t signal_queued_count(uint32_t uid)
{
	struct user_count *u = user_count_find(uid);

	return u ? u->queued : 0;
}

/* An entry counted against the receiver's user, or NULL past the limit (which `override` ignores).
 */
static struct sigqueue_entry *entry_create(struct thread *t, bool override)
{
	uint32_t uid = t->cred->uid;
	struct user_count *u = user_count_get(uid);
	struct sigqueue_entry *e = NULL;

	if (!u)
		return NULL;
	if (override || u->queued < t->process->rlimits[RLIMIT_SIGPENDING].cur)
		e = kmalloc(sizeof(*e));
	if (!e) {
		if (!u->queued) {
			list_remove(&u->link);
			kfree(u);
		}
		return NULL;
	}
	u->queued++;
	e->uid = uid;
	e->timer = NULL;
	list_init(&e->link);
	return e;
}

struct sigqueue_entry *signal_entry_reserve(struct thread *t, struct posix_timer *timer)
{
	struct sigqueue_entry *e = entry_create(t, false);

	if (e)
		e->timer = timer;
	return e;
}

/* --- who is ignoring, who is able --- */

enum signal_default signal_default_action(int sig)
{
	return sig < SIGRTMIN ? signal_properties[sig].action : DEFAULT_TERM;
}

static bool handler_ignores(const struct process *p, int sig)
{
	uaddr_t handler = p->actions->action[sig].handler;
	enum signal_default what = signal_default_action(sig);

	if (handler != SIG_DFL)
		return handler == SIG_IGN;
	return what == DEFAULT_IGNORE || what == DEFAULT_CONT || p->unkillable;
}

/* An ignored signal is dropped, unless it is blocked: the action may change before it is unblocked
 * (S07). */
static bool ignored(const struct thread *t, int sig, bool forced)
{
	const struct process *p = t->process;

	if (forced && p->actions->action[sig].handler == SIG_DFL && !t->kernel)
		return false;
	if (t->blocked & SIG_BIT(sig))
		return false;
	if (t->awaited & SIG_BIT(sig))
		return false;
	if (t->trace && sig != SIGKILL)
		return false; /* S08 */
	return handler_ignores(p, sig);
}

/* Will `t` take it, if it is woken? One that has a signal to take already is left to do that. */
static bool eligible(const struct thread *t, int sig)
{
	if (t->exiting || (t->blocked & SIG_BIT(sig)))
		return false;
	if (sig == SIGKILL)
		return true;
	return t->park == RUNNING && (sched_running(t) || !signal_pending(t));
}

static struct thread *choose_target(struct thread *first, int sig, enum signal_scope scope)
{
	struct thread *t;

	if (eligible(first, sig))
		return first;
	if (scope == TO_THREAD)
		return NULL;
	list_for_each (t, &first->process->threads, process_link)
		if (eligible(t, sig))
			return t;
	return NULL;
}

void signal_wake_thread(struct thread *t, bool fatal)
{
	ASSERT_HELD(&task_lock);
	__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	sched_point("signal.wake", t);
	if (!sched_wake(t, fatal ? WAKE_KILL : WAKE_INTR))
		sched_kick(t);
}

void signal_kick_fatal(struct thread *t)
{
	signal_wake_thread(t, true);
}

/* Would this signal end the process, without anybody being asked first? Then the end begins now
 * (S11). */
static bool fatal_now(const struct thread *t, int sig)
{
	const struct process *p = t->process;

	if (p->group_exit || p->unkillable || p->actions->action[sig].handler != SIG_DFL)
		return false;
	if (t->awaited & SIG_BIT(sig))
		return false;
	if (signal_default_action(sig) != DEFAULT_TERM)
		return false;
	return sig == SIGKILL || !t->trace;
}

static void complete(struct thread *first, int sig, enum signal_scope scope)
{
	struct thread *t = choose_target(first, sig, scope);

	if (!t)
		return; /* whoever unblocks it will find it */
	if (fatal_now(t, sig))
		process_begin_exit(t->process, sig);
	else
		signal_wake_thread(t, sig == SIGKILL);
}

/* --- stop signals and SIGCONT cancel each other (S01) --- */

static void flush_everywhere(struct process *p, sigset_t which)
{
	struct thread *t;

	pending_flush(&p->pending, which);
	list_for_each (t, &p->threads, process_link)
		pending_flush(&t->pending, which);
}

static void cancel_opposites(struct process *p, int sig)
{
	if (SIG_BIT(sig) & SIGSET_STOP) {
		flush_everywhere(p, SIG_BIT(SIGCONT));
	} else if (sig == SIGCONT) {
		flush_everywhere(p, SIGSET_STOP);
		signal_continue_group(p);
	}
}

/* May the loss of this siginfo pass in silence? Not of a real-time signal that was queued by a call
 * that tells (S06). */
static bool loss_is_error(int sig, int code)
{
	return sig >= SIGRTMIN && code != SI_USER && code != SI_KERNEL;
}

static int enqueue(struct thread *t, struct pending *q, const struct siginfo *info)
{
	int sig = info->si_signo, code = info->si_code;
	bool override = sig < SIGRTMIN && code >= 0;
	struct sigqueue_entry *e = sig == SIGKILL ? NULL : entry_create(t, override);

	if (e) {
		e->info = *info;
		list_append(&q->queue, &e->link);
	} else if (sig != SIGKILL && loss_is_error(sig, code)) {
		return -EAGAIN;
	}
	q->set |= SIG_BIT(sig);
	sched_point("signal.queue", t);
	return 0;
}

static void note_sent(const struct thread *t, const struct siginfo *info, enum signal_scope scope)
{
	trace_record(TRACE_SIGNAL_SENT, (uint64_t)info->si_signo, (uint64_t)t->tid->nr,
	    (uint64_t)info->si_code, scope == TO_PROCESS, (uint64_t)t->process->pid->nr);
}

static void note_dropped(const struct thread *t, int sig, enum signal_drop why)
{
	trace_record(TRACE_SIGNAL_DROPPED, (uint64_t)sig, (uint64_t)t->tid->nr, why, 0,
	    (uint64_t)t->process->pid->nr);
}

/* The effects that come with sending; then, is the signal to be queued? If not, says why. */
static enum signal_drop prepare(struct thread *t, int sig, bool forced)
{
	struct process *p = t->process;

	if (p->phase == ZOMBIE || p->group_exit)
		return DROP_EXITING; /* S12 */
	cancel_opposites(p, sig);
	return ignored(t, sig, forced) ? DROP_IGNORED : 0;
}

static struct pending *queue_of(struct thread *t, enum signal_scope scope)
{
	return scope == TO_THREAD ? &t->pending : &t->process->pending;
}

static int send(struct thread *t, const struct siginfo *info, enum signal_scope scope, bool forced)
{
	struct pending *q = queue_of(t, scope);
	int sig = info->si_signo, err;
	enum signal_drop why;

	ASSERT_HELD(&task_lock);
	ASSERT(sig > 0 && sig < NSIG);
	note_sent(t, info, scope);
	why = prepare(t, sig, forced);
	if (!why && sig < SIGRTMIN && (q->set & SIG_BIT(sig)))
		why = DROP_PENDING; /* S03 */
	if (why) {
		note_dropped(t, sig, why);
		return 0;
	}
	err = enqueue(t, q, info);
	if (err) {
		note_dropped(t, sig, DROP_LIMIT);
		return err;
	}
	wait_wake_all(&t->process->signal_wait);
	complete(t, sig, scope);
	return 0;
}

/* One pending signal for each timer: several timers' signals of one number queue (S03 is about
 * others). */
bool signal_send_entry(struct thread *t, struct sigqueue_entry *e, enum signal_scope scope)
{
	struct pending *q = queue_of(t, scope);
	int sig = e->info.si_signo;
	enum signal_drop why;

	ASSERT_HELD(&task_lock);
	note_sent(t, &e->info, scope);
	why = prepare(t, sig, false);
	if (why) {
		note_dropped(t, sig, why);
		return why != DROP_IGNORED;
	}
	if (!list_empty(&e->link)) {
		e->info.timer.overrun += e->info.timer.overrun < INT32_MAX;
		return true;
	}
	e->info.timer.overrun = 0;
	list_append(&q->queue, &e->link);
	q->set |= SIG_BIT(sig);
	wait_wake_all(&t->process->signal_wait);
	complete(t, sig, scope);
	return true;
}

int signal_send(struct thread *t, const struct siginfo *info, enum signal_scope scope)
{
	return send(t, info, scope, false);
}

int signal_send_group(struct pid *pgrp, const struct siginfo *info)
{
	struct process *p;
	int taken = 0;

	ASSERT_HELD(&task_lock);
	list_for_each (p, &pgrp->members, pgrp_link)
		if (signal_send(p->leader, info, TO_PROCESS) == 0)
			taken++;
	return taken;
}

void signal_send_kernel(struct process *p, int sig)
{
	struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};
	irqflags_t flags = spin_lock(&task_lock);

	signal_send(p->leader, &info, TO_PROCESS);
	spin_unlock(&task_lock, flags);
}

void signal_force(int sig, int code, uaddr_t addr)
{
	struct siginfo info = {.si_signo = sig, .si_code = code};

	info.fault.addr = addr;
	signal_force_info(&info);
}

enum force { FORCE_CURRENT, FORCE_FATAL, FORCE_END };

static void force(const struct siginfo *info, enum force how)
{
	struct thread *t = current;
	int sig = info->si_signo;
	irqflags_t flags = spin_lock(&task_lock);
	struct action *a = &t->process->actions->action[sig];
	bool blocked = t->blocked & SIG_BIT(sig);

	if (how || blocked || a->handler == SIG_IGN) { /* S20 */
		a->handler = SIG_DFL;
		t->blocked &= ~SIG_BIT(sig);
	}
	if (how == FORCE_END)
		a->flags |= SA_IMMUTABLE;
	if (a->handler == SIG_DFL && (!t->trace || how == FORCE_END))
		t->process->unkillable = false;
	send(t, info, TO_THREAD, true);
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
}

void signal_force_fatal(int sig)
{
	struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};

	force(&info, FORCE_FATAL);
}

void signal_force_info(const struct siginfo *info)
{
	force(info, FORCE_CURRENT);
}

void signal_force_end(const struct siginfo *info)
{
	force(info, FORCE_END);
}

void signal_retarget(struct thread *t, sigset_t which)
{
	struct process *p = t->process;
	sigset_t left = p->pending.set & which;
	struct thread *other;

	ASSERT_HELD(&task_lock);
	list_for_each (other, &p->threads, process_link) {
		if (!left)
			return;
		if (other == t || other->exiting || !(left & ~other->blocked))
			continue;
		left &= other->blocked;
		if (!signal_pending(other))
			signal_wake_thread(other, false);
	}
}
