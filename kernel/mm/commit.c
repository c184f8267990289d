/*
 * Overcommit (proc(5), vm.overcommit_memory): memory that programs were promised. What is counted
 * are private areas that can be written, and shared memory; not what was asked for with
 * MAP_NORESERVE.
 */
#include "mm/area.h"
#include "proc/process.h"
#include "sysctl.h"

#define USER_RESERVE_MAX ((128UL << 20) >> PAGE_SHIFT) /* mode 2: kept for who has to clean up */
#define ADMIN_RESERVE    ((8UL << 20) >> PAGE_SHIFT)

static int64_t committed; /* pages; atomic */

int64_t overcommit_mode(void)
{
	return sysctl_get(overcommit_memory);
}

uint64_t memory_committed(void)
{
	int64_t pages = __atomic_load_n(&committed, __ATOMIC_RELAXED);
	return pages > 0 ? (uint64_t)pages : 0;
}

uint64_t memory_commit_limit(void)
{
	return pages_usable() * (uint64_t)sysctl_get(overcommit_ratio) / 100;
}

bool memory_may_commit(uint64_t pages)
{
	const struct space *s = current->space;
	int64_t mode = overcommit_mode();
	if (mode == OVERCOMMIT_ALWAYS)
		return true;
	/* A single request for more than there is at all cannot be meant. */
	if (mode == OVERCOMMIT_GUESS)
		return pages <= pages_usable();
	uint64_t limit = memory_commit_limit();
	uint64_t reserve = capable(CAP_SYS_ADMIN) ? 0 : MIN(ADMIN_RESERVE, pages_usable() / 32);
	if (s)
		reserve += MIN(s->pages_mapped / 32, USER_RESERVE_MAX);
	return memory_committed() + pages + reserve <= limit;
}

void memory_count_commit(int64_t pages)
{
	__atomic_fetch_add(&committed, pages, __ATOMIC_RELAXED);
}

int memory_commit(uint64_t pages)
{
	if (!memory_may_commit(pages))
		return -ENOMEM;
	memory_count_commit((int64_t)pages);
	return 0;
}

void memory_uncommit(uint64_t pages)
{
	memory_count_commit(-(int64_t)pages);
}
