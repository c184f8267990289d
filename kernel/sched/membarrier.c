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
	GET_REGISTRATIONS = 512,
	ALL = 127 | GET_REGISTRATIONS,
};

static struct {
	uint32_t wanted, done; /* atomic: interruptions asked for, and seen */
} __attribute__((aligned(CACHE_LINE))) barriers[MAX_CPUS];

void membarrier_ipi(void)
{
	unsigned cpu = cpu_here()->id;
	uint32_t wanted = __atomic_load_n(&barriers[cpu].wanted, __ATOMIC_SEQ_CST);

	__atomic_store_n(&barriers[cpu].done, wanted, __ATOMIC_SEQ_CST);
}

/* Interrupts are on while it waits, so that two callers answer each other. */
static void interrupt_all(void)
{
	uint32_t wanted[MAX_CPUS];

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < cpu_count; i++) {
		wanted[i] = __atomic_add_fetch(&barriers[i].wanted, 1, __ATOMIC_SEQ_CST);
		arch_ipi(i);
	}
	for (unsigned i = 0; i < cpu_count; i++)
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

/* a: command, flags, CPU */
SYSCALL(membarrier)
{
	struct space *s = current->space;

	if ((uint32_t)a[1])
		return -EINVAL;
	switch ((uint32_t)a[0]) {
	case QUERY:
		return ALL;
	case REGISTER_GLOBAL_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return register_for(s, (uint32_t)a[0]);
	case GET_REGISTRATIONS:
		return __atomic_load_n(&s->membarriers, __ATOMIC_SEQ_CST);
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
	interrupt_all();
	return 0;
}
