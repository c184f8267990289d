/* /proc/meminfo (proc(5)): what memory there is and who has it, to the page. */
#include "arch/mmu.h"
#include "fs/proc/procfs.h"
#include "mm/area.h"

#define HUGE_PAGE_SIZE (2UL << 20)

static void show_kib(struct proc_text *t, const char *name, uint64_t pages)
{
	size_t line = t->len;
	text_printf(t, "%s:", name);
	while (t->len - line < 16 && !t->failed)
		text_append(t, " ", 1);
	text_printf(t, "%8lu kB\n", (unsigned long)(pages * (PAGE_SIZE >> 10)));
}

/* What is in the LRU lists of other kernels: here nothing ages. */
static void show_lists(struct proc_text *t, uint64_t anon)
{
	show_kib(t, "Active", 0);
	show_kib(t, "Inactive", anon);
	show_kib(t, "Active(anon)", 0);
	show_kib(t, "Inactive(anon)", anon);
	show_kib(t, "Active(file)", 0);
	show_kib(t, "Inactive(file)", 0);
	show_kib(t, "Unevictable", 0);
	show_kib(t, "Mlocked", 0);
}

static void show_none(struct proc_text *t, const char *const *names)
{
	for (; *names; names++)
		show_kib(t, *names, 0);
}

static void show_huge(struct proc_text *t)
{
	static const char *const none[] = {"AnonHugePages", "ShmemHugePages", "ShmemPmdMapped",
	    "FileHugePages", "FilePmdMapped", NULL};
	show_none(t, none);
	text_printf(t,
	    "HugePages_Total:%8u\nHugePages_Free: %8u\nHugePages_Rsvd: %8u\n"
	    "HugePages_Surp: %8u\n",
	    0, 0, 0, 0);
	show_kib(t, "Hugepagesize", HUGE_PAGE_SIZE >> PAGE_SHIFT);
	show_kib(t, "Hugetlb", 0);
}

int proc_show_meminfo(struct proc_text *t, const struct proc_inode *p)
{
	static const char *const io[] = {
	    "SwapTotal", "SwapFree", "Zswap", "Zswapped", "Dirty", "Writeback", NULL};
	static const char *const rest[] = {
	    "SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp", NULL};
	struct page_stats st;
	page_stats(&st);
	/* The archive of the initramfs is its files' content, where it lies. */
	uint64_t files = st.cache + st.filled + st.initramfs;
	show_kib(t, "MemTotal", pages_usable());
	show_kib(t, "MemFree", st.free);
	show_kib(t, "MemAvailable", st.free);
	show_kib(t, "Buffers", 0);
	show_kib(t, "Cached", files);
	show_kib(t, "SwapCached", 0);
	show_lists(t, st.user + files);
	show_none(t, io);
	show_kib(t, "AnonPages", st.user);
	show_kib(t, "Mapped", pages_mapped_of_files());
	show_kib(t, "Shmem", files);
	show_kib(t, "KReclaimable", 0);
	show_kib(t, "Slab", st.slab);
	show_kib(t, "SReclaimable", 0);
	show_kib(t, "SUnreclaim", st.slab);
	show_kib(t, "KernelStack", st.kstack);
	show_kib(t, "PageTables", st.page_table);
	show_none(t, rest);
	show_kib(t, "CommitLimit", memory_commit_limit());
	show_kib(t, "Committed_AS", memory_committed());
	show_kib(t, "VmallocTotal", (arch_vmap_end - arch_vmap_start) >> PAGE_SHIFT);
	show_kib(t, "VmallocUsed", st.kstack);
	show_kib(t, "VmallocChunk", 0);
	show_kib(t, "Percpu", 0);
	show_huge(t);
	return 0;
}
