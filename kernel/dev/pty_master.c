/* The master's side of a pty: /dev/ptmx (pts(4), ioctl_tty(2)). What it reads is what the slave's
 * line discipline sent, as it is; its own modes are the slave's. */
#include "abi/fs.h"
#include "dev/ldisc.h"
#include "dev/pty.h"
#include "fs/devpts.h"
#include "proc/process.h"

#define CHUNK 256

static struct pty *pty_of_file(const struct file *f)
{
	return f->data;
}

struct pty *pty_of_master(const struct file *f)
{
	return f->ops == &ptmx_file_ops ? pty_of_file(f) : NULL;
}

static int ptmx_open(struct inode *i, struct file *f)
{
	struct superblock *sb = devpts_of_ptmx(f);
	if (IS_ERR(sb))
		return PTR_ERR(sb);
	struct pty *p = pty_create(sb);
	if (IS_ERR(p)) {
		devpts_put(sb);
		return PTR_ERR(p);
	}
	f->data = p;
	return 0;
}

struct file *pty_open_master(void)
{
	struct file *f = file_create(&ptmx_file_ops, NULL, O_RDWR, NULL);
	if (IS_ERR(f))
		return f;
	int err = ptmx_open(f->inode, f);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	pty_of_file(f)->locked = false; /* nobody else has it yet */
	return f;
}

struct file *pty_open_peer(const struct file *master, unsigned flags)
{
	const struct pty *p = pty_of_file(master);
	struct path at;
	int err = devpts_path_of(master, &at);
	if (err)
		return ERR_PTR(err);
	struct file *f = at.dentry->sb == p->sb
			     ? file_open_path(&(struct path){at.mount, p->node}, flags)
			     : ERR_PTR(-ENODEV);
	path_put(&at);
	return f;
}

static void ptmx_release(struct file *f)
{
	if (f->data)
		pty_close_master(pty_of_file(f));
}

/* --- reading --- */

/* What a read finds: bytes, or a status byte of packet mode; and whether there will be more. */
struct found {
	size_t n;
	uint8_t status;
	bool gone;
};

static struct found take(struct pty *p, char *to, size_t n, bool packet, bool first)
{
	struct found found = {0};

	irqflags_t flags = spin_lock(&p->slave->lock);
	if (packet && p->status) {
		if (first) {
			found.status = p->status;
			p->status = 0;
		}
	} else {
		found.n = MIN(n, p->out_head - p->out_tail);
		for (size_t i = 0; i < found.n; i++)
			to[i] = p->to_master[p->out_tail++ % PTY_RING];
	}
	found.gone = p->slave_closed;
	spin_unlock(&p->slave->lock, flags);
	return found;
}

static bool readable(struct pty *p, bool packet)
{
	irqflags_t flags = spin_lock(&p->slave->lock);
	bool yes = p->out_head != p->out_tail || (packet && p->status);
	spin_unlock(&p->slave->lock, flags);
	return yes;
}

static bool read_ends(const struct pty *p)
{
	return __atomic_load_n(&p->slave_closed, __ATOMIC_ACQUIRE) || p->master_hung_up;
}

/* Nothing is there: waits. 0: look again. */
static int wait_output(struct file *f, struct pty *p, bool packet)
{
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	int r = wait_event(&p->read_wait, readable(p, packet) || read_ends(p), SCHED_SLEEP_INTR,
	    NS_NEVER, "pty_read");
	return r ? -ERESTARTSYS : 0;
}

/* The data as packet mode gives it, behind a byte that says so. -EFAULT, or the bytes put. */
static int64_t put_data(struct io_vec *io, const char *s, size_t n, bool mark)
{
	static const char data = TIOCPKT_DATA;
	int64_t marked = mark ? io_put(io, &data, 1) : 0;

	if (marked < 0 || !n)
		return marked;
	int64_t put = io_put(io, s, n);
	return put < (int64_t)n ? -EFAULT : put + marked;
}

static int64_t read_loop(struct file *f, struct pty *p, struct io_vec *io)
{
	const bool packet = p->packet;
	char chunk[CHUNK];
	int64_t total = 0;

	while (io->left) {
		bool mark = packet && !total;
		size_t room = MIN(sizeof(chunk), io->left - mark);
		struct found found = take(p, chunk, room, packet, !total);
		if (found.status)
			return io_put(io, &found.status, 1) == 1 ? 1 : -EFAULT;
		if (found.n || (mark && !room && readable(p, false))) {
			int64_t put = put_data(io, chunk, found.n, mark);
			if (put < 0)
				return total ? total : put;
			total += put;
			continue;
		}
		if (total)
			break;
		if (found.gone)
			return -EIO;
		if (p->master_hung_up)
			return 0;
		int r = wait_output(f, p, packet);
		if (r)
			return r;
	}
	return total;
}

static int64_t ptmx_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct pty *p = pty_of_file(f);

	if (p->master_hung_up)
		return 0;
	int r = tty_take_turn(p->slave, &p->reading, &p->read_turn, f);
	if (r)
		return r;
	int64_t result = read_loop(f, p, io);
	tty_end_turn(p->slave, &p->reading, &p->read_turn);
	if (result > 0) {
		tty_touch(f, false);
		tty_output_room(p->slave);
	}
	return result;
}

/* --- writing --- */

/* (slave->lock) */
static unsigned room(const struct pty *p)
{
	return p->master_stopped ? 0 : PTY_RING - (p->in_head - p->in_tail);
}

static bool writable(struct pty *p)
{
	irqflags_t flags = spin_lock(&p->slave->lock);
	bool yes = room(p);
	spin_unlock(&p->slave->lock, flags);
	return yes;
}

size_t pty_send(struct pty *p, const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&p->slave->lock);
	n = MIN(n, room(p));
	for (size_t i = 0; i < n; i++)
		p->to_slave[p->in_head++ % PTY_RING] = s[i];
	spin_unlock(&p->slave->lock, flags);
	if (n)
		pty_pump(p);
	return n;
}

/* All n bytes, or fewer at a signal, for a file that does not block, or at a hang-up: then -errno
 * if none. */
static int64_t send_all(struct file *f, struct pty *p, const char *s, size_t n)
{
	size_t done = 0;
	int r = 0;

	while (done < n && !r) {
		if (p->master_hung_up)
			r = -EIO;
		else
			done += pty_send(p, s + done, n - done);
		if (r || done == n || writable(p))
			continue;
		if (f->flags & O_NONBLOCK)
			r = -EAGAIN;
		else if (wait_event(&p->write_wait, writable(p) || p->master_hung_up,
			     SCHED_SLEEP_INTR, NS_NEVER, "pty_write"))
			r = -ERESTARTSYS;
	}
	return done ? (int64_t)done : r;
}

static int64_t write_loop(struct file *f, struct pty *p, struct io_vec *io)
{
	char chunk[CHUNK];
	int64_t total = 0;

	while (io->left) {
		int64_t n = io_get(io, chunk, MIN(sizeof(chunk), io->left));
		int64_t done = n > 0 ? send_all(f, p, chunk, (size_t)n) : n;
		if (done <= 0)
			return total ? total : done;
		total += done;
		if (done < n || signal_pending(current))
			break;
	}
	return total;
}

static int64_t ptmx_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct pty *p = pty_of_file(f);

	if (p->master_hung_up)
		return -EIO;
	int r = tty_take_turn(p->slave, &p->writing, &p->write_turn, f);
	if (r)
		return r;
	int64_t result = write_loop(f, p, io);
	tty_end_turn(p->slave, &p->writing, &p->write_turn);
	if (result > 0)
		tty_touch(f, true);
	return result;
}

/* --- poll, O_ASYNC --- */

static unsigned ptmx_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = pty_of_file(f);
	unsigned events = 0;

	poll_wait(pt, &p->read_wait);
	poll_wait(pt, &p->write_wait);
	if (p->master_hung_up)
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	irqflags_t flags = spin_lock(&p->slave->lock);
	if (p->out_head != p->out_tail)
		events |= POLLIN | POLLRDNORM;
	if (p->packet && p->status)
		events |= POLLPRI | POLLIN | POLLRDNORM;
	if (p->slave_closed)
		events |= POLLHUP;
	if (room(p))
		events |= POLLOUT | POLLWRNORM;
	spin_unlock(&p->slave->lock, flags);
	return events;
}

static struct async_list *ptmx_async_list(struct file *f, bool on)
{
	struct pty *p = pty_of_file(f);
	int err = on ? async_default_owner(f, current->process->pid->nr) : 0;

	return err ? ERR_PTR(err) : &p->async;
}

const struct file_ops ptmx_file_ops = {
    .splice_read = true,
    .splice_write = true,
    .open = ptmx_open,
    .release = ptmx_release,
    .read = ptmx_read,
    .write = ptmx_write,
    .ioctl = ptmx_ioctl,
    .poll = ptmx_poll,
    .async_list = ptmx_async_list,
};
