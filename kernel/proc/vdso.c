/* The vDSO, mapped into every program: signal trampoline and clock functions (vdso(7)). */
#include "proc/vdso.h"

#include "arch/mmu.h"
#include "arch/thread.h"
#include "lib/vdso/data.h"
#include "mm/page.h"
#include "mm/space.h"
#include "sched/timer.h"

static union {
	struct vdso_data data;
	char page[PAGE_SIZE];
} shared __attribute__((aligned(PAGE_SIZE)));

/* The page of data, and one for another time namespace's, which there is not. */
#define VVAR_SIZE (2 * PAGE_SIZE)

static uint64_t image_size(void)
{
	return ALIGN_UP((uint64_t)(arch_vdso_end - arch_vdso_start), PAGE_SIZE);
}

void vdso_init(void)
{
	arch_vdso_clock(&shared.data);
	shared.data.realtime_offset = time_realtime_offset();
}

void vdso_set_realtime(ns_t offset)
{
	struct vdso_data *d = &shared.data;
	uint32_t seq = d->seq;

	__atomic_store_n(&d->seq, seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&d->realtime_offset, offset, __ATOMIC_RELAXED);
	__atomic_store_n(&d->seq, seq + 2, __ATOMIC_RELEASE);
}

struct page *vdso_page(uint64_t offset)
{
	return offset < image_size() ? page_of(virt_to_phys(arch_vdso_start + offset)) : NULL;
}

struct page *vdso_data_page(uint64_t offset)
{
	return offset < PAGE_SIZE ? page_of(virt_to_phys(&shared)) : NULL;
}

/* A place for both is found with the data's area, then the vDSO takes the upper part of it. */
int space_map_vdso(struct space *s)
{
	struct map_request data = {
	    .len = VVAR_SIZE + image_size(),
	    .flags = AREA_READ | AREA_VDSO | AREA_VVAR | AREA_DONTDUMP,
	    .name = "[vvar]",
	};
	int64_t at = space_map(s, &data);

	if (at < 0)
		return (int)at;
	struct map_request code = {
	    .addr = (uaddr_t)at + VVAR_SIZE,
	    .len = image_size(),
	    .flags = AREA_READ | AREA_EXEC | AREA_VDSO,
	    .fixed = true,
	    .name = "[vdso]",
	};
	at = space_map(s, &code);
	if (at < 0)
		return (int)at;
	s->vdso = (uaddr_t)at;
	return 0;
}
