/* Who may look into whom, and who may attach (ptrace(2), "Ptrace access mode checking" and
 * "/proc/sys/kernel/yama/ptrace_scope"). */
#include "mm/space.h"
#include "proc/process.h"

int ptrace_scope = SCOPE_CLASSIC;

static bool same_ids(const struct cred *me, const struct cred *to, unsigned mode)
{
	bool fs = mode & PTRACE_ACCESS_FSCREDS;
	uint32_t uid = fs ? me->fsuid : me->uid, gid = fs ? me->fsgid : me->gid;

	return uid == to->uid && uid == to->euid && uid == to->suid && gid == to->gid &&
	       gid == to->egid && gid == to->sgid;
}

/* Is `child` one of ancestor's descendants, or itself? (task_lock) */
static bool descends_from(const struct process *child, const struct process *ancestor)
{
	while (child && child != ancestor)
		child = child->parent;
	return child;
}

/* Did `target` name the current process, or an ancestor of it, as its tracer? (task_lock) */
static bool tracer_allowed(const struct process *target)
{
	const struct pid *named = target->allowed_tracer;

	if (target->any_tracer)
		return true;
	return named && named->thread && descends_from(current->process, named->thread->process);
}

static bool scope_permits(const struct thread *target)
{
	switch (__atomic_load_n(&ptrace_scope, __ATOMIC_RELAXED)) {
	case SCOPE_CLASSIC:
		return true;
	case SCOPE_DESCENDANTS:
		return descends_from(target->process, current->process) ||
		       tracer_allowed(target->process) || capable(CAP_SYS_PTRACE);
	case SCOPE_CAPABLE:
		return capable(CAP_SYS_PTRACE);
	}
	return false;
}

bool ptrace_may_access(const struct thread *target, unsigned mode)
{
	const struct cred *me = current->cred, *to = target->cred;
	bool super = cred_has_cap(me, CAP_SYS_PTRACE);
	uint64_t mine = mode & PTRACE_ACCESS_FSCREDS ? me->cap_effective : me->cap_permitted;

	ASSERT_HELD(&task_lock);
	if (target->process == current->process)
		return true;
	if (!super && !same_ids(me, to, mode))
		return false;
	if (!super && target->space && target->space->dumpable != DUMP_USER)
		return false;
	if (!super && (to->cap_permitted & ~mine))
		return false;
	return !(mode & PTRACE_ACCESS_ATTACH) || scope_permits(target);
}

int ptrace_scope_set(int scope)
{
	irqflags_t flags;
	int err = 0;

	if (!capable(CAP_SYS_PTRACE))
		return -EPERM;
	flags = spin_lock(&task_lock);
	if (scope < SCOPE_CLASSIC || scope > SCOPE_NONE || ptrace_scope == SCOPE_NONE)
		err = scope == ptrace_scope ? 0 : -EINVAL;
	else
		__atomic_store_n(&ptrace_scope, scope, __ATOMIC_RELAXED);
	spin_unlock(&task_lock, flags);
	return err;
}

int ptrace_allow_tracer(uint64_t pid)
{
	struct process *p = current->process;
	irqflags_t flags = spin_lock(&task_lock);
	bool any = (int)pid == -1;
	struct thread *t = pid && !any ? thread_find((int)pid) : NULL;
	struct pid *old = p->allowed_tracer;
	int err = pid && !any && !t ? -EINVAL : 0;

	if (!err) {
		p->any_tracer = any;
		p->allowed_tracer = t ? t->process->pid : NULL;
		if (t)
			pid_get(p->allowed_tracer);
	}
	spin_unlock(&task_lock, flags);
	if (!err)
		pid_put(old);
	return err;
}
