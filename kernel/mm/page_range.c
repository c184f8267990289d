/* Where memory is: the ranges of boot_info, an array of struct page for each, and the free runs
 * between what is reserved. */
#include "arch/mmu.h"
#include "boot/boot_info.h"
#include "mm/page_internal.h"
#include "printk.h"

struct page_range page_ranges[BOOT_MAX_RANGES];
unsigned page_range_count;

/*
 * Everything that is not free: page 0 (whose address means failure in places), boot_info's list,
 * early pages, the arrays of struct page. In bytes, page-aligned outwards.
 */
static struct boot_range taken[4 * BOOT_MAX_RANGES] = {{0, PAGE_SIZE}};
static unsigned taken_count = 1;
static bool reserved_taken;

static void take(paddr_t base, uint64_t size)
{
	paddr_t end = ALIGN_UP(base + size, PAGE_SIZE);
	base = ALIGN_DOWN(base, PAGE_SIZE);
	BUG_ON(taken_count == ARRAY_SIZE(taken));
	if (end > base)
		taken[taken_count++] = (struct boot_range){base, end - base};
}

/* boot_info is complete by the first call. */
static void take_reserved(void)
{
	for (unsigned i = 0; !reserved_taken && i < boot_info.reserved_count; i++)
		take(boot_info.reserved[i].base, boot_info.reserved[i].size);
	reserved_taken = true;
}

/* Finds the first free run at or above `*base` and below `end`. */
static bool next_free(paddr_t *base, paddr_t end, paddr_t *run_end)
{
	paddr_t at = *base;
	for (unsigned i = 0; i < taken_count; i++) {
		if (taken[i].base > at || taken[i].base + taken[i].size <= at)
			continue;
		at = taken[i].base + taken[i].size;
		i = -1u; /* start over: another one may begin here */
	}
	if (at >= end)
		return false;
	*base = at;
	*run_end = end;
	for (unsigned i = 0; i < taken_count; i++) {
		if (taken[i].base > at && taken[i].base < *run_end)
			*run_end = taken[i].base;
	}
	return true;
}

paddr_t boot_alloc_page(void)
{
	take_reserved();
	for (unsigned i = 0; i < boot_info.memory_count; i++) {
		const struct boot_range *m = &boot_info.memory[i];
		struct boot_range *last = &taken[taken_count - 1];
		paddr_t at = ALIGN_UP(m->base, PAGE_SIZE), run_end;
		if (!next_free(&at, ALIGN_DOWN(m->base + m->size, PAGE_SIZE), &run_end))
			continue;
		if (last->base + last->size == at)
			last->size += PAGE_SIZE; /* one run of early pages takes one entry */
		else
			take(at, PAGE_SIZE);
		return at;
	}
	panic("no memory for the first page tables");
}

static paddr_t find_room(paddr_t base, paddr_t end, uint64_t size)
{
	paddr_t run_end;
	for (; next_free(&base, end, &run_end); base = run_end) {
		if (run_end - base >= size)
			return base;
	}
	return 0;
}

/* In the range itself where possible, else in any other. 0: no room. */
static paddr_t find_array_room(paddr_t base, paddr_t end, uint64_t size)
{
	paddr_t at = find_room(base, end, size);
	for (unsigned i = 0; !at && i < boot_info.memory_count; i++) {
		const struct boot_range *m = &boot_info.memory[i];
		at = find_room(
		    ALIGN_UP(m->base, PAGE_SIZE), ALIGN_DOWN(m->base + m->size, PAGE_SIZE), size);
	}
	return at;
}

static void add_range(const struct boot_range *m)
{
	paddr_t base = ALIGN_UP(m->base, PAGE_SIZE);
	paddr_t end = ALIGN_DOWN(m->base + m->size, PAGE_SIZE);
	if (base >= end)
		return;
	uint64_t count = (end - base) >> PAGE_SHIFT;
	uint64_t size = ALIGN_UP(count * sizeof(struct page), PAGE_SIZE);
	paddr_t at = find_array_room(base, end, size);
	if (!at) {
		log_warn("mm: no room to describe memory at %#lx, %lu MiB unused",
		    (unsigned long)base, (unsigned long)((end - base) >> 20));
		return;
	}
	take(at, size);
	struct page *pages = phys_to_virt(at);
	memset(pages, 0, size);
	page_ranges[page_range_count++] = (struct page_range){
	    .first = base >> PAGE_SHIFT, .count = count, .pages = pages};
}

static void reserve_all(const struct page_range *r)
{
	paddr_t start = r->first << PAGE_SHIFT, end = start + (r->count << PAGE_SHIFT);
	for (unsigned i = 0; i < taken_count; i++) {
		paddr_t from = MAX(start, taken[i].base);
		paddr_t to = MIN(end, taken[i].base + taken[i].size);
		for (; from < to; from += PAGE_SIZE) {
			struct page *p = &r->pages[(from - start) >> PAGE_SHIFT];
			p->refs = 1;
			p->flags = PAGE_RESERVED;
		}
	}
}

void page_ranges_init(void (*give)(struct page *first, uint64_t count))
{
	take_reserved();
	for (unsigned i = 0; i < boot_info.memory_count; i++)
		add_range(&boot_info.memory[i]);
	for (unsigned i = 0; i < page_range_count; i++) {
		const struct page_range *r = &page_ranges[i];
		paddr_t base = r->first << PAGE_SHIFT, run_end;
		paddr_t end = base + (r->count << PAGE_SHIFT);
		reserve_all(r);
		for (; next_free(&base, end, &run_end); base = run_end)
			give(&r->pages[(base >> PAGE_SHIFT) - r->first],
			    (run_end - base) >> PAGE_SHIFT);
	}
}
