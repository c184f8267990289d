/* Terminals as objects, and their device files. */
#include "dev/tty.h"

#include "abi/fs.h"
#include "dev/ldisc.h"
#include "dev/pty.h"
#include "mm/heap.h"
#include "printk.h"
#include "proc/process.h"

struct tty *tty_create(const char *name, uint32_t rdev, const struct tty_driver *drv, void *data)
{
	struct tty *t = kzalloc(sizeof(*t));
	if (!t)
		return NULL;
	ref_init(&t->refs);
	fmt_string(t->name, sizeof(t->name), "%s", name);
	t->rdev = rdev;
	t->driver = drv;
	t->data = data;
	spin_init(&t->lock, "tty", RANK_FS);
	wait_queue_init(&t->read_wait);
	wait_queue_init(&t->write_wait);
	wait_queue_init(&t->read_turn);
	wait_queue_init(&t->write_turn);
	async_list_init(&t->async);
	t->termios = drv->fresh;
	return t;
}

void tty_get(struct tty *t)
{
	ref_get(&t->refs);
}

void tty_put(struct tty *t)
{
	if (!ref_put(&t->refs))
		return;
	if (t->driver->destroy)
		t->driver->destroy(t);
	kfree(t);
}

void tty_reset(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	ldisc_flush_input(t);
	t->termios = t->driver->fresh;
	t->stopped = t->off = t->exclusive = false;
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
}

void tty_output_room(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
	if (__atomic_exchange_n(&t->output_wanted, false, __ATOMIC_RELAXED))
		async_notify(&t->async, POLL_OUT);
}

void tty_get_winsize(struct tty *t, struct linux_winsize *size)
{
	irqflags_t flags = spin_lock(&t->lock);
	*size = t->winsize;
	spin_unlock(&t->lock, flags);
}

void tty_set_winsize(struct tty *t, const struct linux_winsize *size)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool changed = memcmp(&t->winsize, size, sizeof(*size)) != 0;
	t->winsize = *size;
	spin_unlock(&t->lock, flags);
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
}

/* --- files --- */

/* The terminal behind a device file, with a reference, or ERR_PTR. */
static struct tty *tty_of_device(struct inode *i)
{
	struct tty *t = i->rdev == DEV_TTY ? tty_controlling() : console_tty;

	if (RDEV_MAJOR(i->rdev) == PTS_MAJOR)
		return pty_of_inode(i);
	if (t && i->rdev != DEV_TTY)
		tty_get(t);
	return t ? t : ERR_PTR(-ENXIO);
}

static int open_locked(struct tty *t, struct tty_file *tf)
{
	bool admin = capable(CAP_SYS_ADMIN);

	irqflags_t flags = spin_lock(&t->lock);
	int r = t->exclusive && !admin ? -EBUSY : 0;
	if (!r && t->driver->open)
		r = t->driver->open(t);
	if (!r)
		t->opens++;
	tf->hangups = t->hangups;
	spin_unlock(&t->lock, flags);
	return r;
}

static int tty_open(struct inode *i, struct file *f)
{
	struct tty *t = tty_of_device(i);
	if (IS_ERR(t))
		return PTR_ERR(t);
	struct tty_file *tf = kzalloc(sizeof(*tf));
	int r = -ENOMEM;
	if (!tf)
		goto out_put;
	tf->tty = t;
	tf->console = i->rdev == DEV_CONSOLE;
	r = open_locked(t, tf);
	if (r)
		goto out_free;
	f->data = tf;
	if (!(f->flags & O_NOCTTY) && !tf->console && (f->flags & O_ACCMODE) != O_WRONLY)
		tty_open_controlling(t);
	return 0;
out_free:
	kfree(tf);
out_put:
	tty_put(t);
	return r;
}

static void tty_release(struct file *f)
{
	struct tty_file *tf = f->data;
	if (!tf)
		return;
	struct tty *t = tf->tty;
	irqflags_t flags = spin_lock(&t->lock);
	bool last = --t->opens == 0;
	if (last && !t->driver->pty)
		t->exclusive = false;
	spin_unlock(&t->lock, flags);
	if (last && t->driver->closed)
		t->driver->closed(t);
	kfree(tf);
	tty_put(t);
}

/* The foreground group is told, or who asks, unless F_SETOWN has named somebody. */
static struct async_list *tty_async_list(struct file *f, bool on)
{
	struct tty_file *tf = tty_file_of(f);
	int owner, err;

	if (tty_file_hung_up(tf))
		return ERR_PTR(-ENOTTY);
	if (on) {
		irqflags_t flags = spin_lock(&task_lock);
		owner = tf->tty->foreground ? -tf->tty->foreground->nr : current->process->pid->nr;
		spin_unlock(&task_lock, flags);
		err = async_default_owner(f, owner);
		if (err)
			return ERR_PTR(err);
	}
	return &tf->tty->async;
}

const struct file_ops tty_file_ops = {
    .splice_read = true,
    .splice_write = true,
    .open = tty_open,
    .release = tty_release,
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
    .async_list = tty_async_list,
};

/* --- at boot --- */

static void add_device(const char *name, uint32_t mode, uint32_t rdev)
{
	int r = dev_register(name, mode, rdev, &tty_file_ops);
	if (r)
		log_error("/dev/%s: %s", name, errno_message(r));
}

void tty_init(void)
{
	tty_console_init();
	add_device("tty", S_IFCHR | 0666, DEV_TTY);
	if (console_tty) {
		add_device("console", S_IFCHR | 0600, DEV_CONSOLE);
		add_device("ttyS0", S_IFCHR | 0600, DEV_SERIAL);
	}
	pty_init();
}
