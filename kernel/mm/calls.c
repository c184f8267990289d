/* The system calls brk, mmap, munmap, mprotect: arguments checked and turned into what map.c takes.
 */
#include "abi/personality.h"
#include "fs/vfs.h"
#include "mm/area.h"
#include "proc/process.h"
#include "syscall/syscall.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

_Static_assert(AREA_READ == PROT_READ && AREA_WRITE == PROT_WRITE && AREA_EXEC == PROT_EXEC,
    "rights of areas");

/* All that MAP_SHARED_VALIDATE accepts; MAP_FIXED_NOREPLACE is not among it. */
#define MAP_KNOWN                                                                                  \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE |    \
	    MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |            \
	    MAP_STACK | MAP_HUGETLB | MAP_UNINITIALIZED | MAP_HUGE_SIZES)
#define HUGE_PAGE_SHIFT 21 /* of the only size there could be */

SYSCALL(brk)
{
	return space_brk(current->space, a[0]);
}

/* MAP_TYPE's part of the request. */
static int mmap_type(uint64_t flags, struct map_request *r)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & MAP_ANONYMOUS)
			return -EINVAL;
		if (flags & ~(uint64_t)MAP_KNOWN)
			return -EOPNOTSUPP;
		/* fall through */
	case MAP_SHARED:
		r->flags |= AREA_SHARED;
		return 0;
	case MAP_DROPPABLE:
		if (!(flags & MAP_ANONYMOUS) || (flags & MAP_GROWSDOWN))
			return -EINVAL;
		r->flags |= AREA_DROPPABLE | AREA_NORESERVE | AREA_WIPEONFORK | AREA_DONTDUMP;
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

/* There are no huge pages to have: none of the right size are free, or there is no such size. */
static int mmap_huge(uint64_t flags)
{
	unsigned shift = (flags & MAP_HUGE_SIZES) >> MAP_HUGE_SHIFT;
	bool known = (flags & MAP_ANONYMOUS) && (!shift || shift == HUGE_PAGE_SHIFT);
	return known ? -ENOMEM : -EINVAL;
}

/* Turns MAP_… into the request. */
static int mmap_flags(uint64_t flags, struct map_request *r)
{
	int err = flags & MAP_HUGETLB ? mmap_huge(flags) : mmap_type(flags, r);
	if (err)
		return err;
	if (flags & MAP_GROWSDOWN)
		r->flags |= AREA_GROWSDOWN;
	if (flags & MAP_NORESERVE)
		r->flags |= AREA_NORESERVE;
	if (flags & MAP_LOCKED) {
		if (limit_of(RLIMIT_MEMLOCK) == 0 && !capable(CAP_IPC_LOCK))
			return -EPERM;
		r->flags |= AREA_LOCKED;
	}
	r->noreplace = flags & MAP_FIXED_NOREPLACE;
	r->fixed = (flags & MAP_FIXED) && !r->noreplace;
	r->populate = (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	return 0;
}

/* What the personality makes of PROT_… */
static unsigned effective_prot(uint64_t prot)
{
	bool exec = (prot & PROT_READ) && (current->process->personality & READ_IMPLIES_EXEC);
	return (prot & PROT_ALL) | (exec ? PROT_EXEC : 0);
}

SYSCALL(mmap)
{
	uint64_t flags = a[3];
	struct map_request r = {
	    .addr = a[0], .len = a[1], .flags = effective_prot(a[2]), .offset = a[5]};
	if (a[5] & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		r.file = fd_get((int)a[4]);
		if (!r.file)
			return -EBADF;
		/* What is only to be readable becomes executable where it can. */
		if (mount_has(r.file->path.mount, MS_NOEXEC))
			r.flags = a[2] & PROT_ALL;
	}
	int64_t result = r.len ? mmap_flags(flags, &r) : -EINVAL;
	if (!result && r.file && (r.file->flags & O_PATH))
		result = -EBADF;
	if (!result)
		result = space_map(current->space, &r);
	if (r.file)
		file_put(r.file);
	return result;
}

SYSCALL(munmap)
{
	return space_unmap(current->space, a[0], a[1]);
}

/* With PROT_GROWSDOWN the change reaches down to the start of the stack area that holds `addr`. */
static int grown_start(struct space *s, uaddr_t addr, uint64_t *len, uaddr_t *start)
{
	int err = -ENOMEM;
	mutex_lock(&s->lock);
	struct area *a = area_above(s, addr);
	if (a && a->start < addr + ALIGN_UP(*len, PAGE_SIZE)) {
		*len += addr - a->start;
		*start = a->start;
		err = a->flags & AREA_GROWSDOWN ? 0 : -EINVAL;
	}
	mutex_unlock(&s->lock);
	return err;
}

SYSCALL(mprotect)
{
	uaddr_t start = a[0];
	uint64_t len = a[1], prot = a[2];
	unsigned grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (start & ~PAGE_MASK))
		return -EINVAL;
	if (!len)
		return 0;
	if (ALIGN_UP(len, PAGE_SIZE) < len)
		return -ENOMEM;
	if ((prot & ~(uint64_t)(PROT_ALL | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP)) ||
	    grows == PROT_GROWSUP)
		return -EINVAL;
	int err = grows ? grown_start(current->space, start, &len, &start) : 0;
	return err ? err : space_protect(current->space, start, len, effective_prot(prot));
}
