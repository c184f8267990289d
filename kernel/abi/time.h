/* Clocks (clock_getres(2)) and how CPU-time clocks of others are written (clock_getcpuclockid(3)).
 */
#pragma once

enum {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_TAI = 11,
};

#define TIMER_ABSTIME 1

/* A negative clock is ~id << 3, with these bits. */
#define CPUCLOCK_WHICH     3 /* one of the following */
#define CPUCLOCK_PROF      0 /* user and system time, in ticks */
#define CPUCLOCK_VIRT      1 /* user time, in ticks */
#define CPUCLOCK_SCHED     2 /* user and system time */
#define CPUCLOCK_CLOCKFD   3 /* in all three low bits: a clock device's descriptor */
#define CPUCLOCK_PERTHREAD 4
