/* inotify(7): what the rest of the file system tells of. All may be called with inode locks held,
 * with no spinlock, and cost next to nothing while nobody watches. */
#pragma once

#include "fs/internal.h"

#define IN_ACCESS        0x00000001
#define IN_MODIFY        0x00000002
#define IN_ATTRIB        0x00000004
#define IN_CLOSE_WRITE   0x00000008
#define IN_CLOSE_NOWRITE 0x00000010
#define IN_OPEN          0x00000020
#define IN_MOVED_FROM    0x00000040
#define IN_MOVED_TO      0x00000080
#define IN_CREATE        0x00000100
#define IN_DELETE        0x00000200
#define IN_DELETE_SELF   0x00000400
#define IN_MOVE_SELF     0x00000800
#define IN_ALL_EVENTS    0x00000fff
#define IN_UNMOUNT       0x00002000
#define IN_Q_OVERFLOW    0x00004000
#define IN_IGNORED       0x00008000
#define IN_ONLYDIR       0x01000000
#define IN_DONT_FOLLOW   0x02000000
#define IN_EXCL_UNLINK   0x04000000
#define IN_MASK_CREATE   0x10000000
#define IN_MASK_ADD      0x20000000
#define IN_ISDIR         0x40000000
#define IN_ONESHOT       0x80000000u

/* Something happened to an open file, or to what a dentry names: who watches it is told, and who
 * watches its directory, with its name. */
void inotify_file(struct file *f, uint32_t what);
void inotify_dentry(struct dentry *d, uint32_t what);
/* To the object alone, as to what is not a directory (IN_MOVE_SELF). */
void inotify_inode(struct inode *i, uint32_t what);
/* An entry of a directory came or went; `cookie` joins the halves of a rename. */
void inotify_entry(
    struct inode *dir, const struct inode *i, const char *name, uint32_t what, uint32_t cookie);
uint32_t inotify_cookie(void);
/* The last name and the last user of an inode without links are gone. */
void inotify_deleted(struct inode *i);
