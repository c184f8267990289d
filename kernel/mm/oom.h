/* Out of memory: which process has to go (proc(5), oom_score). */
#pragma once

#include "proc/process.h"

#define OOM_ADJ_MIN (-1000) /* never */
#define OOM_ADJ_MAX 1000

/* The memory of a process: any of its threads has it. (task_lock) */
const struct space *space_of(const struct process *p);
/* As /proc/PID/oom_score has it: 0 to 2000 or so. (task_lock) */
uint64_t oom_score(const struct process *p);
/* How many processes have been killed for their memory. */
uint64_t oom_kills(void);
