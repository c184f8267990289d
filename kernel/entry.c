/* Where the architecture's trap code meets generic code: system calls, faults, and the last steps
 * before user mode. */
#include "arch/thread.h"
#include "mm/space.h"
#include "panic.h"
#include "proc/process.h"
#include "ptrace/ptrace.h"
#include "signal/signal.h"
#include "syscall/syscall.h"
#include "trace.h"

static inline bool is_restart(int64_t result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

void entry_syscall(struct arch_frame *f)
{
	struct thread *t = current;
	uint64_t *args = t->syscall_args, number = arch_syscall_number(f);
	int64_t result;

	t->syscall_number = (int)number;
	arch_syscall_args(f, args);
	if (likely(number < syscall_count && syscall_table[number].fn) &&
	    !trace_on(TRACE_CLASS_SYSCALL) &&
	    likely(!__atomic_load_n(&t->syscall_work, __ATOMIC_ACQUIRE)))
		result = syscall_table[number].fn(args);
	else if (!syscall_dispatch(f, &result))
		return;
	arch_syscall_set_result(f, result);
	if (unlikely(__atomic_load_n(&t->syscall_work, __ATOMIC_RELAXED) & SYSCALL_TRACE))
		ptrace_syscall_exit();
	/* A restart class never reaches user mode: signal_deliver turns it into a restart or EINTR.
	 */
	if (unlikely(is_restart(result)))
		__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

static void user_page_fault(struct arch_frame *f, const struct fault *fault)
{
	struct thread *t = current;
	struct fault_result r = space_fault(t->space, fault->addr, fault->access, arch_frame_sp(f));

	if (!r.signal)
		return;
	if (r.signal == SIGKILL)
		signal_send_kernel(t->process, SIGKILL);
	else
		signal_force(r.signal, r.code, fault->addr);
}

/* The signal that each kind of fault earns, and its si_code where the kind leaves no choice. */
static const struct {
	uint8_t signal, code;
} fault_signals[] = {
    [FAULT_ILLEGAL] = {SIGILL, ILL_ILLOPC},
    [FAULT_BREAKPOINT] = {SIGTRAP, TRAP_BRKPT},
    [FAULT_STEP] = {SIGTRAP, TRAP_TRACE},
    [FAULT_ALIGNMENT] = {SIGBUS, BUS_ADRALN},
    [FAULT_BUS] = {SIGBUS, BUS_ADRERR},
    [FAULT_DIVIDE] = {SIGFPE, FPE_INTDIV},
    [FAULT_FLOAT] = {SIGFPE, 0},
};

void entry_user_fault(struct arch_frame *f, const struct fault *fault)
{
	current->syscall_number = -1;
	if (fault->kind == FAULT_PAGE) {
		user_page_fault(f, fault);
		return;
	}
	signal_force(fault_signals[fault->kind].signal,
	    fault->code ? fault->code : fault_signals[fault->kind].code, fault->addr);
}

bool entry_kernel_fault_on_user(uaddr_t addr, unsigned access)
{
	struct thread *t = current;
	struct fault_result r;

	if (!t->space)
		return false;
	r = space_fault(t->space, addr, access, arch_frame_sp(arch_user_frame(t)));
	if (!r.signal)
		return true;
	if (r.signal == SIGKILL)
		signal_send_kernel(t->process, SIGKILL);
	return false;
}

void entry_return_to_user(struct arch_frame *f)
{
	struct thread *t = current;

	while (unlikely(__atomic_load_n(&t->work, __ATOMIC_SEQ_CST)) || this_cpu()->need_resched) {
		arch_irq_enable();
		if (this_cpu()->need_resched)
			schedule();
		if (__atomic_load_n(&t->work, __ATOMIC_SEQ_CST) & WORK_SIGNAL)
			signal_deliver(f);
		if (__atomic_load_n(&t->work, __ATOMIC_RELAXED) & WORK_RSEQ)
			rseq_resume(f, 0);
		arch_irq_disable();
	}
	t->syscall_number = -1;
}

_Noreturn void entry_kernel_fault(struct arch_frame *f, const char *what, uintptr_t addr)
{
	panic_report(f, "%s at address 0x%lx", what, (unsigned long)addr);
}
