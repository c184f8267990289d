/* System calls that move data: read, write and their relatives; lseek, sendfile, copy_file_range.
 */
#include "fs/internal.h"
#include "syscall/syscall.h"

/* For /proc/PID/io: a call that reached its file, and the bytes that it moved. */
static void count_io(int64_t result, bool write)
{
	struct io_counts *c = &current->io;

	*(write ? &c->writes : &c->reads) += 1;
	if (result > 0)
		*(write ? &c->written_bytes : &c->read_bytes) += (uint64_t)result;
}

static int64_t file_io(struct file *f, struct io_vec *io, uint64_t *pos, bool write)
{
	int64_t result = write ? file_write_io(f, io, pos) : file_read_io(f, io, pos);

	count_io(result, write);
	return result;
}

/* The checks of one buffer, in Linux's order. */
static int check_single(struct file *f, uaddr_t buf, uint64_t n, bool write)
{
	if (!(write ? file_writable(f) : file_readable(f)))
		return -EBADF;
	if (!(write ? f->ops->write : f->ops->read))
		return -EINVAL;
	return user_range_ok(buf, n) ? 0 : -EFAULT;
}

static int64_t rw_single(int fd, uaddr_t buf, uint64_t n, bool write)
{
	struct linux_iovec v = {buf, n};
	struct file *f = fd_get(fd);
	struct io_vec io;
	int64_t result;

	if (!f)
		return -EBADF;
	result = check_single(f, buf, n, write);
	if (!result) {
		io_init_user(&io, &v, 1);
		result = file_io(f, &io, NULL, write);
	}
	file_put(f);
	return result;
}

SYSCALL(read)
{
	return rw_single((int)a[0], a[1], a[2], false);
}

SYSCALL(write)
{
	return rw_single((int)a[0], a[1], a[2], true);
}

/* With an offset of its own. */
static int64_t rw_at(struct file *f, struct io_vec *io, int64_t offset, bool write)
{
	uint64_t pos = (uint64_t)offset;

	if (offset < 0)
		return -EINVAL;
	if (!f->ops->seek)
		return -ESPIPE;
	return file_io(f, io, &pos, write);
}

static int64_t prw_single(const uint64_t a[6], bool write)
{
	struct linux_iovec v = {a[1], a[2]};
	struct io_vec io;
	struct file *f;
	int64_t result;

	if ((int64_t)a[3] < 0)
		return -EINVAL;
	f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	io_init_user(&io, &v, 1);
	result = f->ops->seek ? check_single(f, a[1], a[2], write) : -ESPIPE;
	if (!result)
		result = rw_at(f, &io, (int64_t)a[3], write);
	file_put(f);
	return result;
}

SYSCALL(pread64)
{
	return prw_single(a, false);
}

SYSCALL(pwrite64)
{
	return prw_single(a, true);
}

/* `offset` -1: at the file's own position. */
static int64_t rw_vector(
    struct file *f, const uint64_t a[6], const int64_t *offset, unsigned flags, bool write)
{
	struct linux_iovec small[8], *v, *heap;
	struct io_vec io;
	int64_t result;

	result = iovec_copy_in(a[1], a[2], small, ARRAY_SIZE(small), &v, &heap);
	if (!result && !(write ? file_writable(f) : file_readable(f)))
		result = -EBADF;
	if (!result && !(write ? f->ops->write : f->ops->read))
		result = -EINVAL;
	io_init_user(&io, v, result ? 0 : (unsigned)a[2]);
	if (io.left) { /* nothing is not written: no empty datagram is sent */
		io.append = write && (flags & RWF_APPEND);
		result = offset ? rw_at(f, &io, *offset, write) : file_io(f, &io, NULL, write);
	}
	kfree(heap);
	return result;
}

static int64_t rw_vector_fd(const uint64_t a[6], const int64_t *offset, unsigned flags, bool write)
{
	struct file *f;
	int64_t result;

	if (offset && *offset < 0)
		return -EINVAL;
	f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	if (offset && !f->ops->seek)
		result = -ESPIPE;
	else if (flags & ~(unsigned)(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | (write ? RWF_APPEND : 0)))
		result = -EOPNOTSUPP;
	else
		result = rw_vector(f, a, offset, flags, write);
	file_put(f);
	return result;
}

SYSCALL(readv)
{
	return rw_vector_fd(a, NULL, 0, false);
}

SYSCALL(writev)
{
	return rw_vector_fd(a, NULL, 0, true);
}

SYSCALL(preadv)
{
	int64_t offset = (int64_t)a[3];
	return rw_vector_fd(a, &offset, 0, false);
}

SYSCALL(pwritev)
{
	int64_t offset = (int64_t)a[3];
	return rw_vector_fd(a, &offset, 0, true);
}

SYSCALL(preadv2)
{
	int64_t offset = (int64_t)a[3];
	return rw_vector_fd(a, offset == -1 ? NULL : &offset, (unsigned)a[5], false);
}

SYSCALL(pwritev2)
{
	int64_t offset = (int64_t)a[3];
	return rw_vector_fd(a, offset == -1 ? NULL : &offset, (unsigned)a[5], true);
}

SYSCALL(lseek)
{
	struct file *f = fd_get((int)a[0]);
	int64_t result;

	if (!f)
		return -EBADF;
	result = (unsigned)a[2] > SEEK_HOLE ? -EINVAL : file_seek(f, (int64_t)a[1], (int)a[2]);
	file_put(f);
	return result;
}

/*
 * Copies up to n bytes through a kernel buffer, from *in_pos on; what the reader took and the
 * writer did not take is not counted as read. out_pos NULL: the file's own.
 */
static int64_t copy_between(
    struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos, uint64_t n)
{
	const size_t room = 4 * PAGE_SIZE;
	char *buf = kmalloc(room);
	int64_t total = 0, moved = 0;

	if (!buf)
		return -ENOMEM;
	while ((uint64_t)total < n) {
		uint64_t at = *in_pos;
		int64_t got = moved = file_read(in, buf, MIN(n - (uint64_t)total, room), &at);

		if (got > 0)
			moved = file_write(out, buf, (size_t)got, out_pos);
		if (moved <= 0)
			break;
		*in_pos += (uint64_t)moved;
		total += moved;
		if (moved < got || signal_pending(current))
			break;
	}
	kfree(buf);
	return total ? total : moved;
}

/* The same with the position in memory of the user, or the file's own. */
static int64_t sendfile(struct file *out, struct file *in, uaddr_t offset, uint64_t n)
{
	uint64_t pos;
	int64_t result;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (!in->ops->read || !out->ops->write || !(S_ISREG(in->inode->mode) || in->ops->mmap))
		return -EINVAL;
	if (out->flags & O_APPEND)
		return -EINVAL;
	if (offset) {
		if (!in->ops->seek)
			return -ESPIPE;
		if (copy_in_obj(&pos, offset))
			return -EFAULT;
		if ((int64_t)pos < 0)
			return -EINVAL;
		result = copy_between(in, &pos, out, NULL, MIN(n, MAX_RW_COUNT));
		return copy_out_obj(offset, &pos) ? -EFAULT : result;
	}
	if (in == out)
		return -EINVAL;
	mutex_lock(&in->pos_lock);
	result = copy_between(in, &in->pos, out, NULL, MIN(n, MAX_RW_COUNT));
	mutex_unlock(&in->pos_lock);
	return result;
}

SYSCALL(sendfile)
{
	struct file *in = fd_get((int)a[1]), *out = fd_get((int)a[0]);
	int64_t result = in && out ? sendfile(out, in, a[2], a[3]) : -EBADF;

	if (result > 0) {
		count_io(result, false);
		count_io(result, true);
	}
	file_put(in);
	file_put(out);
	return result;
}

static int get_position(struct file *f, uaddr_t user, uint64_t *pos)
{
	*pos = f->pos;
	if (user && copy_in_obj(pos, user))
		return -EFAULT;
	return (int64_t)*pos < 0 ? -EINVAL : 0;
}

static int set_position(struct file *f, uaddr_t user, uint64_t pos)
{
	if (user)
		return copy_out_obj(user, &pos);
	f->pos = pos;
	return 0;
}

static int64_t copy_file_range(
    struct file *in, uaddr_t in_off, struct file *out, uaddr_t out_off, uint64_t n)
{
	uint64_t from, to;
	int64_t result;
	int err = get_position(in, in_off, &from);

	if (!err)
		err = get_position(out, out_off, &to);
	if (err)
		return err;
	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!file_readable(in) || !file_writable(out) || (out->flags & O_APPEND))
		return -EBADF;
	n = MIN(n, MAX_RW_COUNT);
	if (from > INT64_MAX - n || to > INT64_MAX - n)
		return -EOVERFLOW;
	if (in->inode == out->inode && from < to + n && to < from + n)
		return -EINVAL;
	result = copy_between(in, &from, out, &to, n);
	if (result > 0 && (set_position(in, in_off, from) || set_position(out, out_off, to)))
		return -EFAULT;
	return result;
}

SYSCALL(copy_file_range)
{
	struct file *in = fd_get((int)a[0]), *out = fd_get((int)a[2]);
	int64_t result = -EBADF;

	if (in && out)
		result = a[5] ? -EINVAL : copy_file_range(in, a[1], out, a[3], a[4]);
	if (result > 0) {
		count_io(result, false);
		count_io(result, true);
	}
	file_put(in);
	file_put(out);
	return result;
}
