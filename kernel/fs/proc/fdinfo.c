/* /proc/PID/fdinfo: what an open file is about (proc_pid_fdinfo(5)). */
#include "fs/proc/procfs.h"

/* The process's descriptor table, with a reference, or ERR_PTR. */
static struct files *table_of(const struct proc_inode *p)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);
	struct files *files;

	if (!t)
		return ERR_PTR(err);
	files = proc_files(t);
	thread_put(t);
	return files ? files : ERR_PTR(-ENOENT);
}

static int show_fdinfo(struct proc_text *t, const struct proc_inode *p)
{
	struct files *files = table_of(p);
	struct file *f;
	unsigned flags;

	if (IS_ERR(files))
		return PTR_ERR(files);
	f = files_get(files, (int)p->number);
	if (!f) {
		files_put(files);
		return -ENOENT;
	}
	flags = f->flags | (files_cloexec(files, (int)p->number) ? (unsigned)O_CLOEXEC : 0);
	text_printf(t, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n",
	    f->ops->seek ? (long)f->pos : 0L, flags, mount_id(f->path.mount),
	    (unsigned long)f->inode->ino);
	locks_show_file(t, f, files);
	files_put(files);
	if (f->ops->show_fdinfo)
		f->ops->show_fdinfo(f, t);
	file_put(f);
	return 0;
}

static int open_fdinfo(const struct proc_inode *dir, int64_t number, struct proc_inode *out)
{
	struct files *files = table_of(dir);
	struct file *f;

	if (IS_ERR(files))
		return PTR_ERR(files);
	f = files_get(files, (int)number);
	files_put(files);
	if (!f)
		return -ENOENT;
	file_put(f);
	out->number = number;
	return 0;
}

static const struct proc_entry fdinfo_entry = {"", S_IFREG | 0444, .show = show_fdinfo};
const struct proc_dynamic proc_fdinfos = {
    .next = proc_next_fd, .open = open_fdinfo, .entry = &fdinfo_entry};
