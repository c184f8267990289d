/* mincore(2) and msync(2). */
#include "arch/uaccess.h"
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

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
		int done = signal_pending_fatal(current)
			       ? -EINTR
			       : mincore_chunk(current->space, va, n, vec);
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
