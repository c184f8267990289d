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

static int place_text(const struct path *p, char *buf, size_t size)
{
	struct path root;
	char *text;

	fs_places(current_fs(), &root, NULL);
	text = path_text_raw(p, &root, buf, size, p->dentry->unlinked ? " (deleted)" : "");
	path_put(&root);
	return to_start(buf, text);
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

/* Where the file was opened: 0 or -ENOENT. */
static int file_place(const struct file *f, struct path *out)
{
	if (!f->path.dentry)
		return -ENOENT;
	*out = f->path;
	path_get(out);
	return 0;
}

int proc_follow_exe(const struct proc_inode *p, struct path *out)
{
	struct file *f;
	int err = exe_file(p, &f);

	if (err)
		return err;
	err = file_place(f, out);
	file_put(f);
	return err;
}

/* The root or the working directory, with a reference. */
static int place(const struct proc_inode *p, bool root, struct path *out)
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
	fs_places(fs, root ? out : NULL, root ? NULL : out);
	fs_context_put(fs);
	return 0;
}

int proc_follow_cwd(const struct proc_inode *p, struct path *out)
{
	return place(p, false, out);
}

int proc_follow_root(const struct proc_inode *p, struct path *out)
{
	return place(p, true, out);
}

int proc_link_text(int (*follow)(const struct proc_inode *, struct path *),
    const struct proc_inode *p, char *buf, size_t size)
{
	struct path at;
	int err = follow(p, &at);

	if (err)
		return err;
	err = place_text(&at, buf, size);
	path_put(&at);
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
	err = to_start(buf, file_path(f, buf, size));
	file_put(f);
	return err;
}

static int follow_fd(const struct proc_inode *p, struct path *out)
{
	struct file *f;
	int err = proc_fd_file(p, p->number, &f);

	if (err)
		return err;
	err = file_place(f, out);
	file_put(f);
	return err ? -ENXIO : 0;
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
