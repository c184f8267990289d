/* What the files of kernel/fs share among themselves. */
#pragma once

#include "arch/uaccess.h"
#include "fs/vfs.h"
#include "mm/heap.h"
#include "proc/cred.h"
#include "proc/process.h"

#define MAY_EXEC  1
#define MAY_WRITE 2
#define MAY_READ  4

/* Guards dentry->parent and ->name against rename, and the mount table. Short holds only. */
extern struct spinlock tree_lock;

/* --- who is asking --- */
static inline const struct cred *current_cred(void)
{
	return current->cred ? current->cred : &cred_root;
}
static inline bool fs_capable(int cap)
{
	return cred_has_cap(current_cred(), cap);
}
struct fs_context *current_fs(void); /* during start-up: the kernel's own */
uint64_t current_rlimit(unsigned which);
/* A signal for the current thread, as if by itself (SIGPIPE, SIGXFSZ). No fs lock may be held. */
void fs_signal_current(int sig);

/* --- superblocks --- */
struct superblock *superblock_create(const char *type, uint64_t magic, void *data);
void superblock_get(struct superblock *sb);
void superblock_put(struct superblock *sb);
/* A new one has one user, whose maker gives it up or hands it to a mount. */
void superblock_use(struct superblock *sb);
void superblock_unuse(struct superblock *sb); /* the last user frees the tree */
extern struct superblock anon_superblock;     /* inodes on no path */

/* --- inodes --- */
ns_t inode_now(void);
void inode_touch(struct inode *i);        /* mtime and ctime */
void inode_changed(struct inode *i);      /* ctime */
void inode_accessed(struct inode *i);     /* atime, by relatime's rule */
void path_accessed(const struct path *p); /* the same as far as the mount wants it */
/* A new inode of `dir`: owner, and what the directory's set-group-ID bit hands down. */
void inode_init_owner(struct inode *i, const struct inode *dir);
/* By the mode and the capabilities alone; and with the file system's own say. */
int inode_permission_mode(const struct cred *c, const struct inode *i, unsigned mask);
int inode_permission_cred(const struct cred *c, const struct inode *i, unsigned mask);
bool inode_owner_or_capable(const struct inode *i);
/* A change of content takes the set-ID bits away (inode->lock). */
void inode_clear_setid(struct inode *i);
/* --- extended attributes, of inodes that keep some (inode->lock, except where noted) --- */
bool xattr_kept(const struct inode *i); /* no lock */
int xattr_set(struct inode *i, const char *name, const void *value, size_t size, unsigned flags);
int xattr_remove(struct inode *i, const char *name);
/* Its length, and if `size` is not 0 its value in `buf`. */
int64_t xattr_get(struct inode *i, const char *name, void *buf, size_t size);
/* The names, each with its 0; those for the privileged among them if `trusted`. */
int64_t xattr_list(struct inode *i, bool trusted, char *buf, size_t size);
void xattr_drop_caps(struct inode *i); /* other content or another owner: they go */
void xattr_free_all(struct inode *i);  /* the inode ends */

int inode_get_write(struct inode *i); /* -ETXTBSY while it is being executed */
void inode_put_write(struct inode *i);
void inode_fill_stat(struct inode *i, struct linux_stat *st);
int inode_getattr(struct inode *i, struct linux_stat *st);
int inode_truncate(
    struct inode *i, uint64_t size); /* takes inode->lock; checks RLIMIT_FSIZE and seals */

/* --- dentries (the directory's inode->lock, except where noted) --- */
struct dentry *dentry_find(
    struct dentry *dir, const char *name, size_t len); /* with a reference, or NULL */
void dentry_attach(
    struct dentry *dir, struct dentry *d); /* into the directory, which takes a reference */
void dentry_detach(struct dentry *d);      /* out of it: unlinked from now on */
/* Another place and name; `name` is taken over. Both directories locked. */
void dentry_move(struct dentry *d, struct dentry *to, char *name, size_t len);
struct dentry *dentry_create_root(
    struct superblock *sb, struct inode *i); /* takes the inode's reference over */
/* A dentry in no directory, for pipes and the like; takes the inode's reference over, also when it
 * fails. */
struct dentry *dentry_create_alone(struct inode *i, const char *name);
void dentry_kill_tree(struct dentry *root);         /* no locks */
struct dentry *dentry_get_parent(struct dentry *d); /* with a reference; no locks needed */
bool dentry_is_below(struct dentry *d, struct dentry *ancestor); /* or the same; no locks needed */
/* As path_text, but what was removed is named as well, with `suffix`. */
char *path_text_raw(
    const struct path *p, const struct path *root, char *buf, size_t size, const char *suffix);
/* As it is called within its own file system. */
char *dentry_text(struct dentry *d, char *buf, size_t size);
uint32_t name_hash(const char *name, size_t len);

/* --- walking a path --- */
#define MAX_LINKS 40
struct link_frame {
	const char *rest;    /* what is left of the path that held the link */
	struct dentry *link; /* with a reference: keeps its text */
	char *text;          /* or the text itself, if it was made for us */
};
struct walk {
	struct path at, root;
	const struct cred *cred;
	unsigned flags;   /* LOOKUP_… */
	unsigned resolve; /* RESOLVE_… (openat2(2)) */
	unsigned links, depth, pending;
	bool need_dir;
	bool jumped;  /* a link in /proc led straight to w->at */
	bool writing; /* walk_want_write was granted */
	struct link_frame *frames;
};
struct last { /* a last component that was not looked up: "", "." and ".." included */
	const char *name;
	size_t len;
	bool slash; /* followed by one: must be a directory */
};
bool last_is_special(const struct last *l); /* "/", "." or ".." */
int walk_begin(struct walk *w, int dirfd, const char *path, unsigned flags, unsigned resolve);
void walk_end(struct walk *w);
/* Walks `path` from w->at; with `last` stops in the directory of the last component. */
int walk_path(struct walk *w, const char *path, struct last *last);
/* Follows `link` (reference taken over): *path becomes its text, to be walked on, "" if w->at is
 * there already. */
int walk_follow(struct walk *w, struct dentry *link, const char *rest, const char **path);
/* Both in one, the parent's way: what mkdir, unlink and rename begin with. */
int walk_parent(struct walk *w, int dirfd, const char *path, struct last *last);
int lookup_child(
    struct dentry *dir, const char *name, size_t len, struct dentry **out); /* takes the lock */
int lookup_child_locked(struct dentry *dir, const char *name, size_t len, struct dentry **out);
/* Asks to change something in the directory that the walk came to, until it ends: 0 or -EROFS. */
int walk_want_write(struct walk *w);
/* Goes on to `d` (reference taken over) in the same mount, and to what covers it. -EXDEV. */
int walk_step(struct walk *w, struct dentry *d);
int path_lookup_cred(
    const struct cred *c, int dirfd, const char *path, unsigned flags, struct path *out);
int path_lookup_resolve(
    int dirfd, const char *path, unsigned flags, unsigned resolve, struct path *out);

/* --- changing directories --- */
/* A name that the file system's own lookup does not know cannot be made (/proc). */
bool lookup_decides(const struct dentry *dir);
int may_create(const struct dentry *dir);
int may_delete(const struct dentry *dir, const struct dentry *victim, bool directory);
/* A new node in the locked directory `dir`; *out with a reference. `mode` as it shall be (umask
 * applied). */
int create_locked(
    struct dentry *dir, const struct last *l, uint32_t mode, uint32_t rdev, struct dentry **out);

/* do_mknod that gives the new name. */
int mknod_path(int dirfd, const char *path, uint32_t mode, uint32_t rdev, struct path *out);

/* --- files --- */
int64_t file_count(void); /* open file descriptions in the whole system */
static inline bool file_readable(const struct file *f)
{
	return (f->flags & O_ACCMODE) == O_RDONLY || (f->flags & O_ACCMODE) == O_RDWR;
}
static inline bool file_writable(const struct file *f)
{
	return (f->flags & O_ACCMODE) == O_WRONLY || (f->flags & O_ACCMODE) == O_RDWR;
}
/* One read or write with all checks. `pos` NULL: the file's own position, advanced. */
int64_t file_read_io(struct file *f, struct io_vec *io, uint64_t *pos);
int64_t file_write_io(struct file *f, struct io_vec *io, uint64_t *pos);
int64_t seek_in(
    struct file *f, int64_t offset, int whence, uint64_t size); /* plain SEEK_SET, CUR, END */
void epoll_file_released(struct file *f);
void locks_file_released(struct file *f); /* flock and OFD locks */
void locks_process_closed(
    struct file *f, void *owner); /* POSIX locks, at each close; owner: its struct files */
void locks_inode_released(struct inode *i);
int64_t fcntl_lock(struct file *f, unsigned cmd, uaddr_t arg);
int do_flock(struct file *f, unsigned op);
struct proc_text;
/* fdinfo's lines of the locks that were set through `f`, by it or by the table `files`. */
void locks_show_file(struct proc_text *t, const struct file *f, const struct files *files);
int64_t pipe_fcntl(struct file *f, unsigned cmd, uint64_t arg);
int files_dup(
    struct file *f, int fd, unsigned flags); /* dup3's second half: takes the reference over */
int files_close_range(unsigned first, unsigned last, bool cloexec);

extern const struct file_ops dir_file_ops, fifo_file_ops, tmpfs_file_ops;
extern const struct inode_ops tmpfs_inode_ops;
const struct file_ops *dev_ops(uint32_t rdev); /* NULL: nobody serves it */
void devfs_init(void);                         /* may be called again */
struct file *memfd_open(const char *name, unsigned flags);
/* A regular file of a tmpfs that is mounted nowhere, on no path: a reference, or ERR_PTR(-ENOMEM).
 */
struct dentry *tmpfs_kernel_file(const char *name, uint32_t mode);
struct superblock *tmpfs_create_type(const char *type, const char *options, int *err);
struct superblock *proc_create(void);
struct superblock *sysfs_create(void);
/* An unnamed regular file of `dir`'s filesystem (O_TMPFILE). */
struct inode *tmpfs_unnamed(struct inode *dir, uint32_t mode);
/* Zeroes [from, to) of a file, as far as pages or the archive have something there. (inode->lock)
 */
int tmpfs_zero(struct inode *i, uint64_t from, uint64_t to);
/* Makes a hole of [from, to): pages that lie in it whole are given back. (inode->lock) */
int tmpfs_punch(struct inode *i, uint64_t from, uint64_t to);
void tmpfs_uncharge(struct inode *i); /* after pages went: gives back what they counted for */
extern struct superblock *devfs_superblock;

/* --- mounts (mount.h has the rest) --- */
const char *filesystem_name(unsigned n); /* the n-th that can be mounted; NULL past the last */
int mount_id(const struct mount *m);     /* NULL: of what is on no path */
/* Asks to change something: 0, or -EROFS. Each 0 is ended by mount_end_write. */
int mount_want_write(struct mount *m);
void mount_end_write(struct mount *m);
bool mount_readonly(const struct mount *m); /* by its own flag or its file system's */
static inline int path_want_write(const struct path *p)
{
	return mount_want_write(p->mount);
}
bool path_is_mount_root(const struct path *p);
void mount_top(struct path *p); /* goes to what covers it, if anything */
void mount_init_root(struct superblock *sb, struct path *root); /* start-up */
enum mount_format { MOUNTS, MOUNTINFO, MOUNTSTATS };
/* /proc/PID/mounts and its like, as seen from `root`. */
void mount_show(struct proc_text *t, const struct path *root, enum mount_format format);

/* --- system calls: arguments --- */
struct user_path {
	const char *text;
	char *heap;
	char small[128];
};
int user_path_get(struct user_path *p, uaddr_t src); /* -EFAULT, -ENAMETOOLONG, -ENOMEM */
void user_path_put(struct user_path *p);
bool user_range_ok(uaddr_t addr, uint64_t n);
/* Copies and checks an array of pieces, at most IOV_MAX: *out is `small` or *heap, which must be
 * freed, also on failure. -EINVAL, -EFAULT, -ENOMEM. */
int iovec_copy_in(uaddr_t src, uint64_t count, struct linux_iovec *small, unsigned small_count,
    struct linux_iovec **out, struct linux_iovec **heap);
/* A timespec in user memory as a duration, or as given. -EFAULT, -EINVAL. */
int user_timespec(uaddr_t src, ns_t *out);
int user_sigmask(uaddr_t src, size_t size, bool *given, sigset_t *out);

/* file.c: file_open_dentry in two steps. A file that is no more than memory; NULL: there is none.
 */
struct file *file_alloc(const struct file_ops *ops, unsigned flags, void *data) must_check;
void file_discard(struct file *f); /* of file_alloc, or NULL */
struct file *do_open_resolve(      /* do_open, kept within RESOLVE_… */
    int dirfd, const char *path, unsigned flags, uint32_t mode, unsigned resolve);
/* Opens the place with it, by its flags. On failure ERR_PTR, and `f` is discarded. */
struct file *file_open_with(struct file *f, const struct path *p);
