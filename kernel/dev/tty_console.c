/* The console's terminal: /dev/console and /dev/ttyS0 on the serial line that dev/console.h shares
 * out, and where writes to /dev/console go (TIOCCONS). */
#include "abi/fs.h"
#include "dev/console_output.h"
#include "dev/ldisc.h"
#include "printk.h"
#include "proc/process.h"

struct tty *console_tty;

static size_t console_tty_write(struct tty *t, const char *s, size_t n)
{
	return console_write_some(s, n);
}

static int console_tty_drain(struct tty *t)
{
	return console_drain(true);
}

static void console_tty_input_room(struct tty *t)
{
	console_pump();
}

static unsigned console_tty_modem(struct tty *t)
{
	const struct serial_ops *ops = console_serial();
	return ops && ops->modem ? ops->modem() : 0;
}

static void console_tty_set_modem(struct tty *t, unsigned set, unsigned clear)
{
	const struct serial_ops *ops = console_serial();
	if (ops && ops->set_modem)
		ops->set_modem(set, clear);
}

static const struct tty_driver console_tty_driver = {
    .write = console_tty_write,
    .drain = console_tty_drain,
    .input_room = console_tty_input_room,
    .modem = console_tty_modem,
    .set_modem = console_tty_set_modem,
    .closed = tty_last_close,
    /* The rate that firmware commonly leaves. */
    .fresh = TTY_FRESH(B115200 | CS8 | CREAD | HUPCL | CLOCAL, 115200),
};

void tty_console_init(void)
{
	struct tty *t = tty_create("ttyS0", DEV_SERIAL, &console_tty_driver, NULL);
	if (t)
		__atomic_store_n(&console_tty, t, __ATOMIC_RELEASE);
	else
		log_error("no memory for the console's terminal");
}

/* --- TIOCCONS --- */

static struct spinlock redirect_lock = SPINLOCK_INIT("redirect", RANK_FS);
static struct file *redirect; /* with a reference */

struct file *tty_console_redirected(void)
{
	irqflags_t flags = spin_lock(&redirect_lock);
	struct file *f = redirect;
	if (f)
		file_get(f);
	spin_unlock(&redirect_lock, flags);
	return f;
}

/* Puts `f` (a reference is taken) in the place of what is there: NULL ends it. */
static int set_redirect(struct file *f)
{
	irqflags_t flags = spin_lock(&redirect_lock);
	struct file *old = redirect;
	int r = f && old ? -EBUSY : 0;
	if (!r)
		redirect = f;
	if (!r && f)
		file_get(f);
	spin_unlock(&redirect_lock, flags);
	if (!f && old)
		file_put(old);
	return r;
}

int tty_console_redirect(struct file *f, bool console)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (console)
		return set_redirect(NULL);
	if ((f->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	return set_redirect(f);
}

void tty_console_forget(struct tty *t)
{
	struct file *f = NULL;
	irqflags_t flags = spin_lock(&redirect_lock);
	if (redirect && tty_file_of(redirect)->tty == t) {
		f = redirect;
		redirect = NULL;
	}
	spin_unlock(&redirect_lock, flags);
	file_put(f);
}
