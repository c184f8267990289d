/* POSIX message queues (mq_overview(7)): files of a file system of their own. */
#pragma once

#include "fs/internal.h"
#include "sched/wait.h"

#define MQ_PRIO_MAX 32768

struct mq_attr { /* of mq_getattr(3) */
	int64_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};

struct mq_message {
	struct list link;
	uint32_t priority;
	size_t size;
	char text[];
};

struct mqueue {
	struct list link;     /* of all queues that live (queues_lock) */
	struct spinlock lock; /* of what follows but for the constants */
	struct list messages; /* the highest priority first, then the oldest */
	int64_t maxmsg, msgsize, count;
	uint64_t bytes;     /* in messages */
	uint64_t charged;   /* against its maker's RLIMIT_MSGQUEUE: never changes */
	uint32_t uid;       /* its maker's */
	unsigned receivers; /* that wait: then nobody is notified */
	struct wait_queue wait;
	/* Who is told of a message in an empty queue, once; NULL: nobody. With a reference. */
	struct pid *owner;
	int notify, sig; /* SIGEV_… */
	uint64_t value;
};

void mqueue_init(void);
struct superblock *mqueue_mount(int *err); /* a use of the one there is */
/* The queue of this name, as mq_open(3) says. ERR_PTR. */
struct file *mqueue_open(
    const char *name, unsigned flags, uint32_t mode, const struct mq_attr *attr);
int mqueue_unlink(const char *name);
/* Of an open file, or NULL: it is no queue. */
struct mqueue *mqueue_of(const struct file *f);
/* Takes the message over. `deadline` since boot. -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. */
int mqueue_send(struct file *f, struct mq_message *m, ns_t deadline);
/* The first message, the caller's from now on. ERR_PTR. */
struct mq_message *mqueue_receive(struct file *f, ns_t deadline);
/* mq_notify: `notify` SIGEV_… or -1, no more. 0 or -EBUSY. */
int mqueue_notify(struct mqueue *q, int notify, int sig, uint64_t value);
