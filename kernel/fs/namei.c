/* Changing directories: making, removing and renaming what they hold. */
#include "fs/inotify.h"
#include "fs/mount.h"
#include "sysctl.h"

int may_create(const struct dentry *dir)
{
	if (dir->unlinked)
		return -ENOENT;
	return inode_permission(dir->inode, MAY_WRITE | MAY_EXEC);
}

int may_delete(const struct dentry *dir, const struct dentry *victim, bool directory)
{
	const struct inode *di = dir->inode, *vi = victim->inode;
	uint32_t uid = current_cred()->fsuid;
	int err = inode_permission(di, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((di->mode & S_ISVTX) && vi->uid != uid && di->uid != uid && !fs_capable(CAP_FOWNER))
		return -EPERM;
	if (directory && !S_ISDIR(vi->mode))
		return -ENOTDIR;
	if (!directory && S_ISDIR(vi->mode))
		return -EISDIR;
	if (victim->mounted)
		return -EBUSY;
	return dir->unlinked ? -ENOENT : 0;
}

/* A named dentry for a new thing in the locked `dir`; ERR_PTR on failure. */
static struct dentry *new_child(struct dentry *dir, const struct last *l, bool supported)
{
	struct dentry *d;
	int err = may_create(dir);

	if (l->len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (err)
		return ERR_PTR(err);
	if (!supported)
		return ERR_PTR(-EPERM);
	d = dentry_create(dir, l->name, l->len);
	return d ? d : ERR_PTR(-ENOMEM);
}

/* The end of making: into the directory with it, or away. *out, if wanted, gets the reference. */
static int finish_child(struct dentry *dir, struct dentry *d, int err, struct dentry **out)
{
	if (!err) {
		dentry_attach(dir, d);
		inotify_entry(dir->inode, d->inode, d->name, IN_CREATE, 0);
	}
	if (!err && out)
		*out = d;
	else
		dentry_put(d);
	return err;
}

int create_locked(
    struct dentry *dir, const struct last *l, uint32_t mode, uint32_t rdev, struct dentry **out)
{
	const struct inode_ops *ops = dir->inode->ops;
	struct dentry *d;

	if (!ops || !ops->create) {
		int err = may_create(dir);
		return err ? err : -EACCES;
	}
	d = new_child(dir, l, true);
	if (IS_ERR(d))
		return PTR_ERR(d);
	return finish_child(dir, d, ops->create(dir->inode, d, mode, rdev), out);
}

bool lookup_decides(const struct dentry *dir)
{
	return dir->inode->ops && dir->inode->ops->lookup;
}

/*
 * Finds where something new goes: walks to the directory, locks it, and sees that the name is free.
 * On success the caller unlocks w->at and ends the walk.
 */
static int begin_create(
    struct walk *w, int dirfd, const char *path, struct last *last, bool directory)
{
	struct dentry *there;
	int readonly, err = walk_parent(w, dirfd, path, last);

	if (err)
		return err;
	if (last_is_special(last)) {
		walk_end(w);
		return -EEXIST;
	}
	readonly = walk_want_write(w);
	mutex_lock(&w->at.dentry->inode->lock);
	err = lookup_child_locked(w->at.dentry, last->name, last->len, &there);
	if (!err) {
		dentry_put(there);
		err = -EEXIST;
	} else if (err == -ENOENT && !lookup_decides(w->at.dentry)) {
		err = last->slash && !directory ? -ENOENT : readonly;
	}
	if (err) {
		mutex_unlock(&w->at.dentry->inode->lock);
		walk_end(w);
	}
	return err;
}

static int end_create(struct walk *w, int err)
{
	mutex_unlock(&w->at.dentry->inode->lock);
	walk_end(w);
	return err;
}

int do_mkdir(int dirfd, const char *path, uint32_t mode)
{
	const struct inode_ops *ops;
	struct last last;
	struct dentry *d;
	struct walk w;
	int err = begin_create(&w, dirfd, path, &last, true);

	if (err)
		return err;
	ops = w.at.dentry->inode->ops;
	d = new_child(w.at.dentry, &last, ops && ops->mkdir);
	if (IS_ERR(d))
		return end_create(&w, PTR_ERR(d));
	mode = S_IFDIR | (mode & 01777 & ~current_fs()->umask);
	err = ops->mkdir(w.at.dentry->inode, d, mode);
	return end_create(&w, finish_child(w.at.dentry, d, err, NULL));
}

int do_mknod(int dirfd, const char *path, uint32_t mode, uint32_t rdev)
{
	struct path made;
	int err = mknod_path(dirfd, path, mode, rdev, &made);

	if (!err)
		path_put(&made);
	return err;
}

int mknod_path(int dirfd, const char *path, uint32_t mode, uint32_t rdev, struct path *out)
{
	struct last last;
	struct walk w;
	int err;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	err = begin_create(&w, dirfd, path, &last, false);
	if (err)
		return err;
	mode = (mode & S_IFMT) | (mode & 07777 & ~current_fs()->umask);
	err = may_create(w.at.dentry);
	if (!err && (S_ISCHR(mode) || S_ISBLK(mode)) && !fs_capable(CAP_MKNOD))
		err = -EPERM;
	if (!err)
		err = create_locked(w.at.dentry, &last, mode,
		    S_ISCHR(mode) || S_ISBLK(mode) ? rdev : 0, &out->dentry);
	if (!err) {
		out->mount = w.at.mount;
		mount_get(out->mount);
	}
	return end_create(&w, err);
}

int do_symlink(const char *target, int dirfd, const char *path)
{
	const struct inode_ops *ops;
	struct last last;
	struct dentry *d;
	struct walk w;
	int err;

	if (!*target)
		return -ENOENT;
	err = begin_create(&w, dirfd, path, &last, false);
	if (err)
		return err;
	ops = w.at.dentry->inode->ops;
	d = new_child(w.at.dentry, &last, ops && ops->symlink);
	if (IS_ERR(d))
		return end_create(&w, PTR_ERR(d));
	err = ops->symlink(w.at.dentry->inode, d, target);
	return end_create(&w, finish_child(w.at.dentry, d, err, NULL));
}

/* fs.protected_hardlinks: what one does not own must be a plain file that one may read and write.
 */
static int may_link(const struct inode *i)
{
	bool set_gid = (i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010);

	if (!sysctl_get(protected_hardlinks) || inode_owner_or_capable(i))
		return 0;
	if (!S_ISREG(i->mode) || (i->mode & S_ISUID) || set_gid)
		return -EPERM;
	return inode_permission(i, MAY_READ | MAY_WRITE) ? -EPERM : 0;
}

/* Links `i` as a new child of the locked directory. */
static int link_locked(struct dentry *dir, const struct last *last, struct inode *i, bool unnamed)
{
	const struct inode_ops *ops = dir->inode->ops;
	int err = may_link(i);
	struct dentry *d;

	if (!err)
		err = may_create(dir);
	if (err)
		return err;
	if (!ops || !ops->link || S_ISDIR(i->mode))
		return -EPERM;
	if (!i->nlink && !unnamed)
		return -ENOENT;
	d = new_child(dir, last, true);
	if (IS_ERR(d))
		return PTR_ERR(d);
	err = ops->link(dir->inode, d, i);
	if (!err)
		inotify_inode(i, IN_ATTRIB); /* one more link */
	return finish_child(dir, d, err, NULL);
}

int do_link(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	unsigned how = (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
		       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	const struct dentry *d;
	struct path old;
	struct last last;
	struct walk w;
	int err;

	if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && !fs_capable(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = path_lookup(from_fd, from, how, &old);
	if (err)
		return err;
	err = begin_create(&w, to_fd, to, &last, false);
	if (!err) {
		/* The name of an O_TMPFILE file stands alone: that one may come back from no links.
		 */
		d = old.dentry;
		err = old.mount == w.at.mount
			  ? link_locked(w.at.dentry, &last, d->inode, d->unlinked && d->parent == d)
			  : -EXDEV;
		end_create(&w, err);
	}
	path_put(&old);
	return err;
}

/* Removes the child of a locked directory. */
static int unlink_locked(struct dentry *dir, struct dentry *d, bool directory)
{
	const struct inode_ops *ops = dir->inode->ops;
	int err = may_delete(dir, d, directory);

	if (err)
		return err;
	if (!ops || !(directory ? ops->rmdir : ops->unlink))
		return -EPERM;
	if (!directory) {
		err = ops->unlink(dir->inode, d);
		if (err)
			return err;
		dentry_detach(d);
		inotify_inode(d->inode, IN_ATTRIB); /* one link less */
		inotify_entry(dir->inode, d->inode, d->name, IN_DELETE, 0);
		return 0;
	}
	mutex_lock(&d->inode->lock);
	err = list_empty(&d->children) ? ops->rmdir(dir->inode, d) : -ENOTEMPTY;
	if (!err) {
		dentry_detach(d);
		inotify_entry(dir->inode, d->inode, d->name, IN_DELETE, 0);
	}
	mutex_unlock(&d->inode->lock);
	return err;
}

static int special_unlink_error(const struct last *l, bool directory)
{
	if (!directory)
		return -EISDIR;
	if (!l->len)
		return -EBUSY;
	return l->len == 1 ? -EINVAL : -ENOTEMPTY;
}

int do_unlink(int dirfd, const char *path, bool directory)
{
	struct last last;
	struct dentry *d;
	struct walk w;
	int err = walk_parent(&w, dirfd, path, &last);

	if (err)
		return err;
	if (last_is_special(&last)) {
		walk_end(&w);
		return special_unlink_error(&last, directory);
	}
	err = walk_want_write(&w);
	if (err) {
		walk_end(&w);
		return err;
	}
	mutex_lock(&w.at.dentry->inode->lock);
	err = lookup_child_locked(w.at.dentry, last.name, last.len, &d);
	if (!err) {
		if (last.slash && !directory)
			err = S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
		else
			err = unlink_locked(w.at.dentry, d, directory);
	} else {
		d = NULL;
	}
	mutex_unlock(&w.at.dentry->inode->lock);
	dentry_put(d); /* outside: the last reference may free much */
	walk_end(&w);
	return err;
}
