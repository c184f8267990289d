/* What generic code must know of the vDSO. */
#include "arch/cpu.h"
#include "arch/thread.h"
#include "lib/vdso/data.h"

_Static_assert(ARCH_CLOCK_BITS == 32, "the factor of struct vdso_data");

/* vdso/vdso.ld puts the trampoline here. */
#define VDSO_SIGRETURN 0x804

uaddr_t arch_vdso_sigreturn(uaddr_t vdso_base)
{
	return vdso_base + VDSO_SIGRETURN;
}

void arch_vdso_clock(struct vdso_data *d)
{
	d->start = arch_clock.start;
	d->factor = arch_clock.ns_factor;
}
