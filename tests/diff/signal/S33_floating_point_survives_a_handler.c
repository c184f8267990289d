#include "observe.h"

static void clobbers(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
	volatile double x = 1.0;
	for (int i = 0; i < 100; i++)
		x = x * 1.000001 + (double)i / 3.0;
#if defined(__riscv)
	__asm__ volatile("fmv.d.x fs0, zero\n\tfmv.d.x fs1, zero\n\tfmv.d.x ft0, zero\n\tfmv.d.x "
			 "fa0, zero\n\tfsrmi 2\n\t"
			 "fsflagsi 31" ::
			     : "fs0", "fs1", "ft0", "fa0");
#endif
}

int main(void)
{
	on_signal(SIGUSR1, clobbers, 0);
	double got[4] = {0};
	unsigned long flags = 0;
#if defined(__riscv)
	long pid = getpid(), tid = gettid();
	register long nr __asm__("a7") = SYS_tgkill;
	register long a0 __asm__("a0") = pid;
	register long a1 __asm__("a1") = tid;
	register long a2 __asm__("a2") = SIGUSR1;
	double want = 2.5;
	__asm__ volatile("fsflagsi 5\n\tfsrmi 1\n\tfmv.d fs0, %[w]\n\tfmv.d fs1, %[w]\n\tfmv.d "
			 "ft0, %[w]\n\tfmv.d ft11, %[w]\n\t"
			 "ecall\n\t"
			 "frcsr %[fl]\n\tfsrmi 0\n\tfsd fs0, 0(%[g])\n\tfsd fs1, 8(%[g])\n\tfsd "
			 "ft0, 16(%[g])\n\tfsd ft11, 24(%[g])"
	    : "+r"(a0), [fl] "=&r"(flags)
	    : "r"(nr), "r"(a1), "r"(a2), [g] "r"(got), [w] "f"(want)
	    : "memory", "fs0", "fs1", "ft0", "ft11");
#endif
	say("%g %g %g %g, fcsr %#lx", got[0], got[1], got[2], got[3], flags);
	return 0;
}
