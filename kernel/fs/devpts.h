/* The file system of pseudo terminals, /dev/pts: a node for each slave, by number, and a ptmx of
 * its own. */
#pragma once

#include "base.h"

struct tty;
struct inode;
struct dentry;
struct file;
struct superblock;
struct path;

struct superblock *devpts_create(const char *options, int *err);

/* The root of the devpts that an open of this ptmx file makes its pty in: the one that holds it, or
 * the one mounted on "pts" in its directory; of a file on no path, /dev/pts. References.
 * -ENOENT: no pts there; -ENODEV: no devpts. */
int devpts_path_of(const struct file *ptmx, struct path *out);
/* The same, a use of it. ERR_PTR. */
struct superblock *devpts_of_ptmx(const struct file *f);

/* The lowest free number: -ENOSPC past the limits, -ENOMEM. */
int devpts_new_index(struct superblock *sb);
void devpts_free_index(struct superblock *sb, int index);
void devpts_put(struct superblock *sb); /* gives the use back */
/* The slave's node, with a reference; it has one on the terminal. ERR_PTR(-ENOMEM). */
struct dentry *devpts_add(struct superblock *sb, int index, struct tty *t);
void devpts_remove(struct dentry *node);       /* reference taken over */
struct tty *devpts_tty(const struct inode *i); /* of a slave's node, or NULL */

/* The most that there may be in all (/proc/sys/kernel/pty/max); how many there are. */
#define DEVPTS_LIMIT_MAX (1 << 20)
int64_t devpts_count(void);
