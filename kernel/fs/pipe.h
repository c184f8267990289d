/* Pipes: what pipe.c and fifo.c share. */
#pragma once

#include "fs/async.h"

struct pipe_slot {
	struct page *page;
	uint32_t offset, len; /* the data still in it */
	bool packet;          /* O_DIRECT: one write, one read */
};

struct pipe {
	struct mutex lock; /* everything but `files`; the counts are read without it */
	struct pipe_slot *ring;
	unsigned slots;      /* a power of two */
	unsigned head, tail; /* slots ever filled and emptied */
	struct page *spare;  /* an emptied page, for the next write */
	int readers, writers;
	uint64_t reader_count, writer_count; /* opens ever */
	bool
	    polled; /* somebody listens for more than the edges that readers and writers wait for */
	int files;  /* open files that point here (the inode's lock) */
	struct wait_queue read_wait, write_wait;
	struct async_list async; /* O_ASYNC */
};

static inline struct pipe_slot *pipe_slot_at(struct pipe *p, unsigned index)
{
	return &p->ring[index & (p->slots - 1)];
}

/* The inode's pipe, made if need be, with one more file; NULL: no memory. */
struct pipe *pipe_get(struct inode *i);
void pipe_put(struct inode *i);
void pipe_wake(struct pipe *p);         /* everybody who waits: an end has come or gone */
void pipe_wake_writers(struct pipe *p); /* there is room */
bool pipe_is_anonymous(const struct inode *i);
int fifo_open(struct inode *i, struct file *f);
