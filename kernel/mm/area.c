/*
 * Areas of a space: a list by address, and over it a balanced tree whose nodes know the largest gap
 * in their subtree, so that finding an address and finding a free place both take O(log n).
 * Everything here is under space->lock.
 */
#include "mm/area.h"

#include "fs/vfs.h"
#include "ipc/ipc.h"
#include "mm/heap.h"

#define node_area(n) container_of(n, struct area, node)

/* Private anonymous areas have no offset, so that any two neighbours can be one. */
static bool has_offset(const struct area *a)
{
	return a->mapping || (a->flags & AREA_VDSO);
}

struct area *area_create(const struct area *like)
{
	struct area *a = kmalloc(sizeof(*a));
	if (!a)
		return NULL;
	*a = *like;
	list_init(&a->link);
	list_init(&a->mapping_link);
	a->truncate_ticket = 0;
	if (a->file)
		file_get(a->file);
	if (a->flags & AREA_SHARED_ANON)
		shared_memory_get(a->mapping);
	if (a->flags & AREA_SHM)
		shm_area_copied(a->file);
	return a;
}

void area_free(struct area *a)
{
	if (a->flags & AREA_SHARED_ANON)
		shared_memory_put(a->mapping);
	if (a->flags & AREA_SHM)
		shm_area_freed(a->file);
	if (a->file)
		file_put(a->file);
	kfree(a);
}

void areas_free(struct list *areas)
{
	while (!list_empty(areas)) {
		struct area *a = list_first(areas, struct area, link);
		list_remove(&a->link);
		area_free(a);
	}
}

/* --- neighbours and gaps --- */

struct area *area_next(const struct space *s, const struct area *a)
{
	return a->link.next == &s->areas ? NULL : list_entry(a->link.next, struct area, link);
}

struct area *area_prev(const struct space *s, const struct area *a)
{
	return a->link.prev == &s->areas ? NULL : list_entry(a->link.prev, struct area, link);
}

/* Where `a` begins as far as placing others is concerned: a stack keeps room below. */
static uaddr_t start_with_gap(const struct area *a)
{
	if (!(a->flags & AREA_GROWSDOWN))
		return a->start;
	return a->start > STACK_GUARD_GAP ? a->start - STACK_GUARD_GAP : 0;
}

static void set_gap(const struct space *s, struct area *a)
{
	const struct area *prev = area_prev(s, a);
	uaddr_t from = prev ? prev->end : 0, to = start_with_gap(a);
	a->gap = to > from ? to - from : 0;
}

static void update_max_gap(struct avl_node *n)
{
	struct area *a = node_area(n);
	a->max_gap = a->gap;
	if (n->left)
		a->max_gap = MAX(a->max_gap, node_area(n->left)->max_gap);
	if (n->right)
		a->max_gap = MAX(a->max_gap, node_area(n->right)->max_gap);
}

static void gap_changed(struct space *s, struct area *a)
{
	if (!a)
		return;
	set_gap(s, a);
	avl_changed(&s->tree, &a->node);
}

/* --- changing the set --- */

static void link_mapping(struct area *a)
{
	if (!a->mapping)
		return;
	irqflags_t flags = spin_lock(&space_map_lock);
	list_add(&a->mapping->areas, &a->mapping_link);
	spin_unlock(&space_map_lock, flags);
}

static void unlink_mapping(struct area *a)
{
	if (!a->mapping)
		return;
	irqflags_t flags = spin_lock(&space_map_lock);
	list_remove(&a->mapping_link);
	spin_unlock(&space_map_lock, flags);
}

/* `pages` more, or less, of an area like this one. */
static void count_pages(struct space *s, const struct area *a, int64_t pages)
{
	s->pages_mapped += (uint64_t)pages;
	s->mapped_peak = MAX(s->mapped_peak, s->pages_mapped);
	if (a->flags & AREA_LOCKED)
		s->pages_locked += (uint64_t)pages;
	if (a->flags & AREA_ACCOUNT)
		memory_count_commit(pages);
}

void area_insert(struct space *s, struct area *a)
{
	struct avl_node *parent = NULL, *at = s->tree.root;
	struct list *before = &s->areas;
	bool left = false;
	while (at) {
		parent = at;
		left = a->start < node_area(at)->start;
		if (!left)
			before = &node_area(at)->link;
		at = left ? at->left : at->right;
	}
	a->space = s;
	list_add(before, &a->link);
	ASSERT(!area_prev(s, a) || area_prev(s, a)->end <= a->start);
	ASSERT(!area_next(s, a) || area_next(s, a)->start >= a->end);
	set_gap(s, a);
	/* A new leaf's successor is above it, so the insertion updates both. */
	struct area *next = area_next(s, a);
	if (next)
		set_gap(s, next);
	s->tree.update = update_max_gap;
	avl_insert(&s->tree, &a->node, parent, left);
	s->area_count++;
	count_pages(s, a, (int64_t)area_pages(a));
	link_mapping(a);
}

void area_remove(struct space *s, struct area *a)
{
	struct area *next = area_next(s, a);
	unlink_mapping(a);
	list_remove(&a->link);
	avl_remove(&s->tree, &a->node);
	gap_changed(s, next);
	if (s->last_found == a)
		s->last_found = NULL;
	s->area_count--;
	count_pages(s, a, -(int64_t)area_pages(a));
}

void area_resize(struct space *s, struct area *a, uaddr_t start, uaddr_t end)
{
	int64_t more = (int64_t)((end - start) >> PAGE_SHIFT) - (int64_t)area_pages(a);
	if (has_offset(a))
		a->offset += start - a->start;
	a->start = start;
	a->end = end;
	count_pages(s, a, more);
	gap_changed(s, a);
	gap_changed(s, area_next(s, a));
}

struct area *area_split(struct space *s, struct area *a, uaddr_t at)
{
	struct area *upper = area_create(a);
	if (!upper)
		return NULL;
	ASSERT(at > a->start && at < a->end);
	upper->start = at;
	if (has_offset(a))
		upper->offset += at - a->start;
	area_resize(s, a, a->start, at);
	area_insert(s, upper);
	return upper;
}

int areas_cut(struct space *s, uaddr_t start, uaddr_t end)
{
	uaddr_t cuts[2] = {start, end};
	for (int i = 0; i < 2; i++) {
		struct area *a = space_find(s, cuts[i]);
		if (!a || a->start == cuts[i])
			continue;
		if (s->area_count >= AREAS_MAX || !area_split(s, a, cuts[i]))
			return -ENOMEM;
	}
	return 0;
}

/* May `b`, which follows `a`, be one area with it? */
static bool alike(const struct area *a, const struct area *b)
{
	if (a->end != b->start || a->flags != b->flags || a->file != b->file ||
	    a->mapping != b->mapping || a->name != b->name ||
	    !mem_policy_same(a->policy, b->policy) || (a->flags & (AREA_VDSO | AREA_SHM)))
		return false;
	return !a->mapping || a->offset + (a->end - a->start) == b->offset;
}

void areas_merge(struct space *s, uaddr_t start, uaddr_t end, struct list *dead)
{
	struct area *a = area_above(s, start ? start - 1 : 0), *b;
	while (a && a->start <= end && (b = area_next(s, a)) != NULL) {
		if (!alike(a, b)) {
			a = b;
			continue;
		}
		uaddr_t new_end = b->end;
		area_remove(s, b);
		list_append(dead, &b->link);
		area_resize(s, a, a->start, new_end);
	}
}

/* --- searching --- */

struct area *area_above(struct space *s, uaddr_t addr)
{
	struct area *a = s->last_found, *found = NULL;
	if (a && addr >= a->start && addr < a->end)
		return a;
	for (struct avl_node *n = s->tree.root; n;) {
		a = node_area(n);
		if (addr >= a->end) {
			n = n->right;
			continue;
		}
		found = a;
		if (addr >= a->start)
			break;
		n = n->left;
	}
	if (found)
		s->last_found = found;
	return found;
}

struct area *space_find(struct space *s, uaddr_t addr)
{
	ASSERT(mutex_held(&s->lock));
	struct area *a = area_above(s, addr);
	return a && addr >= a->start ? a : NULL;
}

struct area *area_overlap(struct space *s, uaddr_t start, uaddr_t end)
{
	struct area *a = area_above(s, start);
	return a && a->start < end ? a : NULL;
}

bool areas_cover(struct space *s, uaddr_t start, uaddr_t end)
{
	struct area *a;
	for_each_area(a, s, start, end)
	{
		if (a->start > start)
			return false;
		start = a->end;
	}
	return start >= end;
}

/* The highest place of `len` bytes in [from, to) as clipped to [low, high); 0 if none. */
static uaddr_t fit(uaddr_t from, uaddr_t to, uint64_t len, uaddr_t low, uaddr_t high)
{
	from = MAX(from, low);
	to = MIN(to, high);
	return to > from && to - from >= len ? to - len : 0;
}

/* The highest gap of this subtree that has room: to the right, below this area, to the left. */
static uaddr_t gap_in(struct avl_node *n, uint64_t len, uaddr_t low, uaddr_t high)
{
	while (n && node_area(n)->max_gap >= len) {
		const struct area *a = node_area(n);
		uaddr_t top = start_with_gap(a);
		uaddr_t at = a->end < high ? gap_in(n->right, len, low, high) : 0;
		if (!at && a->gap)
			at = fit(top - a->gap, top, len, low, high);
		if (at)
			return at;
		if (a->start <= low)
			return 0;
		n = n->left;
	}
	return 0;
}

uaddr_t space_gap(struct space *s, uint64_t len, uaddr_t low, uaddr_t high)
{
	uaddr_t last_end = list_empty(&s->areas) ? 0 : list_last(&s->areas, struct area, link)->end;
	uaddr_t at = fit(last_end, high, len, low, high);
	return at ? at : gap_in(s->tree.root, len, low, high);
}
