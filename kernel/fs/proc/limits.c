/* /proc/PID/limits. */
#include "fs/proc/procfs.h"
#include "printk.h"

static const struct {
	const char *name, *unit;
} limit_names[16] = {
    {"Max cpu time", "seconds"},
    {"Max file size", "bytes"},
    {"Max data size", "bytes"},
    {"Max stack size", "bytes"},
    {"Max core file size", "bytes"},
    {"Max resident set", "bytes"},
    {"Max processes", "processes"},
    {"Max open files", "files"},
    {"Max locked memory", "bytes"},
    {"Max address space", "bytes"},
    {"Max file locks", "locks"},
    {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"},
    {"Max nice priority", NULL},
    {"Max realtime priority", NULL},
    {"Max realtime timeout", "us"},
};

static void format_limit(char *buf, size_t size, uint64_t v)
{
	if (v == UINT64_MAX)
		fmt_string(buf, size, "unlimited");
	else
		fmt_string(buf, size, "%lu", (unsigned long)v);
}

int proc_show_limits(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	struct rlimit limits[16];
	char soft[24], hard[24];
	irqflags_t flags;

	if (!thread)
		return -ESRCH;
	flags = spin_lock(&task_lock);
	memcpy(limits, thread->process->rlimits, sizeof(limits));
	spin_unlock(&task_lock, flags);
	thread_put(thread);
	text_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned k = 0; k < ARRAY_SIZE(limits); k++) {
		format_limit(soft, sizeof(soft), limits[k].cur);
		format_limit(hard, sizeof(hard), limits[k].max);
		text_printf(t, "%-25s %-20s %-20s ", limit_names[k].name, soft, hard);
		if (limit_names[k].unit)
			text_printf(t, "%-10s", limit_names[k].unit);
		text_puts(t, "\n");
	}
	return 0;
}
