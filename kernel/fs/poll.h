/* Waiting for several files at once: the ears that poll, select and epoll_wait share. */
#pragma once

#include "fs/vfs.h"

#define POLL_INLINE 8

struct poll_ear {
	struct waiter waiter;
	struct wait_queue *queue;
	struct file *file; /* with a reference: keeps the queue */
	struct poll_set *set;
	unsigned events; /* what is worth waking for */
	struct poll_ear *next;
};

struct poll_set {
	struct poll_table table;
	struct thread *thread;
	bool triggered;    /* atomic: something happened since it was cleared */
	int error;         /* -ENOMEM: an ear could not be had */
	struct file *file; /* being asked */
	unsigned events;
	unsigned used;
	struct poll_ear inline_ears[POLL_INLINE], *more;
};

void poll_set_init(struct poll_set *s);
void poll_set_free(struct poll_set *s);
/* The events among `events`, POLLERR and POLLHUP that `f` has; with `listen` puts ears up for them.
 */
unsigned poll_set_ask(struct poll_set *s, struct file *f, unsigned events, bool listen);
/* Sleeps until something happens: 0, -ETIMEDOUT, -EINTR. */
int poll_set_sleep(struct poll_set *s, ns_t deadline, const char *reason);

/*
 * Scans, and sleeps in between, until `scan` finds something. Ready files, 0 at the deadline,
 * -ERESTARTNOHAND (a ready file wins over a signal), or the error of `scan`.
 */
int64_t poll_set_wait(int64_t (*scan)(struct poll_set *s, void *what, bool listen), void *what,
    ns_t deadline, const char *reason);

/* The end of ppoll and pselect6: mask restored, time left written to `timeout` (0: none). `result`
 * as it goes to the caller; an interrupted call that cannot say how much time is left is not
 * restarted. */
int64_t poll_finish(int64_t result, uaddr_t timeout, ns_t deadline);
/* Reads a timeout: a deadline since boot; NS_NEVER for none. *immediate: it was zero. */
int poll_timeout(uaddr_t timeout, ns_t *deadline);
