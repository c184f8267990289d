/* Contract: processors, interrupts, time. */
#pragma once

#include "base.h"

struct cpu;
struct thread;

static inline struct thread *arch_current(void); /* the running thread, from a register */

void arch_init(void);     /* boot CPU, memory works: trap vector, interrupt controller, timer */
void arch_cpu_init(void); /* every CPU, the boot one included */
/* Starts CPU `id` (of boot_info.cpu_hw_id), which will call cpu_main() on its idle thread's stack.
 * 0 or -errno. */
int arch_cpu_start(unsigned id);
void arch_ipi(unsigned id); /* makes CPU `id` call ipi_interrupt() soon */
void arch_ipi_panic(
    void); /* stops the other CPUs, their registers saved, as far as they still answer */
void arch_idle(
    void); /* interrupts off: sleeps until one is pending, then enables them and lets it in */
_Noreturn void arch_halt(void); /* for ever */
_Noreturn void arch_poweroff(
    int code); /* 0: clean; else an exit code for QEMU where the machine can pass it on */
_Noreturn void arch_reboot(void);
static inline void arch_relax(void); /* in a spin loop */

static inline unsigned long arch_irq_save(void); /* disables; returns what restore takes */
static inline void arch_irq_restore(unsigned long flags);
static inline void arch_irq_enable(void);
static inline void arch_irq_disable(void);
static inline bool arch_irq_enabled(void);

/* CPU `id` as /proc/cpuinfo shows it, lines and an empty one; "" if it is not online. */
void arch_cpu_describe(unsigned id, char *buf, size_t size);

/* Routes interrupt `irq` of the interrupt controller to fn(arg), in interrupt context. 0, -EINVAL,
 * -EBUSY. */
int arch_irq_attach(unsigned irq, void (*fn)(void *arg), void *arg, const char *name);
struct irq_info {
	const char *name; /* NULL: not attached */
	uint64_t count;
};
bool arch_irq_info(unsigned irq, struct irq_info *out); /* false past the last number */

static inline ns_t arch_now(void); /* since boot, monotonic, alike on every CPU */
void arch_timer_arm(
    ns_t deadline); /* this CPU's timer interrupt; NS_NEVER disarms. Interrupts off */

/* Early output, before any driver and in panics when the serial driver is in doubt. Polls. */
void arch_early_putc(char c);

/* Called by the architecture, interrupts off. */
_Noreturn void kernel_main(void); /* the boot CPU's first C function: boot_info is filled */
void cpu_main(void);              /* a secondary CPU's first C function; does not return */
void ipi_interrupt(void);         /* kernel/main.c */
void timer_interrupt(bool from_user);

#include "arch/cpu_inline.h"
