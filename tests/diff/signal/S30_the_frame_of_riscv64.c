/* Where the parts of a signal frame lie, what is in them, and where a handler returns to. */
#include "observe.h"

#include <sys/auxv.h>

#ifdef __riscv
/* Keeps what the kernel put into sp and ra, and goes on in C. */
__asm__(".pushsection .text\n"
	"frame_entry:\n"
	"	la t0, frame_sp\n"
	"	sd sp, 0(t0)\n"
	"	sd ra, 8(t0)\n"
	"	sd s1, 16(t0)\n"
	"	tail frame_handler\n"
	".popsection\n");
void frame_entry(int sig, siginfo_t *info, void *context);
unsigned long frame_sp[3];

static void say_context(const ucontext_t *uc)
{
	const struct __riscv_mc_d_ext_state *d = &uc->uc_mcontext.__fpregs.__d;
	const unsigned int *reserved = uc->uc_mcontext.__fpregs.__q.__glibc_reserved;
	double fs0;

	memcpy(&fs0, &d->__f[8], sizeof(fs0));
	say("uc_flags %lu, uc_link %d", uc->__uc_flags, uc->uc_link != NULL);
	say("uc_stack: sp %d flags %#x size %zu", uc->uc_stack.ss_sp != NULL, uc->uc_stack.ss_flags,
	    uc->uc_stack.ss_size);
	say("mask: SIGUSR1 %d SIGUSR2 %d", sigismember(&uc->uc_sigmask, SIGUSR1),
	    sigismember(&uc->uc_sigmask, SIGUSR2));
	say("s1 %#lx, fs0 %g, fcsr %#x", uc->uc_mcontext.__gregs[REG_S1], fs0, d->__fcsr);
	say("after the registers: %u %u %u", reserved[0], reserved[1], reserved[2]);
}

void frame_handler(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	const char *frame = (const char *)frame_sp[0];
	const uint32_t *code = (const uint32_t *)frame_sp[1];
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);

	say("handler %s", sig_name(sig));
	say("from sp: siginfo %ld, ucontext %ld, mask %ld, registers %ld, floating point %ld",
	    (long)((char *)info - frame), (long)((const char *)uc - frame),
	    (long)((const char *)&uc->uc_sigmask - frame),
	    (long)((const char *)&uc->uc_mcontext - frame),
	    (long)((const char *)&uc->uc_mcontext.__fpregs - frame));
	if (!uc->uc_stack.ss_size)
		say("sp %% 16 = %lu, below the interrupted one by %lu", frame_sp[0] % 16,
		    (uc->uc_mcontext.__gregs[REG_SP] & ~15UL) - frame_sp[0]);
	say("s1 as it was: %d", frame_sp[2] == uc->uc_mcontext.__gregs[REG_S1]);
	say_context(uc);
	say("returns to: li a7,%u; %s; in the vDSO %d", code[0] >> 20,
	    code[1] == 0x73 ? "ecall" : "another",
	    (code[0] & 0xfffff) == 0x00893 && frame_sp[1] - vdso < 8192);
}

static void raise_with_registers(void)
{
	register long a0 __asm__("a0") = getpid();
	register long a1 __asm__("a1") = gettid();
	register long a2 __asm__("a2") = SIGUSR1;
	register long a7 __asm__("a7") = SYS_tgkill;

	__asm__ volatile("fsflags x0, %4\n"
			 "li s1, 0x1234\n"
			 "fcvt.d.l fs0, s1\n"
			 "ecall"
	    : "+r"(a0)
	    : "r"(a1), "r"(a2), "r"(a7), "r"(5)
	    : "s1", "fs0", "memory");
	say("tgkill gave %ld", a0);
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = frame_entry, .sa_flags = SA_SIGINFO};
	static char stack[16384];

	sigaddset(&act.sa_mask, SIGTERM);
	sigaction(SIGUSR1, &act, NULL);
	block(SIGUSR2);
	raise_with_registers();
	say("on an alternate stack");
	sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL);
	act.sa_flags |= SA_ONSTACK;
	sigaction(SIGUSR1, &act, NULL);
	raise_with_registers();
	return 0;
}
#else
int main(void)
{
	say("another architecture");
	return 0;
}
#endif
