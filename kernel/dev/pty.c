/* The pair behind a pseudo terminal, and the slave's driver. */
#include "dev/pty.h"

#include "abi/fs.h"
#include "dev/ldisc.h"
#include "fs/devpts.h"
#include "mm/heap.h"
#include "printk.h"

static struct pty *pty_of(const struct tty *t)
{
	return t->data;
}

/* --- the slave's driver --- */

static size_t pty_write(struct tty *t, const char *s, size_t n)
{
	struct pty *p = pty_of(t);
	size_t done = MIN(n, PTY_RING - (p->out_head - p->out_tail));

	if (!p->master_open)
		return n; /* nobody will ever read it */
	for (size_t i = 0; i < done; i++)
		p->to_master[p->out_head++ % PTY_RING] = s[i];
	if (done) {
		p->news = true;
		wait_wake_events(&p->read_wait, POLLIN | POLLRDNORM);
	}
	return done;
}

static void pty_told(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (__atomic_exchange_n(&p->news, false, __ATOMIC_RELAXED))
		async_notify(&p->async, POLL_IN);
}

static void pty_input_room(struct tty *t)
{
	pty_pump(pty_of(t));
}

static void pty_input_flush(struct tty *t)
{
	struct pty *p = pty_of(t);

	irqflags_t flags = spin_lock(&t->lock);
	if (p->pumping) {
		p->drop = true;
		p->drop_to = p->in_head;
	} else {
		p->in_tail = p->in_head;
	}
	spin_unlock(&t->lock, flags);
	wait_wake_events(&p->write_wait, POLLOUT | POLLWRNORM);
}

static int pty_open_slave(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (!p->master_open || p->locked)
		return -EIO;
	p->slave_closed = false;
	return 0;
}

/* Both ends are closed: the number is free again. The terminal may live on as the one that a
 * process once had. */
static void finish_if_done(struct pty *p)
{
	irqflags_t flags = spin_lock(&p->slave->lock);
	bool done = !p->master_open && !p->slave->opens && !p->done;
	p->done |= done;
	spin_unlock(&p->slave->lock, flags);
	if (!done)
		return;
	devpts_free_index(p->sb, p->index);
	devpts_put(p->sb);
}

static void pty_closed(struct tty *t)
{
	struct pty *p = pty_of(t);

	irqflags_t flags = spin_lock(&t->lock);
	if (!t->opens)
		p->slave_closed = true;
	spin_unlock(&t->lock, flags);
	wait_wake_events(&p->read_wait, POLLIN | POLLHUP);
	wait_wake_events(&p->write_wait, POLLOUT | POLLHUP);
	finish_if_done(p);
}

/* Of two that exclude each other the later one stands. */
static void pty_event(struct tty *t, unsigned bits)
{
	struct pty *p = pty_of(t);

	if (!p->packet)
		return;
	if (bits & (TIOCPKT_STOP | TIOCPKT_START))
		p->status &= (uint8_t)~(TIOCPKT_STOP | TIOCPKT_START);
	if (bits & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP))
		p->status &= (uint8_t)~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
	p->status |= (uint8_t)bits;
	wait_wake_events(&p->read_wait, POLLIN | POLLPRI | POLLRDNORM);
}

/* (perhaps task_lock) */
static void pty_destroy(struct tty *t)
{
	kfree(t->data);
}

static const struct tty_driver pty_driver = {
    .write = pty_write,
    .input_room = pty_input_room,
    .input_flush = pty_input_flush,
    .open = pty_open_slave,
    .closed = pty_closed,
    .told = pty_told,
    .event = pty_event,
    .destroy = pty_destroy,
    .pty = true,
    .fresh = TTY_FRESH(B38400 | CS8 | CREAD, 38400),
};

/* --- from the master to the slave --- */

/* (slave->lock) */
static size_t peek(const struct pty *p, char *buf, size_t size)
{
	size_t n = p->master_stopped ? 0 : MIN(p->in_head - p->in_tail, size);

	for (size_t i = 0; i < n; i++)
		buf[i] = p->to_slave[(p->in_tail + i) % PTY_RING];
	return n;
}

/* Only one at a time pumps, so that bytes keep their order; who comes meanwhile makes the other
 * look again. */
void pty_pump(struct pty *p)
{
	struct spinlock *lock = &p->slave->lock;
	char chunk[256];

	irqflags_t flags = spin_lock(lock);
	p->pump_again = true;
	if (p->pumping) {
		spin_unlock(lock, flags);
		return;
	}
	p->pumping = true;
	for (;;) {
		p->pump_again = false;
		size_t n = peek(p, chunk, sizeof(chunk));
		spin_unlock(lock, flags);
		size_t taken = n ? tty_receive(p->slave, chunk, n) : 0;
		flags = spin_lock(lock);
		p->in_tail = p->drop ? p->drop_to : p->in_tail + (unsigned)taken;
		p->drop = false;
		if (!taken && !p->pump_again)
			break;
	}
	p->pumping = false;
	bool room = p->in_head - p->in_tail < PTY_RING;
	spin_unlock(lock, flags);
	if (room)
		wait_wake_events(&p->write_wait, POLLOUT | POLLWRNORM);
}

/* --- a pair's life --- */

static struct pty *make_pair(struct superblock *sb, int index)
{
	struct pty *p = kzalloc(sizeof(*p));
	char name[16];

	if (!p)
		return NULL;
	fmt_string(name, sizeof(name), "pts/%d", index);
	p->slave = tty_create(name, MKDEV(PTS_MAJOR, (uint32_t)index), &pty_driver, p);
	if (!p->slave) {
		kfree(p);
		return NULL;
	}
	p->sb = sb;
	p->index = index;
	p->locked = p->master_open = true;
	wait_queue_init(&p->read_wait);
	wait_queue_init(&p->write_wait);
	wait_queue_init(&p->read_turn);
	wait_queue_init(&p->write_turn);
	async_list_init(&p->async);
	return p;
}

struct pty *pty_create(struct superblock *sb)
{
	int index = devpts_new_index(sb);
	struct pty *p;

	if (index < 0)
		return ERR_PTR(index);
	p = make_pair(sb, index);
	p = p ? p : ERR_PTR(-ENOMEM);
	if (!IS_ERR(p)) {
		struct dentry *node = devpts_add(sb, index, p->slave);
		if (!IS_ERR(node)) {
			p->node = node;
			return p;
		}
		tty_put(p->slave);
		p = (struct pty *)node;
	}
	devpts_free_index(sb, index);
	return p;
}

void pty_close_master(struct pty *p)
{
	struct tty *t = p->slave;

	irqflags_t flags = spin_lock(&t->lock);
	p->master_open = p->packet = false;
	__atomic_store_n(&t->other_closed, true, __ATOMIC_RELEASE);
	spin_unlock(&t->lock, flags);
	wait_wake_events(&t->read_wait, POLLIN | POLLHUP);
	wait_wake_events(&t->write_wait, POLLOUT | POLLHUP);
	devpts_remove(p->node);
	p->node = NULL;
	tty_hangup(t);
	finish_if_done(p);
	tty_put(t);
}

struct tty *pty_of_inode(struct inode *i)
{
	struct tty *t = devpts_tty(i);

	if (!t)
		return ERR_PTR(-EIO);
	tty_get(t);
	return t;
}

void pty_init(void)
{
	int r = dev_register_major(PTS_MAJOR, &tty_file_ops);
	if (!r)
		r = dev_register("ptmx", S_IFCHR | 0666, DEV_PTMX, &ptmx_file_ops);
	if (r)
		log_error("/dev/ptmx: %s", errno_message(r));
}
