/* /proc/PID/mounts, mountinfo, mountstats: the mounts below the task's root. */
#include "fs/proc/procfs.h"

static int show(struct proc_text *t, const struct proc_inode *p, enum mount_format format)
{
	struct thread *thread = proc_thread(p);
	struct fs_context *fs = thread ? proc_fs(thread) : NULL;
	struct path root;

	thread_put(thread);
	if (!fs)
		return thread ? -EINVAL : -ESRCH;
	fs_places(fs, &root, NULL);
	fs_context_put(fs);
	mount_show(t, &root, format);
	path_put(&root);
	return 0;
}

int proc_show_mounts(struct proc_text *t, const struct proc_inode *p)
{
	return show(t, p, MOUNTS);
}

int proc_show_mountinfo(struct proc_text *t, const struct proc_inode *p)
{
	return show(t, p, MOUNTINFO);
}

int proc_show_mountstats(struct proc_text *t, const struct proc_inode *p)
{
	return show(t, p, MOUNTSTATS);
}

/* None of them has a disk behind it. */
int proc_show_filesystems(struct proc_text *t, const struct proc_inode *p)
{
	const char *name;

	for (unsigned k = 0; (name = filesystem_name(k)); k++)
		text_printf(t, "nodev\t%s\n", name);
	return 0;
}
