/* Filters: made from user memory, chained, given to the threads of a process. */
#include "arch/uaccess.h"
#include "mm/heap.h"
#include "seccomp/internal.h"

/* Instructions in a chain, each older filter counting for four more. */
#define MAX_CHAIN   32768
#define CHAIN_EXTRA 4

struct user_fprog {
	uint16_t len;
	uint64_t filter;
};

struct seccomp_filter *filter_copy_in(uaddr_t from)
{
	struct user_fprog prog;
	struct seccomp_filter *f;
	size_t size;
	int err;

	if (copy_in_obj(&prog, from))
		return ERR_PTR(-EFAULT);
	if (!prog.len || prog.len > BPF_MAX_INSNS)
		return ERR_PTR(-EINVAL);
	if (!current->no_new_privs && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EACCES);
	size = prog.len * sizeof(f->program[0]);
	f = kmalloc(sizeof(*f) + size);
	if (!f)
		return ERR_PTR(-ENOMEM);
	*f = (struct seccomp_filter){.refs = {1}, .len = prog.len};
	err = arch_copy_in(f->program, prog.filter, size) ? -EFAULT : bpf_check(f->program, f->len);
	if (!err)
		return f;
	kfree(f);
	return ERR_PTR(err);
}

void filter_put(struct seccomp_filter *f)
{
	while (f && ref_put(&f->refs)) {
		struct seccomp_filter *older = f->older;

		kfree(f);
		f = older;
	}
}

static bool is_in_chain(const struct seccomp_filter *chain, const struct seccomp_filter *f)
{
	while (chain && chain != f)
		chain = chain->older;
	return !f || chain;
}

/* The tid of a thread whose filters are not a part of ours, or 0. (task_lock) */
static int cannot_follow(const struct thread *me)
{
	const struct thread *t;

	list_for_each (t, &me->process->threads, process_link) {
		if (t == me || t->exiting || t->seccomp.mode == SECCOMP_OFF)
			continue;
		if (t->seccomp.mode != SECCOMP_FILTER ||
		    !is_in_chain(me->seccomp.filter, t->seccomp.filter))
			return t->tid->nr;
	}
	return 0;
}

/* Gives every other thread our filters; what they had is part of them, so that no reference is the
 * last one. (task_lock) */
static void synchronise(struct thread *me)
{
	struct thread *t;

	list_for_each (t, &me->process->threads, process_link) {
		struct seccomp_filter *old = t->seccomp.filter;

		if (t == me || t->exiting)
			continue;
		ref_get(&me->seccomp.filter->refs);
		__atomic_store_n(&t->seccomp.filter, me->seccomp.filter, __ATOMIC_RELEASE);
		t->seccomp.count = me->seccomp.count;
		if (me->no_new_privs)
			t->no_new_privs = true;
		seccomp_assign(t, SECCOMP_FILTER);
		filter_put(old);
	}
}

/* (task_lock) */
static int attach(struct thread *me, struct seccomp_filter *f, unsigned flags)
{
	const struct seccomp_filter *older;
	unsigned total = f->len;
	int tid;

	if (me->seccomp.mode != SECCOMP_OFF && me->seccomp.mode != SECCOMP_FILTER)
		return -EINVAL;
	for (older = me->seccomp.filter; older; older = older->older)
		total += older->len + CHAIN_EXTRA;
	if (total > MAX_CHAIN)
		return -ENOMEM;
	tid = flags & FLAG_TSYNC ? cannot_follow(me) : 0;
	if (tid)
		return flags & FLAG_TSYNC_ESRCH ? -ESRCH : tid;
	f->log = flags & FLAG_LOG;
	f->older = me->seccomp.filter;
	me->seccomp.filter = f;
	me->seccomp.count++;
	seccomp_assign(me, SECCOMP_FILTER);
	if (flags & FLAG_TSYNC)
		synchronise(me);
	return 0;
}

int filter_attach(struct seccomp_filter *f, unsigned flags)
{
	irqflags_t irq = spin_lock(&task_lock);
	int result = attach(current, f, flags);

	spin_unlock(&task_lock, irq);
	return result;
}
