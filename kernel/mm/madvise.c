/* madvise(2). Nothing is swapped, merged or made of huge pages: such advice is kept, and shown. */
#include "fs/vfs.h"
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

/* Advice that only sets and clears flags of areas. */
static const struct flag_advice {
	int advice;
	unsigned set, clear;
	unsigned refused; /* -EINVAL for areas with one of these */
} flag_advices[] = {
    {MADV_NORMAL, 0, AREA_RAND_READ | AREA_SEQ_READ, 0},
    {MADV_RANDOM, AREA_RAND_READ, AREA_SEQ_READ, 0},
    {MADV_SEQUENTIAL, AREA_SEQ_READ, AREA_RAND_READ, 0},
    {MADV_DONTFORK, AREA_DONTFORK, 0, 0},
    {MADV_DOFORK, 0, AREA_DONTFORK, 0},
    {MADV_DONTDUMP, AREA_DONTDUMP, 0, 0},
    {MADV_DODUMP, 0, AREA_DONTDUMP, AREA_VDSO | AREA_DROPPABLE},
    {MADV_WIPEONFORK, AREA_WIPEONFORK, 0, AREA_SHARED},
    {MADV_KEEPONFORK, 0, AREA_WIPEONFORK, AREA_DROPPABLE},
    {MADV_HUGEPAGE, AREA_HUGEPAGE, AREA_NOHUGEPAGE, AREA_VDSO},
    {MADV_NOHUGEPAGE, AREA_NOHUGEPAGE, AREA_HUGEPAGE, AREA_VDSO},
    {MADV_MERGEABLE, 0, 0, 0},
    {MADV_UNMERGEABLE, 0, AREA_MERGEABLE, 0},
};
/* What cannot be merged anyway ignores MADV_MERGEABLE. */
#define NEVER_MERGED (AREA_SHARED | AREA_VDSO | AREA_DROPPABLE)

static const struct flag_advice *find_flag_advice(int advice)
{
	for (unsigned i = 0; i < ARRAY_SIZE(flag_advices); i++) {
		if (flag_advices[i].advice == advice)
			return &flag_advices[i];
	}
	return NULL;
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_COLLAPSE:
		return true;
	default:
		return find_flag_advice(advice) != NULL;
	}
}

static int set_flags(
    struct space *s, struct area *a, uaddr_t start, uaddr_t end, const struct flag_advice *f)
{
	unsigned flags = (a->flags | f->set) & ~f->clear;
	if (f->advice == MADV_MERGEABLE && !(a->flags & NEVER_MERGED))
		flags |= AREA_MERGEABLE;
	if ((a->flags & f->refused) || (f->advice == MADV_WIPEONFORK && a->file))
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
	unsigned right = access == FAULT_WRITE ? AREA_WRITE : AREA_READ;
	if (!(a->flags & right))
		return -EINVAL;
	for (int err; start < end; start += PAGE_SIZE) {
		err = signal_pending_fatal(current) ? -EINTR : area_resolve(s, a, start, access);
		if (err)
			return err == -ENXIO ? -EFAULT : err;
	}
	return 0;
}

/* The advice for [start, end), all of it in `a`. (space->lock) */
static int advise_part(struct space *s, struct area *a, uaddr_t start, uaddr_t end, int advice)
{
	const struct flag_advice *f = find_flag_advice(advice);
	bool anonymous = !a->mapping && !(a->flags & (AREA_SHARED | AREA_VDSO));
	if (f)
		return set_flags(s, a, start, end, f);
	switch (advice) {
	case MADV_FREE:
		if (!anonymous)
			return -EINVAL;
		/* fall through: to free at once is allowed */
	case MADV_DONTNEED:
		if (a->flags & AREA_LOCKED)
			return -EINVAL;
		/* fall through */
	case MADV_DONTNEED_LOCKED:
		if (!(a->flags & AREA_VDSO))
			space_zap(s, start, end);
		return 0;
	case MADV_COLD:
		return a->flags & AREA_LOCKED ? -EINVAL : 0;
	case MADV_PAGEOUT:
		if (a->flags & AREA_LOCKED)
			return -EINVAL;
		if (a->flags & AREA_DROPPABLE) /* the only ones that need no place to go */
			space_zap(s, start, end);
		return 0;
	case MADV_POPULATE_READ:
		return populate_part(s, a, start, end, FAULT_READ);
	case MADV_POPULATE_WRITE:
		return populate_part(s, a, start, end, FAULT_WRITE);
	case MADV_COLLAPSE:
		return -EINVAL; /* no area can have huge pages */
	default:
		return 0;
	}
}

/* Holes give -ENOMEM: at once when populating, else after everything else was done.
 * (space->lock) */
static int advise(struct space *s, uaddr_t start, uaddr_t end, int advice)
{
	bool populates = advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE;
	int result = 0;
	while (start < end) {
		struct area *a = area_overlap(s, start, end);
		if (!a || a->start > start)
			result = -ENOMEM;
		if (!a || (result && populates))
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

/* --- MADV_REMOVE: a hole in the file, as wide as the part of the area --- */

struct hole {
	struct file *file; /* with a reference, or NULL: shared anonymous memory */
	struct mapping *mapping;
	uint64_t offset, len;
};

/* The next part of [*start, end), which moves past it. 1: there is one. (space->lock) */
static int next_hole(struct space *s, uaddr_t *start, uaddr_t end, struct hole *h)
{
	struct area *a = area_overlap(s, *start, end);
	if (!a || a->start > *start)
		return -ENOMEM;
	if ((a->flags & AREA_LOCKED) || !a->mapping)
		return -EINVAL;
	if ((a->flags & (AREA_SHARED | AREA_MAYWRITE)) != (AREA_SHARED | AREA_MAYWRITE))
		return -EACCES;
	*h = (struct hole){.file = a->flags & AREA_SHARED_ANON ? NULL : a->file,
	    .mapping = a->mapping,
	    .offset = a->offset + (*start - a->start),
	    .len = MIN(a->end, end) - *start};
	if (h->file)
		file_get(h->file);
	else
		shared_memory_get(h->mapping);
	*start += h->len;
	return 1;
}

static int remove_range(struct space *s, uaddr_t start, uaddr_t end)
{
	while (start < end) {
		struct hole h;
		if (signal_pending_fatal(current))
			return -EINTR;
		mutex_lock(&s->lock);
		int err = next_hole(s, &start, end, &h);
		mutex_unlock(&s->lock);
		if (err < 0)
			return err;
		if (h.file) {
			err = do_fallocate(h.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			    (int64_t)h.offset, (int64_t)h.len);
			file_put(h.file);
		} else {
			err = 0;
			mapping_punch(
			    h.mapping, h.offset >> PAGE_SHIFT, (h.offset + h.len) >> PAGE_SHIFT);
			shared_memory_put(h.mapping);
		}
		if (err)
			return err;
	}
	return 0;
}

/* --- the call --- */

int space_advise(struct space *s, uaddr_t start, uint64_t len, int advice)
{
	struct list dead = LIST_INIT(dead);
	uaddr_t end = start + ALIGN_UP(len, PAGE_SIZE);
	if (!advice_known(advice) || (start & ~PAGE_MASK))
		return -EINVAL;
	if (end < start || (len && end == start))
		return -EINVAL;
	if (start == end)
		return 0;
	if (advice == MADV_REMOVE)
		return remove_range(s, start, end);
	mutex_lock(&s->lock);
	int err = advise(s, start, end, advice);
	areas_merge(s, start, end, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

SYSCALL(madvise)
{
	return space_advise(current->space, a[0], a[1], (int)a[2]);
}
