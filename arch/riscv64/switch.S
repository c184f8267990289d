/* Switching stacks, and the first steps of a thread. */
#include "offsets.h"

	.text
	/* struct thread *switch_context(struct thread *prev, struct thread *next): a0 stays `prev` for whom it arrives at. */
	.globl switch_context
	.type switch_context, @function
switch_context:
	sd	sp, THREAD_SP(a0)
	sd	ra, THREAD_SP + 8(a0)
	sd	s0, THREAD_SP + 16(a0)
	sd	s1, THREAD_SP + 24(a0)
	sd	s2, THREAD_SP + 32(a0)
	sd	s3, THREAD_SP + 40(a0)
	sd	s4, THREAD_SP + 48(a0)
	sd	s5, THREAD_SP + 56(a0)
	sd	s6, THREAD_SP + 64(a0)
	sd	s7, THREAD_SP + 72(a0)
	sd	s8, THREAD_SP + 80(a0)
	sd	s9, THREAD_SP + 88(a0)
	sd	s10, THREAD_SP + 96(a0)
	sd	s11, THREAD_SP + 104(a0)
	ld	sp, THREAD_SP(a1)
	ld	ra, THREAD_SP + 8(a1)
	ld	s0, THREAD_SP + 16(a1)
	ld	s1, THREAD_SP + 24(a1)
	ld	s2, THREAD_SP + 32(a1)
	ld	s3, THREAD_SP + 40(a1)
	ld	s4, THREAD_SP + 48(a1)
	ld	s5, THREAD_SP + 56(a1)
	ld	s6, THREAD_SP + 64(a1)
	ld	s7, THREAD_SP + 72(a1)
	ld	s8, THREAD_SP + 80(a1)
	ld	s9, THREAD_SP + 88(a1)
	ld	s10, THREAD_SP + 96(a1)
	ld	s11, THREAD_SP + 104(a1)
	mv	tp, a1
	ret
	.size switch_context, . - switch_context

	/* Where a new thread's ra points: s1 its function, s2 the argument; a0 the thread that ran before. */
	.globl thread_start
	.type thread_start, @function
thread_start:
	call	sched_thread_begin
	mv	a0, s2
	jalr	s1
	call	thread_returned
	.size thread_start, . - thread_start

	/* void fp_save(struct arch_fp *), void fp_load(const struct arch_fp *) */
.macro all_f op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\n, 8 * \n (a0)
	.endr
.endm

	.globl fp_save
	.type fp_save, @function
fp_save:
	frcsr	t0
	all_f	fsd
	sw	t0, 256(a0)
	ret
	.size fp_save, . - fp_save

	.globl fp_load
	.type fp_load, @function
fp_load:
	lw	t0, 256(a0)
	all_f	fld
	fscsr	t0
	ret
	.size fp_load, . - fp_load
