/* What the files of this folder share and nobody else sees. */
#pragma once

#include "arch/mmu.h"
#include "arch/thread.h"
#include "base.h"

/* One for each CPU. Threads point at that of the CPU they run on. */
struct arch_cpu {
	uint64_t emergency_sp; /* top of the stack for reporting overflows [assembly] */
	unsigned id;
	uint64_t hart;
	struct arch_space *space; /* loaded now; NULL: the kernel's tables only (interrupts off) */
	struct thread *fp_owner;  /* the last thread whose FP state was loaded */
	uint64_t map_seq;         /* of kernel_map_seq at the last TLB flush here */
	ns_t timer_deadline;      /* armed; NS_NEVER: not */
};

extern struct arch_cpu arch_cpus[MAX_CPUS];
/* Bit mask of the CPUs that run with their own vector and tables. Atomic. */
extern uint64_t arch_online;

/* The CPU this code runs on: interrupts or preemption are off. */
struct arch_cpu *arch_cpu_here(void);

/* sigframe.c: the registers in a signal frame, pc first: bytes from its start, where sp points. */
#define SIGFRAME_REGS 304

/* thread.c: what arch_thread_init does, for a thread that runs already */
void thread_use_own_stack(struct thread *t);

/* trap.S, switch.S */
void trap_entry(void);
void thread_start(void);
struct thread *switch_context(struct thread *prev, struct thread *next);
_Noreturn void return_to_user(struct arch_frame *f);
/* start.S: where a hart begins that SBI starts; its opaque argument is the physical address of
 * struct hart_start. */
void secondary_start(void);
/* uaccess.S: exceptions that have a way out; 0: none */
uintptr_t fixup_find(uintptr_t pc);

/* switch.S: the unit must be on. */
void fp_save(struct arch_fp *fp);
void fp_load(const struct arch_fp *fp);
/* fp.c */
void fp_return_to_user(struct thread *t, struct arch_frame *f);
void fp_switch(struct thread *prev, struct thread *next);
/* Brings t->arch.fp of the current thread up to date; the unit keeps it as well. */
void fp_store(struct thread *t);
void fp_copy(struct thread *to, struct thread *from);
void fp_reset(struct thread *t);

/* mmu.c */
extern uint64_t arch_satp_mode; /* SATP_SV39 or SATP_SV48 */
extern uint64_t kernel_satp;    /* the mode and the kernel's own root */
extern uint64_t kernel_map_seq; /* counts new mappings in the kernel's half */
extern unsigned arch_pt_levels;
void mmu_share_kernel_half(uint64_t *root);
/* The TLB may not have seen a new mapping at `va`: true if there is one for this access, and the
 * TLB was flushed. */
bool kernel_fault_is_stale(uintptr_t va, unsigned access);

/* timer.c */
void timer_setup(void);
void timer_cpu_setup(struct arch_cpu *cpu);
void timer_handle(bool from_user);

/* plic.c */
int plic_setup(void);
void plic_cpu_setup(unsigned cpu);
void plic_handle(void);

/* isa.c */
uint64_t isa_extensions(void);                          /* as riscv_hwprobe names them */
bool isa_string_has(const char *isa, const char *name); /* is it a part of "rv64imafdc_zba_zbb…"? */

/* power.c */
void power_setup(void);

/* smp.c */
extern bool smp_panic_stop;
void remote_sfence(uint64_t cpus, uintptr_t start, size_t size);
void remote_fence_i(uint64_t cpus);
