/* Advice about files that are memory already: readahead(2), posix_fadvise(2), sync_file_range(2).
 */
#include "fs/internal.h"
#include "syscall/syscall.h"

enum { POSIX_FADV_NORMAL = 0, POSIX_FADV_NOREUSE = 5 };
enum { SYNC_FILE_RANGE_ALL = 7 };

static int check_readahead(const struct file *f)
{
	if (!file_readable(f))
		return -EBADF;
	return S_ISREG(f->inode->mode) || S_ISBLK(f->inode->mode) ? 0 : -EINVAL;
}

SYSCALL(readahead)
{
	struct file *f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	int err = check_readahead(f);
	file_put(f);
	return err;
}

static int check_advice(const struct file *f, int64_t len, int advice)
{
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	return 0;
}

SYSCALL(fadvise64)
{
	struct file *f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	int err = check_advice(f, (int64_t)a[2], (int)a[3]);
	file_put(f);
	return err;
}

static int check_sync_range(const struct file *f, int64_t offset, int64_t len, unsigned flags)
{
	uint32_t mode = f->inode->mode;
	int64_t end;
	if ((flags & ~(unsigned)SYNC_FILE_RANGE_ALL) || offset < 0 ||
	    __builtin_add_overflow(offset, len, &end) || end < offset)
		return -EINVAL;
	return S_ISREG(mode) || S_ISBLK(mode) || S_ISDIR(mode) || S_ISLNK(mode) ? 0 : -ESPIPE;
}

SYSCALL(sync_file_range)
{
	struct file *f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	int err = check_sync_range(f, (int64_t)a[1], (int64_t)a[2], (unsigned)a[3]);
	file_put(f);
	return err;
}
