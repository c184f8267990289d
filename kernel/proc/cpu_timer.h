/*
 * What is due at a point of CPU time: ITIMER_VIRTUAL and ITIMER_PROF, POSIX timers by CPU clocks,
 * RLIMIT_CPU and RLIMIT_RTTIME. One timer for each process looks at them no later than the first
 * can be due, and rests while no thread runs that it concerns: the scheduler wakes it (cpu_watch).
 */
#pragma once

#include "lib/list.h"
#include "sched/timer.h"

struct process;
struct thread;
struct posix_timer;

struct cpu_itimer {
	ns_t expires, interval; /* of the process's CPU time; 0: not armed, once */
};

struct cpu_timers { /* [T] */
	struct timer timer;
	struct list posix; /* armed posix_timers by clocks of this process or its threads */
	struct cpu_itimer virtual, prof;
};

void cpu_timers_init(struct process *p);
/* Something was set, or a limit changed: looks at all of them. (task_lock) */
void cpu_timers_update(struct process *p);
/* Is there anything to look at? (task_lock) */
bool cpu_timers_any(const struct process *p);
/* ITIMER_VIRTUAL and ITIMER_PROF of the current process. Takes task_lock. */
void cpu_itimer_get(bool virtual, ns_t *value, ns_t *interval);
void cpu_itimer_set(bool virtual, ns_t value, ns_t interval, ns_t *old, ns_t *old_interval);
/* The process ends. Sleeps; no lock. */
void cpu_timers_end(struct process *p);
/* A thread with cpu_watch runs. Interrupts off, no lock. */
void cpu_timers_resume(struct thread *t);

/* The time that the clock of a timer shows: of the process or thread that `p` or `t` is. user: its
 * user time only. (task_lock) */
ns_t cpu_time_of_process(struct process *p, bool user);
/* Who uses the process's time up: the caller, or a thread that runs, would run, or else the leader.
 * (task_lock) */
struct thread *cpu_time_consumer(struct process *p);
ns_t cpu_time_of_thread(struct thread *t, bool user);
