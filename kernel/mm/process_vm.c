/* process_vm_readv(2) and process_vm_writev(2); process_madvise(2) and process_mrelease(2). */
#include "abi/fs.h"
#include "abi/mman.h"
#include "arch/uaccess.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "mm/oom.h"
#include "proc/pidfd.h"
#include "proc/process.h"
#include "syscall/syscall.h"

/* The space of a thread that may be accessed in this mode, with a reference; -ESRCH, or `refusal`.
 * (task_lock) */
static struct space *space_of_thread(const struct thread *t, unsigned access, int refusal)
{
	if (!t || !t->space)
		return ERR_PTR(-ESRCH);
	if (!ptrace_may_access(t, access))
		return ERR_PTR(refusal);
	space_get(t->space);
	return t->space;
}

static struct space *task_space(int pid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct space *s = space_of_thread(
	    thread_find(pid), PTRACE_ACCESS_ATTACH | PTRACE_ACCESS_REALCREDS, -EPERM);
	spin_unlock(&task_lock, flags);
	return s;
}

/* A list of pieces in user memory, consumed as it goes. */
struct pieces {
	struct linux_iovec *v;
	uint64_t count, index, offset;
	bool empty; /* not a byte in any */
};

static int pieces_copy_in(struct pieces *p, uaddr_t user, uint64_t count)
{
	uint64_t total = 0;
	*p = (struct pieces){.count = count, .empty = true};
	if (count > IOV_MAX)
		return -EINVAL;
	p->v = kcalloc(count ? count : 1, sizeof(*p->v));
	if (!p->v)
		return -ENOMEM;
	int err = arch_copy_in(p->v, user, count * sizeof(*p->v));
	for (uint64_t i = 0; !err && i < count; i++) {
		if (p->v[i].len > INT64_MAX || __builtin_add_overflow(total, p->v[i].len, &total))
			err = -EINVAL;
	}
	p->empty = !total;
	return err;
}

/* What is left of the present piece; moves on to the next that is not empty. 0: at the end. */
static uint64_t pieces_left(struct pieces *p, uaddr_t *addr)
{
	for (; p->index < p->count; p->index++, p->offset = 0) {
		const struct linux_iovec *v = &p->v[p->index];
		*addr = v->base + p->offset;
		if (v->len > p->offset)
			return v->len - p->offset;
	}
	return 0;
}

/* Copies within one page of the other's memory. */
static int copy_part(struct space *s, uaddr_t remote, uaddr_t local, size_t n, bool write)
{
	struct page *p = space_grab_page(s, remote, write ? FAULT_WRITE : FAULT_READ, false);
	if (IS_ERR(p))
		return -EFAULT;
	char *mem = (char *)page_virt(p) + (remote & ~PAGE_MASK);
	int err = write ? arch_copy_in(mem, local, n) : arch_copy_out(local, mem, n);
	page_put(p);
	if (write && !err)
		arch_icache_sync(&s->arch, remote, remote + n); /* it may be code */
	return err;
}

static int64_t copy_pieces(struct space *s, struct pieces *local, struct pieces *remote, bool write)
{
	int64_t done = 0;
	uaddr_t from = 0, to = 0;
	for (;;) {
		uint64_t n = MIN(pieces_left(local, &to), pieces_left(remote, &from));
		n = MIN(n, PAGE_SIZE - (from & ~PAGE_MASK));
		if (!n)
			return done;
		if (signal_pending_fatal(current))
			return done ? done : -EINTR;
		if (copy_part(s, from, to, n, write) != 0)
			return done ? done : -EFAULT;
		local->offset += n;
		remote->offset += n;
		done += n;
	}
}

static int64_t process_vm(const uint64_t a[6], bool write)
{
	struct pieces local = {0}, remote = {0};
	if (a[5])
		return -EINVAL;
	int64_t result = pieces_copy_in(&local, a[1], a[2]);
	if (!result && !local.empty)
		result = pieces_copy_in(&remote, a[3], a[4]);
	/* With nothing to copy nobody asks whose memory it is. */
	if (!result && !local.empty && !remote.empty) {
		struct space *s = task_space((int)a[0]);
		result = IS_ERR(s) ? PTR_ERR(s) : copy_pieces(s, &local, &remote, write);
		if (!IS_ERR(s))
			space_put(s);
	}
	kfree(local.v);
	kfree(remote.v);
	return result;
}

SYSCALL(process_vm_readv)
{
	return process_vm(a, false);
}

SYSCALL(process_vm_writev)
{
	return process_vm(a, true);
}

/* --- by pidfd --- */

/* The thread that stands for it; NULL: it is gone. (task_lock) */
static struct thread *thread_of_pid(const struct pid *pid)
{
	return pid->process ? pid->process->leader : pid->thread;
}

static int64_t advise_pieces(struct space *s, struct pieces *p, int advice)
{
	int64_t done = 0;
	uaddr_t at;
	for (uint64_t n; (n = pieces_left(p, &at)); p->offset += n) {
		int err = space_advise(s, at, n, advice);
		if (err)
			return done ? done : err;
		done += (int64_t)n;
	}
	return done;
}

static int64_t advise_process(const struct pid *pid, struct pieces *p, int advice)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = thread_of_pid(pid);
	bool may_advise = advice == MADV_COLD || advice == MADV_PAGEOUT ||
			  advice == MADV_WILLNEED || advice == MADV_COLLAPSE;
	struct space *s = !t            ? ERR_PTR(-ESRCH)
			  : !may_advise ? ERR_PTR(-EINVAL)
					: space_of_thread(t,
					      PTRACE_ACCESS_READ | PTRACE_ACCESS_FSCREDS, -EACCES);
	spin_unlock(&task_lock, flags);
	if (IS_ERR(s))
		return PTR_ERR(s);
	bool may = s == current->space || capable(CAP_SYS_NICE);
	int64_t result = may ? advise_pieces(s, p, advice) : -EPERM;
	space_put(s);
	return result;
}

SYSCALL(process_madvise)
{
	struct pieces p = {0};
	if (a[4])
		return -EINVAL;
	int64_t result = pieces_copy_in(&p, a[1], a[2]);
	struct pid *pid = result ? NULL : pidfd_get((int)a[0], NULL);
	if (IS_ERR(pid)) {
		result = PTR_ERR(pid);
	} else if (pid) {
		result = advise_process(pid, &p, (int)a[3]);
		pid_put(pid);
	}
	kfree(p.v);
	return result;
}

/* Does a process that goes on living have it too? (task_lock) */
static bool is_needed(const struct space *s)
{
	const struct process *p;
	list_for_each (p, &all_processes, all_link)
		if (space_of(p) == s && !p->group_exit)
			return true;
	return false;
}

/* The space of a process that is about to end, with a reference. (task_lock) */
static struct space *dying_space(const struct pid *pid)
{
	const struct thread *t = thread_of_pid(pid);
	if (!t || !t->space)
		return ERR_PTR(-ESRCH);
	if (!t->process->group_exit || is_needed(t->space))
		return ERR_PTR(-EINVAL);
	space_get(t->space);
	return t->space;
}

static int release_private(struct space *s)
{
	const struct area *a;
	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link)
		if (area_is_private(a) && !(a->flags & (AREA_VDSO | AREA_LOCKED)))
			space_zap(s, a->start, a->end);
	mutex_unlock(&s->lock);
	space_put(s);
	return 0;
}

SYSCALL(process_mrelease)
{
	if (a[1])
		return -EINVAL;
	struct pid *pid = pidfd_get((int)a[0], NULL);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	irqflags_t flags = spin_lock(&task_lock);
	struct space *s = dying_space(pid);
	spin_unlock(&task_lock, flags);
	pid_put(pid);
	return IS_ERR(s) ? PTR_ERR(s) : release_private(s);
}
