/* Walks over a space's page tables: unmapping, protection, fork's copies, moves. Everything under
 * space->lock. */
#include "mm/area.h"

#define BATCH_PAGES 64

/* Pages that are out of the tables, but that other CPUs may still reach through their TLBs until a
 * flush. */
struct zap_batch {
	struct space *space;
	uaddr_t start, end; /* what has to be flushed */
	unsigned count;
	bool flush;
	struct page *pages[BATCH_PAGES];
};

static void batch_finish(struct zap_batch *b)
{
	if (b->flush && b->end > b->start)
		arch_pt_flush(&b->space->arch, b->start, b->end);
	for (unsigned i = 0; i < b->count; i++)
		page_put(b->pages[i]);
	b->count = 0;
	b->start = b->end;
}

unsigned area_pt_flags(const struct area *a, bool writable)
{
	unsigned flags = PT_USER;
	/* Where a program may write it may read, as everywhere in Linux. */
	if (a->flags & (AREA_READ | AREA_WRITE))
		flags |= PT_READ;
	if (writable && (a->flags & AREA_WRITE))
		flags |= PT_WRITE;
	if (a->flags & AREA_EXEC)
		flags |= PT_EXEC;
	return flags;
}

void space_count_page(struct space *s, const struct page *p, int sign)
{
	if (!p || (p->flags & PAGE_RESERVED))
		return;
	if (p->flags & PAGE_ANON)
		s->pages_anon += sign;
	else
		s->pages_file += sign;
	if (sign > 0)
		s->pages_peak = MAX(s->pages_peak, s->pages_anon + s->pages_file);
}

/* Private copies of a file's pages are anonymous. */
static bool is_copy(const struct space *s, uaddr_t va)
{
	paddr_t pa;
	unsigned flags;
	const struct page *p = arch_pt_query(&s->arch, va, &pa, &flags) ? page_of(pa) : NULL;
	return p && (p->flags & PAGE_ANON);
}

static void zap_range(struct space *s, uaddr_t start, uaddr_t end, bool flush)
{
	struct zap_batch b = {.space = s, .start = start, .end = start, .flush = flush};
	uaddr_t va = arch_pt_next(&s->arch, start, end);
	while (va < end) {
		paddr_t pa;
		unsigned flags;
		if (!arch_pt_unmap(&s->arch, va, &pa, &flags)) {
			va = arch_pt_next(&s->arch, va + PAGE_SIZE, end);
			continue;
		}
		va += PAGE_SIZE;
		b.end = va;
		struct page *p = page_of(pa);
		if (!p || (p->flags & PAGE_RESERVED))
			continue;
		space_count_page(s, p, -1);
		b.pages[b.count++] = p;
		if (b.count == BATCH_PAGES)
			batch_finish(&b);
	}
	batch_finish(&b);
}

void space_zap(struct space *s, uaddr_t start, uaddr_t end)
{
	ASSERT(mutex_held(&s->lock));
	zap_range(s, start, end, true);
}

void space_zap_file(struct space *s, uaddr_t start, uaddr_t end)
{
	ASSERT(mutex_held(&s->lock));
	for (uaddr_t va = start; va < end; va += PAGE_SIZE) {
		va = arch_pt_next(&s->arch, va, end);
		if (va < end && !is_copy(s, va))
			zap_range(s, va, va + PAGE_SIZE, true);
	}
}

void space_zap_dead(struct space *s)
{
	struct area *a;
	list_for_each (a, &s->areas, link)
		zap_range(s, a->start, a->end, false);
}

/* A page nobody else has: the entry may allow writing at once. */
static bool page_is_own(const struct page *p)
{
	return p && (p->flags & PAGE_ANON) && __atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) == 1;
}

void area_apply_protection(struct space *s, const struct area *a)
{
	uaddr_t va = arch_pt_next(&s->arch, a->start, a->end);
	bool any = false;
	while (va < a->end) {
		paddr_t pa;
		unsigned flags;
		if (!arch_pt_query(&s->arch, va, &pa, &flags)) {
			va = arch_pt_next(&s->arch, va + PAGE_SIZE, a->end);
			continue;
		}
		bool writable = !area_is_private(a) || page_is_own(page_of(pa));
		arch_pt_protect(&s->arch, va, area_pt_flags(a, writable));
		any = true;
		va += PAGE_SIZE;
	}
	if (any)
		arch_pt_flush(&s->arch, a->start, a->end);
	if (any && (a->flags & AREA_EXEC))
		arch_icache_sync(&s->arch, a->start, a->end);
}

/* One page of fork: written anonymous pages are shared, read-only in both; all else the child
 * faults in by itself. */
static int copy_page(
    struct space *s, struct space *child, uaddr_t va, paddr_t pa, unsigned flags, bool *changed)
{
	struct page *p = page_of(pa);
	if (!p || !(p->flags & PAGE_ANON))
		return 0;
	int err = arch_pt_map(&child->arch, va, pa, (flags & ~(PT_WRITE | PT_ACCESSED | PT_DIRTY)));
	if (err)
		return err;
	page_get(p);
	space_count_page(child, p, 1);
	if (flags & PT_WRITE) {
		arch_pt_protect(&s->arch, va, flags & ~(PT_WRITE | PT_ACCESSED | PT_DIRTY));
		*changed = true;
	}
	return 0;
}

int area_copy_pages(struct space *s, const struct area *from, struct space *child, bool *changed)
{
	uaddr_t va = arch_pt_next(&s->arch, from->start, from->end);
	while (va < from->end) {
		paddr_t pa;
		unsigned flags;
		if (!arch_pt_query(&s->arch, va, &pa, &flags)) {
			va = arch_pt_next(&s->arch, va + PAGE_SIZE, from->end);
			continue;
		}
		int err = copy_page(s, child, va, pa, flags, changed);
		if (err)
			return err;
		va += PAGE_SIZE;
	}
	return 0;
}

int space_move_pages(struct space *s, uaddr_t from, uaddr_t to, uint64_t len)
{
	uaddr_t end = from + len, va = arch_pt_next(&s->arch, from, end);
	int err = 0;
	while (va < end) {
		paddr_t pa;
		unsigned flags;
		if (!arch_pt_query(&s->arch, va, &pa, &flags)) {
			va = arch_pt_next(&s->arch, va + PAGE_SIZE, end);
			continue;
		}
		err = arch_pt_map(
		    &s->arch, to + (va - from), pa, flags & ~(PT_ACCESSED | PT_DIRTY));
		if (err)
			break;
		arch_pt_unmap(&s->arch, va, &pa, &flags);
		va += PAGE_SIZE;
	}
	/* The old addresses must be dead before anybody goes on: the pages now belong to the new
	 * ones. */
	arch_pt_flush(&s->arch, from, end);
	return err;
}
