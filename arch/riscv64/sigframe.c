/* Linux's rt_sigframe: what a handler finds on its stack, and what rt_sigreturn reads back
 * (sigreturn(2)). */
#include "arch/uaccess.h"
#include "local.h"
#include "mm/space.h"
#include "proc/process.h"

/* Where each part lies (SIGFRAME_REGS: local.h). The mcontext is aligned to 16; the FP part of it
 * is as large as a state of 32 128-bit registers, and its last three words tell of extensions: a
 * reserved word, then magic 0 and size 0, which end their list. */
#define FRAME_INFO    0
#define FRAME_UC      128
#define FRAME_REGS    SIGFRAME_REGS
#define FRAME_FP      (FRAME_REGS + 256)
#define FRAME_EXT     (FRAME_FP + 516)
#define SIGFRAME_SIZE (FRAME_FP + 528)

/* struct ucontext before its registers. */
struct user_context {
	uint64_t flags, link;
	uint64_t stack_sp;
	int32_t stack_flags, pad;
	uint64_t stack_size;
	uint64_t mask;
	uint8_t unused[120], align[8];
};
_Static_assert(sizeof(struct user_context) == FRAME_REGS - FRAME_UC, "struct ucontext");

struct extensions {
	uint32_t reserved, magic, size;
};

const unsigned arch_min_sigstack = SIGFRAME_SIZE;

/* Where the frame goes, or 0 if it would leave the alternate stack that the thread is on. */
static uaddr_t frame_place(const struct thread *t, const struct ksignal *ks, uaddr_t sp)
{
	bool on_it = signal_on_altstack(t, sp);
	if (on_it && !signal_on_altstack(t, sp - SIGFRAME_SIZE))
		return 0;
	if ((ks->action.flags & SA_ONSTACK) && t->altstack.size && !on_it)
		sp = t->altstack.sp + t->altstack.size;
	return (sp - SIGFRAME_SIZE) & ~15UL;
}

int arch_sigframe_push(struct thread *t, const struct ksignal *ks, uint64_t mask)
{
	struct arch_frame *f = arch_user_frame(t);
	uaddr_t at = frame_place(t, ks, f->sp);
	struct user_context uc = {.mask = mask,
	    .stack_sp = t->altstack.sp,
	    .stack_flags = (int32_t)t->altstack.flags,
	    .stack_size = t->altstack.size};
	static const struct extensions none;

	if (!at)
		return -EFAULT;
	fp_store(t);
	if (arch_copy_out(at + FRAME_INFO, &ks->info, sizeof(ks->info)) ||
	    arch_copy_out(at + FRAME_UC, &uc, sizeof(uc)) ||
	    arch_copy_out(at + FRAME_REGS, f, FRAME_FP - FRAME_REGS) ||
	    arch_copy_out(at + FRAME_FP, &t->arch.fp, sizeof(t->arch.fp)) ||
	    arch_copy_out(at + FRAME_EXT, &none, sizeof(none)))
		return -EFAULT;
	f->ra = arch_vdso_sigreturn(t->space->vdso);
	f->pc = ks->action.handler;
	f->sp = at;
	f->a0 = (uint64_t)ks->sig;
	f->a1 = at + FRAME_INFO;
	f->a2 = at + FRAME_UC;
	if (t->altstack.flags & SS_AUTODISARM)
		t->altstack = (struct altstack){.flags = SS_DISABLE};
	return 0;
}

/* FP registers and control hold nothing privileged: any bits will do. */
static int pop_fp(struct thread *t, uaddr_t at)
{
	arch_fp_sync(t);
	int err = arch_copy_in(&t->arch.fp, at + FRAME_FP, sizeof(t->arch.fp));
	t->arch.fp.zero = 0;
	return err;
}

/*
 * The user registers come back as they are: status, which is not among them, stays the kernel's. As
 * in Linux, a frame with extension records that we did not write is refused, and a sigaltstack that
 * cannot be set again is passed over.
 */
int arch_sigframe_pop(struct thread *t, uint64_t *mask)
{
	struct arch_frame *f = arch_user_frame(t);
	uaddr_t at = f->sp;
	struct user_context uc;
	struct extensions ext;
	uint64_t regs[(FRAME_FP - FRAME_REGS) / 8];

	if (arch_copy_in(&uc, at + FRAME_UC, sizeof(uc)) ||
	    arch_copy_in(regs, at + FRAME_REGS, sizeof(regs)) ||
	    arch_copy_in(&ext, at + FRAME_EXT, sizeof(ext)) || ext.reserved || ext.magic ||
	    ext.size)
		return -EFAULT;
	if (pop_fp(t, at))
		return -EFAULT;
	memcpy(f, regs, sizeof(regs));
	f->orig_a0 = (uint64_t)-1;
	f->cause = (uint64_t)-1;
	struct altstack stack = {uc.stack_sp, uc.stack_size, (uint32_t)uc.stack_flags};
	(void)signal_set_altstack(t, &stack, f->sp);
	*mask = uc.mask;
	return 0;
}
