/* /proc/sys: the kernel's parameters. */
#include "fs/devpts.h"
#include "fs/proc/procfs.h"
#include "ipc/ipc.h"
#include "printk.h"
#include "random.h"
#include "sysctl.h"
#include "version.h"

struct spinlock sysctl_lock = SPINLOCK_INIT("sysctl", RANK_FS);
struct sysctls sysctls = {
    .pid_max = 32768,
    .threads_max = 32768,
    .perf_event_paranoid = 3,
    .dmesg_restrict = 1,
    .protected_symlinks = 1,
    .protected_hardlinks = 1,
    .sched_rr_timeslice_ms = 100,
    .sched_rt_period_us = 1000000,
    .sched_rt_runtime_us = 950000,
    .file_max = INT64_MAX,
    .nr_open = 1048576,
    .pipe_max_size = 1048576,
    .pipe_user_pages_soft = 16384,
    .inotify_watches = 8192,
    .inotify_instances = 128,
    .inotify_queued_events = 16384,
    .overcommit_ratio = 50,
    .max_map_count = 65530,
    .mmap_min_addr = 4096,
    .swappiness = 60,
    .mq_queues_max = 256,
    .mq_msg_max = 10,
    .mq_msgsize_max = 8192,
    .mq_msg_default = 10,
    .mq_msgsize_default = 8192,
    .msgmax = MSGMAX,
    .msgmnb = MSGMNB,
    .msgmni = MSGMNI,
    .shmmni = SHMMNI,
    .msg_next_id = -1,
    .sem_next_id = -1,
    .shm_next_id = -1,
    .shmmax = SHMMAX,
    .shmall = SHMALL,
    .sem = {SEMMSL, SEMMNS, SEMOPM, SEMMNI},
    .pty_max = 4096,
    .pty_reserve = 1024,
    .core_pattern = "core",
};

/* A row for a number in `sysctls` that root may set within bounds; one that only shows. */
#define NUMBER(name, field, least, most)                                                           \
	{name, S_IFREG | 0644, .value = &(const struct proc_value){&sysctls.field, least, most},   \
	    .parameter = true}
#define CONSTANT(name, string) {name, S_IFREG | 0444, .text = string, .parameter = true}
#define SHOWN(name, fn)        {name, S_IFREG | 0444, .show = fn, .parameter = true}
#define DIRECTORY(name, table) {name, S_IFDIR | 0555, .children = table, .parameter = true}

/* --- names --- */

static int show_hostname(struct proc_text *t, const struct proc_inode *p)
{
	char name[65];

	system_hostname(name, sizeof(name));
	text_printf(t, "%s\n", name);
	return 0;
}

static int show_domainname(struct proc_text *t, const struct proc_inode *p)
{
	char name[65];

	system_domainname(name, sizeof(name));
	text_printf(t, "%s\n", name);
	return 0;
}

/* The first line of what was written, as proc_dostring takes it. */
static void first_line(const char *text, char *out, size_t size)
{
	size_t n = 0;

	while (text[n] && text[n] != '\n' && n < size - 1)
		n++;
	memcpy(out, text, n);
	out[n] = 0;
}

static int write_hostname(const struct proc_inode *p, const char *text)
{
	char name[65];

	first_line(text, name, sizeof(name));
	system_set_hostname(name);
	return 0;
}

static int write_domainname(const struct proc_inode *p, const char *text)
{
	char name[65];

	first_line(text, name, sizeof(name));
	system_set_domainname(name);
	return 0;
}

static int show_core_pattern(struct proc_text *t, const struct proc_inode *p)
{
	char pattern[sizeof(sysctls.core_pattern)];
	irqflags_t flags = spin_lock(&sysctl_lock);

	memcpy(pattern, sysctls.core_pattern, sizeof(pattern));
	spin_unlock(&sysctl_lock, flags);
	text_printf(t, "%s\n", pattern);
	return 0;
}

static int write_core_pattern(const struct proc_inode *p, const char *text)
{
	char pattern[sizeof(sysctls.core_pattern)];
	irqflags_t flags;

	first_line(text, pattern, sizeof(pattern));
	flags = spin_lock(&sysctl_lock);
	memcpy(sysctls.core_pattern, pattern, sizeof(pattern));
	spin_unlock(&sysctl_lock, flags);
	return 0;
}

static int show_last_pid(struct proc_text *t, const struct proc_inode *p)
{
	irqflags_t flags = spin_lock(&task_lock);
	int nr = pid_last();

	spin_unlock(&task_lock, flags);
	text_printf(t, "%d\n", nr);
	return 0;
}

/* Levels: of the console, of messages without one, the least and the default for the console. */
static int show_printk(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%d\t4\t1\t7\n", log_console_loglevel());
	return 0;
}

/* --- random --- */

/* A version 4 UUID of these random bits (RFC 9562). */
static void print_uuid(struct proc_text *t, uint64_t high, uint64_t low)
{
	high = (high & ~0xf000ULL) | 0x4000;
	low = (low & ~(3ULL << 62)) | 2ULL << 62;
	text_printf(t, "%08lx-%04lx-%04lx-%04lx-%012lx\n", (unsigned long)(high >> 32),
	    (unsigned long)(high >> 16 & 0xffff), (unsigned long)(high & 0xffff),
	    (unsigned long)(low >> 48), (unsigned long)(low & 0xffffffffffffULL));
}

static int show_uuid(struct proc_text *t, const struct proc_inode *p)
{
	print_uuid(t, random_u64(), random_u64());
	return 0;
}

static int show_boot_id(struct proc_text *t, const struct proc_inode *p)
{
	static struct mutex lock = MUTEX_INIT("boot_id");
	static uint64_t id[2];

	mutex_lock(&lock);
	while (!id[0])
		random_fill(id, sizeof(id));
	mutex_unlock(&lock);
	print_uuid(t, id[0], id[1]);
	return 0;
}

static const struct proc_entry random_entries[] = {
    SHOWN("boot_id", show_boot_id),
    CONSTANT("entropy_avail", "256\n"),
    CONSTANT("poolsize", "256\n"),
    CONSTANT("urandom_min_reseed_secs", "60\n"),
    SHOWN("uuid", show_uuid),
    CONSTANT("write_wakeup_threshold", "256\n"),
    {0},
};

/* --- files --- */

static int show_file_nr(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%ld\t0\t%ld\n", (long)file_count(), (long)sysctl_get(file_max));
	return 0;
}

static const struct proc_entry inotify_entries[] = {
    NUMBER("max_queued_events", inotify_queued_events, 0, INT32_MAX),
    NUMBER("max_user_instances", inotify_instances, 0, INT32_MAX),
    NUMBER("max_user_watches", inotify_watches, 0, INT32_MAX),
    {0},
};

static const struct proc_entry epoll_entries[] = {
    CONSTANT("max_user_watches", "65536\n"),
    {0},
};

static const struct proc_entry mqueue_entries[] = {
    NUMBER("msg_default", mq_msg_default, 1, 65536),
    NUMBER("msg_max", mq_msg_max, 1, 65536),
    NUMBER("msgsize_default", mq_msgsize_default, 128, 16 << 20),
    NUMBER("msgsize_max", mq_msgsize_max, 128, 16 << 20),
    NUMBER("queues_max", mq_queues_max, INT32_MIN, INT32_MAX),
    {0},
};

static const struct proc_entry fs_entries[] = {
    DIRECTORY("epoll", epoll_entries),
    NUMBER("file-max", file_max, 0, INT64_MAX),
    SHOWN("file-nr", show_file_nr),
    DIRECTORY("inotify", inotify_entries),
    DIRECTORY("mqueue", mqueue_entries),
    NUMBER("nr_open", nr_open, 64, 2147483584),
    CONSTANT("overflowgid", "65534\n"),
    CONSTANT("overflowuid", "65534\n"),
    NUMBER("pipe-max-size", pipe_max_size, 4096, INT32_MAX),
    NUMBER("pipe-user-pages-hard", pipe_user_pages_hard, 0, INT64_MAX),
    NUMBER("pipe-user-pages-soft", pipe_user_pages_soft, 0, INT64_MAX),
    NUMBER("protected_fifos", protected_fifos, 0, 2),
    NUMBER("protected_hardlinks", protected_hardlinks, 0, 1),
    NUMBER("protected_regular", protected_regular, 0, 2),
    NUMBER("protected_symlinks", protected_symlinks, 0, 1),
    NUMBER("suid_dumpable", suid_dumpable, 0, 2),
    {0},
};

/* --- the rest --- */

static int show_ptrace_scope(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%d\n", __atomic_load_n(&ptrace_scope, __ATOMIC_RELAXED));
	return 0;
}

static int write_ptrace_scope(const struct proc_inode *p, const char *text)
{
	int64_t n;
	int err = proc_parse_int(text, &n);

	if (err || n < INT32_MIN || n > INT32_MAX)
		return -EINVAL;
	return ptrace_scope_set((int)n);
}

static int show_random_level(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%d\n", space_random_level());
	return 0;
}

static int write_random_level(const struct proc_inode *p, const char *text)
{
	int64_t n;
	int err = proc_parse_int(text, &n);

	if (err || n < INT32_MIN || n > INT32_MAX)
		return -EINVAL;
	space_set_random_level((int)n);
	return 0;
}

static const struct proc_entry yama_entries[] = {
    {"ptrace_scope", S_IFREG | 0644, .show = show_ptrace_scope, .write = write_ptrace_scope,
	.parameter = true},
    {0},
};

static int show_ptys(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%ld\n", (long)devpts_count());
	return 0;
}

static const struct proc_entry pty_entries[] = {
    NUMBER("max", pty_max, 0, DEVPTS_LIMIT_MAX),
    SHOWN("nr", show_ptys),
    NUMBER("reserve", pty_reserve, 0, DEVPTS_LIMIT_MAX),
    {0},
};

static const struct proc_entry tty_entries[] = {
    NUMBER("ldisc_autoload", ldisc_autoload, 0, 1),
    NUMBER("legacy_tiocsti", legacy_tiocsti, 0, 1),
    {0},
};

static const struct proc_entry dev_entries[] = {
    DIRECTORY("tty", tty_entries),
    {0},
};

static const struct proc_entry kernel_entries[] = {
    CONSTANT("cap_last_cap", "40\n"),
    {"core_pattern", S_IFREG | 0644, .show = show_core_pattern, .write = write_core_pattern,
	.parameter = true},
    NUMBER("core_pipe_limit", core_pipe_limit, 0, INT32_MAX),
    NUMBER("core_uses_pid", core_uses_pid, INT32_MIN, INT32_MAX),
    NUMBER("dmesg_restrict", dmesg_restrict, 0, 1),
    {"domainname", S_IFREG | 0644, .show = show_domainname, .write = write_domainname,
	.parameter = true},
    {"hostname", S_IFREG | 0644, .show = show_hostname, .write = write_hostname, .parameter = true},
    NUMBER("kptr_restrict", kptr_restrict, 0, 2),
    NUMBER("msg_next_id", msg_next_id, 0, INT32_MAX),
    NUMBER("msgmax", msgmax, 0, INT32_MAX),
    NUMBER("msgmnb", msgmnb, 0, INT32_MAX),
    NUMBER("msgmni", msgmni, 0, IPC_MOST),
    CONSTANT("ngroups_max", "65536\n"),
    SHOWN("ns_last_pid", show_last_pid),
    CONSTANT("osrelease", LINUX_RELEASE "\n"),
    CONSTANT("ostype", "Linux\n"),
    CONSTANT("overflowgid", "65534\n"),
    CONSTANT("overflowuid", "65534\n"),
    NUMBER("panic", panic, INT32_MIN, INT32_MAX),
    NUMBER("panic_on_oops", panic_on_oops, INT32_MIN, INT32_MAX),
    NUMBER("perf_event_paranoid", perf_event_paranoid, INT32_MIN, INT32_MAX),
    NUMBER("pid_max", pid_max, 301, 32768),
    SHOWN("printk", show_printk),
    DIRECTORY("pty", pty_entries),
    DIRECTORY("random", random_entries),
    {"randomize_va_space", S_IFREG | 0644, .show = show_random_level, .write = write_random_level,
	.parameter = true},
    NUMBER("sched_child_runs_first", sched_child_runs_first, 0, 1),
    NUMBER("sched_rr_timeslice_ms", sched_rr_timeslice_ms, INT32_MIN, INT32_MAX),
    NUMBER("sched_rt_period_us", sched_rt_period_us, 1, INT32_MAX),
    NUMBER("sched_rt_runtime_us", sched_rt_runtime_us, -1, INT32_MAX),
    NUMBER("threads-max", threads_max, 1, INT32_MAX),
    {"sem", S_IFREG | 0644, .show = proc_show_sem_limits, .write = proc_write_sem_limits,
	.parameter = true},
    NUMBER("sem_next_id", sem_next_id, 0, INT32_MAX),
    NUMBER("shm_next_id", shm_next_id, 0, INT32_MAX),
    {"shmall", S_IFREG | 0644, .show = proc_show_shmall, .write = proc_write_shmall,
	.parameter = true},
    {"shmmax", S_IFREG | 0644, .show = proc_show_shmmax, .write = proc_write_shmmax,
	.parameter = true},
    NUMBER("shmmni", shmmni, 0, IPC_MOST),
    CONSTANT("version", LINUX_VERSION "\n"),
    DIRECTORY("yama", yama_entries),
    {0},
};

static const struct proc_entry vm_entries[] = {
    NUMBER("max_map_count", max_map_count, 0, INT32_MAX),
    NUMBER("memfd_noexec", memfd_noexec, 0, 2),
    NUMBER("mmap_min_addr", mmap_min_addr, 0, INT64_MAX),
    NUMBER("overcommit_memory", overcommit_memory, 0, 2),
    NUMBER("overcommit_ratio", overcommit_ratio, 0, INT32_MAX),
    NUMBER("panic_on_oom", panic_on_oom, 0, 2),
    NUMBER("swappiness", swappiness, 0, 200),
    {0},
};

const struct proc_entry proc_sys_entries[] = {
    DIRECTORY("dev", dev_entries),
    DIRECTORY("fs", fs_entries),
    DIRECTORY("kernel", kernel_entries),
    DIRECTORY("vm", vm_entries),
    {0},
};
