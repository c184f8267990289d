/* /proc/PID/pagemap and numa_maps: a process's memory page by page (proc(5)). */
#include "fs/proc/procfs.h"
#include "mm/area.h"

/* --- pagemap: a word for each page --- */

#define PM_EXCLUSIVE (1ULL << 56)
#define PM_FILE      (1ULL << 61)
#define PM_PRESENT   (1ULL << 63)
#define ENTRY        sizeof(uint64_t)

struct pagemap {
	struct space *space; /* with a reference; NULL: the process has none */
	bool show_frames;    /* who opened it may see where pages lie */
};

static int pagemap_open(struct inode *i, struct file *f)
{
	int err;
	struct space *s = proc_space_access(i->data, &err);
	struct pagemap *m = err ? NULL : kzalloc(sizeof(*m));

	if (err)
		return err;
	if (!m) {
		if (s)
			space_put(s);
		return -ENOMEM;
	}
	*m = (struct pagemap){s, fs_capable(CAP_SYS_ADMIN)};
	f->data = m;
	return 0;
}

static void pagemap_release(struct file *f)
{
	struct pagemap *m = f->data;

	if (m && m->space)
		space_put(m->space);
	kfree(m);
}

/* (space->lock) */
static uint64_t entry_of(const struct pagemap *m, uaddr_t va)
{
	paddr_t pa;
	unsigned flags;
	const struct page *p;
	uint64_t e = PM_PRESENT;

	if (!arch_pt_query(&m->space->arch, va, &pa, &flags))
		return 0;
	if (m->show_frames)
		e |= pa >> PAGE_SHIFT;
	p = page_of(pa);
	if (!p || (p->flags & PAGE_RESERVED))
		return e;
	if (!(p->flags & PAGE_ANON))
		e |= PM_FILE;
	return proc_mapped_by(p) == 1 ? e | PM_EXCLUSIVE : e;
}

static int64_t pagemap_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	const struct pagemap *m = f->data;
	int64_t total = 0, moved = 0;
	uint64_t *words;

	if (*pos % ENTRY || io->left % ENTRY)
		return -EINVAL;
	if (!m->space || !io->left)
		return 0;
	words = kmalloc(PAGE_SIZE);
	if (!words)
		return -ENOMEM;
	while (io->left && moved >= 0 && *pos / ENTRY < ARCH_USER_TOP >> PAGE_SHIFT) {
		uint64_t index = *pos / ENTRY, n = MIN(io->left, PAGE_SIZE) / ENTRY;

		n = MIN(n, (ARCH_USER_TOP >> PAGE_SHIFT) - index);
		mutex_lock(&m->space->lock);
		for (uint64_t k = 0; k < n; k++)
			words[k] = entry_of(m, (index + k) << PAGE_SHIFT);
		mutex_unlock(&m->space->lock);
		moved = io_put(io, words, n * ENTRY);
		if (moved > 0) {
			*pos += (uint64_t)moved;
			total += moved;
		}
		if (signal_pending_fatal(current))
			break;
	}
	kfree(words);
	return total ? total : moved;
}

static int64_t pagemap_seek(struct file *f, int64_t offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	f->pos = (whence == SEEK_CUR ? f->pos : 0) + (uint64_t)offset;
	return (int64_t)f->pos;
}

const struct file_ops proc_pagemap_ops = {
    .open = pagemap_open,
    .release = pagemap_release,
    .read = pagemap_read,
    .seek = pagemap_seek,
};

/* --- numa_maps: there is one node --- */

struct counts {
	uint64_t pages, anon, dirty, most_mapped;
};

/* (space->lock) */
static void count_pages(struct counts *n, const struct space *s, const struct area *a)
{
	for (uaddr_t va = a->start; (va = arch_pt_next(&s->arch, va, a->end)) < a->end;
	    va += PAGE_SIZE) {
		paddr_t pa;
		unsigned flags;
		const struct page *p = arch_pt_query(&s->arch, va, &pa, &flags) ? page_of(pa)
										: NULL;

		if (!p || (p->flags & PAGE_RESERVED))
			continue;
		n->pages++;
		n->anon += (p->flags & PAGE_ANON) != 0;
		n->dirty += (p->flags & PAGE_ANON) || (flags & PT_DIRTY);
		n->most_mapped = MAX(n->most_mapped, proc_mapped_by(p));
	}
}

static void show_count(struct proc_text *t, const char *name, uint64_t n)
{
	text_printf(t, " %s=%lu", name, (unsigned long)n);
}

static void show_numa(struct proc_text *t, const struct space *s, const struct area *a, char *buf)
{
	struct counts n = {0};
	char *name;

	count_pages(&n, s, a);
	text_printf(t, "%08lx ", (unsigned long)a->start);
	mem_policy_show(t, a->policy);
	if (a->flags & AREA_SHARED_ANON) {
		text_puts(t, " file=/dev/zero\\040(deleted)");
	} else if (a->file) {
		name = file_path(a->file, buf, PATH_MAX);
		text_puts(t, " file=");
		if (!IS_ERR(name))
			text_escaped(t, name, "\n\t= ");
	} else if (a->flags & AREA_HEAP) {
		text_puts(t, " heap");
	} else if (a->flags & AREA_STACK) {
		text_puts(t, " stack");
	}
	if (n.pages) {
		if (n.anon)
			show_count(t, "anon", n.anon);
		if (n.dirty)
			show_count(t, "dirty", n.dirty);
		if (n.pages != n.anon && n.pages != n.dirty)
			show_count(t, "mapped", n.pages);
		if (n.most_mapped > 1)
			show_count(t, "mapmax", n.most_mapped);
		show_count(t, "N0", n.pages);
		show_count(t, "kernelpagesize_kB", PAGE_SIZE / 1024);
	}
	text_append(t, "\n", 1);
}

int proc_show_numa_maps(struct proc_text *t, const struct proc_inode *p)
{
	return proc_for_each_area(t, p, show_numa);
}
