/* Contract: threads, frames, the system-call convention, signal frames, registers. */
#pragma once

#include "arch/thread_defs.h" /* struct arch_frame, struct arch_thread: the architecture's own */
#include "base.h"

struct thread;
struct ksignal;

/* --- switching --- */
/* Prepares t (t->stack set) to start in fn(arg), interrupts enabled, when it is first switched to.
 */
void arch_thread_init(struct thread *t, void (*fn)(void *), void *arg);
/* Switches from `prev` to `next`, FP state included. Interrupts off. Returns when prev runs again;
 * the value is the thread that ran just before on that CPU. */
struct thread *arch_switch(struct thread *prev, struct thread *next);
/* The registers with which `t` left user mode: at the top of its kernel stack. */
struct arch_frame *arch_user_frame(struct thread *t);
/* Leaves to user mode with the current thread's user frame. Runs entry_return_to_user first. */
_Noreturn void arch_enter_user(void);

/*
 * Calls fn(arg) on another stack, [stack, stack + size), for kernel threads that need much (the Lua
 * shell); the trap code's overflow check and backtraces know of it while it is in use. The lowest
 * page should be a guard. Does not nest.
 */
void arch_call_on_stack(void *stack, size_t size, void (*fn)(void *), void *arg);

/* --- new images and children --- */
/* Empties the frame and FP state, then sets pc and sp for a new program; tls 0. */
void arch_exec_frame(struct thread *t, uaddr_t pc, uaddr_t sp);
/* Copies the parent's frame and FP state to a child, whose system call returns 0; sp 0: the
 * parent's own. The child will start in arch_enter_user via arch_thread_init(child, fn, arg) where
 * fn calls arch_enter_user. */
void arch_fork_frame(struct thread *child, struct thread *parent, uaddr_t sp);
void arch_set_tls(struct thread *t, uaddr_t tls);
/* Does the FP unit hold this thread's state? Saves it to t->arch, so that it can be read; drops it
 * after a write. */
void arch_fp_sync(struct thread *t);
/* Room for fp state is part of struct arch_thread. Kernel threads that use FP (the Lua shell) say
 * so once. */
void arch_fp_enable_kernel(struct thread *t);

/* --- system calls --- */
void arch_syscall_args(const struct arch_frame *f, uint64_t args[6]);
uint64_t arch_syscall_number(const struct arch_frame *f);
void arch_syscall_set_result(struct arch_frame *f, int64_t result);
int64_t arch_syscall_result(const struct arch_frame *f);
/* Rewinds to execute the call again with the arguments it had; `number` is the call to make
 * (restart_syscall, or the same again). */
void arch_syscall_restart(struct arch_frame *f, uint64_t number);

/* The registers as they were when the call was made, but for the pc behind it: the call is refused.
 */
void arch_syscall_rollback(struct arch_frame *f);

/* --- signals --- */
/* Builds Linux's rt_sigframe for `ks` on the user stack and points the frame at the handler. `mask`
 * is the blocked set that sigreturn restores. 0 or -EFAULT (nothing changed in the registers then).
 */
int arch_sigframe_push(struct thread *t, const struct ksignal *ks, uint64_t mask);
/* rt_sigreturn: reads the frame at the user's sp, sanitises, restores registers, FP, altstack.
 * Gives the mask. 0 or -EFAULT. */
int arch_sigframe_pop(struct thread *t, uint64_t *mask);
extern const unsigned arch_min_sigstack; /* AT_MINSIGSTKSZ */
/* ARCH_MINSIGSTKSZ (thread_defs.h): the smallest stack that sigaltstack takes. */

/* The vDSO (with the signal trampoline): one ELF image linked into the kernel, page-aligned; its
 * trampoline's offset. */
extern const char arch_vdso_start[], arch_vdso_end[];
uaddr_t arch_vdso_sigreturn(uaddr_t vdso_base);
/* How the vDSO makes time since boot from its counter: start and factor. */
struct vdso_data;
void arch_vdso_clock(struct vdso_data *d);

/* --- programs --- */
extern const uint16_t arch_elf_machine; /* EM_… this kernel runs */
extern const char
    arch_name[]; /* the project's name of the architecture, such as the command line uses */
extern const char arch_uname_machine[]; /* uname -m */
extern const uint32_t arch_audit;       /* AUDIT_ARCH_…: what filters of system calls see */
extern const char arch_platform[];      /* AT_PLATFORM, "" for none */
uint64_t arch_hwcap(void);              /* AT_HWCAP */
/* Entries of the auxiliary vector that only this architecture has: pairs of type and value. */
extern const uint64_t arch_auxv[][2];
extern const unsigned arch_auxv_count;

/* --- registers --- */
/* The one table of registers: it feeds ptrace, core files, signal frames, panic reports and Lua. */
enum reg_class { REG_GENERAL, REG_PC, REG_SP, REG_STATUS, REG_FP, REG_FP_STATUS };
struct arch_reg {
	const char *name;
	uint16_t offset; /* in struct arch_frame for general ones, in struct arch_fp for REG_FP… */
	uint8_t size;    /* bytes */
	uint8_t class;
};
extern const struct arch_reg arch_regs[];
extern const unsigned arch_reg_count;
uaddr_t arch_frame_pc(const struct arch_frame *f);
uaddr_t arch_frame_sp(const struct arch_frame *f);
void arch_frame_set_pc(struct arch_frame *f, uaddr_t pc);

/* Linux's register sets, as ptrace and core files number them (NT_PRSTATUS 1, NT_PRFPREG 2, …). */
struct arch_regset {
	uint16_t note, size;
	uint8_t unit; /* what is read or written is a multiple of so many bytes */
};
extern const struct arch_regset arch_regsets[];
extern const unsigned arch_regset_count;
/* Those of the current thread, or of one that is off its CPU and stays so. Returns bytes, -EINVAL
 * for an unknown note type. Set sanitises: privileged bits stay the kernel's. */
int arch_regset_get(struct thread *t, unsigned note, void *buf, size_t size);
int arch_regset_set(struct thread *t, unsigned note, const void *buf, size_t size);

/* Makes a stopped thread trap after one instruction in user mode, or not any more. False: the
 * processor cannot. */
bool arch_set_step(struct thread *t, bool on);

/* --- stepping without the processor's help --- */
/* Copies from a task's memory: 0 or an error. */
typedef int (*arch_peek)(void *ctx, void *dst, uaddr_t src, size_t n);

#define ARCH_STEP_TARGETS 8
struct arch_step {
	unsigned count;
	uaddr_t targets[ARCH_STEP_TARGETS]; /* one of them runs next */
	enum { STEP_OTHER, STEP_CALL, STEP_RETURN } kind;
	uaddr_t after; /* the address behind the instruction: where a call returns to */
};
/*
 * Where a stopped thread with these registers goes from its next instruction. A sequence that must
 * not be torn (load-reserved to store-conditional) counts as one instruction. False: the
 * instruction cannot be read, or leads to too many places.
 */
bool arch_step_plan(const struct arch_frame *f, arch_peek peek, void *ctx, struct arch_step *out);
/* The breakpoint instruction; a thread that met it has this far to go back to it. */
extern const uint8_t arch_breakpoint[];
extern const unsigned arch_breakpoint_size, arch_breakpoint_skid; /* bytes */

/* --- backtraces --- */
struct arch_unwind {
	uintptr_t pc, fp, sp;
	uintptr_t low, high; /* the stack's bounds: frames outside end the walk */
	uintptr_t link; /* the first frame's return address register, for a leaf that kept it there;
			   else 0 */
};
void arch_unwind_start(struct arch_unwind *u); /* from the caller */
void arch_unwind_thread(
    struct arch_unwind *u, struct thread *t); /* a thread that is switched out */
void arch_unwind_frame(struct arch_unwind *u, const struct arch_frame *f);
bool arch_unwind_next(struct arch_unwind *u); /* to the caller's frame; false at the end */
/* User space by frame pointers: `peek` copies from the task's memory. */
bool arch_unwind_user_next(struct arch_unwind *u, arch_peek peek, void *ctx);

/* --- what the architecture calls, interrupts on unless said otherwise (kernel/entry.c) --- */
void entry_syscall(struct arch_frame *f);
enum fault_kind {
	FAULT_PAGE,
	FAULT_ILLEGAL,
	FAULT_BREAKPOINT,
	FAULT_STEP,
	FAULT_ALIGNMENT,
	FAULT_BUS,
	FAULT_DIVIDE,
	FAULT_FLOAT
};
struct fault {
	enum fault_kind kind;
	uaddr_t addr;    /* si_addr */
	unsigned access; /* FAULT_READ | FAULT_WRITE | FAULT_EXEC, for FAULT_PAGE */
	int code;        /* si_code where the kind leaves a choice, else 0 */
};
void entry_user_fault(struct arch_frame *f, const struct fault *fault);
/* Resolves a kernel-mode fault on a user address in a copy function. False: the fix-up takes it. */
bool entry_kernel_fault_on_user(uaddr_t addr, unsigned access);
/* The last thing before user mode, interrupts off on entry and exit: does work until none is left.
 */
void entry_return_to_user(struct arch_frame *f);
/* A fault in the kernel itself that no fix-up covers: prints the report. */
_Noreturn void entry_kernel_fault(struct arch_frame *f, const char *what, uintptr_t addr);
