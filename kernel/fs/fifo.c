/* Opening FIFOs (fifo(7)): each end waits for the other. */
#include "fs/pipe.h"

#include "fs/internal.h"

/* Waits until the other end has been opened once more than `seen`. (p->lock on entry and exit) */
static int wait_partner(struct pipe *p, struct wait_queue *wq, const uint64_t *count)
{
	uint64_t seen = *count;
	int err = 0;

	while (!err && *count == seen) {
		mutex_unlock(&p->lock);
		err = wait_event(wq, __atomic_load_n(count, __ATOMIC_ACQUIRE) != seen,
		    SCHED_SLEEP_INTR, NS_NEVER, "fifo_open");
		mutex_lock(&p->lock);
	}
	return *count == seen ? -ERESTARTSYS : 0;
}

static int open_reader(struct pipe *p, struct file *f, bool fifo)
{
	int err = 0;

	p->reader_count++;
	if (p->readers++ == 0)
		pipe_wake(p);
	if (!fifo || p->writers)
		return 0;
	if (f->flags & O_NONBLOCK)
		f->pos = p->writer_count; /* no hang-up before a writer has been there */
	else
		err = wait_partner(p, &p->read_wait, &p->writer_count);
	if (err && --p->readers == 0)
		pipe_wake(p);
	return err;
}

static int open_writer(struct pipe *p, struct file *f, bool fifo)
{
	int err = 0;

	if (fifo && (f->flags & O_NONBLOCK) && !p->readers)
		return -ENXIO;
	p->writer_count++;
	if (p->writers++ == 0)
		pipe_wake(p);
	if (fifo && !p->readers)
		err = wait_partner(p, &p->write_wait, &p->reader_count);
	if (err && --p->writers == 0)
		pipe_wake(p);
	return err;
}

int fifo_open(struct inode *i, struct file *f)
{
	bool fifo = !pipe_is_anonymous(i);
	struct pipe *p = pipe_get(i);
	int err = 0;

	if (!p)
		return -ENOMEM;
	f->data = p;
	f->pos = UINT64_MAX;
	mutex_lock(&p->lock);
	switch (f->flags & O_ACCMODE) {
	case O_RDONLY:
		err = open_reader(p, f, fifo);
		break;
	case O_WRONLY:
		err = open_writer(p, f, fifo);
		break;
	case O_RDWR: /* both ends are there at once */
		p->reader_count++;
		p->writer_count++;
		p->readers++;
		p->writers++;
		pipe_wake(p);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&p->lock);
	if (err)
		pipe_put(i);
	return err;
}
