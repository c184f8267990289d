/* Mapping, unmapping, protection, the break: mmap(2), munmap(2), mprotect(2), brk(2) as kernel and
 * programs call them. */
#include "fs/vfs.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "proc/process.h"

/* --- limits --- */

uint64_t limit_of(unsigned resource)
{
	const struct process *p = current->process;
	return p ? p->rlimits[resource].cur : RLIMIT_NONE;
}

bool may_lock_pages(uint64_t pages)
{
	return pages <= limit_of(RLIMIT_MEMLOCK) >> PAGE_SHIFT || capable(CAP_IPC_LOCK);
}

/* What RLIMIT_DATA counts: private memory that can be written, but for stacks. */
static bool is_data(unsigned flags)
{
	return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWSDOWN)) == AREA_WRITE;
}

static uint64_t data_pages(const struct space *s)
{
	uint64_t pages = 0;
	const struct area *a;
	list_for_each (a, &s->areas, link) {
		if (is_data(a->flags))
			pages += area_pages(a);
	}
	return pages;
}

int space_may_grow(const struct space *s, uint64_t pages, unsigned flags)
{
	if (s->area_count >= AREAS_MAX || pages_low())
		return -ENOMEM;
	if (s->pages_mapped + pages > limit_of(RLIMIT_AS) >> PAGE_SHIFT)
		return -ENOMEM;
	uint64_t data = is_data(flags) ? limit_of(RLIMIT_DATA) : RLIMIT_NONE;
	if (data != RLIMIT_NONE && data_pages(s) + pages > data >> PAGE_SHIFT)
		return -ENOMEM;
	if ((flags & AREA_LOCKED) && !may_lock_pages(s->pages_locked + pages))
		return -EAGAIN;
	return (flags & AREA_ACCOUNT) && !memory_may_commit(pages) ? -ENOMEM : 0;
}

unsigned area_accounting(unsigned flags)
{
	bool reserve = !(flags & AREA_NORESERVE) || overcommit_mode() == OVERCOMMIT_NEVER;
	bool counts = (flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE && !(flags & AREA_VDSO);
	return reserve && counts ? AREA_ACCOUNT : 0;
}

int range_check(uaddr_t addr, uint64_t len, int error, uaddr_t *end)
{
	uint64_t size = ALIGN_UP(len, PAGE_SIZE);
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (size < len || addr > ARCH_USER_TOP || size > ARCH_USER_TOP - addr)
		return error;
	*end = addr + size;
	return 0;
}

/* --- placement --- */

uaddr_t space_place(struct space *s, uaddr_t hint, uint64_t len)
{
	if (len > ARCH_USER_TOP)
		return 0;
	hint &= PAGE_MASK;
	if (hint) {
		hint = MAX(hint, MIN_ADDRESS);
		/* Free, with the guard gap of a stack above it kept. */
		if (hint <= ARCH_USER_TOP - len && space_gap(s, len, hint, hint + len) == hint)
			return hint;
	}
	uaddr_t at = space_gap(s, len, MIN_ADDRESS, s->mmap_base);
	return at ? at : space_gap(s, len, MIN_ADDRESS, ARCH_USER_TOP);
}

/* Where the request goes; makes room for a fixed one. Address or -errno. (space->lock) */
static int64_t find_place(
    struct space *s, const struct map_request *r, uint64_t len, struct list *dead)
{
	if (!r->fixed && !r->noreplace) {
		uaddr_t at = space_place(s, r->addr, len);
		return at ? (int64_t)at : -ENOMEM;
	}
	if (r->noreplace && area_overlap(s, r->addr, r->addr + len))
		return -EEXIST;
	int err = space_unmap_locked(s, r->addr, r->addr + len, dead);
	return err ? err : (int64_t)r->addr;
}

/* --- mapping --- */

static int check_request(const struct map_request *r, uint64_t len)
{
	if (!r->len || (r->offset & ~PAGE_MASK))
		return -EINVAL;
	if (!len || len > ARCH_USER_TOP)
		return -ENOMEM;
	if (r->offset + len < r->offset)
		return -EOVERFLOW;
	if (!r->fixed && !r->noreplace)
		return 0;
	if (r->addr > ARCH_USER_TOP - len)
		return -ENOMEM;
	if (r->addr & ~PAGE_MASK)
		return -EINVAL;
	return r->addr < (uint64_t)sysctl_get(mmap_min_addr) && !capable(CAP_SYS_RAWIO) ? -EPERM
											: 0;
}

/* May the file be mapped like this? Says with MAYWRITE whether mprotect may allow writing. */
static int check_file(const struct map_request *r, unsigned *flags)
{
	const struct file *f = r->file;
	unsigned mode = f->flags & O_ACCMODE;
	bool shared = r->flags & AREA_SHARED;
	if (shared && (r->flags & AREA_WRITE) && mode != O_RDWR)
		return -EACCES;
	if (mode == O_WRONLY)
		return -EACCES;
	if (mount_has(f->path.mount, MS_NOEXEC)) {
		if (*flags & AREA_EXEC)
			return -EPERM;
		*flags |= AREA_NOEXEC;
	}
	if (!f->ops->mmap)
		return -ENODEV;
	if (r->flags & AREA_GROWSDOWN)
		return -EINVAL;
	if (!shared || mode == O_RDWR)
		*flags |= AREA_MAYWRITE;
	return 0;
}

/* The area to be inserted, with its file and mapping, but no place yet. ERR_PTR on failure. (no
 * lock) */
static struct area *make_area(const struct space *s, const struct map_request *r)
{
	struct area like = {
	    .flags = r->flags | s->default_flags, .name = r->name, .offset = r->offset};
	int err = space_denies_exec(s, AREA_EXEC, like.flags) ? -EACCES : 0;
	if (err)
		return ERR_PTR(err);
	if (r->file)
		err = check_file(r, &like.flags);
	else if ((r->flags & AREA_SHARED) && (r->flags & AREA_GROWSDOWN))
		err = -EINVAL;
	else if (!(r->flags & AREA_VVAR))
		like.flags |= AREA_MAYWRITE;
	if (err)
		return ERR_PTR(err);
	like.file = r->file;
	struct area *a = area_create(&like);
	if (!a)
		return ERR_PTR(-ENOMEM);
	err = r->file ? r->file->ops->mmap(r->file, a) : 0;
	/* Without a file's pages (no file, or /dev/zero), what is shared needs a tree of its own.
	 */
	if (!err && !a->mapping && (a->flags & AREA_SHARED) && !(a->flags & AREA_VDSO)) {
		a->mapping = shared_memory_create(
		    ALIGN_UP(r->len, PAGE_SIZE) >> PAGE_SHIFT, !(r->flags & AREA_NORESERVE));
		a->flags |= a->mapping ? AREA_SHARED_ANON | AREA_MAYWRITE : 0;
		if (!a->file && !a->name)
			a->name = "/dev/zero (deleted)"; /* as Linux shows it in /proc/PID/maps */
		a->offset = 0;
		err = a->mapping ? 0 : -ENOMEM;
	}
	a->flags |= area_accounting(a->flags);
	if (!a->mapping && !(a->flags & AREA_VDSO))
		a->offset = 0;
	if (!err)
		return a;
	area_free(a);
	return ERR_PTR(err);
}

static uint64_t mapped_within(struct space *s, uaddr_t start, uaddr_t end)
{
	uint64_t pages = 0;
	struct area *a;
	for_each_area(a, s, start, end)
	    pages += (MIN(a->end, end) - MAX(a->start, start)) >> PAGE_SHIFT;
	return pages;
}

/* Gives `a` its place in the space. Address or -errno. (space->lock) */
static int64_t place_area(
    struct space *s, const struct map_request *r, uint64_t len, struct area *a, struct list *dead)
{
	uint64_t replaced = r->fixed ? mapped_within(s, r->addr, r->addr + len) : 0;
	int err = space_may_grow(s, (len >> PAGE_SHIFT) - replaced, a->flags);
	if (err)
		return err;
	int64_t at = find_place(s, r, len, dead);
	if (at < 0)
		return at;
	a->start = at;
	a->end = at + len;
	area_insert(s, a);
	areas_merge(s, a->start, a->end, dead);
	return at;
}

int64_t space_map(struct space *s, const struct map_request *r)
{
	uint64_t len = ALIGN_UP(r->len, PAGE_SIZE);
	struct list dead = LIST_INIT(dead);
	int err = check_request(r, len);
	struct area *a = err ? ERR_PTR(err) : make_area(s, r);
	if (IS_ERR(a))
		return PTR_ERR(a);
	bool populate = r->populate || (a->flags & (AREA_LOCKED | AREA_LOCKONFAULT)) == AREA_LOCKED;
	mutex_lock(&s->lock);
	int64_t at = place_area(s, r, len, a, &dead);
	if (at >= 0 && populate)
		(void)space_populate(s, at, at + len);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	if (at < 0)
		area_free(a);
	return at;
}

/* --- unmapping --- */

int space_unmap_locked(struct space *s, uaddr_t start, uaddr_t end, struct list *dead)
{
	struct area *a = area_overlap(s, start, end), *next;
	if (!a)
		return 0;
	int err = areas_cut(s, start, end);
	if (err)
		return err;
	space_zap(s, start, end);
	for (a = area_overlap(s, start, end); a && a->start < end; a = next) {
		next = area_next(s, a);
		area_remove(s, a);
		list_append(dead, &a->link);
	}
	return 0;
}

int space_unmap(struct space *s, uaddr_t addr, uint64_t len)
{
	struct list dead = LIST_INIT(dead);
	uaddr_t end;
	int err = range_check(addr, len, -EINVAL, &end);
	if (err || end == addr)
		return -EINVAL;
	mutex_lock(&s->lock);
	err = space_unmap_locked(s, addr, end, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

/* --- protection --- */

/* What becomes writable is promised to the program from now on; it stays so. (space->lock) */
static int account_protection(struct area *a, unsigned prot)
{
	if (!(prot & AREA_WRITE) || (a->flags & AREA_ACCOUNT) ||
	    !area_accounting(a->flags | AREA_WRITE))
		return 0;
	int err = memory_commit(area_pages(a));
	if (!err)
		a->flags |= AREA_ACCOUNT;
	return err;
}

/* The part of one area that begins at `*at`, as far as `end`; advances *at. (space->lock) */
static int protect_part(struct space *s, uaddr_t *at, uaddr_t end, unsigned prot)
{
	const unsigned rights = AREA_READ | AREA_WRITE | AREA_EXEC;
	struct area *a = space_find(s, *at);
	if (!a)
		return -ENOMEM;
	uaddr_t part_end = MIN(a->end, end);
	if ((prot & AREA_WRITE) && !(a->flags & AREA_MAYWRITE))
		return -EACCES;
	if ((prot & AREA_EXEC) && (a->flags & (AREA_VVAR | AREA_NOEXEC)))
		return -EACCES;
	if (space_denies_exec(s, a->flags, prot))
		return -EACCES;
	if ((a->flags & rights) != prot) {
		int err = areas_cut(s, *at, part_end);
		if (err)
			return err;
		a = space_find(s, *at);
		err = account_protection(a, prot);
		if (err)
			return err;
		a->flags = (a->flags & ~rights) | prot;
		area_apply_protection(s, a);
	}
	*at = part_end;
	return 0;
}

int space_protect(struct space *s, uaddr_t addr, uint64_t len, unsigned prot)
{
	struct list dead = LIST_INIT(dead);
	uaddr_t end, at = addr;
	int err = range_check(addr, len, -ENOMEM, &end);
	if (err)
		return err;
	mutex_lock(&s->lock);
	while (at < end && !err)
		err = protect_part(s, &at, end, prot);
	areas_merge(s, addr, at, &dead);
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return err;
}

/* --- the break --- */

/* Makes [from, to) part of the heap. (space->lock) */
static int grow_heap(struct space *s, uaddr_t from, uaddr_t to)
{
	struct area like = {
	    .flags = AREA_READ | AREA_WRITE | AREA_MAYWRITE | AREA_HEAP | s->default_flags};
	like.flags |= area_accounting(like.flags);
	/* A page is left free below whatever comes next, and a stack's gap. */
	uint64_t room = to - from + PAGE_SIZE;
	if (to > ARCH_USER_TOP || space_gap(s, room, from, from + room) != from)
		return -ENOMEM;
	int err = space_may_grow(s, (to - from) >> PAGE_SHIFT, like.flags);
	if (err)
		return err;
	struct area *a = space_find(s, from - 1);
	if (a && a->end == from && a->flags == like.flags && !a->mapping && !a->file) {
		area_resize(s, a, a->start, to);
	} else {
		a = area_create(&like);
		if (!a)
			return -ENOMEM;
		a->start = from;
		a->end = to;
		area_insert(s, a);
	}
	if ((like.flags & (AREA_LOCKED | AREA_LOCKONFAULT)) == AREA_LOCKED)
		(void)space_populate(s, from, to);
	return 0;
}

static int move_break(struct space *s, uaddr_t new_brk, struct list *dead)
{
	uaddr_t from = ALIGN_UP(s->brk, PAGE_SIZE), to = ALIGN_UP(new_brk, PAGE_SIZE);
	if (new_brk < s->brk_start || new_brk > ARCH_USER_TOP)
		return -ENOMEM;
	uint64_t data = limit_of(RLIMIT_DATA);
	if (new_brk - s->brk_start + (s->data_end - s->data_start) > data)
		return -ENOMEM;
	if (to < from)
		return space_unmap_locked(s, to, from, dead);
	return to > from ? grow_heap(s, from, to) : 0;
}

uaddr_t space_brk(struct space *s, uaddr_t new_brk)
{
	struct list dead = LIST_INIT(dead);
	mutex_lock(&s->lock);
	if (move_break(s, new_brk, &dead) == 0)
		s->brk = new_brk;
	uaddr_t brk = s->brk;
	mutex_unlock(&s->lock);
	areas_free(&dead);
	return brk;
}
