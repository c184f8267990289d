/*
 * Pipes and FIFOs (pipe(7), fifo(7)): a ring of slots, each a page that one or several writes
 * filled. Small writes are merged into the last page while they fit it whole, so that what is
 * written in one piece up to PIPE_BUF stays one.
 */
#include "fs/pipe.h"

#include "fs/internal.h"

#define DEFAULT_SLOTS 16 /* 65536 bytes */

static struct pipe *pipe_create(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->ring = kcalloc(DEFAULT_SLOTS, sizeof(*p->ring));
	if (!p->ring) {
		kfree(p);
		return NULL;
	}
	p->slots = DEFAULT_SLOTS;
	mutex_init(&p->lock, "pipe");
	wait_queue_init(&p->read_wait);
	wait_queue_init(&p->write_wait);
	async_list_init(&p->async);
	return p;
}

static void pipe_free(struct pipe *p)
{
	for (unsigned k = p->tail; k != p->head; k++)
		page_put(p->ring[k & (p->slots - 1)].page);
	if (p->spare)
		page_put(p->spare);
	kfree(p->ring);
	kfree(p);
}

void pipe_wake(struct pipe *p)
{
	wait_wake_events(&p->read_wait, POLLIN | POLLRDNORM | POLLERR | POLLHUP);
	wait_wake_events(&p->write_wait, POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
}

void pipe_wake_readers(struct pipe *p)
{
	wait_wake_events(&p->read_wait, POLLIN | POLLRDNORM);
}

void pipe_wake_writers(struct pipe *p)
{
	wait_wake_events(&p->write_wait, POLLOUT | POLLWRNORM);
}

/* The last slot is used up: its page is kept for the next write, or goes. (p->lock) */
static void pop_slot(struct pipe *p)
{
	struct pipe_slot *s = pipe_slot_at(p, p->tail);

	if (!p->spare && !s->shared)
		p->spare = s->page;
	else
		page_put(s->page);
	s->page = NULL;
	__atomic_store_n(&p->tail, p->tail + 1, __ATOMIC_RELEASE);
}

void pipe_consume(struct pipe *p, size_t n)
{
	struct pipe_slot *s = pipe_slot_at(p, p->tail);

	s->offset += (uint32_t)n;
	s->len -= (uint32_t)n;
	if (!s->len)
		pop_slot(p);
}

/* Takes what is there. Returns bytes, 0 if nothing is, or -EFAULT. (p->lock) */
static int64_t take_data(struct pipe *p, struct io_vec *io)
{
	int64_t total = 0;

	while (io->left && p->head != p->tail) {
		struct pipe_slot *s = pipe_slot_at(p, p->tail);
		size_t n = MIN(io->left, s->len);
		int64_t moved = io_put(io, (char *)page_virt(s->page) + s->offset, n);
		bool packet = s->packet;

		if (moved <= 0)
			return total ? total : moved;
		total += moved;
		pipe_consume(p, packet ? s->len : (size_t)moved);
		if ((size_t)moved < n || packet)
			break;
	}
	return total;
}

static int64_t pipe_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct pipe *p = f->data;
	int64_t result;
	bool was_full;

	if (!io->left)
		return 0;
	mutex_lock(&p->lock);
	for (;;) {
		was_full = pipe_full(p);
		result = take_data(p, io);
		if (result || !p->writers)
			break;
		if (f->flags & O_NONBLOCK) {
			result = -EAGAIN;
			break;
		}
		mutex_unlock(&p->lock);
		async_notify(&p->async, POLL_OUT);
		if (wait_event(
			&p->read_wait, pipe_read_ready(p), SCHED_SLEEP_INTR, NS_NEVER, "pipe_read"))
			return -ERESTARTSYS;
		mutex_lock(&p->lock);
	}
	mutex_unlock(&p->lock);
	if (result > 0 && (was_full || p->polled))
		pipe_wake_writers(p);
	async_notify(&p->async, POLL_OUT);
	if (result > 0 && !pipe_is_anonymous(f->inode))
		path_accessed(&f->path);
	return result;
}

/* The part of a write that does not fill pages goes behind the last data, if it fits there whole.
 * (p->lock) */
static int64_t merge_data(struct pipe *p, struct io_vec *io, bool packet)
{
	size_t n = io->left & (PAGE_SIZE - 1);
	struct pipe_slot *s;
	int64_t moved;

	if (!n || packet || p->head == p->tail)
		return 0;
	s = pipe_slot_at(p, p->head - 1);
	if (s->packet || s->shared || s->offset + s->len + n > PAGE_SIZE)
		return 0;
	moved = io_get(io, (char *)page_virt(s->page) + s->offset + s->len, n);
	if (moved < 0 || (size_t)moved < n)
		return -EFAULT;
	s->len += (uint32_t)n;
	return moved;
}

/* Fills one free slot. Bytes or -errno. (p->lock) */
static int64_t push_slot(struct pipe *p, struct io_vec *io, bool packet)
{
	struct page *page = p->spare ? p->spare : page_alloc(PAGE_USER);
	struct pipe_slot *s = pipe_slot_at(p, p->head);
	int64_t moved;

	p->spare = NULL;
	if (!page)
		return -ENOMEM;
	moved = io_get(io, page_virt(page), PAGE_SIZE);
	if (moved <= 0 || ((size_t)moved < PAGE_SIZE && io->left)) {
		p->spare = page;
		return -EFAULT;
	}
	*s = (struct pipe_slot){page, 0, (uint32_t)moved, packet, false};
	__atomic_store_n(&p->head, p->head + 1, __ATOMIC_RELEASE);
	return moved;
}

/* Sleeps until there is room. (p->lock on entry and exit) 0, -EAGAIN, -ERESTARTSYS. */
static int wait_room(struct pipe *p, const struct file *f, bool wake)
{
	int err;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	if (wake)
		pipe_wake_readers(p);
	async_notify(&p->async, POLL_IN);
	err = wait_event(
	    &p->write_wait, pipe_write_ready(p), SCHED_SLEEP_INTR, NS_NEVER, "pipe_write");
	mutex_lock(&p->lock);
	return err ? -ERESTARTSYS : 0;
}

/* Writes all, or as much as can be. (p->lock) *was_empty: readers have to be told. */
static int64_t write_locked(struct pipe *p, struct file *f, struct io_vec *io, bool *was_empty)
{
	bool packet = f->flags & O_DIRECT;
	int64_t total, moved;

	*was_empty = pipe_empty(p);
	total = p->readers ? merge_data(p, io, packet) : 0;
	if (total < 0)
		return total;
	while (io->left) {
		if (!p->readers)
			return total ? total : -EPIPE;
		if (!pipe_full(p)) {
			moved = push_slot(p, io, packet);
		} else {
			moved = wait_room(p, f, *was_empty || p->polled);
			*was_empty = pipe_empty(p);
		}
		if (moved < 0)
			return total ? total : moved;
		total += moved;
	}
	return total;
}

static int64_t pipe_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct pipe *p = f->data;
	bool was_empty, broken;
	int64_t result;

	if (!io->left)
		return 0;
	mutex_lock(&p->lock);
	result = write_locked(p, f, io, &was_empty);
	broken = !p->readers && io->left;
	mutex_unlock(&p->lock);
	if (was_empty || p->polled)
		pipe_wake_readers(p);
	async_notify(&p->async, POLL_IN);
	if (broken)
		fs_signal_current(SIGPIPE);
	if (result > 0 && !pipe_is_anonymous(f->inode))
		inode_touch(f->inode);
	return result;
}

static unsigned pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->data;
	unsigned events = 0;

	__atomic_store_n(&p->polled, true, __ATOMIC_SEQ_CST);
	if (file_readable(f)) {
		poll_wait(pt, &p->read_wait);
		if (!pipe_empty(p))
			events |= POLLIN | POLLRDNORM;
		/* A FIFO that no writer has opened since we did has not hung up. */
		if (!p->writers && f->pos != p->writer_count)
			events |= POLLHUP;
	}
	if (file_writable(f)) {
		poll_wait(pt, &p->write_wait);
		if (!pipe_full(p))
			events |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			events |= POLLERR;
	}
	return events;
}

static int64_t pipe_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct pipe *p = f->data;
	int32_t bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);
	for (unsigned k = p->tail; k != p->head; k++)
		bytes += (int32_t)pipe_slot_at(p, k)->len;
	mutex_unlock(&p->lock);
	return copy_out_obj(arg, &bytes);
}

static struct async_list *pipe_async_list(struct file *f, bool on)
{
	struct pipe *p = f->data;

	return &p->async;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->data;
	bool one_sided;

	mutex_lock(&p->lock);
	p->readers -= file_readable(f);
	p->writers -= file_writable(f);
	one_sided = !p->readers != !p->writers;
	mutex_unlock(&p->lock);
	pipe_wake(p);
	if (one_sided) {
		async_notify(&p->async, POLL_IN);
		async_notify(&p->async, POLL_OUT);
	}
	pipe_put(f->inode);
}

const struct file_ops fifo_file_ops = {
    .open = fifo_open,
    .release = pipe_release,
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .async_list = pipe_async_list,
};

struct pipe *pipe_get(struct inode *i)
{
	struct pipe *p;

	mutex_lock(&i->lock);
	if (!i->pipe)
		i->pipe = pipe_create();
	p = i->pipe;
	if (p)
		p->files++;
	mutex_unlock(&i->lock);
	return p;
}

void pipe_put(struct inode *i)
{
	struct pipe *dead = NULL;

	mutex_lock(&i->lock);
	if (!--i->pipe->files) {
		dead = i->pipe;
		i->pipe = NULL;
	}
	mutex_unlock(&i->lock);
	if (dead)
		pipe_free(dead);
}
