/*
 * The serial line: who hears it and who speaks. Output of the log, of Lua and of the tty meets
 * here, whole pieces at a time, so that nothing tears. Input goes to the Lua shell or, during :run,
 * to the tty; the break-in sequence always comes here first.
 */
#pragma once

#include "base.h"

/* A serial driver. Its own lock, if any, has RANK_SERIAL: these are called with the console's lock
 * held, but for drain and input_resume. */
struct serial_ops {
	/* Takes up to n bytes for sending; returns how many fitted its ring. Never sleeps. */
	size_t (*write)(const char *s, size_t n);
	/* Everything, without interrupts: what its ring still holds, then these n bytes (n may be
	 * 0). */
	void (*write_polled)(const char *s, size_t n);
	int (*read_polled)(void);   /* panic: a byte or -1 */
	size_t (*write_room)(void); /* bytes that write would take now */
	/* Sleeps until what it has now is sent: 0; -EINTR if `interruptible`. */
	int (*drain)(bool interruptible);
	void (*input_resume)(void); /* the consumer has room again: deliver what was held back */
	unsigned (*modem)(void);    /* TIOCM_… lines; NULL: it has none */
	void (*set_modem)(unsigned set, unsigned clear); /* TIOCM_DTR, TIOCM_RTS */
};
void console_attach(const struct serial_ops *ops, const char *name);

/* From the driver's interrupt, none of its locks held: bytes received. Returns how many were taken:
 * the rest stays with the driver, which stops the sender, until input_resume. */
size_t console_input(const char *s, size_t n);
void console_input_break(void); /* a serial BREAK */
void console_output_room(
    void); /* the driver's ring has room again (none of its locks held): wakes writers */

/* Writes all of it, sleeping for room; kernel threads and system calls. `nl` turns \n into \r\n.
 * Returns n, or the bytes written before Ctrl-C ended the shell's output. */
int64_t console_write(const char *s, size_t n, bool nl);
/* Goes to the start of a line, if output stands elsewhere. */
void console_fresh_line(void);
/* The log's way: never sleeps, waits polling where it must. Starts on a line of its own. */
void console_log(const char *s, size_t n);
/* The tty's way: takes what fits, never sleeps. */
size_t console_write_some(const char *s, size_t n);
size_t console_write_room(void);
/* Waits until what was written so far is sent: 0; -EINTR if `interruptible`. */
int console_drain(bool interruptible);
/* The panic path: from now on everything is polled. */
void console_panic_mode(void);

/* --- the shell's side --- */
enum console_owner { CONSOLE_SHELL, CONSOLE_TTY };
void console_set_owner(enum console_owner o);
enum console_owner console_get_owner(void);
/* A byte of input for the shell; -ETIMEDOUT, -EINTR (Ctrl-C while nobody edits), -EIO if there is
 * no serial line. */
int console_getc(ns_t deadline);
/* The byte that console_getc would give, which stays. */
int console_peek(ns_t deadline);
bool console_input_ready(void);
size_t console_input_pending(void); /* bytes for the shell that are there already */
/* Room came up in the tty: hands on what the console holds for it. Any context, no lock held. */
void console_pump(void);

/*
 * Ctrl-C typed at the shell while it runs something sets this, drops what was typed ahead, and
 * wakes the shell from an interruptible sleep with -EINTR; the Lua hook and sleeping bindings look
 * at it.
 */
extern bool console_interrupted;         /* atomic */
extern uint32_t console_interrupt_count; /* atomic: counts them */
/* The calling thread is the shell: the one that Ctrl-C interrupts. */
void console_shell_attach(void);
bool shell_interrupted(void);
/* The shell has dealt with the Ctrl-C: it may sleep again. */
void shell_clear_interrupt(void);
/* While raw is set, Ctrl-C is an ordinary byte (the line editor reads it itself). */
void console_shell_raw(bool raw);

/*
 * The line being edited at the prompt. Writes `draw`, then keeps copies of `wipe` (takes the line
 * off the screen, the cursor ends at column 0) and `redraw` (puts it back): log lines and other
 * output go in between. Both are cut at CONSOLE_EDIT_MAX bytes. console_edit_end: what is on the
 * screen is no longer being edited.
 */
#define CONSOLE_EDIT_MAX 1024
struct console_piece {
	const char *s;
	size_t n;
};
void console_edit_show(
    struct console_piece draw, struct console_piece wipe, struct console_piece redraw);
void console_edit_end(void);

/*
 * The break-in, heard while the tty owns the line: `byte` typed `count` times `within` a time
 * (boot: Ctrl-\, 3, 1 s), or a serial BREAK. Each such byte is held back until it is decided: once
 * another byte comes, or half of `within` passes, those held go on to the tty.
 */
void console_set_break(int byte, int count, ns_t within);
struct wait_queue;
extern struct wait_queue console_break_wait;
extern uint32_t console_break_count; /* counts break-ins */
