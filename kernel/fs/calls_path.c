/* System calls on paths: open, directories, links, the working directory. */
#include "fs/inotify.h"
#include "syscall/syscall.h"

static int64_t open_installed(int dirfd, const char *path, unsigned flags, uint32_t mode)
{
	int fd = fd_reserve(flags, 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = do_open(dirfd, path, flags, mode);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

SYSCALL(openat)
{
	const unsigned known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
			       O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE |
			       O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |
			       O_TMPFILE_BIT;
	unsigned flags = (unsigned)a[2] & known;
	struct user_path p;
	int64_t result = user_path_get(&p, a[1]);

	if (result)
		return result;
	if (!(flags & O_PATH))
		flags |= O_LARGEFILE;
	result = open_installed((int)a[0], p.text, flags, (uint32_t)a[3]);
	user_path_put(&p);
	return result;
}

SYSCALL(mkdirat)
{
	struct user_path p;
	int err = user_path_get(&p, a[1]);

	if (err)
		return err;
	err = do_mkdir((int)a[0], p.text, (uint32_t)a[2]);
	user_path_put(&p);
	return err;
}

SYSCALL(mknodat)
{
	struct user_path p;
	int err = user_path_get(&p, a[1]);

	if (err)
		return err;
	err = do_mknod((int)a[0], p.text, (uint32_t)a[2] & 0177777, (uint32_t)a[3]);
	user_path_put(&p);
	return err;
}

SYSCALL(unlinkat)
{
	struct user_path p;
	int err;

	if (a[2] & ~(uint64_t)AT_REMOVEDIR)
		return -EINVAL;
	err = user_path_get(&p, a[1]);
	if (err)
		return err;
	err = do_unlink((int)a[0], p.text, a[2] & AT_REMOVEDIR);
	user_path_put(&p);
	return err;
}

/* Two paths for one call. */
static int get_two(struct user_path *p, uaddr_t first, struct user_path *q, uaddr_t second)
{
	int err = user_path_get(p, first);

	if (err)
		return err;
	err = user_path_get(q, second);
	if (err)
		user_path_put(p);
	return err;
}

static void put_two(struct user_path *p, struct user_path *q)
{
	user_path_put(p);
	user_path_put(q);
}

SYSCALL(symlinkat)
{
	struct user_path target, path;
	int err = get_two(&target, a[0], &path, a[2]);

	if (err)
		return err;
	err = do_symlink(target.text, (int)a[1], path.text);
	put_two(&target, &path);
	return err;
}

SYSCALL(linkat)
{
	struct user_path from, to;
	int err = get_two(&from, a[1], &to, a[3]);

	if (err)
		return err;
	err = do_link((int)a[0], from.text, (int)a[2], to.text, (unsigned)a[4]);
	put_two(&from, &to);
	return err;
}

static int64_t rename_paths(const uint64_t a[6], unsigned flags)
{
	struct user_path from, to;
	int err = get_two(&from, a[1], &to, a[3]);

	if (err)
		return err;
	err = do_rename((int)a[0], from.text, (int)a[2], to.text, flags);
	put_two(&from, &to);
	return err;
}

SYSCALL(renameat)
{
	return rename_paths(a, 0);
}

SYSCALL(renameat2)
{
	return rename_paths(a, (unsigned)a[4]);
}

static int64_t copy_link(struct inode *i, uaddr_t buf, size_t size)
{
	const char *text = i->link_target;
	char *made = NULL;
	int64_t result;

	if (i->ops && i->ops->readlink) {
		made = kmalloc(PATH_MAX);
		if (!made)
			return -ENOMEM;
		text = i->ops->readlink(i, made, PATH_MAX);
	}
	if (IS_ERR(text)) {
		result = PTR_ERR(text);
	} else {
		result = (int64_t)MIN(strlen(text), size);
		if (arch_copy_out(buf, text, (size_t)result))
			result = -EFAULT;
		inode_accessed(i);
	}
	kfree(made);
	return result;
}

SYSCALL(readlinkat)
{
	struct user_path p;
	struct dentry *d;
	int64_t result;

	if ((int)a[3] <= 0)
		return -EINVAL;
	result = user_path_get(&p, a[1]);
	if (result)
		return result;
	result = path_lookup((int)a[0], p.text, LOOKUP_EMPTY, &d);
	if (!result) {
		if (S_ISLNK(d->inode->mode))
			result = copy_link(d->inode, a[2], (size_t)(int)a[3]);
		else
			result = *p.text ? -EINVAL : -ENOENT;
		dentry_put(d);
	}
	user_path_put(&p);
	return result;
}

SYSCALL(getcwd)
{
	char *buf = kmalloc(PATH_MAX), *path;
	struct fs_context *fs = current_fs();
	struct dentry *root, *cwd;
	int64_t result;

	if (!buf)
		return -ENOMEM;
	mutex_lock(&fs->lock);
	root = fs->root;
	cwd = fs->cwd;
	dentry_get(root);
	dentry_get(cwd);
	mutex_unlock(&fs->lock);
	path = dentry_path(cwd, root, buf, PATH_MAX);
	if (IS_ERR(path)) {
		result = PTR_ERR(path);
	} else {
		result = (int64_t)strlen(path) + 1;
		if ((uint64_t)result > a[1])
			result = -ERANGE;
		else if (arch_copy_out(a[0], path, (size_t)result))
			result = -EFAULT;
	}
	dentry_put(root);
	dentry_put(cwd);
	kfree(buf);
	return result;
}

/* Makes `d` (reference taken over) the working directory, or the root. */
static void set_place(struct dentry *d, bool root)
{
	struct fs_context *fs = current_fs();
	struct dentry **place = root ? &fs->root : &fs->cwd, *old;

	superblock_use(d->sb);
	mutex_lock(&fs->lock);
	old = *place;
	*place = d;
	mutex_unlock(&fs->lock);
	superblock_unuse(old->sb);
	dentry_put(old);
}

static int change_place(const char *path, bool root)
{
	struct dentry *d;
	int err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &d);

	if (err)
		return err;
	err = inode_permission(d->inode, MAY_EXEC);
	if (!err && root && !fs_capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err)
		dentry_put(d);
	else
		set_place(d, root);
	return err;
}

int do_chdir(const char *path)
{
	return change_place(path, false);
}

static int change_place_user(uaddr_t path, bool root)
{
	struct user_path p;
	int err = user_path_get(&p, path);

	if (err)
		return err;
	err = change_place(p.text, root);
	user_path_put(&p);
	return err;
}

SYSCALL(chdir)
{
	return change_place_user(a[0], false);
}

SYSCALL(chroot)
{
	return change_place_user(a[0], true);
}

SYSCALL(fchdir)
{
	struct file *f = fd_get_raw((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = f->dentry && S_ISDIR(f->inode->mode) ? 0 : -ENOTDIR;
	if (!err)
		err = inode_permission(f->inode, MAY_EXEC);
	if (!err) {
		dentry_get(f->dentry);
		set_place(f->dentry, false);
	}
	file_put(f);
	return err;
}

SYSCALL(umask)
{
	struct fs_context *fs = current_fs();
	return __atomic_exchange_n(&fs->umask, (uint32_t)a[0] & 0777, __ATOMIC_RELAXED);
}

SYSCALL(truncate)
{
	struct user_path p;
	struct dentry *d;
	struct inode *i;
	int err;

	if ((int64_t)a[1] < 0)
		return -EINVAL;
	err = user_path_get(&p, a[0]);
	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, LOOKUP_FOLLOW, &d);
	user_path_put(&p);
	if (err)
		return err;
	i = d->inode;
	if (!S_ISREG(i->mode))
		err = S_ISDIR(i->mode) ? -EISDIR : -EINVAL;
	if (!err)
		err = inode_permission(i, MAY_WRITE);
	if (!err)
		err = inode_get_write(i);
	if (!err) {
		err = inode_truncate(i, a[1]);
		inode_put_write(i);
		if (!err)
			inotify_dentry(d, IN_MODIFY);
	}
	dentry_put(d);
	return err;
}
