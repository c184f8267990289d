/* The line editor of the prompt: keys, history, Tab, on a terminal of which nothing is known at
 * first. */
#pragma once

#include "base.h"

/* What Tab does: given the text left of the cursor, where its last word begins and what to put in
 * its place. */
struct completion {
	size_t from;   /* bytes of the text that stay */
	char *insert;  /* kmalloc'ed; NULL: nothing to insert */
	char *choices; /* kmalloc'ed text to show above the line; NULL: none */
};
typedef void (*line_completer)(void *ctx, const char *text, size_t len, struct completion *out);

struct line_options {
	const char *prompt;
	bool history; /* what is entered is remembered, and arrows find it */
	line_completer complete;
	void *ctx;
};

/*
 * Reads a line into *text (kmalloc'ed, 0-terminated, without its end; the caller frees it). Returns
 * its length, -EINTR for Ctrl-C, -ENODATA for Ctrl-D on an empty line, -EIO without a serial line,
 * -ENOMEM.
 */
int64_t line_read(const struct line_options *o, char **text);

/* One key as an answer to a question; as console_getc. */
int line_read_key(void);

/* The terminal, as far as it has shown itself. */
struct terminal {
	bool ansi;           /* it answers escape sequences, so it understands them */
	unsigned rows, cols; /* 24 and 80 until it told */
};
extern struct terminal terminal;
void terminal_ask_again(void); /* its size may have changed: asks at the next key */
