/* /proc/PID and /proc/PID/task/TID: the tables, and the shorter files. */
#include "fs/proc/procfs.h"
#include "printk.h"

static int show_comm(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	char comm[16];
	irqflags_t flags;

	if (!thread)
		return -ESRCH;
	flags = spin_lock(&task_lock);
	memcpy(comm, thread->comm, sizeof(comm));
	spin_unlock(&task_lock, flags);
	thread_put(thread);
	comm[15] = 0;
	text_printf(t, "%s\n", comm);
	return 0;
}

static int show_wchan(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	const char *reason;

	if (!thread)
		return -ESRCH;
	reason = __atomic_load_n(&thread->sched.wait_reason, __ATOMIC_RELAXED);
	thread_put(thread);
	text_printf(t, "%s", reason ? reason : "0");
	return 0;
}

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
    {"Max nice priority", ""},
    {"Max realtime priority", ""},
    {"Max realtime timeout", "us"},
};

static void format_limit(char *buf, size_t size, uint64_t v)
{
	if (v == UINT64_MAX)
		fmt_string(buf, size, "unlimited");
	else
		fmt_string(buf, size, "%lu", (unsigned long)v);
}

static int show_limits(struct proc_text *t, const struct proc_inode *p)
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
		text_printf(t, "%-25s %-20s %-20s %-10s\n", limit_names[k].name, soft, hard,
		    limit_names[k].unit);
	}
	return 0;
}

int proc_show_mounts(struct proc_text *t, const struct proc_inode *p)
{
	const size_t size = 8 * PAGE_SIZE;
	char *buf = kmalloc(size);
	int n;

	if (!buf)
		return -ENOMEM;
	n = mount_list(buf, size);
	if (n > 0)
		text_append(t, buf, MIN((size_t)n, size));
	kfree(buf);
	return n < 0 ? n : 0;
}

/* --- task/ --- */

static int next_thread(const struct proc_inode *dir, int from)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *process = dir->pid->process;
	struct thread *t;
	int best = -1;

	if (process) {
		list_for_each (t, &process->threads, process_link) {
			int nr = t->tid->nr;
			if (t->park != DEAD && nr >= from && (best < 0 || nr < best))
				best = nr;
		}
	}
	spin_unlock(&task_lock, flags);
	return best;
}

static int open_thread(const struct proc_inode *dir, int number, struct proc_inode *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = thread_find(number);
	int err = -ENOENT;

	if (t && t->process == dir->pid->process && t->process) {
		/* A leader's tid is its process's pid: the caller tells by the pointer whether it
		 * has a reference to give back. */
		out->pid = t->tid;
		out->thread = true;
		if (t->tid != dir->pid)
			pid_get(t->tid);
		err = 0;
	}
	spin_unlock(&task_lock, flags);
	return err;
}

#define COMMON_ENTRIES                                                                             \
	{"auxv", S_IFREG | 0400, .show = proc_show_auxv},                                          \
	    {"cmdline", S_IFREG | 0444, .show = proc_show_cmdline},                                \
	    {"comm", S_IFREG | 0444, .show = show_comm},                                           \
	    {"cwd", S_IFLNK | 0777, .link = proc_link_cwd, .follow = proc_follow_cwd},             \
	    {"environ", S_IFREG | 0400, .show = proc_show_environ},                                \
	    {"exe", S_IFLNK | 0777, .link = proc_link_exe, .follow = proc_follow_exe},             \
	    {"fd", S_IFDIR | 0500, .dynamic = &proc_fds},                                          \
	    {"fdinfo", S_IFDIR | 0555, .dynamic = &proc_fdinfos},                                  \
	    {"limits", S_IFREG | 0444, .show = show_limits},                                       \
	    {"maps", S_IFREG | 0444, .show = proc_show_maps},                                      \
	    {"mem", S_IFREG | 0600, .fops = &proc_mem_ops},                                        \
	    {"mounts", S_IFREG | 0444, .show = proc_show_mounts},                                  \
	    {"root", S_IFLNK | 0777, .link = proc_link_root, .follow = proc_follow_root},          \
	    {"stat", S_IFREG | 0444, .show = proc_show_stat},                                      \
	    {"statm", S_IFREG | 0444, .show = proc_show_statm},                                    \
	    {"status", S_IFREG | 0444, .show = proc_show_status},                                  \
	{                                                                                          \
		"wchan", S_IFREG | 0444, .show = show_wchan                                        \
	}

static const struct proc_entry thread_entries[] = {COMMON_ENTRIES, {0}};
static const struct proc_entry thread_entry = {"", S_IFDIR | 0555, .children = thread_entries};
const struct proc_dynamic proc_threads = {next_thread, open_thread, &thread_entry};

static const struct proc_entry process_entries[] = {
    COMMON_ENTRIES, {"task", S_IFDIR | 0555, .dynamic = &proc_threads}, {0}};
const struct proc_entry proc_pid_entry = {"", S_IFDIR | 0555, .children = process_entries};
