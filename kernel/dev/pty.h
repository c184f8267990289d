/*
 * Pseudo terminals (pty(7)). The slave is a terminal like any other; its line is the two rings
 * here, whose other end is the master's file, opened through /dev/ptmx.
 */
#pragma once

#include "dev/tty.h"

struct inode;
struct dentry;
struct superblock;

#define PTY_RING 8192

struct pty {
	struct tty *slave;     /* which frees us with its last reference */
	struct superblock *sb; /* the devpts that it is in, in use until both ends are closed */
	int index;
	struct dentry *node; /* with a reference; the master's alone */

	/* [slave->lock] */
	char to_master[PTY_RING], to_slave[PTY_RING];
	unsigned out_head, out_tail; /* of to_master; these count up for ever */
	unsigned in_head, in_tail;   /* of to_slave: what the slave's buffer did not take yet */
	unsigned drop_to;            /* flushed while it was pumped: in_tail goes there; */
	bool drop;
	bool pumping, pump_again; /* somebody moves bytes to the slave */
	bool locked;              /* TIOCSPTLCK: the slave cannot be opened */
	bool packet;              /* TIOCPKT */
	uint8_t status;           /* TIOCPKT_… that the master has yet to read */
	bool slave_closed;        /* was open, and is not */
	bool master_open, done;
	bool master_stopped; /* TCOOFF on the master */
	bool master_hung_up; /* TIOCVHANGUP on the master */
	bool exclusive;      /* TIOCEXCL on the master, which means nothing */
	bool news;           /* output for the master: O_ASYNC tells of it */
	bool reading, writing;

	/* the master's */
	struct wait_queue read_wait, write_wait, read_turn, write_turn;
	struct async_list async;
};

void pty_init(void); /* /dev/ptmx */
/* A pair in a devpts, the slave locked, its node made; owned by the master. `sb` (a use of it) is
 * taken over with success. ERR_PTR. */
struct pty *pty_create(struct superblock *sb);
void pty_close_master(struct pty *p);
/* Hands what the master wrote to the slave as far as that takes it. No lock held. */
void pty_pump(struct pty *p);
/* The terminal of a node in a devpts, with a reference; ERR_PTR(-EIO) for any other inode. */
struct tty *pty_of_inode(struct inode *i);
/* Master's bytes on their way: how many of n there was room for. No lock held. */
size_t pty_send(struct pty *p, const char *s, size_t n);
int64_t ptmx_ioctl(struct file *f, unsigned cmd, uint64_t arg);
extern const struct file_ops ptmx_file_ops;

/* A new master without a path to it, for Lua: a file as an open of /dev/ptmx gives, unlocked. */
struct file *pty_open_master(void);
struct pty *pty_of_master(const struct file *f); /* NULL: no master */
/* A file of the slave, with these flags (TIOCGPTPEER). ERR_PTR. */
struct file *pty_open_peer(const struct file *master, unsigned flags);
