/* /proc's own files: what the whole system says of itself. */
#include "boot/boot_info.h"
#include "fs/proc/procfs.h"
#include "printk.h"
#include "sched/timer.h"
#include "version.h"

static int show_meminfo(struct proc_text *t, const struct proc_inode *p)
{
	struct page_stats st;
	const unsigned long kib = PAGE_SIZE / 1024;
	uint64_t cached;

	page_stats(&st);
	cached = st.cache;
	text_printf(t, "MemTotal:       %8lu kB\n", (unsigned long)st.total * kib);
	text_printf(t, "MemFree:        %8lu kB\n", (unsigned long)st.free * kib);
	text_printf(t, "MemAvailable:   %8lu kB\n", (unsigned long)st.free * kib);
	text_printf(t, "Buffers:        %8lu kB\n", 0UL);
	text_printf(t, "Cached:         %8lu kB\n", (unsigned long)cached * kib);
	text_printf(t, "SwapCached:     %8lu kB\n", 0UL);
	text_printf(t, "AnonPages:      %8lu kB\n", (unsigned long)st.user * kib);
	text_printf(t, "Shmem:          %8lu kB\n", (unsigned long)cached * kib);
	text_printf(t, "Slab:           %8lu kB\n", (unsigned long)st.slab * kib);
	text_printf(t, "KernelStack:    %8lu kB\n", (unsigned long)st.kstack * kib);
	text_printf(t, "PageTables:     %8lu kB\n", (unsigned long)st.page_table * kib);
	text_printf(t, "SwapTotal:      %8lu kB\n", 0UL);
	text_printf(t, "SwapFree:       %8lu kB\n", 0UL);
	return 0;
}

static ns_t idle_time(unsigned cpu)
{
	return __atomic_load_n(&cpus[cpu].idle_ns, __ATOMIC_RELAXED);
}

static int show_uptime(struct proc_text *t, const struct proc_inode *p)
{
	const ns_t centi = NS_PER_S / 100;
	ns_t now = time_now() / centi, idle = 0;

	for (unsigned k = 0; k < cpu_count; k++)
		idle += idle_time(k);
	idle /= centi;
	text_printf(t, "%lu.%02lu %lu.%02lu\n", (unsigned long)now / 100, (unsigned long)now % 100,
	    (unsigned long)idle / 100, (unsigned long)idle % 100);
	return 0;
}

/* CPU times in ticks: user, system and idle; what nobody accounts for counts as idle. */
static void show_cpu(struct proc_text *t, const char *name, ns_t user, ns_t system, ns_t idle)
{
	text_printf(t, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", name, (unsigned long)(user / TICK_NS),
	    (unsigned long)(system / TICK_NS), (unsigned long)(idle / TICK_NS));
}

static void sum_times(struct rusage_ns *sum, unsigned *processes, unsigned *running)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;

	list_for_each (p, &all_processes, all_link) {
		struct rusage_ns r;
		process_times(p, &r);
		sum->user += r.user;
		sum->system += r.system;
		(*processes)++;
		if (p->leader && thread_state_letter(p->leader) == 'R')
			(*running)++;
	}
	spin_unlock(&task_lock, flags);
}

static int show_stat(struct proc_text *t, const struct proc_inode *p)
{
	struct rusage_ns sum = {0};
	unsigned processes = 0, running = 0;
	uint64_t switches = 0, interrupts = 0;
	ns_t idle = 0;
	char name[16];

	sum_times(&sum, &processes, &running);
	for (unsigned k = 0; k < cpu_count; k++) {
		idle += idle_time(k);
		switches += cpus[k].switch_count;
		interrupts += cpus[k].irq_count;
	}
	show_cpu(t, "cpu ", sum.user, sum.system, idle);
	for (unsigned k = 0; k < cpu_count; k++) {
		ns_t busy = time_now() - idle_time(k);
		fmt_string(name, sizeof(name), "cpu%u", k);
		show_cpu(t, name, 0, MAX(busy, 0), idle_time(k));
	}
	text_printf(t,
	    "intr %lu\nctxt %lu\nbtime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
	    (unsigned long)interrupts, (unsigned long)switches,
	    (unsigned long)((time_realtime() - time_now()) / NS_PER_S), processes, running);
	return 0;
}

static int show_loadavg(struct proc_text *t, const struct proc_inode *p)
{
	struct rusage_ns sum = {0};
	unsigned processes = 0, running = 0;

	sum_times(&sum, &processes, &running);
	/* No averages are kept: the present load stands for all three. */
	text_printf(t, "%u.00 %u.00 %u.00 %u/%u %d\n", running, running, running, running,
	    processes, current->process ? current->process->pid->nr : 0);
	return 0;
}

static int show_cpuinfo(struct proc_text *t, const struct proc_inode *p)
{
	for (unsigned k = 0; k < cpu_count; k++)
		text_printf(t, "processor\t: %u\nhardware id\t: %lu\nmachine\t\t: %s\n\n", k,
		    (unsigned long)cpus[k].hw_id, arch_uname_machine);
	return 0;
}

static int show_version(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "Linux version %s (perilune) %s\n", LINUX_RELEASE, LINUX_VERSION);
	return 0;
}

static int show_filesystems(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc\n");
	return 0;
}

static int show_cmdline(struct proc_text *t, const struct proc_inode *p)
{
	text_append(t, boot_info.cmdline, strlen(boot_info.cmdline));
	text_append(t, "\n", 1);
	return 0;
}

static int link_mounts(const struct proc_inode *p, char *buf, size_t size)
{
	fmt_string(buf, size, "self/mounts");
	return 0;
}

static int link_self(const struct proc_inode *p, char *buf, size_t size)
{
	if (!current->process)
		return -ENOENT;
	fmt_string(buf, size, "%d", current->process->pid->nr);
	return 0;
}

static int link_thread_self(const struct proc_inode *p, char *buf, size_t size)
{
	if (!current->process)
		return -ENOENT;
	fmt_string(buf, size, "%d/task/%d", current->process->pid->nr, current->tid->nr);
	return 0;
}

static int next_process(const struct proc_inode *dir, int from)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;
	int best = -1;

	list_for_each (p, &all_processes, all_link) {
		int nr = p->pid->nr;
		if (nr >= from && (best < 0 || nr < best))
			best = nr;
	}
	spin_unlock(&task_lock, flags);
	return best;
}

static int open_process(const struct proc_inode *dir, int number, struct proc_inode *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = process_find(number);

	if (p) {
		out->pid = p->pid;
		pid_get(p->pid);
	}
	spin_unlock(&task_lock, flags);
	return p ? 0 : -ENOENT;
}

static const struct proc_dynamic processes = {next_process, open_process, &proc_pid_entry};

static const struct proc_entry entries[] = {
    {"cmdline", S_IFREG | 0444, .show = show_cmdline},
    {"cpuinfo", S_IFREG | 0444, .show = show_cpuinfo},
    {"filesystems", S_IFREG | 0444, .show = show_filesystems},
    {"loadavg", S_IFREG | 0444, .show = show_loadavg},
    {"meminfo", S_IFREG | 0444, .show = show_meminfo},
    {"mounts", S_IFLNK | 0777, .link = link_mounts},
    {"self", S_IFLNK | 0777, .link = link_self},
    {"stat", S_IFREG | 0444, .show = show_stat},
    {"sys", S_IFDIR | 0555, .children = proc_sys_entries},
    {"sysvipc", S_IFDIR | 0555, .children = proc_sysvipc_entries},
    {"thread-self", S_IFLNK | 0777, .link = link_thread_self},
    {"uptime", S_IFREG | 0444, .show = show_uptime},
    {"version", S_IFREG | 0444, .show = show_version},
    {0},
};

const struct proc_entry proc_root_entry = {
    "", S_IFDIR | 0555, .children = entries, .dynamic = &processes};
