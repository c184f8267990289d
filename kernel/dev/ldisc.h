/* Between the files of the terminal: tty.c (objects, files), ldisc.c (input), ldisc_output.c,
 * tty_job.c, tty_ioctl.c. */
#pragma once

#include "dev/tty.h"
#include "fs/vfs.h"

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
static inline bool utf8_continuation(const struct tty *t, uint8_t c)
{
	return has_iflag(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* --- input, ldisc.c (tty->lock) --- */
void ldisc_flush_input(struct tty *t);
unsigned ldisc_available(
    const struct tty *t); /* bytes that a read gives now; canonical: whole lines */
bool ldisc_readable(const struct tty *t, unsigned least);
/* Takes up to n readable bytes out. *line: the end of a line or file was reached. */
size_t ldisc_take(struct tty *t, char *to, size_t n, bool *line);
/* FIONREAD */
unsigned ldisc_inq(const struct tty *t);
/* Modes change: what was read so far is seen through the new ones. */
void ldisc_set_termios(struct tty *t, const struct linux_termios2 *new);

/* --- output, ldisc_output.c (tty->lock) --- */
#define OUT_RESERVE 256 /* of the output ring, for echo */
unsigned ldisc_out_room(const struct tty *t);
unsigned ldisc_out_used(const struct tty *t);
/* Puts one character through output processing. False: no room. */
bool ldisc_put(struct tty *t, uint8_t c);
bool ldisc_put_raw(struct tty *t, uint8_t c);
/* Processes up to n bytes as far as the ring takes them, leaving OUT_RESERVE. */
size_t ldisc_write(struct tty *t, const char *s, size_t n);
void ldisc_echo(struct tty *t, uint8_t c); /* as ECHOCTL has it */
void ldisc_flush_output(struct tty *t);    /* what the driver has not taken is lost */
void ldisc_kick(struct tty *t); /* hands the ring's content to the driver as far as it takes it */

/* --- reading and writing files (tty_file.c) --- */
int64_t tty_read(struct file *f, struct io_vec *io, uint64_t *pos);
int64_t tty_write(struct file *f, struct io_vec *io, uint64_t *pos);
unsigned tty_poll(struct file *f, struct poll_table *pt);
/* Waits until the terminal's output has left. 0 or -ERESTARTSYS. */
int tty_drain(struct tty *t);

/* --- job control (tty_job.c), no lock held --- */
void tty_signal_foreground(struct tty *t, int sig);
int tty_get_pgrp(struct tty *t, bool controlling, int *pgrp);
int tty_set_pgrp(struct tty *t, int pgrp);
int tty_get_sid(struct tty *t, int *sid);
int tty_take_controlling(struct tty *t, const struct file *f, bool steal);
int tty_give_up(struct tty *t);
void tty_open_controlling(struct tty *t); /* open(2) without O_NOCTTY by a leader that has none */
struct tty *tty_controlling(void);        /* the current process's, with a reference; NULL: none */
void tty_last_close(struct tty *t);       /* its session loses it */

int64_t tty_ioctl(struct file *f, unsigned cmd, uint64_t arg);
