/* Dispositions and masks (sigaction(2), sigprocmask(2)). */
#include "mm/heap.h"
#include "proc/process.h"
#include "signal/internal.h"

struct actions *actions_create(const struct actions *from)
{
	struct actions *a = from ? kmalloc(sizeof(*a)) : kzalloc(sizeof(*a));

	if (!a)
		return NULL;
	if (from) {
		irqflags_t flags = spin_lock(&task_lock);

		memcpy(a->action, from->action, sizeof(a->action));
		spin_unlock(&task_lock, flags);
	}
	ref_init(&a->refs);
	return a;
}

void actions_put(struct actions *a)
{
	if (a && ref_put(&a->refs))
		kfree(a);
}

/* Handlers are gone with the old image, what was ignored stays so (execve(2)). */
void actions_exec_reset(struct actions *a)
{
	irqflags_t flags = spin_lock(&task_lock);

	for (int sig = 1; sig < NSIG; sig++) {
		struct action *act = &a->action[sig];
		uaddr_t keep = act->handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		*act = (struct action){.handler = keep};
	}
	spin_unlock(&task_lock, flags);
}

/* Setting an action to "ignore" throws away what is pending, in every queue (S07). */
static void flush_ignored(struct process *p, int sig)
{
	struct thread *t;

	pending_flush(&p->pending, SIG_BIT(sig));
	list_for_each (t, &p->threads, process_link)
		pending_flush(&t->pending, SIG_BIT(sig));
}

static bool now_ignored(int sig, uaddr_t handler)
{
	return handler == SIG_IGN ||
	       (handler == SIG_DFL && (signal_default_action(sig) == DEFAULT_IGNORE ||
					  signal_default_action(sig) == DEFAULT_CONT));
}

int do_sigaction(int sig, const struct action *new, struct action *old)
{
	struct process *p = current->process;
	irqflags_t flags;
	int err = 0;

	if (sig < 1 || sig >= NSIG || (new && (SIG_BIT(sig) & SIGSET_UNBLOCKABLE)))
		return -EINVAL;
	sched_point("signal.action", p);
	flags = spin_lock(&task_lock);
	if (old)
		*old = p->actions->action[sig];
	if (new && (p->actions->action[sig].flags & SA_IMMUTABLE)) {
		err = -EINVAL; /* it is dying of it */
	} else if (new) {
		struct action *a = &p->actions->action[sig];

		*a = *new;
		a->mask &= ~SIGSET_UNBLOCKABLE;
		a->flags &= SA_KNOWN;
		if (now_ignored(sig, a->handler))
			flush_ignored(p, sig);
	}
	spin_unlock(&task_lock, flags);
	return err;
}

void signal_set_blocked(sigset_t mask)
{
	struct thread *t = current;
	irqflags_t flags;

	mask &= ~SIGSET_UNBLOCKABLE;
	if (mask == t->blocked && !signal_pending(t))
		return;
	sched_point("signal.mask", t);
	flags = spin_lock(&task_lock);
	if (mask & ~t->blocked)
		signal_retarget(t, mask & ~t->blocked);
	t->blocked = mask;
	signal_recalc(t);
	spin_unlock(&task_lock, flags);
}

void signal_set_temporary_mask(sigset_t mask)
{
	struct thread *t = current;

	t->saved_mask = t->blocked;
	t->restore_saved_mask = true;
	signal_set_blocked(mask);
}

void signal_end_temporary_mask(bool interrupted)
{
	struct thread *t = current;

	if (!t->restore_saved_mask)
		return;
	if (interrupted) {
		__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
		return;
	}
	t->restore_saved_mask = false;
	signal_set_blocked(t->saved_mask);
}

void signal_fork_init(struct thread *child, struct thread *parent)
{
	pending_init(&child->pending);
	child->blocked = parent->blocked;
	child->altstack.flags = SS_DISABLE;
}
