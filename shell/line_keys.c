/* Bytes from the serial line to keys: the escape sequences of ECMA-48 terminals (xterm's ctlseqs).
 */
#include "dev/console.h"
#include "editor.h"
#include "sched/timer.h"

#define ESC 0x1b
/* How long the rest of a sequence may take: then the escape was a key of its own. */
#define SEQUENCE_TIMEOUT (100 * NS_PER_S / 1000)

static int next_byte(void)
{
	return console_getc(time_now() + SEQUENCE_TIMEOUT);
}

/* What follows "ESC [": numbers, then a letter. */
struct csi {
	unsigned n[2];
	int final; /* or -errno */
};

static struct csi read_csi(void)
{
	struct csi s = {0};
	unsigned i = 0;

	for (unsigned length = 0; length < 32; length++) {
		int c = next_byte();
		if (c >= '0' && c <= '9') {
			s.n[i] = MIN(s.n[i] * 10 + (unsigned)(c - '0'), 9999u);
		} else if (c == ';') {
			i = 1;
		} else if (c < 0 || c >= 0x40) {
			s.final = c;
			return s;
		}
	}
	s.final = -EINVAL;
	return s;
}

static int key_of_number(unsigned n)
{
	switch (n) {
	case 1:
	case 7:
		return KEY_HOME;
	case 4:
	case 8:
		return KEY_END;
	case 3:
		return KEY_DELETE;
	default:
		return KEY_IGNORE;
	}
}

/* `modified`: with Ctrl or Alt */
static int key_of_letter(int final, bool modified)
{
	switch (final) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return modified ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D':
		return modified ? KEY_WORD_LEFT : KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	default:
		return KEY_IGNORE;
	}
}

static int read_sequence(struct cursor_report *report)
{
	struct csi s = read_csi();

	if (s.final == 'R' && s.n[0] && s.n[1]) {
		*report = (struct cursor_report){s.n[0], s.n[1]};
		return KEY_REPORT;
	}
	if (s.final == '~')
		return key_of_number(s.n[0]);
	return s.final < 0 ? KEY_IGNORE : key_of_letter(s.final, s.n[1] > 1);
}

int key_read(struct cursor_report *report)
{
	int c = console_getc(NS_NEVER);
	if (c != ESC)
		return c;
	c = next_byte();
	if (c == '[')
		return read_sequence(report);
	if (c == 'O') {
		c = next_byte();
		return c < 0 ? KEY_IGNORE : key_of_letter(c, false);
	}
	return c < 0 ? KEY_IGNORE : KEY_ALT | c;
}
