/* Process groups and sessions (setpgid(2), setsid(2), credentials(7)), and groups that lose their
 * last link. */
#include "dev/tty.h"
#include "proc/internal.h"

/* Both a member and its membership keep the pid alive. */
static void move_membership(
    struct pid **slot, struct pid *to, struct list *link, struct list *members)
{
	struct pid *from = *slot;

	if (from == to)
		return;
	list_remove(link);
	pid_get(to);
	*slot = to;
	list_append(members, link);
	if (from) {
		pid_release_number(from);
		pid_put(from);
	}
}

void process_set_pgrp(struct process *p, struct pid *pgrp)
{
	ASSERT_HELD(&task_lock);
	move_membership(&p->pgrp, pgrp, &p->pgrp_link, &pgrp->members);
}

void process_set_session(struct process *p, struct pid *session)
{
	ASSERT_HELD(&task_lock);
	move_membership(&p->session, session, &p->session_link, &session->session);
}

/*
 * A group is orphaned when no member has a parent in another group of the same session: nobody is
 * left to continue what would be stopped (S46). init does not count as a parent. `ignored` counts
 * as gone already.
 */
bool pgrp_orphaned(struct pid *pgrp, const struct process *ignored)
{
	struct process *p;

	ASSERT_HELD(&task_lock);
	list_for_each (p, &pgrp->members, pgrp_link) {
		const struct process *parent = p->parent;

		if (p == ignored || !parent || parent->pid->nr == 1)
			continue;
		if (p->phase == ZOMBIE || (p->phase == EXITING && !p->live_count))
			continue;
		if (parent->pgrp != pgrp && parent->session == p->session)
			return false;
	}
	return true;
}

static bool has_stopped_member(struct pid *pgrp)
{
	struct process *p;

	list_for_each (p, &pgrp->members, pgrp_link)
		if (p->phase == STOPPED)
			return true;
	return false;
}

/* `p` goes, or loses `parent`: was that the last link of its group? Then what is stopped is told
 * (S47). */
void pgrp_check_orphaned(struct process *p, struct process *parent)
{
	struct pid *pgrp = p->pgrp;
	const struct process *ignored = NULL;
	struct siginfo hup = {.si_signo = SIGHUP, .si_code = SI_KERNEL};
	struct siginfo cont = {.si_signo = SIGCONT, .si_code = SI_KERNEL};

	ASSERT_HELD(&task_lock);
	if (parent == NULL) { /* `p` itself is going */
		parent = p->parent;
		ignored = p;
	}
	if (!parent || parent->pgrp == pgrp || parent->session != p->session)
		return;
	if (!pgrp_orphaned(pgrp, ignored) || !has_stopped_member(pgrp))
		return;
	signal_send_group(pgrp, &hup);
	signal_send_group(pgrp, &cont);
}

/* Who is meant, and may he be moved? -ESRCH, -EPERM, -EACCES as setpgid(2) has them. */
static int setpgid_target(int pid, struct process **out)
{
	struct process *me = current->process, *p = process_find(pid);

	if (!p)
		return thread_find(pid) ? -EINVAL : -ESRCH; /* a thread that is no leader */
	if (p->parent == me) {
		if (p->session != me->session)
			return -EPERM;
		if (p->did_exec)
			return -EACCES;
	} else if (p != me) {
		return -ESRCH;
	}
	if (p->session == p->pid)
		return -EPERM; /* a session leader */
	*out = p;
	return 0;
}

static int setpgid_locked(int pid, int pgid)
{
	struct process *p;
	struct pid *pgrp;
	int err = setpgid_target(pid, &p);

	if (err)
		return err;
	pgrp = pid_find(pgid);
	if (pgid != pid) { /* an existing group of the same session */
		if (!pgrp || list_empty(&pgrp->members))
			return -EPERM;
		if (list_first(&pgrp->members, struct process, pgrp_link)->session !=
		    current->process->session)
			return -EPERM;
	} else {
		pgrp = p->pid;
	}
	process_set_pgrp(p, pgrp);
	return 0;
}

int do_setpgid(int pid, int pgid)
{
	irqflags_t flags;
	int err;

	if (!pid)
		pid = current->process->pid->nr;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock(&task_lock);
	err = setpgid_locked(pid, pgid);
	spin_unlock(&task_lock, flags);
	return err;
}

int do_setsid(void)
{
	struct process *p = current->process;
	irqflags_t flags = spin_lock(&task_lock);
	int result = p->pid->nr;

	if (p->session == p->pid || !list_empty(&p->pid->members)) {
		result = -EPERM;
	} else {
		process_set_session(p, p->pid);
		process_set_pgrp(p, p->pid);
		p->tty = NULL;
	}
	spin_unlock(&task_lock, flags);
	return result;
}
