/* File locks: what locks.c keeps and locks_show.c tells of. */
#pragma once

#include "fs/internal.h"

enum lock_kind { LOCK_POSIX, LOCK_FLOCK };

struct file_lock {
	struct list link;
	enum lock_kind kind;
	const void *owner;
	const struct file *file; /* through which it was set; only to compare */
	int pid;                 /* for F_GETLK and /proc/locks; -1: of an open file */
	bool exclusive;
	int64_t start, end; /* inclusive; end INT64_MAX: to the end of the file */
};

struct lock_list {
	struct list link; /* of lock_lists */
	const struct inode *inode;
	struct list locks; /* of struct file_lock, sorted by start (locks_lock) */
	struct wait_queue wait;
};

/* All lock lists, and who waits for whom. Nothing is taken inside it but the heap's lock. */
extern struct mutex locks_lock;
extern struct list lock_lists; /* (locks_lock) */

/* A waiting owner, for EDEADLK. (locks_lock) */
struct blocked {
	struct list link;
	const void *owner, *by;
	const struct lock_list *list;
	const struct file_lock *want; /* what it wants */
};
extern struct list blocked_owners; /* (locks_lock) */
