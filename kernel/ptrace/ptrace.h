/*
 * Tracing of threads by others (ptrace(2)). A traced thread has a struct trace, which names its
 * tracer, a thread too. It stops in ptrace_stop, beside the job-control stops of signal/park.c:
 * only its tracer, the end of tracing, or SIGKILL get it out of there.
 *
 * Everything here that two threads share is guarded by task_lock, which is held from the look at
 * the state to the change of it. A tracee that is stopped sleeps in SCHED_PARKED; who reads or
 * writes its registers holds task_lock and has seen it off its CPU (tracee_lock), so that it cannot
 * run meanwhile. Neither side holds a reference on the other: a thread that ends lets go of its
 * tracees, and a tracee is let go before it is freed.
 */
#pragma once

#include "abi/ptrace.h"
#include "lock.h"
#include "proc/process.h"

struct arch_frame;

/* Of a traced thread: [T] */
struct trace {
	struct thread *tracee, *tracer;
	struct list link;        /* of tracer->tracees */
	const struct cred *cred; /* by whose right: the tracer's, or after TRACEME the tracee's own;
				    with a reference */
	uint32_t options;        /* PTRACE_O_… */
	bool seized;             /* by SEIZE: its group stops can be told from others */
	bool trap_stop;          /* has to report itself stopped: its group stops, or INTERRUPT */
	bool trap_notify; /* seized: what its last group-stop report said is not true any more */
	bool arriving;    /* was in a job-control stop when traced: on its way to a trace stop */
	/* in a stop */
	bool listening; /* LISTEN: not stopped for its tracer's requests, but does not run */
	uint64_t message;
	struct siginfo *info; /* on the tracee's stack; NULL: a group stop of one not seized */
};

/* --- what a thread does about its own tracer. `t` is current and has task_lock where noted --- */

/* Is there something to report before anything else about signals? (task_lock) */
bool ptrace_trap_due(const struct thread *t);
/* Reports the group stop, or what else it was woken for. (task_lock, dropped meanwhile) */
void ptrace_trap(struct thread *t, irqflags_t *flags);
/* The stop before a signal is delivered: the signal to deliver in place of info->si_signo, with
 * `info` about it, or 0. `scope`: whose queue it came from. (task_lock, dropped meanwhile) */
int ptrace_signal(
    struct thread *t, struct siginfo *info, enum signal_scope scope, irqflags_t *flags);
/* A group stop of t's process has begun or ended: a seized thread reports that. (task_lock) */
void ptrace_trap_notify(struct thread *t);

/* Reports an event to a tracer who asked for it. May sleep; takes task_lock. */
void ptrace_event(enum ptrace_event event, uint64_t message);
bool ptrace_event_enabled(enum ptrace_event event);
/* After a successful exec by a thread that had this id: the event, or the old SIGTRAP. */
void ptrace_exec(int old_tid);
/* At the beginning of the thread's end. */
void ptrace_exit(int exit_code);
/* The stops before and after a system call. False: SIGKILL is pending, the call is not made. */
bool ptrace_syscall_entry(void);
void ptrace_syscall_exit(void);
/* Does its tracer suspend seccomp? */
bool ptrace_suspends_seccomp(void);
/* Could the current thread's tracer, if there is one, trace anybody? Else exec gives no rights. */
bool ptrace_tracer_capable(void);

/* --- families --- */

/* A clone's event for the tracer, or 0. */
enum ptrace_event ptrace_clone_event(uint64_t flags, int exit_signal);
/* Sets aside what tracing a child from its start takes, if it will be traced. 0 or -ENOMEM. */
int ptrace_fork_prepare(struct thread *child, bool wanted);
/* The child is seen from now on: traced as its parent is, if that was prepared. (task_lock) */
void ptrace_fork(struct thread *child);
/* The child never starts. */
void ptrace_fork_abort(struct thread *child);
/* Is `t` traced by a thread of another process than its own process's parent? (task_lock) */
bool ptrace_reparented(const struct thread *t);
/* A tracee has stopped or was continued: tells the tracer. (task_lock) */
void ptrace_tell_tracer(struct thread *t, int code, int status);
/* Ends the tracing of `t`, without a word to anybody. (task_lock) */
void ptrace_unlink(struct thread *t);
/* A thread ends: lets go of all that it traces. (task_lock) */
void ptrace_exit_tracer(struct thread *tracer);

/*
 * --- requests, by the current thread: system call and Lua --- All give -ESRCH if `tid` is not a
 * tracee of the current thread, or not stopped (INTERRUPT and KILL take a running one).
 */
int do_ptrace_traceme(void);
/* The current thread, which a kernel thread has made, is seized by it (its parent) and stops before
 * user mode. 0, -ENOMEM, -EPERM: it is traced already. */
int ptrace_begin(uint32_t options);
/* 0, -ESRCH, -EPERM, -EIO (bad options), -EINVAL, -ERESTARTNOINTR, -ENOMEM. */
int do_ptrace_attach(int tid);
int do_ptrace_seize(int tid, uint64_t options);
int do_ptrace_detach(int tid, uint64_t sig);
/* Lets go of a tracee in whatever state, as if its tracer had ended. 0 or -ESRCH. */
int do_ptrace_release(int tid);
enum ptrace_resume {
	RESUME_CONT,
	RESUME_SYSCALL, /* to the next entry into a system call or exit from one */
	RESUME_EMULATE, /* to the next entry; the call is not made */
	RESUME_STEP,
	RESUME_EMULATE_STEP
};
int do_ptrace_resume(int tid, enum ptrace_resume how, uint64_t sig); /* -EIO: bad signal, no step */
int do_ptrace_kill(int tid);
int do_ptrace_interrupt(int tid); /* -EIO: not seized */
int do_ptrace_listen(int tid);    /* -EIO: not seized, or in another stop */
int do_ptrace_set_options(int tid, uint64_t options);
int do_ptrace_event_message(int tid, uint64_t *out);
int do_ptrace_get_siginfo(int tid, struct siginfo *out); /* -EINVAL: a stop without one */
int do_ptrace_set_siginfo(int tid, const struct siginfo *info);
int do_ptrace_get_sigmask(int tid, sigset_t *out);
int do_ptrace_set_sigmask(int tid, sigset_t mask);
/* The n-th queued signal. 1, 0: there are not so many. */
int do_ptrace_peek_signal(int tid, bool shared, uint64_t n, struct siginfo *out);
/* Memory: the number of bytes, less than `n` at the end of what there is; -EIO: nothing. */
int64_t do_ptrace_read(int tid, uaddr_t addr, void *buf, size_t n);
int64_t do_ptrace_write(int tid, uaddr_t addr, const void *buf, size_t n);
/* A register set (arch/thread.h): the number of bytes, -EINVAL. */
int do_ptrace_get_regset(int tid, unsigned note, void *buf, size_t size);
int do_ptrace_set_regset(int tid, unsigned note, const void *buf, size_t size);
/* Its general registers; or one of them, which is not of the privileged ones (-EPERM). */
int do_ptrace_get_frame(int tid, struct arch_frame *out);
int do_ptrace_set_register(int tid, const struct arch_reg *r, uint64_t v);
/* How many bytes of `out` mean something. */
int do_ptrace_syscall_info(int tid, struct ptrace_syscall_info *out);
