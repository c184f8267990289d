/*
 * membarrier(2). Every other CPU is interrupted and says that it was: entering and leaving the
 * kernel orders what its program did, whatever it was.
 */
#include "sched/membarrier.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "mm/space.h"
#include "sched/cpu_here.h"
#include "syscall/syscall.h"

enum membarrier_cmd {
	QUERY = 0,
	GLOBAL = 1,
	GLOBAL_EXPEDITED = 2,
	REGISTER_GLOBAL_EXPEDITED = 4,
	PRIVATE_EXPEDITED = 8,
	REGISTER_PRIVATE_EXPEDITED = 16,
	PRIVATE_EXPEDITED_SYNC_CORE = 32,
	REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
	PRIVATE_EXPEDITED_RSEQ = 128,
	REGISTER_PRIVATE_EXPEDITED_RSEQ = 256,
	GET_REGISTRATIONS = 512,
	ALL = 511 | GET_REGISTRATIONS,
};
#define FLAG_CPU 1u /* of PRIVATE_EXPEDITED_RSEQ: only the CPU named */

static struct {
	uint32_t wanted, done; /* atomic: interruptions asked for, and seen */
	bool restart; /* atomic: sets what runs there back to the start of its rseq section */
} __attribute__((aligned(CACHE_LINE))) barriers[MAX_CPUS];

void membarrier_ipi(void)
{
	unsigned cpu = cpu_here()->id;
	uint32_t wanted = __atomic_load_n(&barriers[cpu].wanted, __ATOMIC_SEQ_CST);

	if (unlikely(__atomic_load_n(&barriers[cpu].restart, __ATOMIC_RELAXED)) &&
	    __atomic_exchange_n(&barriers[cpu].restart, false, __ATOMIC_RELAXED) &&
	    arch_current()->rseq.area)
		rseq_interrupt(arch_current());
	__atomic_store_n(&barriers[cpu].done, wanted, __ATOMIC_SEQ_CST);
}

/* CPUs first to end - 1. Interrupts are on while it waits, so that two callers answer each other.
 */
static void interrupt(unsigned first, unsigned end, bool restart)
{
	uint32_t wanted[MAX_CPUS];

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = first; i < end; i++) {
		if (restart)
			__atomic_store_n(&barriers[i].restart, true, __ATOMIC_SEQ_CST);
		wanted[i] = __atomic_add_fetch(&barriers[i].wanted, 1, __ATOMIC_SEQ_CST);
		arch_ipi(i);
	}
	for (unsigned i = first; i < end; i++)
		while (
		    (int32_t)(__atomic_load_n(&barriers[i].done, __ATOMIC_SEQ_CST) - wanted[i]) < 0)
			arch_relax();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static int64_t register_for(struct space *s, uint32_t cmd)
{
	__atomic_fetch_or(&s->membarriers, cmd, __ATOMIC_SEQ_CST);
	return 0;
}

static bool registered(const struct space *s, uint32_t cmd)
{
	return __atomic_load_n(&s->membarriers, __ATOMIC_SEQ_CST) & cmd;
}

/* Preparing for a kind of private barrier shows as preparing for the plain one, too. */
static uint32_t registrations(const struct space *s)
{
	uint32_t r = __atomic_load_n(&s->membarriers, __ATOMIC_SEQ_CST);

	if (r & (REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | REGISTER_PRIVATE_EXPEDITED_RSEQ))
		r |= REGISTER_PRIVATE_EXPEDITED;
	return r;
}

/* cpu < 0: all. */
static int64_t restart_sequences(const struct space *s, int cpu)
{
	if (!registered(s, REGISTER_PRIVATE_EXPEDITED_RSEQ))
		return -EPERM;
	if (cpu < 0)
		interrupt(0, cpu_count, true);
	else if ((unsigned)cpu < cpu_count)
		interrupt((unsigned)cpu, (unsigned)cpu + 1, true);
	return 0;
}

/* a: command, flags, CPU */
SYSCALL(membarrier)
{
	struct space *s = current->space;
	uint32_t flags = (uint32_t)a[1];

	if (flags && !((uint32_t)a[0] == PRIVATE_EXPEDITED_RSEQ && flags == FLAG_CPU))
		return -EINVAL;
	switch ((uint32_t)a[0]) {
	case QUERY:
		return ALL;
	case REGISTER_GLOBAL_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
	case REGISTER_PRIVATE_EXPEDITED_RSEQ:
		return register_for(s, (uint32_t)a[0]);
	case GET_REGISTRATIONS:
		return registrations(s);
	case PRIVATE_EXPEDITED_RSEQ:
		return restart_sequences(s, flags ? (int)a[2] : -1);
	case GLOBAL:
	case GLOBAL_EXPEDITED:
		break;
	case PRIVATE_EXPEDITED:
		if (!registered(s, REGISTER_PRIVATE_EXPEDITED))
			return -EPERM;
		break;
	case PRIVATE_EXPEDITED_SYNC_CORE:
		if (!registered(s, REGISTER_PRIVATE_EXPEDITED_SYNC_CORE))
			return -EPERM;
		arch_icache_sync(&s->arch, 0, ARCH_USER_TOP);
		break;
	default:
		return -EINVAL;
	}
	interrupt(0, cpu_count, false);
	return 0;
}
