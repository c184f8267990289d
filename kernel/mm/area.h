/* Between the files of mm: areas in their tree, walks over page tables, resolving single pages. */
#pragma once

#include "abi/mman.h"
#include "mm/space.h"
#include "sysctl.h"

/* vm.max_map_count; the lowest address that the kernel chooses by itself. */
#define AREAS_MAX       ((uint64_t)sysctl_get(max_map_count))
#define MIN_ADDRESS     32768UL
#define STACK_GUARD_GAP (256 * PAGE_SIZE) /* kept free below a stack that grows */
#define RLIMIT_NONE     UINT64_MAX

/* --- area.c: everything with space->lock held --- */

struct area *area_create(
    const struct area *like);        /* on no list; references of its own. NULL: no memory */
void area_free(struct area *a);      /* on no list; not with space->lock held if it has a file */
void areas_free(struct list *areas); /* the same for a list, by area->link */

void area_insert(struct space *s, struct area *a); /* nothing overlaps it */
void area_remove(struct space *s, struct area *a);
void area_resize(struct space *s, struct area *a, uaddr_t start,
    uaddr_t end); /* between its neighbours; a->offset follows */
/* Cuts `a` in two at `at`, inside it; the upper part is returned, or NULL without memory. */
struct area *area_split(struct space *s, struct area *a, uaddr_t at);
/* Cuts areas so that none crosses `start` or `end`. 0 or -ENOMEM. */
int areas_cut(struct space *s, uaddr_t start, uaddr_t end);
/* Joins neighbours that are alike, around and within [start, end). Areas left over go to `dead`. */
void areas_merge(struct space *s, uaddr_t start, uaddr_t end, struct list *dead);

/* The first area that ends above `addr`; NULL if none. */
struct area *area_above(struct space *s, uaddr_t addr);
/* The first area that overlaps [start, end), or NULL. */
struct area *area_overlap(struct space *s, uaddr_t start, uaddr_t end);
/* Its neighbours by address; NULL at the ends. */
struct area *area_next(const struct space *s, const struct area *a);
struct area *area_prev(const struct space *s, const struct area *a);
/* Is all of [start, end) covered by areas? */
bool areas_cover(struct space *s, uaddr_t start, uaddr_t end);
/* The highest free [x, x + len) within [low, high); 0 if none. */
uaddr_t space_gap(struct space *s, uint64_t len, uaddr_t low, uaddr_t high);

/* Runs over the areas that overlap [from, to), lowest first; `a` may be resized, not removed, by
 * the body. */
#define for_each_area(a, s, from, to)                                                              \
	for (a = area_above(s, from); a && a->start < (to); a = area_next(s, a))

static inline uint64_t area_pages(const struct area *a)
{
	return (a->end - a->start) >> PAGE_SHIFT;
}

static inline bool area_is_private(const struct area *a)
{
	return !(a->flags & AREA_SHARED);
}

/* --- walk.c: the page tables (space->lock) --- */

/* The rights an entry of `a` has; a private page that others may share stays read-only whatever the
 * area allows. */
unsigned area_pt_flags(const struct area *a, bool writable);
/* Unmaps every page of [start, end), flushes, and lets go of the pages. */
void space_zap(struct space *s, uaddr_t start, uaddr_t end);
/* The same for pages of files only: a program's own copies stay. */
void space_zap_file(struct space *s, uaddr_t start, uaddr_t end);
/* The same for a space that no CPU will run any more: no flush. */
void space_zap_dead(struct space *s);
/* Gives the present pages of `a` the rights it has now. */
void area_apply_protection(struct space *s, const struct area *a);
/* Shares the written pages of `from` with `to`, copy-on-write. 0 or -ENOMEM; *changed if `s` needs
 * a flush. */
int area_copy_pages(struct space *s, const struct area *from, struct space *child, bool *changed);
/* Moves the pages of [from, from + len) to `to`. 0, or -ENOMEM with the rest still at `from`. */
int space_move_pages(struct space *s, uaddr_t from, uaddr_t to, uint64_t len);
/* Counts a page that is mapped or (sign -1) unmapped. */
void space_count_page(struct space *s, const struct page *p, int sign);

/* --- fault.c: resolving (space->lock) --- */

/* -EFAULT: no area; -EACCES: not allowed. Lets the stack grow. */
int space_check_access(struct space *s, uaddr_t addr, unsigned access, struct area **out);
/* Makes the page of `a` at `va` present for `access`, which the area allows or which a debugger
 * forces. 0; -ENXIO past the end of the file; -ENOMEM; -EIO. */
int area_resolve(struct space *s, struct area *a, uaddr_t va, unsigned access);
/* Faults [start, end) in, as far as there are areas with some right. 0 or the first error. */
int space_populate(struct space *s, uaddr_t start, uaddr_t end);

/* --- remote.c (takes space->lock) --- */

/* The page of `s` behind `addr`, present for `access`, with a reference; ERR_PTR(-EFAULT, -EIO,
 * -ENOMEM). `force`: as a debugger, who may read what is unreadable and write private pages that
 * are read-only. */
struct page *space_grab_page(struct space *s, uaddr_t addr, unsigned access, bool force);

/* --- map.c (space->lock) --- */

/* Takes what is mapped in [start, end) out: pages are gone afterwards, areas wait in `dead` for
 * areas_free. 0 or -ENOMEM with nothing changed. */
int space_unmap_locked(struct space *s, uaddr_t start, uaddr_t end, struct list *dead);
/* May the space grow by `pages` of areas with these flags? 0, -ENOMEM, -EAGAIN (locked memory). */
int space_may_grow(const struct space *s, uint64_t pages, unsigned flags);
/* AREA_ACCOUNT if an area with these flags is counted as committed, else 0. */
unsigned area_accounting(unsigned flags);
/* Chooses a place of `len` bytes, near `hint` if that is free. 0: none. */
uaddr_t space_place(struct space *s, uaddr_t hint, uint64_t len);
/* A range given by a program: whole pages within user space? Gives the end. 0 or `error`. */
int range_check(uaddr_t addr, uint64_t len, int error, uaddr_t *end);
/* The current process's limit. */
uint64_t limit_of(unsigned resource);
/* The part of that limit which is about locked memory: may `pages` in all be locked? */
bool may_lock_pages(uint64_t pages);

/* --- commit.c --- */

/* /proc/sys/vm/overcommit_memory. */
enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };
int64_t overcommit_mode(void);
/* May that many pages be promised to the current process? */
bool memory_may_commit(uint64_t pages);
void memory_count_commit(int64_t pages);      /* counts without asking */
int memory_commit(uint64_t pages) must_check; /* both: 0 or -ENOMEM */
void memory_uncommit(uint64_t pages);
uint64_t memory_committed(void), memory_commit_limit(void); /* pages */

/* --- oom.c (no lock held) --- */

/* A page fault found no memory: kills the process that has the most, and waits for what it had.
 * True: try again; false: it is the current process that has to die. May sleep. */
bool oom_make_room(void);

/* --- space.c --- */

bool space_get_living(struct space *s); /* false: its last reference is gone */

/* --- mapping.c, truncate.c --- */

extern struct spinlock space_map_lock;
/* Looks up `count` pages in a row; out[i] with a reference, or NULL. Returns how many there are. */
unsigned mapping_gather(struct mapping *m, uint64_t index, unsigned count, struct page **out);
/* [first, last), from the tree alone */
void mapping_drop_pages(struct mapping *m, uint64_t first, uint64_t last);
/* The mapping of a new shared anonymous memory of that many pages, which may be promised at once,
 * with one reference. NULL: no memory. */
struct mapping *shared_memory_create(uint64_t pages, bool commit) must_check;
uint64_t shared_memory_size(const struct mapping *m); /* pages */
void shared_memory_get(struct mapping *m);
void shared_memory_put(struct mapping *m);
