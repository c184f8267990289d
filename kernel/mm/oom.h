/* Out of memory: which process has to go (proc(5), oom_score). */
#pragma once

#include "proc/process.h"

#define OOM_ADJ_MIN (-1000) /* never */
#define OOM_ADJ_MAX 1000

/* As /proc/PID/oom_score has it: 0 to 2000 or so. (task_lock) */
uint64_t oom_score(const struct process *p);
/* How many processes have been killed for their memory. */
uint64_t oom_kills(void);
