/* Terminals as objects, and their device files. */
#include "dev/tty.h"

#include "abi/fs.h"
#include "dev/console.h"
#include "dev/ldisc.h"
#include "mm/heap.h"
#include "printk.h"
#include "proc/process.h"

#define DEV_TTY     MKDEV(5, 0)
#define DEV_CONSOLE MKDEV(5, 1)
#define DEV_SERIAL  MKDEV(4, 64)

struct tty *console_tty;

/* What Linux gives a fresh serial terminal, at the rate that firmware commonly leaves. */
static const struct linux_termios2 fresh_termios = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc =
	{
	    [VINTR] = 'C' - '@',
	    [VQUIT] = '\\' - '@',
	    [VERASE] = 0x7f,
	    [VKILL] = 'U' - '@',
	    [VEOF] = 'D' - '@',
	    [VMIN] = 1,
	    [VSTART] = 'Q' - '@',
	    [VSTOP] = 'S' - '@',
	    [VSUSP] = 'Z' - '@',
	    [VREPRINT] = 'R' - '@',
	    [VDISCARD] = 'O' - '@',
	    [VWERASE] = 'W' - '@',
	    [VLNEXT] = 'V' - '@',
	},
    .c_ispeed = 115200,
    .c_ospeed = 115200,
};

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
	t->termios = fresh_termios;
	return t;
}

void tty_get(struct tty *t)
{
	ref_get(&t->refs);
}

void tty_put(struct tty *t)
{
	if (ref_put(&t->refs))
		kfree(t);
}

void tty_reset(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	ldisc_flush_input(t);
	t->termios = fresh_termios;
	t->stopped = t->exclusive = false;
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
}

void tty_output_room(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
	wait_wake_events(&t->write_wait, POLLOUT | POLLWRNORM);
	if (__atomic_exchange_n(&t->output_wanted, false, __ATOMIC_RELAXED))
		async_notify(&t->async, POLL_OUT);
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

/* The terminal behind a device number, with a reference. */
static struct tty *tty_of_device(uint32_t rdev)
{
	struct tty *t = rdev == DEV_TTY ? tty_controlling() : console_tty;
	if (t && rdev != DEV_TTY)
		tty_get(t);
	return t;
}

static int open_locked(struct tty *t, struct tty_file *tf)
{
	bool admin = capable(CAP_SYS_ADMIN);

	irqflags_t flags = spin_lock(&t->lock);
	int r = t->exclusive && !admin ? -EBUSY : 0;
	if (!r)
		t->opens++;
	tf->hangups = t->hangups;
	spin_unlock(&t->lock, flags);
	return r;
}

static int tty_open(struct inode *i, struct file *f)
{
	struct tty *t = tty_of_device(i->rdev);
	if (!t)
		return -ENXIO;
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
	if (!(f->flags & O_NOCTTY) && i->rdev == DEV_SERIAL && (f->flags & O_ACCMODE) != O_WRONLY)
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
	if (last)
		t->exclusive = false;
	spin_unlock(&t->lock, flags);
	if (last)
		tty_last_close(t);
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
    .open = tty_open,
    .release = tty_release,
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
    .async_list = tty_async_list,
};

/* --- the console's terminal --- */

static size_t console_tty_write(struct tty *t, const char *s, size_t n)
{
	return console_write_some(s, n);
}

static void console_tty_drain(struct tty *t)
{
	console_drain();
}

static void console_tty_input_room(struct tty *t)
{
	console_pump();
}

static const struct tty_driver console_tty_driver = {
    .write = console_tty_write,
    .drain = console_tty_drain,
    .input_room = console_tty_input_room,
};

static void add_device(const char *name, uint32_t mode, uint32_t rdev)
{
	int r = dev_register(name, mode, rdev, &tty_file_ops);
	if (r)
		log_error("/dev/%s: %s", name, errno_message(r));
}

void tty_init(void)
{
	struct tty *t = tty_create("ttyS0", DEV_SERIAL, &console_tty_driver, NULL);
	if (!t) {
		log_error("no memory for the console's terminal");
		return;
	}
	__atomic_store_n(&console_tty, t, __ATOMIC_RELEASE);
	add_device("console", S_IFCHR | 0600, DEV_CONSOLE);
	add_device("tty", S_IFCHR | 0666, DEV_TTY);
	add_device("ttyS0", S_IFCHR | 0600, DEV_SERIAL);
}
