/*
 * Signals: sets, queues, actions; generation (send.c), choice (queue.c), decision (deliver.c),
 * stopping (park.c). A signal does nothing to a process directly: it marks the victim, which acts
 * on itself on its way to user mode. README.md tells the whole story.
 */
#pragma once

#include "abi/signal.h"
#include "lib/list.h"
#include "lock.h"

struct process;
struct thread;
struct pid;
struct cred;
struct arch_frame;
struct posix_timer;

typedef uint64_t sigset_t; /* bit n-1: signal n */
#define SIG_BIT(sig) (1ULL << ((sig) - 1))

/* One queued signal. */
struct sigqueue_entry {
	struct list link;
	struct siginfo info;
	uint32_t uid; /* whose RLIMIT_SIGPENDING it counts against */
	struct posix_timer
	    *timer; /* whose it is, kept for its next expiry; NULL: freed when taken */
};

struct pending {
	sigset_t set;
	struct list queue; /* of sigqueue_entry, in order of sending */
};

/* sigaction as the kernel keeps it. */
struct action {
	uaddr_t handler; /* SIG_DFL 0, SIG_IGN 1 */
	uint64_t flags;
	uaddr_t restorer;
	sigset_t mask;
};

struct actions { /* [T] */
	struct refcount refs;
	struct action action[NSIG];
};

struct altstack {
	uaddr_t sp;
	uint64_t size;
	uint32_t flags;
};

/* A signal that was taken and is to be handled. */
struct ksignal {
	int sig;
	struct siginfo info;
	struct action action;
};

/* The properties table: what each standard signal does by default (signal(7)). */
enum signal_default { DEFAULT_TERM, DEFAULT_CORE, DEFAULT_IGNORE, DEFAULT_STOP, DEFAULT_CONT };
struct signal_property {
	const char *name; /* without SIG */
	enum signal_default action;
	bool synchronous;    /* a fault: taken before any other */
	const char *meaning; /* for :sig and crash reports */
};
extern const struct signal_property signal_properties[32]; /* [0] unused */
const char *signal_name(int sig, char buf[16]);            /* "KILL", "RTMIN+3"; "?" out of range */
int signal_number(const char *name); /* with or without SIG, or digits; -EINVAL */

/* Which member of struct siginfo a signal with this code has (sigaction(2)). */
enum siginfo_layout {
	LAYOUT_KILL,
	LAYOUT_TIMER,
	LAYOUT_POLL,
	LAYOUT_FAULT,
	LAYOUT_CHILD,
	LAYOUT_RT,
	LAYOUT_SYS
};
enum siginfo_layout signal_layout(int sig, int code);

void pending_init(struct pending *p);
void pending_flush(struct pending *p, sigset_t which); /* (task_lock) */

/* --- generation (task_lock) --- */
/* Why a signal that was sent is not queued: for the history. */
enum signal_drop { DROP_IGNORED = 1, DROP_PENDING, DROP_EXITING, DROP_LIMIT };
enum signal_scope { TO_THREAD, TO_PROCESS };
/*
 * Queues `info` for `t` or its process: permission was checked. Returns 0 (also for an ignored
 * signal), or -EAGAIN when a queue limit would lose a siginfo that must not be lost (S06).
 */
int signal_send(struct thread *t, const struct siginfo *info, enum signal_scope scope);
/* A queue entry put aside for a timer, counted against t's user. NULL: limit or memory. */
struct sigqueue_entry *signal_entry_reserve(struct thread *t, struct posix_timer *timer);
/* The timer is done with it: freed, now or, if it is pending, when it is taken. NULL is fine. */
void signal_entry_release(struct sigqueue_entry *e);
/* Queues it, or counts an overrun if it is pending already. False: the signal is ignored. */
bool signal_send_entry(struct thread *t, struct sigqueue_entry *e, enum signal_scope scope);
/* Its signal is being taken: sets a periodic timer anew, tells overruns (proc/posix_timer.c). */
void posix_timer_taken(struct posix_timer *timer, struct siginfo *info);
/* SIGALRM was taken from the process's queue: a periodic ITIMER_REAL goes on. (task_lock) */
void itimer_real_taken(struct process *p);
/* exec: what timers have sent is forgotten. Takes task_lock. */
void signal_flush_timers(struct thread *t);
/* Hands what `which` has pending in the process's queue to other threads than `t` (S10).
 * (task_lock) */
void signal_retarget(struct thread *t, sigset_t which);
/* Marks `t` as having signal work and gets it out of its sleep, or off its CPU into the kernel.
 * (task_lock) */
void signal_wake_thread(struct thread *t, bool fatal);
void signal_kick_fatal(
    struct thread *t); /* SIGKILL is pending for it: out of any sleep or stop (task_lock) */
/* A fault's signal for the current thread: cannot be blocked or ignored (S20). Takes task_lock. */
void signal_force(int sig, int code, uaddr_t addr);
void signal_force_fatal(int sig); /* whatever its action: the process dies of it */
/* The same with a whole siginfo; the second asks no tracer either. */
void signal_force_info(const struct siginfo *info);
void signal_force_end(const struct siginfo *info);
/* Signals that count against a user's RLIMIT_SIGPENDING. (task_lock) */
uint64_t signal_queued_count(uint32_t uid);
/* To the process, from the kernel (SI_KERNEL). Takes task_lock. */
void signal_send_kernel(struct process *p, int sig);
/* To each member of a group; returns how many took it. (task_lock) */
int signal_send_group(struct pid *pgrp, const struct siginfo *info);

/* --- the calls, as programs and Lua make them. `info` NULL: SI_USER from the current task. --- */
int do_kill(int pid, int sig);
int do_tgkill(int tgid, int tid, int sig); /* tgid -1: tkill */
int do_sigqueue(int pid, int sig, const struct siginfo *info);
int do_tgsigqueue(int tgid, int tid, int sig, const struct siginfo *info);
/* To what a pid object names, once found: it cannot have become another's number (S19). */
enum pid_kind { PID_THREAD, PID_PROCESS, PID_GROUP };
int signal_send_pid(struct pid *pid, int sig, const struct siginfo *info, enum pid_kind kind);
/* A siginfo from a program, for signal `sig`. -EFAULT, -E2BIG. */
#define SIGINFO_OWN (-1) /* the signal that it names itself */
int siginfo_copy_in(struct siginfo *info, int sig, uaddr_t from);
/* May the current thread send it? 0 or -EPERM. (task_lock) */
int signal_permission(const struct thread *target, int sig);
int do_sigaction(int sig, const struct action *new, struct action *old);
enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
void signal_set_blocked(
    sigset_t mask); /* the current thread's; retargets what was pending for it (S10) */
/* Is `sp` on the thread's alternate stack (S28)? */
bool signal_on_altstack(const struct thread *t, uaddr_t sp);
/* sigaltstack(2) for a thread whose stack pointer is `sp`: 0, -EPERM, -EINVAL, -ENOMEM. */
int signal_set_altstack(struct thread *t, const struct altstack *new, uaddr_t sp);
/* Puts `mask` in force until the next return to user mode, as sigsuspend and ppoll do. */
void signal_set_temporary_mask(sigset_t mask);
/* At the end of a call with a temporary mask: restores it unless a handler is due (`interrupted`).
 */
void signal_end_temporary_mask(bool interrupted);

/* --- choice and delivery, by the thread itself --- */
bool signal_pending(const struct thread *t);       /* WORK_SIGNAL is set */
bool signal_pending_fatal(const struct thread *t); /* SIGKILL is among it */
void signal_recalc(struct thread *t);              /* sets or clears WORK_SIGNAL (task_lock) */
/* Everything before user mode: parks, dies, or pushes frames; decides restarts. Interrupts on. */
void signal_deliver(struct arch_frame *f);
/* Dequeues the next signal of `mask` for the current thread (sigtimedwait, signalfd). 0: none.
 * (task_lock) */
int signal_dequeue(struct thread *t, sigset_t mask, struct siginfo *info);

/* --- stopping: the only place where a thread stops --- */
void signal_start_group_stop(struct process *p, int sig); /* (task_lock) */
void signal_park(void); /* the current thread, as long as its stop is in force */
void signal_leave_group_stop(struct thread *t); /* a thread ends instead of parking (task_lock) */
/* The thread stops, or ends: its part in the stop under way is done. True: that completes the stop,
 * and the caller tells. (task_lock) */
bool signal_take_part(struct thread *t);
/* A new thread of a process whose stop is in force takes part in it. (task_lock) */
void signal_join_stop(struct thread *t);
/* Tells the parent of a stop or continuation (CLD_STOPPED, CLD_CONTINUED). (task_lock) */
void signal_notify_parent_stop(struct process *p, int code);
/* SIGCHLD about a stop or continuation to whoever wants it, this thread first; ends his wait.
 * (task_lock) */
void signal_tell_stop(struct thread *to, const struct siginfo *info);
void signal_continue_group(struct process *p); /* SIGCONT's effect (task_lock) */

/* --- exec, fork --- */
struct actions *actions_create(
    const struct actions *from); /* NULL from: all default. NULL: no memory */
void actions_put(struct actions *a);
void actions_exec_reset(struct actions *a);
void signal_fork_init(struct thread *child, struct thread *parent);

/*
 * Restart classes: what a system call returns inside the kernel when a signal interrupts it
 * (signal(7)). User mode never sees these.
 */
#define ERESTARTSYS           512 /* restart if SA_RESTART or no handler */
#define ERESTARTNOINTR        513 /* always restart */
#define ERESTARTNOHAND        514 /* EINTR if a handler runs, else restart */
#define ERESTART_RESTARTBLOCK 516 /* EINTR if a handler runs, else continue by restart_syscall */
