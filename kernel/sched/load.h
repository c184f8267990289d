/* How busy the system is. */
#pragma once

#include "base.h"

struct task_counts {
	unsigned processes, threads, running, blocked;
	int last_pid; /* the number given last */
};
void task_counts(struct task_counts *out); /* takes task_lock */

#define LOAD_SHIFT 11 /* the averages are fixed-point numbers with so many bits */
/* Over 1, 5 and 15 minutes. */
void load_averages(uint64_t out[3]);
void load_init(void);
