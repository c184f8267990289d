/* The vDSO's clocks, from the time counter and the kernel's data page. */
#define NR_clock_gettime 113
#define NR_clock_getres  114
#define NR_gettimeofday  169

static inline unsigned long vdso_counter(void)
{
	unsigned long ticks;
	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	return ticks;
}

static inline long vdso_call(long number, long a, long b)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a7 __asm__("a7") = number;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
	return a0;
}

#include "lib/vdso/clock.h"

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts);
int __vdso_clock_getres(int clock, struct vdso_timespec *ts);
int __vdso_gettimeofday(int64_t *tv, void *timezone);

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts)
{
	return (int)vdso_clock_gettime(clock, ts);
}

int __vdso_clock_getres(int clock, struct vdso_timespec *ts)
{
	return (int)vdso_clock_getres(clock, ts);
}

int __vdso_gettimeofday(int64_t *tv, void *timezone)
{
	return (int)vdso_gettimeofday(tv, timezone);
}
