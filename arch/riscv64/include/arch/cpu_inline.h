/* The running thread, interrupt enabling, spinning: what has to be in line. */
#pragma once

#include "base.h"

#define SSTATUS_SIE 2 /* supervisor interrupt enable */

/* In kernel mode the thread pointer register holds the running thread, on every CPU. */
static inline struct thread *arch_current(void)
{
	struct thread *t;
	__asm__("mv %0, tp" : "=r"(t));
	return t;
}

static inline void arch_relax(void)
{
	/* The "pause" hint of Zihintpause; older processors take it as a fence without effect. */
	__asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

static inline unsigned long arch_irq_save(void)
{
	unsigned long old;
	__asm__ volatile("csrrci %0, sstatus, %1" : "=r"(old) : "i"(SSTATUS_SIE) : "memory");
	return old & SSTATUS_SIE;
}

static inline void arch_irq_restore(unsigned long flags)
{
	__asm__ volatile("csrs sstatus, %0" ::"r"(flags) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, %0" ::"i"(SSTATUS_SIE) : "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("csrci sstatus, %0" ::"i"(SSTATUS_SIE) : "memory");
}

static inline bool arch_irq_enabled(void)
{
	unsigned long status;
	__asm__ volatile("csrr %0, sstatus" : "=r"(status)::"memory");
	return status & SSTATUS_SIE;
}

/* The time counter when the kernel was entered, and nanoseconds a tick, << ARCH_CLOCK_BITS. */
extern struct arch_clock {
	uint64_t start, ns_factor;
} arch_clock;
#define ARCH_CLOCK_BITS 32

static inline ns_t arch_now(void)
{
	uint64_t ticks;
	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	unsigned __int128 ns = (unsigned __int128)(ticks - arch_clock.start) * arch_clock.ns_factor;
	return (ns_t)(ns >> ARCH_CLOCK_BITS);
}
