/*
 * Files: inodes (what there is), dentries (where it is), files (what is open). tmpfs, devfs, pipes
 * and later proc plug in through the two tables of operations. Errors are -errno throughout;
 * permissions are checked in the do_* functions. Locks: inode->lock (sleeping) guards an inode's
 * attributes, content size and, for directories, its children; parent before child, and two
 * directories in order of address. dentry tree links change under the directory's inode->lock.
 */
#pragma once

#include "abi/fs.h"
#include "abi/xattr.h"
#include "lib/list.h"
#include "lock.h"
#include "mm/space.h"
#include "sched/wait.h"

struct inode;
struct xattr;
struct dentry;
struct file;
struct mount;
struct path;
struct dir_context;
struct poll_table;
struct file_async;
struct proc_text;
struct async_list;
struct cred;

struct superblock {
	const char *type;  /* "tmpfs", "devtmpfs", "proc" */
	uint32_t dev;      /* st_dev */
	uint64_t next_ino; /* atomic */
	uint64_t magic;    /* statfs f_type */
	struct dentry *root;
	void *data;
	struct refcount refs; /* the mount's, and one of each inode */
	int32_t users; /* mounts of it, and who else needs its tree: the last lets it go (atomic) */
	/* tmpfs: inodes it may have (0: no limit), and has (atomic); what the mount asked for. */
	uint64_t inode_limit, inodes;
	uint32_t root_mode, root_uid, root_gid;
	uint64_t flags;  /* MS_RDONLY and what else is the same wherever it is mounted: atomic */
	int32_t writers; /* through all its mounts: atomic */
	uint64_t limit, used; /* tmpfs: pages it may take (0: no limit), and has (atomic) */
	/* The options of its own that /proc/mounts shows, each after a comma; NULL: none. */
	void (*show_options)(const struct superblock *sb, struct proc_text *t);
	int (*remount)(struct superblock *sb, const char *options); /* NULL: there are none */
};

enum inode_change { CHANGE_MODE, CHANGE_OWNER, CHANGE_TIMES };

struct inode_ops {
	/* All with dir->lock held. `d` is a new dentry, named, without an inode yet: on success it
	 * gets one. */
	int (*lookup)(
	    struct inode *dir, struct dentry *d); /* NULL: the dentry cache is the directory */
	int (*create)(struct inode *dir, struct dentry *d, uint32_t mode,
	    uint32_t rdev); /* regular, fifo, device, socket */
	int (*mkdir)(struct inode *dir, struct dentry *d, uint32_t mode);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*rename)(
	    struct inode *from, struct dentry *d, struct inode *to, struct dentry *replaced);
	/* The target of a symbolic link: kept by the inode, or made in `buf`. */
	const char *(*readlink)(struct inode *i, char *buf, size_t size);
	/* /proc/PID/exe and the like: go straight to an object. NULL: by text. */
	int (*follow)(struct inode *i, struct path *out);
	int (*truncate)(struct inode *i, uint64_t size);
	int (*getattr)(struct inode *i, struct linux_stat *st); /* NULL: from the fields */
	/* 0 or -EACCES; NULL: as the mode says. */
	int (*permission)(const struct inode *i, const struct cred *c, unsigned mask);
	/* 0 or -EPERM for everybody; NULL: nothing is fixed. */
	int (*may_change)(const struct inode *i, enum inode_change what);
	void (*release)(struct inode *i);     /* last reference gone: free `data` and content */
	bool (*revalidate)(struct dentry *d); /* false: forget it and look up again (proc) */
	int (*iterate)(struct inode *dir,
	    struct dir_context *ctx); /* NULL: the dentry cache is the directory */
};

struct inode {
	struct refcount refs;
	struct superblock *sb;
	uint64_t ino;
	uint32_t mode; /* type and permissions */
	uint32_t uid, gid;
	uint32_t nlink;
	uint32_t rdev;
	uint64_t size;
	ns_t atime, mtime, ctime, btime; /* since 1970 */
	struct mutex lock;
	const struct inode_ops *ops;
	const struct file_ops *fops; /* what open gives */
	struct mapping mapping;      /* regular files: their pages */
	char *link_target;           /* symlinks */
	struct pipe *pipe;           /* fifos */
	void *data;
	int32_t writers; /* open for writing: ETXTBSY; negative: being executed */
	uint32_t seals;  /* memfd: F_SEAL_… */
	/* tmpfs: what the file held when it was unpacked, in place in the archive, where no page
	 * covers it. */
	const uint8_t *backing;
	uint64_t backing_size;
	uint64_t charged;        /* tmpfs: pages counted in sb->used (mapping.lock) */
	struct xattr *xattrs;    /* tmpfs: extended attributes (lock) */
	struct lock_list *locks; /* record locks and flock: locks.c */
	struct watch *watches;   /* inotify.c */
};

struct dentry {
	struct refcount refs;
	struct dentry *parent; /* with a reference; the root's is itself */
	char *name;
	struct inode *inode; /* NULL: negative or just being made */
	struct superblock *sb;
	struct list children, sibling;
	struct mount *mounted; /* what covers it: one for each mount that shows it (tree's lock) */
	bool unlinked;
	/* The directory's index of its children, once there are many (its inode->lock). */
	struct dentry_table *table;
	uint32_t child_count;
	uint64_t next_position; /* of the next child, for getdents */
	struct dentry *hash_next;
	uint64_t position; /* in its directory */
	uint32_t hash;
	uint32_t name_len;
};

/* A place: a dentry as one of the mounts shows it; NULL mount: on no path, as a pipe. References on
 * both, where not said otherwise. */
struct path {
	struct mount *mount;
	struct dentry *dentry;
};

/* Open file description (open(2)). */
struct file {
	struct refcount refs;
	struct path path; /* NULL dentry: eventfds … */
	struct inode *inode;
	const struct file_ops *ops;
	uint32_t flags; /* O_… */
	uint64_t pos;
	struct mutex pos_lock;
	void *data;
	struct file_async *async; /* F_SETOWN, F_SETSIG, O_ASYNC: async.c; NULL: never asked for */
	bool denies_write;        /* opened for exec: inode_allow_write with the last reference */
	bool created;             /* the open that it comes from made the file */
	struct list epoll_items;  /* who watches it: epoll.c */
};

struct dir_context { /* getdents: `emit` returns false when the buffer is full */
	bool (*emit)(struct dir_context *ctx, const char *name, uint64_t ino, unsigned type);
	uint64_t pos; /* 0 ".", 1 "..", then the filesystem's own, ascending */
};

/* Data of a read or write: a list of user or kernel pieces, consumed as it goes. */
struct io_vec {
	const struct linux_iovec *user; /* copied into the kernel already */
	unsigned count, index;
	size_t offset; /* in the present piece */
	void *kernel;  /* if set: one kernel buffer instead */
	size_t left;   /* bytes in all */
	bool append;   /* RWF_APPEND */
};
void io_init_kernel(struct io_vec *io, void *buf, size_t n);
void io_init_user(struct io_vec *io, const struct linux_iovec *v,
    unsigned count); /* v: a kernel array of user pieces */
/* Moves n bytes to or from the pieces. Returns bytes moved, or -EFAULT if none could be. */
int64_t io_put(struct io_vec *io, const void *from, size_t n);
int64_t io_get(struct io_vec *io, void *to, size_t n);

struct file_ops {
	int (*open)(struct inode *i, struct file *f); /* NULL: nothing to do */
	void (*release)(struct file *f);              /* last reference */
	void (*flush)(struct file *f);                /* each close of a descriptor */
	/* *pos is advanced. 0 at the end of file. May return -ERESTARTSYS. */
	int64_t (*read)(struct file *f, struct io_vec *io, uint64_t *pos);
	int64_t (*write)(struct file *f, struct io_vec *io, uint64_t *pos);
	int64_t (*seek)(struct file *f, int64_t offset, int whence); /* NULL: ESPIPE */
	bool seek_ignored; /* without `seek`: lseek gives 0 */
	int64_t (*ioctl)(struct file *f, unsigned cmd, uint64_t arg);
	/* POLL* now; adds the caller to the queues it must wait on when pt is not NULL. NULL op:
	 * always ready. */
	unsigned (*poll)(struct file *f, struct poll_table *pt);
	int (*mmap)(struct file *f,
	    struct area *a); /* NULL: ENODEV; sets a->mapping or nothing for device zero */
	int (*fsync)(struct file *f);
	/* Whose news O_ASYNC tells of (fs/async.h), as it is turned on or off; ERR_PTR. NULL op:
	 * never any. */
	struct async_list *(*async_list)(struct file *f, bool on);
	void (*show_fdinfo)(struct file *f, struct proc_text *t); /* its own lines; NULL: none */
	bool splice_read, splice_write; /* may be spliced into a pipe, out of one */
	const char *name;               /* of a file on no path: "[eventfd]" */
};

/* poll's ears: up to any number of queues, freed at the end. */
struct poll_table {
	void (*add)(struct poll_table *pt, struct wait_queue *wq);
	void *data;
};
static inline void poll_wait(struct poll_table *pt, struct wait_queue *wq)
{
	if (pt)
		pt->add(pt, wq);
}

/* --- per-process state --- */
struct fs_context { /* CLONE_FS */
	struct refcount refs;
	struct spinlock lock; /* of the places */
	struct path root, cwd;
	uint32_t umask;
};
struct files { /* CLONE_FILES */
	struct refcount refs;
	struct spinlock lock;
	struct file **table;
	uint64_t *cloexec; /* bitmap */
	unsigned size;
	unsigned first_free; /* no free descriptor below it */
};
struct fs_context *fs_context_create(const struct fs_context *from);
void fs_context_put(struct fs_context *fs);
/* The root and the working directory; NULL: not wanted. */
void fs_places(struct fs_context *fs, struct path *root, struct path *cwd);
/* Whom an epoll watches under the number `fd`, after `skip` others that had it: only to be
 * compared. -EINVAL: f is no epoll; -ENOENT. */
const void *epoll_target(const struct file *f, int fd, unsigned skip);
struct files *files_create(void); /* empty; NULL: no memory */
/* 0, -ENOMEM, or -EMFILE: it has more than fs.nr_open allows now. */
int files_copy(struct files *from, struct files **out);
void files_put(struct files *f);
void files_exec(struct files *f); /* closes what is close-on-exec */
struct file *fd_get(
    int fd); /* of the current thread, with a reference; NULL: EBADF, also for O_PATH */
struct file *fd_get_raw(int fd); /* O_PATH too */
/* A number put aside before the file is made, so that EMFILE comes first: then published or given
 * back. */
int fd_reserve(unsigned flags, int lowest);
void fd_publish(int fd, struct file *f); /* takes over the reference */
void fd_unreserve(int fd);
/* flags: O_CLOEXEC. Takes over the reference, or drops it: the descriptor, -EMFILE, -ENOMEM. */
int fd_install(struct file *f, unsigned flags, int lowest);
int fd_install_pair(struct file *a, struct file *b, unsigned flags, int out[2]);
int fd_close(int fd);
bool fd_is_cloexec(int fd);
struct file *files_get(struct files *files, int fd); /* another task's */
bool files_cloexec(struct files *files, int fd);     /* is an open one close-on-exec? */

/* --- objects --- */
void file_get(struct file *f);
void file_put(struct file *f);
/* An open file on no path (pipes, eventfd, …). ERR_PTR on failure. `inode` may be NULL. */
struct file *file_create(
    const struct file_ops *ops, struct inode *inode, unsigned flags, void *data);
struct inode *inode_create(struct superblock *sb, uint32_t mode); /* NULL: no memory */
void inode_get(struct inode *i);
void inode_put(struct inode *i);
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len);
void dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
void dentry_copy_name(const struct dentry *d, char *buf, size_t size); /* cut if it is longer */

/* --- paths; dirfd as in openat(2); `path` in kernel memory --- */
#define MAY_EXEC  1
#define MAY_WRITE 2
#define MAY_READ  4
enum lookup_flags { LOOKUP_FOLLOW = 1, LOOKUP_DIRECTORY = 2, LOOKUP_EMPTY = 4 };
int path_lookup(int dirfd, const char *path, unsigned flags, struct path *out);
void path_get(const struct path *p);
void path_put(const struct path *p); /* {NULL, NULL} does no harm */
static inline bool path_same(const struct path *a, const struct path *b)
{
	return a->mount == b->mount && a->dentry == b->dentry;
}
/* The path as seen from `root`, at the end of buf; returns its start, or
 * ERR_PTR(-ENAMETOOLONG, -ENOENT). */
char *path_text(const struct path *p, const struct path *root, char *buf, size_t size);
struct file *do_open(
    int dirfd, const char *path, unsigned flags, uint32_t mode); /* ERR_PTR on failure */
struct file *file_open_path(const struct path *p, unsigned flags);
struct file *file_open_dentry(struct dentry *d, unsigned flags); /* on no path */
/* Is it mounted with this MS_… flag? What is on no path is with none. */
bool mount_has(const struct mount *m, uint64_t flag);
/* A program's file may not be open for writing while it runs, and the other way round: 0 or
 * -ETXTBSY. */
int inode_deny_write(struct inode *i);
void inode_allow_write(struct inode *i);
int inode_permission(
    const struct inode *i, unsigned mask); /* MAY_READ 4, MAY_WRITE 2, MAY_EXEC 1: 0 or -EACCES */
/* The capabilities that the file's attribute has: its length, -ENODATA, -EINVAL. */
int64_t inode_read_caps(struct inode *i, struct vfs_cap_data *out);
/* lseek(2): the new position, -EINVAL, -ESPIPE, -ENXIO. */
int64_t file_seek(struct file *f, int64_t offset, int whence);
int64_t file_read(struct file *f, void *buf, size_t n,
    uint64_t *pos); /* kernel memory; pos NULL: the file's own */
int64_t file_write(struct file *f, const void *buf, size_t n, uint64_t *pos);
unsigned file_poll(struct file *f, struct poll_table *pt);
/* For exec: a regular file whose execute right was checked. Opens it for reading whatever its read
 * right says, and denies writing to it until the last reference is gone. ERR_PTR(-ETXTBSY …). */
struct file *file_open_exec(const struct path *p);
int do_chdir(const char *path); /* the current thread's */
int do_stat(int dirfd, const char *path, unsigned flags, struct linux_stat *st);
int do_mkdir(int dirfd, const char *path, uint32_t mode);
int do_unlink(int dirfd, const char *path, bool directory);
int do_symlink(const char *target, int dirfd, const char *path);
int do_link(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int do_rename(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int do_mknod(int dirfd, const char *path, uint32_t mode, uint32_t rdev);
int do_fallocate(struct file *f, unsigned mode, int64_t offset, int64_t len);
int do_umount(const char *target, unsigned flags);
int file_stat(struct file *f, struct linux_stat *st);
/* Calls emit for what follows ctx->pos in an open directory, and advances it. -ENOTDIR, -ENOENT
 * (removed). */
int file_iterate(struct file *f, struct dir_context *ctx);
/* As path_text from the current root, for /proc: " (deleted)" is added; of a file on no path its
 * name. */
char *file_path(const struct file *f, char *buf, size_t size);
int do_mount(
    const char *source, const char *target, const char *type, uint64_t flags, const char *data);

/* --- filesystems --- */
void vfs_init(void); /* root tmpfs, /dev; the initramfs if boot_info has one */
int initramfs_unpack(
    const void *cpio, size_t size); /* "newc" cpio; -EINVAL names the bad entry in the log */
struct superblock *tmpfs_create(void);
/* A node in /dev, and who serves the number. */
int dev_register(const char *name, uint32_t mode, uint32_t rdev, const struct file_ops *ops);
/* Who serves every number of a major that no node is registered for. */
int dev_register_major(unsigned major, const struct file_ops *ops);
void dev_unregister(const char *name, uint32_t rdev); /* the node and the number */
#define MKDEV(major, minor) (((major) & 0xfffu) << 8 | ((minor) & 0xffu) | ((minor) & ~0xffu) << 12)
int do_pipe(struct file *out[2], unsigned flags);
