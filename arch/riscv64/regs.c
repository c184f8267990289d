/* The register table, register sets, backtraces. */
#include "arch/uaccess.h"
#include "local.h"
#include "mm/heap.h"
#include "proc/process.h"

#define NT_PRSTATUS 1
#define NT_PRFPREG  2
#define USER_REGS   32 /* pc, then x1 to x31 in order of number */

#define REG(member, class_) {#member, offsetof(struct arch_frame, member), 8, class_}
#define FREG(n)             {"f" #n, offsetof(struct arch_fp, f[n]), 8, REG_FP}

const struct arch_reg arch_regs[] = {
    REG(pc, REG_PC),
    REG(ra, REG_GENERAL),
    REG(sp, REG_SP),
    REG(gp, REG_GENERAL),
    REG(tp, REG_GENERAL),
    REG(t0, REG_GENERAL),
    REG(t1, REG_GENERAL),
    REG(t2, REG_GENERAL),
    REG(s0, REG_GENERAL),
    REG(s1, REG_GENERAL),
    REG(a0, REG_GENERAL),
    REG(a1, REG_GENERAL),
    REG(a2, REG_GENERAL),
    REG(a3, REG_GENERAL),
    REG(a4, REG_GENERAL),
    REG(a5, REG_GENERAL),
    REG(a6, REG_GENERAL),
    REG(a7, REG_GENERAL),
    REG(s2, REG_GENERAL),
    REG(s3, REG_GENERAL),
    REG(s4, REG_GENERAL),
    REG(s5, REG_GENERAL),
    REG(s6, REG_GENERAL),
    REG(s7, REG_GENERAL),
    REG(s8, REG_GENERAL),
    REG(s9, REG_GENERAL),
    REG(s10, REG_GENERAL),
    REG(s11, REG_GENERAL),
    REG(t3, REG_GENERAL),
    REG(t4, REG_GENERAL),
    REG(t5, REG_GENERAL),
    REG(t6, REG_GENERAL),
    REG(status, REG_STATUS),
    REG(badaddr, REG_STATUS),
    REG(cause, REG_STATUS),
    REG(orig_a0, REG_STATUS),
    FREG(0),
    FREG(1),
    FREG(2),
    FREG(3),
    FREG(4),
    FREG(5),
    FREG(6),
    FREG(7),
    FREG(8),
    FREG(9),
    FREG(10),
    FREG(11),
    FREG(12),
    FREG(13),
    FREG(14),
    FREG(15),
    FREG(16),
    FREG(17),
    FREG(18),
    FREG(19),
    FREG(20),
    FREG(21),
    FREG(22),
    FREG(23),
    FREG(24),
    FREG(25),
    FREG(26),
    FREG(27),
    FREG(28),
    FREG(29),
    FREG(30),
    FREG(31),
    {"fcsr", offsetof(struct arch_fp, fcsr), 4, REG_FP_STATUS},
};
const unsigned arch_reg_count = ARRAY_SIZE(arch_regs);

_Static_assert(offsetof(struct arch_frame, status) == USER_REGS * 8, "user registers come first");

/* --- register sets --- */

const struct arch_regset arch_regsets[] = {
    {NT_PRSTATUS, USER_REGS * 8, 8},
    {NT_PRFPREG, sizeof(struct arch_fp), 8},
};
const unsigned arch_regset_count = ARRAY_SIZE(arch_regsets);

/* Where the set is in the thread, and its size; NULL for an unknown one. The FP state is made
 * current. */
static void *regset(struct thread *t, unsigned note, size_t *size)
{
	switch (note) {
	case NT_PRSTATUS:
		*size = USER_REGS * 8;
		return arch_user_frame(t);
	case NT_PRFPREG:
		arch_fp_sync(t);
		*size = sizeof(struct arch_fp);
		return &t->arch.fp;
	}
	return NULL;
}

int arch_regset_get(struct thread *t, unsigned note, void *buf, size_t size)
{
	size_t whole;
	const void *set = regset(t, note, &whole);
	if (!set)
		return -EINVAL;
	size = MIN(size, whole);
	memcpy(buf, set, size);
	return (int)size;
}

/* Nothing in either set is privileged: status lies behind the user registers. */
int arch_regset_set(struct thread *t, unsigned note, const void *buf, size_t size)
{
	size_t whole;
	void *set = regset(t, note, &whole);
	if (!set)
		return -EINVAL;
	size = MIN(size, whole);
	memcpy(set, buf, size);
	t->arch.fp.zero = 0;
	return (int)size;
}

/* There is no such trap outside of debug mode. */
bool arch_set_step(struct thread *t, bool on)
{
	return !on;
}

/* --- backtraces: the frame record lies below the frame pointer: the caller's fp, then the return
 * address --- */

struct frame_record {
	uintptr_t fp, ra;
};

/* The bounds of the stack that holds `inside`: the one in use if it may be, else by kernel stacks'
 * alignment. */
static void bounds_of_stack(struct arch_unwind *u, const struct arch_thread *t, uintptr_t inside)
{
	if (t && inside >= t->stack_low && inside < t->stack_high) {
		u->low = t->stack_low;
		u->high = t->stack_high;
		return;
	}
	u->low = ALIGN_DOWN(inside, 2 * KSTACK_SIZE);
	u->high = u->low + KSTACK_SIZE;
}

void arch_unwind_start(struct arch_unwind *u)
{
	uintptr_t fp = (uintptr_t)__builtin_frame_address(0);
	const struct frame_record *r = (const struct frame_record *)fp - 1;
	*u = (struct arch_unwind){.pc = r->ra, .fp = r->fp, .sp = fp};
	bounds_of_stack(u, &current->arch, fp - sizeof(*r));
}

void arch_unwind_thread(struct arch_unwind *u, struct thread *t)
{
	*u = (struct arch_unwind){.pc = t->arch.ra, .fp = t->arch.s[0], .sp = t->arch.sp};
	u->low = t->arch.stack_low;
	u->high = t->arch.stack_high;
}

/* By the frame pointer, not sp, which an overflow has driven out of the stack. */
void arch_unwind_frame(struct arch_unwind *u, const struct arch_frame *f)
{
	*u = (struct arch_unwind){.pc = f->pc, .fp = f->s0, .sp = f->sp, .link = f->ra};
	bounds_of_stack(u, &current->arch, f->s0 - sizeof(struct frame_record));
}

/* A frame pointer may lead out of the bounds: from an arch_call_on_stack to the stack it was called
 * on. */
bool arch_unwind_next(struct arch_unwind *u)
{
	struct frame_record r;
	uintptr_t at = u->fp - sizeof(r);
	if (!u->fp || u->fp % 8)
		return false;
	if (at < u->low || at >= u->high)
		bounds_of_stack(u, NULL, at);
	if (u->fp > u->high || arch_kernel_peek(&r, at, sizeof(r)) || !r.ra)
		return false;
	if (r.fp <= u->fp && r.fp > u->low)
		return false;
	u->pc = r.ra;
	u->sp = u->fp;
	u->fp = r.fp;
	return true;
}

/* How far up the stack the caller's frame of a leaf is looked for. */
#define LEAF_SEARCH (1UL << 20)

bool arch_unwind_user_next(struct arch_unwind *u, arch_peek peek, void *ctx)
{
	struct frame_record r;
	if (u->fp % 8 || u->fp < u->sp || u->fp < sizeof(r) ||
	    peek(ctx, &r, u->fp - sizeof(r), sizeof(r)) < 0)
		return false;
	/* A leaf has saved nothing but its caller's frame pointer, where others have the return
	 * address: what is there leads up the stack. */
	if (u->link && r.ra > u->fp && r.ra - u->fp < LEAF_SEARCH)
		r = (struct frame_record){.fp = r.ra, .ra = u->link};
	if (!r.ra || r.fp <= u->fp)
		return false;
	*u = (struct arch_unwind){
	    .pc = r.ra, .fp = r.fp, .sp = u->fp, .low = u->low, .high = u->high};
	return true;
}
