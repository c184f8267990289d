/* What files say of themselves: stat, statx, statfs, access (stat(2), statx(2), statfs(2),
 * access(2)). */
#include "fs/internal.h"
#include "syscall/syscall.h"

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

/* A file found by a path, or by a descriptor alone when the path is empty and may be. With
 * references; the path of what has none is {NULL, NULL}. */
struct found {
	struct inode *inode;
	struct path path;
};

static int find_file(int dirfd, const char *path, unsigned flags, struct found *out)
{
	int err;

	if (!*path && (flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD) {
		struct file *f = fd_get_raw(dirfd);

		if (!f)
			return -EBADF;
		*out = (struct found){f->inode, f->path};
		inode_get(out->inode);
		if (f->path.dentry)
			path_get(&out->path);
		file_put(f);
		return 0;
	}
	err = path_lookup(dirfd, path,
	    (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
	    &out->path);
	if (err)
		return err;
	out->inode = out->path.dentry->inode;
	inode_get(out->inode);
	return 0;
}

static void found_put(struct found *f)
{
	inode_put(f->inode);
	path_put(&f->path);
}

int do_stat(int dirfd, const char *path, unsigned flags, struct linux_stat *st)
{
	struct found f;
	int err = find_file(dirfd, path, flags, &f);

	if (err)
		return err;
	err = inode_getattr(f.inode, st);
	found_put(&f);
	return err;
}

SYSCALL(newfstatat)
{
	struct linux_stat st;
	struct user_path p;
	int err;

	if (a[3] & ~(uint64_t)STAT_FLAGS)
		return -EINVAL;
	err = user_path_get(&p, a[1]);
	if (err)
		return err;
	err = do_stat((int)a[0], p.text, (unsigned)a[3], &st);
	user_path_put(&p);
	return err ? err : copy_out_obj(a[2], &st);
}

SYSCALL(fstat)
{
	struct file *f = fd_get_raw((int)a[0]);
	struct linux_stat st;
	int err;

	if (!f)
		return -EBADF;
	err = file_stat(f, &st);
	file_put(f);
	return err ? err : copy_out_obj(a[1], &st);
}

static struct linux_statx_time statx_time(int64_t sec, int64_t nsec)
{
	return (struct linux_statx_time){.sec = sec, .nsec = (uint32_t)nsec};
}

static unsigned dev_major(uint64_t dev)
{
	return dev >> 8 & 0xfff;
}

static unsigned dev_minor(uint64_t dev)
{
	return (dev & 0xff) | (dev >> 12 & 0xfff00);
}

#define MNT_UNIQUE (1ULL << 31) /* unique numbers are above those that are not */

static void fill_statx_mount(const struct path *p, unsigned wanted, struct linux_statx *x)
{
	bool unique = wanted & STATX_MNT_ID_UNIQUE;

	x->mask |= unique ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;
	x->mnt_id = (uint64_t)mount_id(p->mount) + (unique ? MNT_UNIQUE : 0);
	if (!p->mount || path_is_mount_root(p))
		x->attributes |= STATX_ATTR_MOUNT_ROOT;
	x->attributes_mask |= STATX_ATTR_MOUNT_ROOT;
}

static void fill_statx(const struct linux_stat *st, const struct inode *i, struct linux_statx *x)
{
	memset(x, 0, sizeof(*x));
	x->mask = STATX_BASIC_STATS;
	x->blksize = (uint32_t)st->st_blksize;
	x->nlink = st->st_nlink;
	x->uid = st->st_uid;
	x->gid = st->st_gid;
	x->mode = (uint16_t)st->st_mode;
	x->ino = st->st_ino;
	x->size = (uint64_t)st->st_size;
	x->blocks = (uint64_t)st->st_blocks;
	x->atime = statx_time(st->st_atime, st->st_atime_nsec);
	x->mtime = statx_time(st->st_mtime, st->st_mtime_nsec);
	x->ctime = statx_time(st->st_ctime, st->st_ctime_nsec);
	if (i->sb->magic == TMPFS_MAGIC) { /* the others do not keep it */
		x->mask |= STATX_BTIME;
		x->btime = statx_time(i->btime / NS_PER_S, i->btime % NS_PER_S);
	}
	x->rdev_major = dev_major(st->st_rdev);
	x->rdev_minor = dev_minor(st->st_rdev);
	x->dev_major = dev_major(st->st_dev);
	x->dev_minor = dev_minor(st->st_dev);
}

SYSCALL(statx)
{
	struct linux_statx x;
	struct linux_stat st;
	struct user_path p;
	struct found f;
	int err;

	if (a[2] & ~(uint64_t)STAT_FLAGS || (a[2] & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (a[3] & STATX_RESERVED))
		return -EINVAL;
	err = user_path_get(&p, a[1]);
	if (err)
		return err;
	err = find_file((int)a[0], p.text, (unsigned)a[2], &f);
	user_path_put(&p);
	if (err)
		return err;
	err = inode_getattr(f.inode, &st);
	if (!err) {
		fill_statx(&st, f.inode, &x);
		fill_statx_mount(&f.path, (unsigned)a[3], &x);
		err = copy_out_obj(a[4], &x);
	}
	found_put(&f);
	return err;
}

/* ST_… of statfs(2), by what mounts and file systems are flagged with. */
static int64_t statfs_flags(const struct superblock *sb, const struct mount *m)
{
	static const struct {
		uint64_t mount;
		int64_t st;
	} table[] = {{MS_RDONLY, 1}, {MS_NOSUID, 2}, {MS_NODEV, 4}, {MS_NOEXEC, 8},
	    {MS_NOATIME, 0x400}, {MS_NODIRATIME, 0x800}, {MS_RELATIME, 0x1000},
	    {MS_NOSYMFOLLOW, 0x2000}};
	uint64_t own = __atomic_load_n(&sb->flags, __ATOMIC_RELAXED);
	int64_t st = 0x20; /* ST_VALID */

	for (unsigned k = 0; k < ARRAY_SIZE(table); k++)
		if (mount_has(m, table[k].mount))
			st |= table[k].st;
	return st | (own & MS_RDONLY ? 1 : 0) | (own & MS_SYNCHRONOUS ? 0x10 : 0) |
	       (own & MS_MANDLOCK ? 0x40 : 0);
}

static int statfs_of(const struct superblock *sb, const struct mount *m, uaddr_t out)
{
	struct linux_statfs st = {.type = (int64_t)sb->magic,
	    .bsize = PAGE_SIZE,
	    .namelen = NAME_MAX,
	    .frsize = PAGE_SIZE};

	if (sb->limit) {
		uint64_t used = __atomic_load_n(&sb->used, __ATOMIC_RELAXED);
		st.blocks = sb->limit;
		st.bfree = st.bavail = used < sb->limit ? sb->limit - used : 0;
	}
	if (sb->inode_limit) {
		uint64_t inodes = __atomic_load_n(&sb->inodes, __ATOMIC_RELAXED);
		st.files = sb->inode_limit;
		st.ffree = inodes < sb->inode_limit ? sb->inode_limit - inodes : 0;
	}
	st.fsid[0] = (int32_t)sb->dev;
	st.flags = statfs_flags(sb, m);
	return copy_out_obj(out, &st);
}

SYSCALL(statfs)
{
	struct user_path p;
	struct path at;
	int err = user_path_get(&p, a[0]);

	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, LOOKUP_FOLLOW, &at);
	user_path_put(&p);
	if (err)
		return err;
	err = statfs_of(at.dentry->sb, at.mount, a[1]);
	path_put(&at);
	return err;
}

SYSCALL(fstatfs)
{
	struct file *f = fd_get_raw((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = statfs_of(f->inode->sb, f->path.mount, a[1]);
	file_put(f);
	return err;
}

/* The credentials access(2) asks with: the real ids, and the capabilities a program of theirs would
 * have. */
static struct cred *real_cred(void)
{
	struct cred *c = cred_copy(current_cred());

	if (!c)
		return NULL;
	c->fsuid = c->uid;
	c->fsgid = c->gid;
	c->cap_effective = c->uid ? 0 : c->cap_permitted;
	return c;
}

static int access_with(
    const struct cred *c, int dirfd, const char *path, unsigned mode, unsigned flags)
{
	unsigned how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	struct path at;
	int err = path_lookup_cred(c, dirfd, path, how, &at);
	const struct inode *i;

	if (err)
		return err;
	i = at.dentry->inode;
	if ((mode & MAY_EXEC) && S_ISREG(i->mode) && mount_has(at.mount, MS_NOEXEC))
		err = -EACCES;
	else
		err = inode_permission_cred(c, i, mode);
	if (!err && (mode & MAY_WRITE) &&
	    (S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode)) && mount_readonly(at.mount))
		err = -EROFS;
	path_put(&at);
	return err;
}

static int64_t do_access(int dirfd, uaddr_t upath, unsigned mode, unsigned flags)
{
	struct cred *real = NULL;
	struct user_path p;
	int err;

	if (mode & ~7u || flags & ~(unsigned)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_get(&p, upath);
	if (err)
		return err;
	if (!(flags & AT_EACCESS))
		real = real_cred();
	if (!real && !(flags & AT_EACCESS))
		err = -ENOMEM;
	else
		err = access_with(real ? real : current_cred(), dirfd, p.text, mode, flags);
	if (real)
		cred_put(real);
	user_path_put(&p);
	return err;
}

SYSCALL(faccessat)
{
	return do_access((int)a[0], a[1], (unsigned)a[2], 0);
}

SYSCALL(faccessat2)
{
	return do_access((int)a[0], a[1], (unsigned)a[2], (unsigned)a[3]);
}
