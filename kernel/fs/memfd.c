/* memfd_create(2): files of a tmpfs that is mounted nowhere; and fallocate(2). */
#include "fs/inotify.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "sysctl.h"

static struct superblock *memfd_superblock(void)
{
	static struct mutex lock = MUTEX_INIT("memfd");
	static struct superblock *sb;

	mutex_lock(&lock);
	if (!sb) {
		sb = tmpfs_create();
		if (sb) /* only mounts have limits */
			sb->limit = sb->inode_limit = 0;
	}
	mutex_unlock(&lock);
	return sb;
}

struct dentry *tmpfs_kernel_file(const char *name, uint32_t mode)
{
	struct superblock *sb = memfd_superblock();
	struct inode *i = sb ? tmpfs_unnamed(sb->root->inode, S_IFREG | mode) : NULL;
	struct dentry *d = i ? dentry_create_alone(i, name) : NULL;

	if (!d)
		return ERR_PTR(-ENOMEM);
	i->gid = current_cred()->fsgid;
	d->unlinked = true;
	return d;
}

struct file *memfd_open(const char *name, unsigned flags)
{
	char full[NAME_MAX + 1];
	struct dentry *d;
	struct file *f;

	fmt_string(full, sizeof(full), "/memfd:%s", name);
	d = tmpfs_kernel_file(full, flags & MFD_NOEXEC_SEAL ? 0666 : 0777);
	if (IS_ERR(d))
		return ERR_PTR(PTR_ERR(d));
	d->inode->seals = flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) ? 0 : F_SEAL_SEAL;
	if (flags & MFD_NOEXEC_SEAL)
		d->inode->seals |= F_SEAL_EXEC;
	f = file_open_dentry(d, O_RDWR);
	dentry_put(d);
	return f;
}

SYSCALL(memfd_create)
{
	char name[NAME_MAX - 6 + 1];
	unsigned flags = (unsigned)a[1];
	struct file *f;
	int64_t len;
	int fd;

	unsigned known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC;
	if (flags & MFD_HUGETLB)
		known |= MFD_HUGE_SIZES;
	if ((flags & ~known) ||
	    (flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL))
		return -EINVAL;
	if (!(flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) && sysctl_get(memfd_noexec))
		flags |= MFD_NOEXEC_SEAL;
	if (!(flags & MFD_NOEXEC_SEAL) && sysctl_get(memfd_noexec) == 2)
		return -EACCES;
	len = arch_copy_in_string(name, a[0], sizeof(name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	if (flags & MFD_HUGETLB)
		return -ENODEV; /* there are no huge pages to have */
	fd = fd_reserve(flags & MFD_CLOEXEC ? O_CLOEXEC : 0, 0);
	if (fd < 0)
		return fd;
	f = memfd_open(name, flags);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

/* Pages for [from, to), so that writing there later needs no room. (inode->lock) */
static int allocate(struct inode *i, uint64_t from, uint64_t to)
{
	uint64_t index = from >> PAGE_SHIFT;
	int err = 0;

	for (; !err && index << PAGE_SHIFT < to; index++) {
		err = mapping_set_aside(&i->mapping, index);
		if (!err && signal_pending(current))
			err = -EINTR;
	}
	if (err) {
		mapping_drop_unwritten(&i->mapping, from >> PAGE_SHIFT, index);
		tmpfs_uncharge(i);
	}
	return err;
}

static int fallocate_locked(struct inode *i, unsigned mode, uint64_t from, uint64_t to)
{
	int err;

	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		err = tmpfs_punch(i, from, to);
	} else {
		if (!(mode & FALLOC_FL_KEEP_SIZE) && to > i->size && (i->seals & F_SEAL_GROW))
			return -EPERM;
		err = allocate(i, from, to);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && to > i->size)
			i->size = to;
	}
	if (!err)
		inode_touch(i);
	return err;
}

/* The combinations that there are, for any file system. */
static bool known_mode(unsigned mode)
{
	switch (mode & ~(unsigned)FALLOC_FL_KEEP_SIZE) {
	case 0:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_UNSHARE_RANGE:
		return true;
	case FALLOC_FL_PUNCH_HOLE:
		return mode & FALLOC_FL_KEEP_SIZE;
	case FALLOC_FL_COLLAPSE_RANGE:
	case FALLOC_FL_INSERT_RANGE:
		return !(mode & FALLOC_FL_KEEP_SIZE);
	default:
		return false;
	}
}

int do_fallocate(struct file *f, unsigned mode, int64_t offset, int64_t len)
{
	struct inode *i = f->inode;
	int64_t end;
	int err;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (!known_mode(mode))
		return -EOPNOTSUPP;
	if (!file_writable(f))
		return -EBADF;
	if (S_ISFIFO(i->mode))
		return -ESPIPE;
	if (S_ISDIR(i->mode))
		return -EISDIR;
	if (!S_ISREG(i->mode))
		return -ENODEV;
	if (__builtin_add_overflow(offset, len, &end))
		return -EFBIG;
	if (i->ops != &tmpfs_inode_ops ||
	    mode & ~(unsigned)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && (uint64_t)end > i->size &&
	    (uint64_t)end > current_rlimit(RLIMIT_FSIZE)) {
		fs_signal_current(SIGXFSZ);
		return -EFBIG;
	}
	mutex_lock(&i->lock);
	err = i->sb->limit && (uint64_t)len >> PAGE_SHIFT > i->sb->limit ? -ENOSPC : 0;
	if (!err || (mode & FALLOC_FL_PUNCH_HOLE))
		err = fallocate_locked(i, mode, (uint64_t)offset, (uint64_t)end);
	mutex_unlock(&i->lock);
	return err;
}

SYSCALL(fallocate)
{
	struct file *f = fd_get((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = do_fallocate(f, (unsigned)a[1], (int64_t)a[2], (int64_t)a[3]);
	if (!err)
		inotify_file(f, IN_MODIFY);
	file_put(f);
	return err;
}
