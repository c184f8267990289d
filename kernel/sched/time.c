/* The clocks. */
#include "arch/cpu.h"
#include "sched/timer.h"

/* What the real-time clock shows at boot where no hardware tells: 2026-01-01 00:00:00 UTC. */
#define DEFAULT_BOOT_TIME (1767225600LL * NS_PER_S)

static ns_t realtime_offset = DEFAULT_BOOT_TIME; /* real time minus time since boot; atomic */

ns_t time_now(void)
{
	return arch_now();
}

ns_t time_realtime(void)
{
	return arch_now() + __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED);
}

void time_set_realtime(ns_t t)
{
	__atomic_store_n(&realtime_offset, t - arch_now(), __ATOMIC_RELAXED);
}
