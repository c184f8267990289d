/* What /proc tells of a task, taken at one moment. */
#pragma once

#include "fs/proc/procfs.h"

struct snapshot {
	char comm[16], state;
	int tid, pid, ppid, tracer, pgrp, session, threads, exit_signal, exit_code, cpu;
	unsigned flags; /* PF_… as Linux's stat shows them */
	uint32_t tty;
	int foreground;
	struct rusage_ns usage, children;
	ns_t start;
	int8_t nice;
	uint8_t policy, rt_priority, rt_in_force; /* in force: lent ones too */
	sigset_t pending, shared, blocked, ignored, caught;
	uint64_t queued, pending_limit, rss_limit, affinity, switches[2];
	bool kernel, no_new_privs, running;
	int seccomp_mode;
	unsigned seccomp_filters;
	const struct cred *cred; /* with a reference */
	struct thread *thread;   /* with a reference */
};

/* 0 or -ESRCH. */
int snapshot_take(struct snapshot *s, const struct proc_inode *p);
void snapshot_put(struct snapshot *s);
