/* Terminals: line discipline, job control, ioctls (termios(3), ioctl_tty(2)); the console is one,
 * ptys follow. */
#pragma once

#include "abi/tty.h"
#include "fs/async.h"
#include "lib/list.h"
#include "lock.h"
#include "sched/wait.h"

struct process;
struct pid;
struct file;
struct io_vec;
struct tty;

struct tty_driver {
	/* Sends up to n bytes; returns how many were taken, and calls tty_output_room when it can
	 * take more. Does not sleep; called with tty->lock held. */
	size_t (*write)(struct tty *t, const char *s, size_t n);
	/* The rest may be NULL. No lock held, where nothing else is said. */
	int (*drain)(
	    struct tty *t); /* sleeps until what the driver took so far is sent: 0, -EINTR */
	void (*input_room)(struct tty *t);  /* the reader made room: tty_receive may go on */
	void (*input_flush)(struct tty *t); /* forget what tty_receive did not take */
	unsigned (*modem)(struct tty *t);   /* TIOCM_… as they stand */
	void (*set_modem)(struct tty *t, unsigned set, unsigned clear); /* TIOCM_DTR, TIOCM_RTS */
	int (*open)(struct tty *t);    /* tty->lock held: 0 or -EIO */
	void (*closed)(struct tty *t); /* after the last close; it may be open again */
	void (*told)(struct tty *t);   /* after output was handed over */
	/* TIOCPKT_… bits: what a pty's master in packet mode hears of. tty->lock held. */
	void (*event)(struct tty *t, unsigned bits);
	void (*destroy)(struct tty *t); /* the last reference is gone */
	/* A pty's slave: nothing to drain, a stopped terminal takes no writes, a hang-up restores
	 * the modes, and the leader's exit does not hang it up. */
	bool pty;
	struct linux_termios2 fresh; /* the modes of a terminal that nobody has set up */
};

#define TTY_BUF 4096 /* Linux's N_TTY_BUF_SIZE: the longest line, its end included */
#define TTY_OUT 8192

struct tty {
	struct refcount refs;
	char name[16]; /* "ttyS0", "pts/0" */
	uint32_t rdev;
	const struct tty_driver *driver;
	void *data;

	/* [tty->lock] a spinlock: never held while sending a signal or sleeping */
	struct spinlock lock;
	struct linux_termios2 termios;
	struct linux_termios2 locked; /* TIOCSLCKTRMIOS: bits and characters that stay */
	struct linux_winsize winsize;
	/*
	 * Input: tail <= canon <= head count up for ever, a byte's place is its number % TTY_BUF.
	 * Canonical mode may read up to canon; from there to head is the line being edited. A mark
	 * ends a line; a marked 0 is an end of file.
	 */
	char buf[TTY_BUF];
	uint8_t marks[TTY_BUF / 8];
	unsigned head, tail, canon;
	bool lnext;     /* the next byte is taken literally */
	bool erasing;   /* ECHOPRT: inside \ … / */
	bool throttled; /* bytes were refused: input_room is due */
	/* Output on its way to the driver, echo included, so that the two keep their order. */
	char out[TTY_OUT];
	unsigned out_head, out_tail;
	unsigned column, canon_column; /* where output stands; where the edited line began */
	unsigned sent_column;          /* where it stood when the driver had last taken all of it */
	bool stopped;                  /* by STOP (^S) or TCOOFF, */
	bool off;                      /* and by the latter: START does not let it go on */
	bool other_closed;             /* a pty's master is gone */
	bool exclusive;                /* TIOCEXCL */
	bool output_wanted;    /* a write found no room: O_ASYNC tells of the next (atomic) */
	bool reading, writing; /* one reader and one writer at a time; queues below */
	unsigned hangups;      /* files opened before the last one are hung up */
	unsigned opens;

	/* [task_lock] */
	struct pid *session, *foreground; /* with references */

	struct wait_queue read_wait,
	    write_wait; /* input or a hang-up; room, empty output, or a hang-up */
	struct wait_queue read_turn, write_turn;
	struct async_list async; /* O_ASYNC */
};

void tty_init(void); /* /dev/console, /dev/tty, /dev/ttyS0, ptys */
extern struct tty *console_tty;
/* A terminal in the state a fresh one has, or NULL: no memory. */
struct tty *tty_create(const char *name, uint32_t rdev, const struct tty_driver *drv, void *data);
void tty_get(struct tty *t);
void tty_put(struct tty *t);
/* The modes of a fresh terminal again, input dropped. */
void tty_reset(struct tty *t);
/* Bytes from the line; returns how many were taken. Any context; signals go out after the lock is
 * dropped. */
size_t tty_receive(struct tty *t, const char *s, size_t n);
/* The driver has room again. Any context, no lock held. */
void tty_output_room(struct tty *t);
/* Ends every open file of it but those of /dev/console, and frees it from its session (vhangup(2)).
 */
void tty_hangup(struct tty *t);
int tty_hangup_own(void); /* vhangup(2): the current process's own; 0, -EPERM */
/* A session leader that has none takes it as its controlling terminal; another session that had it
 * has none from then on (task_lock). */
void tty_set_controlling(struct tty *t, struct process *leader);
/* The session leader is going: hang-up to the foreground, terminal freed (no lock held). */
void tty_session_leader_exit(struct process *leader);
/* Job control check before a read (SIGTTIN) or a write or change (SIGTTOU): 0, -EIO, -ERESTARTSYS.
 */
int tty_check_change(struct tty *t, int sig);
/* Sets the window size; the foreground group gets SIGWINCH if it changed. */
void tty_get_winsize(struct tty *t, struct linux_winsize *size);
void tty_set_winsize(struct tty *t, const struct linux_winsize *size);
extern const struct file_ops tty_file_ops;
