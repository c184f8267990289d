/* Contract: page tables and the layout of the kernel's half. */
#pragma once

#include "arch/mmu_defs.h" /* struct arch_space; ARCH_USER_TOP; the architecture's own */
#include "base.h"

struct spinlock;

enum pt_flags {
	PT_READ = 1,
	PT_WRITE = 2,
	PT_EXEC = 4,
	PT_USER = 8,
	PT_DEVICE = 16, /* uncached, strongly ordered */
	PT_ACCESSED = 32,
	PT_DIRTY = 64, /* both only come back from arch_pt_query */
};

/* The direct map: all memory, at one offset, in huge pages, no-execute. */
void *phys_to_virt(paddr_t pa);
paddr_t virt_to_phys(const void *va); /* of the direct map, or of the kernel image */

/* Builds the kernel's final page tables (text r-x, rodata r--, data rw-, direct map rw-) from
 * boot_info and switches to them. Early allocations come from memory below what pages_init sees,
 * through boot_alloc_page(). */
void arch_mmu_init(void);

/* A user half, empty, with the kernel's half in place. 0 or -ENOMEM. */
int arch_pt_init(struct arch_space *as) must_check;
void arch_pt_destroy(
    struct arch_space *as); /* frees the tables; no user page may be mapped any more */
/* How many pages its tables take. (the space's lock) */
uint64_t arch_pt_tables(const struct arch_space *as);
/* Maps one page; replaces what was there without flushing. 0 or -ENOMEM. (the space's lock) */
int arch_pt_map(struct arch_space *as, uaddr_t va, paddr_t pa, unsigned flags) must_check;
/* Clears the entry. Returns true and what it held if it was present. No flush. */
bool arch_pt_unmap(struct arch_space *as, uaddr_t va, paddr_t *pa, unsigned *flags);
bool arch_pt_query(const struct arch_space *as, uaddr_t va, paddr_t *pa, unsigned *flags);
/* Changes an entry's protection if it is present. No flush. Without PT_READ, PT_WRITE and PT_EXEC
 * (PROT_NONE) every access faults, the kernel's copies included, but the page stays: query, unmap
 * and protect still find it. */
void arch_pt_protect(struct arch_space *as, uaddr_t va, unsigned flags);
/* The lowest address >= va with a present page, so that walks skip holes; `end` if none before it.
 * (A lower one with a table below it is allowed, but makes walks slow.) */
uaddr_t arch_pt_next(const struct arch_space *as, uaddr_t va, uaddr_t end);
/* Makes changes to [start, end) visible on every CPU that runs or ran the space. */
void arch_pt_flush(struct arch_space *as, uaddr_t start, uaddr_t end);
void arch_pt_switch(struct arch_space *as); /* NULL: the kernel's own tables only. Interrupts off */

/* The kernel's half: one page in the vmap area. Visible to every space. 0 or -ENOMEM. */
int arch_kernel_map(uintptr_t va, paddr_t pa, unsigned flags) must_check;
paddr_t arch_kernel_unmap(uintptr_t va);              /* what was there, 0: nothing. No flush. */
void arch_kernel_flush(uintptr_t start, size_t size); /* on every CPU before it returns */
extern uintptr_t arch_vmap_start, arch_vmap_end;
/* The physical address behind any kernel address; false if unmapped. */
bool arch_kernel_query(uintptr_t va, paddr_t *pa, unsigned *flags);

/* Makes instructions just written at [start, end) of `as` executable on every CPU. */
void arch_icache_sync(struct arch_space *as, uaddr_t start, uaddr_t end);
