/*
 * Every trap enters here, interrupts off. In user mode sscratch holds the thread, in kernel mode 0 and tp holds it.
 * All registers go to a struct arch_frame: of the user at the top of the kernel stack, of the kernel below its sp.
 */
#include "csr.h"
#include "offsets.h"

	/* All but pc, sp, tp, which the two ways in treat differently. */
.macro save_registers
	sd	ra, FRAME_RA(sp)
	sd	gp, FRAME_GP(sp)
	sd	t0, FRAME_T0(sp)
	sd	t1, FRAME_T1(sp)
	sd	t2, FRAME_T2(sp)
	sd	s0, FRAME_S0(sp)
	sd	s1, FRAME_S1(sp)
	sd	a0, FRAME_A0(sp)
	sd	a1, FRAME_A0 + 8(sp)
	sd	a2, FRAME_A0 + 16(sp)
	sd	a3, FRAME_A0 + 24(sp)
	sd	a4, FRAME_A0 + 32(sp)
	sd	a5, FRAME_A0 + 40(sp)
	sd	a6, FRAME_A0 + 48(sp)
	sd	a7, FRAME_A0 + 56(sp)
	sd	s2, FRAME_S2(sp)
	sd	s3, FRAME_S2 + 8(sp)
	sd	s4, FRAME_S2 + 16(sp)
	sd	s5, FRAME_S2 + 24(sp)
	sd	s6, FRAME_S2 + 32(sp)
	sd	s7, FRAME_S2 + 40(sp)
	sd	s8, FRAME_S2 + 48(sp)
	sd	s9, FRAME_S2 + 56(sp)
	sd	s10, FRAME_S2 + 64(sp)
	sd	s11, FRAME_S2 + 72(sp)
	sd	t3, FRAME_T3(sp)
	sd	t4, FRAME_T3 + 8(sp)
	sd	t5, FRAME_T3 + 16(sp)
	sd	t6, FRAME_T3 + 24(sp)
	/* The handlers run without access to user pages, and with the FP unit off: kernel code that uses it by mistake traps. */
	li	t0, SR_SUM | SR_FS
	csrrc	t0, sstatus, t0
	csrr	t1, sepc
	csrr	t2, stval
	csrr	t3, scause
	sd	t0, FRAME_STATUS(sp)
	sd	t1, FRAME_PC(sp)
	sd	t2, FRAME_BADADDR(sp)
	sd	t3, FRAME_CAUSE(sp)
.endm

	/* pc and status too; not sp and tp. The sc takes away a reservation that the interrupted code may hold. */
.macro restore_registers
	ld	t0, FRAME_STATUS(sp)
	ld	t1, FRAME_PC(sp)
	csrw	sstatus, t0
	sc.d	zero, t1, (sp)
	csrw	sepc, t1
	ld	ra, FRAME_RA(sp)
	ld	gp, FRAME_GP(sp)
	ld	t0, FRAME_T0(sp)
	ld	t1, FRAME_T1(sp)
	ld	t2, FRAME_T2(sp)
	ld	s0, FRAME_S0(sp)
	ld	s1, FRAME_S1(sp)
	ld	a0, FRAME_A0(sp)
	ld	a1, FRAME_A0 + 8(sp)
	ld	a2, FRAME_A0 + 16(sp)
	ld	a3, FRAME_A0 + 24(sp)
	ld	a4, FRAME_A0 + 32(sp)
	ld	a5, FRAME_A0 + 40(sp)
	ld	a6, FRAME_A0 + 48(sp)
	ld	a7, FRAME_A0 + 56(sp)
	ld	s2, FRAME_S2(sp)
	ld	s3, FRAME_S2 + 8(sp)
	ld	s4, FRAME_S2 + 16(sp)
	ld	s5, FRAME_S2 + 24(sp)
	ld	s6, FRAME_S2 + 32(sp)
	ld	s7, FRAME_S2 + 40(sp)
	ld	s8, FRAME_S2 + 48(sp)
	ld	s9, FRAME_S2 + 56(sp)
	ld	s10, FRAME_S2 + 64(sp)
	ld	s11, FRAME_S2 + 72(sp)
	ld	t3, FRAME_T3(sp)
	ld	t4, FRAME_T3 + 8(sp)
	ld	t5, FRAME_T3 + 16(sp)
	ld	t6, FRAME_T3 + 24(sp)
.endm

	.text
	.balign 64
	.globl trap_entry
	.type trap_entry, @function
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, from_kernel

	sd	sp, THREAD_TRAP_SP(tp)
	ld	sp, THREAD_USER_FRAME(tp)
	save_registers
	ld	t0, THREAD_TRAP_SP(tp)
	csrrw	t1, sscratch, zero
	sd	t0, FRAME_SP(sp)
	sd	t1, FRAME_TP(sp)
	li	s0, 0			/* backtraces of the kernel end here */
	mv	a0, sp
	call	trap_from_user
	mv	a0, sp

	/* a0: the user frame of the current thread; interrupts off */
	.globl return_to_user
return_to_user:
	mv	sp, a0
	csrw	sscratch, tp
	restore_registers
	ld	tp, FRAME_TP(sp)
	ld	sp, FRAME_SP(sp)
	sret

from_kernel:
	csrrw	tp, sscratch, zero
	sd	sp, THREAD_TRAP_SP(tp)
	csrw	sscratch, t0
	ld	t0, THREAD_STACK_LOW(tp)
	addi	sp, sp, -KERNEL_FRAME_SIZE
	bltu	sp, t0, stack_overflow
	csrrw	t0, sscratch, zero
	save_registers
	addi	t0, sp, KERNEL_FRAME_SIZE
	sd	t0, FRAME_SP(sp)
	sd	tp, FRAME_TP(sp)
	sd	s0, FRAME_SIZE(sp)
	sd	t1, FRAME_SIZE + 8(sp)
	mv	s0, t0
	mv	a0, sp
	call	trap_from_kernel
	restore_registers
	ld	sp, FRAME_SP(sp)
	sret

	/* The frame would not fit the stack: report from the CPU's emergency stack. No way back. */
stack_overflow:
	ld	sp, THREAD_CPU(tp)
	ld	sp, CPU_EMERGENCY_SP(sp)
	li	t0, 1 << KSTACK_SHIFT
	sub	t0, sp, t0
	sd	t0, THREAD_STACK_LOW(tp)
	sd	sp, THREAD_STACK_LOW + 8(tp)
	csrrw	t0, sscratch, zero
	addi	sp, sp, -KERNEL_FRAME_SIZE
	save_registers
	ld	t0, THREAD_TRAP_SP(tp)
	sd	t0, FRAME_SP(sp)
	sd	tp, FRAME_TP(sp)
	li	s0, 0
	mv	a0, sp
	call	trap_stack_overflow
	.size trap_entry, . - trap_entry
