/* Scheduling stress, in debug builds: at random sched_points a thread is preempted, or its CPU held
 * up. */
#pragma once

#include "base.h"

struct stress {
	uint64_t seed;      /* the choices follow from it */
	unsigned every;     /* about one of so many points; 0: none */
	ns_t delay;         /* shorter than this, and positive */
	const char *points; /* names' beginnings, with a space between; NULL or empty: all */
};

/* From now on. 0, -ENOSYS, or -EINVAL: `points` is too long. */
int stress_start(const struct stress *s);
