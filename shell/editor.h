/* Between the files of the line editor: line.c (keys to edits), line_buffer.c, line_display.c,
 * line_keys.c, line_history.c. */
#pragma once

#include "line.h"

#define LINE_MAX_BYTES (256 * 1024UL)

/* The text being edited: bytes of UTF-8, `pos` always between characters. */
struct editor {
	char *text; /* 0-terminated */
	size_t len, pos, room;
	const struct line_options *options;
	size_t history_at; /* entries back from the newest; 0: the new line */
	char *new_line;    /* what was typed before going back in history */
};

/* line_buffer.c; those that grow the text return false when memory is out */
bool editor_insert(struct editor *e, const char *s, size_t n);
void editor_delete(struct editor *e, size_t from, size_t to);
void editor_kill(struct editor *e, size_t from, size_t to); /* the same, kept for yank */
bool editor_yank(struct editor *e);
bool editor_set(struct editor *e, const char *s);
void editor_transpose(struct editor *e);
size_t editor_prev(const struct editor *e, size_t at); /* the character before, 0 at the start */
size_t editor_next(const struct editor *e, size_t at);
size_t editor_word_left(const struct editor *e, size_t at, bool blank_delimited);
size_t editor_word_right(const struct editor *e, size_t at);

/* line_display.c */
unsigned char_width(
    const char *s, size_t n, size_t *used); /* cells of the first character, and its bytes */
void display_start(void);                   /* a new line: nothing is on the screen yet */
void display_show(const struct editor *e, const char *prompt);
void display_send(
    const struct editor *e, const char *prompt, const char *escape); /* an escape, then all anew */
void display_end(
    const struct editor *e, const char *prompt); /* the line stays, the cursor goes below it */

/* line_keys.c: a byte, a key below, KEY_ALT | letter, or -errno */
enum {
	KEY_UP = 0x100,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_REPORT, /* the terminal's answer: where its cursor is */
	KEY_IGNORE, /* a sequence of no meaning here */
	KEY_ALT = 0x200,
};
#define CTRL(letter) ((letter) & 0x1f)
struct cursor_report {
	unsigned row, col;
};
int key_read(struct cursor_report *report);

/* line_history.c */
void history_add(const char *line);
const char *history_get(size_t back); /* 1: the newest; NULL: none */
/* The nearest entry at or behind `back` that holds `text`; its number, or 0. */
size_t history_search(const char *text, size_t back);
