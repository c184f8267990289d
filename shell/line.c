/* The line editor: what each key does (as in GNU Readline's emacs mode), Tab, searching, asking the
 * terminal who it is. */
#include "line.h"

#include "dev/console.h"
#include "dev/tty.h"
#include "editor.h"
#include "mm/heap.h"
#include "printk.h"
#include "sched/timer.h"

/* What a key led to. */
enum outcome { GO_ON, ENTERED, CANCELLED, AT_END, NO_MEMORY };

/* With so many bytes behind it a key was not typed. */
#define PASTED 32

/* --- the terminal: asked by a cursor report at the first key, so that nothing is sent to a line
 * that nobody uses --- */

static enum { UNASKED, ASKED, SIZING, KNOWN } inquiry;
static bool awaited; /* the answer, in vain */

#define ESCAPE    033
#define ANSWER_NS (NS_PER_S / 5)

#define ASK_CURSOR "\033[6n"
#define ASK_SIZE   "\0337\033[999;999H\033[6n\0338"

void terminal_ask_again(void)
{
	inquiry = UNASKED;
}

static void ask_terminal(const struct editor *e)
{
	if (inquiry != UNASKED || console_input_pending() > PASTED)
		return;
	awaited = false;
	inquiry = terminal.ansi ? SIZING : ASKED;
	display_send(e, e->options->prompt, terminal.ansi ? ASK_SIZE : ASK_CURSOR);
}

static void take_report(const struct editor *e, const struct cursor_report *r)
{
	if (inquiry == ASKED) {
		terminal.ansi = true;
		inquiry = SIZING;
		display_send(e, e->options->prompt, ASK_SIZE);
	} else if (inquiry == SIZING) {
		inquiry = KNOWN;
		terminal.rows = MAX(r->row, 4u);
		terminal.cols = MAX(r->col, 20u);
		struct linux_winsize size = {
		    .ws_row = (uint16_t)terminal.rows, .ws_col = (uint16_t)terminal.cols};
		if (console_tty)
			tty_set_winsize(console_tty, &size);
	}
}

/* The answer is not for the program that the line may start. A terminal that says nothing, or one
 * that has more to say, is waited for once. */
static void await_terminal(const struct editor *e)
{
	ns_t deadline = time_now() + ANSWER_NS;
	struct cursor_report report;

	while (!awaited && (inquiry == ASKED || inquiry == SIZING)) {
		if (console_peek(deadline) != ESCAPE || key_read(&report) != KEY_REPORT)
			awaited = true;
		else
			take_report(e, &report);
	}
}

/* --- history --- */

static void go_history(struct editor *e, size_t back)
{
	const char *line = back ? history_get(back) : e->new_line ? e->new_line : "";

	if (!e->options->history || !line)
		return;
	if (!e->history_at && back) {
		kfree(e->new_line);
		e->new_line = kstrdup(e->text);
	}
	if (editor_set(e, line))
		e->history_at = back;
}

#define SEARCH_MAX 64

/* Ctrl-R: each further letter narrows, Ctrl-R goes on, Ctrl-G gives up, any other key takes the
 * line. Returns that key. */
static int search_history(struct editor *e)
{
	char text[SEARCH_MAX] = "", prompt[SEARCH_MAX + 32];
	size_t n = 0, found = 0;
	struct cursor_report report;

	for (;;) {
		fmt_string(prompt, sizeof(prompt), "(search) '%s': ", text);
		display_show(e, prompt);
		int key = key_read(&report);
		size_t from = found ? found : 1;
		if (key >= ' ' && key < 0x7f && n + 1 < sizeof(text)) {
			text[n++] = (char)key;
			text[n] = 0;
		} else if ((key == 0x7f || key == CTRL('H')) && n) {
			text[--n] = 0;
			from = 1;
		} else if (key == CTRL('R')) {
			from = found + 1;
		} else if (key == CTRL('G')) {
			go_history(e, 0);
			return KEY_IGNORE;
		} else {
			return key;
		}
		size_t hit = n ? history_search(text, from) : 0;
		if (hit) {
			found = hit;
			go_history(e, hit);
		}
	}
}

/* --- Tab --- */

static bool only_blanks(const struct editor *e)
{
	for (size_t i = 0; i < e->pos; i++)
		if (e->text[i] != ' ')
			return false;
	return true;
}

static void show_choices(const struct editor *e, const char *choices)
{
	display_end(e, e->options->prompt);
	console_write(choices, strlen(choices), true);
	display_start();
}

/* At the start of a line, and in what is pasted, a tab is indentation. */
static enum outcome complete(struct editor *e)
{
	struct completion c = {0};
	enum outcome result = GO_ON;

	if (!e->options->complete || only_blanks(e) || console_input_pending() > PASTED)
		return editor_insert(e, "  ", 2) ? GO_ON : NO_MEMORY;
	console_shell_raw(false);
	e->options->complete(e->options->ctx, e->text, e->pos, &c);
	console_shell_raw(true);
	if (c.insert && c.from <= e->pos) {
		editor_delete(e, c.from, e->pos);
		if (!editor_insert(e, c.insert, strlen(c.insert)))
			result = NO_MEMORY;
	}
	if (c.choices)
		show_choices(e, c.choices);
	kfree(c.insert);
	kfree(c.choices);
	return result;
}

/* --- keys --- */

/* A character of more than one byte comes whole. */
static enum outcome insert_char(struct editor *e, int first)
{
	char s[4] = {(char)first};
	size_t n = 1, want = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	while (n < want) {
		int c = console_getc(NS_NEVER);
		if (c < 0 || (c & 0xc0) != 0x80)
			return GO_ON; /* no UTF-8: dropped */
		s[n++] = (char)c;
	}
	if (first >= 0x80 && want == 1)
		return GO_ON;
	return editor_insert(e, s, n) ? GO_ON : NO_MEMORY;
}

static void clear_screen(const struct editor *e)
{
	display_start();
	display_send(e, e->options->prompt, terminal.ansi ? "\033[H\033[2J" : "\r\n");
	terminal_ask_again();
}

static void move_key(struct editor *e, int key)
{
	switch (key) {
	case CTRL('A'):
	case KEY_HOME:
		e->pos = 0;
		break;
	case CTRL('E'):
	case KEY_END:
		e->pos = e->len;
		break;
	case CTRL('B'):
	case KEY_LEFT:
		e->pos = editor_prev(e, e->pos);
		break;
	case CTRL('F'):
	case KEY_RIGHT:
		e->pos = editor_next(e, e->pos);
		break;
	case KEY_ALT | 'b':
	case KEY_WORD_LEFT:
		e->pos = editor_word_left(e, e->pos, false);
		break;
	case KEY_ALT | 'f':
	case KEY_WORD_RIGHT:
		e->pos = editor_word_right(e, e->pos);
		break;
	case CTRL('P'):
	case KEY_UP:
		go_history(e, e->history_at + 1);
		break;
	case CTRL('N'):
	case KEY_DOWN:
		if (e->history_at)
			go_history(e, e->history_at - 1);
		break;
	}
}

static enum outcome edit_key(struct editor *e, int key)
{
	switch (key) {
	case 0x7f:
	case CTRL('H'):
		editor_delete(e, editor_prev(e, e->pos), e->pos);
		return GO_ON;
	case CTRL('D'):
	case KEY_DELETE:
		editor_delete(e, e->pos, editor_next(e, e->pos));
		return GO_ON;
	case CTRL('K'):
		editor_kill(e, e->pos, e->len);
		return GO_ON;
	case CTRL('U'):
		editor_kill(e, 0, e->pos);
		return GO_ON;
	case CTRL('W'):
		editor_kill(e, editor_word_left(e, e->pos, true), e->pos);
		return GO_ON;
	case KEY_ALT | 'd':
		editor_kill(e, e->pos, editor_word_right(e, e->pos));
		return GO_ON;
	case KEY_ALT | 0x7f:
		editor_kill(e, editor_word_left(e, e->pos, false), e->pos);
		return GO_ON;
	case CTRL('Y'):
		return editor_yank(e) ? GO_ON : NO_MEMORY;
	case CTRL('T'):
		editor_transpose(e);
		return GO_ON;
	case CTRL('L'):
		clear_screen(e);
		return GO_ON;
	default:
		move_key(e, key);
		return GO_ON;
	}
}

static enum outcome handle_key(struct editor *e, int key)
{
	static bool after_return; /* a "\r\n" is one end of line */
	bool second_half = after_return && key == '\n';

	after_return = key == '\r';
	if (second_half)
		return GO_ON;
	if (key == '\r' || key == '\n')
		return ENTERED;
	if (key == CTRL('C'))
		return CANCELLED;
	if (key == CTRL('D') && !e->len)
		return AT_END;
	if (key == CTRL('R') && e->options->history)
		return handle_key(e, search_history(e));
	if (key == '\t')
		return complete(e);
	if (key >= ' ' && key < 0x100 && key != 0x7f)
		return insert_char(e, key);
	return edit_key(e, key);
}

/* Handles keys until the line is done. */
static int64_t edit(struct editor *e)
{
	struct cursor_report report;

	for (;;) {
		if (!console_input_ready())
			display_show(e, e->options->prompt);
		int key = key_read(&report);
		if (key < 0)
			return key;
		if (key == KEY_REPORT) {
			take_report(e, &report);
			continue;
		}
		switch (handle_key(e, key)) {
		case GO_ON:
			ask_terminal(e);
			break;
		case ENTERED:
			await_terminal(e);
			return (int64_t)e->len;
		case CANCELLED:
			return -EINTR;
		case AT_END:
			return -ENODATA;
		case NO_MEMORY:
			return -ENOMEM;
		}
	}
}

int64_t line_read(const struct line_options *o, char **text)
{
	struct editor e = {.options = o};

	*text = NULL;
	if (!editor_set(&e, ""))
		return -ENOMEM;
	console_shell_raw(true);
	display_start();
	int64_t result = edit(&e);
	display_end(&e, o->prompt);
	console_shell_raw(false);
	kfree(e.new_line);
	if (result < 0) {
		kfree(e.text);
		return result;
	}
	if (o->history)
		history_add(e.text);
	*text = e.text;
	return result;
}

int line_read_key(void)
{
	struct cursor_report report;
	int key;

	console_shell_raw(true);
	do
		key = key_read(&report);
	while (key == KEY_REPORT);
	console_shell_raw(false);
	return key;
}
