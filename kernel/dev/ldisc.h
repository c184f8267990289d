/* Between the files of the terminal: tty.c (objects, files), ldisc.c (input), ldisc_output.c,
 * tty_file.c, tty_job.c, tty_ioctl.c, tty_termios.c, tty_console.c, pty.c. */
#pragma once

#include "dev/tty.h"
#include "fs/vfs.h"

#define RDEV_MAJOR(rdev) ((rdev) >> 8 & 0xfff)
#define DEV_TTY          MKDEV(5, 0)
#define DEV_CONSOLE      MKDEV(5, 1)
#define DEV_PTMX         MKDEV(5, 2)
#define DEV_SERIAL       MKDEV(4, 64)
#define PTS_MAJOR        136

/* An open file of a terminal: file->data. */
struct tty_file {
	struct tty *tty;
	unsigned hangups; /* tty->hangups at open: another number now means hung up */
	bool console;     /* /dev/console: no job control, survives a hang-up */
};

static inline struct tty_file *tty_file_of(const struct file *f)
{
	return f->data;
}
bool tty_file_hung_up(const struct tty_file *tf);

/* --- modes (tty->lock) --- */
static inline bool has_iflag(const struct tty *t, uint32_t f)
{
	return t->termios.c_iflag & f;
}
static inline bool has_oflag(const struct tty *t, uint32_t f)
{
	return t->termios.c_oflag & f;
}
static inline bool has_lflag(const struct tty *t, uint32_t f)
{
	return t->termios.c_lflag & f;
}
/* Is `c` the control character c_cc[which]? 0 there disables it. */
static inline bool is_cc(const struct tty *t, uint8_t c, int which)
{
	return c && t->termios.c_cc[which] == c;
}
/* How Linux's line discipline sees characters: as Latin 1, whose upper control characters count as
 * none. */
static inline bool tty_iscntrl(uint8_t c)
{
	return c < 32 || c == 127;
}
static inline bool tty_isupper(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}
static inline bool tty_islower(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7);
}
/* Lines are collected and read as lines: not where the other end of a pty does that (EXTPROC). */
static inline bool tty_canonical(const struct tty *t)
{
	return (t->termios.c_lflag & (ICANON | EXTPROC)) == ICANON;
}
static inline bool utf8_continuation(const struct tty *t, uint8_t c)
{
	return has_iflag(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* --- input, ldisc.c (tty->lock) --- */
void ldisc_reset_input(struct tty *t);
void ldisc_flush_input(struct tty *t); /* the same, and a pty's master hears of it */
unsigned ldisc_available(
    const struct tty *t); /* bytes that a read gives now; canonical: whole lines */
bool ldisc_readable(const struct tty *t, unsigned least);
/* Takes up to n readable bytes out. *line: the end of a line or file was reached. */
size_t ldisc_take(struct tty *t, char *to, size_t n, bool *line);
/* FIONREAD */
unsigned ldisc_inq(const struct tty *t);
/* Modes change: what was read so far is seen through the new ones. */
void ldisc_set_termios(struct tty *t, const struct linux_termios2 *new);

/* What Linux gives a fresh terminal, but for its line's speed and format. */
#define TTY_FRESH(cflag, speed)                                                                    \
	{                                                                                          \
	    .c_iflag = ICRNL | IXON,                                                               \
	    .c_oflag = OPOST | ONLCR,                                                              \
	    .c_cflag = (cflag),                                                                    \
	    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,           \
	    .c_cc = {[VINTR] = 'C' - '@',                                                          \
		[VQUIT] = '\\' - '@',                                                              \
		[VERASE] = 0x7f,                                                                   \
		[VKILL] = 'U' - '@',                                                               \
		[VEOF] = 'D' - '@',                                                                \
		[VMIN] = 1,                                                                        \
		[VSTART] = 'Q' - '@',                                                              \
		[VSTOP] = 'S' - '@',                                                               \
		[VSUSP] = 'Z' - '@',                                                               \
		[VREPRINT] = 'R' - '@',                                                            \
		[VDISCARD] = 'O' - '@',                                                            \
		[VWERASE] = 'W' - '@',                                                             \
		[VLNEXT] = 'V' - '@'},                                                             \
	    .c_ispeed = (speed),                                                                   \
	    .c_ospeed = (speed),                                                                   \
	}

/* --- output, ldisc_output.c (tty->lock) --- */
#define OUT_RESERVE 256 /* of the output ring, for echo */
unsigned ldisc_out_room(const struct tty *t);
unsigned ldisc_out_used(const struct tty *t);
/* Puts one character through output processing. False: no room. */
bool ldisc_put(struct tty *t, uint8_t c);
bool ldisc_put_raw(struct tty *t, uint8_t c);
/* A write would get on: room beyond OUT_RESERVE. */
bool ldisc_writable(const struct tty *t);
/* Processes up to n bytes as far as the ring takes them, leaving OUT_RESERVE. */
size_t ldisc_write(struct tty *t, const char *s, size_t n);
void ldisc_echo(struct tty *t, uint8_t c); /* as ECHOCTL has it */
void ldisc_flush_output(struct tty *t);    /* what the driver has not taken is lost */
/* Hands the ring's content to the driver as far as it takes it; wakes who waits for room. */
void ldisc_kick(struct tty *t);
/* Flow control: STOP; START, which does not undo TCOOFF (t->off). */
void ldisc_stop(struct tty *t);
void ldisc_start(struct tty *t);

/* --- reading and writing files (tty_file.c) --- */
int64_t tty_read(struct file *f, struct io_vec *io, uint64_t *pos);
int64_t tty_write(struct file *f, struct io_vec *io, uint64_t *pos);
unsigned tty_poll(struct file *f, struct poll_table *pt);
/* Waits until the output that is there now has left. 0 or -EINTR. */
int tty_drain(struct tty *t);
/* One reader and one writer at a time: `busy` is one of its flags (tty->lock). 0, -EAGAIN for a
 * file that does not block, -ERESTARTSYS. */
int tty_take_turn(struct tty *t, bool *busy, struct wait_queue *turn, const struct file *f);
void tty_end_turn(struct tty *t, bool *busy, struct wait_queue *turn);
/* Somebody has used it: the file's time, by steps of eight seconds so that nobody learns from it
 * when keys are pressed. */
void tty_touch(struct file *f, bool written);

/* --- job control (tty_job.c), no lock held --- */
void tty_signal_foreground(struct tty *t, int sig);
/* `controlling`: only for those whose terminal it is. */
int tty_get_pgrp(struct tty *t, bool controlling, int *pgrp);
int tty_set_pgrp(struct tty *t, int pgrp);
int tty_get_sid(struct tty *t, bool controlling, int *sid);
int tty_take_controlling(struct tty *t, const struct file *f, bool steal);
int tty_give_up(struct tty *t);
void tty_open_controlling(struct tty *t); /* open(2) without O_NOCTTY by a leader that has none */
bool tty_is_controlling(const struct tty *t); /* the current process's */
struct tty *tty_controlling(void);  /* the current process's, with a reference; NULL: none */
void tty_last_close(struct tty *t); /* its session loses it */

/* --- ioctls --- */
int64_t tty_ioctl(struct file *f, unsigned cmd, uint64_t arg);
/* What a pty's master does to its slave in the same way: modes, window size, groups and sessions.
 * -ENOIOCTLCMD: none of these. tty_ioctl.c, tty_termios.c */
int64_t tty_ioctl_job(struct tty *t, const struct file *f, unsigned cmd, uint64_t arg, bool master);
void tty_get_modes(struct tty *t, struct linux_termios2 *out);
void tty_set_modes(struct tty *t, struct linux_termios2 *new); /* as TCSETS2; *new is adapted */
int64_t tty_ioctl_modes(struct tty *t, unsigned cmd, uint64_t arg);
#define ENOIOCTLCMD 515 /* never seen by a program */

/* --- /dev/console, tty_console.c --- */
void tty_console_init(void);
/* TIOCCONS: what programs write to /dev/console goes to this file's terminal instead. */
int tty_console_redirect(struct file *f, bool console);
struct file *tty_console_redirected(void); /* with a reference, or NULL */
void tty_console_forget(struct tty *t);    /* hung up: nothing goes there any more */
