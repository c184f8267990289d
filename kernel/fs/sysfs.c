/* /sys: the processors, the one memory node and the terminals, as lscpu, nproc and C libraries look
 * for them. A table like /proc's. */
#include "fs/proc/procfs.h"
#include "printk.h"
#include "sched/sched.h"

#define SYSFS_MAGIC 0x62656572

#define TEXT(name, string)     {name, S_IFREG | 0444, .text = string, .size = PAGE_SIZE}
#define SHOWN(name, fn)        {name, S_IFREG | 0444, .show = fn, .size = PAGE_SIZE}
#define DIRECTORY(name, table) {name, S_IFDIR | 0755, .children = table}

static const struct proc_entry nothing[] = {{0}};

/* --- devices/system/cpu --- */

static uint64_t all_cpus(void)
{
	return (2ULL << (cpu_count - 1)) - 1;
}

static int show_ranges(struct proc_text *t, uint64_t mask)
{
	text_ranges(t, mask);
	text_puts(t, "\n");
	return 0;
}

static int show_mask(struct proc_text *t, uint64_t mask)
{
	text_mask(t, mask, cpu_count);
	text_puts(t, "\n");
	return 0;
}

static int show_online(struct proc_text *t, const struct proc_inode *p)
{
	return show_ranges(t, all_cpus());
}

static int show_online_mask(struct proc_text *t, const struct proc_inode *p)
{
	return show_mask(t, all_cpus());
}

static int show_none(struct proc_text *t, const struct proc_inode *p)
{
	return show_ranges(t, 0);
}

static int show_kernel_max(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%d\n", MAX_CPUS - 1);
	return 0;
}

static int show_core_id(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%ld\n", (long)p->number);
	return 0;
}

static int show_itself(struct proc_text *t, const struct proc_inode *p)
{
	return show_ranges(t, 1ULL << p->number);
}

static int show_itself_mask(struct proc_text *t, const struct proc_inode *p)
{
	return show_mask(t, 1ULL << p->number);
}

/* Each CPU is a core of its own; all are in one package. */
static const struct proc_entry topology_entries[] = {
    SHOWN("core_cpus", show_itself_mask),
    SHOWN("core_cpus_list", show_itself),
    SHOWN("core_id", show_core_id),
    SHOWN("core_siblings", show_online_mask),
    SHOWN("core_siblings_list", show_online),
    SHOWN("package_cpus", show_online_mask),
    SHOWN("package_cpus_list", show_online),
    TEXT("physical_package_id", "0\n"),
    SHOWN("thread_siblings", show_itself_mask),
    SHOWN("thread_siblings_list", show_itself),
    {0},
};

static const struct proc_entry cpu_entries[] = {DIRECTORY("topology", topology_entries), {0}};
static const struct proc_entry cpu_entry = DIRECTORY("", cpu_entries);

static int64_t next_cpu(const struct proc_inode *p, int64_t from)
{
	return from < cpu_count ? from : -1;
}

static int open_cpu(const struct proc_inode *p, int64_t number, struct proc_inode *out)
{
	out->number = number;
	return number < cpu_count ? 0 : -ENOENT;
}

static void name_cpu(const struct proc_inode *p, int64_t number, char *buf, size_t size)
{
	fmt_string(buf, size, "cpu%ld", (long)number);
}

static int64_t parse_cpu(const struct proc_inode *p, const char *name)
{
	char text[PROC_NAME_MAX];

	for (int64_t n = 0; n < cpu_count; n++) {
		name_cpu(p, n, text, sizeof(text));
		if (!strcmp(text, name))
			return n;
	}
	return -1;
}

static const struct proc_dynamic each_cpu = {
    .next = next_cpu, .open = open_cpu, .entry = &cpu_entry, .name = name_cpu, .parse = parse_cpu};

static const struct proc_entry cpus_entries[] = {
    SHOWN("isolated", show_none),
    SHOWN("kernel_max", show_kernel_max),
    SHOWN("offline", show_none),
    SHOWN("online", show_online),
    SHOWN("possible", show_online),
    SHOWN("present", show_online),
    {0},
};

/* --- devices/system/node --- */

static int show_node_memory(struct proc_text *t, const struct proc_inode *p)
{
	const unsigned long kib = PAGE_SIZE / 1024;
	struct page_stats st;

	page_stats(&st);
	text_printf(t,
	    "Node 0 MemTotal:       %8lu kB\nNode 0 MemFree:        %8lu kB\n"
	    "Node 0 MemUsed:        %8lu kB\n",
	    (unsigned long)st.total * kib, (unsigned long)st.free * kib,
	    (unsigned long)(st.total - st.free) * kib);
	return 0;
}

static const struct proc_entry node_entries[] = {
    SHOWN("cpulist", show_online),
    SHOWN("cpumap", show_online_mask),
    TEXT("distance", "10\n"),
    SHOWN("meminfo", show_node_memory),
    {0},
};

static const struct proc_entry nodes_entries[] = {
    TEXT("has_cpu", "0\n"),
    TEXT("has_memory", "0\n"),
    TEXT("has_normal_memory", "0\n"),
    DIRECTORY("node0", node_entries),
    TEXT("online", "0\n"),
    TEXT("possible", "0\n"),
    {0},
};

static const struct proc_entry system_entries[] = {
    {"cpu", S_IFDIR | 0755, .children = cpus_entries, .dynamic = &each_cpu},
    DIRECTORY("node", nodes_entries),
    {0},
};

/* --- the rest --- */

static const struct proc_entry console_entries[] = {
    TEXT("active", "ttyS0\n"), TEXT("dev", "5:1\n"), {0}};
static const struct proc_entry tty_entries[] = {TEXT("dev", "5:0\n"), {0}};
static const struct proc_entry serial_entries[] = {TEXT("dev", "4:64\n"), {0}};
static const struct proc_entry ttys_entries[] = {
    DIRECTORY("console", console_entries),
    DIRECTORY("tty", tty_entries),
    DIRECTORY("ttyS0", serial_entries),
    {0},
};

static const struct proc_entry class_entries[] = {
    DIRECTORY("block", nothing), DIRECTORY("net", nothing), DIRECTORY("tty", ttys_entries), {0}};
static const struct proc_entry dev_entries[] = {
    DIRECTORY("block", nothing), DIRECTORY("char", nothing), {0}};
static const struct proc_entry devices_entries[] = {DIRECTORY("system", system_entries), {0}};
static const struct proc_entry fs_entries[] = {DIRECTORY("cgroup", nothing), {0}};
static const struct proc_entry kernel_entries[] = {DIRECTORY("mm", nothing), {0}};

static const struct proc_entry root_entries[] = {
    DIRECTORY("block", nothing),
    DIRECTORY("class", class_entries),
    DIRECTORY("dev", dev_entries),
    DIRECTORY("devices", devices_entries),
    DIRECTORY("fs", fs_entries),
    DIRECTORY("kernel", kernel_entries),
    {0},
};
static const struct proc_entry root_entry = {"", S_IFDIR | 0555, .children = root_entries};

struct superblock *sysfs_create(void)
{
	return proc_superblock("sysfs", SYSFS_MAGIC, &root_entry);
}
