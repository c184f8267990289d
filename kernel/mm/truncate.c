/* Truncation: a file's last pages leave the cache, and every page table that maps them. */
#include "mm/area.h"

struct spinlock space_map_lock = SPINLOCK_INIT("space map", RANK_FS);
static struct mutex truncate_lock = MUTEX_INIT("truncate");
static uint64_t last_ticket; /* (truncate_lock) */

bool mapping_writable(struct mapping *m)
{
	const struct area *a;
	bool found = false;
	irqflags_t flags = spin_lock(&space_map_lock);
	list_for_each (a, &m->areas, mapping_link)
		found |= (a->flags & (AREA_SHARED | AREA_MAYWRITE)) ==
			 (AREA_SHARED | AREA_MAYWRITE);
	spin_unlock(&space_map_lock, flags);
	return found;
}

/*
 * Goes on to the next area of `m` that has not been seen under this ticket; false: there is none.
 * *found is its space, with a reference, or NULL if that was visited already, or is on its way out
 * and unmaps everything anyway. Areas seen go to the end of the list, so that the search ends at
 * the first of them. (truncate_lock)
 */
static bool next_space(struct mapping *m, uint64_t ticket, struct space **found)
{
	irqflags_t flags = spin_lock(&space_map_lock);
	struct area *a = list_empty(&m->areas) ? NULL
					       : list_first(&m->areas, struct area, mapping_link);
	bool more = a && a->truncate_ticket != ticket;
	*found = NULL;
	if (more) {
		a->truncate_ticket = ticket;
		list_remove(&a->mapping_link);
		list_append(&m->areas, &a->mapping_link);
		if (a->space->truncate_ticket != ticket && space_get_living(a->space))
			*found = a->space;
	}
	spin_unlock(&space_map_lock, flags);
	if (*found)
		(*found)->truncate_ticket = ticket;
	return more;
}

/* What goes: pages [first, last). */
struct cut {
	struct mapping *mapping;
	uint64_t first, last;
	bool copies; /* private copies too, as truncate(2) has it */
};

/* The part of `a` that the cut is about, as page numbers of the file; empty if first >= last. */
static void unmap_from_area(struct space *s, const struct area *a, const struct cut *c)
{
	uint64_t start = a->offset >> PAGE_SHIFT;
	uint64_t first = MAX(c->first, start), last = MIN(c->last, start + area_pages(a));
	if (first >= last)
		return;
	uaddr_t from = a->start + ((first - start) << PAGE_SHIFT);
	uaddr_t to = a->start + ((last - start) << PAGE_SHIFT);
	if (c->copies)
		space_zap(s, from, to);
	else
		space_zap_file(s, from, to);
}

static void unmap_from_space(struct space *s, const struct cut *c)
{
	struct area *a;
	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link) {
		if (a->mapping == c->mapping)
			unmap_from_area(s, a, c);
	}
	mutex_unlock(&s->lock);
}

/*
 * A fault that read the old size may still put a page into the cache or into a page table while the
 * first pass goes on. It holds its space->lock meanwhile: so after every space was locked once, a
 * second pass over the cache finds the last.
 */
static void make_cut(const struct cut *c)
{
	struct space *s;
	mapping_drop_pages(c->mapping, c->first, c->last);
	mutex_lock(&truncate_lock);
	uint64_t ticket = ++last_ticket;
	while (next_space(c->mapping, ticket, &s)) {
		if (!s)
			continue;
		unmap_from_space(s, c);
		space_put(s);
	}
	mutex_unlock(&truncate_lock);
	mapping_drop_pages(c->mapping, c->first, c->last);
}

void mapping_truncate(struct mapping *m, uint64_t first_index)
{
	make_cut(&(struct cut){m, first_index, UINT64_MAX, true});
}

void mapping_punch(struct mapping *m, uint64_t first, uint64_t last)
{
	make_cut(&(struct cut){m, first, last, false});
}
