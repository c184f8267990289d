/*
 * Semaphore sets, between the files of ipc that deal with them. Everything is under sem_kind.lock.
 * Who cannot go on queues a request; whoever changes a set carries out what has become possible, in
 * the order of asking, and wakes those.
 */
#pragma once

#include "ipc/ipc.h"
#include "sched/wait.h"

struct sem {
	int value;
	int last_pid;
};

struct sem_set {
	struct ipc_object ipc;
	int64_t otime, ctime;
	unsigned count;
	struct list requests; /* of those that sleep */
	struct list undos;    /* struct sem_undo, by set_link */
	struct sem sems[];
};

/* What a process gives back at its end: one for each set and list of undos. */
struct sem_undo {
	struct list set_link, list_link;
	struct sem_set *set; /* NULL: the set is gone */
	int16_t adjust[];
};

struct sem_undo_list {
	int32_t users; /* threads (sem_kind.lock) */
	struct list undos;
};

#define SEM_ASLEEP 1 /* no -errno, and not done */

/* On the stack of its thread. */
struct sem_request {
	struct list link;
	const struct linux_sembuf *ops;
	unsigned count;
	const struct linux_sembuf *blocking; /* the operation that waits */
	struct sem_undo *undo;               /* or NULL */
	int pid;
	bool alters;
	int status; /* SEM_ASLEEP, then 0 or -errno; atomic, for the sleeper */
	struct thread *thread;
};

static inline struct sem_set *sem_set_of(struct ipc_object *o)
{
	return container_of(o, struct sem_set, ipc);
}

/* Does the process's end take it back? A wait for zero leaves nothing to take back. */
static inline bool sem_op_undone(const struct linux_sembuf *op)
{
	return op->op && (op->flags & SEM_UNDO);
}

/* All operations or none: 0, -errno, or SEM_ASLEEP if it has to wait. */
int sem_try(struct sem_set *s, struct sem_request *r);
/* The set has changed: carries out what can be now. */
void sem_changed(struct sem_set *s);
/* Ends every request with -EIDRM and frees the set. */
void sem_destroy(struct sem_set *s);

/* The current process's undo for the set, made if there is none; ERR_PTR(-ENOMEM). */
struct sem_undo *sem_undo_find(struct sem_set *s);
/* Nobody gives anything back any more for sems [first, first + count). */
void sem_undo_clear(struct sem_set *s, unsigned first, unsigned count);
