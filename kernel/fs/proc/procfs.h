/*
 * /proc (proc(5)): tables of entries. Nothing of it is kept: each lookup makes an inode that names
 * a process by its pid object, so that a number used again is never taken for the old one.
 */
#pragma once

#include "fs/internal.h"

struct proc_inode;

/* Text being made. It grows; when memory is out, `failed`. */
struct proc_text {
	char *buf;
	size_t len, size;
	bool failed;
};
void text_printf(struct proc_text *t, const char *fmt, ...) printf_like(2, 3);
void text_append(struct proc_text *t, const void *data, size_t n);

struct proc_entry {
	const char *name;
	uint32_t mode; /* with its type */
	/* Regular files: 0 or -errno. */
	int (*show)(struct proc_text *t, const struct proc_inode *p);
	/* Links: their text, and where following one leads (NULL: by its text). */
	int (*link)(const struct proc_inode *p, char *buf, size_t size);
	int (*follow)(const struct proc_inode *p, struct dentry **out);
	/* Directories: a table, or names made on demand. */
	const struct proc_entry *children;
	const struct proc_dynamic *dynamic;
	const struct file_ops *fops; /* files that are more than text */
};

/* Children that are numbers: processes, threads, descriptors. */
struct proc_dynamic {
	/* The lowest number >= `from` that is there, or -1. */
	int (*next)(const struct proc_inode *p, int from);
	/* Does `number` exist? Fills what identifies it in `out`. 0 or -ENOENT. */
	int (*open)(const struct proc_inode *p, int number, struct proc_inode *out);
	const struct proc_entry *entry; /* what each of them is */
};

/* What an inode of /proc stands for: inode->data. */
struct proc_inode {
	const struct proc_entry *entry;
	struct pid *pid; /* with a reference; NULL: the system's own */
	bool thread;     /* of /proc/PID/task/TID: the thread, not its process */
	int fd;
	uint32_t rights; /* of a descriptor's link: how it is open */
};

/* The thread (of a process: its leader) with a reference, or NULL if it is gone. */
struct thread *proc_thread(const struct proc_inode *p);
/* May the current thread look into this one's memory and files? (ptrace(2), access mode checking)
 */
bool proc_may_access(const struct thread *t);
/* proc_thread with that check: NULL and *err = -ESRCH or -EACCES. */
struct thread *proc_thread_access(const struct proc_inode *p, int *err);
/* The process that an open /proc/PID directory stands for; the file keeps it. NULL: it is none. */
struct pid *proc_pid_of_directory(const struct file *f);
/* References to what a thread has, or NULL. */
struct space *proc_space(struct thread *t);
struct files *proc_files(struct thread *t);
struct fs_context *proc_fs(struct thread *t);

extern const struct proc_entry proc_root_entry;          /* root.c */
extern const struct proc_entry proc_pid_entry;           /* pid.c */
extern const struct proc_entry proc_sys_entries[];       /* sys.c */
extern const struct proc_entry proc_sysvipc_entries[];   /* ipc.c */
extern const struct proc_dynamic proc_fds, proc_threads; /* links.c, pid.c */
extern const struct proc_dynamic proc_fdinfos;           /* fdinfo.c */
extern const struct file_ops proc_mem_ops;               /* mem.c */

int proc_next_fd(const struct proc_inode *dir, int from); /* the lowest open one, or -1 */
int proc_link_exe(const struct proc_inode *p, char *buf, size_t size);
int proc_link_cwd(const struct proc_inode *p, char *buf, size_t size);
int proc_link_root(const struct proc_inode *p, char *buf, size_t size);
int proc_follow_exe(const struct proc_inode *p, struct dentry **out);
int proc_follow_cwd(const struct proc_inode *p, struct dentry **out);
int proc_follow_root(const struct proc_inode *p, struct dentry **out);
int proc_show_stat(struct proc_text *t, const struct proc_inode *p);
int proc_show_status(struct proc_text *t, const struct proc_inode *p);
int proc_show_statm(struct proc_text *t, const struct proc_inode *p);
int proc_show_maps(struct proc_text *t, const struct proc_inode *p);
int proc_show_cmdline(struct proc_text *t, const struct proc_inode *p);
int proc_show_environ(struct proc_text *t, const struct proc_inode *p);
int proc_show_auxv(struct proc_text *t, const struct proc_inode *p);
int proc_show_msgmax(struct proc_text *t, const struct proc_inode *p);
int proc_show_msgmnb(struct proc_text *t, const struct proc_inode *p);
int proc_show_msgmni(struct proc_text *t, const struct proc_inode *p);
int proc_show_sem_limits(struct proc_text *t, const struct proc_inode *p);
int proc_show_shmmax(struct proc_text *t, const struct proc_inode *p);
int proc_show_shmall(struct proc_text *t, const struct proc_inode *p);
int proc_show_shmmni(struct proc_text *t, const struct proc_inode *p);
int proc_show_mounts(struct proc_text *t, const struct proc_inode *p);
