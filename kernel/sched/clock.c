/* The clocks of clock_getres(2): those of the wall, of the boot, and the CPU time of processes and
 * threads. */
#include "sched/clock.h"

#include "arch/uaccess.h"
#include "proc/process.h"

/* What the coarse clocks and the tick-based CPU clocks are told in: a tick of Linux with 250 Hz. */
#define COARSE_TICK_NS (NS_PER_S / 250)

bool clock_is_cpu_time(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* 0 names the caller. A thread's clock is open to its own process only. (task_lock) */
static struct thread *find_thread(int tid)
{
	struct thread *t = tid ? thread_find(tid) : current;
	return t && t->process == current->process ? t : NULL;
}

/* The caller may name its own process by its tid. (task_lock) */
static struct process *find_process(int pid)
{
	if (!pid || pid == current->tid->nr)
		return current->process;
	return process_find(pid);
}

static int read_cpu_time(int clock, ns_t *user, ns_t *system)
{
	int id = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID
		     ? 0
		     : ~(clock >> 3);
	bool per_thread = clock < 0 ? clock & CPUCLOCK_PERTHREAD : clock == CLOCK_THREAD_CPUTIME_ID;
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = per_thread ? find_thread(id) : NULL;
	struct process *p = per_thread ? NULL : find_process(id);
	struct rusage_ns used;
	if (t)
		sched_times(t, user, system);
	if (p)
		process_times(p, &used);
	spin_unlock(&task_lock, flags);
	if (p) {
		*user = used.user;
		*system = used.system;
	}
	return t || p ? 0 : -EINVAL;
}

static int read_cpu_clock(int clock, ns_t *out)
{
	int which = clock < 0 ? clock & CPUCLOCK_WHICH : CPUCLOCK_SCHED;
	ns_t user, system;
	if (which > CPUCLOCK_SCHED)
		return -EINVAL;
	int err = read_cpu_time(clock, &user, &system);
	if (!err)
		*out = which == CPUCLOCK_VIRT ? user : user + system;
	return err;
}

int clock_read(int clock, ns_t *out)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		*out = time_realtime();
		return 0;
	case CLOCK_TAI:
		*out = time_realtime() + time_tai_offset() * NS_PER_S;
		return 0;
	case CLOCK_REALTIME_COARSE:
		*out = time_realtime();
		*out -= *out % COARSE_TICK_NS;
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*out = time_now();
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*out = time_now();
		*out -= *out % COARSE_TICK_NS;
		return 0;
	}
	return clock_is_cpu_time(clock) ? read_cpu_clock(clock, out) : -EINVAL;
}

int clock_resolution(int clock, ns_t *out)
{
	ns_t now;
	int err = clock_read(clock, &now);
	bool ticks = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
		     (clock < 0 && (clock & CPUCLOCK_WHICH) != CPUCLOCK_SCHED);
	*out = ticks ? COARSE_TICK_NS : 1;
	return err;
}

int timespec_copy_in(struct linux_timespec *ts, uaddr_t from)
{
	if (copy_in_obj(ts, from))
		return -EFAULT;
	return timespec_valid(ts) ? 0 : -EINVAL;
}

int timespec_copy_out(uaddr_t to, ns_t ns)
{
	struct linux_timespec ts = ns_timespec(ns);
	return copy_out_obj(to, &ts);
}
