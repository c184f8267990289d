/*
 * splice(2), tee(2) and vmsplice(2). Between pipes pages move or are shared; from and to files and
 * user memory the data is copied. A pipe's lock is held while its data is written to a file, so
 * that nobody else takes it; it is not held while a file is read, which may close other files:
 * slots are put aside for what is read.
 */
#include "fs/inotify.h"
#include "fs/pipe.h"
#include "syscall/syscall.h"

#define READ_PAGES 16 /* at most so many are read from a file at once */

static struct pipe *file_pipe(const struct file *f)
{
	return f->ops == &fifo_file_ops ? f->data : NULL;
}

/* Waits for data. (p->lock on entry and exit) 1, 0 if none will come, -EAGAIN, -ERESTARTSYS. */
static int wait_data(struct pipe *p, bool nonblock)
{
	while (pipe_empty(p)) {
		int err;

		if (!p->writers)
			return 0;
		if (nonblock)
			return -EAGAIN;
		mutex_unlock(&p->lock);
		err = wait_event(
		    &p->read_wait, pipe_read_ready(p), SCHED_SLEEP_INTR, NS_NEVER, "splice");
		mutex_lock(&p->lock);
		if (err)
			return -ERESTARTSYS;
	}
	return 1;
}

/* Waits for a free slot. (p->lock on entry and exit) 0, -EPIPE, -EAGAIN, -ERESTARTSYS. */
static int wait_room(struct pipe *p, bool nonblock)
{
	for (;;) {
		int err;

		if (!p->readers)
			return -EPIPE;
		if (!pipe_full(p))
			return 0;
		if (nonblock)
			return -EAGAIN;
		mutex_unlock(&p->lock);
		err = wait_event(
		    &p->write_wait, pipe_write_ready(p), SCHED_SLEEP_INTR, NS_NEVER, "splice");
		mutex_lock(&p->lock);
		if (err)
			return -ERESTARTSYS;
	}
}

static void filled(struct pipe *p)
{
	pipe_wake_readers(p);
	async_notify(&p->async, POLL_IN);
}

static void emptied(struct pipe *p)
{
	pipe_wake_writers(p);
	async_notify(&p->async, POLL_OUT);
}

static void push(struct pipe *p, struct pipe_slot s)
{
	*pipe_slot_at(p, p->head) = s;
	__atomic_store_n(&p->head, p->head + 1, __ATOMIC_RELEASE);
}

/* Where a pipe's data goes: bytes taken, 0 or -errno. */
struct drain {
	int64_t (*take)(struct drain *d, void *data, size_t n);
	struct file *file;
	uint64_t pos;
	struct io_vec io;
};

static int64_t take_to_file(struct drain *d, void *data, size_t n)
{
	return file_write(d->file, data, n, &d->pos);
}

static int64_t take_to_user(struct drain *d, void *data, size_t n)
{
	return io_put(&d->io, data, n);
}

/* Gives what the pipe has, at most `len`, to `d`; waits for the first of it. */
static int64_t drain_pipe(struct pipe *p, struct drain *d, uint64_t len, bool nonblock)
{
	int64_t total = 0, moved;

	mutex_lock(&p->lock);
	moved = signal_pending(current) ? -ERESTARTSYS : wait_data(p, nonblock);
	while (moved > 0 && len && !pipe_empty(p)) {
		struct pipe_slot *s = pipe_slot_at(p, p->tail);
		size_t n = MIN(len, s->len);

		moved = d->take(d, (char *)page_virt(s->page) + s->offset, n);
		if (moved <= 0)
			break;
		pipe_consume(p, (size_t)moved);
		total += moved;
		len -= (uint64_t)moved;
		if ((size_t)moved < n)
			break;
	}
	mutex_unlock(&p->lock);
	if (total)
		emptied(p);
	return total ? total : moved;
}

/* Puts up to READ_PAGES slots aside for `len` bytes: how many, or -errno. */
static int reserve_slots(struct pipe *p, uint64_t len, const struct file *in, bool nonblock)
{
	int result;

	mutex_lock(&p->lock);
	result = wait_room(p, nonblock);
	if (!result && !in->ops->splice_read)
		result = -EINVAL;
	if (!result) {
		unsigned room = p->slots - (p->head - p->tail) - p->reserved;
		uint64_t want = (len + PAGE_SIZE - 1) >> PAGE_SHIFT;
		result = (int)MIN(MIN(want, room), READ_PAGES);
		p->reserved += (unsigned)result;
	}
	mutex_unlock(&p->lock);
	if (result == -EPIPE)
		fs_signal_current(SIGPIPE);
	return result;
}

/* Reads into a buffer, and copies to as many of the `count` pages as it takes. */
static int64_t read_pages(
    struct file *in, uint64_t *pos, uint64_t len, struct page **pages, unsigned count)
{
	size_t room = MIN(len, count * PAGE_SIZE);
	char *buf = kmalloc(room);
	int64_t got = -ENOMEM;

	if (buf)
		got = file_read(in, buf, room, pos);
	for (int64_t done = 0; done < got; done += PAGE_SIZE)
		memcpy(page_virt(pages[done >> PAGE_SHIFT]), buf + done,
		    MIN(PAGE_SIZE, (size_t)(got - done)));
	kfree(buf);
	return got;
}

/* Fills reserved slots with the first `got` bytes of the pages; the others go back. */
static void fill_slots(
    struct pipe *p, struct page **pages, unsigned count, unsigned reserved, int64_t got)
{
	unsigned used = 0;

	mutex_lock(&p->lock);
	for (; got > 0; got -= PAGE_SIZE)
		push(p, (struct pipe_slot){
			    .page = pages[used++], .len = (uint32_t)MIN((size_t)got, PAGE_SIZE)});
	p->reserved -= reserved;
	mutex_unlock(&p->lock);
	while (used < count)
		page_put(pages[used++]);
}

static int64_t file_to_pipe(
    struct file *in, uint64_t *pos, struct pipe *p, uint64_t len, bool nonblock, bool wait_in)
{
	int reserved = reserve_slots(p, len, in, nonblock);
	struct page *pages[READ_PAGES];
	unsigned count = 0;
	int64_t got;

	if (reserved < 0)
		return reserved;
	while (count < (unsigned)reserved && (pages[count] = page_alloc(PAGE_USER)))
		count++;
	if (!count)
		got = -ENOMEM;
	else if (!wait_in && !(file_poll(in, NULL) & (POLLIN | POLLHUP | POLLERR)))
		got = -EAGAIN;
	else
		got = read_pages(in, pos, len, pages, count);
	fill_slots(p, pages, count, (unsigned)reserved, got);
	if (got > 0)
		filled(p);
	pipe_wake_writers(p);
	return got;
}

/* Moves or copies slots from one pipe to the other. Bytes, or -EPIPE. (both locks) */
static int64_t pass_slots(struct pipe *in, struct pipe *out, uint64_t len, bool copy)
{
	unsigned at = in->tail;
	int64_t total = 0;

	if (!out->readers)
		return -EPIPE;
	for (; len && at != in->head && !pipe_full(out); at++) {
		struct pipe_slot *s = pipe_slot_at(in, at);
		size_t n = MIN(len, s->len);

		if (!copy && n == s->len) {
			push(out, *s);
			s->page = NULL;
			__atomic_store_n(&in->tail, in->tail + 1, __ATOMIC_RELEASE);
		} else {
			page_get(s->page);
			s->shared = true;
			push(out,
			    (struct pipe_slot){s->page, s->offset, (uint32_t)n, s->packet, true});
			if (!copy)
				pipe_consume(in, n);
		}
		total += (int64_t)n;
		len -= n;
	}
	return total;
}

static int wait_both(struct pipe *in, struct pipe *out, bool nonblock)
{
	int result;

	mutex_lock(&in->lock);
	result = wait_data(in, nonblock);
	mutex_unlock(&in->lock);
	if (result < 0)
		return result;
	mutex_lock(&out->lock);
	result = wait_room(out, nonblock);
	mutex_unlock(&out->lock);
	return result;
}

static int64_t pipe_to_pipe(
    struct pipe *in, struct pipe *out, uint64_t len, bool copy, bool nonblock)
{
	struct pipe *first = in < out ? in : out, *second = in < out ? out : in;
	int64_t result;
	bool ended;

	do { /* somebody else may have been faster */
		result = wait_both(in, out, nonblock);
		if (!result) {
			mutex_lock(&first->lock);
			mutex_lock(&second->lock);
			result = pass_slots(in, out, len, copy);
			ended = pipe_empty(in) && !in->writers;
			mutex_unlock(&second->lock);
			mutex_unlock(&first->lock);
		}
	} while (!result && !ended);
	if (result == -EPIPE)
		fs_signal_current(SIGPIPE);
	if (result > 0)
		filled(out);
	if (result > 0 && !copy)
		emptied(in);
	return result;
}

/* What rw_verify_area is to Linux: the position from memory of the user or the file's own. */
static int64_t check_position(const struct file *f, const uint64_t *given, uint64_t len)
{
	if (given && !f->ops->seek && !f->ops->seek_ignored)
		return -EINVAL;
	return (int64_t)len < 0 || (int64_t)(given ? *given : f->pos) < 0 ? -EINVAL : 0;
}

static int64_t splice_out(
    struct pipe *in, struct file *out, uint64_t *given, uint64_t len, bool nonblock)
{
	struct drain d = {.take = take_to_file, .file = out, .pos = given ? *given : out->pos};
	int64_t result = given ? check_position(out, given, 0) : 0;

	if (!result && (out->flags & O_APPEND))
		result = -EINVAL;
	if (!result)
		result = check_position(out, given, len);
	if (!result && !out->ops->splice_write)
		result = -EINVAL;
	if (result)
		return result;
	result = drain_pipe(in, &d, MIN(len, MAX_RW_COUNT), nonblock);
	if (given)
		*given = d.pos;
	else if (out->ops->seek)
		out->pos = d.pos;
	return result;
}

static int64_t splice_in(
    struct file *in, uint64_t *given, struct pipe *out, uint64_t len, bool nonblock, unsigned flags)
{
	bool wait_in = !(flags & SPLICE_F_NONBLOCK) || !S_ISSOCK(in->inode->mode);
	uint64_t pos = given ? *given : in->pos;
	int64_t result = check_position(in, given, len);

	if (result)
		return result;
	result = file_to_pipe(in, &pos, out, MIN(len, MAX_RW_COUNT), nonblock, wait_in);
	if (given)
		*given = pos;
	else if (in->ops->seek)
		in->pos = pos;
	return result;
}

static int64_t splice_files(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
    uint64_t len, unsigned flags)
{
	struct pipe *from = file_pipe(in), *to = file_pipe(out);
	bool nonblock = flags & SPLICE_F_NONBLOCK;
	int64_t result;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (from && to)
		result = from == to ? -EINVAL
				    : pipe_to_pipe(from, to, len, false,
					  nonblock || ((in->flags | out->flags) & O_NONBLOCK));
	else if (from)
		result = splice_out(from, out, out_pos, len, nonblock || (in->flags & O_NONBLOCK));
	else if (to)
		result = splice_in(
		    in, in_pos, to, len, nonblock || (out->flags & O_NONBLOCK), flags);
	else
		result = -EINVAL;
	if (result > 0 && from)
		inotify_file(in, IN_ACCESS);
	if (result > 0 && to)
		inotify_file(out, IN_MODIFY);
	return result;
}

/* The same with positions in memory of the user, or NULL. */
static int64_t splice_user(struct file *in, uaddr_t user_in, struct file *out, uaddr_t user_out,
    uint64_t len, unsigned flags)
{
	uint64_t in_pos, out_pos;
	int64_t result;

	if ((user_in && file_pipe(in)) || (user_out && file_pipe(out)))
		return -ESPIPE;
	if ((user_out && copy_in_obj(&out_pos, user_out)) ||
	    (user_in && copy_in_obj(&in_pos, user_in)))
		return -EFAULT;
	result = splice_files(
	    in, user_in ? &in_pos : NULL, out, user_out ? &out_pos : NULL, len, flags);
	if (result >= 0 && ((user_out && copy_out_obj(user_out, &out_pos)) ||
			       (user_in && copy_out_obj(user_in, &in_pos))))
		return -EFAULT;
	return result;
}

SYSCALL(splice)
{
	struct file *in, *out;
	int64_t result;

	if (!a[4])
		return 0;
	if ((unsigned)a[5] & ~SPLICE_F_ALL)
		return -EINVAL;
	in = fd_get((int)a[0]);
	out = fd_get((int)a[2]);
	result = in && out ? splice_user(in, a[1], out, a[3], a[4], (unsigned)a[5]) : -EBADF;
	file_put(in);
	file_put(out);
	return result;
}

static int64_t tee_files(struct file *in, struct file *out, uint64_t len, unsigned flags)
{
	struct pipe *from = file_pipe(in), *to = file_pipe(out);
	int64_t result;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (!from || !to || from == to)
		return -EINVAL;
	result = pipe_to_pipe(from, to, len, true,
	    (flags & SPLICE_F_NONBLOCK) || ((in->flags | out->flags) & O_NONBLOCK));
	if (result > 0) {
		inotify_file(in, IN_ACCESS);
		inotify_file(out, IN_MODIFY);
	}
	return result;
}

SYSCALL(tee)
{
	struct file *in, *out;
	int64_t result;

	if ((unsigned)a[3] & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!a[2])
		return 0;
	in = fd_get((int)a[0]);
	out = fd_get((int)a[1]);
	result = in && out ? tee_files(in, out, a[2], (unsigned)a[3]) : -EBADF;
	file_put(in);
	file_put(out);
	return result;
}

/* One slot for each page of the user's that has some of it, as far as there is room. (p->lock) */
static int64_t gather_user(struct pipe *p, const struct linux_iovec *v, unsigned count)
{
	int64_t total = 0;

	for (unsigned k = 0; k < count; k++) {
		for (uint64_t done = 0; done < v[k].len;) {
			uaddr_t at = v[k].base + done;
			size_t n = MIN(v[k].len - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
			struct page *page;

			if (pipe_full(p))
				return total;
			page = page_alloc(PAGE_USER);
			if (!page)
				return total ? total : -ENOMEM;
			if (arch_copy_in(page_virt(page), at, n)) {
				page_put(page);
				return total ? total : -EFAULT;
			}
			push(p, (struct pipe_slot){.page = page, .len = (uint32_t)n});
			total += (int64_t)n;
			done += n;
		}
	}
	return total;
}

static int64_t vmsplice_in(
    struct file *f, const struct linux_iovec *v, unsigned count, bool nonblock)
{
	struct pipe *p = file_pipe(f);
	int64_t result;

	mutex_lock(&p->lock);
	result = wait_room(p, nonblock);
	if (!result)
		result = gather_user(p, v, count);
	mutex_unlock(&p->lock);
	if (result == -EPIPE)
		fs_signal_current(SIGPIPE);
	if (result > 0) {
		filled(p);
		inotify_file(f, IN_MODIFY);
	}
	return result;
}

static int64_t vmsplice_out(
    struct file *f, const struct linux_iovec *v, unsigned count, bool nonblock)
{
	struct drain d = {.take = take_to_user};
	int64_t result;

	io_init_user(&d.io, v, count);
	result = drain_pipe(file_pipe(f), &d, d.io.left, nonblock);
	if (result > 0)
		inotify_file(f, IN_ACCESS);
	return result;
}

static int64_t vmsplice(struct file *f, const uint64_t a[6])
{
	bool nonblock = a[3] & SPLICE_F_NONBLOCK; /* O_NONBLOCK does not count here */
	struct linux_iovec small[8], *v, *heap;
	uint64_t left = 0;
	int64_t result;

	if (!file_writable(f) && !file_readable(f))
		return -EBADF;
	result = iovec_copy_in(a[1], a[2], small, ARRAY_SIZE(small), &v, &heap);
	for (unsigned k = 0; !result && k < a[2]; k++)
		left += v[k].len;
	if (left && !file_pipe(f))
		result = -EBADF;
	else if (left)
		result = file_writable(f) ? vmsplice_in(f, v, (unsigned)a[2], nonblock)
					  : vmsplice_out(f, v, (unsigned)a[2], nonblock);
	kfree(heap);
	return result;
}

SYSCALL(vmsplice)
{
	struct file *f;
	int64_t result;

	if ((unsigned)a[3] & ~SPLICE_F_ALL)
		return -EINVAL;
	f = fd_get((int)a[0]);
	result = f ? vmsplice(f, a) : -EBADF;
	file_put(f);
	return result;
}
