/* Pipes: what pipe.c and fifo.c share. */
#pragma once

#include "fs/async.h"

struct pipe_slot {
	struct page *page;
	uint32_t offset, len; /* the data still in it */
	bool packet;          /* O_DIRECT: one write, one read */
	bool shared;          /* the page is in another slot as well: only read */
};

struct pipe {
	struct mutex lock; /* everything but `files`; the counts are read without it */
	struct pipe_slot *ring;
	unsigned slots;      /* a power of two */
	unsigned head, tail; /* slots ever filled and emptied */
	unsigned reserved;   /* free slots that splice is going to fill */
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

static inline bool pipe_empty(const struct pipe *p)
{
	return __atomic_load_n(&p->head, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&p->tail, __ATOMIC_ACQUIRE);
}
static inline bool pipe_full(const struct pipe *p)
{
	return __atomic_load_n(&p->head, __ATOMIC_ACQUIRE) -
		   __atomic_load_n(&p->tail, __ATOMIC_ACQUIRE) +
		   __atomic_load_n(&p->reserved, __ATOMIC_ACQUIRE) >=
	       p->slots;
}
/* What a reader and a writer wait for. */
static inline bool pipe_read_ready(const struct pipe *p)
{
	return !pipe_empty(p) || !__atomic_load_n(&p->writers, __ATOMIC_ACQUIRE);
}
static inline bool pipe_write_ready(const struct pipe *p)
{
	return !pipe_full(p) || !__atomic_load_n(&p->readers, __ATOMIC_ACQUIRE);
}

/* The inode's pipe, made if need be, with one more file; NULL: no memory. */
struct pipe *pipe_get(struct inode *i);
void pipe_put(struct inode *i);
void pipe_wake(struct pipe *p);              /* everybody who waits: an end has come or gone */
void pipe_wake_readers(struct pipe *p);      /* there is data */
void pipe_wake_writers(struct pipe *p);      /* there is room */
void pipe_consume(struct pipe *p, size_t n); /* of the first slot's data, at most all (p->lock) */
bool pipe_is_anonymous(const struct inode *i);
int fifo_open(struct inode *i, struct file *f);
