/* Changing attributes: chmod, chown, utimensat (chmod(2), chown(2), utimensat(2)). */
#include "fs/internal.h"
#include "syscall/syscall.h"

static int change_mode(struct inode *i, uint32_t mode)
{
	int err = 0;

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
	int err = 0;

	mutex_lock(&i->lock);
	if (!may_chown(i, uid, gid)) {
		err = -EPERM;
	} else {
		if (!S_ISDIR(i->mode)) {
			uint32_t kill = S_ISUID;
			if ((i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
				kill |= S_ISGID;
			i->mode &= ~kill;
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

/* Looks a path up and hands its inode to one of the changes. With AT_EMPTY_PATH also a
 * descriptor's. */
static int lookup_inode(int dirfd, uaddr_t upath, unsigned flags, struct inode **out)
{
	struct user_path p;
	struct dentry *d;
	int err = user_path_get(&p, upath);

	if (err)
		return err;
	if (!*p.text && (flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD) {
		struct file *f = fd_get_raw(dirfd);

		user_path_put(&p);
		if (!f)
			return -EBADF;
		*out = f->inode;
		inode_get(*out);
		file_put(f);
		return 0;
	}
	err = path_lookup(dirfd, p.text,
	    (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
	    &d);
	user_path_put(&p);
	if (err)
		return err;
	*out = d->inode;
	inode_get(*out);
	dentry_put(d);
	return 0;
}

SYSCALL(fchmodat)
{
	struct inode *i;
	int err = lookup_inode((int)a[0], a[1], 0, &i);

	if (err)
		return err;
	err = change_mode(i, (uint32_t)a[2]);
	inode_put(i);
	return err;
}

SYSCALL(fchmod)
{
	struct file *f = fd_get((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = change_mode(f->inode, (uint32_t)a[1]);
	file_put(f);
	return err;
}

SYSCALL(fchownat)
{
	struct inode *i;
	int err;

	if (a[4] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = lookup_inode((int)a[0], a[1], (unsigned)a[4], &i);
	if (err)
		return err;
	err = change_owner(i, (uint32_t)a[2], (uint32_t)a[3]);
	inode_put(i);
	return err;
}

SYSCALL(fchown)
{
	struct file *f = fd_get((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = change_owner(f->inode, (uint32_t)a[1], (uint32_t)a[2]);
	file_put(f);
	return err;
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
	int err = 0;

	if (!n->now && n->t[0].nsec == UTIME_OMIT && n->t[1].nsec == UTIME_OMIT)
		return 0;
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

SYSCALL(utimensat)
{
	struct new_times n;
	struct inode *i;
	int err = get_times(a[2], &n);

	if (err)
		return err;
	if (a[3] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!a[1]) { /* futimens */
		struct file *f = (int)a[0] == AT_FDCWD ? NULL : fd_get((int)a[0]);

		if ((int)a[0] == AT_FDCWD)
			return -EFAULT;
		if (!f || a[3]) {
			file_put(f);
			return a[3] ? -EINVAL : -EBADF;
		}
		err = change_times(f->inode, &n);
		file_put(f);
		return err;
	}
	err = lookup_inode((int)a[0], a[1], (unsigned)a[3], &i);
	if (err)
		return err;
	err = change_times(i, &n);
	inode_put(i);
	return err;
}
