/* /proc/PID's links to files: exe, cwd, root, and fd/. */
#include "fs/proc/procfs.h"
#include "printk.h"

/* Moves a path that was made somewhere in `buf` to its start. */
static int to_start(char *buf, char *path)
{
	if (IS_ERR(path))
		return PTR_ERR(path);
	memmove(buf, path, strlen(path) + 1);
	return 0;
}

static int dentry_text(struct dentry *d, char *buf, size_t size)
{
	return to_start(buf,
	    dentry_path_raw(d, current_fs()->root, buf, size, d->unlinked ? " (deleted)" : ""));
}

static int exe_file(const struct proc_inode *p, struct file **out)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);
	struct space *s;

	if (!t)
		return err;
	s = proc_space(t);
	thread_put(t);
	*out = NULL;
	if (s) {
		mutex_lock(&s->lock);
		*out = s->exe;
		if (*out)
			file_get(*out);
		mutex_unlock(&s->lock);
		space_put(s);
	}
	return *out ? 0 : -ENOENT;
}

int proc_follow_exe(const struct proc_inode *p, struct dentry **out)
{
	struct file *f;
	int err = exe_file(p, &f);

	if (err)
		return err;
	*out = f->dentry;
	if (*out)
		dentry_get(*out);
	file_put(f);
	return *out ? 0 : -ENOENT;
}

/* The root or the working directory, with a reference. */
static int place(const struct proc_inode *p, bool root, struct dentry **out)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);
	struct fs_context *fs;

	if (!t)
		return err;
	fs = proc_fs(t);
	thread_put(t);
	if (!fs)
		return -ENOENT;
	mutex_lock(&fs->lock);
	*out = root ? fs->root : fs->cwd;
	dentry_get(*out);
	mutex_unlock(&fs->lock);
	fs_context_put(fs);
	return 0;
}

int proc_follow_cwd(const struct proc_inode *p, struct dentry **out)
{
	return place(p, false, out);
}

int proc_follow_root(const struct proc_inode *p, struct dentry **out)
{
	return place(p, true, out);
}

int proc_link_text(int (*follow)(const struct proc_inode *, struct dentry **),
    const struct proc_inode *p, char *buf, size_t size)
{
	struct dentry *d;
	int err = follow(p, &d);

	if (err)
		return err;
	err = dentry_text(d, buf, size);
	dentry_put(d);
	return err;
}

int proc_link_exe(const struct proc_inode *p, char *buf, size_t size)
{
	return proc_link_text(proc_follow_exe, p, buf, size);
}

int proc_link_cwd(const struct proc_inode *p, char *buf, size_t size)
{
	return proc_link_text(proc_follow_cwd, p, buf, size);
}

int proc_link_root(const struct proc_inode *p, char *buf, size_t size)
{
	return proc_link_text(proc_follow_root, p, buf, size);
}

/* --- fd/ --- */

int proc_fd_file(const struct proc_inode *p, int64_t fd, struct file **out)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);
	struct files *files;

	if (!t)
		return err;
	files = proc_files(t);
	thread_put(t);
	*out = files ? files_get(files, (int)fd) : NULL;
	files_put(files);
	return *out ? 0 : -ENOENT;
}

static int link_fd(const struct proc_inode *p, char *buf, size_t size)
{
	struct file *f;
	int err = proc_fd_file(p, p->number, &f);

	if (err)
		return err;
	err = to_start(buf, file_path(f, current_fs()->root, buf, size));
	file_put(f);
	return err;
}

static int follow_fd(const struct proc_inode *p, struct dentry **out)
{
	struct file *f;
	int err = proc_fd_file(p, p->number, &f);

	if (err)
		return err;
	*out = f->dentry;
	if (*out)
		dentry_get(*out);
	file_put(f);
	return *out ? 0 : -ENXIO;
}

int64_t proc_next_fd(const struct proc_inode *dir, int64_t from)
{
	int err, fd = -1;
	struct thread *t = proc_thread_access(dir, &err);
	struct files *files = t ? proc_files(t) : NULL;

	if (t)
		thread_put(t);
	for (int k = (int)MIN(from, INT32_MAX); files && fd < 0 && (unsigned)k < files->size; k++) {
		struct file *f = files_get(files, k);
		if (f)
			fd = k;
		file_put(f);
	}
	files_put(files);
	return fd;
}

static int open_fd(const struct proc_inode *dir, int64_t number, struct proc_inode *out)
{
	struct file *f;
	int err = proc_fd_file(dir, number, &f);

	if (err)
		return err;
	out->number = number;
	out->rights = (file_readable(f) ? 0500u : 0) | (file_writable(f) ? 0300u : 0);
	file_put(f);
	return 0;
}

uint64_t proc_count_fds(const struct proc_inode *p)
{
	int64_t fd = -1;
	uint64_t n = 0;

	while ((fd = proc_next_fd(p, fd + 1)) >= 0)
		n++;
	return n;
}

static const struct proc_entry fd_entry = {
    "", S_IFLNK | 0700, .link = link_fd, .follow = follow_fd, .size = 64};
const struct proc_dynamic proc_fds = {.next = proc_next_fd, .open = open_fd, .entry = &fd_entry};
