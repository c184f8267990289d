/* Scheduling stress, in debug builds: at random sched_points a thread is preempted, or its CPU held
 * up. */
#pragma once

#include "base.h"

/* About one of `every` points from now on; 0: none. The choices follow from `seed`. 0 or -ENOSYS.
 */
int stress_start(uint64_t seed, unsigned every);
