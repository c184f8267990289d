/* The end of a kernel that found itself broken: one report, then power-off with code 70. */
#pragma once

#include "arch/thread.h"
#include "base.h"

/* The exit code that QEMU passes on after a panic. */
#define PANIC_EXIT_CODE 70

/* As panic(), with the registers of the trap that brought us here; `f` NULL: none, the caller's
 * backtrace instead. */
_Noreturn void panic_report(const struct arch_frame *f, const char *fmt, ...) printf_like(2, 3);
/* Has a panic begun? Then nothing waits for locks or for interrupts any more. */
bool panicking(void);
/* For a CPU that arch_ipi_panic stopped: keeps its registers for the report. Called by the
 * architecture. */
void panic_cpu_stopped(const struct arch_frame *f);
