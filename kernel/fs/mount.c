/* Mounts: a table of covered dentries, each with the tree that covers it; and the filesystems that
 * can be mounted. */
#include "fs/devpts.h"
#include "fs/internal.h"
#include "printk.h"

struct dentry *vfs_root;
struct list mounts = LIST_INIT(mounts);
struct mutex mount_lock = MUTEX_INIT("mount");

static struct superblock *open_tmpfs(const char *options, int *err)
{
	return tmpfs_create_type("tmpfs", options, err);
}

static struct superblock *open_devtmpfs(const char *options, int *err)
{
	*err = devfs_superblock->mount ? -EBUSY : 0; /* one tree, in one place */
	if (*err)
		return NULL;
	superblock_get(devfs_superblock);
	return devfs_superblock;
}

static struct superblock *open_proc(const char *options, int *err)
{
	struct superblock *sb = proc_create();

	*err = sb ? 0 : -ENOMEM;
	return sb;
}

static struct superblock *open_sysfs(const char *options, int *err)
{
	struct superblock *sb = sysfs_create();

	*err = sb ? 0 : -ENOMEM;
	return sb;
}

static const struct filesystem {
	const char *name;
	struct superblock *(*open)(const char *options, int *err);
} filesystems[] = {
    {"sysfs", open_sysfs},
    {"tmpfs", open_tmpfs},
    {"devtmpfs", open_devtmpfs},
    {"proc", open_proc},
    {"devpts", devpts_create},
};

const char *filesystem_name(unsigned n)
{
	return n < ARRAY_SIZE(filesystems) ? filesystems[n].name : NULL;
}

int mount_attach(
    struct superblock *sb, const char *source, struct dentry *covered, uint64_t mount_flags)
{
	static int last_id = 20; /* (mount_lock, or start-up) */
	struct mount *m = kzalloc(sizeof(*m));
	irqflags_t flags;

	if (!m)
		return -ENOMEM;
	m->source = kstrdup(source);
	if (!m->source) {
		kfree(m);
		return -ENOMEM;
	}
	m->id = m->parent_id = ++last_id;
	if (covered)
		m->parent_id = mount_id(covered);
	m->sb = sb;
	m->root = sb->root;
	__atomic_store_n(&sb->mount_flags, mount_flags, __ATOMIC_RELAXED);
	m->covered = covered;
	if (covered) {
		dentry_get(covered);
		superblock_use(covered->sb);
	}
	flags = spin_lock(&tree_lock);
	sb->mount = m;
	list_append(&mounts, &m->link);
	if (covered)
		__atomic_store_n(&covered->mounted, m, __ATOMIC_RELEASE);
	spin_unlock(&tree_lock, flags);
	return 0;
}

#define ID_NOWHERE 2 /* of what lies on no path */

int mount_id(const struct dentry *d)
{
	irqflags_t flags = spin_lock(&tree_lock);
	int id = d && d->sb->mount ? d->sb->mount->id : ID_NOWHERE;

	spin_unlock(&tree_lock, flags);
	return id;
}

bool mount_reaches(struct dentry *d, struct dentry *root)
{
	irqflags_t flags = spin_lock(&tree_lock);

	while (d != root) {
		if (d->parent != d)
			d = d->parent;
		else if (d->sb->mount && d->sb->mount->covered && d->sb->mount->root == d)
			d = d->sb->mount->covered;
		else
			break;
	}
	spin_unlock(&tree_lock, flags);
	return d == root;
}

bool mount_is_root(struct dentry *d)
{
	irqflags_t flags = spin_lock(&tree_lock);
	bool is = d->sb->mount && d->sb->mount->root == d;

	spin_unlock(&tree_lock, flags);
	return is;
}

/* Takes the mount out of the tree, if nobody uses it or `lazy`. */
static int mount_detach(struct mount *m, bool lazy)
{
	struct superblock *sb = m->sb;
	irqflags_t flags = spin_lock(&tree_lock);
	bool busy = __atomic_load_n(&sb->users, __ATOMIC_ACQUIRE) > 0;

	if (busy && !lazy) {
		spin_unlock(&tree_lock, flags);
		return -EBUSY;
	}
	m->covered->mounted = NULL;
	sb->mount = NULL;
	list_remove(&m->link);
	spin_unlock(&tree_lock, flags);
	superblock_unuse(m->covered->sb);
	dentry_put(m->covered);
	if (sb != devfs_superblock) {
		superblock_use(sb);
		sb->detached = true;
		superblock_unuse(sb); /* frees the tree at once if this was the only use */
	}
	superblock_put(sb);
	kfree(m->source);
	kfree(m);
	return 0;
}

/* A mount on something in the tree of `sb`, or NULL. (mount_lock) */
static struct mount *mount_upon(const struct superblock *sb)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct mount *m, *found = NULL;

	list_for_each (m, &mounts, link) {
		if (m->covered && m->covered->sb == sb) {
			found = m;
			break;
		}
	}
	spin_unlock(&tree_lock, flags);
	return found;
}

/* Takes the mount, and before it those upon it, out of the tree, whoever uses them. (mount_lock) */
static void mount_detach_all(struct mount *m)
{
	struct mount *last, *upon;

	do {
		for (last = m; (upon = mount_upon(last->sb));)
			last = upon;
		(void)mount_detach(last, true);
	} while (last != m);
}

static int mount_new(
    const char *source, struct dentry *at, const char *type, uint64_t flags, const char *options)
{
	const struct filesystem *fs = NULL;
	struct superblock *sb;
	int err;

	for (unsigned k = 0; k < ARRAY_SIZE(filesystems); k++)
		if (!strcmp(filesystems[k].name, type))
			fs = &filesystems[k];
	if (!fs)
		return -ENODEV;
	if (!S_ISDIR(at->inode->mode))
		return -ENOTDIR;
	if (at->unlinked)
		return -ENOENT;
	sb = fs->open(options, &err);
	if (!sb)
		return err;
	err = mount_attach(sb, source, at, flags);
	if (err) {
		if (sb != devfs_superblock)
			dentry_kill_tree(sb->root);
		superblock_put(sb);
	}
	return err;
}

int do_mount(
    const char *source, const char *target, const char *type, uint64_t flags, const char *options)
{
	const uint64_t propagation = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
	struct dentry *at;
	int err;

	if ((flags & 0xffff0000u) == 0xc0ed0000u)
		flags &= 0xffff; /* the old magic number */
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		flags |= MS_RELATIME;
	err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (!fs_capable(CAP_SYS_ADMIN)) {
		dentry_put(at);
		return -EPERM;
	}
	mutex_lock(&mount_lock);
	if (flags & (MS_BIND | MS_MOVE)) {
		err = -EINVAL; /* a tree has one place */
	} else if (flags & (MS_REMOUNT | propagation)) {
		/* Nothing is shared with other mount namespaces: every mount is private already. */
		bool is_mount = at->sb->mount && at->sb->mount->root == at;
		err = !is_mount || (flags & (MS_SHARED | MS_SLAVE)) ? -EINVAL : 0;
		if (!err && (flags & MS_REMOUNT))
			__atomic_store_n(
			    &at->sb->mount_flags, flags & ~(uint64_t)MS_REMOUNT, __ATOMIC_RELAXED);
	} else {
		err = type ? mount_new(source, at, type, flags, options) : -EINVAL;
	}
	mutex_unlock(&mount_lock);
	dentry_put(at);
	return err;
}

int do_umount(const char *target, unsigned flags)
{
	struct dentry *at;
	struct mount *m;
	int err;

	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	m = at->sb->mount;
	if (!fs_capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (!m || m->root != at || !m->covered || (flags & MNT_EXPIRE))
		err = -EINVAL;
	/* The reference that found it goes first: the tree may be freed below. */
	dentry_put(at);
	if (!err && (flags & MNT_DETACH))
		mount_detach_all(m);
	else if (!err)
		err = mount_detach(m, false);
	mutex_unlock(&mount_lock);
	return err;
}
