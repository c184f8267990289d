/*
 * Floating point. What is true of a thread that runs:
 *  - THREAD_FP_LOADED: the CPU's unit holds its state, which may be newer than `fp`: for a user
 * thread if the FS field of its user frame says dirty, for a kernel thread with FP always.
 * Otherwise `fp` is the state.
 *  - A user thread gets it loaded on its return to user mode; a kernel thread with FP when it is
 * switched to. While a thread does not run, `fp` is its state. The unit still holds a copy of it if
 * the unit's fp_owner is the thread and the thread's fp_cpu is that CPU: then it need not be loaded
 * again. In the kernel the unit is off, except for a kernel thread with FP outside of traps.
 */
#include "csr.h"
#include "local.h"
#include "proc/process.h"

static void unit_on(void)
{
	csr_set(sstatus, SR_FS_CLEAN);
}

static void unit_off(void)
{
	csr_clear(sstatus, SR_FS);
}

static void set_frame_clean(struct arch_frame *f)
{
	f->status = (f->status & ~(uint64_t)SR_FS) | SR_FS_CLEAN;
}

/* Brings `fp` up to date from the unit. Leaves the unit off. Interrupts off. */
static void save_newer(struct thread *t)
{
	struct arch_frame *f = arch_user_frame(t);
	if (!(t->arch.flags & THREAD_FP_LOADED))
		return;
	if (!(t->arch.flags & THREAD_FP_KERNEL)) {
		if ((f->status & SR_FS) != SR_FS_DIRTY)
			return;
		set_frame_clean(f);
	}
	unit_on();
	fp_save(&t->arch.fp);
	unit_off();
}

/* Puts `fp` in the unit. Leaves the unit on. Interrupts off. */
static void load(struct thread *t, struct arch_cpu *cpu)
{
	unit_on();
	fp_load(&t->arch.fp);
	cpu->fp_owner = t;
	t->arch.fp_cpu = cpu;
	t->arch.flags |= THREAD_FP_LOADED;
}

/* The last step to user mode; every program may use FP. */
void fp_return_to_user(struct thread *t, struct arch_frame *f)
{
	if (likely(t->arch.flags & THREAD_FP_LOADED))
		return;
	load(t, t->arch.cpu);
	unit_off();
	set_frame_clean(f);
}

void fp_switch(struct thread *prev, struct thread *next)
{
	struct arch_cpu *cpu = prev->arch.cpu;
	if (prev->arch.flags & THREAD_FP_LOADED) {
		save_newer(prev);
		prev->arch.flags &= ~THREAD_FP_LOADED;
	}
	bool still_there = cpu->fp_owner == next && next->arch.fp_cpu == cpu;
	if (still_there)
		next->arch.flags |= THREAD_FP_LOADED;
	if (next->arch.flags & THREAD_FP_KERNEL) {
		if (!still_there)
			load(next, cpu);
		unit_on();
	}
}

/* The thread's state was set in `fp`: the unit's copy is worth nothing. */
static void drop(struct thread *t)
{
	t->arch.flags &= ~THREAD_FP_LOADED;
	t->arch.fp_cpu = NULL;
}

void fp_store(struct thread *t)
{
	unsigned long irq = arch_irq_save();
	save_newer(t);
	if (t->arch.flags & THREAD_FP_KERNEL)
		unit_on();
	arch_irq_restore(irq);
}

/* A kernel thread's state stays loaded: nobody writes it from outside. */
void arch_fp_sync(struct thread *t)
{
	unsigned long irq = arch_irq_save();
	if (t == current)
		fp_store(t);
	if (!(t->arch.flags & THREAD_FP_KERNEL))
		drop(t);
	arch_irq_restore(irq);
}

void fp_reset(struct thread *t)
{
	unsigned long irq = arch_irq_save();
	memset(&t->arch.fp, 0, sizeof(t->arch.fp));
	drop(t);
	arch_irq_restore(irq);
}

/* `from` is the current thread or does not run; `to` has not run yet. */
void fp_copy(struct thread *to, struct thread *from)
{
	if (from == current)
		fp_store(from);
	to->arch.fp = from->arch.fp;
	drop(to);
}

void arch_fp_enable_kernel(struct thread *t)
{
	unsigned long irq = arch_irq_save();
	t->arch.flags |= THREAD_FP_KERNEL;
	if (t == current)
		load(t, t->arch.cpu);
	arch_irq_restore(irq);
}
