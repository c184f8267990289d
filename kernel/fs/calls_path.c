/* System calls on paths: open, directories, links, the working directory. */
#include "fs/inotify.h"
#include "syscall/syscall.h"

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

static int64_t copy_link(const struct path *p, uaddr_t buf, size_t size)
{
	struct inode *i = p->dentry->inode;
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
		path_accessed(p);
	}
	kfree(made);
	return result;
}

SYSCALL(readlinkat)
{
	struct user_path p;
	struct path at;
	int64_t result;

	if ((int)a[3] <= 0)
		return -EINVAL;
	result = user_path_get(&p, a[1]);
	if (result)
		return result;
	result = path_lookup((int)a[0], p.text, LOOKUP_EMPTY, &at);
	if (!result) {
		if (S_ISLNK(at.dentry->inode->mode))
			result = copy_link(&at, a[2], (size_t)(int)a[3]);
		else
			result = *p.text ? -EINVAL : -ENOENT;
		path_put(&at);
	}
	user_path_put(&p);
	return result;
}

SYSCALL(getcwd)
{
	char *buf = kmalloc(PATH_MAX), *path;
	struct path root, cwd;
	int64_t result;

	if (!buf)
		return -ENOMEM;
	fs_places(current_fs(), &root, &cwd);
	path = path_text(&cwd, &root, buf, PATH_MAX);
	if (IS_ERR(path)) {
		result = PTR_ERR(path);
	} else {
		result = (int64_t)strlen(path) + 1;
		if ((uint64_t)result > a[1])
			result = -ERANGE;
		else if (arch_copy_out(a[0], path, (size_t)result))
			result = -EFAULT;
	}
	path_put(&root);
	path_put(&cwd);
	kfree(buf);
	return result;
}

/* Makes the place (references taken over) the working directory, or the root. */
static void set_place(struct path p, bool root)
{
	struct fs_context *fs = current_fs();
	irqflags_t flags = spin_lock(&fs->lock);
	struct path *place = root ? &fs->root : &fs->cwd, old = *place;

	*place = p;
	spin_unlock(&fs->lock, flags);
	path_put(&old);
}

static int change_place(const char *path, bool root)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (!err && root && !fs_capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err)
		path_put(&p);
	else
		set_place(p, root);
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
	err = f->path.dentry && S_ISDIR(f->inode->mode) ? 0 : -ENOTDIR;
	if (!err)
		err = inode_permission(f->inode, MAY_EXEC);
	if (!err) {
		path_get(&f->path);
		set_place(f->path, false);
	}
	file_put(f);
	return err;
}

SYSCALL(umask)
{
	struct fs_context *fs = current_fs();
	return __atomic_exchange_n(&fs->umask, (uint32_t)a[0] & 0777, __ATOMIC_RELAXED);
}

static int truncate_found(const struct path *p, uint64_t size)
{
	struct inode *i = p->dentry->inode;
	int err;

	if (!S_ISREG(i->mode))
		return S_ISDIR(i->mode) ? -EISDIR : -EINVAL;
	err = path_want_write(p);
	if (err)
		return err;
	err = inode_permission(i, MAY_WRITE);
	if (!err)
		err = inode_get_write(i);
	if (!err) {
		err = inode_truncate(i, size);
		inode_put_write(i);
	}
	mount_end_write(p->mount);
	if (!err)
		inotify_dentry(p->dentry, IN_MODIFY);
	return err;
}

SYSCALL(truncate)
{
	struct user_path p;
	struct path at;
	int err;

	if ((int64_t)a[1] < 0)
		return -EINVAL;
	err = user_path_get(&p, a[0]);
	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, LOOKUP_FOLLOW, &at);
	user_path_put(&p);
	if (err)
		return err;
	err = truncate_found(&at, a[1]);
	path_put(&at);
	return err;
}
