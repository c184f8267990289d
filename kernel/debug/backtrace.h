/* Stacks of the kernel as lines of text and as program counters. */
#pragma once

#include "arch/thread.h"
#include "base.h"

struct thread;

/* Up to `max` program counters, innermost first. Returns how many. */
unsigned backtrace_current(uintptr_t *pcs, unsigned max);
/* Of a thread that is switched out. */
unsigned backtrace_thread(struct thread *t, uintptr_t *pcs, unsigned max);
/* From the registers of a trap in kernel mode. */
unsigned backtrace_frame(const struct arch_frame *f, uintptr_t *pcs, unsigned max);
/* "  [<ffffffff80201234>] name+0x1c/0x40", as every report prints it and host scripts read it.
 * `called`: it is a return address, not where a trap came. */
void backtrace_format(uintptr_t pc, bool called, char *buf, size_t size);
