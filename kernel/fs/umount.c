/* umount2(2). */
#include "fs/mount.h"

#define REFS_IDLE 2 /* the tree's, and the caller's */

static bool is_used(const struct mount *m)
{
	return __atomic_load_n(&m->refs.n, __ATOMIC_ACQUIRE) > REFS_IDLE;
}

/* Takes the mount, and before it those upon it, out of the tree, whoever uses them. */
static void detach_all(struct mount *m)
{
	struct mount *last, *upon;

	do {
		for (last = m; (upon = mount_upon(last));)
			last = upon;
		mount_detach(last);
		mount_put(last);
	} while (last != m);
}

/* The first time it only marks what nobody uses. */
static int expire(struct mount *m, bool is_root, unsigned flags)
{
	if (is_root || (flags & (MNT_FORCE | MNT_DETACH)))
		return -EINVAL;
	if (is_used(m))
		return -EBUSY;
	return __atomic_exchange_n(&m->expired, true, __ATOMIC_ACQ_REL) ? 0 : -EAGAIN;
}

/* (mount_lock) */
static int unmount(struct mount *m, unsigned flags)
{
	struct path root;
	bool is_root;

	fs_places(current_fs(), &root, NULL);
	is_root = root.mount == m;
	path_put(&root);
	if (flags & MNT_EXPIRE) {
		int err = expire(m, is_root, flags);
		if (err)
			return err;
	}
	if (is_root && !(flags & MNT_DETACH)) /* it stays, and can only be read */
		return superblock_stop_writers(m->sb);
	if (!m->parent)
		return -EINVAL;
	if (!(flags & MNT_DETACH) && is_used(m))
		return -EBUSY;
	detach_all(m);
	return 0;
}

int do_umount(const char *target, unsigned flags)
{
	struct path at;
	int err;

	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	/* What finds it unused finds the mount's own reference and this one. */
	mutex_lock(&mount_lock);
	if (!fs_capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (!path_is_mount_root(&at) || !at.mount->attached)
		err = -EINVAL;
	else
		err = unmount(at.mount, flags);
	mutex_unlock(&mount_lock);
	dentry_put(at.dentry);
	mount_drop(at.mount); /* which is no use that MNT_EXPIRE should see */
	return err;
}
