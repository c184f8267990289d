/* Opening files by path (open(2)). */
#include "fs/inotify.h"

/* Which rights opening with these flags asks for. */
static unsigned open_access(unsigned flags)
{
	static const uint8_t wanted[4] = {
	    MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
	return wanted[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* May the current thread open this existing inode? */
static int may_open(const struct inode *i, unsigned flags)
{
	unsigned want = open_access(flags);
	int err;

	if (S_ISLNK(i->mode))
		return -ELOOP;
	if (S_ISDIR(i->mode) && (want & MAY_WRITE))
		return -EISDIR;
	if ((S_ISCHR(i->mode) || S_ISBLK(i->mode)) && mounted_with(i->sb, MS_NODEV))
		return -EACCES;
	err = inode_permission(i, want);
	if (err)
		return err;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(i))
		return -EPERM;
	return 0;
}

static int open_truncate(struct dentry *d)
{
	struct inode *i = d->inode;
	int err = inode_get_write(i);

	if (err)
		return err;
	err = inode_truncate(i, 0);
	inode_put_write(i);
	if (!err)
		inotify_dentry(d, IN_MODIFY);
	return err;
}

/* Opens what was found, with all checks. */
static struct file *open_found(struct dentry *d, unsigned flags)
{
	struct inode *i = d->inode;
	struct file *f;
	int err;

	if (!(flags & O_PATH)) {
		err = may_open(i, flags);
		if (err)
			return ERR_PTR(err);
	}
	f = file_open_dentry(d, flags);
	if (IS_ERR(f) || !(flags & O_TRUNC) || !S_ISREG(i->mode) || (flags & O_PATH))
		return f;
	err = open_truncate(d);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	return f;
}

static struct file *open_existing(int dirfd, const char *path, unsigned flags)
{
	unsigned how = (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		       (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0);
	struct dentry *d;
	struct file *f;
	int err = path_lookup(dirfd, path, how, &d);

	if (err)
		return ERR_PTR(err);
	f = open_found(d, flags);
	dentry_put(d);
	return f;
}

/*
 * The last component for O_CREAT: finds or makes it. 1: *out is new; 0: *out is what was there,
 * covered or not, links not followed; or -errno.
 */
static int find_or_create(
    struct dentry *dir, const struct last *l, unsigned flags, uint32_t mode, struct dentry **out)
{
	int err;

	mutex_lock(&dir->inode->lock);
	err = lookup_child_locked(dir, l->name, l->len, out);
	if (err == -ENOENT && !lookup_decides(dir)) {
		err = create_locked(dir, l, S_IFREG | (mode & ~current_fs()->umask), 0, out);
		if (!err)
			err = 1;
	} else if (!err && (flags & O_EXCL)) {
		dentry_put(*out);
		err = -EEXIST;
	}
	mutex_unlock(&dir->inode->lock);
	return err;
}

/* Checks `d` (reference taken over), which O_CREAT met, and opens it. */
static struct file *open_met(struct dentry *d, unsigned flags)
{
	struct file *f;

	if (S_ISDIR(d->inode->mode))
		f = ERR_PTR(-EISDIR);
	else
		f = open_found(d, flags);
	dentry_put(d);
	return f;
}

static struct file *open_create_walk(
    struct walk *w, const char *path, unsigned flags, uint32_t mode)
{
	for (;;) {
		struct last last;
		struct dentry *d;
		struct file *f;
		int err = walk_path(w, path, &last);

		if (err)
			return ERR_PTR(err);
		if (!last.len && w->links && !S_ISDIR(w->at->inode->mode)) {
			dentry_get(w->at); /* a link in /proc led here */
			return open_met(w->at, flags);
		}
		if (last_is_special(&last))
			return ERR_PTR(flags & O_EXCL ? -EEXIST : -EISDIR);
		if (last.slash)
			return ERR_PTR(-EISDIR);
		/* A new file is not made when there is no memory to open it. */
		f = file_alloc(NULL, flags & ~(unsigned)O_TRUNC, NULL);
		err = f ? find_or_create(w->at, &last, flags, mode, &d) : -ENOMEM;
		if (err > 0) {
			f = file_open_with(f, d);
			dentry_put(d);
			return f;
		}
		file_discard(f);
		if (err < 0)
			return ERR_PTR(err);
		d = mount_top(d);
		if (!S_ISLNK(d->inode->mode) || (flags & O_NOFOLLOW))
			return open_met(d, flags);
		err = walk_follow(w, d, "", &path);
		if (err)
			return ERR_PTR(err);
	}
}

static struct file *open_create(int dirfd, const char *path, unsigned flags, uint32_t mode)
{
	struct walk w;
	struct file *f;
	int err = walk_begin(&w, dirfd, path, 0);

	if (err)
		return ERR_PTR(err);
	f = open_create_walk(&w, path, flags, mode);
	walk_end(&w);
	return f;
}

static struct file *open_unnamed(int dirfd, const char *path, unsigned flags, uint32_t mode)
{
	struct dentry *dir, *d = NULL;
	struct inode *i;
	struct file *f;
	int err = path_lookup(dirfd, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &dir);

	if (err)
		return ERR_PTR(err);
	err = inode_permission(dir->inode, MAY_WRITE | MAY_EXEC);
	if (!err && dir->inode->ops != &tmpfs_inode_ops)
		err = -EOPNOTSUPP;
	if (!err) {
		i = tmpfs_unnamed(dir->inode, S_IFREG | (mode & ~current_fs()->umask));
		d = i ? dentry_create_alone(i, "#tmpfile") : NULL;
		err = d ? 0 : -ENOMEM;
	}
	dentry_put(dir);
	if (err)
		return ERR_PTR(err);
	d->unlinked = true;
	f = file_open_dentry(d, flags);
	dentry_put(d);
	return f;
}

/* Flags that contradict each other (open(2)); what O_PATH does not look at is dropped. */
static int check_flags(unsigned *flags)
{
	if (*flags & O_PATH) {
		*flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
		return 0;
	}
	if ((*flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	if (*flags & O_TMPFILE_BIT) {
		if ((*flags & O_TMPFILE) != O_TMPFILE || (*flags & O_ACCMODE) == O_RDONLY)
			return -EINVAL;
	}
	return 0;
}

struct file *do_open(int dirfd, const char *path, unsigned flags, uint32_t mode)
{
	int err = check_flags(&flags);

	if (err)
		return ERR_PTR(err);
	mode &= 07777;
	if (flags & O_TMPFILE_BIT)
		return open_unnamed(dirfd, path, flags, mode);
	if (flags & O_CREAT)
		return open_create(dirfd, path, flags | (flags & O_EXCL ? O_NOFOLLOW : 0), mode);
	return open_existing(dirfd, path, flags);
}
