/* Another task's memory: ptrace, /proc/PID/mem, process_vm_readv. Data passes through the direct
 * map, page by page. */
#include "mm/area.h"

/* What `access` needs, with a debugger's privileges. (space->lock) */
static int check_forced(struct space *s, uaddr_t addr, unsigned access, struct area **out)
{
	struct area *a = addr < ARCH_USER_TOP ? space_find(s, addr) : NULL;
	if (!a)
		return -EFAULT;
	*out = a;
	/* Shared pages that are read-only stay so, even for a debugger. */
	if ((access & FAULT_WRITE) && !(a->flags & AREA_WRITE) && !area_is_private(a))
		return -EFAULT;
	if (a->flags & AREA_VVAR)
		return -EFAULT; /* as Linux, to which it is no memory */
	return 0;
}

/* The page at `addr` if `access` may go to it directly: a write must not reach pages that others
 * share. (space->lock) */
static struct page *page_for(struct space *s, const struct area *a, uaddr_t addr, unsigned access)
{
	paddr_t pa;
	unsigned flags;
	if (!arch_pt_query(&s->arch, ALIGN_DOWN(addr, PAGE_SIZE), &pa, &flags))
		return NULL;
	struct page *p = page_of(pa);
	if (!p || !(access & FAULT_WRITE) || !area_is_private(a) || (flags & PT_WRITE))
		return p;
	bool own = (p->flags & PAGE_ANON) && __atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) == 1;
	return own ? p : NULL;
}

static struct page *grab_locked(struct space *s, uaddr_t addr, unsigned access, bool force)
{
	struct area *a;
	int err = force ? check_forced(s, addr, access, &a)
			: space_check_access(s, addr, access, &a);
	if (err)
		return ERR_PTR(-EFAULT);
	struct page *p = page_for(s, a, addr, access);
	if (!p) {
		err = area_resolve(s, a, addr, access);
		if (err)
			return ERR_PTR(err == -ENOMEM ? err : -EIO);
		p = page_for(s, a, addr, access);
	}
	if (!p)
		return ERR_PTR(-EIO); /* no memory: a device */
	page_get(p);
	return p;
}

struct page *space_grab_page(struct space *s, uaddr_t addr, unsigned access, bool force)
{
	mutex_lock(&s->lock);
	struct page *p = grab_locked(s, addr, access, force);
	mutex_unlock(&s->lock);
	return p;
}

static int64_t copy_remote(
    struct space *s, uaddr_t addr, void *buf, size_t n, unsigned access, bool force)
{
	size_t done = 0;
	while (done < n) {
		uaddr_t at = addr + done;
		size_t offset = at & ~PAGE_MASK, part = MIN(n - done, PAGE_SIZE - offset);
		struct page *p = space_grab_page(s, at, access, force);
		if (IS_ERR(p))
			return done ? (int64_t)done : PTR_ERR(p);
		char *mem = (char *)page_virt(p) + offset;
		if (access & FAULT_WRITE)
			memcpy(mem, (char *)buf + done, part);
		else
			memcpy((char *)buf + done, mem, part);
		page_put(p);
		done += part;
	}
	/* It may be a breakpoint. */
	if (access & FAULT_WRITE)
		arch_icache_sync(&s->arch, addr, addr + n);
	return done;
}

int64_t space_read(struct space *s, uaddr_t addr, void *buf, size_t n)
{
	return copy_remote(s, addr, buf, n, FAULT_READ, true);
}

int64_t space_write(struct space *s, uaddr_t addr, const void *buf, size_t n, bool force)
{
	return copy_remote(s, addr, (void *)buf, n, FAULT_WRITE, force);
}
