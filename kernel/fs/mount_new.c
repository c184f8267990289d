/* mount(2): new file systems, other flags for old ones, and who does the rest. */
#include "fs/devpts.h"
#include "fs/mount.h"
#include "ipc/mqueue.h"
#include "printk.h"

static struct superblock *open_tmpfs(const char *options, int *err)
{
	return tmpfs_create_type("tmpfs", options, err);
}

/* A file system that there is once, however often it is mounted: kept from the first time on. */
static struct superblock *open_single(
    struct superblock **the_one, struct superblock *(*create)(void), int *err)
{
	if (!*the_one)
		*the_one = create();
	*err = *the_one ? 0 : -ENOMEM;
	if (*the_one)
		superblock_use(*the_one);
	return *the_one;
}

static struct superblock *open_devtmpfs(const char *options, int *err)
{
	return open_single(&devfs_superblock, NULL, err);
}

static struct superblock *open_proc(const char *options, int *err)
{
	struct superblock *sb = proc_create();

	*err = sb ? 0 : -ENOMEM;
	return sb;
}

static struct superblock *open_sysfs(const char *options, int *err)
{
	static struct superblock *sysfs;

	return open_single(&sysfs, sysfs_create, err);
}

static struct superblock *open_mqueue(const char *options, int *err)
{
	return mqueue_mount(err);
}

static const struct filesystem {
	const char *name;
	/* With a use; NULL and *err: -EINVAL, -ENOMEM. (mount_lock) */
	struct superblock *(*open)(const char *options, int *err);
	bool single; /* every mount shows the same one: no mount's flags become its own */
} filesystems[] = {
    {"sysfs", open_sysfs, true},
    {"tmpfs", open_tmpfs, false},
    {"devtmpfs", open_devtmpfs, true},
    {"proc", open_proc, false},
    {"devpts", devpts_create, false},
    {"mqueue", open_mqueue, true},
};

const char *filesystem_name(unsigned n)
{
	return n < ARRAY_SIZE(filesystems) ? filesystems[n].name : NULL;
}

/* Is this very file system what the place shows already, from its root? */
static bool is_there(const struct path *at, const struct superblock *sb)
{
	return path_is_mount_root(at) && at->mount->sb == sb;
}

static int attach_new(
    struct superblock *sb, const char *source, const struct path *at, uint64_t flags)
{
	struct mount *m;
	int err = -ENOMEM;

	if (is_there(at, sb))
		return -EBUSY;
	if (!S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	m = mount_create(sb->root, source, flags);
	if (m)
		err = mount_attach(m, at);
	if (err)
		mount_put(m);
	return err;
}

static int mount_new(const char *source, const struct path *at, const char *type, uint64_t flags,
    const char *options)
{
	const struct filesystem *fs = NULL;
	struct superblock *sb;
	int err;

	if (!type)
		return -EINVAL;
	for (unsigned k = 0; k < ARRAY_SIZE(filesystems); k++)
		if (!strcmp(filesystems[k].name, type))
			fs = &filesystems[k];
	if (!fs)
		return -ENODEV;
	sb = fs->open(options, &err);
	if (!sb)
		return err;
	err = attach_new(sb, source, at, flags);
	if (!err && !fs->single)
		__atomic_fetch_or(&sb->flags, flags & SUPERBLOCK_FLAGS, __ATOMIC_RELAXED);
	superblock_unuse(sb); /* the mount has its own */
	return err;
}

/* Gives the mount these flags; its file system stays as it is. */
static int change_flags(struct mount *m, uint64_t flags)
{
	int err = flags & MS_RDONLY ? mount_stop_writers(m) : 0;

	if (!err)
		__atomic_store_n(&m->flags, flags & MOUNT_FLAGS, __ATOMIC_RELAXED);
	return err;
}

static int remount(const struct path *at, uint64_t flags, const char *options)
{
	struct superblock *sb = at->mount->sb;
	const uint64_t changed = MS_RDONLY | MS_SYNCHRONOUS | MS_LAZYTIME;
	uint64_t kept = __atomic_load_n(&sb->flags, __ATOMIC_RELAXED) & ~changed;
	bool was_readonly = __atomic_load_n(&sb->flags, __ATOMIC_RELAXED) & MS_RDONLY;
	int err = flags & MS_RDONLY ? superblock_stop_writers(sb) : 0;

	if (err)
		return err;
	err = sb->remount ? sb->remount(sb, options) : 0;
	if (err) {
		if (!was_readonly)
			__atomic_fetch_and(&sb->flags, ~(uint64_t)MS_RDONLY, __ATOMIC_RELAXED);
		return err;
	}
	__atomic_store_n(&sb->flags, kept | (flags & changed), __ATOMIC_RELAXED);
	__atomic_store_n(&at->mount->flags, flags & MOUNT_FLAGS, __ATOMIC_RELAXED);
	return 0;
}

/* How access times are kept, if the caller says nothing of it: by relatime, or as they were. */
static uint64_t complete_flags(uint64_t flags, const struct path *at)
{
	const uint64_t atime = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
	bool told = flags & atime;

	if (!(flags & MS_NOATIME))
		flags |= MS_RELATIME;
	if (flags & MS_STRICTATIME)
		flags &= ~(uint64_t)(MS_RELATIME | MS_NOATIME);
	if ((flags & MS_REMOUNT) && !told && path_is_mount_root(at))
		flags = (flags & ~atime) | (at->mount->flags & atime);
	return flags;
}

static int mount_locked(
    const char *source, struct path *at, const char *type, uint64_t flags, const char *options)
{
	const uint64_t propagation = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

	if (!at->mount || !at->mount->attached) /* a pipe, say, or in a tree that was detached */
		return flags & (MS_REMOUNT | propagation) ? -EINVAL : -ENOENT;
	flags = complete_flags(flags, at);
	if (flags & MS_REMOUNT) {
		if (!path_is_mount_root(at))
			return -EINVAL;
		return flags & MS_BIND ? change_flags(at->mount, flags)
				       : remount(at, flags, options);
	}
	if (flags & MS_BIND)
		return mount_bind(source, at, flags & MS_REC);
	if (flags & propagation)
		return mount_propagation(at, flags);
	if (flags & MS_MOVE)
		return mount_move(source, at);
	return mount_new(source ? source : "none", at, type, flags, options);
}

int do_mount(
    const char *source, const char *target, const char *type, uint64_t flags, const char *options)
{
	struct path at;
	int err;

	if ((flags & 0xffff0000u) == 0xc0ed0000u)
		flags &= 0xffff; /* the old magic number */
	err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (flags & MS_NOUSER) {
		err = -EINVAL;
	} else if (!fs_capable(CAP_SYS_ADMIN)) {
		err = -EPERM;
	} else {
		mutex_lock(&mount_lock);
		mount_top(&at); /* somebody else's may have come meanwhile */
		err = mount_locked(source, &at, type, flags, options);
		mutex_unlock(&mount_lock);
	}
	path_put(&at);
	return err;
}
