/* mremap(2). */
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

struct remap {
	struct space *space;
	uaddr_t old, new; /* new: only with MREMAP_FIXED, or as a hint */
	uint64_t old_len, new_len;
	unsigned flags;
	struct list dead;
};

static int check_arguments(const struct remap *r)
{
	if (r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && r->old_len != r->new_len)
		return -EINVAL;
	if ((r->old & ~PAGE_MASK) || !r->new_len)
		return -EINVAL;
	if (!(r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
		return 0;
	if ((r->new & ~PAGE_MASK) || r->new_len > ARCH_USER_TOP ||
	    r->new > ARCH_USER_TOP - r->new_len)
		return -EINVAL;
	bool overlap = r->old + r->old_len > r->new && r->new + r->new_len > r->old;
	return overlap ? -EINVAL : 0;
}

/* May the area at r->old become new_len long? */
static int check_resize(const struct remap *r, const struct area *a)
{
	if (!r->old_len && area_is_private(a))
		return -EINVAL;
	if (r->old_len > a->end - r->old)
		return -EFAULT;
	if (r->new_len <= r->old_len && !(r->flags & MREMAP_DONTUNMAP))
		return 0;
	if (a->flags & AREA_VDSO)
		return -EFAULT;
	if (a->mapping && a->offset + (r->old - a->start) + r->new_len < r->new_len)
		return -EINVAL;
	uint64_t more = r->flags & MREMAP_DONTUNMAP ? r->new_len : r->new_len - r->old_len;
	return space_may_grow(r->space, more >> PAGE_SHIFT, a->flags);
}

/* Returns false if something is in the way. */
static bool grow_in_place(struct remap *r, struct area *a)
{
	uint64_t more = r->new_len - r->old_len;
	if (r->old + r->old_len != a->end || a->end > ARCH_USER_TOP - more)
		return false;
	if (space_gap(r->space, more, a->end, a->end + more) != a->end)
		return false;
	uaddr_t from = a->end;
	area_resize(r->space, a, a->start, a->end + more);
	if ((a->flags & (AREA_LOCKED | AREA_LOCKONFAULT)) == AREA_LOCKED)
		(void)space_populate(r->space, from, from + more);
	areas_merge(r->space, a->start, a->end, &r->dead);
	return true;
}

/* Moves the area's part to `to`, free up to now. Address or -errno. */
static int64_t move_area(struct remap *r, struct area *a, uaddr_t to)
{
	struct space *s = r->space;
	struct area *moved = area_create(a);
	if (!moved)
		return -ENOMEM;
	if (moved->mapping || (moved->flags & AREA_VDSO))
		moved->offset += r->old - a->start;
	moved->start = to;
	moved->end = to + r->new_len;
	moved->flags &= ~AREA_HEAP;
	area_insert(s, moved);
	int err = space_move_pages(s, r->old, to, r->old_len);
	if (!err && !(r->flags & MREMAP_DONTUNMAP) && r->old_len)
		err = space_unmap_locked(s, r->old, r->old + r->old_len, &r->dead);
	if (err) {
		/* Back again: the old tables are still there, so this cannot fail. */
		int back = space_move_pages(s, to, r->old, r->old_len);
		BUG_ON(back);
		area_remove(s, moved);
		list_append(&r->dead, &moved->link);
		return err;
	}
	if ((moved->flags & (AREA_LOCKED | AREA_LOCKONFAULT)) == AREA_LOCKED)
		(void)space_populate(s, to + r->old_len, to + r->new_len);
	areas_merge(s, to, to + r->new_len, &r->dead);
	return to;
}

/* Unmaps what of the old range goes beyond the new length. */
static int shrink(struct remap *r)
{
	if (r->old_len > ARCH_USER_TOP - r->old)
		return -EINVAL;
	return space_unmap_locked(r->space, r->old + r->new_len, r->old + r->old_len, &r->dead);
}

/* With MREMAP_FIXED or MREMAP_DONTUNMAP. */
static int64_t remap_to(struct remap *r)
{
	struct space *s = r->space;
	if (s->area_count + 5 >= AREAS_MAX)
		return -ENOMEM;
	if (r->flags & MREMAP_FIXED) {
		if (r->new < MIN_ADDRESS && !capable(CAP_SYS_RAWIO))
			return -EPERM;
		int err = space_unmap_locked(s, r->new, r->new + r->new_len, &r->dead);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		int err = shrink(r);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	struct area *a = space_find(s, r->old);
	int err = a ? check_resize(r, a) : -EFAULT;
	if (err)
		return err;
	uaddr_t to = r->flags & MREMAP_FIXED ? r->new : space_place(s, r->new, r->new_len);
	return to ? move_area(r, a, to) : -ENOMEM;
}

static int64_t remap_locked(struct remap *r)
{
	struct space *s = r->space;
	struct area *a = space_find(s, r->old);
	if (!a)
		return -EFAULT;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return remap_to(r);
	if (r->old_len >= r->new_len) {
		int err = shrink(r);
		return err ? err : (int64_t)r->old;
	}
	int err = check_resize(r, a);
	if (err)
		return err;
	if (grow_in_place(r, a))
		return r->old;
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	uaddr_t to = space_place(s, 0, r->new_len);
	return to ? move_area(r, a, to) : -ENOMEM;
}

SYSCALL(mremap)
{
	struct remap r = {
	    .space = current->space,
	    .old = a[0],
	    .old_len = ALIGN_UP(a[1], PAGE_SIZE),
	    .new_len = ALIGN_UP(a[2], PAGE_SIZE),
	    .flags = a[3],
	    .new = a[4],
	};
	list_init(&r.dead);
	int64_t result = check_arguments(&r);
	if (result)
		return result;
	mutex_lock(&r.space->lock);
	result = remap_locked(&r);
	mutex_unlock(&r.space->lock);
	areas_free(&r.dead);
	return result;
}
