/* Who may change how a thread is scheduled. Private to kernel/sched. */
#pragma once

#include "proc/process.h"

#define POLICY_KEEP     -1
#define POLICY_DEADLINE 6 /* refused, after the checks that come first */

struct sched_change {
	int policy;   /* with SCHED_RESET_ON_FORK, or POLICY_KEEP */
	int priority; /* real-time: 1 .. 99, else 0 */
	int nice;
	uint64_t runtime, deadline, period; /* ns, of POLICY_DEADLINE */
};

/* Calls fn for every thread that `which` and `who` name, as for setpriority(2). (task_lock) */
enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };
void sched_for_each_named(int which, int who, void (*fn)(struct thread *t, void *arg), void *arg);
/* The thread with this tid (0: the caller) with a reference, or NULL. */
struct thread *sched_target(int tid);
/* Does the caller's effective uid own `t` (its effective or real uid)? */
bool sched_same_owner(const struct thread *t);
/* cred_may_schedule() of its credentials. */
bool sched_may_schedule(const struct thread *t);
/* Checks and makes a change. 0, -EINVAL, -EPERM. */
int sched_change_policy(struct thread *t, const struct sched_change *change);
