/* The vDSO, mapped into every program: signal trampoline and clock functions (vdso(7)). */
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"

/* Its pages as the page cache of no file. */
static struct mapping vdso_mapping;

static int fill_vdso(struct mapping *m, struct page *p, uint64_t index)
{
	memcpy(page_virt(p), arch_vdso_start + index * PAGE_SIZE, PAGE_SIZE);
	return 0;
}

void vdso_init(void)
{
	mapping_init(&vdso_mapping);
	vdso_mapping.fill = fill_vdso;
}

int space_map_vdso(struct space *s)
{
	struct map_request r = {
	    .len = ALIGN_UP((size_t)(arch_vdso_end - arch_vdso_start), PAGE_SIZE),
	    .flags = AREA_READ | AREA_EXEC | AREA_VDSO,
	    .mapping = &vdso_mapping,
	    .name = "[vdso]",
	};
	int64_t at = space_map(s, &r);

	if (at < 0)
		return (int)at;
	s->vdso = (uaddr_t)at;
	return 0;
}
