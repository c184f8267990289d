/* Register frames and the architecture's part of struct thread. offsets.h repeats the layout for
 * assembly. */
#pragma once

#include "base.h"

/* What a trap saves. The first 32 words are Linux's user_regs_struct, so that register sets are
 * plain copies. */
struct arch_frame {
	uint64_t pc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
	uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	uint64_t t3, t4, t5, t6;
	uint64_t status, badaddr, cause; /* sstatus, stval, scause */
	uint64_t orig_a0; /* a system call's first argument, which its result overwrites */
};

/* Linux's __riscv_d_ext_state: FP registers and their control and status. */
struct arch_fp {
	uint64_t f[32];
	uint32_t fcsr, zero;
};

enum arch_thread_flags {
	THREAD_FP_LOADED = 1,      /* the FP unit of the CPU it runs on holds its state */
	THREAD_FP_KERNEL = 2,      /* a kernel thread that uses FP */
	THREAD_UACCESS_ATOMIC = 4, /* a fault on user memory is not resolved: it takes the fix-up */
};

#define ARCH_MINSIGSTKSZ 2048

struct arch_cpu;

/* Only the thread itself changes it while it runs; whoever stopped it otherwise. */
struct arch_thread {
	struct arch_frame *user_frame;  /* where a trap from user mode saves: the stack's top */
	uint64_t trap_sp;               /* for the trap entry code */
	uint64_t sp, ra, s[12];         /* while switched out */
	struct arch_cpu *cpu;           /* the CPU it runs on, or ran on last */
	uint64_t stack_low, stack_high; /* the stack in use: its own, or arch_call_on_stack's */
	uint32_t flags;                 /* arch_thread_flags */
	struct arch_cpu *fp_cpu;        /* whose unit last got this FP state; NULL: `fp` is newer */
	uint64_t last_fault; /* address of the last page fault, to find stale TLB entries */
	struct arch_fp fp;
};

/* System calls: number in a7, arguments in a0 to a5, result in a0. In line: every call passes here.
 */

static inline void arch_syscall_args(const struct arch_frame *f, uint64_t args[6])
{
	args[0] = f->orig_a0;
	args[1] = f->a1;
	args[2] = f->a2;
	args[3] = f->a3;
	args[4] = f->a4;
	args[5] = f->a5;
}

static inline uint64_t arch_syscall_number(const struct arch_frame *f)
{
	return f->a7;
}

static inline void arch_syscall_set_result(struct arch_frame *f, int64_t result)
{
	f->a0 = (uint64_t)result;
}

static inline int64_t arch_syscall_result(const struct arch_frame *f)
{
	return (int64_t)f->a0;
}

static inline void arch_syscall_rollback(struct arch_frame *f)
{
	f->a0 = f->orig_a0;
}

static inline void arch_syscall_restart(struct arch_frame *f, uint64_t number)
{
	f->a0 = f->orig_a0;
	f->a7 = number;
	f->pc -= 4;
}

static inline uaddr_t arch_frame_pc(const struct arch_frame *f)
{
	return f->pc;
}

static inline uaddr_t arch_frame_sp(const struct arch_frame *f)
{
	return f->sp;
}

static inline void arch_frame_set_pc(struct arch_frame *f, uaddr_t pc)
{
	f->pc = pc;
}
