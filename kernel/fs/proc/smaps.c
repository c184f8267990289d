/* /proc/PID/smaps and smaps_rollup: what each area has in memory, and with how many it is shared
 * (proc(5)). */
#include "fs/proc/procfs.h"
#include "mm/area.h"

/* Bytes; the proportional ones in 4096ths of a byte. */
struct totals {
	uint64_t rss, referenced, anonymous;
	uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t pss, pss_dirty, pss_anon, pss_file, pss_shmem, pss_locked;
};
#define PSS_SHIFT 12

uint64_t proc_mapped_by(const struct page *p)
{
	int32_t refs = __atomic_load_n(&p->refs, __ATOMIC_RELAXED);
	bool cached = (p->flags & PAGE_CACHE) && p->mapping;
	return (uint64_t)MAX(refs - cached, 1);
}

/* Nothing is written back anywhere: what is in memory counts as dirty, as Linux has it of tmpfs. */
static void count_page(
    struct totals *t, const struct area *a, const struct page *p, unsigned pt_flags)
{
	uint64_t mapped = proc_mapped_by(p), share = (PAGE_SIZE << PSS_SHIFT) / mapped;
	t->rss += PAGE_SIZE;
	if (pt_flags & PT_ACCESSED)
		t->referenced += PAGE_SIZE;
	if (mapped > 1)
		t->shared_dirty += PAGE_SIZE;
	else
		t->private_dirty += PAGE_SIZE;
	t->pss += share;
	t->pss_dirty += share;
	if (p->flags & PAGE_ANON) {
		t->anonymous += PAGE_SIZE;
		t->pss_anon += share;
	} else {
		t->pss_shmem += share;
	}
	if (a->flags & AREA_LOCKED)
		t->pss_locked += share;
}

/* (space->lock) */
static void count_area(struct totals *t, const struct space *s, const struct area *a)
{
	uaddr_t va = a->start;
	while ((va = arch_pt_next(&s->arch, va, a->end)) < a->end) {
		paddr_t pa;
		unsigned flags;
		struct page *p = arch_pt_query(&s->arch, va, &pa, &flags) ? page_of(pa) : NULL;
		if (p && !(p->flags & PAGE_RESERVED))
			count_page(t, a, p, flags);
		va += PAGE_SIZE;
	}
}

static void show_kib(struct proc_text *t, const char *name, uint64_t bytes)
{
	size_t line = t->len;
	text_printf(t, "%s:", name);
	while (t->len - line < 16 && !t->failed)
		text_append(t, " ", 1);
	text_printf(t, "%8lu kB\n", (unsigned long)(bytes >> 10));
}

static void show_totals(struct proc_text *t, const struct totals *n, bool rollup)
{
	show_kib(t, "Rss", n->rss);
	show_kib(t, "Pss", n->pss >> PSS_SHIFT);
	show_kib(t, "Pss_Dirty", n->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		show_kib(t, "Pss_Anon", n->pss_anon >> PSS_SHIFT);
		show_kib(t, "Pss_File", n->pss_file >> PSS_SHIFT);
		show_kib(t, "Pss_Shmem", n->pss_shmem >> PSS_SHIFT);
	}
	show_kib(t, "Shared_Clean", n->shared_clean);
	show_kib(t, "Shared_Dirty", n->shared_dirty);
	show_kib(t, "Private_Clean", n->private_clean);
	show_kib(t, "Private_Dirty", n->private_dirty);
	show_kib(t, "Referenced", n->referenced);
	show_kib(t, "Anonymous", n->anonymous);
	static const char *const none[] = {"KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped",
	    "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"};
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		show_kib(t, none[i], 0);
	show_kib(t, "Locked", n->pss_locked >> PSS_SHIFT);
}

/* The two letters of each flag, in Linux's order. */
static void show_flags(struct proc_text *t, const struct area *a)
{
	const unsigned any = ~0u;
	bool shared = a->flags & AREA_SHARED, may_write = a->flags & AREA_MAYWRITE;
	const struct {
		unsigned flag;
		const char *letters;
	} names[] = {{AREA_READ, "rd"}, {AREA_WRITE, "wr"}, {AREA_EXEC, "ex"},
	    {shared && may_write ? any : 0, "sh"}, {any, "mr"}, {AREA_MAYWRITE, "mw"},
	    {a->flags & (AREA_VVAR | AREA_NOEXEC) ? 0 : any, "me"}, {AREA_SHARED, "ms"},
	    {AREA_GROWSDOWN, "gd"}, {AREA_VVAR, "pf"}, {AREA_LOCKED, "lo"}, {AREA_SEQ_READ, "sr"},
	    {AREA_RAND_READ, "rr"}, {AREA_DONTFORK, "dc"}, {AREA_VDSO, "de"},
	    {AREA_LOCKONFAULT, "lf"}, {AREA_ACCOUNT, "ac"}, {AREA_NORESERVE, "nr"},
	    {AREA_WIPEONFORK, "wf"}, {AREA_DONTDUMP, "dd"}, {AREA_HUGEPAGE, "hg"},
	    {AREA_NOHUGEPAGE, "nh"}, {AREA_MERGEABLE, "mg"}, {AREA_DROPPABLE, "dp"}};
	text_printf(t, "VmFlags: ");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (a->flags & names[i].flag)
			text_printf(t, "%s ", names[i].letters);
	}
	text_append(t, "\n", 1);
}

static void show_area(struct proc_text *t, const struct space *s, const struct area *a, char *buf)
{
	struct totals n = {0};
	count_area(&n, s, a);
	proc_show_area(t, s, a, buf);
	show_kib(t, "Size", a->end - a->start);
	show_kib(t, "KernelPageSize", PAGE_SIZE);
	show_kib(t, "MMUPageSize", PAGE_SIZE);
	show_totals(t, &n, false);
	text_printf(t, "THPeligible:    %8u\n", 0);
	show_flags(t, a);
}

int proc_show_smaps(struct proc_text *t, const struct proc_inode *p)
{
	return proc_for_each_area(t, p, show_area);
}

int proc_show_smaps_rollup(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct space *s = proc_space_access(p, &err);
	struct totals n = {0};
	const struct area *a;
	if (!s)
		return err ? err : -ESRCH;
	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link)
		count_area(&n, s, a);
	if (!list_empty(&s->areas))
		text_printf(t, "%08lx-%08lx ---p 00000000 00:00 0%*s[rollup]\n",
		    (unsigned long)list_first(&s->areas, struct area, link)->start,
		    (unsigned long)list_last(&s->areas, struct area, link)->end, 26, "");
	mutex_unlock(&s->lock);
	show_totals(t, &n, true);
	space_put(s);
	return 0;
}
