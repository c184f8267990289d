/* The console's output side: everything that is shown passes the one lock here, piece by piece. */
#include "dev/console_output.h"

#include "arch/cpu.h"
#include "dev/tty.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/wait.h"

#define CHUNK 512 /* of a converted write: one piece on the screen */

struct spinlock console_lock = SPINLOCK_INIT("console", RANK_CONSOLE);
static const struct serial_ops *serial;
static bool polled;
static struct wait_queue room_wait = WAIT_QUEUE_INIT(room_wait);

/* (console_lock) */
static bool at_line_start = true;
static struct edit {
	bool shown; /* the line is on the screen */
	bool open;  /* the shell edits a line */
	size_t wipe_len, redraw_len;
	char wipe[CONSOLE_EDIT_MAX], redraw[CONSOLE_EDIT_MAX];
} edit;

const struct serial_ops *console_serial(void)
{
	return __atomic_load_n(&serial, __ATOMIC_ACQUIRE);
}

bool console_is_polled(void)
{
	return __atomic_load_n(&polled, __ATOMIC_ACQUIRE);
}

void console_attach(const struct serial_ops *ops, const char *name)
{
	console_input_init();
	__atomic_store_n(&serial, ops, __ATOMIC_RELEASE);
	log_info("console: %s", name);
}

/* --- under the lock --- */

static void note_column(const char *s, size_t n)
{
	if (n)
		at_line_start = s[n - 1] == '\n' || s[n - 1] == '\r';
}

/* What fits now. */
static size_t put_some(const char *s, size_t n)
{
	const struct serial_ops *ops = console_serial();
	if (ops && !console_is_polled()) {
		n = ops->write(s, n);
	} else if (ops) {
		ops->write_polled(s, n);
	} else {
		for (size_t i = 0; i < n; i++)
			arch_early_putc(s[i]);
	}
	note_column(s, n);
	return n;
}

/* All of it, polling where the ring is full. */
static void put_all(const char *s, size_t n)
{
	size_t done = put_some(s, n);
	if (done < n) {
		console_serial()->write_polled(s + done, n - done);
		note_column(s, n);
	}
}

/* Takes the edited line, or an unfinished one of the shell's own output, out of the way. */
static void make_way(void)
{
	if (edit.shown)
		put_all(edit.wipe, edit.wipe_len);
	else if (!at_line_start)
		put_all("\r\n", 2);
	edit.shown = false;
}

static void give_back(void)
{
	if (!edit.open)
		return;
	if (!at_line_start)
		put_all("\r\n", 2);
	put_all(edit.redraw, edit.redraw_len);
	edit.shown = true;
}

static void put_lines(const char *s, size_t n)
{
	while (n) {
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) : n;
		put_all(s, len);
		if (end)
			put_all("\r\n", 2);
		len += end != NULL;
		s += len;
		n -= len;
	}
}

/* --- writers --- */

void console_log(const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&console_lock);
	make_way();
	put_lines(s, n);
	give_back();
	spin_unlock(&console_lock, flags);
}

void console_fresh_line(void)
{
	irqflags_t flags = spin_lock(&console_lock);
	if (!at_line_start)
		put_all("\r\n", 2);
	spin_unlock(&console_lock, flags);
}

size_t console_write_room(void)
{
	const struct serial_ops *ops = console_serial();
	return ops && !console_is_polled() ? ops->write_room() : CHUNK;
}

/* While a line is being edited, what others write waits for its end of line, so that the two do not
 * mix: a program in the background that writes half a line gets a line of its own. */
size_t console_write_some(const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&console_lock);
	if (edit.shown && n)
		make_way();
	size_t done = put_some(s, n);
	if (edit.open && !edit.shown && done == n)
		give_back();
	spin_unlock(&console_lock, flags);
	return done;
}

/* \n becomes \r\n. Returns the bytes used of s; *len the bytes made. */
static size_t convert(char *out, size_t size, const char *s, size_t n, size_t *len)
{
	size_t used = 0, made = 0;
	while (used < n && made + 2 <= size) {
		if (s[used] == '\n')
			out[made++] = '\r';
		out[made++] = s[used++];
	}
	*len = made;
	return used;
}

static bool given_up(void)
{
	return shell_interrupted() && console_is_shell(current);
}

/* Writes a piece, sleeping for room. False: Ctrl-C. */
static bool write_piece(const char *s, size_t n)
{
	for (;;) {
		size_t done = console_write_some(s, n);
		s += done;
		n -= done;
		if (!n)
			return true;
		wait_event(&room_wait, console_write_room() > 0 || given_up(), SCHED_SLEEP,
		    NS_NEVER, "console_output");
		if (given_up())
			return false;
	}
}

int64_t console_write(const char *s, size_t n, bool nl)
{
	char chunk[CHUNK];
	size_t done = 0;

	while (done < n) {
		size_t len = MIN(n - done, sizeof(chunk)), used = len;
		const char *piece = s + done;
		if (nl) {
			used = convert(chunk, sizeof(chunk), s + done, n - done, &len);
			piece = chunk;
		}
		if (!write_piece(piece, len))
			return (int64_t)done;
		done += used;
	}
	return (int64_t)done;
}

void console_output_room(void)
{
	wait_wake_all(&room_wait);
	if (console_tty)
		tty_output_room(console_tty);
}

void console_output_interrupted(void)
{
	wait_wake_all(&room_wait);
}

int console_drain(bool interruptible)
{
	const struct serial_ops *ops = console_serial();
	if (!ops)
		return 0;
	if (!console_is_polled())
		return ops->drain(interruptible);
	irqflags_t flags = spin_lock(&console_lock);
	ops->write_polled("", 0);
	spin_unlock(&console_lock, flags);
	return 0;
}

void console_panic_mode(void)
{
	__atomic_store_n(&polled, true, __ATOMIC_RELEASE);
}

/* --- the line being edited --- */

void console_edit_show(
    struct console_piece draw, struct console_piece wipe, struct console_piece redraw)
{
	irqflags_t flags = spin_lock(&console_lock);
	if (!edit.open && !at_line_start)
		put_all("\r\n", 2);
	edit.open = edit.shown = true;
	put_all(draw.s, draw.n);
	edit.wipe_len = MIN(wipe.n, sizeof(edit.wipe));
	memcpy(edit.wipe, wipe.s, edit.wipe_len);
	edit.redraw_len = MIN(redraw.n, sizeof(edit.redraw));
	memcpy(edit.redraw, redraw.s, edit.redraw_len);
	spin_unlock(&console_lock, flags);
}

void console_edit_end(void)
{
	irqflags_t flags = spin_lock(&console_lock);
	edit.open = edit.shown = false;
	spin_unlock(&console_lock, flags);
}
