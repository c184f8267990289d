#include "tracing.h"

static int calls(void)
{
	volatile unsigned long *given = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 32; i++)
		given[i] = i * 0x1111;
	raise(SIGUSR1);
	return 0;
}

int main(void)
{
	unsigned long regs[REGS], before[REGS];
	uint64_t fp[33];
	struct iovec v = {fp, sizeof(fp)};
	pid_t pid = new_tracee(calls);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	get_regs(pid, before);
	say("in the program: pc %d, sp %d", before[R_PC] > 0x1000 && before[R_PC] < 1UL << 56,
	    before[R_SP] > 0x1000);
	/* every bit pattern is taken; what is not the user's is not touched */
	for (unsigned i = 1; i < REGS; i++)
		regs[i] = 0xa5a5a5a5a5a5a5a5UL ^ i;
	regs[0] = before[0];
	set_regs(pid, regs);
	unsigned long again[REGS];
	get_regs(pid, again);
	say("as they were set: %d", !memcmp(regs, again, sizeof(regs)));
	set_regs(pid, before);
	/* a part of them */
	struct iovec part = {regs, 24};
	regs[0] = before[0];
	regs[1] = 0x123;
	regs[2] = before[2];
	SAY_PTRACE(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part);
	get_regs(pid, again);
	before[1] = 0x123;
	say("only those: %d", !memcmp(before, again, sizeof(before)));
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRFPREG, &v);
	for (int i = 0; i < 32; i++)
		fp[i] = 0x3ff0000000000000UL + i;
	fp[32] = 0xffffffff000000ffUL;
	SAY_PTRACE(PTRACE_SETREGSET, pid, NT_PRFPREG, &v);
	memset(fp, 0, sizeof(fp));
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRFPREG, &v);
	say("floating point: %#lx %#lx, control %#lx", fp[0], fp[31], fp[32] & 0xffffffff);
	finish(pid);
	/* a pc in the kernel's half */
	pid = new_tracee(calls);
	set_reg(pid, R_PC, 0xffffffff80000000UL);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("a pc of the kernel's", pid);
	finish(pid);
	pid = new_tracee(calls);
	set_reg(pid, R_SP, 0xffffffffffffff00UL);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("a stack of the kernel's", pid);
	finish(pid);
	return 0;
}
