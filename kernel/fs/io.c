/* The data of reads and writes: pieces in user memory, or one buffer in the kernel's. */
#include "fs/internal.h"

void io_init_kernel(struct io_vec *io, void *buf, size_t n)
{
	*io = (struct io_vec){.kernel = buf, .left = n};
}

void io_init_user(struct io_vec *io, const struct linux_iovec *v, unsigned count)
{
	*io = (struct io_vec){.user = v, .count = count};
	for (unsigned k = 0; k < count; k++)
		io->left += v[k].len;
}

int iovec_copy_in(uaddr_t src, uint64_t count, struct linux_iovec *small, unsigned small_count,
    struct linux_iovec **out, struct linux_iovec **heap)
{
	uint64_t total = 0;

	*heap = NULL;
	*out = small;
	if (count > IOV_MAX)
		return -EINVAL;
	if (count > small_count) {
		*out = *heap = kcalloc(count, sizeof(**heap));
		if (!*heap)
			return -ENOMEM;
	}
	if (count && arch_copy_in(*out, src, count * sizeof(**out)))
		return -EFAULT;
	for (unsigned k = 0; k < count; k++) {
		struct linux_iovec *v = &(*out)[k];
		if ((int64_t)v->len < 0)
			return -EINVAL;
		if (!user_range_ok(v->base, v->len))
			return -EFAULT;
		v->len = MIN(v->len, MAX_RW_COUNT - total);
		total += v->len;
	}
	return 0;
}

/* Copies to (`put`) or from user memory; returns how many bytes could be: whole pages up to the
 * first that cannot. */
static size_t copy_user(uaddr_t user, char *kernel, size_t n, bool put)
{
	size_t done = 0;

	if (!(put ? arch_copy_out(user, kernel, n) : arch_copy_in(kernel, user, n)))
		return n;
	while (done < n) {
		uaddr_t at = user + done;
		size_t chunk = MIN(n - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
		if (put ? arch_copy_out(at, kernel + done, chunk)
			: arch_copy_in(kernel + done, at, chunk))
			break;
		done += chunk;
	}
	return done;
}

static int64_t move_user(struct io_vec *io, char *buf, size_t n, bool put)
{
	size_t moved = 0;

	while (moved < n && io->index < io->count) {
		const struct linux_iovec *v = &io->user[io->index];
		size_t chunk = MIN(n - moved, v->len - io->offset);
		size_t done = chunk ? copy_user(v->base + io->offset, buf + moved, chunk, put) : 0;

		moved += done;
		io->left -= done;
		io->offset += done;
		if (done < chunk)
			return moved ? (int64_t)moved : -EFAULT;
		if (io->offset == v->len) {
			io->index++;
			io->offset = 0;
		}
	}
	return (int64_t)moved;
}

static int64_t move(struct io_vec *io, char *buf, size_t n, bool put)
{
	n = MIN(n, io->left);
	if (!io->kernel)
		return move_user(io, buf, n, put);
	if (put)
		memcpy(io->kernel, buf, n);
	else
		memcpy(buf, io->kernel, n);
	io->kernel = (char *)io->kernel + n;
	io->left -= n;
	return (int64_t)n;
}

int64_t io_put(struct io_vec *io, const void *from, size_t n)
{
	return move(io, (char *)(uintptr_t)from, n, true);
}

int64_t io_get(struct io_vec *io, void *to, size_t n)
{
	return move(io, to, n, false);
}
