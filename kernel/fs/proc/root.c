/* /proc's own files: what the whole system says of itself. */
#include "boot/boot_info.h"
#include "fs/proc/procfs.h"
#include "printk.h"
#include "sched/timer.h"
#include "version.h"

#define COMPILER "clang version " __clang_version__

static int show_version(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "Linux version %s (perilune@localhost) (" COMPILER ") %s\n", LINUX_RELEASE,
	    LINUX_VERSION);
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

static int link_net(const struct proc_inode *p, char *buf, size_t size)
{
	fmt_string(buf, size, "self/net");
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

static int64_t next_process(const struct proc_inode *dir, int64_t from)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;
	int64_t best = -1;

	list_for_each (p, &all_processes, all_link) {
		int nr = p->pid->nr;
		if (nr >= from && (best < 0 || nr < best))
			best = nr;
	}
	spin_unlock(&task_lock, flags);
	return best;
}

/* A thread's number works as well, though it is not listed. */
static int open_process(const struct proc_inode *dir, int64_t number, struct proc_inode *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct pid *pid = pid_find((int)number);
	bool found = pid && (pid->process || pid->thread);

	if (found) {
		out->pid = pid;
		pid_get(pid);
	}
	spin_unlock(&task_lock, flags);
	return found ? 0 : -ENOENT;
}

static const struct proc_dynamic processes = {
    .next = next_process, .open = open_process, .entry = &proc_pid_entry, .tasks = true};

static const struct proc_entry fs_entries[] = {{0}};
static const struct proc_entry driver_entries[] = {{0}};

/* As the drivers of this kernel would enter themselves: ps finds the names of terminals here. */
#define TTY_DRIVERS                                                                                \
	"/dev/tty             /dev/tty        5       0 system:/dev/tty\n"                         \
	"/dev/console         /dev/console    5       1 system:console\n"                          \
	"/dev/ptmx            /dev/ptmx       5       2 system\n"                                  \
	"serial               /dev/ttyS       4      64 serial\n"                                  \
	"pty_slave            /dev/pts      136 0-1048575 pty:slave\n"                             \
	"pty_master           /dev/ptm      128 0-1048575 pty:master\n"
#define DEVICES                                                                                    \
	"Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"   \
	"136 pts\n\nBlock devices:\n"
#define CONSOLES "ttyS0                -W- (EC  p a)    4:64\n"

static const struct proc_entry tty_entries[] = {
    {"drivers", S_IFREG | 0444, .text = TTY_DRIVERS},
    {"ldiscs", S_IFREG | 0444, .text = "n_tty       0\n"},
    {0},
};

/* What a machine without disks, swap, modules and DMA has to say. */
#define SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static const struct proc_entry entries[] = {
    {"cmdline", S_IFREG | 0444, .show = show_cmdline},
    {"consoles", S_IFREG | 0444, .text = CONSOLES},
    {"cpuinfo", S_IFREG | 0444, .show = proc_show_cpuinfo},
    {"devices", S_IFREG | 0444, .text = DEVICES},
    {"diskstats", S_IFREG | 0444, .text = ""},
    {"driver", S_IFDIR | 0555, .children = driver_entries},
    {"filesystems", S_IFREG | 0444, .show = proc_show_filesystems},
    {"fs", S_IFDIR | 0555, .children = fs_entries},
    {"interrupts", S_IFREG | 0444, .show = proc_show_interrupts},
    {"loadavg", S_IFREG | 0444, .show = proc_show_loadavg},
    {"locks", S_IFREG | 0444, .show = proc_show_locks},
    {"meminfo", S_IFREG | 0444, .show = proc_show_meminfo},
    {"misc", S_IFREG | 0444, .text = ""},
    {"modules", S_IFREG | 0444, .text = ""},
    {"mounts", S_IFLNK | 0777, .link = link_mounts},
    {"net", S_IFLNK | 0777, .link = link_net},
    {"partitions", S_IFREG | 0444, .text = ""},
    {"self", S_IFLNK | 0777, .link = link_self},
    {"softirqs", S_IFREG | 0444, .show = proc_show_softirqs},
    {"stat", S_IFREG | 0444, .show = proc_show_cpu_stat},
    {"swaps", S_IFREG | 0444, .text = SWAPS},
    {"sys", S_IFDIR | 0555, .children = proc_sys_entries, .parameter = true},
    {"sysvipc", S_IFDIR | 0555, .children = proc_sysvipc_entries},
    {"thread-self", S_IFLNK | 0777, .link = link_thread_self},
    {"tty", S_IFDIR | 0555, .children = tty_entries},
    {"uptime", S_IFREG | 0444, .show = proc_show_uptime},
    {"version", S_IFREG | 0444, .show = show_version},
    {"vmstat", S_IFREG | 0444, .show = proc_show_vmstat},
    {0},
};

const struct proc_entry proc_root_entry = {
    "", S_IFDIR | 0555, .children = entries, .dynamic = &processes};
