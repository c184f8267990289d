/* this_cpu() in line, for the hot paths of locks and scheduler. */
#pragma once

#include "proc/process.h"
#include "sched/sched.h"

/* Meaningful while interrupts or preemption are off. */
static inline struct cpu *cpu_here(void)
{
	return &cpus[arch_current()->sched.cpu];
}
