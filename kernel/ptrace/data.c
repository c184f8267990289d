/* A stopped tracee's memory and registers. */
#include "mm/space.h"
#include "ptrace/internal.h"

/* --- memory --- */

/* Its space, with a reference; NULL with *err = -ESRCH, or -EIO: it has none, or not for us. */
static struct space *tracee_space(int tid, int *err)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	struct space *s;

	*err = -ESRCH;
	if (!t)
		return NULL;
	s = t->space;
	if (s && s->dumpable != DUMP_USER && !cred_has_cap(t->trace->cred, CAP_SYS_PTRACE))
		s = NULL;
	if (s)
		space_get(s);
	spin_unlock(&task_lock, flags);
	*err = -EIO;
	return s;
}

int64_t do_ptrace_read(int tid, uaddr_t addr, void *buf, size_t n)
{
	int err;
	struct space *s = tracee_space(tid, &err);
	int64_t got;

	if (!s)
		return err;
	got = space_read(s, addr, buf, n);
	space_put(s);
	return got < 0 ? -EIO : got;
}

int64_t do_ptrace_write(int tid, uaddr_t addr, const void *buf, size_t n)
{
	int err;
	struct space *s = tracee_space(tid, &err);
	int64_t done;

	if (!s)
		return err;
	done = space_write(s, addr, buf, n, true);
	space_put(s);
	return done < 0 ? -EIO : done;
}

/* --- registers --- */

int do_ptrace_get_regset(int tid, unsigned note, void *buf, size_t size)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	int n;

	if (!t)
		return -ESRCH;
	n = arch_regset_get(t, note, buf, size);
	spin_unlock(&task_lock, flags);
	return n;
}

int do_ptrace_set_regset(int tid, unsigned note, const void *buf, size_t size)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	int n;

	if (!t)
		return -ESRCH;
	n = arch_regset_set(t, note, buf, size);
	spin_unlock(&task_lock, flags);
	return n;
}

int do_ptrace_get_frame(int tid, struct arch_frame *out)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	*out = *arch_user_frame(t);
	spin_unlock(&task_lock, flags);
	return 0;
}

int do_ptrace_set_register(int tid, const struct arch_reg *r, uint64_t v)
{
	irqflags_t flags;
	struct thread *t;

	if (r->class != REG_GENERAL && r->class != REG_PC && r->class != REG_SP)
		return -EPERM;
	t = tracee_lock(tid, &flags);
	if (!t)
		return -ESRCH;
	memcpy((char *)arch_user_frame(t) + r->offset, &v, r->size);
	spin_unlock(&task_lock, flags);
	return 0;
}
