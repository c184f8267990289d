/* Harts: starting them, telling them something, making them flush. SBI does the work. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "csr.h"
#include "local.h"
#include "mm/heap.h"
#include "offsets.h"
#include "panic.h"
#include "proc/process.h"
#include "sbi.h"

struct arch_cpu arch_cpus[MAX_CPUS];
uint64_t arch_online;
bool smp_panic_stop; /* atomic: every CPU that gets a software interrupt stops */

/* What secondary_start reads, untranslated; valid once `thread` is set. Not in .bss, which is
 * cleared while other harts may already look here. */
struct hart_start {
	uint64_t satp, hart;
	struct thread *thread; /* atomic */
};
struct hart_start hart_starts[MAX_CPUS] __attribute__((section(".data")));
_Static_assert(MAX_CPUS == HART_STARTS && sizeof(struct hart_start) == HART_START_SIZE, "");
_Static_assert(offsetof(struct hart_start, satp) == HART_START_SATP, "");
_Static_assert(offsetof(struct hart_start, hart) == HART_START_HART, "");
_Static_assert(offsetof(struct hart_start, thread) == HART_START_THREAD, "");

_Noreturn void secondary_main(void);

struct arch_cpu *arch_cpu_here(void)
{
	return current->arch.cpu;
}

static uint64_t stack_for_emergencies(void)
{
	void *stack = kstack_alloc();
	return stack ? (uint64_t)stack + KSTACK_SIZE : 0;
}

int arch_cpu_start(unsigned id)
{
	struct arch_cpu *cpu = &arch_cpus[id];
	struct thread *idle = cpus[id].idle;
	*cpu = (struct arch_cpu){
	    .id = id, .hart = boot_info.cpu_hw_id[id], .timer_deadline = NS_NEVER};
	cpu->emergency_sp = stack_for_emergencies();
	if (!cpu->emergency_sp)
		return -ENOMEM;
	idle->arch.cpu = cpu;
	thread_use_own_stack(idle);
	hart_starts[id].satp = kernel_satp;
	hart_starts[id].hart = cpu->hart;
	__atomic_store_n(&hart_starts[id].thread, idle, __ATOMIC_SEQ_CST);
	struct sbi_result r = sbi_call(SBI_HSM, SBI_HSM_HART_START, cpu->hart,
	    virt_to_phys((const void *)secondary_start), virt_to_phys(&hart_starts[id]), 0);
	if (!r.error)
		return 0;
	__atomic_store_n(&hart_starts[id].thread, NULL, __ATOMIC_SEQ_CST);
	kstack_free((void *)(cpu->emergency_sp - KSTACK_SIZE));
	return r.error == SBI_ERR_ALREADY_AVAILABLE ? -EBUSY : -EIO;
}

_Noreturn void secondary_main(void)
{
	cpu_main();
	panic("cpu_main returned");
}

void arch_init(void)
{
	uint64_t stack = stack_for_emergencies();
	if (!stack)
		panic("no memory for the boot CPU's emergency stack");
	arch_cpus[0].emergency_sp = stack;
	power_setup();
	int err = plic_setup();
	if (err)
		panic("the interrupt controller cannot be used: error %d", err);
}

void arch_cpu_init(void)
{
	struct arch_cpu *cpu = arch_cpu_here();
	cpu->map_seq = __atomic_load_n(&kernel_map_seq, __ATOMIC_SEQ_CST);
	sfence_all();
	fence_i();
	plic_cpu_setup(cpu->id);
	csr_clear(sip, IE_SOFTWARE);
	csr_write(sie, IE_SOFTWARE | IE_EXTERNAL);
	__atomic_fetch_or(&arch_online, 1UL << cpu->id, __ATOMIC_SEQ_CST);
}

/* Calls fn(hart mask, its base) for the harts of a set of CPUs, in as few groups as SBI's masks
 * allow. */
static void for_harts(uint64_t set, void (*fn)(uint64_t mask, uint64_t base, void *arg), void *arg)
{
	while (set) {
		uint64_t base = arch_cpus[__builtin_ctzl(set)].hart, mask = 0;
		for (uint64_t s = set; s; s &= s - 1)
			base = MIN(base, arch_cpus[__builtin_ctzl(s)].hart);
		for (uint64_t s = set; s; s &= s - 1) {
			unsigned cpu = (unsigned)__builtin_ctzl(s);
			if (arch_cpus[cpu].hart - base >= 64)
				continue;
			mask |= 1UL << (arch_cpus[cpu].hart - base);
			set &= ~(1UL << cpu);
		}
		fn(mask, base, arg);
	}
}

static void send_ipi(uint64_t mask, uint64_t base, void *arg)
{
	sbi_call(SBI_IPI, SBI_IPI_SEND, mask, base, 0, 0);
}

void arch_ipi(unsigned id)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	sbi_call(SBI_IPI, SBI_IPI_SEND, 1, arch_cpus[id].hart, 0, 0);
}

void arch_ipi_panic(void)
{
	uint64_t others = __atomic_load_n(&arch_online, __ATOMIC_SEQ_CST) &
			  ~(1UL << arch_cpu_here()->id);
	__atomic_store_n(&smp_panic_stop, true, __ATOMIC_SEQ_CST);
	for_harts(others, send_ipi, NULL);
}

static void send_sfence(uint64_t mask, uint64_t base, void *arg)
{
	const uint64_t *range = arg;
	sbi_call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, mask, base, range[0], range[1]);
}

/* Flushes addresses out of the TLBs of a set of CPUs; done when it returns. */
void remote_sfence(uint64_t set, uintptr_t start, size_t size)
{
	uint64_t range[2] = {start, size};
	if (set)
		for_harts(set, send_sfence, range);
}

static void send_fence_i(uint64_t mask, uint64_t base, void *arg)
{
	sbi_call(SBI_RFENCE, SBI_RFENCE_FENCE_I, mask, base, 0, 0);
}

void remote_fence_i(uint64_t set)
{
	if (set)
		for_harts(set, send_fence_i, NULL);
}

void arch_idle(void)
{
	__asm__ volatile("wfi" ::: "memory");
	arch_irq_enable();
}
