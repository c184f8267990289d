/* The shared object that every program finds mapped: the signal trampoline, and what it does by way of system calls. */

#define NR_rt_sigreturn	 139
#define NR_getcpu	 168
#define NR_riscv_hwprobe 258
#define NR_riscv_flush_icache 259

	/* From the handler's sp: where the frame holds pc, x1 to x31, then the FP registers. */
#define SAVED_REGS 304
#define SAVED_FP   560

	.section .text.first, "ax", @progbits
	/*
	 * A handler returns here. Unwinders look up the instruction before a return address: the nop stands there, inside the
	 * range described. The address used for lookups is the frame's, so that each saved register, sp and pc (column 64)
	 * included, has an offset from sp.
	 */
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 64
	.cfi_def_cfa 2, 0
	.cfi_offset 64, SAVED_REGS
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.cfi_offset \n, SAVED_REGS + 8 * \n
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.cfi_offset 32 + \n, SAVED_FP + 8 * \n
	.endr
	.option	push
	.option	norvc
	nop
	.globl	__vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	li	a7, NR_rt_sigreturn
	ecall
	.option	pop
	.cfi_endproc
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn

.macro system_call name, number
	.balign 16
	.globl	__vdso_\name
	.type	__vdso_\name, @function
__vdso_\name:
	.cfi_startproc
	li	a7, \number
	ecall
	ret
	.cfi_endproc
	.size	__vdso_\name, . - __vdso_\name
.endm

	system_call getcpu, NR_getcpu
	system_call riscv_hwprobe, NR_riscv_hwprobe
	system_call flush_icache, NR_riscv_flush_icache

	.section .note.GNU-stack, "", @progbits
