/* Page faults: demand paging, copy-on-write, stack growth. */
#include "arch/thread.h"
#include "fs/vfs.h"
#include "mm/area.h"
#include "proc/process.h"
#include "proc/vdso.h"
#include "trace.h"

#define AROUND_PAGES 16 /* a read fault on a file maps what is cached of this aligned block */

/* --- what the program may do --- */

/* A stack below which `addr` lies may grow down to it. (space->lock) */
static int grow_stack(struct space *s, struct area *a, uaddr_t addr)
{
	uaddr_t start = ALIGN_DOWN(addr, PAGE_SIZE);
	const struct area *prev = area_prev(s, a);
	if (!(a->flags & AREA_GROWSDOWN) || start < MIN_ADDRESS)
		return -EFAULT;
	if (a->end - start > limit_of(RLIMIT_STACK))
		return -EFAULT;
	bool near = prev && (prev->flags & (AREA_READ | AREA_WRITE | AREA_EXEC)) &&
		    !(prev->flags & AREA_GROWSDOWN) && start - prev->end < STACK_GUARD_GAP;
	if (near || (prev && start < prev->end))
		return -EFAULT;
	if (space_may_grow(s, (a->start - start) >> PAGE_SHIFT, a->flags) != 0)
		return -EFAULT;
	area_resize(s, a, start, a->end);
	return 0;
}

static bool area_allows(const struct area *a, unsigned access)
{
	/* Where a program may write it may read. */
	if ((access & FAULT_READ) && !(a->flags & (AREA_READ | AREA_WRITE)))
		return false;
	if ((access & FAULT_WRITE) && !(a->flags & AREA_WRITE))
		return false;
	return !(access & FAULT_EXEC) || (a->flags & AREA_EXEC);
}

int space_check_access(struct space *s, uaddr_t addr, unsigned access, struct area **out)
{
	if (addr >= ARCH_USER_TOP)
		return -EFAULT;
	struct area *a = area_above(s, addr);
	if (!a)
		return -EFAULT;
	int err = addr < a->start ? grow_stack(s, a, addr) : 0;
	if (err)
		return err;
	*out = a;
	return area_allows(a, access) ? 0 : -EACCES;
}

/* --- making pages present (space->lock) --- */

static struct page *anon_page(unsigned flags)
{
	struct page *p = page_alloc(PAGE_USER | flags);
	if (!p)
		return NULL;
	p->mapping = NULL;
	p->flags |= PAGE_ANON;
	page_account(PAGE_USE_USER, 1);
	return p;
}

/* Enters `p` at `va`; its reference goes to the entry, or is dropped on failure. */
static int enter_page(
    struct space *s, const struct area *a, uaddr_t va, struct page *p, bool writable)
{
	int err = arch_pt_map(&s->arch, va, page_addr(p), area_pt_flags(a, writable));
	if (err)
		page_put(p);
	else
		space_count_page(s, p, 1);
	return err;
}

/* A private copy of `old` (NULL or the zero page: zeroes) takes the place of what `va` has. */
static int enter_copy(struct space *s, const struct area *a, uaddr_t va, const struct page *old)
{
	bool zero = !old || old == zero_page;
	struct page *p = anon_page(zero ? PAGE_ZERO : 0);
	if (!p)
		return -ENOMEM;
	if (!zero)
		memcpy(page_virt(p), page_virt(old), PAGE_SIZE);
	paddr_t was;
	unsigned was_flags;
	/* No CPU may read the old page once another can write to the new one. */
	if (arch_pt_unmap(&s->arch, va, &was, &was_flags))
		arch_pt_flush(&s->arch, va, va + PAGE_SIZE);
	int err = enter_page(s, a, va, p, true); /* the table is there: nothing can fail now */
	if (!err && (a->flags & AREA_EXEC))
		arch_icache_sync(&s->arch, va, va + PAGE_SIZE);
	return err;
}

static int resolve_anon(struct space *s, const struct area *a, uaddr_t va, unsigned access)
{
	if (access & FAULT_WRITE)
		return enter_copy(s, a, va, NULL);
	/* Tables cost memory too: the zero page is no way around the reserve. */
	if (pages_critical())
		return -ENOMEM;
	return enter_page(s, a, va, zero_page, false);
}

static uint64_t area_index(const struct area *a, uaddr_t va)
{
	return (a->offset + (va - a->start)) >> PAGE_SHIFT;
}

/* Pages that the file or shared memory behind `a` has now: beyond, there is SIGBUS. */
static uint64_t file_pages(const struct area *a)
{
	if (a->flags & AREA_SHARED_ANON)
		return shared_memory_size(a->mapping);
	if (!a->file || !a->file->inode || a->mapping != &a->file->inode->mapping)
		return UINT64_MAX;
	uint64_t size = __atomic_load_n(&a->file->inode->size, __ATOMIC_RELAXED);
	return (size >> PAGE_SHIFT) + ((size & ~PAGE_MASK) != 0);
}

/* Maps, around `va`, the file's pages that are cached already. Returns whether `va` itself was
 * among them. */
static bool map_around(struct space *s, const struct area *a, uaddr_t va)
{
	struct page *pages[AROUND_PAGES];
	uaddr_t from = MAX(a->start, ALIGN_DOWN(va, AROUND_PAGES * PAGE_SIZE));
	uaddr_t to = MIN(
	    a->end, ALIGN_DOWN(va, AROUND_PAGES * PAGE_SIZE) + AROUND_PAGES * PAGE_SIZE);
	uint64_t index = area_index(a, from), limit = file_pages(a);
	unsigned count = MIN((to - from) >> PAGE_SHIFT, limit - index);
	bool hit = false;
	if (!mapping_gather(a->mapping, index, count, pages))
		return false;
	for (unsigned i = 0; i < count; i++) {
		uaddr_t at = from + i * PAGE_SIZE;
		paddr_t pa;
		unsigned flags;
		if (!pages[i])
			continue;
		if (arch_pt_query(&s->arch, at, &pa, &flags))
			page_put(pages[i]);
		else if (enter_page(s, a, at, pages[i], !area_is_private(a)) == 0 && at == va)
			hit = true;
	}
	if (a->flags & AREA_EXEC)
		arch_icache_sync(&s->arch, from, to);
	return hit;
}

static int resolve_file(struct space *s, const struct area *a, uaddr_t va, unsigned access)
{
	uint64_t index = area_index(a, va);
	bool copy = area_is_private(a) && (access & FAULT_WRITE);
	if (index >= file_pages(a))
		return -ENXIO;
	if (pages_critical())
		return -ENOMEM;
	if (!(access & FAULT_WRITE) && map_around(s, a, va))
		return 0;
	struct page *p = mapping_page(a->mapping, index, true);
	if (IS_ERR(p))
		return PTR_ERR(p);
	int err;
	if (copy) {
		err = enter_copy(s, a, va, p);
		page_put(p);
		return err;
	}
	err = enter_page(s, a, va, p, !area_is_private(a));
	if (!err && (a->flags & AREA_EXEC))
		arch_icache_sync(&s->arch, va, va + PAGE_SIZE);
	return err;
}

/* The kernel's own pages: the vDSO, and its data. */
static int resolve_vdso(struct space *s, const struct area *a, uaddr_t va, unsigned access)
{
	uint64_t offset = a->offset + (va - a->start);
	struct page *p = a->flags & AREA_VVAR ? vdso_data_page(offset) : vdso_page(offset);
	if (!p)
		return -ENXIO;
	if (access & FAULT_WRITE)
		return enter_copy(s, a, va, p);
	int err = enter_page(s, a, va, p, false);
	if (!err && (a->flags & AREA_EXEC))
		arch_icache_sync(&s->arch, va, va + PAGE_SIZE);
	return err;
}

/* A write to a page that is present but read-only. */
static int resolve_write(struct space *s, const struct area *a, uaddr_t va, paddr_t pa)
{
	struct page *old = page_of(pa);
	int err = 0;
	/* The only reference to an anonymous page is this entry: no copy is needed. */
	bool own = old && (old->flags & PAGE_ANON) &&
		   __atomic_load_n(&old->refs, __ATOMIC_ACQUIRE) == 1;
	if (own || !area_is_private(a)) {
		arch_pt_protect(&s->arch, va, area_pt_flags(a, true));
		arch_pt_flush(&s->arch, va, va + PAGE_SIZE);
		old = NULL;
	} else {
		err = enter_copy(s, a, va, old);
	}
	if (err)
		return err;
	if (old) {
		space_count_page(s, old, -1);
		page_put(old);
	}
	return 0;
}

int area_resolve(struct space *s, struct area *a, uaddr_t va, unsigned access)
{
	paddr_t pa;
	unsigned flags;
	va = ALIGN_DOWN(va, PAGE_SIZE);
	if (!arch_pt_query(&s->arch, va, &pa, &flags)) {
		if (a->flags & AREA_VDSO)
			return resolve_vdso(s, a, va, access);
		return a->mapping ? resolve_file(s, a, va, access) : resolve_anon(s, a, va, access);
	}
	if ((access & FAULT_WRITE) && !(flags & PT_WRITE))
		return resolve_write(s, a, va, pa);
	/* Another thread was faster, or the TLB remembers what is no longer so. */
	arch_pt_flush(&s->arch, va, va + PAGE_SIZE);
	return 0;
}

int space_populate(struct space *s, uaddr_t start, uaddr_t end)
{
	struct area *a;
	for_each_area(a, s, start, end)
	{
		unsigned access = FAULT_READ;
		if ((a->flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE)
			access = FAULT_WRITE;
		else if (!(a->flags & (AREA_READ | AREA_WRITE | AREA_EXEC)))
			continue;
		uaddr_t to = MIN(a->end, end);
		for (uaddr_t va = MAX(a->start, start); va < to; va += PAGE_SIZE) {
			int err = signal_pending_fatal(current) ? -EINTR
								: area_resolve(s, a, va, access);
			if (err)
				return err;
		}
	}
	return 0;
}

/* --- the fault itself --- */

static int fault_once(struct space *s, uaddr_t addr, unsigned access)
{
	struct area *a;
	mutex_lock(&s->lock);
	int err = space_check_access(s, addr, access, &a);
	if (!err)
		err = area_resolve(s, a, addr, access);
	s->faults_minor += !err;
	mutex_unlock(&s->lock);
	return err;
}

static struct fault_result result_of(int err)
{
	switch (err) {
	case 0:
		return (struct fault_result){0, 0};
	case -EFAULT:
		return (struct fault_result){SIGSEGV, SEGV_MAPERR};
	case -EACCES:
		return (struct fault_result){SIGSEGV, SEGV_ACCERR};
	case -ENOMEM:
		return (struct fault_result){SIGKILL, SI_KERNEL};
	default:
		return (struct fault_result){SIGBUS, BUS_ADRERR};
	}
}

struct fault_result space_fault(struct space *s, uaddr_t addr, unsigned access, uaddr_t sp)
{
	int err = fault_once(s, addr, access);
	if (unlikely(err == -ENOMEM) && memory_reclaim())
		err = fault_once(s, addr, access);
	while (unlikely(err == -ENOMEM) && oom_make_room())
		err = fault_once(s, addr, access);
	if (!err)
		current->faults_minor++;
	struct fault_result result = result_of(err);
	if (trace_on(TRACE_CLASS_FAULT))
		trace_record(TRACE_FAULT, addr, access, result.signal, 0, 0);
	return result;
}
