/* Threads: switching, first frames, the system-call convention. */
#include "abi/elf.h"
#include "csr.h"
#include "local.h"
#include "mm/heap.h"
#include "offsets.h"
#include "panic.h"
#include "proc/process.h"

_Static_assert(offsetof(struct thread, arch) == 0, "assembly takes a thread for its arch part");
_Static_assert(offsetof(struct arch_thread, user_frame) == THREAD_USER_FRAME, "");
_Static_assert(offsetof(struct arch_thread, trap_sp) == THREAD_TRAP_SP, "");
_Static_assert(offsetof(struct arch_thread, sp) == THREAD_SP, "");
_Static_assert(offsetof(struct arch_thread, cpu) == THREAD_CPU, "");
_Static_assert(offsetof(struct arch_thread, stack_low) == THREAD_STACK_LOW, "");
_Static_assert(offsetof(struct arch_cpu, emergency_sp) == CPU_EMERGENCY_SP, "");
_Static_assert(offsetof(struct arch_frame, pc) == FRAME_PC, "");
_Static_assert(offsetof(struct arch_frame, s0) == FRAME_S0, "");
_Static_assert(offsetof(struct arch_frame, a0) == FRAME_A0, "");
_Static_assert(offsetof(struct arch_frame, s2) == FRAME_S2, "");
_Static_assert(offsetof(struct arch_frame, t3) == FRAME_T3, "");
_Static_assert(offsetof(struct arch_frame, status) == FRAME_STATUS, "");
_Static_assert(offsetof(struct arch_frame, cause) == FRAME_CAUSE, "");
_Static_assert(offsetof(struct arch_frame, orig_a0) == FRAME_ORIG_A0, "");
_Static_assert(sizeof(struct arch_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "");
_Static_assert(KSTACK_SIZE == 1UL << KSTACK_SHIFT, "");

_Noreturn void thread_returned(void);

struct arch_frame *arch_user_frame(struct thread *t)
{
	return (struct arch_frame *)((char *)t->stack + KSTACK_SIZE) - 1;
}

void thread_use_own_stack(struct thread *t)
{
	t->arch.user_frame = arch_user_frame(t);
	t->arch.stack_low = (uint64_t)t->stack;
	t->arch.stack_high = t->arch.stack_low + KSTACK_SIZE;
}

/* Leaves the user frame and the FP state alone: arch_fork_frame may have filled them. */
void arch_thread_init(struct thread *t, void (*fn)(void *), void *arg)
{
	thread_use_own_stack(t);
	t->arch.sp = (uint64_t)t->arch.user_frame;
	t->arch.ra = (uint64_t)thread_start;
	t->arch.s[0] = 0;
	t->arch.s[1] = (uint64_t)fn;
	t->arch.s[2] = (uint64_t)arg;
}

_Noreturn void thread_returned(void)
{
	panic("a kernel thread's function returned");
}

struct thread *arch_switch(struct thread *prev, struct thread *next)
{
	struct arch_cpu *cpu = prev->arch.cpu;
	uint64_t seq = __atomic_load_n(&kernel_map_seq, __ATOMIC_ACQUIRE);
	next->arch.cpu = cpu;
	if (unlikely(
		(prev->arch.flags | next->arch.flags) & (THREAD_FP_LOADED | THREAD_FP_KERNEL)) ||
	    cpu->fp_owner == next)
		fp_switch(prev, next);
	/* A new stack must be in the TLB's reach before it is the stack: a fault on it could not be
	 * taken. */
	if (unlikely(cpu->map_seq != seq)) {
		cpu->map_seq = seq;
		sfence_all();
	}
	return switch_context(prev, next);
}

/* --- frames --- */

void arch_exec_frame(struct thread *t, uaddr_t pc, uaddr_t sp)
{
	struct arch_frame *f = arch_user_frame(t);
	*f = (struct arch_frame){
	    .pc = pc, .sp = sp, .orig_a0 = (uint64_t)-1, .cause = (uint64_t)-1};
	f->status = (csr_read(sstatus) & SR_UXL) | SR_SPIE | SR_FS_CLEAN;
	fp_reset(t);
}

void arch_fork_frame(struct thread *child, struct thread *parent, uaddr_t sp)
{
	struct arch_frame *f = arch_user_frame(child);
	fp_copy(child, parent);
	*f = *arch_user_frame(parent);
	f->a0 = 0;
	if (sp)
		f->sp = sp;
}

void arch_set_tls(struct thread *t, uaddr_t tls)
{
	arch_user_frame(t)->tp = tls;
}

/* --- what programs are told --- */

const uint16_t arch_elf_machine = 243;  /* EM_RISCV */
const uint32_t arch_audit = 0xc00000f3; /* AUDIT_ARCH_RISCV64 */
const char arch_name[] = "riscv64";
const char arch_uname_machine[] = "riscv64";
const char arch_platform[] = "";

/* Size and geometry of the caches, 0 as Linux has it where the device tree does not tell: L1
 * instructions, L1 data, L2, L3. */
const uint64_t arch_auxv[][2] = {
    {AT_L1I_CACHESIZE, 0},
    {AT_L1I_CACHEGEOMETRY, 0},
    {AT_L1D_CACHESIZE, 0},
    {AT_L1D_CACHEGEOMETRY, 0},
    {AT_L2_CACHESIZE, 0},
    {AT_L2_CACHEGEOMETRY, 0},
    {AT_L3_CACHESIZE, 0},
    {AT_L3_CACHEGEOMETRY, 0},
};
const unsigned arch_auxv_count = ARRAY_SIZE(arch_auxv);

uint64_t arch_hwcap(void)
{
	static const char extensions[] = "imafdc";
	uint64_t caps = 0;
	for (const char *e = extensions; *e; e++)
		caps |= 1UL << (*e - 'a');
	return caps;
}
