/*
 * The clocks that a vDSO reads by itself. The includer, a part of an architecture's vDSO, declares
 * before it
 *	static uint64_t vdso_counter(void);			the counter that time is made of
 *	static long vdso_call(long number, long a, long b);	a system call
 * and the numbers NR_clock_gettime, NR_clock_getres, NR_gettimeofday.
 */
#pragma once

#include "abi/time.h"
#include "lib/vdso/data.h"

#define VDSO_NS_PER_S  1000000000
#define VDSO_COARSE_NS (VDSO_NS_PER_S / 250) /* a tick of the coarse clocks */

struct vdso_timespec {
	int64_t sec, nsec;
};

/* The data page, just below the vDSO. */
extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

/* Time since boot, and what to add for the real time. */
static inline int64_t vdso_now(int64_t *realtime_offset)
{
	const struct vdso_data *d = &vdso_data;
	uint32_t seq;
	uint64_t ticks;

	do {
		while ((seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE)) & 1)
			;
		ticks = vdso_counter() - d->start;
		*realtime_offset = __atomic_load_n(&d->realtime_offset, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__atomic_load_n(&d->seq, __ATOMIC_RELAXED) != seq);
	return (int64_t)((unsigned __int128)ticks * d->factor >> 32);
}

static inline void vdso_store(struct vdso_timespec *ts, int64_t ns)
{
	ts->sec = ns / VDSO_NS_PER_S;
	ts->nsec = ns % VDSO_NS_PER_S;
}

static inline long vdso_clock_gettime(int clock, struct vdso_timespec *ts)
{
	int64_t offset, now;

	switch (clock) {
	case CLOCK_REALTIME:
		now = vdso_now(&offset);
		vdso_store(ts, now + offset);
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		vdso_store(ts, vdso_now(&offset));
		return 0;
	case CLOCK_REALTIME_COARSE:
		now = vdso_now(&offset) + offset;
		vdso_store(ts, now - now % VDSO_COARSE_NS);
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		now = vdso_now(&offset);
		vdso_store(ts, now - now % VDSO_COARSE_NS);
		return 0;
	}
	return vdso_call(NR_clock_gettime, clock, (long)ts);
}

static inline long vdso_clock_getres(int clock, struct vdso_timespec *ts)
{
	int64_t resolution = 1;

	switch (clock) {
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		resolution = VDSO_COARSE_NS;
		break;
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		break;
	default:
		return vdso_call(NR_clock_getres, clock, (long)ts);
	}
	if (ts)
		vdso_store(ts, resolution);
	return 0;
}

/* tv: seconds and microseconds. */
static inline long vdso_gettimeofday(int64_t *tv, void *timezone)
{
	int64_t offset, now;

	if (timezone)
		return vdso_call(NR_gettimeofday, (long)tv, (long)timezone);
	if (!tv)
		return 0;
	now = vdso_now(&offset) + offset;
	tv[0] = now / VDSO_NS_PER_S;
	tv[1] = now % VDSO_NS_PER_S / 1000;
	return 0;
}
