/*
 * POSIX timers (timer_create(2)). A process's list and its timers change under task_lock. Each has
 * one queue entry: while that is pending, further expiries only count as overruns, and a periodic
 * timer is set anew when the signal is taken.
 */
#pragma once

#include "abi/time.h"
#include "proc/process.h"
#include "sched/clock_timer.h"

enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };

struct posix_timer {
	struct list link; /* of process->posix_timers */
	struct process *process;
	int id;
	int clock;
	int notify, sig; /* SIGEV_… */
	uint64_t value;
	struct pid *to; /* SIGEV_THREAD_ID: with a reference, else NULL */
	struct sigqueue_entry *entry;
	struct thread *sleeper; /* of posix_timer_sleep: woken, and no signal is sent */
	ns_t interval;          /* 0: once */
	int64_t overrun,
	    last;     /* expiries that brought no signal: since, and before, the last taken */
	bool active;  /* armed, and not expired */
	bool requeue; /* it expired, and the taking of its signal sets it anew */

	struct clock_timer timer; /* wall clock, time since boot */

	/* CPU clocks: cpu_of is not NULL. */
	struct pid *cpu_of;   /* with a reference */
	struct list cpu_link; /* of the clock's process, while armed */
	ns_t cpu_deadline;    /* 0: none */
};

/* 0, -EINVAL, -EOPNOTSUPP, -EPERM, -EAGAIN, -ENOMEM. `to_tid` for SIGEV_THREAD_ID. */
struct timer_request {
	int clock, notify, sig, to_tid;
	uint64_t value;
	bool by_default; /* no sigevent was given: SIGALRM with the timer's id */
};
int posix_timer_create(const struct timer_request *r, int *id);
/* -EINVAL: there is no such timer of the current process. -ESRCH: whose CPU time it counts is gone.
 */
int posix_timer_set(
    int id, bool absolute, const struct linux_itimerspec *new, struct linux_itimerspec *old);
int posix_timer_get(int id, struct linux_itimerspec *out);
int64_t posix_timer_overrun(int id);
int posix_timer_delete(int id);
/* Sleeps until a CPU clock shows `wake`; for good if it stops before. 0, -EINTR; -EINVAL: there is
 * no such clock. */
int posix_timer_sleep(int clock, ns_t wake);
/* At exec and at the end of the process. */
void posix_timers_delete_all(struct process *p);

/* --- for cpu_timer.c and the signal queues (task_lock) --- */
static inline bool posix_timer_per_thread(const struct posix_timer *pt)
{
	return pt->clock == CLOCK_THREAD_CPUTIME_ID ||
	       (pt->clock < 0 && (pt->clock & CPUCLOCK_PERTHREAD));
}
static inline bool posix_timer_user_time(const struct posix_timer *pt)
{
	return pt->clock < 0 && (pt->clock & CPUCLOCK_WHICH) == CPUCLOCK_VIRT;
}
/* Whose clock it is, if it is a thread's that is still there. */
static inline struct thread *posix_timer_thread(const struct posix_timer *pt)
{
	return posix_timer_per_thread(pt) ? pt->cpu_of->thread : NULL;
}
void posix_timer_expired(struct posix_timer *pt); /* its deadline has come */
