/*
 * User address spaces: areas, page faults, copy-on-write.
 *
 * Lock order, outermost first:
 *	inode->lock (truncate and write come with it held)
 *	truncate_lock (mapping.c)	one truncation at a time unmaps pages
 *	space->lock			areas, page tables, counts; in fork the parent's before the
 *child's mapping->lock			a file's page tree space_map_lock
 *spinlock: every mapping's list of areas Nothing that may take an inode's lock (file_put, a file's
 *mmap operation) is called with space->lock held: areas that go are collected, and let go of after
 *unlocking. User memory is never copied with space->lock held.
 */
#pragma once

#include "arch/mmu.h"
#include "lib/avl.h"
#include "lib/list.h"
#include "lock.h"
#include "mm/mempolicy.h"
#include "mm/page.h"

struct file;
struct inode;

/* A file's cached pages, shared by read, write and every mapping. Embedded in struct inode. */
struct mapping {
	struct mutex lock; /* guards `tree` against lookup-and-fill races */
	void *tree;        /* radix tree, page index -> struct page (mapping.c) */
	unsigned height;   /* levels of nodes above the pages */
	uint64_t pages;
	/* Fills a new, zeroed page with the file's content at `index`; NULL: leave it zero. 0 or
	 * -errno. */
	int (*fill)(struct mapping *m, struct page *p, uint64_t index);
	/* The page that has the content at `index` already, with a reference; NULL: there is none,
	 * fill one. ERR_PTR as fill. NULL op: never. */
	struct page *(*adopt)(struct mapping *m, uint64_t index);
	struct list areas; /* (space_map_lock) every area that maps it, for truncation */
};

void mapping_init(struct mapping *m);
/* The page at `index` with a reference for the caller, made and filled if `create`; NULL if absent
 * and !create; ERR_PTR(-ENOMEM | -EIO …). */
struct page *mapping_page(struct mapping *m, uint64_t index, bool create) must_check;
/* Makes a page whose content nobody cares about yet, if there is none. -ENOMEM, -ENOSPC … */
int mapping_set_aside(struct mapping *m, uint64_t index);
/* Of [first, last) only those. */
void mapping_drop_unwritten(struct mapping *m, uint64_t first, uint64_t last);
/* The first page from `index` on that has content (UINT64_MAX: none), or the first that has not. */
uint64_t mapping_next_written(struct mapping *m, uint64_t index);
uint64_t mapping_next_hole(struct mapping *m, uint64_t index);
/* Drops all pages from `first_index` on, out of page tables as well, private copies of them too. */
void mapping_truncate(struct mapping *m, uint64_t first_index);
/* Is there a shared area that is, or may be made, writable? */
bool mapping_writable(struct mapping *m);
/* Makes a hole of the pages [first, last); private copies stay. */
void mapping_punch(struct mapping *m, uint64_t first, uint64_t last);
void mapping_destroy(struct mapping *m);

enum area_flags {
	AREA_READ = 1,
	AREA_WRITE = 2,
	AREA_EXEC = 4, /* these three equal PROT_READ, PROT_WRITE, PROT_EXEC */
	AREA_SHARED = 8,
	AREA_GROWSDOWN = 16,
	AREA_STACK = 32,
	AREA_VDSO =
	    64, /* kernel's pages: no copy-on-write accounting, not unmappable by truncation */
	AREA_DONTFORK = 128,
	AREA_WIPEONFORK = 256,
	AREA_DONTDUMP = 512,
	AREA_LOCKED = 1024,
	AREA_NORESERVE = 2048,
	AREA_MAYWRITE = 4096, /* mprotect may make it writable (a shared mapping of a file opened
				 for writing) */
	AREA_HEAP = 8192,
	AREA_SHARED_ANON = 16384, /* `mapping` is a shared_memory of mapping.c, not a file's */
	AREA_LOCKONFAULT = 32768,
	AREA_VVAR = 65536,      /* with VDSO: the data page, which nobody but the kernel writes */
	AREA_ACCOUNT = 1 << 17, /* its pages are counted as committed (commit.c) */
	AREA_SHM = 1 << 18,     /* of a System V segment, which counts its areas */
	AREA_DROPPABLE = 1 << 19,
	AREA_RAND_READ = 1 << 20, /* advice that is remembered only */
	AREA_SEQ_READ = 1 << 21,
	AREA_HUGEPAGE = 1 << 22,
	AREA_NOHUGEPAGE = 1 << 23,
	AREA_MERGEABLE = 1 << 24,
	AREA_NOEXEC = 1 << 25, /* mprotect may not make it executable */
};

/* A range of a space with one protection and one backing. (space->lock) */
struct area {
	struct list link; /* of space->areas, by address */
	uaddr_t start, end;
	unsigned flags;
	struct file *file;       /* with a reference; NULL: anonymous */
	uint64_t offset;         /* of `start` in the file, bytes, page-aligned */
	struct mapping *mapping; /* file's or shared anonymous memory's; NULL: private anonymous */
	struct list mapping_link;
	struct space *space;
	struct mem_policy policy;
	const char *name;      /* "[vdso]" and the like, or NULL: a string that lives for ever */
	struct avl_node node;  /* of space->tree */
	uint64_t gap, max_gap; /* free bytes below `start`; the most of any area in this subtree */
	uint64_t truncate_ticket; /* (space_map_lock) the truncation that saw this area last */
};

struct space {
	struct refcount refs;
	struct mutex lock;    /* everything below but `arch`'s own locking */
	struct list areas;    /* sorted by address */
	struct avl_tree tree; /* the same areas */
	unsigned area_count;
	/* mlockall(MCL_FUTURE): AREA_LOCKED and AREA_LOCKONFAULT for new areas */
	unsigned default_flags;
	/* on the struct and its page tables: one of the living space, one for each CPU that has
	 * them loaded */
	struct refcount pins;
	struct area *last_found;
	uint64_t truncate_ticket; /* the truncation that visited it last, under its own lock */
	struct arch_space arch;
	uaddr_t brk_start, brk, mmap_base, stack_top;
	uaddr_t arg_start, arg_end, env_start, env_end;
	uint64_t auxv[64];    /* as given to the program, AT_NULL-terminated */
	uint32_t membarriers; /* registered for (sched/membarrier.c); atomic */
	uint64_t rseq_cids;   /* concurrency ids in use (sched/rseq.c); atomic */
	uaddr_t vdso;         /* base of the vDSO (or signal trampoline page) */
	uaddr_t code_start, code_end, data_start, data_end;
	struct file *exe;                            /* with a reference */
	uint64_t pages_anon, pages_file, pages_peak; /* resident */
	uint64_t pages_mapped, pages_locked;         /* sizes of areas, in pages */
	uint64_t mapped_peak;                        /* the most that pages_mapped was */
	uint64_t faults_minor, faults_major;
	/* who may look in, and whether a core is written: prctl(PR_SET_DUMPABLE). Atomic. */
	enum { DUMP_DISABLE, DUMP_USER, DUMP_ROOT } dumpable;
	unsigned policy; /* SPACE_… (lock) */
};

/* What prctl(2) set for a space. */
enum space_policy {
	SPACE_NO_HUGE = 1,
	SPACE_DENY_EXEC_GAIN = 2,     /* what is or was writable never becomes executable */
	SPACE_DENY_NOT_INHERITED = 4, /* the former is not inherited */
};
/* What a space takes over from the one that its process had, or from its parent's. */
static inline unsigned space_policy_inherited(const struct space *from)
{
	return from->policy & SPACE_DENY_NOT_INHERITED ? from->policy & SPACE_NO_HUGE
						       : from->policy;
}

/* Does PR_SET_MDWE refuse these flags for an area that had `old`? */
static inline bool space_denies_exec(const struct space *s, unsigned old, unsigned new)
{
	return (s->policy & SPACE_DENY_EXEC_GAIN) && (new &AREA_EXEC) &&
	       ((new &AREA_WRITE) || !(old & AREA_EXEC));
}

struct space *space_create(void) must_check; /* NULL: no memory */
/* A copy-on-write copy, or ERR_PTR(-ENOMEM). */
struct space *space_fork(struct space *from) must_check;
void space_get(struct space *s);
void space_put(struct space *s);
/* Makes `s` (NULL: the kernel's own) the one of this CPU. The caller holds a reference while it is.
 */
void space_switch(struct space *s);
/* Called on an inter-processor interrupt: if this CPU still has the tables of a space that died,
 * lets go of them. */
void space_leave_dead(void);

/* Chooses stack_top and mmap_base of a new space: at random, if this is wanted. */
void space_layout_init(struct space *s);
/* For the current process's programs: neither norandmaps, nor the sysctl, nor personality(2) say
 * no.
 */
bool space_randomised(void);
/* /proc/sys/kernel/randomize_va_space: 0 nothing, 1 all but the heap, 2 all. */
#define RANDOM_ALL 2
int space_random_level(void);
void space_set_random_level(int level);
/* Where position-independent programs with an interpreter go: two thirds up, and at random above.
 */
#define SPACE_PIE_BASE ALIGN_DOWN(ARCH_USER_TOP / 3 * 2, PAGE_SIZE)
uaddr_t space_layout_pie(void);
/* How far the stack's vectors are below its strings: less than a page, a multiple of 16. */
uint64_t space_layout_stack_pad(void);
/* Where the heap begins that follows a program ending at `end`: page-aligned, at random likewise.
 */
uaddr_t space_layout_brk(struct space *s, uaddr_t end);

/*
 * Maps [addr, addr+len) as mmap(2): `flags` are AREA_…; with `fixed` exactly there (what was mapped
 * is replaced), with `noreplace` -EEXIST if something is there, else a hint. `file` may be NULL.
 * Returns the address or -errno. Takes space->lock.
 */
struct map_request {
	uaddr_t addr;
	uint64_t len;
	unsigned flags;
	bool fixed, noreplace, populate;
	struct file *file;
	uint64_t offset;
	const char *name;
};
/* madvise(2). */
int space_advise(struct space *s, uaddr_t start, uint64_t len, int advice);
int64_t space_map(struct space *s, const struct map_request *r) must_check;
int space_unmap(struct space *s, uaddr_t addr, uint64_t len);
int space_protect(struct space *s, uaddr_t addr, uint64_t len, unsigned prot);
uaddr_t space_brk(struct space *s, uaddr_t new_brk); /* brk(2): the break as it is afterwards */
struct area *space_find(
    struct space *s, uaddr_t addr); /* the area that holds addr, or NULL (space->lock) */

enum fault_access { FAULT_READ = 1, FAULT_WRITE = 2, FAULT_EXEC = 4 };
struct fault_result {
	int signal, code; /* signal 0: resolved */
};
/* Resolves a fault of the current thread at `addr`. May sleep. On failure says which signal and
 * si_code it earns (SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR; SIGKILL when memory is out). `sp` lets
 * the stack grow. */
struct fault_result space_fault(struct space *s, uaddr_t addr, unsigned access, uaddr_t sp);

/* Another task's memory, as ptrace and /proc/PID/mem see it: `force` goes through copy-on-write of
 * read-only pages. Returns bytes copied (short where mapping ends), or -EFAULT / -EIO for none. */
int64_t space_read(struct space *s, uaddr_t addr, void *buf, size_t n);
int64_t space_write(struct space *s, uaddr_t addr, const void *buf, size_t n, bool force);

/* Called when kmalloc or page_alloc for user memory fails: returns what caches of the allocators
 * hold (file pages are the only copy of tmpfs's content, so they stay). True if it helped. May
 * sleep. */
bool memory_reclaim(void);

/* mm's part of the system call table is in mm/calls.c. */
