/* The ioctls that read and set a terminal's modes (termios(3), ioctl_tty(2)), in all their formats.
 */
#include "abi/fs.h"
#include "arch/uaccess.h"
#include "dev/ldisc.h"
#include "proc/process.h"

/* What of c_cflag a real line does not carry: the rest stays as the line is set up. */
#define SOFT_CFLAGS (HUPCL | CREAD | CLOCAL)

enum when { NOW, DRAINED, FLUSHED };

void tty_get_modes(struct tty *t, struct linux_termios2 *out)
{
	irqflags_t flags = spin_lock(&t->lock);
	*out = t->termios;
	spin_unlock(&t->lock, flags);
}

/* --- speeds --- */

static uint32_t speed_of_code(uint32_t code, uint32_t other)
{
	static const uint32_t speeds[] = {0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400,
	    4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
	    1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000};

	if (code == BOTHER)
		return other;
	if (code & CBAUDEX)
		code = (code & ~(uint32_t)CBAUDEX) + 15;
	return code < ARRAY_SIZE(speeds) ? speeds[code] : 0;
}

/* The speeds that c_cflag says; input at B0 goes as output does. */
static void set_speeds(struct linux_termios2 *m)
{
	uint32_t in = m->c_cflag >> CIBAUD_SHIFT & CBAUD;

	m->c_ospeed = speed_of_code(m->c_cflag & CBAUD, m->c_ospeed);
	m->c_ispeed = in ? speed_of_code(in, m->c_ispeed) : m->c_ospeed;
}

/* --- setting --- */

/* What TIOCSLCKTRMIOS locked stays as it is. (tty->lock) */
static void keep_locked(const struct tty *t, struct linux_termios2 *new)
{
	const struct linux_termios2 *lock = &t->locked, *old = &t->termios;

	new->c_iflag = (new->c_iflag & ~lock->c_iflag) | (old->c_iflag & lock->c_iflag);
	new->c_oflag = (new->c_oflag & ~lock->c_oflag) | (old->c_oflag & lock->c_oflag);
	new->c_cflag = (new->c_cflag & ~lock->c_cflag) | (old->c_cflag & lock->c_cflag);
	new->c_lflag = (new->c_lflag & ~lock->c_lflag) | (old->c_lflag & lock->c_lflag);
	if (lock->c_line)
		new->c_line = old->c_line;
	for (unsigned i = 0; i < TERMIOS_NCCS; i++)
		if (lock->c_cc[i])
			new->c_cc[i] = old->c_cc[i];
}

/* ^S and ^Q do what they say. */
static bool usual_flow_control(const struct linux_termios2 *m)
{
	return (m->c_iflag & IXON) && m->c_cc[VSTOP] == 'S' - '@' && m->c_cc[VSTART] == 'Q' - '@';
}

static void tell_master(struct tty *t, const struct linux_termios2 *old)
{
	bool was = usual_flow_control(old), is = usual_flow_control(&t->termios);
	unsigned bits = (old->c_lflag | t->termios.c_lflag) & EXTPROC ? TIOCPKT_IOCTL : 0;

	if (was != is)
		bits |= is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
	if (bits && t->driver->event)
		t->driver->event(t, bits);
}

/* (tty->lock) */
static void apply(struct tty *t, struct linux_termios2 *new)
{
	struct linux_termios2 old = t->termios;

	keep_locked(t, new);
	if (t->driver->pty) {
		set_speeds(new);
		new->c_cflag = (new->c_cflag & ~(uint32_t)(CSIZE | PARENB)) | CS8 | CREAD;
	} else {
		new->c_cflag = (new->c_cflag &SOFT_CFLAGS) | (old.c_cflag & ~(uint32_t)SOFT_CFLAGS);
		new->c_ispeed = old.c_ispeed;
		new->c_ospeed = old.c_ospeed;
	}
	ldisc_set_termios(t, new);
	tell_master(t, &old);
}

void tty_set_modes(struct tty *t, struct linux_termios2 *new)
{
	irqflags_t flags = spin_lock(&t->lock);
	apply(t, new);
	spin_unlock(&t->lock, flags);
	if (t->driver->input_room)
		t->driver->input_room(t);
	/* A line may be readable now that was not, or the other way round. */
	wait_wake_all(&t->read_wait);
	wait_wake_all(&t->write_wait);
}

static int set_termios(struct tty *t, struct linux_termios2 *new, enum when when)
{
	irqflags_t flags;
	int r = 0;

	if (when == FLUSHED) {
		flags = spin_lock(&t->lock);
		ldisc_flush_input(t);
		spin_unlock(&t->lock, flags);
	}
	if (when != NOW)
		r = tty_drain(t);
	if (r)
		return -ERESTARTSYS;
	tty_set_modes(t, new);
	return 0;
}

/* TCSETS and, with `two`, TCSETS2: the old structure is the new one's beginning. */
static int64_t copy_termios_in(struct tty *t, uint64_t arg, bool two, enum when when)
{
	struct linux_termios2 new;

	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r;
	tty_get_modes(t, &new);
	r = arch_copy_in(&new, arg, two ? sizeof(new) : sizeof(struct linux_termios));
	return r ? r : set_termios(t, &new, when);
}

static int64_t copy_termios_out(struct tty *t, uint64_t arg, bool two)
{
	struct linux_termios2 now;
	tty_get_modes(t, &now);
	return arch_copy_out(arg, &now, two ? sizeof(now) : sizeof(struct linux_termios));
}

/* --- System V's --- */

static int64_t copy_termio_out(struct tty *t, uint64_t arg)
{
	struct linux_termios2 now;
	struct linux_termio io;

	tty_get_modes(t, &now);
	io = (struct linux_termio){.c_iflag = (uint16_t)now.c_iflag,
	    .c_oflag = (uint16_t)now.c_oflag,
	    .c_cflag = (uint16_t)now.c_cflag,
	    .c_lflag = (uint16_t)now.c_lflag,
	    .c_line = now.c_line};
	memcpy(io.c_cc, now.c_cc, sizeof(io.c_cc));
	return copy_out_obj(arg, &io);
}

static uint32_t low_half(uint32_t old, uint16_t low)
{
	return (old & 0xffff0000u) | low;
}

static int64_t copy_termio_in(struct tty *t, uint64_t arg, enum when when)
{
	struct linux_termios2 new;
	struct linux_termio io;

	int r = tty_check_change(t, SIGTTOU);
	if (!r)
		r = copy_in_obj(&io, arg);
	if (r)
		return r;
	tty_get_modes(t, &new);
	new.c_iflag = low_half(new.c_iflag, io.c_iflag);
	new.c_oflag = low_half(new.c_oflag, io.c_oflag);
	new.c_cflag = low_half(new.c_cflag, io.c_cflag);
	new.c_lflag = low_half(new.c_lflag, io.c_lflag);
	new.c_line = io.c_line;
	memcpy(new.c_cc, io.c_cc, sizeof(io.c_cc));
	return set_termios(t, &new, when);
}

/* --- the rest --- */

static int64_t get_locked(struct tty *t, uint64_t arg)
{
	irqflags_t flags = spin_lock(&t->lock);
	struct linux_termios2 now = t->locked;
	spin_unlock(&t->lock, flags);
	return arch_copy_out(arg, &now, sizeof(struct linux_termios));
}

static int64_t set_locked(struct tty *t, uint64_t arg)
{
	struct linux_termios2 new = {0};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	int r = arch_copy_in(&new, arg, sizeof(struct linux_termios));
	if (r)
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	t->locked = new;
	spin_unlock(&t->lock, flags);
	return 0;
}

static int64_t get_soft_carrier(struct tty *t, uint64_t arg)
{
	struct linux_termios2 now;
	tty_get_modes(t, &now);
	int on = (now.c_cflag & CLOCAL) != 0;
	return copy_out_obj(arg, &on);
}

static int64_t set_soft_carrier(struct tty *t, uint64_t arg)
{
	int on;
	int r = copy_in_obj(&on, arg);
	if (r)
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	t->termios.c_cflag = on ? t->termios.c_cflag | CLOCAL
				: t->termios.c_cflag & ~(uint32_t)CLOCAL;
	spin_unlock(&t->lock, flags);
	return 0;
}

int64_t tty_ioctl_modes(struct tty *t, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case TCGETS:
		return copy_termios_out(t, arg, false);
	case TCGETS2:
		return copy_termios_out(t, arg, true);
	case TCGETA:
		return copy_termio_out(t, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return copy_termios_in(t, arg, false, (enum when)(cmd - TCSETS));
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return copy_termios_in(t, arg, true, (enum when)(cmd - TCSETS2));
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return copy_termio_in(t, arg, (enum when)(cmd - TCSETA));
	case TIOCGLCKTRMIOS:
		return get_locked(t, arg);
	case TIOCSLCKTRMIOS:
		return set_locked(t, arg);
	case TIOCGSOFTCAR:
		return get_soft_carrier(t, arg);
	case TIOCSSOFTCAR:
		return set_soft_carrier(t, arg);
	default:
		return -ENOIOCTLCMD;
	}
}
