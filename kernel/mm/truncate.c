/* Truncation: a file's last pages leave the cache, and every page table that maps them. */
#include "mm/area.h"

struct spinlock space_map_lock = SPINLOCK_INIT("space map", RANK_FS);
static struct mutex truncate_lock = MUTEX_INIT("truncate");
static uint64_t last_ticket; /* (truncate_lock) */

/*
 * The next space that maps `m` and has not been visited under this ticket, with a reference; NULL:
 * none. Areas visited go to the end of the list, so that the search ends at the first of them.
 * Spaces on their way out unmap everything anyway.
 */
static struct space *next_space(struct mapping *m, uint64_t ticket)
{
	struct space *found = NULL;
	irqflags_t flags = spin_lock(&space_map_lock);
	while (!found && !list_empty(&m->areas)) {
		struct area *a = list_first(&m->areas, struct area, mapping_link);
		if (a->truncate_ticket == ticket)
			break;
		a->truncate_ticket = ticket;
		list_remove(&a->mapping_link);
		list_append(&m->areas, &a->mapping_link);
		if (space_get_living(a->space))
			found = a->space;
	}
	spin_unlock(&space_map_lock, flags);
	return found;
}

/* Unmaps the pages of `m` from `first` on, in every area of `s`; private copies too, as truncate(2)
 * has it. */
static void unmap_from_space(struct space *s, struct mapping *m, uint64_t first)
{
	struct area *a;
	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link) {
		uint64_t offset = first << PAGE_SHIFT;
		if (a->mapping != m)
			continue;
		if (offset <= a->offset)
			space_zap(s, a->start, a->end);
		else if (offset - a->offset < a->end - a->start)
			space_zap(s, a->start + (offset - a->offset), a->end);
	}
	mutex_unlock(&s->lock);
}

/*
 * A fault that read the old size may still put a page into the cache or into a page table while the
 * first pass goes on. It holds its space->lock meanwhile: so after every space was locked once, a
 * second pass over the cache finds the last.
 */
void mapping_truncate(struct mapping *m, uint64_t first_index)
{
	struct space *s;
	mapping_drop_pages(m, first_index);
	mutex_lock(&truncate_lock);
	uint64_t ticket = ++last_ticket;
	while ((s = next_space(m, ticket)) != NULL) {
		unmap_from_space(s, m, first_index);
		space_put(s);
	}
	mutex_unlock(&truncate_lock);
	mapping_drop_pages(m, first_index);
}
