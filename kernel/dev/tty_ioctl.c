/* The ioctls of terminals (ioctl_tty(2)). Results and the order of checks are Linux's. */
#include "arch/uaccess.h"
#include "dev/ldisc.h"
#include "proc/process.h"
#include "sysctl.h"

/* --- flow and queues --- */

static int64_t flow_control(struct tty *t, uint64_t what)
{
	int r = tty_check_change(t, SIGTTOU);
	if (r)
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	switch (what) {
	case TCOOFF:
		t->off = true;
		ldisc_stop(t);
		break;
	case TCOON:
		if (t->off) {
			t->off = false;
			ldisc_start(t);
		}
		break;
	case TCIOFF:
	case TCION:
		if (t->termios.c_cc[what == TCIOFF ? VSTOP : VSTART])
			ldisc_put_raw(t, t->termios.c_cc[what == TCIOFF ? VSTOP : VSTART]);
		ldisc_kick(t);
		break;
	default:
		r = -EINVAL;
	}
	spin_unlock(&t->lock, flags);
	if (t->driver->told)
		t->driver->told(t);
	return r;
}

static int64_t flush_queues(struct tty *t, uint64_t what)
{
	/* This much Linux does even for the background. */
	if ((what == TCIFLUSH || what == TCIOFLUSH) && t->driver->input_flush)
		t->driver->input_flush(t);
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

/* Breaks, tcdrain: these wait for output. No driver here can send a break, which Linux does not
 * count as a failure either. */
static int64_t wait_sent(struct tty *t, unsigned cmd)
{
	int r = tty_check_change(t, SIGTTOU);
	return r || cmd == TIOCCBRK ? r : tty_drain(t);
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
	struct linux_winsize size;
	tty_get_winsize(t, &size);
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

static int64_t simulate_input(struct tty *t, uint64_t arg)
{
	char c;

	if (!sysctl_get(legacy_tiocsti) && !capable(CAP_SYS_ADMIN))
		return -EIO;
	if (!tty_is_controlling(t) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	int r = arch_copy_in(&c, arg, 1);
	if (!r)
		tty_receive(t, &c, 1);
	return r;
}

static int64_t set_discipline(struct tty *t, uint64_t arg)
{
	int which;
	int64_t r = wait_sent(t, TIOCSETD);
	if (!r)
		r = copy_in_obj(&which, arg);
	if (r)
		return r;
	return which == N_TTY ? 0 : -EINVAL;
}

/* TIOCMGET and its kin; a terminal without a modem knows none of these. */
static int64_t modem_lines(struct tty *t, unsigned cmd, uint64_t arg)
{
	const unsigned mine = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2 | TIOCM_LOOP;
	unsigned bits;

	if (!t->driver->modem)
		return -ENOTTY;
	if (cmd == TIOCMGET)
		return put_int(arg, (int)t->driver->modem(t));
	int r = copy_in_obj(&bits, arg);
	if (r)
		return r;
	bits &= mine;
	t->driver->set_modem(t, cmd == TIOCMBIC ? 0 : bits,
	    cmd == TIOCMBIC   ? bits
	    : cmd == TIOCMSET ? mine & ~bits
			      : 0);
	return 0;
}

/* --- groups and sessions --- */

static int64_t get_pgrp(struct tty *t, uint64_t arg, bool controlling)
{
	int pgrp;
	int r = tty_get_pgrp(t, controlling, &pgrp);
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

static int64_t get_sid(struct tty *t, uint64_t arg, bool controlling)
{
	int sid;
	int r = tty_get_sid(t, controlling, &sid);
	return r ? r : put_int(arg, sid);
}

static int64_t hang_up(struct tty *t)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_hangup(t);
	return 0;
}

/* --- the switches --- */

int64_t tty_ioctl_job(struct tty *t, const struct file *f, unsigned cmd, uint64_t arg, bool master)
{
	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(t, arg);
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case TIOCGDEV: /* new_encode_dev: as the number is kept */
		return put_int(arg, (int)t->rdev);
	case TIOCSCTTY:
		return tty_take_controlling(t, f, arg == 1);
	case TIOCNOTTY:
		return master ? -ENOTTY : tty_give_up(t);
	case TIOCGPGRP:
		return get_pgrp(t, arg, !master);
	case TIOCSPGRP:
		return set_pgrp(t, arg);
	case TIOCGSID:
		return get_sid(t, arg, !master);
	default:
		return -ENOIOCTLCMD;
	}
}

static unsigned output_queued(const struct tty *t)
{
	return t->driver->pty ? 0 : ldisc_out_used(t);
}

static int64_t ioctl_queues(struct tty *t, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case FIONREAD:
		return put_int(arg, (int)count_locked(t, ldisc_inq));
	case TIOCOUTQ:
		return put_int(arg, (int)count_locked(t, output_queued));
	case TCXONC:
		return flow_control(t, arg);
	case TCFLSH:
		return flush_queues(t, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return wait_sent(t, cmd);
	default:
		return -ENOTTY;
	}
}

static int64_t ioctl_terminal(struct file *f, struct tty *t, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case TIOCEXCL:
	case TIOCNXCL:
		set_exclusive(t, cmd == TIOCEXCL);
		return 0;
	case TIOCGEXCL:
		return put_int(arg, t->exclusive);
	case TIOCSTI:
		return simulate_input(t, arg);
	case TIOCCONS:
		return tty_console_redirect(f, tty_file_of(f)->console);
	case TIOCGETD:
		return put_int(arg, N_TTY);
	case TIOCSETD:
		return set_discipline(t, arg);
	case TIOCVHANGUP:
		return hang_up(t);
	case TIOCGPTPEER: /* the master's */
		return -EIO;
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return modem_lines(t, cmd, arg);
	default:
		return ioctl_queues(t, cmd, arg);
	}
}

int64_t tty_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct tty *t = tty_file_of(f)->tty;

	if (tty_file_hung_up(tty_file_of(f)))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	int64_t r = tty_ioctl_job(t, f, cmd, arg, false);
	if (r == -ENOIOCTLCMD)
		r = tty_ioctl_modes(t, cmd, arg);
	return r == -ENOIOCTLCMD ? ioctl_terminal(f, t, cmd, arg) : r;
}
