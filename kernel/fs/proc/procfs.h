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
void text_puts(struct proc_text *t, const char *s);
/* A string with each of `special` as a backslash and three octal digits. */
void text_escaped(struct proc_text *t, const char *s, const char *special);
/* A set of CPUs or nodes: "3", or as ranges "0-1". */
void text_mask(struct proc_text *t, uint64_t mask, unsigned bits);
void text_ranges(struct proc_text *t, uint64_t mask);

/* A parameter that is a number: where it is kept, and what may be written to it. */
struct proc_value {
	int64_t *at; /* read and written atomically */
	int64_t min, max;
};

struct proc_entry {
	const char *name;
	uint32_t mode; /* with its type */
	/* Regular files are made by `show` (0 or -errno), or are a constant `text`, or a `value`.
	 */
	int (*show)(struct proc_text *t, const struct proc_inode *p);
	const char *text;
	const struct proc_value *value;
	/* Takes the text of one write(2), ended by a 0, that began at the file's start: 0 or
	 * -errno. NULL: as Linux, EINVAL. */
	int (*write)(const struct proc_inode *p, const char *text);
	int (*may_open)(const struct proc_inode *p); /* 0 or -errno; NULL: the mode says all */
	/* Links: their text, and where following one leads (NULL: by its text). */
	int (*link)(const struct proc_inode *p, char *buf, size_t size);
	int (*follow)(const struct proc_inode *p, struct path *out);
	/* Directories: a table, or names made on demand. */
	const struct proc_entry *children;
	const struct proc_dynamic *dynamic;
	const struct file_ops *fops; /* files that are more than text */
	uint64_t size;               /* st_size; a directory of descriptors counts them */
	bool parameter;              /* of /proc/sys: the mode binds root, too */
};

/* Children that go by numbers: processes, threads, descriptors, CPUs. */
struct proc_dynamic {
	/* The lowest number >= `from` that is there, or -1. */
	int64_t (*next)(const struct proc_inode *p, int64_t from);
	/* Does `number` exist? Fills what identifies it in `out`. 0 or -ENOENT. */
	int (*open)(const struct proc_inode *p, int64_t number, struct proc_inode *out);
	const struct proc_entry *entry; /* what each of them is */
	bool tasks;                     /* the numbers are those of tasks: `open` fills pid */
	/* Names that are not plain numbers: a number's name, and the number of a name or -1. */
	void (*name)(const struct proc_inode *p, int64_t number, char *buf, size_t size);
	int64_t (*parse)(const struct proc_inode *p, const char *name);
};
#define PROC_NAME_MAX 40 /* the longest of these names */

/* What an inode of /proc stands for: inode->data. */
struct proc_inode {
	const struct proc_entry *entry;
	struct pid *pid; /* with a reference; NULL: the system's own */
	bool thread;     /* of /proc/PID/task/TID: the thread, not its process */
	int64_t number;  /* among dynamic children that are not tasks; -1: none */
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

/* A file system of this type whose root is `root`; NULL: no memory. */
struct superblock *proc_superblock(const char *type, uint64_t magic, const struct proc_entry *root);
extern const struct file_ops proc_file_ops; /* text.c: those made by show and write */
/* A whole number with blanks around it. 0 or -EINVAL. */
int proc_parse_int(const char *text, int64_t *out);
/* Decimal, octal with 0, or hexadecimal with 0x. 0 or -EINVAL. */
int proc_parse_unsigned(const char *text, uint64_t *out);

extern const struct proc_entry proc_root_entry;    /* root.c */
extern const struct proc_entry proc_pid_entry;     /* pid.c */
extern const struct proc_entry proc_sys_entries[]; /* sys.c */
extern const struct proc_dynamic proc_fds, proc_fdinfos, proc_map_files, proc_threads;
extern const struct file_ops proc_mem_ops;             /* mem.c */
extern const struct proc_entry proc_ns_entries[];      /* ns.c */
extern const struct proc_entry proc_sysvipc_entries[]; /* ipc.c */
extern const struct proc_entry proc_net_entries[];     /* net.c */

int64_t proc_next_fd(const struct proc_inode *dir, int64_t from); /* the lowest open one, or -1 */
int proc_link_exe(const struct proc_inode *p, char *buf, size_t size);
int proc_link_cwd(const struct proc_inode *p, char *buf, size_t size);
int proc_link_root(const struct proc_inode *p, char *buf, size_t size);
int proc_follow_exe(const struct proc_inode *p, struct path *out);
int proc_follow_cwd(const struct proc_inode *p, struct path *out);
int proc_follow_root(const struct proc_inode *p, struct path *out);
/* The text of a link that leads to a dentry. */
int proc_link_text(int (*follow)(const struct proc_inode *, struct path *),
    const struct proc_inode *p, char *buf, size_t size);
/* An open file of the process, with a reference. 0, -ESRCH, -EACCES, -ENOENT. */
int proc_fd_file(const struct proc_inode *p, int64_t fd, struct file **out);
/* How many descriptors the process has open. */
uint64_t proc_count_fds(const struct proc_inode *p);

/* The space of a process that the caller may look into; NULL with *err 0: it has none (any more).
 */
struct space *proc_space_access(const struct proc_inode *p, int *err);
/* Shows each area of the process, by `show`, which gets room for a path. (space->lock) */
typedef void proc_area_fn(
    struct proc_text *t, const struct space *s, const struct area *a, char *buf);
int proc_for_each_area(struct proc_text *t, const struct proc_inode *p, proc_area_fn *show);
proc_area_fn proc_show_area;                   /* its line of maps */
uint64_t proc_mapped_by(const struct page *p); /* how many page tables have the page */
extern const struct file_ops proc_pagemap_ops;
int proc_write_timer_slack(const struct proc_inode *p, const char *text);
int proc_write_time_offsets(const struct proc_inode *p, const char *text);
int proc_write_oom_score_adj(const struct proc_inode *p, const char *text);
int proc_write_oom_adj(const struct proc_inode *p, const char *text);
int proc_write_sem_limits(const struct proc_inode *p, const char *text);
int proc_write_shmmax(const struct proc_inode *p, const char *text);
int proc_write_shmall(const struct proc_inode *p, const char *text);

/* Each shows one file. */
typedef int proc_show_fn(struct proc_text *t, const struct proc_inode *p);
proc_show_fn proc_show_meminfo, proc_show_smaps, proc_show_smaps_rollup, proc_show_oom_score,
    proc_show_oom_score_adj, proc_show_oom_adj, proc_show_numa_maps, proc_show_timers,
    proc_show_timer_slack, proc_show_time_offsets;
proc_show_fn proc_show_unix; /* net/unix/show.c */
proc_show_fn proc_show_stat, proc_show_status, proc_show_statm, proc_show_maps, proc_show_cmdline,
    proc_show_environ, proc_show_auxv, proc_show_mounts, proc_show_mountinfo, proc_show_mountstats,
    proc_show_limits, proc_show_io, proc_show_syscall, proc_show_stack, proc_show_wchan,
    proc_show_schedstat, proc_show_sched, proc_show_children, proc_show_cpu_stat, proc_show_loadavg,
    proc_show_uptime, proc_show_interrupts, proc_show_softirqs, proc_show_locks,
    proc_show_filesystems, proc_show_cpuinfo, proc_show_vmstat, proc_show_sem_limits,
    proc_show_shmmax, proc_show_shmall;
