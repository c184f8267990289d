/*
 * Fault injection: allocations that fail on purpose, in debug builds. Each public allocator asks at
 * its fault_point whether to fail; the allocators' calls of each other are not asked.
 */
#pragma once

#include "base.h"

/* What a rule applies to, and which of those allocations fail. A field of 0 (call: -1) asks for
 * nothing. */
struct fault_spec {
	int pid, tid;                 /* allocations on behalf of this process, this thread */
	int call;                     /* while it is in this system call */
	uintptr_t site_from, site_to; /* that return to an address in [from, to] */
	uint64_t nth;                 /* the nth of them fails, */
	uint64_t after;               /* or all after so many, */
	uint64_t every; /* or every so manyth; none of the three: none fails, they are counted */
};

struct fault_status {
	uint64_t seen, failed;
	uintptr_t site; /* where the last to fail returned to, or 0 */
};

struct fault_site {
	uintptr_t addr; /* where the allocator returns to */
	uint64_t seen, failed;
};

#ifdef PERILUNE_DEBUG
/* A rule comes into force. Its id, > 0, never used again; or -ENOSPC. */
int64_t fault_inject(const struct fault_spec *spec);
int fault_status(int64_t id, struct fault_status *out); /* 0 or -ESRCH */
void fault_remove(int64_t id);
void fault_clear(void); /* every rule, and what fault_sites tells */
/* The sites that rules met since the last fault_clear, at most `max`. Returns how many. */
unsigned fault_sites(struct fault_site *out, unsigned max);

extern bool fault_armed;                /* there is a rule */
bool fault_should_fail(uintptr_t site); /* any context */
/* In a function that callers call to allocate: does it have to fail? */
#define fault_point()                                                                              \
	(unlikely(fault_armed) && fault_should_fail((uintptr_t)__builtin_return_address(0)))
#else
#define fault_point() false

static inline int64_t fault_inject(const struct fault_spec *spec)
{
	return -ENOSYS;
}
static inline int fault_status(int64_t id, struct fault_status *out)
{
	return -ESRCH;
}
static inline void fault_remove(int64_t id)
{
}
static inline void fault_clear(void)
{
}
static inline unsigned fault_sites(struct fault_site *out, unsigned max)
{
	return 0;
}
#endif
