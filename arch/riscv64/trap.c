/* Traps, once trap.S has saved the registers. Interrupts are off on entry and on exit. */
#include "arch/cpu.h"
#include "csr.h"
#include "local.h"
#include "mm/space.h"
#include "panic.h"
#include "proc/process.h"

void trap_from_user(struct arch_frame *f);
void trap_from_kernel(struct arch_frame *f);
_Noreturn void trap_stack_overflow(struct arch_frame *f);

static const char *const exception_names[] = {
    [CAUSE_FETCH_ALIGN] = "misaligned instruction",
    [CAUSE_FETCH_ACCESS] = "instruction access fault",
    [CAUSE_ILLEGAL] = "illegal instruction",
    [CAUSE_BREAKPOINT] = "breakpoint",
    [CAUSE_LOAD_ALIGN] = "misaligned load",
    [CAUSE_LOAD_ACCESS] = "load access fault",
    [CAUSE_STORE_ALIGN] = "misaligned store",
    [CAUSE_STORE_ACCESS] = "store access fault",
    [CAUSE_FETCH_PAGE] = "instruction page fault",
    [CAUSE_LOAD_PAGE] = "load page fault",
    [CAUSE_STORE_PAGE] = "store page fault",
};

static void software_interrupt(const struct arch_frame *f)
{
	csr_clear(sip, IE_SOFTWARE);
	if (unlikely(__atomic_load_n(&smp_panic_stop, __ATOMIC_SEQ_CST))) {
		panic_cpu_stopped(f);
		arch_halt();
	}
	ipi_interrupt();
}

static void interrupt(const struct arch_frame *f, bool from_user)
{
	struct cpu *c = this_cpu();
	c->irq_depth++;
	c->irq_count++;
	switch (f->cause & ~CAUSE_INTERRUPT) {
	case IRQ_TIMER:
		timer_handle(from_user);
		break;
	case IRQ_SOFTWARE:
		software_interrupt(f);
		break;
	case IRQ_EXTERNAL:
		plic_handle();
		break;
	default:
		panic("unknown interrupt %lu", (unsigned long)(f->cause & ~CAUSE_INTERRUPT));
	}
	c->irq_depth--;
}

/* FAULT_… of a page fault, 0 for any other cause. */
static unsigned fault_access(const struct arch_frame *f)
{
	switch (f->cause) {
	case CAUSE_FETCH_PAGE:
		return FAULT_EXEC;
	case CAUSE_LOAD_PAGE:
		return FAULT_READ;
	case CAUSE_STORE_PAGE:
		return FAULT_WRITE;
	}
	return 0;
}

/* The same address twice in a row: the TLB may hold the entry as it was before the first fault was
 * resolved. */
static void flush_if_repeated(struct arch_thread *t, uintptr_t addr)
{
	if (t->last_fault == addr)
		sfence_page(addr);
	t->last_fault = addr;
}

/* si_addr is the pc for all but page faults, as Linux has it. */
static void user_exception(struct arch_frame *f)
{
	struct fault fault = {.addr = f->pc};
	switch (f->cause) {
	case CAUSE_FETCH_PAGE:
	case CAUSE_LOAD_PAGE:
	case CAUSE_STORE_PAGE:
		flush_if_repeated(&current->arch, f->badaddr);
		fault.kind = FAULT_PAGE;
		fault.addr = f->badaddr;
		fault.access = fault_access(f);
		break;
	case CAUSE_BREAKPOINT:
		fault.kind = FAULT_BREAKPOINT;
		break;
	case CAUSE_FETCH_ALIGN:
	case CAUSE_LOAD_ALIGN:
	case CAUSE_STORE_ALIGN:
		fault.kind = FAULT_ALIGNMENT;
		break;
	case CAUSE_FETCH_ACCESS:
	case CAUSE_LOAD_ACCESS:
	case CAUSE_STORE_ACCESS:
		/* Memory that firmware keeps to itself: no mapping of ours leads there. Linux has
		 * SIGSEGV for it. */
		signal_force(SIGSEGV, SEGV_ACCERR, f->pc);
		return;
	default:
		fault.kind = FAULT_ILLEGAL;
	}
	entry_user_fault(f, &fault);
}

void trap_from_user(struct arch_frame *f)
{
	sched_account_enter_kernel();
	if (likely(f->cause == CAUSE_ECALL_USER)) {
		f->pc += 4;
		f->orig_a0 = f->a0;
		f->a0 = (uint64_t)-ENOSYS; /* what a tracer sees at the entry stop */
		arch_irq_enable();
		entry_syscall(f);
		arch_irq_disable();
	} else {
		f->orig_a0 = (uint64_t)-1;
		if (f->cause & CAUSE_INTERRUPT) {
			interrupt(f, true);
		} else {
			arch_irq_enable();
			user_exception(f);
			arch_irq_disable();
		}
	}
	entry_return_to_user(f);
	fp_return_to_user(current, f);
	sched_account_leave_kernel();
}

_Noreturn void arch_enter_user(void)
{
	struct arch_frame *f = arch_user_frame(current);
	arch_irq_disable();
	entry_return_to_user(f);
	fp_return_to_user(current, f);
	sched_account_leave_kernel();
	return_to_user(f);
}

/* A page fault of a copy routine on user memory: may it be resolved, and was it? */
static bool resolve_user_access(const struct arch_frame *f, unsigned access)
{
	struct arch_thread *t = &current->arch;
	if (!(f->status & SR_SPIE) || (t->flags & THREAD_UACCESS_ATOMIC))
		return false;
	flush_if_repeated(t, f->badaddr);
	arch_irq_enable();
	bool resolved = entry_kernel_fault_on_user(f->badaddr, access);
	arch_irq_disable();
	return resolved;
}

static const char *exception_name(uint64_t cause)
{
	if (cause < ARRAY_SIZE(exception_names) && exception_names[cause])
		return exception_names[cause];
	return "unknown exception";
}

/*
 * With SUM set only the copy routines for user memory run, and a fault at a kernel address in them
 * is a bug of their caller. Without it the routine is the one that tries doubtful kernel memory.
 */
static void kernel_exception(struct arch_frame *f)
{
	unsigned access = fault_access(f);
	uintptr_t fixup = fixup_find(f->pc);
	bool user_copy = f->status & SR_SUM;
	if (access && kernel_fault_is_stale(f->badaddr, access))
		return;
	if (!fixup || (user_copy && f->badaddr >= ARCH_USER_TOP))
		entry_kernel_fault(f, exception_name(f->cause), f->badaddr);
	if (user_copy && access && resolve_user_access(f, access))
		return;
	f->pc = fixup;
}

void trap_from_kernel(struct arch_frame *f)
{
	if (f->cause & CAUSE_INTERRUPT) {
		interrupt(f, false);
		sched_preempt();
	} else {
		kernel_exception(f);
	}
}

_Noreturn void trap_stack_overflow(struct arch_frame *f)
{
	entry_kernel_fault(f, "kernel stack overflow", f->badaddr);
}
