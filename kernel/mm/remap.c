/* remap_file_pages(2), as Linux emulates it: another part of the same file takes the area's place.
 */
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

struct remap_pages {
	uaddr_t start, end;
	uint64_t offset;
	bool populate;
};

/* The area that holds all of the range, one after the other of the same file at least.
 * (space->lock) */
static struct area *find_remapped(struct space *s, const struct remap_pages *r)
{
	struct area *first = space_find(s, r->start), *a = first;
	if (!first || !(first->flags & AREA_SHARED) || !first->mapping)
		return NULL;
	while (a->end < r->end) {
		struct area *next = area_next(s, a);
		if (!next || next->start != a->end || next->mapping != first->mapping ||
		    next->flags != first->flags)
			return NULL;
		a = next;
	}
	return first;
}

/* (space->lock) */
static int remap_pages(struct space *s, const struct remap_pages *r, struct list *dead)
{
	struct area *old = find_remapped(s, r);
	if (!old)
		return -EINVAL;
	struct area *a = area_create(old);
	if (!a)
		return -ENOMEM;
	a->start = r->start;
	a->end = r->end;
	a->offset = r->offset;
	int err = space_unmap_locked(s, r->start, r->end, dead);
	if (err) {
		list_append(dead, &a->link);
		return err;
	}
	area_insert(s, a);
	if (r->populate)
		(void)space_populate(s, r->start, r->end);
	areas_merge(s, r->start, r->end, dead);
	return 0;
}

SYSCALL(remap_file_pages)
{
	struct list dead = LIST_INIT(dead);
	struct remap_pages r = {.start = a[0] & PAGE_MASK,
	    .offset = a[3] << PAGE_SHIFT,
	    .populate = !(a[4] & MAP_NONBLOCK)};
	uint64_t size = a[1] & PAGE_MASK;
	r.end = r.start + size;
	if (a[2] || r.end <= r.start)
		return -EINVAL;
	if (a[3] + (size >> PAGE_SHIFT) < a[3] || r.offset >> PAGE_SHIFT != a[3])
		return -EINVAL;
	mutex_lock(&current->space->lock);
	int err = remap_pages(current->space, &r, &dead);
	mutex_unlock(&current->space->lock);
	areas_free(&dead);
	return err;
}
