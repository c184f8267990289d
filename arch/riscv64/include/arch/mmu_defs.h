/* Virtual layout and struct arch_space. See docs/riscv64.md. */
#pragma once

#include "base.h"

/* The same in Sv39 and Sv48: all of the kernel lies in the topmost 256 GiB. */
#define DIRECT_MAP_BASE 0xffffffc000000000UL
#define DIRECT_MAP_SIZE (128UL << 30) /* physical memory above this address is not used */
#define VMAP_BASE       0xfffffff000000000UL
#define VMAP_SIZE       (4UL << 30)
#define KERNEL_BASE     0xffffffff80000000UL

/* One past the last address a user mapping may have: depends on the page-table format that the
 * processor offers. */
extern uaddr_t arch_user_top;
#define ARCH_USER_TOP arch_user_top

struct arch_space {
	paddr_t root;    /* the top page table */
	uint64_t tables; /* pages of tables, that one included */
	uint64_t
	    cpus; /* atomic: CPUs that have it loaded now. Loading another one flushes the TLB. */
	uint64_t icache_stale; /* atomic: CPUs that must fence.i before they run the space's code */
};

/* Physical less virtual address of the kernel image. */
extern uint64_t kernel_image_offset;

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + DIRECT_MAP_BASE);
}

static inline paddr_t virt_to_phys(const void *va)
{
	uintptr_t v = (uintptr_t)va;
	return v >= KERNEL_BASE ? v + kernel_image_offset : v - DIRECT_MAP_BASE;
}
