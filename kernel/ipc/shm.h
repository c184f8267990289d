/* Shared memory segments, between the files of ipc that deal with them. */
#pragma once

#include "ipc/ipc.h"

struct dentry;

/* (shm_kind.lock) */
struct shm {
	struct ipc_object ipc;
	struct dentry
	    *dentry;        /* of its file, which is in no directory; the inode's data is the shm */
	uint64_t size;      /* bytes as asked for */
	uint64_t committed; /* pages counted by memory_commit */
	uint64_t attached;  /* areas, and attaches under way */
	int64_t atime, dtime, ctime;
	int creator, last_pid;
};

static inline struct shm *shm_of(struct ipc_object *o)
{
	return container_of(o, struct shm, ipc);
}

/* Frees the segment, which nobody is attached to, when it goes with its last detach or `remove`.
 * Gives the dentry that the caller puts after unlocking, or NULL. (shm_kind.lock) */
struct dentry *shm_drop(struct shm *s, bool remove);
