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
	f = files_get(files, p->fd);
	if (!f) {
		files_put(files);
		return -ENOENT;
	}
	flags = f->flags | (files_cloexec(files, p->fd) ? (unsigned)O_CLOEXEC : 0);
	files_put(files);
	text_printf(t, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n",
	    f->ops->seek ? (long)f->pos : 0L, flags, f->inode->sb->dev,
	    (unsigned long)f->inode->ino);
	if (f->ops->show_fdinfo)
		f->ops->show_fdinfo(f, t);
	file_put(f);
	return 0;
}

static int open_fdinfo(const struct proc_inode *dir, int number, struct proc_inode *out)
{
	struct files *files = table_of(dir);
	struct file *f;

	if (IS_ERR(files))
		return PTR_ERR(files);
	f = files_get(files, number);
	files_put(files);
	if (!f)
		return -ENOENT;
	file_put(f);
	out->fd = number;
	return 0;
}

static const struct proc_entry fdinfo_entry = {"", S_IFREG | 0444, .show = show_fdinfo};
const struct proc_dynamic proc_fdinfos = {proc_next_fd, open_fdinfo, &fdinfo_entry};
