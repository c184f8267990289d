/* Breakpoints in the code of traced programs. */
#include "patches.h"
#include "arch/thread.h"
#include "mm/heap.h"
#include "ptrace/ptrace.h"

struct patches *patches_new(void)
{
	struct patches *p = kzalloc(sizeof(*p));

	if (p)
		p->users = 1;
	return p;
}

struct patches *patches_copy(const struct patches *p)
{
	struct patches *copy = patches_new();

	if (!copy || !p->count)
		return copy;
	copy->list = kmalloc(p->count * sizeof(*p->list));
	if (!copy->list) {
		kfree(copy);
		return NULL;
	}
	copy->count = copy->room = p->count;
	memcpy(copy->list, p->list, p->count * sizeof(*p->list));
	return copy;
}

void patches_put(struct patches *p)
{
	if (!p || --p->users)
		return;
	kfree(p->list);
	kfree(p);
}

static struct patch *find(const struct patches *p, uaddr_t addr)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->list[i].addr == addr)
			return &p->list[i];
	return NULL;
}

bool patch_at(const struct patches *p, uaddr_t addr)
{
	return find(p, addr);
}

static int make_room(struct patches *p)
{
	unsigned room = p->room ? 2 * p->room : 8;
	struct patch *list;

	if (p->count < p->room)
		return 0;
	list = krealloc(p->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	p->list = list;
	p->room = room;
	return 0;
}

/* All or nothing: what was written of it before the mapping ended is put back. */
static int replace(int tid, uaddr_t addr, const void *new, const void *old)
{
	int64_t n = do_ptrace_write(tid, addr, new, arch_breakpoint_size);

	if (n == (int64_t)arch_breakpoint_size)
		return 0;
	if (n > 0)
		do_ptrace_write(tid, addr, old, (size_t)n);
	return n < 0 ? (int)n : -EIO;
}

int patch_plant(struct patches *p, int tid, uaddr_t addr)
{
	struct patch new = {.addr = addr};
	int64_t n;
	int err;

	if (find(p, addr))
		return 0;
	err = make_room(p);
	if (err)
		return err;
	n = do_ptrace_read(tid, addr, new.old, arch_breakpoint_size);
	if (n != (int64_t)arch_breakpoint_size)
		return n < 0 ? (int)n : -EIO;
	err = replace(tid, addr, arch_breakpoint, new.old);
	if (!err)
		p->list[p->count++] = new;
	return err;
}

int patch_lift(struct patches *p, int tid, uaddr_t addr)
{
	struct patch *patch = find(p, addr);
	int err = patch ? replace(tid, addr, patch->old, arch_breakpoint) : 0;

	if (patch && !err)
		*patch = p->list[--p->count];
	return err;
}

/* Swaps the part of the `n` bytes at `addr` that lies under this patch with what it keeps. */
static void swap(struct patch *patch, uaddr_t addr, uint8_t *buf, size_t n)
{
	for (unsigned i = 0; i < arch_breakpoint_size; i++) {
		uaddr_t at = patch->addr + i - addr; /* huge, where it lies before */
		if (at >= n)
			continue;
		uint8_t byte = buf[at];
		buf[at] = patch->old[i];
		patch->old[i] = byte;
	}
}

int64_t patches_read(const struct patches *p, int tid, uaddr_t addr, void *buf, size_t n)
{
	int64_t got = do_ptrace_read(tid, addr, buf, n);

	for (unsigned i = 0; got > 0 && i < p->count; i++) {
		struct patch copy = p->list[i];
		swap(&copy, addr, buf, (size_t)got);
	}
	return got;
}

/* What lies under a patch goes to its keeping, once it is known how far the memory reaches. */
int64_t patches_write(struct patches *p, int tid, uaddr_t addr, const void *buf, size_t n)
{
	uint8_t *bytes = kmalloc(n ? n : 1);
	int64_t done;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, buf, n);
	for (unsigned i = 0; i < p->count; i++)
		for (unsigned k = 0; k < arch_breakpoint_size; k++)
			if (p->list[i].addr + k - addr < n)
				bytes[p->list[i].addr + k - addr] = arch_breakpoint[k];
	done = do_ptrace_write(tid, addr, bytes, n);
	memcpy(bytes, buf, n);
	for (unsigned i = 0; done > 0 && i < p->count; i++)
		swap(&p->list[i], addr, bytes, (size_t)done);
	kfree(bytes);
	return done;
}

void patches_undo(struct patches *p, struct space *s)
{
	uint8_t now[PATCH_SIZE];

	for (unsigned i = 0; i < p->count; i++) {
		const struct patch *patch = &p->list[i];
		int64_t n = space_read(s, patch->addr, now, arch_breakpoint_size);

		if (n == (int64_t)arch_breakpoint_size && !memcmp(now, arch_breakpoint, (size_t)n))
			space_write(s, patch->addr, patch->old, (size_t)n, true);
	}
	p->count = 0;
}
