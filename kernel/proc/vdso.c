/* The vDSO, mapped into every program: signal trampoline and clock functions (vdso(7)). */
#include "mm/space.h"
#include "proc/internal.h"

int space_map_vdso(struct space *s)
{
	struct map_request r = {
	    .len = ALIGN_UP((size_t)(arch_vdso_end - arch_vdso_start), PAGE_SIZE),
	    .flags = AREA_READ | AREA_EXEC | AREA_VDSO,
	    .name = "[vdso]",
	};
	int64_t at = space_map(s, &r);

	if (at < 0)
		return (int)at;
	s->vdso = (uaddr_t)at;
	return 0;
}
