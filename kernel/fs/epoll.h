/* epoll: what epoll.c (events) and epoll_ctl.c (who is watched) share. */
#pragma once

#include "fs/internal.h"

#define EPOLL_BUCKETS     32
#define EPOLL_MAX_NESTING 4

struct epoll {
	struct mutex lock; /* items and their events */
	struct list items[EPOLL_BUCKETS];
	unsigned item_count;
	unsigned
	    level; /* 0: watches no epoll; the ranks of the locks below follow it (epoll_lock) */
	struct file *file;
	uint64_t scan;                    /* counts harvests */
	struct linux_epoll_params params; /* kept and told; no device is there to poll busily */

	struct spinlock ready_lock; /* taken under the lock of a watched file's wait queue */
	struct list ready;
	struct wait_queue wait;      /* in epoll_wait */
	struct wait_queue poll_wait; /* who polls the epoll itself */
};

struct epoll_item {
	struct list link;       /* of its bucket (ep->lock) */
	struct list file_link;  /* of file->epoll_items (epoll_lock) */
	struct list ready_link; /* (ready_lock) */
	bool queued;            /* on the ready list (ready_lock) */
	struct epoll *ep;
	struct file *file; /* no reference: the last close takes the item away */
	int fd;
	uint32_t events; /* atomic; with none of POLL*: EPOLLONESHOT has fired */
	uint64_t data;
	uint64_t scan; /* the harvest that has seen it (ep->lock) */
	struct epoll_ear *ears;
	int error;
};

extern const struct file_ops epoll_file_ops;
void epoll_queue_item(struct epoll_item *item); /* it may be ready: tell those who wait */
unsigned epoll_ask(struct epoll_item *item);    /* what it has of what is wanted (ep->lock) */
void epoll_destroy(struct epoll *ep);
