/* The ioctls of a pty's master: its own, and what it does to its slave (ioctl_tty(2)). */
#include "abi/fs.h"
#include "arch/uaccess.h"
#include "dev/ldisc.h"
#include "dev/pty.h"
#include "proc/process.h"
#include "sysctl.h"

static int64_t put_int(uint64_t arg, int value)
{
	return copy_out_obj(arg, &value);
}

static int64_t set_flag(struct pty *p, bool *flag, uint64_t arg)
{
	int on;
	int r = copy_in_obj(&on, arg);
	if (r)
		return r;
	irqflags_t flags = spin_lock(&p->slave->lock);
	if (flag == &p->packet && on && !p->packet)
		p->status = 0;
	*flag = on;
	spin_unlock(&p->slave->lock, flags);
	return 0;
}

static int64_t signal_slave(struct pty *p, int sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	tty_signal_foreground(p->slave, sig);
	return 0;
}

/* TIOCGPTPEER */
static int64_t open_peer(const struct file *master, unsigned flags)
{
	int fd = fd_reserve(flags, 0);
	if (fd < 0)
		return fd;
	struct file *f = pty_open_peer(master, flags);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

static int64_t ioctl_pty(struct pty *p, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case TIOCGPTN:
		return put_int(arg, p->index);
	case TIOCSPTLCK:
		return set_flag(p, &p->locked, arg);
	case TIOCGPTLCK:
		return put_int(arg, p->locked);
	case TIOCPKT:
		return set_flag(p, &p->packet, arg);
	case TIOCGPKT:
		return put_int(arg, p->packet);
	case TIOCSIG:
		return signal_slave(p, (int)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

/* TCXONC: the master's own output, or what it sends in place of START and STOP. */
static int64_t flow_control(struct pty *p, uint64_t what)
{
	if (what > TCION)
		return -EINVAL;
	if (what == TCOOFF || what == TCOON) {
		irqflags_t flags = spin_lock(&p->slave->lock);
		p->master_stopped = what == TCOOFF;
		spin_unlock(&p->slave->lock, flags);
		pty_pump(p);
	} else {
		pty_send(p, what == TCIOFF ? "\x13" : "\x11", 1);
	}
	return 0;
}

static int64_t flush_queues(struct pty *p, uint64_t what)
{
	struct tty *t = p->slave;

	if (what > TCIOFLUSH)
		return -EINVAL;
	if (what != TCOFLUSH) {
		irqflags_t flags = spin_lock(&t->lock);
		p->out_tail = p->out_head;
		t->out_tail = t->out_head;
		spin_unlock(&t->lock, flags);
		tty_output_room(t);
		wait_wake_events(&t->write_wait, POLLOUT | POLLWRNORM);
	}
	if (what != TCIFLUSH)
		t->driver->input_flush(t);
	return 0;
}

/* TIOCSTI on the master: as if the slave had written it. */
static int64_t simulate_input(struct pty *p, uint64_t arg)
{
	struct tty *t = p->slave;
	char c;

	if (!capable(CAP_SYS_ADMIN)) /* it is nobody's controlling terminal */
		return sysctl_get(legacy_tiocsti) ? -EPERM : -EIO;
	int r = arch_copy_in(&c, arg, 1);
	if (r)
		return r;
	irqflags_t flags = spin_lock(&t->lock);
	t->driver->write(t, &c, 1);
	spin_unlock(&t->lock, flags);
	return 0;
}

static int64_t hang_up(struct pty *p)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	__atomic_store_n(&p->master_hung_up, true, __ATOMIC_RELEASE);
	wait_wake_all(&p->read_wait);
	wait_wake_all(&p->write_wait);
	return 0;
}

static int64_t set_discipline(uint64_t arg)
{
	int which;
	int r = copy_in_obj(&which, arg);
	return r ? r : which == N_TTY ? 0 : -EINVAL;
}

static int64_t ioctl_terminal(struct pty *p, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case FIONREAD:
		return put_int(arg, (int)(p->out_head - p->out_tail));
	case TIOCOUTQ:
	case TIOCGETD: /* N_TTY */
		return put_int(arg, 0);
	case TIOCSETD:
		return set_discipline(arg);
	case TIOCEXCL:
	case TIOCNXCL:
		p->exclusive = cmd == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		return put_int(arg, p->exclusive);
	case TIOCCONS:
		return -EINVAL;
	case TIOCSTI:
		return simulate_input(p, arg);
	case TIOCVHANGUP:
		return hang_up(p);
	case TCXONC:
		return flow_control(p, arg);
	case TCFLSH:
		return flush_queues(p, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK: /* there is no line to break */
		return 0;
	default:
		return -ENOTTY;
	}
}

int64_t ptmx_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct pty *p = f->data;

	if (p->master_hung_up)
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	int64_t r = cmd == TIOCGPTPEER ? open_peer(f, (unsigned)arg) : ioctl_pty(p, cmd, arg);
	if (r == -ENOIOCTLCMD)
		r = tty_ioctl_job(p->slave, f, cmd, arg, true);
	if (r == -ENOIOCTLCMD)
		r = tty_ioctl_modes(p->slave, cmd, arg);
	return r == -ENOIOCTLCMD ? ioctl_terminal(p, cmd, arg) : r;
}
