/* The line discipline's output side: output processing (termios(3), c_oflag), echo, and the ring to
 * the driver. */
#include "dev/ldisc.h"

#include "abi/fs.h"

/* --- the ring (tty->lock) --- */

unsigned ldisc_out_used(const struct tty *t)
{
	return t->out_head - t->out_tail;
}

unsigned ldisc_out_room(const struct tty *t)
{
	return TTY_OUT - ldisc_out_used(t);
}

static void out(struct tty *t, uint8_t c)
{
	t->out[t->out_head++ % TTY_OUT] = (char)c;
}

bool ldisc_writable(const struct tty *t)
{
	return ldisc_out_room(t) > OUT_RESERVE + 8 && !(t->stopped && t->driver->pty);
}

void ldisc_kick(struct tty *t)
{
	bool full = !ldisc_writable(t), any = ldisc_out_used(t);

	while (!t->stopped && ldisc_out_used(t)) {
		unsigned at = t->out_tail % TTY_OUT;
		unsigned n = MIN(ldisc_out_used(t), TTY_OUT - at);
		unsigned taken = (unsigned)t->driver->write(t, t->out + at, n);
		t->out_tail += taken;
		if (taken < n)
			break;
	}
	if (!ldisc_out_used(t))
		t->sent_column = t->column;
	if ((full && ldisc_writable(t)) || (any && !ldisc_out_used(t)))
		wait_wake_events(&t->write_wait, POLLOUT | POLLWRNORM);
}

void ldisc_flush_output(struct tty *t)
{
	t->out_tail = t->out_head;
	t->column = t->sent_column;
	if (t->driver->event)
		t->driver->event(t, TIOCPKT_FLUSHWRITE);
}

static void flow_event(struct tty *t, unsigned bits)
{
	if (t->driver->event)
		t->driver->event(t, bits);
}

void ldisc_stop(struct tty *t)
{
	if (t->stopped)
		return;
	t->stopped = true;
	flow_event(t, TIOCPKT_STOP);
}

void ldisc_start(struct tty *t)
{
	if (!t->stopped || t->off)
		return;
	t->stopped = false;
	flow_event(t, TIOCPKT_START);
	ldisc_kick(t);
	wait_wake_events(&t->write_wait, POLLOUT | POLLWRNORM);
}

bool ldisc_put_raw(struct tty *t, uint8_t c)
{
	if (!ldisc_out_room(t))
		return false;
	out(t, c);
	return true;
}

/* --- output processing --- */

static bool put_newline(struct tty *t)
{
	if (has_oflag(t, ONLRET))
		t->column = 0;
	if (has_oflag(t, ONLCR)) {
		if (ldisc_out_room(t) < 2)
			return false;
		t->column = 0;
		out(t, '\r');
	}
	t->canon_column = t->column;
	out(t, '\n');
	return true;
}

static bool put_return(struct tty *t)
{
	if (has_oflag(t, ONOCR) && t->column == 0)
		return true;
	if (has_oflag(t, OCRNL)) {
		if (has_oflag(t, ONLRET))
			t->canon_column = t->column = 0;
		out(t, '\n');
		return true;
	}
	t->canon_column = t->column = 0;
	out(t, '\r');
	return true;
}

static bool put_tab(struct tty *t)
{
	unsigned spaces = 8 - (t->column & 7);

	if ((t->termios.c_oflag & TABDLY) == XTABS) {
		if (ldisc_out_room(t) < spaces)
			return false;
		for (unsigned i = 0; i < spaces; i++)
			out(t, ' ');
	} else {
		out(t, '\t');
	}
	t->column += spaces;
	return true;
}

static void put_plain(struct tty *t, uint8_t c)
{
	if (!tty_iscntrl(c)) {
		if (has_oflag(t, OLCUC) && tty_islower(c))
			c = (uint8_t)(c - 0x20);
		if (!utf8_continuation(t, c))
			t->column++;
	}
	out(t, c);
}

bool ldisc_put(struct tty *t, uint8_t c)
{
	if (!ldisc_out_room(t))
		return false;
	if (!has_oflag(t, OPOST)) {
		out(t, c);
		return true;
	}
	switch (c) {
	case '\n':
		return put_newline(t);
	case '\r':
		return put_return(t);
	case '\t':
		return put_tab(t);
	case '\b':
		if (t->column)
			t->column--;
		out(t, c);
		return true;
	default:
		put_plain(t, c);
		return true;
	}
}

/* A character takes at most 8 bytes (a tab as spaces). */
size_t ldisc_write(struct tty *t, const char *s, size_t n)
{
	size_t done = 0;
	while (done < n && ldisc_writable(t)) {
		ldisc_put(t, (uint8_t)s[done]);
		done++;
	}
	return done;
}

/* --- echo: what does not fit is lost, so that a program that reads but never writes cannot stop
 * the line --- */

void ldisc_echo(struct tty *t, uint8_t c)
{
	/* Like Linux's echo, these two go past output processing. */
	if (c == 0xff) {
		ldisc_put_raw(t, c);
		t->column++;
	} else if (has_lflag(t, ECHOCTL) && tty_iscntrl(c) && c != '\t') {
		ldisc_put_raw(t, '^');
		ldisc_put_raw(t, c ^ 0100);
		t->column += 2;
	} else {
		ldisc_put(t, c);
	}
}
