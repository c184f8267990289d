/* What the files of the page allocator and of the heap share. */
#pragma once

#include "mm/page.h"

#define MAX_ORDER 10 /* the largest block: 4 MiB */

/* One run of memory and its array of struct page: constant after pages_init. */
struct page_range {
	uint64_t first, count; /* page numbers: physical address >> PAGE_SHIFT */
	struct page *pages;
};
extern struct page_range page_ranges[];
extern unsigned page_range_count;

/* Finds the ranges and room for their arrays, every page PAGE_RESERVED; then calls `give` for each
 * run of free pages of a range. */
void page_ranges_init(void (*give)(struct page *first, uint64_t count));

static inline const struct page_range *range_of(const struct page *p)
{
	const struct page_range *r = page_ranges;
	while ((uint64_t)(p - r->pages) >= r->count)
		r++;
	return r;
}

static inline uint64_t page_number(const struct page *p)
{
	const struct page_range *r = range_of(p);
	return r->first + (uint64_t)(p - r->pages);
}

/* page_alloc_order, kmalloc and vmap_alloc as the allocators call each other: no site of fault
 * injection. */
struct page *page_take(unsigned order, unsigned flags) must_check;
void *heap_alloc(size_t size) must_check;
void *vmap_take(size_t size) must_check;

void heap_init(void);
/* Returns empty slabs and this CPU's magazines. Gives the number of pages freed. */
unsigned heap_shrink(void);
/* The size, in bytes, of a block of vmap_alloc. */
size_t vmap_size(const void *p);
/* Unmaps cached kernel stacks; interrupts on. Gives the number of pages freed. */
unsigned kstack_shrink(void);
