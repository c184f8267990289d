/* Pending queues: what was sent and not taken yet. Everything here runs under task_lock. */
#include "mm/heap.h"
#include "proc/process.h"
#include "ptrace/ptrace.h"
#include "signal/internal.h"
#include "trace.h"

void pending_init(struct pending *p)
{
	p->set = 0;
	list_init(&p->queue);
}

static void entry_free(struct sigqueue_entry *e)
{
	list_remove(&e->link);
	if (e->timer)
		return;
	signal_uncount(e->uid);
	kfree(e);
}

void pending_flush(struct pending *p, sigset_t which)
{
	struct sigqueue_entry *e, *tmp;

	ASSERT_HELD(&task_lock);
	if (!(p->set & which))
		return;
	p->set &= ~which;
	list_for_each_safe (e, tmp, &p->queue, link)
		if (which & SIG_BIT(e->info.si_signo))
			entry_free(e);
}

/* The lowest, but a fault's own signal before any other (S05). */
static int next_signal(sigset_t ready)
{
	sigset_t sync = ready & SIGSET_SYNCHRONOUS;

	return __builtin_ctzll(sync ? sync : ready) + 1;
}

/*
 * Takes the first entry of `sig` out of the queue. A signal whose siginfo was lost to a limit, and
 * SIGKILL, have none: then it is that of a kill by nobody (S06).
 */
static void collect(struct pending *p, int sig, struct siginfo *info)
{
	struct sigqueue_entry *e, *found = NULL;
	bool more = false;

	list_for_each (e, &p->queue, link) {
		if (e->info.si_signo != sig)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = e;
	}
	if (!more)
		p->set &= ~SIG_BIT(sig);
	if (found) {
		struct posix_timer *timer = found->timer;

		*info = found->info;
		entry_free(found);
		if (timer)
			posix_timer_taken(timer, info);
		return;
	}
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_USER;
}

static int dequeue_from(struct pending *p, sigset_t mask, struct siginfo *info)
{
	sigset_t ready = p->set & mask;
	int sig;

	if (!ready)
		return 0;
	sig = next_signal(ready);
	collect(p, sig, info);
	return sig;
}

int signal_dequeue_from(
    struct thread *t, sigset_t mask, struct siginfo *info, enum signal_scope *from)
{
	int sig;

	ASSERT_HELD(&task_lock);
	sched_point("signal.dequeue", t);
	*from = TO_THREAD;
	sig = dequeue_from(&t->pending, mask, info);
	if (!sig) {
		*from = TO_PROCESS;
		sig = dequeue_from(&t->process->pending, mask, info);
		if (sig == SIGALRM)
			itimer_real_taken(t->process);
	}
	if (sig)
		trace_record(
		    TRACE_SIGNAL_DEQUEUED, (uint64_t)sig, (uint64_t)info->si_code, 0, 0, 0);
	signal_recalc(t);
	return sig;
}

int signal_dequeue(struct thread *t, sigset_t mask, struct siginfo *info)
{
	enum signal_scope from;

	return signal_dequeue_from(t, mask, info, &from);
}

/* A fault's signal that was forced on this thread: taken before anything else, its own queue only.
 */
int signal_dequeue_synchronous(struct thread *t, struct siginfo *info)
{
	struct sigqueue_entry *e;

	ASSERT_HELD(&task_lock);
	if (!(t->pending.set & ~t->blocked & SIGSET_SYNCHRONOUS))
		return 0;
	list_for_each (e, &t->pending.queue, link) {
		int sig = e->info.si_signo;

		if (e->info.si_code > SI_USER &&
		    (SIG_BIT(sig) & SIGSET_SYNCHRONOUS & ~t->blocked)) {
			collect(&t->pending, sig, info);
			trace_record(
			    TRACE_SIGNAL_DEQUEUED, (uint64_t)sig, (uint64_t)info->si_code, 0, 0, 0);
			return sig;
		}
	}
	return 0;
}

/* Is there anything for `t` to do about signals before it goes on in user mode? */
static bool has_work(const struct thread *t)
{
	const struct process *p = t->process;

	return ((t->pending.set | p->pending.set) & ~t->blocked) || t->stop_wanted ||
	       p->notify_code || ptrace_trap_due(t);
}

void signal_recalc(struct thread *t)
{
	ASSERT_HELD(&task_lock);
	if (has_work(t))
		__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&t->work, ~(uint32_t)WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

bool signal_pending(const struct thread *t)
{
	return __atomic_load_n(&t->work, __ATOMIC_SEQ_CST) & WORK_SIGNAL;
}

bool signal_pending_fatal(const struct thread *t)
{
	return signal_pending(t) &&
	       (__atomic_load_n(&t->pending.set, __ATOMIC_RELAXED) & SIG_BIT(SIGKILL));
}

void signal_entry_release(struct sigqueue_entry *e)
{
	if (!e)
		return;
	e->timer = NULL;
	if (list_empty(&e->link))
		entry_free(e);
}

static void flush_timers(struct pending *p)
{
	struct sigqueue_entry *e, *tmp;
	sigset_t kept = 0, gone = 0;

	list_for_each_safe (e, tmp, &p->queue, link) {
		if (e->info.si_code != SI_TIMER) {
			kept |= SIG_BIT(e->info.si_signo);
			continue;
		}
		gone |= SIG_BIT(e->info.si_signo);
		entry_free(e);
	}
	p->set &= ~(gone & ~kept);
}

void signal_flush_timers(struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);

	flush_timers(&t->pending);
	flush_timers(&t->process->pending);
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
}
