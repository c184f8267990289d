/* Message queues, between the files of ipc that deal with them. */
#pragma once

#include "ipc/ipc.h"
#include "sched/wait.h"

/* Everything but the count of references is under msg_kind.lock. */
struct msg_queue {
	struct ipc_object ipc;
	int32_t refs; /* the id's, and one of each caller that sleeps or copies */
	bool removed;
	struct list messages;
	uint64_t bytes, count, max_bytes;
	int64_t stime, rtime, ctime;
	int last_sender, last_receiver;
	uint32_t changes; /* one more whenever a sleeper may go on; read without the lock */
	struct wait_queue waiting; /* senders and receivers */
};

static inline struct msg_queue *msg_queue_of(struct ipc_object *o)
{
	return container_of(o, struct msg_queue, ipc);
}

/* Something changed that somebody may wait for. (msg_kind.lock) */
void msg_queue_changed(struct msg_queue *q);
/* The id and the messages go; sleepers get -EIDRM. (msg_kind.lock) */
void msg_queue_remove(struct msg_queue *q);
/* Of all queues (msg_kind.lock). */
void msg_totals(uint64_t *messages, uint64_t *bytes);
