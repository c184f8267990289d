/* Parameters that /proc/sys shows and root changes (proc_sys(5)), with the defaults of Debian's
 * Linux. Read without locks: sysctl_get. */
#pragma once

#include "base.h"

struct sysctls {
	int64_t pid_max, threads_max, core_uses_pid, core_pipe_limit;
	int64_t panic, panic_on_oops, dmesg_restrict, kptr_restrict, perf_event_paranoid;
	int64_t sched_child_runs_first, sched_rr_timeslice_ms, sched_rt_period_us,
	    sched_rt_runtime_us;
	int64_t file_max, nr_open, pipe_max_size, pipe_user_pages_soft, pipe_user_pages_hard;
	int64_t suid_dumpable, protected_symlinks, protected_hardlinks, protected_fifos,
	    protected_regular;
	int64_t inotify_watches, inotify_instances, inotify_queued_events;
	int64_t overcommit_memory, overcommit_ratio, max_map_count, mmap_min_addr, swappiness,
	    panic_on_oom, memfd_noexec;
	int64_t mq_queues_max, mq_msg_max, mq_msgsize_max, mq_msg_default, mq_msgsize_default;
	int64_t msgmax, msgmnb, msgmni, shmmni;
	int64_t msg_next_id, sem_next_id, shm_next_id; /* an id to begin with, once; -1: any */
	uint64_t shmmax, shmall;
	int64_t sem[4]; /* SEMMSL, SEMMNS, SEMOPM, SEMMNI */
	int64_t pty_max, pty_reserve, legacy_tiocsti, ldisc_autoload;
	char core_pattern[128]; /* (sysctl_lock) */
};
extern struct sysctls sysctls;
extern struct spinlock sysctl_lock; /* strings among them */
#define sysctl_get(name) __atomic_load_n(&sysctls.name, __ATOMIC_RELAXED)
