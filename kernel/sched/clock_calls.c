/* Reading and setting clocks, and sleeping by them (clock_gettime(2), clock_nanosleep(2),
 * gettimeofday(2)). */
#include "abi/time.h"
#include "arch/uaccess.h"
#include "proc/cred.h"
#include "proc/posix_timer.h"
#include "sched/clock.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

#define US_PER_S 1000000

static struct timezone {
	int32_t minutes_west, dst_time;
} timezone; /* kept for gettimeofday, without effect */

/* These show nothing where no real-time clock can wake the machine. */
static bool is_alarm(int clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

SYSCALL(clock_gettime)
{
	int clock = (int)a[0];
	ns_t now;
	int err = is_alarm(clock) ? -EINVAL : clock_read(clock, &now);
	return err ? err : timespec_copy_out(a[1], now);
}

SYSCALL(clock_getres)
{
	int clock = (int)a[0];
	ns_t resolution;
	int err = is_alarm(clock) ? -EINVAL : clock_resolution(clock, &resolution);
	if (err || !a[1])
		return err;
	return timespec_copy_out(a[1], resolution);
}

/* Sets the wall clock, and wakes who sleeps by it. */
static int set_realtime(const struct linux_timespec *ts)
{
	if (!timespec_valid(ts) || ts->sec >= LATEST_REALTIME)
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	ns_t t = timespec_ns(ts);
	if (t < time_now())
		return -EINVAL; /* the boot would lie before 1970 */
	time_set_realtime(t);
	return 0;
}

SYSCALL(clock_settime)
{
	int clock = (int)a[0];
	struct linux_timespec ts;
	ns_t now;
	if (clock != CLOCK_REALTIME && !clock_is_cpu_time(clock))
		return -EINVAL;
	if (copy_in_obj(&ts, a[1]))
		return -EFAULT;
	if (clock_is_cpu_time(clock)) /* nobody may, if it exists */
		return clock_read(clock, &now) ? -EINVAL : -EPERM;
	return set_realtime(&ts);
}

SYSCALL(gettimeofday)
{
	ns_t now = time_realtime();
	int64_t tv[2] = {now / NS_PER_S, now % NS_PER_S / 1000};
	if (a[0] && copy_out_obj(a[0], &tv))
		return -EFAULT;
	if (a[1] && copy_out_obj(a[1], &timezone))
		return -EFAULT;
	return 0;
}

SYSCALL(settimeofday)
{
	int64_t tv[2];
	struct timezone tz;
	if (a[0] && copy_in_obj(&tv, a[0]))
		return -EFAULT;
	if (a[0] && (tv[1] < 0 || tv[1] > US_PER_S))
		return -EINVAL;
	if (a[1] && copy_in_obj(&tz, a[1]))
		return -EFAULT;
	struct linux_timespec ts = {.sec = a[0] ? tv[0] : 0, .nsec = a[0] ? tv[1] * 1000 : 0};
	if (a[0] && (!timespec_valid(&ts) || ts.sec >= LATEST_REALTIME))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (a[1] && (tz.minutes_west > 15 * 60 || tz.minutes_west < -15 * 60))
		return -EINVAL;
	if (a[1])
		timezone = tz;
	return a[0] ? set_realtime(&ts) : 0;
}

/* --- sleeping --- */

static bool is_wall_clock(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

static bool can_sleep_by(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	}
	return clock < 0;
}

/* Until `deadline` since boot. 0 or -EINTR. */
static int sleep_until_boot_time(ns_t deadline)
{
	int result;
	do {
		sched_prepare(SCHED_SLEEP_INTR);
		result = sched_sleep(deadline, "nanosleep");
	} while (!result);
	return result == -ETIMEDOUT ? 0 : result;
}

/* The wall clock may be set meanwhile: it counts as it is then. */
static int sleep_until_wall_time(ns_t wake)
{
	for (;;) {
		uint32_t setting = time_setting();
		ns_t left = wake - time_realtime();
		if (left <= 0)
			return 0;
		ns_t deadline = wake == NS_NEVER ? NS_NEVER : time_now() + left;
		int result = wait_event(&time_was_set, time_setting() != setting, SCHED_SLEEP_INTR,
		    deadline, "nanosleep");
		if (result == -EINTR)
			return result;
	}
}

static int sleep_by(int clock, ns_t wake)
{
	if (clock_is_cpu_time(clock))
		return posix_timer_sleep(clock, wake);
	if (clock == CLOCK_TAI && wake != NS_NEVER)
		wake -= time_tai_offset() * NS_PER_S;
	return is_wall_clock(clock) ? sleep_until_wall_time(wake) : sleep_until_boot_time(wake);
}

/* Sleeps until restart.deadline by the clock in args[0]; when interrupted, writes the time left to
 * args[1]. */
static int64_t sleep_rest(struct restart *r)
{
	int clock = (int)r->args[0];
	ns_t now;
	if (!sleep_by(clock, r->deadline) || clock_read(clock, &now))
		return 0;
	ns_t left = r->deadline - now;
	if (left <= 0)
		return 0;
	if (r->args[1] && timespec_copy_out(r->args[1], left))
		return -EFAULT;
	r->fn = sleep_rest;
	return -ERESTART_RESTARTBLOCK;
}

/* A time span is not affected by setting the wall clock. */
static int64_t sleep_for(int clock, ns_t span, uaddr_t remaining)
{
	struct restart *r = &current->restart;
	if (is_wall_clock(clock))
		clock = CLOCK_MONOTONIC;
	ns_t now;
	if (clock_read(clock, &now))
		return -EINVAL;
	r->fn = NULL;
	r->deadline = span >= NS_NEVER - now ? NS_NEVER : now + span;
	r->args[0] = (uint64_t)clock;
	r->args[1] = remaining;
	return sleep_rest(r);
}

SYSCALL(nanosleep)
{
	struct linux_timespec ts;
	int err = timespec_copy_in(&ts, a[0]);
	return err ? err : sleep_for(CLOCK_MONOTONIC, timespec_ns(&ts), a[1]);
}

SYSCALL(clock_nanosleep)
{
	int clock = (int)a[0];
	struct linux_timespec ts;
	ns_t now;
	int err = clock_read(clock, &now);
	/* The own thread's CPU time does not pass while it sleeps. */
	if (!err && clock < 0 && clock & CPUCLOCK_PERTHREAD) {
		int tid = ~(clock >> 3);
		err = tid == 0 || tid == current->tid->nr ? -EINVAL : 0;
	}
	if (!err && !can_sleep_by(clock))
		err = -EOPNOTSUPP;
	if (!err)
		err = timespec_copy_in(&ts, a[2]);
	if (err)
		return err;
	if (!(a[1] & TIMER_ABSTIME))
		return sleep_for(clock, timespec_ns(&ts), a[3]);
	current->restart.fn = NULL;
	err = sleep_by(clock, timespec_ns(&ts));
	return err == -EINTR ? -ERESTARTNOHAND : err;
}

SYSCALL(restart_syscall)
{
	struct restart *r = &current->restart;
	return r->fn ? r->fn(r) : -EINTR;
}
