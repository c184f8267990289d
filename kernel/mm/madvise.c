/* madvise(2), mincore(2), msync(2). */
#include "arch/uaccess.h"
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

/* --- madvise --- */

/* Advice that only sets and clears flags of areas. */
static const struct {
	int advice;
	unsigned set, clear;
} flag_advice[] = {
    {MADV_DONTFORK, AREA_DONTFORK, 0},
    {MADV_DOFORK, 0, AREA_DONTFORK},
    {MADV_DONTDUMP, AREA_DONTDUMP, 0},
    {MADV_DODUMP, 0, AREA_DONTDUMP},
    {MADV_WIPEONFORK, AREA_WIPEONFORK, 0},
    {MADV_KEEPONFORK, 0, AREA_WIPEONFORK},
};

/* The index in flag_advice, or -1. */
static int find_flag_advice(int advice)
{
	for (unsigned i = 0; i < ARRAY_SIZE(flag_advice); i++) {
		if (flag_advice[i].advice == advice)
			return i;
	}
	return -1;
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	default:
		return find_flag_advice(advice) >= 0;
	}
}

static int set_flags(struct space *s, struct area *a, uaddr_t start, uaddr_t end, int i)
{
	unsigned flags = (a->flags | flag_advice[i].set) & ~flag_advice[i].clear;
	/* Only private anonymous memory can be wiped. */
	if (flag_advice[i].set == AREA_WIPEONFORK && (a->file || a->mapping || !area_is_private(a)))
		return -EINVAL;
	if (flags == a->flags)
		return 0;
	int err = areas_cut(s, start, end);
	if (!err)
		space_find(s, start)->flags = flags;
	return err;
}

static int populate_part(
    struct space *s, struct area *a, uaddr_t start, uaddr_t end, unsigned access)
{
	unsigned right = access == FAULT_WRITE ? AREA_WRITE : AREA_READ | AREA_WRITE;
	if (!(a->flags & right))
		return -EINVAL;
	for (int err; start < end; start += PAGE_SIZE) {
		err = area_resolve(s, a, start, access);
		if (err)
			return err == -ENXIO ? -EFAULT : err;
	}
	return 0;
}

/* The advice for [start, end), all of it in `a`. (space->lock) */
static int advise_part(struct space *s, struct area *a, uaddr_t start, uaddr_t end, int advice)
{
	int i = find_flag_advice(advice);
	if (i >= 0)
		return set_flags(s, a, start, end, i);
	switch (advice) {
	case MADV_FREE:
		if (a->mapping || !area_is_private(a))
			return -EINVAL;
		/* fall through: to free at once is allowed */
	case MADV_DONTNEED:
		if (a->flags & AREA_LOCKED)
			return -EINVAL;
		space_zap(s, start, end);
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return a->flags & AREA_LOCKED ? -EINVAL : 0;
	case MADV_POPULATE_READ:
		return populate_part(s, a, start, end, FAULT_READ);
	case MADV_POPULATE_WRITE:
		return populate_part(s, a, start, end, FAULT_WRITE);
	default:
		return 0;
	}
}

/* Holes give -ENOMEM, after everything else was done. (space->lock) */
static int advise(struct space *s, uaddr_t start, uaddr_t end, int advice)
{
	int result = 0;
	while (start < end) {
		struct area *a = area_overlap(s, start, end);
		if (!a || a->start > start)
			result = -ENOMEM;
		if (!a)
			break;
		start = MAX(start, a->start);
		uaddr_t part_end = MIN(a->end, end);
		int err = advise_part(s, a, start, part_end, advice);
		if (err)
			return err;
		start = part_end;
	}
	return result;
}

SYSCALL(madvise)
{
	struct space *s = current->space;
	struct list dead = LIST_INIT(dead);
	uaddr_t start = a[0], end;
	int advice = (int)a[2];
	if (!advice_known(advice))
		return -EINVAL;
	int err = range_check(start, a[1], -EINVAL, &end);
	if (err || start == end)
		return err;
	mutex_lock(&s->lock);
	err = advise(s, start, end, advice);
	areas_merge(s, start, end, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

/* --- mincore --- */

static bool page_resident(struct space *s, const struct area *a, uaddr_t va)
{
	paddr_t pa;
	unsigned flags;
	if (arch_pt_query(&s->arch, va, &pa, &flags))
		return true;
	if (!a->mapping)
		return false;
	struct page *p = mapping_page(
	    a->mapping, (a->offset + (va - a->start)) >> PAGE_SHIFT, false);
	if (!p || IS_ERR(p))
		return false;
	page_put(p);
	return true;
}

/* Bytes for up to `n` pages from `va` on. Returns how many, or -ENOMEM at a hole. */
static int mincore_chunk(struct space *s, uaddr_t va, unsigned n, uint8_t *vec)
{
	int result = 0;
	mutex_lock(&s->lock);
	for (unsigned i = 0; i < n; i++, va += PAGE_SIZE) {
		struct area *a = space_find(s, va);
		if (!a) {
			result = -ENOMEM;
			break;
		}
		vec[i] = page_resident(s, a, va);
		result++;
	}
	mutex_unlock(&s->lock);
	return result;
}

SYSCALL(mincore)
{
	uint8_t vec[256];
	uaddr_t va = a[0], end;
	int err = range_check(va, a[1], -ENOMEM, &end);
	if (err)
		return err;
	for (uaddr_t out = a[2]; va < end;) {
		unsigned n = MIN((end - va) >> PAGE_SHIFT, sizeof(vec));
		int done = mincore_chunk(current->space, va, n, vec);
		if (done < 0)
			return done;
		if (arch_copy_out(out, vec, done) != 0)
			return -EFAULT;
		out += done;
		va += (uint64_t)done << PAGE_SHIFT;
	}
	return 0;
}

/* --- msync: files are memory, so there is nothing to write, only the checks --- */

SYSCALL(msync)
{
	struct space *s = current->space;
	struct area *area;
	uaddr_t start = a[0], end;
	int flags = (int)a[2];
	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	/* A length near the largest number wraps to nothing, as it does in Linux. */
	int err = range_check(start, ALIGN_UP(a[1], PAGE_SIZE), -ENOMEM, &end);
	if (err)
		return err;
	mutex_lock(&s->lock);
	for_each_area(area, s, start, end)
	{
		if ((flags & MS_INVALIDATE) && (area->flags & AREA_LOCKED))
			err = -EBUSY;
	}
	if (!err && !areas_cover(s, start, end))
		err = -ENOMEM;
	mutex_unlock(&s->lock);
	return err;
}
