/* /proc/PID and /proc/PID/task/TID: the tables, and the shorter files. */
#include "fs/proc/procfs.h"
#include "printk.h"

/* --- comm: what PR_SET_NAME sets --- */

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

static int write_comm(const struct proc_inode *p, const char *text)
{
	struct thread *thread = proc_thread(p);
	char comm[16] = {0};
	irqflags_t flags;
	bool same;

	if (!thread)
		return -ESRCH;
	same = thread->process == current->process;
	if (same) {
		memcpy(comm, text, MIN(strlen(text), sizeof(comm) - 1));
		flags = spin_lock(&task_lock);
		memcpy(thread->comm, comm, sizeof(comm));
		spin_unlock(&task_lock, flags);
	}
	thread_put(thread);
	return same ? 0 : -EINVAL;
}

static int show_personality(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct thread *thread = proc_thread_access(p, &err);

	if (!thread)
		return err;
	text_printf(t, "%08x\n", thread->process->personality);
	thread_put(thread);
	return 0;
}

/* --- what an audit trail knows a login by (pam_loginuid) --- */

static int show_process_number(
    struct proc_text *t, const struct proc_inode *p, const uint32_t *(*field)(struct process *))
{
	struct thread *thread = proc_thread(p);

	if (!thread)
		return -ESRCH;
	text_printf(t, "%u", *field(thread->process));
	thread_put(thread);
	return 0;
}

static const uint32_t *login_of(struct process *p)
{
	return &p->login_uid;
}

static const uint32_t *login_session_of(struct process *p)
{
	return &p->login_session;
}

static int show_loginuid(struct proc_text *t, const struct proc_inode *p)
{
	return show_process_number(t, p, login_of);
}

static int show_sessionid(struct proc_text *t, const struct proc_inode *p)
{
	return show_process_number(t, p, login_session_of);
}

/* Only one's own; once it is set only CAP_AUDIT_CONTROL changes it. */
static int write_loginuid(const struct proc_inode *p, const char *text)
{
	static uint32_t last_session; /* atomic */
	struct process *me = current->process;
	struct thread *thread = proc_thread(p);
	bool own = thread && thread->process == me;
	int64_t uid;
	int err;

	thread_put(thread);
	if (!own)
		return thread ? -EPERM : -ESRCH;
	err = proc_parse_int(text, &uid);
	if (err || uid < 0 || uid > UINT32_MAX)
		return -EINVAL;
	if (me->login_uid != UINT32_MAX && !fs_capable(CAP_AUDIT_CONTROL))
		return -EPERM;
	me->login_uid = (uint32_t)uid;
	me->login_session = uid == UINT32_MAX
				? UINT32_MAX
				: __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED);
	return 0;
}

/* --- which areas a core dump holds (core(5)) --- */

static int show_coredump_filter(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);

	if (!thread)
		return -ESRCH;
	if (thread->space)
		text_printf(t, "%08x\n", thread->process->coredump_filter);
	thread_put(thread);
	return 0;
}

static int write_coredump_filter(const struct proc_inode *p, const char *text)
{
	struct thread *thread = proc_thread(p);
	uint64_t n;
	int err;

	if (!thread)
		return -ESRCH;
	err = proc_parse_unsigned(text, &n);
	if (!err && n > UINT32_MAX)
		err = -ERANGE;
	if (!err)
		thread->process->coredump_filter = (uint32_t)n & COREDUMP_FILTER_MASK;
	thread_put(thread);
	return err;
}

static int may_read(const struct proc_inode *p)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);

	thread_put(t);
	return err;
}

/* The user namespace is the first one: every id is itself. */
#define ID_MAP "         0          0 4294967295\n"

/* --- task/ --- */

static int64_t next_thread(const struct proc_inode *dir, int64_t from)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *process = dir->pid->process;
	struct thread *t;
	int64_t best = -1;

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

static int open_thread(const struct proc_inode *dir, int64_t number, struct proc_inode *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = thread_find((int)number);
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

/* --- security attributes: no module keeps any --- */

static int show_attribute(struct proc_text *t, const struct proc_inode *p)
{
	return -EINVAL;
}

#define ATTRIBUTE(name) {name, S_IFREG | 0666, .show = show_attribute}
static const struct proc_entry attr_entries[] = {
    ATTRIBUTE("current"),
    {"prev", S_IFREG | 0444, .show = show_attribute},
    ATTRIBUTE("exec"),
    ATTRIBUTE("fscreate"),
    ATTRIBUTE("keycreate"),
    ATTRIBUTE("sockcreate"),
    {0},
};

/* --- pages that are merged: none --- */

static int show_ksm(struct proc_text *t, const struct proc_inode *p, const char *text)
{
	int err;
	struct space *s = proc_space_access(p, &err);

	if (s) {
		text_puts(t, text);
		space_put(s);
	}
	return err;
}

static int show_ksm_pages(struct proc_text *t, const struct proc_inode *p)
{
	return show_ksm(t, p, "0\n");
}

static int show_ksm_stat(struct proc_text *t, const struct proc_inode *p)
{
	return show_ksm(t, p,
	    "ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit 0\n");
}

/* What a process and each of its threads have alike. */
#define TASK_ENTRIES                                                                               \
	{"fd", S_IFDIR | 0500, .dynamic = &proc_fds},                                              \
	    {"fdinfo", S_IFDIR | 0555, .dynamic = &proc_fdinfos},                                  \
	    {"environ", S_IFREG | 0400, .show = proc_show_environ, .may_open = may_read},          \
	    {"auxv", S_IFREG | 0400, .show = proc_show_auxv, .may_open = may_read},                \
	    {"status", S_IFREG | 0444, .show = proc_show_status},                                  \
	    {"personality", S_IFREG | 0400, .show = show_personality},                             \
	    {"limits", S_IFREG | 0444, .show = proc_show_limits},                                  \
	    {"sched", S_IFREG | 0644, .show = proc_show_sched},                                    \
	    {"comm", S_IFREG | 0644, .show = show_comm, .write = write_comm},                      \
	    {"syscall", S_IFREG | 0400, .show = proc_show_syscall},                                \
	    {"cmdline", S_IFREG | 0444, .show = proc_show_cmdline},                                \
	    {"stat", S_IFREG | 0444, .show = proc_show_stat},                                      \
	    {"statm", S_IFREG | 0444, .show = proc_show_statm},                                    \
	    {"maps", S_IFREG | 0444, .show = proc_show_maps, .may_open = may_read},                \
	    {"mem", S_IFREG | 0600, .fops = &proc_mem_ops},                                        \
	    {"numa_maps", S_IFREG | 0444, .show = proc_show_numa_maps, .may_open = may_read},      \
	    {"pagemap", S_IFREG | 0400, .fops = &proc_pagemap_ops},                                \
	    {"attr", S_IFDIR | 0555, .children = attr_entries},                                    \
	    {"ksm_merging_pages", S_IFREG | 0400, .show = show_ksm_pages},                         \
	    {"ksm_stat", S_IFREG | 0400, .show = show_ksm_stat},                                   \
	    {"smaps", S_IFREG | 0444, .show = proc_show_smaps, .may_open = may_read},              \
	    {"smaps_rollup", S_IFREG | 0444, .show = proc_show_smaps_rollup,                       \
		.may_open = may_read},                                                             \
	    {"oom_score", S_IFREG | 0444, .show = proc_show_oom_score},                            \
	    {"oom_adj", S_IFREG | 0644, .show = proc_show_oom_adj, .write = proc_write_oom_adj},   \
	    {"oom_score_adj", S_IFREG | 0644, .show = proc_show_oom_score_adj,                     \
		.write = proc_write_oom_score_adj},                                                \
	    {"cwd", S_IFLNK | 0777, .link = proc_link_cwd, .follow = proc_follow_cwd},             \
	    {"root", S_IFLNK | 0777, .link = proc_link_root, .follow = proc_follow_root},          \
	    {"exe", S_IFLNK | 0777, .link = proc_link_exe, .follow = proc_follow_exe},             \
	    {"mounts", S_IFREG | 0444, .show = proc_show_mounts},                                  \
	    {"mountinfo", S_IFREG | 0444, .show = proc_show_mountinfo},                            \
	    {"wchan", S_IFREG | 0444, .show = proc_show_wchan},                                    \
	    {"stack", S_IFREG | 0400, .show = proc_show_stack},                                    \
	    {"schedstat", S_IFREG | 0444, .show = proc_show_schedstat},                            \
	    {"cpuset", S_IFREG | 0444, .text = "/\n"}, {"cgroup", S_IFREG | 0444, .text = ""},     \
	    {"loginuid", S_IFREG | 0644, .show = show_loginuid, .write = write_loginuid},          \
	    {"sessionid", S_IFREG | 0444, .show = show_sessionid},                                 \
	    {"io", S_IFREG | 0400, .show = proc_show_io},                                          \
	    {"uid_map", S_IFREG | 0644, .text = ID_MAP},                                           \
	    {"gid_map", S_IFREG | 0644, .text = ID_MAP},                                           \
	    {"projid_map", S_IFREG | 0644, .text = ID_MAP},                                        \
	    {"setgroups", S_IFREG | 0644, .text = "allow\n"}

static const struct proc_entry thread_entries[] = {
    TASK_ENTRIES,
    {"ns", S_IFDIR | 0511, .children = proc_ns_entries},
    {"net", S_IFDIR | 0555, .children = proc_net_entries},
    {"children", S_IFREG | 0444, .show = proc_show_children},
    {0},
};
static const struct proc_entry thread_entry = {"", S_IFDIR | 0555, .children = thread_entries};
const struct proc_dynamic proc_threads = {
    .next = next_thread, .open = open_thread, .entry = &thread_entry, .tasks = true};

static const struct proc_entry process_entries[] = {
    {"task", S_IFDIR | 0555, .dynamic = &proc_threads},
    TASK_ENTRIES,
    {"map_files", S_IFDIR | 0500, .dynamic = &proc_map_files},
    {"ns", S_IFDIR | 0511, .children = proc_ns_entries},
    {"net", S_IFDIR | 0555, .children = proc_net_entries},
    {"mountstats", S_IFREG | 0400, .show = proc_show_mountstats},
    {"timers", S_IFREG | 0444, .show = proc_show_timers},
    {"timerslack_ns", S_IFREG | 0666, .show = proc_show_timer_slack,
	.write = proc_write_timer_slack},
    {"timens_offsets", S_IFREG | 0644, .show = proc_show_time_offsets,
	.write = proc_write_time_offsets},
    {"coredump_filter", S_IFREG | 0644, .show = show_coredump_filter,
	.write = write_coredump_filter},
    {0},
};
const struct proc_entry proc_pid_entry = {"", S_IFDIR | 0555, .children = process_entries};
