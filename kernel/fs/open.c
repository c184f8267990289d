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
static int may_open(const struct path *p, unsigned flags)
{
	const struct inode *i = p->dentry->inode;
	unsigned want = open_access(flags);
	int err;

	if (S_ISLNK(i->mode))
		return -ELOOP;
	if (S_ISDIR(i->mode) && (want & MAY_WRITE))
		return -EISDIR;
	if ((S_ISCHR(i->mode) || S_ISBLK(i->mode)) && mount_has(p->mount, MS_NODEV))
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

static struct file *open_checked(const struct path *p, unsigned flags)
{
	int err = flags & O_PATH ? 0 : may_open(p, flags);

	return err ? ERR_PTR(err) : file_open_path(p, flags);
}

/* Opens what was found, with all checks. */
static struct file *open_found(const struct path *p, unsigned flags)
{
	struct file *f;
	int err;

	if (!(flags & O_TRUNC) || !S_ISREG(p->dentry->inode->mode) || (flags & O_PATH))
		return open_checked(p, flags);
	err = path_want_write(p);
	if (err)
		return ERR_PTR(err);
	f = open_checked(p, flags);
	err = IS_ERR(f) ? 0 : open_truncate(p->dentry);
	mount_end_write(p->mount);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	return f;
}

static struct file *open_existing(int dirfd, const char *path, unsigned flags, unsigned resolve)
{
	unsigned how = (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		       (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0);
	struct path p;
	struct file *f;
	int err = path_lookup_resolve(dirfd, path, how, resolve, &p);

	if (err)
		return ERR_PTR(err);
	f = open_found(&p, flags);
	path_put(&p);
	return f;
}

/*
 * The last component for O_CREAT: finds or makes it. 1: *out is new; 0: *out is what was there,
 * covered or not, links not followed; or -errno. `readonly`: why nothing new can be, or 0.
 */
static int find_or_create(struct dentry *dir, const struct last *l, unsigned flags, uint32_t mode,
    int readonly, struct dentry **out)
{
	int err;

	mutex_lock(&dir->inode->lock);
	err = lookup_child_locked(dir, l->name, l->len, out);
	if (err == -ENOENT && !lookup_decides(dir)) {
		err = readonly;
		if (!err)
			err = create_locked(
			    dir, l, S_IFREG | (mode & ~current_fs()->umask), 0, out);
		if (!err)
			err = 1;
	} else if (!err && (flags & O_EXCL)) {
		dentry_put(*out);
		err = -EEXIST;
	}
	mutex_unlock(&dir->inode->lock);
	return err;
}

/* Checks the place that O_CREAT met, and opens it. */
static struct file *open_met(const struct path *p, unsigned flags)
{
	return S_ISDIR(p->dentry->inode->mode) ? ERR_PTR(-EISDIR) : open_found(p, flags);
}

/* Opens the last component of a walk that is in its directory, made if it was not there. NULL: it
 * is a link to be followed, in *link. */
static struct file *open_last(
    struct walk *w, const struct last *l, unsigned flags, uint32_t mode, struct dentry **link)
{
	/* A new file is not made when there is no memory to open it. */
	struct file *f = file_alloc(NULL, flags & ~(unsigned)O_TRUNC, NULL);
	int readonly = path_want_write(&w->at);
	struct dentry *d;
	int err = f ? find_or_create(w->at.dentry, l, flags, mode, readonly, &d) : -ENOMEM;

	if (err > 0) {
		f = file_open_with(f, &(struct path){w->at.mount, d});
		if (!IS_ERR(f))
			f->created = true;
		dentry_put(d);
	} else {
		file_discard(f);
		f = ERR_PTR(err);
	}
	if (!readonly)
		mount_end_write(w->at.mount);
	if (err)
		return f;
	if (S_ISLNK(d->inode->mode) && !(flags & O_NOFOLLOW)) {
		*link = d;
		return NULL;
	}
	err = walk_step(w, d);
	return err ? ERR_PTR(err) : open_met(&w->at, flags);
}

static struct file *open_create_walk(
    struct walk *w, const char *path, unsigned flags, uint32_t mode)
{
	for (;;) {
		struct last last;
		struct dentry *link;
		struct file *f;
		int err = walk_path(w, path, &last);

		if (err)
			return ERR_PTR(err);
		if (!last.len && w->jumped && !S_ISDIR(w->at.dentry->inode->mode))
			return open_met(&w->at, flags);
		if (last_is_special(&last))
			return ERR_PTR(flags & O_EXCL ? -EEXIST : -EISDIR);
		if (last.slash)
			return ERR_PTR(-EISDIR);
		f = open_last(w, &last, flags, mode, &link);
		if (f)
			return f;
		err = walk_follow(w, link, "", &path);
		if (err)
			return ERR_PTR(err);
	}
}

static struct file *open_create(
    int dirfd, const char *path, unsigned flags, uint32_t mode, unsigned resolve)
{
	struct walk w;
	struct file *f;
	int err = walk_begin(&w, dirfd, path, 0, resolve);

	if (err)
		return ERR_PTR(err);
	f = open_create_walk(&w, path, flags, mode);
	walk_end(&w);
	return f;
}

static struct file *open_unnamed_in(const struct path *dir, unsigned flags, uint32_t mode)
{
	struct inode *i = dir->dentry->inode;
	struct path made = {dir->mount, NULL};
	struct file *f;
	int err = inode_permission(i, MAY_WRITE | MAY_EXEC);

	if (!err && i->ops != &tmpfs_inode_ops)
		err = -EOPNOTSUPP;
	if (err)
		return ERR_PTR(err);
	i = tmpfs_unnamed(i, S_IFREG | (mode & ~current_fs()->umask));
	made.dentry = i ? dentry_create_alone(i, "#tmpfile") : NULL;
	if (!made.dentry)
		return ERR_PTR(-ENOMEM);
	made.dentry->unlinked = true;
	f = file_open_path(&made, flags);
	dentry_put(made.dentry);
	return f;
}

static struct file *open_unnamed(
    int dirfd, const char *path, unsigned flags, uint32_t mode, unsigned resolve)
{
	struct path dir;
	struct file *f;
	int err = path_lookup_resolve(dirfd, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, resolve, &dir);

	if (err)
		return ERR_PTR(err);
	err = path_want_write(&dir);
	f = err ? ERR_PTR(err) : open_unnamed_in(&dir, flags, mode);
	if (!err)
		mount_end_write(dir.mount);
	path_put(&dir);
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

struct file *do_open_resolve(
    int dirfd, const char *path, unsigned flags, uint32_t mode, unsigned resolve)
{
	int err = check_flags(&flags);

	if (err)
		return ERR_PTR(err);
	mode &= 07777;
	if (flags & O_TMPFILE_BIT)
		return open_unnamed(dirfd, path, flags, mode, resolve);
	if (flags & O_CREAT)
		return open_create(
		    dirfd, path, flags | (flags & O_EXCL ? O_NOFOLLOW : 0), mode, resolve);
	return open_existing(dirfd, path, flags, resolve);
}

struct file *do_open(int dirfd, const char *path, unsigned flags, uint32_t mode)
{
	return do_open_resolve(dirfd, path, flags, mode, 0);
}
