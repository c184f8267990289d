/* set_mempolicy(2), get_mempolicy(2), mbind(2), migrate_pages(2), move_pages(2) for one node. */
#include "mm/mempolicy.h"
#include "arch/uaccess.h"
#include "fs/proc/procfs.h"
#include "mm/area.h"
#include "syscall/syscall.h"

#define NODES_MAX  4 /* that the masks of programs may name */
#define NODE_COUNT 1
#define ALL_NODES  1u

#define MPOL_F_NODE         1
#define MPOL_F_ADDR         2
#define MPOL_F_MEMS_ALLOWED 4
#define MPOL_MF_STRICT      1
#define MPOL_MF_MOVE        2
#define MPOL_MF_MOVE_ALL    4

/* --- masks of nodes --- */

/* `maxnode` is one more than there are bits. What is beyond NODES_MAX must be 0. */
static int nodes_copy_in(uaddr_t from, uint64_t maxnode, unsigned *nodes)
{
	uint64_t bits = maxnode - 1;
	*nodes = 0;
	if (!bits || !from)
		return 0;
	if (bits > PAGE_SIZE * 8)
		return -EINVAL;
	for (uint64_t at = 0; at < bits; at += 64) {
		uint64_t word;
		if (copy_in_obj(&word, from + at / 8))
			return -EFAULT;
		if (bits - at < 64)
			word &= (1ULL << (bits - at)) - 1;
		if (at ? word : word >> NODES_MAX)
			return -EINVAL;
		*nodes |= (unsigned)word;
	}
	return 0;
}

static int nodes_copy_out(uaddr_t to, uint64_t maxnode, uint64_t nodes)
{
	uint64_t size = ALIGN_UP(maxnode - 1, 64) / 8;
	const uint64_t none = 0;
	if (size > PAGE_SIZE)
		return -EINVAL;
	for (uint64_t at = sizeof(none); at < size; at += sizeof(none))
		if (copy_out_obj(to + at, &none))
			return -EFAULT;
	return size ? copy_out_obj(to, &nodes) : 0;
}

/* --- policies --- */

static int check_mode(int mode)
{
	int flags = mode & MPOL_MODE_FLAGS, plain = mode & ~MPOL_MODE_FLAGS;
	const int both = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES;
	if (plain < 0 || plain >= MPOL_MAX || (flags & both) == both)
		return -EINVAL;
	if ((flags & MPOL_F_NUMA_BALANCING) && plain != MPOL_BIND && plain != MPOL_PREFERRED_MANY)
		return -EINVAL;
	return 0;
}

/* The policy of a mode that was checked, for these nodes. */
static int policy_make(int mode, unsigned nodes, struct mem_policy *out)
{
	int plain = mode & ~MPOL_MODE_FLAGS;
	const int own = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES;
	*out = (struct mem_policy){0};
	if (plain == MPOL_DEFAULT)
		return nodes ? -EINVAL : 0;
	if (plain == MPOL_LOCAL || (plain == MPOL_PREFERRED && !nodes)) {
		if (nodes || (mode & own))
			return -EINVAL;
		out->mode = MPOL_LOCAL;
		return 0;
	}
	/* Relative ones are counted round and round the nodes that there are. */
	if (!nodes || (!(mode & MPOL_F_RELATIVE_NODES) && !(nodes & ALL_NODES)))
		return -EINVAL;
	out->mode = (uint16_t)mode;
	out->nodes = (uint8_t)(mode & own ? nodes : nodes & ALL_NODES);
	return 0;
}

/* The policy that a call is given. */
static int policy_copy_in(int mode, uaddr_t from, uint64_t maxnode, struct mem_policy *out)
{
	unsigned nodes;
	int err = check_mode(mode);
	if (!err)
		err = nodes_copy_in(from, maxnode, &nodes);
	return err ? err : policy_make(mode, nodes, out);
}

SYSCALL(set_mempolicy)
{
	struct mem_policy p;
	int err = policy_copy_in((int)a[0], a[1], a[2], &p);
	if (!err)
		current->wishes.policy = p;
	return err;
}

void mem_policy_show(struct proc_text *t, struct mem_policy p)
{
	static const char *const names[] = {"default", "prefer", "bind", "interleave", "local",
	    "prefer (many)", "weighted interleave"};
	text_puts(t, names[p.mode & ~MPOL_MODE_FLAGS]);
	if (p.mode & MPOL_F_STATIC_NODES)
		text_puts(t, "=static");
	else if (p.mode & MPOL_F_RELATIVE_NODES)
		text_puts(t, "=relative");
	if (p.mode & MPOL_F_NUMA_BALANCING)
		text_puts(t, p.mode & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES) ? "|balancing"
										    : "=balancing");
	if (p.nodes)
		text_puts(t, ":0"); /* what it comes to */
}

/* --- asking --- */

static int policy_at(uaddr_t addr, struct mem_policy *out)
{
	struct space *s = current->space;
	mutex_lock(&s->lock);
	const struct area *a = space_find(s, addr);
	if (a)
		*out = a->policy;
	mutex_unlock(&s->lock);
	return a ? 0 : -EFAULT;
}

/* The node that the page is on, which is brought in. */
static int node_at(uaddr_t addr)
{
	struct page *p = space_grab_page(current->space, addr, FAULT_READ, false);
	if (IS_ERR(p))
		return -EFAULT;
	page_put(p);
	return 0;
}

/* What get_mempolicy tells: a number and nodes. */
struct answer {
	int number;
	unsigned nodes;
};

static int answer_policy(uaddr_t addr, unsigned flags, struct answer *out)
{
	struct mem_policy p = current->wishes.policy;
	int err = flags & MPOL_F_ADDR ? policy_at(addr, &p) : addr ? -EINVAL : 0;
	if (err)
		return err;
	*out = (struct answer){p.mode, p.nodes};
	if (!(flags & MPOL_F_NODE))
		return 0;
	out->number = 0;
	if (flags & MPOL_F_ADDR)
		return node_at(addr);
	int mode = p.mode & ~MPOL_MODE_FLAGS; /* the node that comes next */
	return mode == MPOL_INTERLEAVE || mode == MPOL_WEIGHTED ? 0 : -EINVAL;
}

SYSCALL(get_mempolicy)
{
	unsigned flags = (unsigned)a[4];
	struct answer r = {0, ALL_NODES};
	int err = 0;
	if (a[1] && a[2] < NODE_COUNT)
		return -EINVAL;
	if (a[4] & ~(uint64_t)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED)
		err = flags == MPOL_F_MEMS_ALLOWED ? 0 : -EINVAL;
	else
		err = answer_policy(a[3], flags, &r);
	if (!err && a[0])
		err = copy_out_obj(a[0], &r.number);
	return !err && a[1] ? nodes_copy_out(a[1], a[2], r.nodes) : err;
}

/* --- areas --- */

/* (space->lock) */
static int bind_range(
    struct space *s, uaddr_t start, uaddr_t end, struct mem_policy p, bool holes_ok)
{
	bool found = false;
	uaddr_t at = start;
	for (struct area *a; at < end && (a = area_overlap(s, at, end)); at = a->end) {
		if (a->start > at && !holes_ok)
			return -EFAULT;
		found = true;
	}
	if (!found || (at < end && !holes_ok))
		return -EFAULT;
	int err = areas_cut(s, start, end);
	if (err)
		return err;
	for (struct area *a; start < end && (a = area_overlap(s, start, end)); start = a->end)
		a->policy = p;
	return 0;
}

SYSCALL(mbind)
{
	struct list dead = LIST_INIT(dead);
	struct space *s = current->space;
	uaddr_t start = a[0], end = start + ALIGN_UP(a[1], PAGE_SIZE);
	unsigned flags = (unsigned)a[5], nodes;
	struct mem_policy p;
	int err = check_mode((int)a[2]);
	if (!err)
		err = nodes_copy_in(a[3], a[4], &nodes);
	if (!err && flags & ~(unsigned)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		err = -EINVAL;
	if (!err && (flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		err = -EPERM;
	if (!err && ((start & ~PAGE_MASK) || end < start))
		err = -EINVAL;
	if (err || start == end)
		return err;
	err = policy_make((int)a[2], nodes, &p);
	if (err)
		return err;
	mutex_lock(&s->lock);
	err = bind_range(s, start, end, p, p.mode == MPOL_DEFAULT);
	areas_merge(s, start, end, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

/* --- moving: every page is where it can be --- */

/* The space of a task that may be looked into, with a reference; 0 is the caller. */
static struct space *task_space(int pid)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = pid ? thread_find(pid) : current;
	struct space *s = ERR_PTR(-ESRCH);
	if (t && !ptrace_may_access(t, PTRACE_ACCESS_READ | PTRACE_ACCESS_REALCREDS))
		s = ERR_PTR(-EPERM);
	else if (t)
		s = t->space ? t->space : ERR_PTR(-EINVAL);
	if (!IS_ERR(s))
		space_get(s);
	spin_unlock(&task_lock, flags);
	return s;
}

SYSCALL(migrate_pages)
{
	unsigned from, to;
	int err = nodes_copy_in(a[2], a[1], &from);
	if (!err)
		err = nodes_copy_in(a[3], a[1], &to);
	if (err)
		return err;
	struct space *s = task_space((int)a[0]);
	if (IS_ERR(s))
		err = PTR_ERR(s);
	else
		space_put(s);
	if (err && err != -EINVAL)
		return err;
	if ((to & ~ALL_NODES) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return to & ALL_NODES ? err : -EINVAL;
}

/* The node of a page, or why it has none. */
static int page_status(struct space *s, uaddr_t addr)
{
	int status = 0;
	paddr_t pa;
	unsigned flags;
	mutex_lock(&s->lock);
	if (addr >= ARCH_USER_TOP || !space_find(s, addr)) {
		status = -EFAULT;
	} else if (!arch_pt_query(&s->arch, ALIGN_DOWN(addr, PAGE_SIZE), &pa, &flags)) {
		status = -ENOENT;
	} else {
		const struct page *p = page_of(pa);
		status = !p || (p->flags & PAGE_RESERVED) ? -EFAULT : 0;
	}
	mutex_unlock(&s->lock);
	return status;
}

/* One page of the lists at `pages`, `nodes` (0: none) and `status`. */
static int move_one(struct space *s, uaddr_t pages, uaddr_t nodes, uaddr_t status, uint64_t k)
{
	uint64_t addr;
	int32_t node = 0, result;
	if (copy_in_obj(&addr, pages + k * sizeof(addr)))
		return -EFAULT;
	if (nodes && copy_in_obj(&node, nodes + k * sizeof(node)))
		return -EFAULT;
	if (node < 0 || node >= NODE_COUNT)
		return -ENODEV;
	result = page_status(s, addr);
	return copy_out_obj(status + k * sizeof(result), &result);
}

SYSCALL(move_pages)
{
	unsigned flags = (unsigned)a[5];
	if (flags & ~(unsigned)(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if ((flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		return -EPERM;
	struct space *s = task_space((int)a[0]);
	if (IS_ERR(s))
		return PTR_ERR(s);
	int err = 0;
	for (uint64_t k = 0; !err && k < a[1]; k++) {
		err = move_one(s, a[2], a[3], a[4], k);
		if (!err && signal_pending_fatal(current))
			err = -EINTR;
	}
	space_put(s);
	return err;
}
