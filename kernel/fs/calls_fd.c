/* System calls on descriptors: close, dup, fcntl, ioctl, fsync and the like. */
#include "fs/async.h"
#include "fs/inotify.h"
#include "proc/internal.h"
#include "syscall/syscall.h"

SYSCALL(close)
{
	return fd_close((int)a[0]);
}

SYSCALL(close_range)
{
	unsigned first = (unsigned)a[0], last = (unsigned)a[1], flags = (unsigned)a[2];
	int err = 0;

	if (flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (!current->files)
		return 0;
	if (flags & CLOSE_RANGE_UNSHARE)
		err = thread_unshare_files(current);
	return err ? err : files_close_range(first, last, flags & CLOSE_RANGE_CLOEXEC);
}

SYSCALL(dup)
{
	struct file *f = fd_get_raw((int)a[0]);

	if (!f)
		return -EBADF;
	return fd_install(f, 0, 0);
}

SYSCALL(dup3)
{
	unsigned flags = (unsigned)a[2];
	struct file *f;

	if (flags & ~(unsigned)O_CLOEXEC || (int)a[0] == (int)a[1])
		return -EINVAL;
	if ((unsigned)a[1] >= current_rlimit(RLIMIT_NOFILE))
		return -EBADF;
	f = fd_get_raw((int)a[0]);
	return f ? files_dup(f, (int)a[1], flags) : -EBADF;
}

static int64_t dup_from(struct file *f, uint64_t lowest, unsigned flags)
{

	if ((int)lowest < 0 || lowest >= current_rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	file_get(f);
	return fd_install(f, flags, (int)lowest);
}

static int64_t set_cloexec(int fd, bool on)
{
	struct files *t = current->files;
	irqflags_t flags = spin_lock(&t->lock);

	if ((unsigned)fd < t->size) {
		uint64_t bit = 1ULL << (fd % 64);
		t->cloexec[fd / 64] = on ? t->cloexec[fd / 64] | bit : t->cloexec[fd / 64] & ~bit;
	}
	spin_unlock(&t->lock, flags);
	return 0;
}

bool fd_is_cloexec(int fd)
{
	return files_cloexec(current->files, fd);
}

static void change_flags(struct file *f, unsigned which, unsigned flags)
{
	__atomic_fetch_and(&f->flags, ~which | flags, __ATOMIC_RELAXED);
	__atomic_fetch_or(&f->flags, which & flags, __ATOMIC_RELEASE);
}

static int64_t set_flags(int fd, struct file *f, unsigned flags)
{
	const unsigned settable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
	int err = 0;

	if (!(f->flags & O_NOATIME) && (flags & O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	if ((flags ^ f->flags) & O_ASYNC)
		err = async_set(f, fd, flags & O_ASYNC);
	if (!err)
		change_flags(f, settable, flags);
	return err;
}

static int64_t add_seals(struct file *f, unsigned seals)
{
	const unsigned known = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			       F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;
	struct inode *i = f->inode;
	int64_t err = 0;

	if (!file_writable(f))
		return -EPERM;
	if (seals & ~known || i->ops != &tmpfs_inode_ops)
		return -EINVAL;
	mutex_lock(&i->lock);
	/* What cannot be made executable is still to be protected if it can be run already. */
	if ((seals & F_SEAL_EXEC) && (i->mode & 0111))
		seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	if (i->seals & F_SEAL_SEAL)
		err = -EPERM;
	else if ((seals & ~i->seals & F_SEAL_WRITE) && mapping_writable(&i->mapping))
		err = -EBUSY;
	else
		i->seals |= seals;
	mutex_unlock(&i->lock);
	return err;
}

/* Are both one open file description? -EBADF. */
static int dup_query(const struct file *f, int fd)
{
	struct file *other = fd_get_raw(fd);

	file_put(other);
	return other ? other == f : -EBADF;
}

/* The commands an O_PATH descriptor takes as well. */
static int64_t fcntl_raw(int fd, struct file *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(f, arg, 0);
	case F_DUPFD_CLOEXEC:
		return dup_from(f, arg, O_CLOEXEC);
	case F_DUPFD_QUERY:
		return dup_query(f, (int)arg);
	case F_CREATED_QUERY:
		return f->created;
	case F_GETFD:
		return fd_is_cloexec(fd);
	case F_SETFD:
		return set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return (int64_t)f->flags;
	default:
		return -EBADF;
	}
}

static int64_t do_fcntl(int fd, struct file *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case F_SETFL:
		return set_flags(fd, f, (unsigned)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(f, cmd, arg);
	case F_GETLEASE:
		return F_UNLCK; /* nobody can take one */
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case F_ADD_SEALS:
		return add_seals(f, (unsigned)arg);
	case F_GET_SEALS:
		if (f->inode->ops != &tmpfs_inode_ops)
			return -EINVAL;
		return f->inode->seals;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_DUPFD_QUERY:
	case F_CREATED_QUERY:
	case F_GETFD:
	case F_SETFD:
	case F_GETFL:
		return fcntl_raw(fd, f, cmd, arg);
	default:
		return async_fcntl(f, cmd, arg);
	}
}

SYSCALL(fcntl)
{
	struct file *f = fd_get_raw((int)a[0]);
	int64_t result;

	if (!f)
		return -EBADF;
	if (f->flags & O_PATH)
		result = fcntl_raw((int)a[0], f, (unsigned)a[1], a[2]);
	else
		result = do_fcntl((int)a[0], f, (unsigned)a[1], a[2]);
	file_put(f);
	return result;
}

static int64_t do_ioctl(int fd, struct file *f, unsigned cmd, uint64_t arg)
{
	int32_t on;

	switch (cmd) {
	case FIOCLEX:
		return set_cloexec(fd, true);
	case FIONCLEX:
		return set_cloexec(fd, false);
	case FIONBIO:
		if (copy_in_obj(&on, arg))
			return -EFAULT;
		change_flags(f, O_NONBLOCK, on ? O_NONBLOCK : 0);
		return 0;
	case FIOASYNC:
		if (copy_in_obj(&on, arg))
			return -EFAULT;
		if (!on == !(f->flags & O_ASYNC))
			return 0;
		return f->ops->async_list ? async_set(f, fd, on) : -ENOTTY;
	default:
		return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
	}
}

SYSCALL(ioctl)
{
	struct file *f = fd_get((int)a[0]);
	int64_t result;

	if (!f)
		return -EBADF;
	result = do_ioctl((int)a[0], f, (unsigned)a[1], a[2]);
	file_put(f);
	return result;
}

static int64_t do_fsync(int fd)
{
	struct file *f = fd_get(fd);
	int64_t result;

	if (!f)
		return -EBADF;
	result = f->ops->fsync ? f->ops->fsync(f) : -EINVAL;
	file_put(f);
	return result;
}

SYSCALL(fsync)
{
	return do_fsync((int)a[0]);
}

SYSCALL(fdatasync)
{
	return do_fsync((int)a[0]);
}

SYSCALL(sync)
{
	return 0; /* no file system has a place behind its memory */
}

SYSCALL(syncfs)
{
	struct file *f = fd_get((int)a[0]);

	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

SYSCALL(ftruncate)
{
	struct file *f;
	int err;

	if ((int64_t)a[1] < 0)
		return -EINVAL;
	f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	if (!S_ISREG(f->inode->mode) || !file_writable(f))
		err = -EINVAL;
	else
		err = inode_truncate(f->inode, a[1]);
	if (!err)
		inotify_file(f, IN_MODIFY);
	file_put(f);
	return err;
}
