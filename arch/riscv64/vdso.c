/* What generic code must know of the vDSO. */
#include "arch/thread.h"

/* vdso/vdso.ld puts the trampoline here. */
#define VDSO_SIGRETURN 0x804

uaddr_t arch_vdso_sigreturn(uaddr_t vdso_base)
{
	return vdso_base + VDSO_SIGRETURN;
}
