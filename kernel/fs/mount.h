/* The tree of mounts. There is one for all (mount_namespaces(7)). */
#pragma once

#include "fs/internal.h"

struct mount {
	struct refcount refs;  /* the tree's, mounts upon it, and each place in it that is held */
	struct superblock *sb; /* with a use */
	struct dentry *root;   /* what it shows; with a reference */
	char *source;
	int id;
	uint64_t flags;  /* MOUNT_FLAGS: atomic */
	int32_t writers; /* atomic */
	bool expired;    /* MNT_EXPIRE found it unused, and nobody used it since: atomic */
	/* [tree_lock; to change it, mount_lock too] */
	struct list link;       /* in `mounts`, by id, which is by age */
	struct mount *parent;   /* NULL: the root of all, or not in the tree; with a reference */
	struct dentry *covered; /* in the parent; with a reference */
	struct mount *other;    /* the next on the same dentry, in another mount */
	bool attached;          /* is in the tree */
	bool unbindable;        /* MS_UNBINDABLE */
	const struct mount *original; /* while a tree is copied */
};

/* The flags that are a mount's own, and those of its file system. */
#define MOUNT_FLAGS                                                                                \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
	    MS_NOSYMFOLLOW)
#define SUPERBLOCK_FLAGS (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME)

extern struct list mounts;      /* [tree_lock] */
extern struct mutex mount_lock; /* one change of the tree at a time */
extern struct path vfs_root;    /* the root of all */

/* One that shows `root`, in no tree yet; the reference is the tree's. NULL: no memory. */
struct mount *mount_create(struct dentry *root, const char *source, uint64_t flags);
void mount_get(struct mount *m);
void mount_put(struct mount *m);
void mount_drop(struct mount *m); /* the same, but as if it had not been used */
/* Puts it on a place. -ENOENT: that was removed. (mount_lock) */
int mount_attach(struct mount *m, const struct path *at);
/* Moves mounts of the tree, one after the other: all, or none as the last place was removed
 * (-ENOENT). The other places are such that nobody can remove them. (mount_lock) */
#define MOVES_MAX 2
struct mount_move {
	struct mount *m;
	struct path to; /* references: the caller's */
};
int mount_move_all(const struct mount_move moves[], unsigned n);
/* Out of the tree it goes, with none upon it. (mount_lock) */
void mount_detach(struct mount *m);
/* A mount on something in `m`, or NULL. (mount_lock) */
struct mount *mount_upon(const struct mount *m);
/* What covers the place, without a reference, or NULL. (tree_lock) */
struct mount *mount_covering(const struct path *at);
bool mount_is_below(
    const struct mount *m, const struct mount *ancestor);         /* or the same (tree_lock) */
bool path_reaches(const struct path *p, const struct path *root); /* is it within that tree? */
/* Nobody may write from here on: 0, or -EBUSY if somebody does. */
int mount_stop_writers(struct mount *m);
int superblock_stop_writers(struct superblock *sb);

struct mount *mount_newest(void); /* in the tree (mount_lock) */

/* The kinds of mount(2) that make no new file system. (mount_lock) */
int mount_bind(const char *source, const struct path *at, bool recursive);
int mount_move(const char *source, const struct path *at);
int mount_propagation(const struct path *at, uint64_t flags);
