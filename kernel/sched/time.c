/* The time since boot, and the wall clock as an offset from it. */
#include "arch/cpu.h"
#include "proc/vdso.h"
#include "sched/clock_timer.h"
#include "sched/wait.h"

/* What the real-time clock shows at boot where no hardware tells: 2026-01-01 00:00:00 UTC. */
#define DEFAULT_BOOT_TIME (1767225600LL * NS_PER_S)

static ns_t realtime_offset = DEFAULT_BOOT_TIME; /* real time minus time since boot; atomic */
static uint32_t setting;                         /* counts how often it was set; atomic */
static int64_t tai_offset;                       /* atomic */
struct wait_queue time_was_set = WAIT_QUEUE_INIT(time_was_set);

ns_t time_now(void)
{
	return arch_now();
}

ns_t time_realtime_offset(void)
{
	return __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED);
}

ns_t time_realtime(void)
{
	return arch_now() + time_realtime_offset();
}

/* (wall_lock) */
static void set_offset(ns_t offset)
{
	__atomic_store_n(&realtime_offset, offset, __ATOMIC_RELAXED);
	vdso_set_realtime(offset);
	__atomic_fetch_add(&setting, 1, __ATOMIC_RELEASE);
	clock_timers_moved();
}

void time_set_realtime(ns_t t)
{
	irqflags_t flags = spin_lock(&wall_lock);
	set_offset(t - arch_now());
	spin_unlock(&wall_lock, flags);
	wait_wake_all(&time_was_set);
}

int time_shift_realtime(ns_t by)
{
	irqflags_t flags = spin_lock(&wall_lock);
	ns_t t;
	bool ok = !__builtin_add_overflow(time_realtime(), by, &t) && t >= time_now() &&
		  t / NS_PER_S < LATEST_REALTIME;
	if (ok)
		set_offset(realtime_offset + by);
	spin_unlock(&wall_lock, flags);
	if (!ok)
		return -EINVAL;
	wait_wake_all(&time_was_set);
	return 0;
}

uint32_t time_setting(void)
{
	return __atomic_load_n(&setting, __ATOMIC_ACQUIRE);
}

int64_t time_tai_offset(void)
{
	return __atomic_load_n(&tai_offset, __ATOMIC_RELAXED);
}

void time_set_tai_offset(int64_t s)
{
	__atomic_store_n(&tai_offset, s, __ATOMIC_RELAXED);
}
