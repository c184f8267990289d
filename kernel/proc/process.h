/*
 * Processes, threads, and the ids that name them.
 * Legend: [T] task_lock; [S] the scheduler's rules (sched/sched.h); [O] only the owner thread; [C]
 * constant; [L] the lock inside the object.
 */
#pragma once

#include "arch/cpu.h"
#include "arch/thread.h"
#include "lib/list.h"
#include "lock.h"
#include "mm/mempolicy.h"
#include "proc/cpu_timer.h"
#include "proc/cred.h"
#include "sched/rseq.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "seccomp/seccomp.h"
#include "signal/signal.h"

struct space;
struct futex_sleeper;
struct files;
struct fs_context;
struct tty;
struct trace;

extern struct spinlock task_lock; /* all state shared between tasks: [T] */

/* A number and what it names now. Outlives them as long as somebody (a pidfd, a group's member)
 * holds it. */
struct pid {
	struct refcount refs;
	int nr;
	struct thread *thread;   /* [T] the thread with this tid */
	struct process *process; /* [T] the process with this id, zombies included, until reaped */
	struct list members;     /* [T] processes of the group with this id, by pgrp_link */
	struct list session;     /* [T] processes of the session with this id, by session_link */
	struct wait_queue
	    poll; /* pidfds: woken when the thread or process ends, and when it is gone */
};

/* What read(2), write(2) and their relatives moved: /proc/PID/io. */
struct io_counts {
	uint64_t read_bytes, written_bytes, reads, writes;
};

struct rusage_ns {
	ns_t user, system;
	uint64_t minflt, majflt, nvcsw, nivcsw, maxrss_kib, inblock, oublock;
	struct io_counts io;
};

enum process_phase { LIVE, STOPPING, STOPPED, EXITING, ZOMBIE };

struct rlimit {
	uint64_t cur, max;
};

struct process {
	struct refcount refs;
	struct pid *pid;      /* [C] but for exec by a non-leader */
	struct list all_link; /* [T] of all_processes */

	/* family: [T] */
	struct process *parent;       /* who is told and who waits: the tracer has its own list */
	struct thread *parent_thread; /* the thread that forked us, or its heir: it hears of us
					 first; not NULL if parent is not */
	struct list children, sibling_link;
	struct list threads; /* by thread->process_link, the leader first; the leader stays until
				the process is reaped */
	int thread_count;    /* threads that have not reached the end of thread_exit, and other than
				the leader tracees whose end their tracer has not heard of */
	int live_count;      /* threads that have not begun it */
	struct thread *leader;
	struct pid *pgrp, *session;
	struct list pgrp_link, session_link;
	struct tty *tty;             /* controlling terminal, with a reference of the session */
	struct pid *lost_foreground; /* of a leader whose terminal was hung up; with a reference */
	bool did_exec;               /* setpgid's EACCES */
	bool child_subreaper, has_child_subreaper;
	int exit_signal; /* what the parent gets at the end: SIGCHLD by default, 0 none */
	unsigned execs;  /* programs it has run; and its parent, when that made it: after another it
			    gets SIGCHLD */
	unsigned parent_execs;

	/* signals: [T] */
	struct pending pending;
	struct actions *actions;       /* shared by CLONE_SIGHAND; its own reference count */
	struct wait_queue signal_wait; /* signalfd */

	/* job control, exit: [T] */
	enum process_phase phase;
	int stop_signal; /* of the stop in force or under way */
	int exit_status; /* as wait gives it: code << 8, or signal | 0x80 for a core */
	int unparked;    /* STOPPING: threads that have still to park */
	enum {
		EVENT_NONE,
		EVENT_STOPPED,
		EVENT_CONTINUED
	} event;         /* what WUNTRACED or WCONTINUED has yet to report */
	int notify_code; /* CLD_STOPPED or CLD_CONTINUED that a thread has yet to tell the parent,
			    or 0 */
	bool group_exit; /* exit_group or a fatal signal is under way; exit_status is decided */
	bool unkillable; /* init and kernel processes: default actions do nothing (S13) */
	int exec_stop;   /* a stop that exec found under way; SIGCONT cancels it */
	struct thread *execing;        /* the thread that kills its siblings in exec */
	struct wait_queue child_event; /* parents wait here, in do_wait */
	struct wait_queue thread_exit; /* exec waits here for its siblings */
	/* The thread that works out what credentials a program gets: nobody may begin to trace it
	 * meanwhile. And who waits for that. */
	struct thread *cred_guard;
	struct wait_queue cred_guard_free;

	/* accounting: [T] */
	ns_t start_time; /* since boot */
	struct rusage_ns dead_threads, reaped_children;
	struct rlimit rlimits[16];
	int16_t oom_score_adj, oom_score_adj_min; /* [T] mm/oom.h; what is inherited */
	uint32_t personality;                     /* [O] of any thread: personality(2) */

	/* who may attach beyond ptrace_scope: [T] */
	struct pid *allowed_tracer; /* with a reference, or NULL */
	bool any_tracer;
	/* audit's idea of a login; UINT32_MAX: none [O] of any thread */
	uint32_t login_uid, login_session;
#define COREDUMP_FILTER_DEFAULT 0x33
#define COREDUMP_FILTER_MASK    0x1ff
	uint32_t coredump_filter; /* core(5) [O] of any thread */

	/* timers: [T] */
	struct timer real_timer;          /* ITIMER_REAL and alarm */
	ns_t real_expires, real_interval; /* [T] the expiry that is awaited, or was the last */
	bool real_active;                 /* [T] it is awaited */
	struct cpu_timers cpu_timers;
	struct list posix_timers; /* of posix_timer */
	int next_timer_id;

	/* syscalls nobody implements, one bit each: logged once */
	uint64_t unknown_logged[8];
};

enum thread_park { RUNNING, JOB_STOP, TRACE_STOP, DEAD };

/* Work a thread has to do before it returns to user mode: bits of thread->work, set atomically by
 * anybody. */
enum thread_work { WORK_SIGNAL = 1, WORK_RESCHED = 2, WORK_RSEQ = 4 };

/* What is to be done before a system call: bits of thread->syscall_work. */
enum syscall_work {
	SYSCALL_SECCOMP = 1,
	SYSCALL_USER_DISPATCH = 2,
	SYSCALL_TRACE = 4,
	SYSCALL_EMULATE = 8
};

struct thread {
	struct arch_thread arch; /* first: assembly knows its layout [O] */
	struct sched_entity sched;
	void *stack; /* lowest address of the kernel stack [C] */
	struct refcount refs;
	struct pid *tid;          /* [C] but for exec by a non-leader */
	struct process *process;  /* [C]; NULL for idle threads */
	struct list process_link; /* [T] */
	char comm[16];            /* [T] */
	uint32_t work;            /* WORK_…, atomic */
	bool cpu_watch;           /* its CPU timers wait until it runs: atomic */
	bool kernel;              /* never enters user mode */

	/* signals: [T] */
	sigset_t blocked;
	sigset_t awaited;        /* by sigtimedwait: blocked otherwise [O] */
	sigset_t saved_mask;     /* what sigsuspend and friends put aside [O] */
	bool restore_saved_mask; /* [O] */
	struct pending pending;
	struct altstack altstack; /* [O] */

	/* stops: [T] */
	enum thread_park park;
	bool stop_wanted;    /* has to park: process->phase is STOPPING or STOPPED */
	bool stop_counted;   /* process->unparked counts it */
	bool stop_dequeued;  /* no SIGCONT has come since it took its last signal */
	int stop_signal;     /* of the last stop that it was to take part in */
	bool exiting;        /* in thread_exit already: takes no signals */
	int exit_code;       /* as process->exit_status */
	struct trace *trace; /* NULL: untraced (ptrace/ptrace.h) */
	/* In a trace stop: what its tracer's wait has yet to hear, 0: nothing; then, when it goes
	 * on, the signal that the tracer gave it along. */
	int trace_code;
	struct list tracees; /* whom it traces, by trace->link */

	/* resources: pointer changes under [T], objects have their own locks */
	struct space *space; /* NULL for kernel threads */
	struct files *files;
	struct fs_context *fs;   /* root, cwd, umask */
	const struct cred *cred; /* immutable, replaced whole */

	/* system calls [O] */
	uint32_t syscall_work; /* SYSCALL_…, atomic */
	struct seccomp seccomp;
	struct {
		uaddr_t start, selector;
		uint64_t len;
	} user_dispatch;
	int syscall_number; /* in progress, -1 outside */
	uint64_t syscall_args[6];
	struct restart {
		int64_t (*fn)(struct restart *r); /* what restart_syscall does; NULL: EINTR */
		ns_t deadline;
		uint64_t args[5];
	} restart;

	/* tids told at start and exit, robust futexes [O] */
	uaddr_t set_child_tid, clear_child_tid, robust_list;
	uint64_t robust_list_len;
	struct rseq rseq;
	/* priority inheritance: who waits for futexes of ours, and for which one we wait [T] */
	struct list pi_sleepers;
	struct futex_sleeper *pi_waits;
	bool pi_over;             /* it has given its futexes back for the last time */
	struct vfork_wait *vfork; /* [T] not NULL: our parent sleeps until we exec or exit */
	int pdeath_signal;        /* [T] */
	bool no_new_privs;
	struct wishes {               /* inherited [O] */
		uint64_t timer_slack; /* ns; atomic: /proc sets others' */
		uint64_t default_slack;
		uint16_t io_priority;   /* ioprio_set(2); 0: none [T] */
		uint8_t memory_failure; /* PR_MCE_KILL_… */
		bool io_flusher;
		struct mem_policy policy;
	} wishes;
	bool nproc_exceeded; /* [O] the new user had too many threads: exec fails */

	/* accounting */
	uint64_t faults_minor, faults_major;
	struct io_counts io; /* [O]; read without a lock */
	ns_t start_time;

	struct sem_undo_list *sem_undo; /* what semop's SEM_UNDO gives back, or NULL [O] */

	struct list
	    *ending_messages; /* [O] of closed sockets: net/unix/unix.c; NULL outside of it */
	void *reent;          /* newlib's struct _reent of a kernel thread that runs Lua, or NULL */
	void *owner;          /* free for the subsystem a kernel thread belongs to */
};

#define current arch_current()

/* --- ids (proc/pid.c) --- */
extern struct list all_processes; /* [T] */
void pid_init(void);
int pid_last(void);            /* the number given last (task_lock) */
extern uint64_t tasks_created; /* [T] since boot, threads included */
/* A new id, or NULL with *err = -EAGAIN or -ENOMEM. */
struct pid *pid_alloc(int *err);
/* This id: -EINVAL, -EPERM, -EEXIST, -ENOMEM (clone(2), "set_tid"). */
struct pid *pid_alloc_at(int nr, int *err);
struct pid *pid_find(int nr); /* no reference taken (task_lock) */
void pid_get(struct pid *p);
void pid_put(struct pid *p);
/* The process or thread with this id, or NULL. (task_lock) */
struct process *process_find(int pid);
struct thread *thread_find(int tid);
void process_get(struct process *p);
void process_put(struct process *p);
/* prctl(2), PR_SET_TIMERSLACK: in ns, 0: the default; of a real-time thread it is 0. */
void timer_slack_set(struct thread *t, uint64_t ns);
uint64_t timer_slack_get(const struct thread *t);
void thread_get(struct thread *t);
void thread_put(struct thread *t);

/* --- making them (proc/thread.c, fork.c) --- */
/* A thread of a new kernel process that runs fn(arg); process pid as allocated. ERR_PTR on failure.
 * Not started. */
struct thread *kernel_process_create(const char *comm, void (*fn)(void *), void *arg);
/* A bare thread for a CPU's idle loop, no process, tid 0. */
struct thread *thread_create_idle(unsigned cpu);

struct clone_args_k {
	uint64_t flags;
	uaddr_t pidfd, child_tid, parent_tid, stack,
	    tls; /* stack: the child's first sp, 0: as the parent's */
	int exit_signal;
	int set_tid; /* 0: any */
};
/* clone(2). Returns the child's tid as the parent's result, or -errno. */
int64_t do_clone(const struct clone_args_k *a);

/*
 * A user process made from inside: a child of the current (kernel) process, which opens `path`,
 * gets argv and envp and the files given, and is started, or left stopped (as by SIGSTOP, its
 * parent told) before its first instruction. Returns the new pid or -errno (as execve's).
 */
struct spawn_args {
	const char *path;
	const char *const *argv, *const *envp;
	const char *cwd;       /* NULL: inherited */
	struct file *stdio[3]; /* NULL: /dev/null; references stay the caller's */
	int pgid;              /* -1: the parent's; 0: its own */
	bool new_session;      /* setsid; */
	struct tty *tty; /* with new_session: becomes the controlling terminal, and its group the
			    foreground */
	bool stopped;
	bool traced;            /* by the caller, and stopped for it before its first instruction */
	uint32_t trace_options; /* PTRACE_O_… */
	const struct cred *cred; /* NULL: root's */
};
int process_spawn(const struct spawn_args *a);

/* --- limits (proc/rlimit.c) --- */
enum {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_LOCKS,
	RLIMIT_SIGPENDING,
	RLIMIT_MSGQUEUE,
	RLIMIT_NICE,
	RLIMIT_RTPRIO,
	RLIMIT_RTTIME,
	RLIMIT_COUNT
};
#define RLIM_INFINITY UINT64_MAX
uint64_t rlimit_get(int resource); /* the soft limit of the current process */
void rlimits_default(struct rlimit *limits);

/* --- exec (proc/exec.c, elf.c) --- */
struct string_vec { /* argv or envp: from user memory or from the kernel */
	const char *const *kernel;
	uaddr_t user; /* if kernel == NULL */
};
int do_execve(int dirfd, const char *path, const struct string_vec *argv,
    const struct string_vec *envp, int flags);

/* --- ending (proc/exit.c) --- */
_Noreturn void thread_exit(int exit_code);    /* this thread; exit(2) */
_Noreturn void process_exit(int exit_status); /* exit_group(2) */
/* Marks every thread of `p` for the end with this status: SIGKILL pending, woken. (task_lock) */
void process_begin_exit(struct process *p, int exit_status);

/* --- wait (proc/wait.c) --- */
struct wait_result {
	int pid;
	int status;         /* as wait4 gives it */
	int code;           /* CLD_… */
	int signal_or_code; /* si_status */
	int uid;
	struct rusage_ns rusage;
};
struct wait_request {
	enum { WAIT_ALL, WAIT_PID, WAIT_PGRP } which;
	struct pid *pid;  /* for WAIT_PID and WAIT_PGRP */
	unsigned options; /* WNOHANG | WUNTRACED | WEXITED … */
	ns_t deadline;    /* for Lua; NS_NEVER otherwise */
};
/* Returns a pid, 0 (WNOHANG and nothing yet), -ECHILD, -ERESTARTSYS, -ETIMEDOUT. */
int do_wait(const struct wait_request *r, struct wait_result *out);
void process_reap(struct process *p); /* (task_lock) */

/* --- groups and sessions (proc/group.c) --- */
int do_setpgid(int pid, int pgid);
int do_setsid(void);
bool pgrp_orphaned(struct pid *pgrp, const struct process *ignored); /* (task_lock) */
/* A process is leaving or changing family: hang up groups that this orphans. (task_lock) */
void pgrp_check_orphaned(struct process *p, struct process *parent);

/* To a struct rusage in user memory. 0 or -EFAULT. */
int rusage_copy_out(uaddr_t to, const struct rusage_ns *r);
void system_hostname(char *buf, size_t size);
void system_domainname(char *buf, size_t size);
void system_set_hostname(const char *name); /* cut to 64 bytes */
void system_set_domainname(const char *name);
#define TICK_NS (NS_PER_S / 100) /* clock_t: USER_HZ is 100 */
void process_times(
    struct process *p, struct rusage_ns *out); /* living and dead threads (task_lock) */
/* 'R' 'S' 'D' 'T' 't' 'Z' 'X' 'I' as ps shows it. (task_lock) */
char thread_state_letter(const struct thread *t);
void io_counts_add(struct io_counts *sum, const struct io_counts *more);
