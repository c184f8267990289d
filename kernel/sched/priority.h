/* Who may change how a thread is scheduled. Private to kernel/sched. */
#pragma once

#include "proc/process.h"

#define POLICY_KEEP -1

struct sched_change {
	int policy;   /* with SCHED_RESET_ON_FORK, or POLICY_KEEP */
	int priority; /* real-time: 1 .. 99, else 0 */
	int nice;
};

/* The thread with this tid (0: the caller) with a reference, or NULL. */
struct thread *sched_target(int tid);
/* Does the caller's effective uid own `t` (its effective or real uid)? */
bool sched_same_owner(const struct thread *t);
/* Checks and makes a change. 0, -EINVAL, -EPERM. */
int sched_change_policy(struct thread *t, const struct sched_change *change);
