/*
 * rseq(2). A thread that has registered an area is told there where it runs whenever it comes back
 * to user mode after it was preempted, moved or sent a signal; if it was in a critical section
 * then, it goes on at the section's abort address. Threads that run at the same time in one space
 * have different concurrency ids, the smallest there are: a thread holds one from its way to user
 * mode until it is switched out.
 */
#include "sched/rseq.h"

#include "arch/mmu.h"
#include "arch/thread.h"
#include "arch/uaccess.h"
#include "mm/space.h"
#include "proc/process.h"
#include "syscall/syscall.h"

#define UNREGISTER        1
#define ORIGINAL_SIZE     32 /* of struct rseq, and its alignment, before sizes were told */
#define CPU_UNINITIALIZED 0xffffffffu

/* In user memory. */
struct rseq_area {
	uint32_t cpu_start, cpu;
	uint64_t section; /* of struct rseq_section, or 0 */
	uint32_t flags;   /* none are left that may be set */
	uint32_t node, cid;
};

struct rseq_section {
	uint32_t version, flags;
	uint64_t start, length, abort;
};

_Static_assert(offsetof(struct rseq_area, cid) + 4 == RSEQ_FEATURE_SIZE, "struct rseq");
_Static_assert(sizeof(((struct space *)0)->rseq_cids) * 8 >= MAX_CPUS, "a bit for each that runs");

static uaddr_t field(const struct thread *t, size_t offset)
{
	return t->rseq.area + offset;
}

/* --- concurrency ids --- */

/* Preemption off, or interrupts. */
static void drop_cid(struct thread *t)
{
	if (!t->rseq.cid)
		return;
	__atomic_fetch_and(&t->space->rseq_cids, ~(1UL << (t->rseq.cid - 1)), __ATOMIC_RELAXED);
	t->rseq.cid = 0;
}

/* No more threads hold one than there are CPUs: there is a free one. */
static uint32_t take_cid(struct thread *t)
{
	uint64_t *cids = &t->space->rseq_cids, taken;
	uint32_t cid;

	preempt_disable();
	taken = __atomic_load_n(cids, __ATOMIC_RELAXED);
	while (!t->rseq.cid) {
		cid = (uint32_t)__builtin_ctzl(~taken);
		if (__atomic_compare_exchange_n(cids, &taken, taken | 1UL << cid, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			t->rseq.cid = (int)cid + 1;
	}
	cid = (uint32_t)t->rseq.cid - 1;
	preempt_enable();
	return cid;
}

/* --- events --- */

void rseq_interrupt(struct thread *t)
{
	__atomic_fetch_or(&t->work, WORK_RSEQ, __ATOMIC_RELAXED);
}

void rseq_switched_out(struct thread *t)
{
	drop_cid(t);
	rseq_interrupt(t);
}

/* --- on the way to user mode --- */

/* Its section, start 0 and length 0 if there is none. -EFAULT, -EINVAL. */
static int read_section(const struct thread *t, struct rseq_section *s)
{
	uint64_t at;
	uint32_t signature;

	*s = (struct rseq_section){0};
	if (copy_in_obj(&at, field(t, offsetof(struct rseq_area, section))))
		return -EFAULT;
	if (!at)
		return 0;
	if (at >= ARCH_USER_TOP)
		return -EINVAL;
	if (copy_in_obj(s, at))
		return -EFAULT;
	if (s->start >= ARCH_USER_TOP || s->start + s->length >= ARCH_USER_TOP ||
	    s->abort >= ARCH_USER_TOP || s->version)
		return -EINVAL;
	if (s->start + s->length < s->start || s->abort - s->start < s->length)
		return -EINVAL;
	if (copy_in_obj(&signature, s->abort - sizeof(signature)))
		return -EFAULT;
	return signature == t->rseq.signature ? 0 : -EINVAL;
}

static int end_section(const struct thread *t, struct arch_frame *f)
{
	static const uint64_t none;
	struct rseq_section s;
	uint32_t flags;
	int err = read_section(t, &s);
	bool inside;

	if (err)
		return err;
	inside = arch_frame_pc(f) - s.start < s.length;
	if (inside) {
		if (copy_in_obj(&flags, field(t, offsetof(struct rseq_area, flags))))
			return -EFAULT;
		if (flags || s.flags)
			return -EINVAL;
	}
	if (copy_out_obj(field(t, offsetof(struct rseq_area, section)), &none))
		return -EFAULT;
	if (inside)
		arch_frame_set_pc(f, s.abort);
	return 0;
}

static int write_place(const struct thread *t, uint32_t start, uint32_t cpu, uint32_t cid)
{
	uint32_t where[] = {start, cpu}, ids[] = {0, cid};

	if (copy_out_obj(field(t, offsetof(struct rseq_area, cpu_start)), &where) ||
	    copy_out_obj(field(t, offsetof(struct rseq_area, node)), &ids))
		return -EFAULT;
	return 0;
}

void rseq_resume(struct arch_frame *f, int sig)
{
	struct thread *t = current;
	uint32_t cid, cpu;
	int err;

	/* From here on another event has it done again. */
	__atomic_fetch_and(&t->work, ~(uint32_t)WORK_RSEQ, __ATOMIC_RELAXED);
	if (!t->rseq.area)
		return;
	err = end_section(t, f);
	if (!err) {
		cid = take_cid(t);
		cpu = (uint32_t)__atomic_load_n(&t->sched.cpu, __ATOMIC_RELAXED);
		err = write_place(t, cpu, cpu, cid);
	}
	if (!err)
		return;
	if (sig == SIGSEGV)
		signal_force_fatal(SIGSEGV);
	else
		signal_force(SIGSEGV, SI_KERNEL, 0);
}

/* --- threads --- */

void rseq_fork(struct thread *child)
{
	child->rseq = current->rseq;
	child->rseq.cid = 0;
	if (child->rseq.area)
		child->work |= WORK_RSEQ;
}

void rseq_forget(struct thread *t)
{
	preempt_disable();
	drop_cid(t);
	t->rseq = (struct rseq){0};
	preempt_enable();
}

static bool is_mine(const struct thread *t, uaddr_t area, uint32_t length)
{
	return t->rseq.area && t->rseq.area == area && t->rseq.length == length;
}

static int64_t unregister(struct thread *t, uaddr_t area, uint32_t length, uint32_t signature)
{
	if (!is_mine(t, area, length))
		return -EINVAL;
	if (t->rseq.signature != signature)
		return -EPERM;
	if (write_place(t, 0, CPU_UNINITIALIZED, 0))
		return -EFAULT;
	rseq_forget(t);
	return 0;
}

static bool well_formed(uaddr_t area, uint32_t length)
{
	if (length == ORIGINAL_SIZE)
		return area % ORIGINAL_SIZE == 0;
	return length > ORIGINAL_SIZE && area % RSEQ_ALIGN == 0;
}

/* a: area, its length, flags, signature */
SYSCALL(rseq)
{
	static const uint64_t none;
	struct thread *t = current;
	uaddr_t area = a[0];
	uint32_t length = (uint32_t)a[1], flags = (uint32_t)a[2], signature = (uint32_t)a[3];
	uint64_t section;

	if (flags & ~(uint32_t)UNREGISTER)
		return -EINVAL;
	if (flags)
		return unregister(t, area, length, signature);
	if (t->rseq.area) {
		if (!is_mine(t, area, length))
			return -EINVAL;
		return t->rseq.signature == signature ? -EBUSY : -EPERM;
	}
	if (!well_formed(area, length))
		return -EINVAL;
	if (area > ARCH_USER_TOP || length > ARCH_USER_TOP - area)
		return -EFAULT;
	/* What is left of a section ends; an area that turns out not to be writable is fatal only
	 * on the way back. */
	if (copy_in_obj(&section, area + offsetof(struct rseq_area, section)))
		return -EFAULT;
	if (section && copy_out_obj(area + offsetof(struct rseq_area, section), &none))
		return -EFAULT;
	t->rseq = (struct rseq){.area = area, .length = length, .signature = signature};
	rseq_interrupt(t);
	return 0;
}
