/*
 * The line discipline's input side: canonical and raw mode, editing, signals, flow control
 * (termios(3)). All with tty->lock held but for tty_receive.
 */
#include "dev/ldisc.h"

#include "abi/signal.h"
#include "dev/ldisc_edit.h"

/* --- the buffer --- */

static void set_mark(struct tty *t, unsigned at)
{
	at %= TTY_BUF;
	t->marks[at / 8] |= (uint8_t)(1u << at % 8);
}

static bool has_mark(const struct tty *t, unsigned at)
{
	at %= TTY_BUF;
	return t->marks[at / 8] & 1u << at % 8;
}

static void clear_mark(struct tty *t, unsigned at)
{
	at %= TTY_BUF;
	t->marks[at / 8] &= (uint8_t)~(1u << at % 8);
}

static unsigned used(const struct tty *t)
{
	return t->head - t->tail;
}

/* One byte may be more than it was given room for: 0xff as PARMRK doubles it. */
static void put(struct tty *t, uint8_t c)
{
	if (used(t) < TTY_BUF)
		t->buf[t->head++ % TTY_BUF] = (char)c;
}

void ldisc_reset_input(struct tty *t)
{
	t->head = t->tail = t->canon = 0;
	t->lnext = t->erasing = false;
	memset(t->marks, 0, sizeof(t->marks));
}

void ldisc_flush_input(struct tty *t)
{
	ldisc_reset_input(t);
	if (t->driver->event)
		t->driver->event(t, TIOCPKT_FLUSHREAD);
}

unsigned ldisc_available(const struct tty *t)
{
	return tty_canonical(t) ? t->canon - t->tail : used(t);
}

/* Canonical mode has a line, or raw mode `least` bytes. */
bool ldisc_readable(const struct tty *t, unsigned least)
{
	return ldisc_available(t) >= (tty_canonical(t) ? 1 : MAX(least, 1u));
}

/* End-of-file marks do not count as bytes. */
unsigned ldisc_inq(const struct tty *t)
{
	unsigned n = 0;
	if (!tty_canonical(t))
		return used(t);
	for (unsigned i = t->tail; i != t->canon; i++)
		n += !(has_mark(t, i) && !t->buf[i % TTY_BUF]);
	return n;
}

size_t ldisc_take(struct tty *t, char *to, size_t n, bool *line)
{
	bool canonical = tty_canonical(t);
	unsigned end = t->tail + ldisc_available(t);
	size_t got = 0;

	*line = false;
	while (t->tail != end && !*line) {
		char c = t->buf[t->tail % TTY_BUF];
		bool mark = canonical && has_mark(t, t->tail);
		/* An end of file right behind a full buffer goes with it: it is no second end of
		 * file. */
		if (got == n && !(mark && !c && n))
			break;
		*line = mark;
		if (mark)
			clear_mark(t, t->tail);
		t->tail++;
		if (!mark || c)
			to[got++] = c;
	}
	return got;
}

void ldisc_set_termios(struct tty *t, const struct linux_termios2 *new)
{
	uint32_t changed = t->termios.c_lflag ^ new->c_lflag;
	bool restart = has_iflag(t, IXON) && !(new->c_iflag &IXON);

	t->termios = *new;
	if (changed & (ICANON | EXTPROC)) {
		memset(t->marks, 0, sizeof(t->marks));
		t->lnext = t->erasing = false;
		t->canon = t->tail;
		if (has_lflag(t, ICANON) && used(t)) { /* what came in raw mode reads as one line */
			set_mark(t, t->head - 1);
			t->canon = t->head;
		}
	}
	if (restart)
		ldisc_start(t);
}

/* --- single characters --- */

static void echo_char(struct tty *t, uint8_t c, bool literal)
{
	if (c == '\n' && !literal) {
		ldisc_put(t, c);
		return;
	}
	if (t->canon == t->head)
		t->canon_column = t->column;
	ldisc_echo(t, c);
}

/* Where IXANY is set, any character undoes STOP. */
static void restart_by_any(struct tty *t)
{
	if (t->stopped && has_iflag(t, IXON) && has_iflag(t, IXANY))
		ldisc_start(t);
}

static void put_data(struct tty *t, uint8_t c)
{
	if (c == 0xff && has_iflag(t, PARMRK))
		put(t, c);
	put(t, c);
}

/* `literal`: a newline that was no return, in raw mode or behind LNEXT, shows as ^J */
static void take_data(struct tty *t, uint8_t c, bool literal)
{
	if (has_lflag(t, ECHO)) {
		edit_finish_erasing(t);
		echo_char(t, c, literal);
	}
	put_data(t, c);
}

static void end_line(struct tty *t, uint8_t c)
{
	set_mark(t, t->head);
	put(t, c);
	t->canon = t->head;
}

static void take_lnext(struct tty *t)
{
	t->lnext = true;
	if (!has_lflag(t, ECHO))
		return;
	edit_finish_erasing(t);
	if (has_lflag(t, ECHOCTL)) {
		ldisc_put(t, '^');
		ldisc_put(t, '\b');
	}
}

/* A character that canonical mode gives a meaning. False: it is data. */
static bool take_canonical(struct tty *t, uint8_t c)
{
	bool extended = has_lflag(t, IEXTEN);

	if (is_cc(t, c, VERASE) || is_cc(t, c, VKILL) || (extended && is_cc(t, c, VWERASE))) {
		edit_erase(t, c);
	} else if (extended && is_cc(t, c, VLNEXT)) {
		take_lnext(t);
	} else if (extended && has_lflag(t, ECHO) && is_cc(t, c, VREPRINT)) {
		edit_reprint(t, c);
	} else if (c == '\n') {
		if (has_lflag(t, ECHO | ECHONL))
			ldisc_put(t, '\n');
		end_line(t, c);
	} else if (is_cc(t, c, VEOF)) {
		end_line(t, 0);
	} else if (is_cc(t, c, VEOL) || (extended && is_cc(t, c, VEOL2))) {
		if (has_lflag(t, ECHO))
			echo_char(t, c, true);
		if (c == 0xff && has_iflag(t, PARMRK))
			put(t, c);
		end_line(t, c);
	} else {
		return false;
	}
	return true;
}

/* The signal that `c` sends to the foreground group, or 0. */
static int signal_of(const struct tty *t, uint8_t c)
{
	if (!has_lflag(t, ISIG) || t->lnext)
		return 0;
	if (is_cc(t, c, VINTR))
		return SIGINT;
	if (is_cc(t, c, VQUIT))
		return SIGQUIT;
	return is_cc(t, c, VSUSP) ? SIGTSTP : 0;
}

static void take_signal_char(struct tty *t, uint8_t c)
{
	if (!has_lflag(t, NOFLSH)) {
		ldisc_flush_output(t);
		ldisc_flush_input(t);
	}
	if (has_iflag(t, IXON))
		ldisc_start(t);
	if (has_lflag(t, ECHO))
		ldisc_echo(t, c);
}

static uint8_t translate(const struct tty *t, uint8_t c)
{
	if (has_iflag(t, ISTRIP))
		c &= 0x7f;
	if (has_iflag(t, IUCLC) && has_lflag(t, IEXTEN) && tty_isupper(c))
		c = (uint8_t)(c + 0x20);
	return c;
}

/* START wins where both are one character. */
static bool take_flow_char(struct tty *t, uint8_t c)
{
	if (!has_iflag(t, IXON) || t->lnext)
		return false;
	if (is_cc(t, c, VSTART))
		ldisc_start(t);
	else if (is_cc(t, c, VSTOP))
		ldisc_stop(t);
	else
		return false;
	return true;
}

/* A return or newline as c_iflag has it. False: it is dropped. */
static bool translate_newline(const struct tty *t, uint8_t *c)
{
	if (*c == '\r' && has_iflag(t, IGNCR))
		return false;
	if (*c == '\r' && has_iflag(t, ICRNL))
		*c = '\n';
	else if (*c == '\n' && has_iflag(t, INLCR))
		*c = '\r';
	return true;
}

/* One byte from the line. Returns the signal it sends, or 0. */
static int take_byte(struct tty *t, uint8_t c)
{
	c = translate(t, c);
	if (t->lnext) {
		t->lnext = false;
		restart_by_any(t);
		take_data(t, c, true);
		return 0;
	}
	if (has_lflag(t, EXTPROC)) {
		put(t, c);
		return 0;
	}
	if (take_flow_char(t, c))
		return 0;
	int sig = signal_of(t, c);
	if (sig) {
		take_signal_char(t, c);
		return sig;
	}
	restart_by_any(t);
	bool returned = c == '\r';
	if (!translate_newline(t, &c))
		return 0;
	if (!has_lflag(t, ICANON) || !take_canonical(t, c))
		take_data(t, c, !returned);
	return 0;
}

/* May another byte come in? A full buffer without a whole line goes on taking editing keys and the
 * end of the line, which gets the last place: what came there before is lost. */
static bool make_room(struct tty *t)
{
	int room = TTY_BUF - (int)used(t);

	if (has_iflag(t, PARMRK))
		room = (room + 2) / 3;
	if (room > 1)
		return true;
	if (!has_lflag(t, ICANON) || t->canon != t->tail)
		return false;
	if (!room)
		t->head--;
	return true;
}

/* Takes bytes up to one that sends a signal, which is given in *sig. Returns how many; *readable: a
 * reader has more. */
static size_t take_some(struct tty *t, const char *s, size_t n, int *sig, bool *readable)
{
	unsigned canon = t->canon, head = t->head;
	size_t done = 0;

	*sig = 0;
	while (done < n && !*sig && make_room(t))
		*sig = take_byte(t, (uint8_t)s[done++]);
	*readable = tty_canonical(t) ? t->canon != canon : t->head != head;
	return done;
}

/* Echo goes out at the end, so that a signal character also takes back the echo of what came just
 * before it. */
size_t tty_receive(struct tty *t, const char *s, size_t n)
{
	bool readable, wake = false, full = false;
	size_t done = 0;
	int sig;

	while (done < n && !full) {
		irqflags_t flags = spin_lock(&t->lock);
		done += take_some(t, s + done, n - done, &sig, &readable);
		t->throttled = full = !sig && done < n;
		if (done == n || full)
			ldisc_kick(t);
		spin_unlock(&t->lock, flags);
		wake |= readable;
		if (t->driver->told)
			t->driver->told(t);
		if (sig)
			tty_signal_foreground(t, sig);
	}
	if (wake) {
		wait_wake_events(&t->read_wait, POLLIN | POLLRDNORM);
		async_notify(&t->async, POLL_IN);
	}
	return done;
}
