/*
 * Signal-driven I/O (fcntl(2), "Managing signals"): files that asked with O_ASYNC to be told by a
 * signal when something happens. What can be told of embeds an async_list, names it in
 * file_ops.async_list, and calls async_notify beside its wait_wake_*.
 */
#pragma once

#include "abi/signal.h"
#include "fs/vfs.h"

struct pid;

struct async_list {
	struct list files; /* async_lock */
};

void async_list_init(struct async_list *l);

/* Sends as send_async does; the slow half of async_notify. */
void async_send(struct async_list *l, int code);

/*
 * Something has happened: `code` is POLL_IN, POLL_OUT, POLL_MSG, POLL_ERR, POLL_PRI or POLL_HUP.
 * POLL_IN goes only to files open for reading, POLL_OUT only to those open for writing. Any
 * context; no spinlock held (signals are sent from here).
 */
static inline void async_notify(struct async_list *l, int code)
{
	if (unlikely(__atomic_load_n(&l->files.next, __ATOMIC_ACQUIRE) != &l->files))
		async_send(l, code);
}

/* Who is told: F_SETOWN, FIOSETOWN, SIOCSPGRP. `who` > 0: a process, < 0: a group, 0: nobody.
 * 0, -EINVAL, -ESRCH, -ENOMEM. */
int async_set_owner(struct file *f, int who);
int async_get_owner(struct file *f); /* as F_GETOWN: 0 for nobody or one that is gone */
/* The same, unless there is one already (a terminal's foreground group). */
int async_default_owner(struct file *f, int who);
/* SIGURG to the owner (out-of-band data); any context, no spinlock held. */
void async_send_urgent(struct file *f);

/* --- for kernel/fs: fcntl and the end of a file --- */
/* Turns O_ASYNC on or off as fcntl(F_SETFL) does; 0 also if the file tells of nothing. -ENOMEM. */
int async_set(struct file *f, int fd, bool on);
int64_t async_fcntl(struct file *f, unsigned cmd, uint64_t arg); /* -EINVAL: not of this kind */
void async_file_released(struct file *f);
