/* Time: the time counter, which all harts share, and SBI's timer. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "csr.h"
#include "local.h"
#include "proc/process.h"
#include "sbi.h"

/* Fixed-point factors: ns = ticks * ns_factor >> NS_BITS, ticks = ns * tick_factor >> TICK_BITS. */
#define NS_BITS    ARCH_CLOCK_BITS
#define TICK_BITS  60
#define DEFAULT_HZ 10000000UL

struct arch_clock arch_clock = {.ns_factor = (NS_PER_S << 10) / DEFAULT_HZ << (NS_BITS - 10)};
static uint64_t tick_factor;

/* (a << bits) / b, truncated; the result fits. */
static uint64_t shifted_quotient(uint64_t a, unsigned bits, uint64_t b)
{
	uint64_t q = a / b, r = a % b;
	while (bits--) {
		r <<= 1;
		q <<= 1;
		if (r >= b) {
			r -= b;
			q |= 1;
		}
	}
	return q;
}

void timer_setup(void)
{
	uint64_t hz = boot_info.timebase_hz ? boot_info.timebase_hz : DEFAULT_HZ;
	arch_clock.ns_factor = shifted_quotient(NS_PER_S, NS_BITS, hz);
	tick_factor = shifted_quotient(hz, TICK_BITS, NS_PER_S);
}

/* An SBI call costs more than all the rest of a switch: none is made for what is armed already, or
 * to disarm. */
void arch_timer_arm(ns_t deadline)
{
	struct arch_cpu *cpu = arch_cpu_here();
	if (deadline == cpu->timer_deadline)
		return;
	cpu->timer_deadline = deadline;
	if (deadline == NS_NEVER) {
		csr_clear(sie, IE_TIMER);
		return;
	}
	uint64_t ns = deadline > 0 ? (uint64_t)deadline : 0;
	/* One tick more than the truncated value, so that arch_now() has reached the deadline in
	 * the interrupt. */
	uint64_t ticks = (uint64_t)((unsigned __int128)ns * tick_factor >> TICK_BITS) + 1;
	sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, arch_clock.start + ticks, 0, 0, 0);
	csr_set(sie, IE_TIMER);
}

/* The interrupt stays pending until the next arming: masked, it waits. */
void timer_handle(bool from_user)
{
	csr_clear(sie, IE_TIMER);
	arch_cpu_here()->timer_deadline = NS_NEVER;
	timer_interrupt(from_user);
}
