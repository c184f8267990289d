/* eventfd(2): a counter that reads take and writes add to. */
#include "fs/proc/procfs.h"
#include "syscall/syscall.h"

struct eventfd {
	struct spinlock lock; /* `count` */
	uint64_t count;
	bool semaphore;
	int id; /* tells them apart in /proc/PID/fdinfo */
	struct wait_queue wait;
};

#define COUNT_MAX (UINT64_MAX - 1)

/* Takes the counter, or one of it. 0: there is nothing. */
static uint64_t take(struct eventfd *e)
{
	irqflags_t flags = spin_lock(&e->lock);
	uint64_t n = e->semaphore && e->count ? 1 : e->count;

	e->count -= n;
	spin_unlock(&e->lock, flags);
	return n;
}

static bool add(struct eventfd *e, uint64_t n)
{
	irqflags_t flags = spin_lock(&e->lock);
	bool fits = COUNT_MAX - e->count >= n;

	if (fits)
		e->count += n;
	spin_unlock(&e->lock, flags);
	return fits;
}

static int64_t eventfd_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct eventfd *e = f->data;
	uint64_t n;

	if (io->left < sizeof(n))
		return -EINVAL;
	n = take(e);
	if (!n && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	if (!n &&
	    wait_event(&e->wait, (n = take(e)) != 0, SCHED_SLEEP_INTR, NS_NEVER, "eventfd_read"))
		return -ERESTARTSYS;
	wait_wake_events(&e->wait, POLLOUT);
	return io_put(io, &n, sizeof(n));
}

static int64_t eventfd_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct eventfd *e = f->data;
	uint64_t n;

	if (io->left != sizeof(n))
		return -EINVAL;
	if (io_get(io, &n, sizeof(n)) != sizeof(n))
		return -EFAULT;
	if (n == UINT64_MAX)
		return -EINVAL;
	if (!add(e, n)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&e->wait, add(e, n), SCHED_SLEEP_INTR, NS_NEVER, "eventfd_write"))
			return -ERESTARTSYS;
	}
	wait_wake_events(&e->wait, POLLIN);
	return sizeof(n);
}

static unsigned eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->data;
	uint64_t count;

	poll_wait(pt, &e->wait);
	count = __atomic_load_n(&e->count, __ATOMIC_ACQUIRE);
	return (count ? POLLIN : 0u) | (count < COUNT_MAX ? POLLOUT : 0u);
}

static void eventfd_show(struct file *f, struct proc_text *t)
{
	const struct eventfd *e = f->data;

	text_printf(t, "eventfd-count: %16lx\neventfd-id: %d\neventfd-semaphore: %d\n",
	    (unsigned long)__atomic_load_n(&e->count, __ATOMIC_RELAXED), e->id, e->semaphore);
}

static void eventfd_release(struct file *f)
{
	kfree(f->data);
}

static const struct file_ops eventfd_ops = {
    .name = "[eventfd]",
    .seek_ignored = true,
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
    .show_fdinfo = eventfd_show,
};

static int next_id; /* atomic */

SYSCALL(eventfd2)
{
	unsigned flags = (unsigned)a[1];
	struct eventfd *e;
	struct file *f;

	if (flags & ~(unsigned)(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	spin_init(&e->lock, "eventfd", RANK_FS);
	wait_queue_init(&e->wait);
	e->count = (uint32_t)a[0];
	e->semaphore = flags & EFD_SEMAPHORE;
	e->id = __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED) & INT32_MAX;
	f = file_create(&eventfd_ops, NULL, O_RDWR | (flags & O_NONBLOCK), e);
	if (IS_ERR(f)) {
		kfree(e);
		return PTR_ERR(f);
	}
	return fd_install(f, flags, 0);
}
