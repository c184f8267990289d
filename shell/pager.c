/*
 * Long output on a terminal, page by page (more(1)): space, enter, q, /. Output that nobody waits
 * for, as while further input is there already, is not held up.
 */
#include "dev/console.h"
#include "line.h"
#include "printk.h"
#include "shell.h"

#define MORE "--More-- (space: page, enter: line, q: end, /: search) "

static struct {
	unsigned rows_left, column;
	bool quit;
	char search[64]; /* skipping until a line holds this; "": not searching */
	char line[256];  /* the beginning of the line being skipped */
	size_t line_len;
} pager;

static const char quit_mark; /* its address is the error that q raises */

bool pager_quit(lua_State *L)
{
	return lua_touserdata(L, -1) == &quit_mark;
}

static void put(lua_State *L, const char *s, size_t n)
{
	if (console_write(s, n, true) < (int64_t)n)
		luaL_error(L, "interrupted");
}

static void wipe_question(void)
{
	char blank[sizeof(MORE) + 66];
	memset(blank, ' ', sizeof(blank));
	blank[0] = blank[sizeof(blank) - 1] = '\r';
	size_t n = MIN(sizeof(blank), (size_t)terminal.cols);
	blank[n - 1] = '\r';
	console_write(blank, n, false);
}

/* Reads what to look for, with the least of editing. */
static void read_search(void)
{
	size_t n = 0;

	wipe_question();
	console_write("/", 1, false);
	for (;;) {
		int c = line_read_key();
		if (c == '\r' || c == '\n' || c < 0 || c == 0x03)
			break;
		if ((c == 0x7f || c == '\b') && n) {
			n--;
			console_write("\b \b", 3, false);
		} else if (c >= ' ' && c < 0x7f && n + 1 < sizeof(pager.search)) {
			char ch = (char)c;
			pager.search[n++] = ch;
			console_write(&ch, 1, false);
		}
	}
	pager.search[n] = 0;
	pager.line_len = 0;
}

static void question(lua_State *L)
{
	console_write(MORE, sizeof(MORE) - 1, false);
	for (;;) {
		int key = line_read_key();
		bool known = true;
		if (key == ' ')
			pager.rows_left = terminal.rows - 1;
		else if (key == '\r' || key == '\n')
			pager.rows_left = 1;
		else if (key == '/')
			read_search();
		else if (key == 'q' || key == 'Q' || key == 0x03 || key < 0)
			pager.quit = true;
		else
			known = false;
		if (known)
			break;
	}
	wipe_question();
	if (pager.quit) {
		lua_pushlightuserdata(L, (void *)&quit_mark);
		lua_error(L);
	}
	if (pager.search[0])
		pager.rows_left = terminal.rows - 1;
}

/* Does the line being skipped hold the text that is looked for? Keeps its beginning to show it
 * whole. */
static bool skip_line(const char *s, size_t n)
{
	size_t keep = MIN(n, sizeof(pager.line) - 1 - pager.line_len);
	memcpy(pager.line + pager.line_len, s, keep);
	pager.line_len += keep;
	pager.line[pager.line_len] = 0;
	return strstr(pager.line, pager.search);
}

/* One line or the part of one that came; `whole`: its end is in it. */
static void put_line(lua_State *L, const char *s, size_t n, bool whole)
{
	if (pager.search[0]) {
		bool hit = skip_line(s, n);
		if (whole && hit) {
			pager.search[0] = 0;
			put(L, pager.line, pager.line_len);
			if (pager.line[pager.line_len - 1] != '\n')
				put(L, "\n", 1);
		}
		if (whole)
			pager.line_len = 0;
		return;
	}
	put(L, s, n);
	pager.column += (unsigned)n;
	if (!whole)
		return;
	unsigned rows = 1 + (pager.column > 1 ? (pager.column - 2) / terminal.cols : 0);
	pager.column = 0;
	pager.rows_left -= MIN(rows, pager.rows_left);
}

static void pager_output(lua_State *L, const char *s, size_t n)
{
	if (pager.quit) {
		lua_pushlightuserdata(L, (void *)&quit_mark);
		lua_error(L);
	}
	while (n) {
		if (!pager.rows_left && console_input_ready())
			pager.rows_left = terminal.rows - 1;
		if (!pager.rows_left)
			question(L);
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) + 1 : n;
		put_line(L, s, len, end != NULL);
		s += len;
		n -= len;
	}
}

void pager_begin(lua_State *L)
{
	memset(&pager, 0, sizeof(pager));
	pager.rows_left = terminal.rows - 1;
	lua_port_set_output(L, terminal.ansi ? pager_output : NULL);
}

void pager_end(lua_State *L)
{
	lua_port_set_output(L, NULL);
	if (pager.search[0])
		console_write("(not found)\n", 12, true);
	pager.search[0] = 0;
}
