/* Erasing in the line being edited, and what the terminal shows of it (ECHOE, ECHOK, ECHOKE,
 * ECHOPRT, ECHOCTL). */
#include "dev/ldisc_edit.h"

static uint8_t at(const struct tty *t, unsigned i)
{
	return (uint8_t)t->buf[i % TTY_BUF];
}

void edit_finish_erasing(struct tty *t)
{
	if (t->erasing)
		ldisc_put(t, '/');
	t->erasing = false;
}

void edit_reprint(struct tty *t, uint8_t c)
{
	edit_finish_erasing(t);
	ldisc_echo(t, c);
	ldisc_put(t, '\n');
	for (unsigned i = t->canon; i != t->head; i++)
		ldisc_echo(t, at(t, i));
}

static void rub_out(struct tty *t)
{
	ldisc_put(t, '\b');
	ldisc_put(t, ' ');
	ldisc_put(t, '\b');
}

/* Goes back over the tab that was at t->head: as many cells as it took, seen from the tab before it
 * or the line's start. */
static void rub_out_tab(struct tty *t)
{
	unsigned cells = 0, i = t->head;

	while (i != t->canon && at(t, i - 1) != '\t') {
		uint8_t c = at(t, --i);
		if (tty_iscntrl(c))
			cells += has_lflag(t, ECHOCTL) ? 2 : 0;
		else if (!utf8_continuation(t, c))
			cells++;
	}
	if (i == t->canon)
		cells += t->canon_column;
	for (unsigned n = 8 - (cells & 7); n; n--) {
		ldisc_put_raw(t, '\b');
		if (t->column)
			t->column--;
	}
}

/* The character from t->head up to `end` is gone: shows that. */
static void echo_erased(struct tty *t, unsigned end, uint8_t erase_char, bool single)
{
	uint8_t c = at(t, t->head);

	if (!has_lflag(t, ECHO))
		return;
	if (has_lflag(t, ECHOPRT)) {
		if (!t->erasing) {
			ldisc_put(t, '\\');
			t->erasing = true;
		}
		ldisc_echo(t, c);
		for (unsigned i = t->head + 1; i != end; i++) {
			ldisc_put(t, at(t, i));
			if (t->column)
				t->column--;
		}
	} else if (single && !has_lflag(t, ECHOE)) {
		ldisc_echo(t, erase_char);
	} else if (c == '\t') {
		rub_out_tab(t);
	} else {
		if (tty_iscntrl(c) && has_lflag(t, ECHOCTL))
			rub_out(t);
		if (!tty_iscntrl(c) || has_lflag(t, ECHOCTL))
			rub_out(t);
	}
}

/* Where the last character of the line begins. */
static unsigned last_char(const struct tty *t)
{
	unsigned i = t->head - 1;
	while (i != t->canon && utf8_continuation(t, at(t, i)))
		i--;
	return i;
}

/* Without the means to show it erased, a killed line is followed by a new one. True: it is dealt
 * with. */
static bool kill_unseen(struct tty *t)
{
	bool shown = has_lflag(t, ECHO);

	if (shown && has_lflag(t, ECHOK) && has_lflag(t, ECHOKE) && has_lflag(t, ECHOE))
		return false;
	t->head = t->canon;
	if (!shown)
		return true;
	edit_finish_erasing(t);
	ldisc_echo(t, t->termios.c_cc[VKILL]);
	if (has_lflag(t, ECHOK))
		ldisc_put(t, '\n');
	return true;
}

static bool word_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || tty_isupper(c) || tty_islower(c) || c == '_';
}

void edit_erase(struct tty *t, uint8_t erase_char)
{
	bool single = is_cc(t, erase_char, VERASE), word = !single && is_cc(t, erase_char, VWERASE),
	     in_word = false;

	if (t->head == t->canon)
		return;
	if (!single && !word && kill_unseen(t))
		return;
	while (t->head != t->canon) {
		unsigned i = last_char(t), end = t->head;
		uint8_t c = at(t, i);
		if (utf8_continuation(t, c)) /* without its beginning: it stays */
			break;
		if (word && in_word && !word_char(c))
			break;
		in_word |= word_char(c);
		t->head = i;
		echo_erased(t, end, erase_char, single);
		if (single)
			break;
	}
	if (t->head == t->canon && has_lflag(t, ECHO))
		edit_finish_erasing(t);
}
