/* /proc/sys: what can be read of the kernel's parameters. */
#include "fs/proc/procfs.h"
#include "printk.h"
#include "random.h"
#include "version.h"

static int show_ostype(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "Linux\n");
	return 0;
}

static int show_osrelease(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%s\n", LINUX_RELEASE);
	return 0;
}

static int show_version(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%s\n", LINUX_VERSION);
	return 0;
}

static int show_hostname(struct proc_text *t, const struct proc_inode *p)
{
	char name[65];

	system_hostname(name, sizeof(name));
	text_printf(t, "%s\n", name);
	return 0;
}

static int show_pid_max(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "32768\n");
	return 0;
}

static int show_core_pattern(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "core\n");
	return 0;
}

static int show_ngroups_max(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "65536\n");
	return 0;
}

static int show_cap_last_cap(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "40\n");
	return 0;
}

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

static int show_entropy(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "256\n");
	return 0;
}

static int show_file_max(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "%lu\n", 0x7fffffffffffffffUL);
	return 0;
}

static int show_nr_open(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "1048576\n");
	return 0;
}

static int show_zero(struct proc_text *t, const struct proc_inode *p)
{
	text_printf(t, "0\n");
	return 0;
}

static const struct proc_entry random_entries[] = {
    {"boot_id", S_IFREG | 0444, .show = show_boot_id},
    {"entropy_avail", S_IFREG | 0444, .show = show_entropy},
    {"uuid", S_IFREG | 0444, .show = show_uuid},
    {0},
};

static const struct proc_entry kernel_entries[] = {
    {"cap_last_cap", S_IFREG | 0444, .show = show_cap_last_cap},
    {"core_pattern", S_IFREG | 0444, .show = show_core_pattern},
    {"hostname", S_IFREG | 0444, .show = show_hostname},
    {"msgmax", S_IFREG | 0644, .show = proc_show_msgmax},
    {"msgmnb", S_IFREG | 0644, .show = proc_show_msgmnb},
    {"msgmni", S_IFREG | 0644, .show = proc_show_msgmni},
    {"ngroups_max", S_IFREG | 0444, .show = show_ngroups_max},
    {"osrelease", S_IFREG | 0444, .show = show_osrelease},
    {"ostype", S_IFREG | 0444, .show = show_ostype},
    {"pid_max", S_IFREG | 0444, .show = show_pid_max},
    {"sem", S_IFREG | 0644, .show = proc_show_sem_limits},
    {"shmall", S_IFREG | 0644, .show = proc_show_shmall},
    {"shmmax", S_IFREG | 0644, .show = proc_show_shmmax},
    {"shmmni", S_IFREG | 0644, .show = proc_show_shmmni},
    {"random", S_IFDIR | 0555, .children = random_entries},
    {"version", S_IFREG | 0444, .show = show_version},
    {0},
};

static const struct proc_entry fs_entries[] = {
    {"file-max", S_IFREG | 0444, .show = show_file_max},
    {"nr_open", S_IFREG | 0444, .show = show_nr_open},
    {0},
};

static const struct proc_entry vm_entries[] = {
    {"overcommit_memory", S_IFREG | 0444, .show = show_zero},
    {0},
};

const struct proc_entry proc_sys_entries[] = {
    {"fs", S_IFDIR | 0555, .children = fs_entries},
    {"kernel", S_IFDIR | 0555, .children = kernel_entries},
    {"vm", S_IFDIR | 0555, .children = vm_entries},
    {0},
};
