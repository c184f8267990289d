/*
 * The breakpoints that the shell has put into the code of a process that it traces, and the bytes
 * under them. Threads of one address space have one set, with a reference each. No lock: a tracee
 * is its tracer's, one thread.
 */
#pragma once

#include "base.h"
#include "mm/space.h"

#define PATCH_SIZE 8 /* bytes: no breakpoint instruction is longer */

struct patch {
	uaddr_t addr;
	uint8_t old[PATCH_SIZE]; /* arch_breakpoint_size bytes of it */
};

struct patches {
	unsigned users, count, room;
	struct patch *list;
};

struct patches *patches_new(void); /* one reference; NULL: no memory */
/* Of a copy of the memory: the same patches, one reference. NULL: no memory. */
struct patches *patches_copy(const struct patches *p);
void patches_put(struct patches *p);

/* For a stopped tracee. 0, -ESRCH, -EIO: not mapped, -ENOMEM. Planting what is planted and lifting
 * what is not is no error. A patch is forgotten only when the old bytes are back. */
int patch_plant(struct patches *p, int tid, uaddr_t addr);
int patch_lift(struct patches *p, int tid, uaddr_t addr);
bool patch_at(const struct patches *p, uaddr_t addr);
/* Memory as it is without patches: as do_ptrace_read and do_ptrace_write, which see them. */
int64_t patches_read(const struct patches *p, int tid, uaddr_t addr, void *buf, size_t n);
int64_t patches_write(struct patches *p, int tid, uaddr_t addr, const void *buf, size_t n);
/* Puts the old bytes back in whatever state the tracees are, where there is a patch still: an exec
 * may have brought another program. Forgets them all. */
void patches_undo(struct patches *p, struct space *s);
