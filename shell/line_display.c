/*
 * Showing the line: one row that scrolls sideways, drawn with nothing but printing characters,
 * returns and backspaces, so that it works on any terminal. The console gets what takes the line
 * away and what brings it back, for log lines that come in between.
 */
#include "dev/console.h"
#include "editor.h"

#define MAX_CELLS 200 /* of the row that are used */

struct terminal terminal = {.rows = 24, .cols = 80};

struct piece {
	char s[CONSOLE_EDIT_MAX];
	size_t n;
};

/* What is on the screen. */
static struct {
	bool drawn;
	unsigned cells;  /* of prompt and text */
	unsigned cursor; /* the cell it is in */
	size_t scroll;   /* the first byte of the text that is shown */
	struct piece line;
} screen;

static void add(struct piece *p, const char *s, size_t n)
{
	n = MIN(n, sizeof(p->s) - p->n);
	memcpy(p->s + p->n, s, n);
	p->n += n;
}

static void repeat(struct piece *p, char c, size_t n)
{
	n = MIN(n, sizeof(p->s) - p->n);
	memset(p->s + p->n, c, n);
	p->n += n;
}

/* --- widths --- */

/* Wide and zero-width ranges that matter in practice (Unicode 15, EastAsianWidth.txt and combining
 * marks). */
static const struct {
	uint32_t first, last;
	uint8_t width;
} ranges[] = {
    {0x0300, 0x036f, 0},
    {0x1100, 0x115f, 2},
    {0x200b, 0x200f, 0},
    {0x2e80, 0xa4cf, 2},
    {0xac00, 0xd7a3, 2},
    {0xf900, 0xfaff, 2},
    {0xfe00, 0xfe0f, 0},
    {0xfe30, 0xfe6f, 2},
    {0xff00, 0xff60, 2},
    {0xffe0, 0xffe6, 2},
    {0x1f300, 0x1faff, 2},
    {0x20000, 0x3fffd, 2},
};

static unsigned width_of(uint32_t code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

unsigned char_width(const char *s, size_t n, size_t *used)
{
	static const uint8_t lead_mask[] = {0, 0, 0x1f, 0x0f, 0x07};
	uint8_t c = (uint8_t)s[0];
	size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t code = len > 1 ? c & lead_mask[len] : c;

	len = MIN(len, n);
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((uint8_t)s[i] & 0x3f);
	*used = len;
	return width_of(code);
}

static unsigned cells_of(const char *s, size_t n)
{
	unsigned cells = 0;
	for (size_t used; n; s += used, n -= used)
		cells += char_width(s, n, &used);
	return cells;
}

/* --- the part of the text that is shown --- */

/* Cells for the text: the last one stays free, lest the terminal wraps. */
static unsigned room_for_text(unsigned prompt_cells)
{
	unsigned cols = MIN(terminal.cols, (unsigned)MAX_CELLS);
	return cols > prompt_cells + 9 ? cols - prompt_cells - 1 : 8;
}

/* Scrolls so that the cursor is in sight: by half a window at a time. */
static void scroll_to_cursor(const struct editor *e, unsigned room)
{
	if (screen.scroll > e->len)
		screen.scroll = 0;
	if (e->pos < screen.scroll ||
	    cells_of(e->text + screen.scroll, e->pos - screen.scroll) > room) {
		size_t at = e->pos;
		for (unsigned cells = 0; at && cells < room / 2;) {
			size_t before = editor_prev(e, at), used;
			cells += char_width(e->text + before, e->len - before, &used);
			at = before;
		}
		screen.scroll = at;
	}
	if (cells_of(e->text, e->len) <= room)
		screen.scroll = 0;
}

/* Prompt and text as they are to be seen; gives their cells and the cursor's. */
static void compose(const struct editor *e, const char *prompt, struct piece *line, unsigned *cells,
    unsigned *cursor)
{
	unsigned prompt_cells = cells_of(prompt, strlen(prompt)),
		 room = room_for_text(prompt_cells), shown = 0;

	scroll_to_cursor(e, room);
	line->n = 0;
	add(line, prompt, strlen(prompt));
	*cursor = prompt_cells + cells_of(e->text + screen.scroll, e->pos - screen.scroll);
	for (size_t at = screen.scroll, used; at < e->len; at += used) {
		unsigned w = char_width(e->text + at, e->len - at, &used);
		if (shown + w > room)
			break;
		shown += w;
		add(line, e->text + at, used);
	}
	*cells = prompt_cells + shown;
}

/* --- drawing --- */

void display_start(void)
{
	screen.drawn = false;
	screen.cells = screen.cursor = 0;
	screen.scroll = 0;
	screen.line.n = 0;
}

/* Only what was added at the end, if that is all that changed. */
static bool is_addition(const struct piece *line, unsigned cells, unsigned cursor)
{
	return screen.drawn && screen.cursor == screen.cells && cursor == cells &&
	       line->n >= screen.line.n && !memcmp(line->s, screen.line.s, screen.line.n);
}

static void show(const struct editor *e, const char *prompt, const char *escape)
{
	static struct piece line, draw, wipe, redraw; /* only the shell's thread edits */
	unsigned cells, cursor;

	compose(e, prompt, &line, &cells, &cursor);
	draw.n = wipe.n = redraw.n = 0;
	if (escape)
		add(&draw, escape, strlen(escape));
	if (!escape && is_addition(&line, cells, cursor)) {
		add(&draw, line.s + screen.line.n, line.n - screen.line.n);
	} else {
		/* What a terminal without escapes printed in place of one goes with the rest. */
		unsigned old = screen.cells + (escape ? 8 : 0),
			 surplus = old > cells ? old - cells : 0;
		surplus = MIN(surplus, terminal.cols > cells ? terminal.cols - cells - 1 : 0);
		add(&draw, "\r", 1);
		add(&draw, line.s, line.n);
		repeat(&draw, ' ', surplus);
		repeat(&draw, '\b', surplus + cells - cursor);
	}
	add(&wipe, "\r", 1);
	repeat(&wipe, ' ', cells);
	add(&wipe, "\r", 1);
	add(&redraw, line.s, line.n);
	repeat(&redraw, '\b', cells - cursor);
	console_edit_show((struct console_piece){draw.s, draw.n},
	    (struct console_piece){wipe.s, wipe.n}, (struct console_piece){redraw.s, redraw.n});
	screen.line = line;
	screen.cells = cells;
	screen.cursor = cursor;
	screen.drawn = true;
}

void display_show(const struct editor *e, const char *prompt)
{
	show(e, prompt, NULL);
}

void display_send(const struct editor *e, const char *prompt, const char *escape)
{
	show(e, prompt, escape);
}

void display_end(const struct editor *e, const char *prompt)
{
	struct editor at_end = *e;

	at_end.pos = e->len;
	show(&at_end, prompt, NULL);
	console_edit_end();
	console_write("\r\n", 2, false);
}
