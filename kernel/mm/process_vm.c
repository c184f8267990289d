/* process_vm_readv(2) and process_vm_writev(2). */
#include "abi/fs.h"
#include "arch/uaccess.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "proc/process.h"
#include "syscall/syscall.h"

/* The space of a task, with a reference. */
static struct space *task_space(int pid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = thread_find(pid);
	struct space *s = ERR_PTR(-ESRCH);
	if (t && t->space) {
		bool may = ptrace_may_access(t, PTRACE_ACCESS_ATTACH | PTRACE_ACCESS_REALCREDS);
		s = may ? t->space : ERR_PTR(-EPERM);
		if (!IS_ERR(s))
			space_get(s);
	}
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
