/* Descriptors of processes and threads (pidfd_open(2)). */
#pragma once

#include "fs/vfs.h"

struct pid;

#define PIDFD_NONBLOCK O_NONBLOCK
#define PIDFD_THREAD   0200

/* A new file of a process, or with PIDFD_THREAD of a thread, that is there; its reference to `pid`
 * is its own. ERR_PTR. */
struct file *pidfd_create(struct pid *pid, unsigned flags);
/* The same of a process that is not reaped yet, with a number reserved for it, which is returned:
 * for fd_publish, or for fd_unreserve and file_put. -EINVAL: it is gone; -EMFILE, -ENOMEM. */
int pidfd_reserve(struct pid *pid, struct file **out);
/* What a pidfd stands for; no reference, the file keeps it. NULL: it is no pidfd. */
struct pid *pidfd_pid(const struct file *f);
/* What the descriptor stands for, with a reference, and its O_… flags (NULL: not wanted).
 * ERR_PTR(-EBADF). */
struct pid *pidfd_get(int fd, uint32_t *flags);
