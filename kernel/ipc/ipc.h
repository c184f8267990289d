/*
 * System V IPC (sysvipc(7)): ids, keys and permissions, which the three kinds share; and what the
 * rest of the kernel sees of them. Each kind has one sleeping lock over all its objects. User
 * memory is never touched with it held. Lock order: space->lock before the lock of shared memory.
 */
#pragma once

#include "abi/ipc.h"
#include "lib/list.h"
#include "lock.h"

struct area;
struct file;
struct thread;
struct proc_text;

/* What every segment, set and queue begins with. (kind->lock) */
struct ipc_object {
	int32_t key;
	int id;
	uint32_t uid, gid, cuid, cgid, mode;
};

struct ipc_kind {
	struct mutex lock;
	struct ipc_object **slots; /* by index; grows */
	unsigned size;             /* of `slots` */
	const int64_t *limit;      /* how many objects there may be: a parameter */
	int64_t *next_id;          /* a parameter: the id that the next one should have, or -1 */
	unsigned in_use, next;     /* objects; the index to try first */
	int last; /* index given out last: going back means a new sequence number */
	unsigned seq;
};
#define IPC_MOST 32768 /* objects of a kind, whatever the parameters say */
#define IPC_KIND_INIT(kind_name, most, next)                                                       \
	{.lock = MUTEX_INIT(kind_name), .limit = (most), .next_id = (next), .last = -1}

extern struct ipc_kind shm_kind, sem_kind, msg_kind;

/* --- ids.c: with kind->lock held, except ipc_get --- */

/* How a kind makes an object and checks one that is there. */
struct ipc_params {
	int32_t key;
	int flags;
	uint64_t size;
};
struct ipc_getter {
	int (*create)(const struct ipc_params *p); /* the new id, or -errno */
	int (*check)(const struct ipc_object *o, const struct ipc_params *p);
};
/* What shmget, semget and msgget do: an id or -errno. Takes kind->lock. */
int ipc_get(struct ipc_kind *k, const struct ipc_getter *g, const struct ipc_params *p);

/* Enters a new object and fills it in, with the caller as its owner. Its id, -ENOSPC or -ENOMEM. */
int ipc_add(struct ipc_kind *k, struct ipc_object *o, const struct ipc_params *p);
void ipc_remove(struct ipc_kind *k, struct ipc_object *o); /* its id and key are gone */
/* By id. ERR_PTR(-EINVAL); -EIDRM: the id of something that is gone. */
struct ipc_object *ipc_find(const struct ipc_kind *k, int id);
/* By index, for the STAT calls. ERR_PTR(-EINVAL). */
struct ipc_object *ipc_at(const struct ipc_kind *k, int index);
int ipc_max_index(const struct ipc_kind *k); /* the highest in use; 0 if there is none */
/* Lets `mode` (0444, 0222 or both) through? 0 or -EACCES. */
int ipc_permission(const struct ipc_object *o, unsigned mode);
/* The object for IPC_SET and IPC_RMID: ERR_PTR(-EPERM) for all but its owners. */
struct ipc_object *ipc_find_owned(const struct ipc_kind *k, int id);
/* The object of a STAT call, readable by the caller; *result is what the call returns then. */
struct ipc_object *ipc_find_stat(
    const struct ipc_kind *k, int id, bool by_index, bool any, int *result);
void ipc_stat(const struct ipc_object *o, struct linux_ipc_perm *out);
int ipc_set(struct ipc_object *o, const struct linux_ipc_perm *in); /* 0 or -EINVAL */
int64_t ipc_now(void);                                              /* seconds since 1970 */
int ipc_pid(void);                                                  /* of the current process */

/* --- shm.c --- */

/* An area of a segment was copied (split, fork), or goes. */
void shm_area_copied(struct file *f);
void shm_area_freed(struct file *f); /* not with space->lock held */

/* --- sem_undo.c --- */

struct sem_undo_list;
/* The child's part of fork: shares its parent's undo list, or has none. 0 or -ENOMEM. */
int sem_undo_fork(struct thread *child, bool share);
/* The last thread that shares the list applies it. May sleep. */
void sem_undo_exit(struct thread *t);

/* --- /proc/sysvipc --- */

void shm_show(struct proc_text *t);
void sem_show(struct proc_text *t);
void msg_show(struct proc_text *t);
