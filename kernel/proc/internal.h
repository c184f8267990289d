/* What the files of this folder share and nobody else needs. */
#pragma once

#include "proc/process.h"

struct space;

/* The parent of a vfork sleeps on one of these, on its own stack (task_lock). */
struct vfork_wait {
	struct wait_queue wq;
	bool done;
};

void pid_release_number(struct pid *p); /* (task_lock) */

void pid_discard(struct pid *p);             /* allocated, named nothing, with the last reference */
void itimer_real_expired(struct process *p); /* in interrupt context */

/* A process without threads yet, and a thread of it without anything to run. NULL: no memory. */
struct process *process_create(struct process *parent);
struct thread *thread_create(struct process *p, struct pid *tid);
void thread_free_unstarted(struct thread *t);
void process_free_unstarted(struct process *p);
/* Puts a new process with its first thread where everybody sees it: pid tables, family, group,
 * session. (task_lock) */
void process_publish(struct process *p, struct thread *leader, struct pid *pid);
void thread_publish(struct thread *t); /* a further thread (task_lock) */

/* In exec by a thread that is not the leader, once it is the only one left. (task_lock) */
void thread_take_leader_id(struct thread *t);

/* A thread that is not the leader, and has ended, goes for good. (task_lock) */
void thread_release(struct thread *t);

/* Wakes a parent that waits in vfork, once. */
void vfork_release(struct thread *t);
/* The process leaves this space: its peak counts for ru_maxrss. (task_lock) */
void process_note_peak(struct process *p, const struct space *s);
/* Before the thread leaves its space: robust futexes are handed on, the tid is cleared and whoever
 * waits for it woken. */
void thread_release_futexes(struct thread *t);
/* The current thread gets descriptors, or directories and umask, of its own. 0 or -ENOMEM. */
int thread_unshare_files(struct thread *t);
int thread_unshare_fs(struct thread *t);
/* Gives space, files and directories back. */
void thread_drop_resources(struct thread *t);
/* Tells the parent that `p` is a zombie. True: nobody wants it, reap it now. (task_lock) */
bool process_notify_parent(struct process *p);
void process_set_pgrp(struct process *p, struct pid *pgrp);       /* (task_lock) */
void process_set_session(struct process *p, struct pid *session); /* (task_lock) */

/* The options of prctl(2) about the process's memory; -ENOSYS for the others. */
int64_t space_prctl(const uint64_t a[6]);

/* Has this user as many threads as RLIMIT_NPROC allows, plus `more`? */
bool nproc_reached(uint32_t uid, uint64_t more);
/* The current thread takes this real user id: one that has too many threads cannot exec. */
void nproc_note_new_user(uint32_t uid);

/* Loads an ELF program into a space that is not in use yet. */
struct elf_image {
	uaddr_t entry; /* where user mode starts: the interpreter's entry, if there is one */
	uaddr_t program_entry; /* AT_ENTRY */
	uaddr_t phdr;          /* AT_PHDR */
	unsigned phnum;
	uaddr_t interp_base; /* AT_BASE */
	bool exec_stack;
};
struct file;
struct inode;
struct space;
/* *fatal is set once Linux would have given up the old image: an error after that kills the caller.
 */
int elf_load(struct space *s, struct file *f, const void *head, size_t head_len,
    struct elf_image *out, bool *fatal);

/* What a program's file makes of the credentials (execve(2), capabilities(7)). */
struct exec_cred {
	struct cred *cred;      /* to be installed, or NULL */
	bool secure;            /* AT_SECURE */
	bool clean_personality; /* the file gives rights: what weakens the layout is dropped */
};
/* 0, -ENOMEM, -EPERM. The caller owns out->cred. */
int exec_cred_prepare(struct exec_cred *out, const struct file *file);

/* Strings of a new program, gathered while the old image is still there. */
struct exec_strings {
	char *buf; /* argv strings, then envp strings, each with its 0 */
	size_t len, capacity;
	unsigned argc, envc;
	size_t env_offset;
};
/* A program file, checked for the right to execute it; nobody may write to it until it is closed.
 * ERR_PTR. */
struct file *exec_open(int dirfd, const char *path, unsigned lookup);
int exec_strings_collect(
    struct exec_strings *s, const struct string_vec *argv, const struct string_vec *envp);
int exec_strings_prepend(struct exec_strings *s, const char *arg); /* before argv[0] */
int exec_strings_drop_first(struct exec_strings *s);
void exec_strings_free(struct exec_strings *s);
/* Builds the initial stack (argc, argv, envp, auxv) in `sp_out`'s space. */
int exec_build_stack(struct space *s, const struct exec_strings *strings,
    const struct elf_image *image, const char *execfn, const struct cred *cred, bool secure,
    uaddr_t *sp_out);
