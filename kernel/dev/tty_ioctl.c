/* The ioctls of terminals (ioctl_tty(2)). Results and the order of checks are Linux's. */
#include "arch/uaccess.h"
#include "dev/ldisc.h"
#include "proc/process.h"

/* --- modes --- */

/* What of c_cflag does not touch the hardware: the rest stays as the line is set up. */
#define SOFT_CFLAGS (HUPCL | CREAD | CLOCAL)

static void get_termios(struct tty *t, struct linux_termios2 *out)
{
	irqflags_t flags = spin_lock(&t->lock);
	*out = t->termios;
	spin_unlock(&t->lock, flags);
}

/* TCGETS, with `two` TCGETS2: the old structure is the new one's beginning. */
static int64_t copy_termios_out(struct tty *t, uint64_t arg, bool two)
{
	struct linux_termios2 now;
	get_termios(t, &now);
	return arch_copy_out(arg, &now, two ? sizeof(now) : sizeof(struct linux_termios));
}

static int64_t copy_termios_in(struct tty *t, uint64_t arg, bool two, bool drain, bool flush)
{
	struct linux_termios2 now, new;

	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r;
	get_termios(t, &now);
	new = now;
	r = arch_copy_in(&new, arg, two ? sizeof(new) : sizeof(struct linux_termios));
	if (r)
		return r;
	new.c_cflag = (new.c_cflag &SOFT_CFLAGS) | (now.c_cflag & ~(uint32_t)SOFT_CFLAGS);
	new.c_ispeed = now.c_ispeed;
	new.c_ospeed = now.c_ospeed;
	if (drain && (r = tty_drain(t)))
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	if (flush)
		ldisc_flush_input(t);
	ldisc_set_termios(t, &new);
	spin_unlock(&t->lock, flags);
	if (flush && t->driver->input_room)
		t->driver->input_room(t);
	/* A line may be readable now that was not, or the other way round. */
	wait_wake_all(&t->read_wait);
	wait_wake_all(&t->write_wait);
	return 0;
}

/* --- flow and queues --- */

static int64_t flow_control(struct tty *t, uint64_t what)
{
	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	switch (what) {
	case TCOOFF:
		t->stopped = true;
		break;
	case TCOON:
		t->stopped = false;
		break;
	case TCIOFF:
	case TCION:
		if (t->termios.c_cc[what == TCIOFF ? VSTOP : VSTART])
			ldisc_put_raw(t, t->termios.c_cc[what == TCIOFF ? VSTOP : VSTART]);
		break;
	default:
		r = -EINVAL;
	}
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
	wait_wake_all(&t->write_wait);
	return r;
}

static int64_t flush_queues(struct tty *t, uint64_t what)
{
	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r;
	if (what > TCIOFLUSH)
		return -EINVAL;
	irqflags_t flags = spin_lock(&t->lock);
	if (what != TCOFLUSH)
		ldisc_flush_input(t);
	if (what != TCIFLUSH)
		ldisc_flush_output(t);
	spin_unlock(&t->lock, flags);
	if (what != TCOFLUSH && t->driver->input_room)
		t->driver->input_room(t);
	if (what != TCIFLUSH)
		wait_wake_all(&t->write_wait);
	return 0;
}

/* Breaks: these wait for output, and no driver here can send one, which Linux does not count as a
 * failure either. */
static int64_t send_break(struct tty *t)
{
	int r = tty_check_change(t, SIGTTOU);
	return r ? r : tty_drain(t);
}

static int64_t put_int(uint64_t arg, int value)
{
	return copy_out_obj(arg, &value);
}

static unsigned count_locked(struct tty *t, unsigned (*count)(const struct tty *t))
{
	irqflags_t flags = spin_lock(&t->lock);
	unsigned n = count(t);
	spin_unlock(&t->lock, flags);
	return n;
}

/* --- window size, exclusive use, simulated input --- */

static int64_t get_winsize(struct tty *t, uint64_t arg)
{
	irqflags_t flags = spin_lock(&t->lock);
	struct linux_winsize size = t->winsize;
	spin_unlock(&t->lock, flags);
	return copy_out_obj(arg, &size);
}

static int64_t set_winsize(struct tty *t, uint64_t arg)
{
	struct linux_winsize size;
	int r = copy_in_obj(&size, arg);
	if (!r)
		tty_set_winsize(t, &size);
	return r;
}

static void set_exclusive(struct tty *t, bool on)
{
	irqflags_t flags = spin_lock(&t->lock);
	t->exclusive = on;
	spin_unlock(&t->lock, flags);
}

/* As Linux with dev.tty.legacy_tiocsti=0: only for the privileged. */
static int64_t simulate_input(struct tty *t, uint64_t arg)
{
	char c;

	if (!capable(CAP_SYS_ADMIN))
		return -EIO;
	int r = arch_copy_in(&c, arg, 1);
	if (!r)
		tty_receive(t, &c, 1);
	return r;
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

static int64_t set_discipline(struct tty *t, uint64_t arg)
{
	int which;
	int r = tty_check_change(t, SIGTTOU);
	if (!r)
		r = copy_in_obj(&which, arg);
	if (r)
		return r;
	return which == N_TTY ? 0 : -EINVAL;
}

/* --- groups and sessions --- */

static int64_t get_pgrp(struct tty *t, uint64_t arg)
{
	int pgrp;
	int r = tty_get_pgrp(t, true, &pgrp);
	return r ? r : put_int(arg, pgrp);
}

static int64_t set_pgrp(struct tty *t, uint64_t arg)
{
	int pgrp;
	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r == -EIO ? -ENOTTY : r;
	r = copy_in_obj(&pgrp, arg);
	return r ? r : tty_set_pgrp(t, pgrp);
}

static int64_t get_sid(struct tty *t, uint64_t arg)
{
	int sid;
	int r = tty_get_sid(t, &sid);
	return r ? r : put_int(arg, sid);
}

static int64_t hang_up(struct tty *t)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_hangup(t);
	return 0;
}

/* --- the switch --- */

static int64_t ioctl_modes(struct tty *t, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case TCGETS:
		return copy_termios_out(t, arg, false);
	case TCGETS2:
		return copy_termios_out(t, arg, true);
	case TCSETS:
		return copy_termios_in(t, arg, false, false, false);
	case TCSETSW:
		return copy_termios_in(t, arg, false, true, false);
	case TCSETSF:
		return copy_termios_in(t, arg, false, true, true);
	case TCSETS2:
		return copy_termios_in(t, arg, true, false, false);
	case TCSETSW2:
		return copy_termios_in(t, arg, true, true, false);
	case TCSETSF2:
		return copy_termios_in(t, arg, true, true, true);
	case TCXONC:
		return flow_control(t, arg);
	case TCFLSH:
		return flush_queues(t, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return send_break(t);
	case TIOCGSOFTCAR:
		return put_int(arg, (t->termios.c_cflag & CLOCAL) != 0);
	case TIOCSSOFTCAR:
		return set_soft_carrier(t, arg);
	default:
		return -ENOTTY;
	}
}

int64_t tty_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct tty *t = tty_file_of(f)->tty;

	if (tty_file_hung_up(tty_file_of(f)))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(t, arg);
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case FIONREAD:
		return put_int(arg, (int)count_locked(t, ldisc_inq));
	case TIOCOUTQ:
		return put_int(arg, (int)count_locked(t, ldisc_out_used));
	case TIOCEXCL:
	case TIOCNXCL:
		set_exclusive(t, cmd == TIOCEXCL);
		return 0;
	case TIOCGEXCL:
		return put_int(arg, t->exclusive);
	case TIOCSCTTY:
		return tty_take_controlling(t, f, arg == 1);
	case TIOCNOTTY:
		return tty_give_up(t);
	case TIOCGPGRP:
		return get_pgrp(t, arg);
	case TIOCSPGRP:
		return set_pgrp(t, arg);
	case TIOCGSID:
		return get_sid(t, arg);
	case TIOCSTI:
		return simulate_input(t, arg);
	case TIOCGETD:
		return put_int(arg, N_TTY);
	case TIOCSETD:
		return set_discipline(t, arg);
	case TIOCGDEV:
		return put_int(arg, (int)t->rdev);
	case TIOCVHANGUP:
		return hang_up(t);
	default:
		return ioctl_modes(t, cmd, arg);
	}
}
