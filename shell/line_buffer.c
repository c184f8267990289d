/* The text of the line being edited, and the last piece killed. */
#include "editor.h"
#include "mm/heap.h"

static char *killed; /* 0-terminated; NULL: none */

static bool make_room(struct editor *e, size_t want)
{
	if (want + 1 <= e->room)
		return true;
	if (want > LINE_MAX_BYTES)
		return false;
	size_t room = MAX(want + 1, MAX(e->room * 2, 128UL));
	char *text = krealloc(e->text, room);
	if (!text)
		return false;
	if (!e->text)
		text[0] = 0;
	e->text = text;
	e->room = room;
	return true;
}

bool editor_insert(struct editor *e, const char *s, size_t n)
{
	if (!make_room(e, e->len + n))
		return false;
	memmove(e->text + e->pos + n, e->text + e->pos, e->len - e->pos + 1);
	memcpy(e->text + e->pos, s, n);
	e->len += n;
	e->pos += n;
	return true;
}

void editor_delete(struct editor *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->len - to + 1);
	e->len -= to - from;
	if (e->pos >= to)
		e->pos -= to - from;
	else if (e->pos > from)
		e->pos = from;
}

void editor_kill(struct editor *e, size_t from, size_t to)
{
	if (from == to)
		return;
	char *copy = kmalloc(to - from + 1);
	if (copy) {
		memcpy(copy, e->text + from, to - from);
		copy[to - from] = 0;
		kfree(killed);
		killed = copy;
	}
	editor_delete(e, from, to);
}

bool editor_yank(struct editor *e)
{
	return !killed || editor_insert(e, killed, strlen(killed));
}

bool editor_set(struct editor *e, const char *s)
{
	size_t n = strlen(s);
	if (!make_room(e, n))
		return false;
	memmove(e->text, s, n + 1);
	e->len = e->pos = n;
	return true;
}

static bool inside_char(const struct editor *e, size_t at)
{
	return at < e->len && ((uint8_t)e->text[at] & 0xc0) == 0x80;
}

size_t editor_prev(const struct editor *e, size_t at)
{
	if (at)
		at--;
	while (at && inside_char(e, at))
		at--;
	return at;
}

size_t editor_next(const struct editor *e, size_t at)
{
	if (at < e->len)
		at++;
	while (inside_char(e, at))
		at++;
	return at;
}

static bool is_word(const struct editor *e, size_t at)
{
	uint8_t c = (uint8_t)e->text[at];
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

size_t editor_word_left(const struct editor *e, size_t at, bool blank_delimited)
{
	bool in_word = false;
	while (at) {
		size_t before = editor_prev(e, at);
		bool word = blank_delimited ? e->text[before] != ' ' : is_word(e, before);
		if (in_word && !word)
			break;
		in_word |= word;
		at = before;
	}
	return at;
}

size_t editor_word_right(const struct editor *e, size_t at)
{
	while (at < e->len && !is_word(e, at))
		at = editor_next(e, at);
	while (at < e->len && is_word(e, at))
		at = editor_next(e, at);
	return at;
}

/* The character before the cursor and the one under it change places; at the end, the last two. */
void editor_transpose(struct editor *e)
{
	char left[4];

	if (e->pos == e->len)
		e->pos = editor_prev(e, e->pos);
	size_t from = editor_prev(e, e->pos), end = editor_next(e, e->pos), n = e->pos - from;
	if (!n || end == e->pos || n > sizeof(left)) {
		e->pos = end;
		return;
	}
	memcpy(left, e->text + from, n);
	memmove(e->text + from, e->text + e->pos, end - e->pos);
	memcpy(e->text + end - n, left, n);
	e->pos = end;
}
