/* mlock(2), mlock2, munlock, mlockall, munlockall. Nothing is ever swapped: locking faults pages in
 * and is counted. */
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

#define LOCK_FLAGS (AREA_LOCKED | AREA_LOCKONFAULT)

static bool can_lock(void)
{
	return limit_of(RLIMIT_MEMLOCK) != 0 || capable(CAP_IPC_LOCK);
}

static void set_lock_flags(struct space *s, struct area *a, unsigned flags)
{
	if ((a->flags ^ flags) & AREA_LOCKED)
		s->pages_locked += flags & AREA_LOCKED ? area_pages(a) : -area_pages(a);
	a->flags = (a->flags & ~LOCK_FLAGS) | flags;
}

/* Sets the lock flags of [start, end) up to where nothing is mapped: -ENOMEM. (space->lock) */
static int lock_range(struct space *s, uaddr_t start, uaddr_t end, unsigned flags)
{
	struct area *a;
	int err = areas_cut(s, start, end);
	if (err)
		return err;
	for_each_area(a, s, start, end)
	{
		if (a->start > start)
			return -ENOMEM;
		set_lock_flags(s, a, flags);
		start = a->end;
	}
	return start < end ? -ENOMEM : 0;
}

/* Faults in what mlock locked. Memory without rights cannot be: -ENOMEM; no memory left: -EAGAIN.
 * (space->lock) */
static int populate_locked(struct space *s, uaddr_t start, uaddr_t end)
{
	const struct area *a;
	for_each_area(a, s, start, end)
	{
		if (!(a->flags & (AREA_READ | AREA_WRITE | AREA_EXEC)))
			return -ENOMEM;
	}
	int err = space_populate(s, start, end);
	return err == -ENOMEM ? -EAGAIN : err ? -ENOMEM : 0;
}

static uint64_t unlocked_pages(struct space *s, uaddr_t start, uaddr_t end)
{
	uint64_t pages = 0;
	struct area *a;
	for_each_area(a, s, start, end)
	{
		if (!(a->flags & AREA_LOCKED))
			pages += (MIN(a->end, end) - MAX(a->start, start)) >> PAGE_SHIFT;
	}
	return pages;
}

/* `len` is extended to cover whole pages, as `addr` is rounded down. */
static int lock_call(uaddr_t addr, uint64_t len, unsigned flags)
{
	struct space *s = current->space;
	struct list dead = LIST_INIT(dead);
	uaddr_t start = addr & PAGE_MASK, end;
	/* A length near the largest number wraps to nothing, as it does in Linux. */
	uint64_t size = ALIGN_UP(len + (addr & ~PAGE_MASK), PAGE_SIZE);
	if ((flags & AREA_LOCKED) && !can_lock())
		return -EPERM;
	if (start + size < start)
		return -EINVAL;
	int err = range_check(start, size, -ENOMEM, &end);
	if (err || start == end)
		return err;
	mutex_lock(&s->lock);
	if ((flags & AREA_LOCKED) &&
	    !may_lock_pages(s->pages_locked + unlocked_pages(s, start, end)))
		err = -ENOMEM;
	if (!err)
		err = lock_range(s, start, end, flags);
	if (!err && flags == AREA_LOCKED)
		err = populate_locked(s, start, end);
	areas_merge(s, start, end, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

SYSCALL(mlock)
{
	return lock_call(a[0], a[1], AREA_LOCKED);
}

SYSCALL(mlock2)
{
	if ((int)a[2] & ~MLOCK_ONFAULT)
		return -EINVAL;
	return lock_call(a[0], a[1], (int)a[2] ? LOCK_FLAGS : AREA_LOCKED);
}

SYSCALL(munlock)
{
	return lock_call(a[0], a[1], 0);
}

static void lock_all(struct space *s, unsigned now, unsigned future, bool present)
{
	struct list dead = LIST_INIT(dead);
	struct area *a;
	mutex_lock(&s->lock);
	s->default_flags = future;
	if (present) {
		list_for_each (a, &s->areas, link)
			set_lock_flags(s, a, now);
		if (now == AREA_LOCKED)
			(void)space_populate(s, 0, ARCH_USER_TOP);
		areas_merge(s, 0, ARCH_USER_TOP, &dead);
	}
	mutex_unlock(&s->lock);
	areas_free(&dead);
}

SYSCALL(mlockall)
{
	struct space *s = current->space;
	int how = (int)a[0];
	if (!how || (how & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || how == MCL_ONFAULT)
		return -EINVAL;
	if (!can_lock())
		return -EPERM;
	if ((how & MCL_CURRENT) && !may_lock_pages(s->pages_mapped))
		return -ENOMEM;
	unsigned flags = how & MCL_ONFAULT ? LOCK_FLAGS : AREA_LOCKED;
	lock_all(s, flags, how & MCL_FUTURE ? flags : 0, how & MCL_CURRENT);
	return 0;
}

SYSCALL(munlockall)
{
	lock_all(current->space, 0, 0, true);
	return 0;
}
