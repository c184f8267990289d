/* Page-table entries (privileged specification, "Sv39", "Sv48"). */
#pragma once

#include "arch/mmu.h"

typedef uint64_t pte_t;

#define PTE_V      0x1
#define PTE_R      0x2
#define PTE_W      0x4
#define PTE_X      0x8
#define PTE_U      0x10
#define PTE_G      0x20
#define PTE_A      0x40
#define PTE_D      0x80
#define PTE_DEVICE 0x100 /* software's: device registers */
#define PTE_NONE   0x200 /* software's: mapped without any right, so V is clear */
#define PTE_PPN    0x003ffffffffffc00UL

#define PT_ENTRIES         512
#define LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * (level))

static inline paddr_t pte_addr(pte_t e)
{
	return (e & PTE_PPN) << 2;
}

static inline pte_t pte_make(paddr_t pa, uint64_t bits)
{
	return pa >> 2 | bits;
}

static inline bool pte_leaf(pte_t e)
{
	return e & (PTE_R | PTE_W | PTE_X);
}

static inline unsigned pt_index(uintptr_t va, unsigned level)
{
	return va >> LEVEL_SHIFT(level) & (PT_ENTRIES - 1);
}

static inline pte_t *pte_table(pte_t e)
{
	return phys_to_virt(pte_addr(e));
}

/* Bits for PT_… flags. Accessed and dirty are set from the start: no hardware of ours need write
 * entries. */
static inline uint64_t pte_bits(unsigned flags)
{
	uint64_t bits = PTE_A;
	if (flags & PT_READ)
		bits |= PTE_R;
	if (flags & PT_WRITE)
		bits |= PTE_R | PTE_W | PTE_D; /* write-only does not exist */
	if (flags & PT_EXEC)
		bits |= PTE_X;
	bits |= bits & (PTE_R | PTE_X) ? PTE_V : PTE_NONE;
	bits |= flags & PT_USER ? PTE_U : PTE_G;
	if (flags & PT_DEVICE)
		bits |= PTE_DEVICE;
	return bits;
}

static inline unsigned pte_flags(pte_t e)
{
	unsigned flags = 0;
	if (e & PTE_R)
		flags |= PT_READ;
	if (e & PTE_W)
		flags |= PT_WRITE;
	if (e & PTE_X)
		flags |= PT_EXEC;
	if (e & PTE_U)
		flags |= PT_USER;
	if (e & PTE_A)
		flags |= PT_ACCESSED;
	if (e & PTE_D)
		flags |= PT_DIRTY;
	if (e & PTE_DEVICE)
		flags |= PT_DEVICE;
	return flags;
}

static inline bool pte_present(pte_t e)
{
	return e & (PTE_V | PTE_NONE);
}
