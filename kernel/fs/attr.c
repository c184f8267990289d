/* Changing attributes: chmod, chown, utimensat (chmod(2), chown(2), utimensat(2)). */
#include "fs/inotify.h"
#include "syscall/syscall.h"

static int may_change(const struct inode *i, enum inode_change what)
{
	return i->ops && i->ops->may_change ? i->ops->may_change(i, what) : 0;
}

static int change_mode(struct inode *i, uint32_t mode)
{
	int err = may_change(i, CHANGE_MODE);

	if (err)
		return err;
	mutex_lock(&i->lock);
	if (!inode_owner_or_capable(i)) {
		err = -EPERM;
	} else if ((i->seals & F_SEAL_EXEC) && ((i->mode ^ mode) & 0111)) {
		err = -EPERM;
	} else {
		if (!cred_in_group(current_cred(), i->gid) && !fs_capable(CAP_FSETID))
			mode &= ~(uint32_t)S_ISGID;
		i->mode = (i->mode & S_IFMT) | (mode & 07777);
		inode_changed(i);
	}
	mutex_unlock(&i->lock);
	return err;
}

static bool may_chown(const struct inode *i, uint32_t uid, uint32_t gid)
{
	const struct cred *c = current_cred();

	if (cred_has_cap(c, CAP_CHOWN))
		return true;
	if (c->fsuid != i->uid)
		return uid == UINT32_MAX && gid == UINT32_MAX;
	return (uid == UINT32_MAX || uid == i->uid) &&
	       (gid == UINT32_MAX || gid == i->gid || cred_in_group(c, gid));
}

static int change_owner(struct inode *i, uint32_t uid, uint32_t gid)
{
	int err = may_change(i, CHANGE_OWNER);

	if (err)
		return err;
	mutex_lock(&i->lock);
	if (!may_chown(i, uid, gid)) {
		err = -EPERM;
	} else {
		if (!S_ISDIR(i->mode)) {
			uint32_t kill = S_ISUID;
			if ((i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
				kill |= S_ISGID;
			i->mode &= ~kill;
			xattr_drop_caps(i);
		}
		if (uid != UINT32_MAX)
			i->uid = uid;
		if (gid != UINT32_MAX)
			i->gid = gid;
		inode_changed(i);
	}
	mutex_unlock(&i->lock);
	return err;
}

/* What a call changes: an inode, and where it was reached (a NULL dentry: on no path). References,
 * and the right to write there. */
struct target {
	struct inode *inode;
	struct path path;
};

static int target_set(struct target *t, struct inode *i, const struct path *p)
{
	int err = path_want_write(p);

	if (err)
		return err;
	*t = (struct target){i, *p};
	inode_get(i);
	if (p->dentry)
		path_get(p);
	return 0;
}

/* By a path; with AT_EMPTY_PATH also a descriptor's. */
static int target_get(struct target *t, int dirfd, uaddr_t upath, unsigned flags)
{
	struct user_path p;
	struct path at;
	int err = user_path_get(&p, upath);

	if (err)
		return err;
	if (!*p.text && (flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD) {
		struct file *f = fd_get_raw(dirfd);

		user_path_put(&p);
		if (!f)
			return -EBADF;
		err = target_set(t, f->inode, &f->path);
		file_put(f);
		return err;
	}
	err = path_lookup(dirfd, p.text,
	    (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
	    &at);
	user_path_put(&p);
	if (err)
		return err;
	err = target_set(t, at.dentry->inode, &at);
	path_put(&at);
	return err;
}

/* Ends a change: tells of it if it was made. Returns err. */
static int target_put(struct target *t, int err, uint32_t what)
{
	if (!err && t->path.dentry && what)
		inotify_dentry(t->path.dentry, what);
	inode_put(t->inode);
	mount_end_write(t->path.mount);
	path_put(&t->path);
	return err;
}

/* The same for a descriptor that is open for more than its path. */
static int target_get_fd(struct target *t, int fd)
{
	struct file *f = fd_get(fd);
	int err;

	if (!f)
		return -EBADF;
	err = target_set(t, f->inode, &f->path);
	file_put(f);
	return err;
}

static int do_fchmodat(int dirfd, uaddr_t path, uint32_t mode, unsigned flags)
{
	struct target t;
	int err;

	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = target_get(&t, dirfd, path, flags);
	if (err)
		return err;
	err = S_ISLNK(t.inode->mode) ? -EOPNOTSUPP : change_mode(t.inode, mode);
	return target_put(&t, err, IN_ATTRIB);
}

SYSCALL(fchmodat)
{
	return do_fchmodat((int)a[0], a[1], (uint32_t)a[2], 0);
}

SYSCALL(fchmodat2)
{
	return do_fchmodat((int)a[0], a[1], (uint32_t)a[2], (unsigned)a[3]);
}

SYSCALL(fchmod)
{
	struct target t;
	int err = target_get_fd(&t, (int)a[0]);

	if (err)
		return err;
	return target_put(&t, change_mode(t.inode, (uint32_t)a[1]), IN_ATTRIB);
}

SYSCALL(fchownat)
{
	struct target t;
	int err;

	if (a[4] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = target_get(&t, (int)a[0], a[1], (unsigned)a[4]);
	if (err)
		return err;
	return target_put(&t, change_owner(t.inode, (uint32_t)a[2], (uint32_t)a[3]), IN_ATTRIB);
}

SYSCALL(fchown)
{
	struct target t;
	int err = target_get_fd(&t, (int)a[0]);

	if (err)
		return err;
	return target_put(&t, change_owner(t.inode, (uint32_t)a[1], (uint32_t)a[2]), IN_ATTRIB);
}

/* atime and mtime as utimensat gives them. */
struct new_times {
	struct linux_timespec t[2];
	bool now; /* both, by no argument: whoever may write may do it */
};

static int get_times(uaddr_t src, struct new_times *n)
{
	n->now = !src;
	if (!src)
		return 0;
	if (arch_copy_in(n->t, src, sizeof(n->t)))
		return -EFAULT;
	for (unsigned k = 0; k < 2; k++) {
		int64_t ns = n->t[k].nsec;
		if (ns != UTIME_NOW && ns != UTIME_OMIT && (ns < 0 || ns >= NS_PER_S))
			return -EINVAL;
	}
	n->now = n->t[0].nsec == UTIME_NOW && n->t[1].nsec == UTIME_NOW;
	return 0;
}

static ns_t new_time(const struct linux_timespec *t, ns_t old, ns_t now)
{
	if (t->nsec == UTIME_OMIT)
		return old;
	if (t->nsec == UTIME_NOW)
		return now;
	/* What 64 bits of nanoseconds cannot hold becomes the nearest they can. */
	if (t->sec > INT64_MAX / NS_PER_S - 1)
		return INT64_MAX;
	if (t->sec < INT64_MIN / NS_PER_S + 1)
		return INT64_MIN + NS_PER_S;
	return t->sec * NS_PER_S + t->nsec;
}

static int change_times(struct inode *i, const struct new_times *n)
{
	ns_t now = inode_now();
	int err;

	if (!n->now && n->t[0].nsec == UTIME_OMIT && n->t[1].nsec == UTIME_OMIT)
		return 0;
	err = may_change(i, CHANGE_TIMES);
	if (err)
		return err;
	mutex_lock(&i->lock);
	if (!inode_owner_or_capable(i))
		err = n->now ? inode_permission(i, MAY_WRITE) : -EPERM;
	if (!err) {
		i->atime = n->now ? now : new_time(&n->t[0], i->atime, now);
		i->mtime = n->now ? now : new_time(&n->t[1], i->mtime, now);
		i->ctime = now;
	}
	mutex_unlock(&i->lock);
	return err;
}

/* One time alone is seen as what sets it. */
static uint32_t times_event(const struct new_times *n)
{
	if (n->now)
		return IN_ATTRIB;
	if (n->t[0].nsec == UTIME_OMIT)
		return n->t[1].nsec == UTIME_OMIT ? 0 : IN_MODIFY;
	return n->t[1].nsec == UTIME_OMIT ? IN_ACCESS : IN_ATTRIB;
}

SYSCALL(utimensat)
{
	struct new_times n;
	struct target t;
	int err = get_times(a[2], &n);

	if (err)
		return err;
	if (!n.now && n.t[0].nsec == UTIME_OMIT && n.t[1].nsec == UTIME_OMIT)
		return 0;                   /* before anything else is looked at */
	if (!a[1] && (int)a[0] != AT_FDCWD) /* futimens */
		err = a[3] ? -EINVAL : target_get_fd(&t, (int)a[0]);
	else if (a[3] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		err = -EINVAL;
	else
		err = target_get(&t, (int)a[0], a[1], (unsigned)a[3]);
	if (err)
		return err;
	return target_put(&t, change_times(t.inode, &n), times_event(&n));
}
