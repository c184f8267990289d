/* A call on another stack. */
#include "csr.h"
#include "offsets.h"

	.text
	/* void arch_call_on_stack(void *stack, size_t size, void (*fn)(void *), void *arg) */
	.globl arch_call_on_stack
	.type arch_call_on_stack, @function
arch_call_on_stack:
	addi	sp, sp, -32
	sd	ra, 24(sp)
	sd	s0, 16(sp)
	sd	s1, 8(sp)
	addi	s0, sp, 32		/* the frame record: backtraces go on to the first stack */
	csrrci	s1, sstatus, SR_SIE	/* no trap between the stacks */
	andi	s1, s1, SR_SIE
	ld	t0, THREAD_STACK_LOW(tp)
	ld	t1, THREAD_STACK_LOW + 8(tp)
	add	t2, a0, a1
	sd	a0, THREAD_STACK_LOW(tp)
	sd	t2, THREAD_STACK_LOW + 8(tp)
	addi	sp, t2, -16
	sd	t0, 0(sp)
	sd	t1, 8(sp)
	csrs	sstatus, s1
	mv	a0, a3
	jalr	a2
	csrrci	s1, sstatus, SR_SIE
	andi	s1, s1, SR_SIE
	ld	t0, 0(sp)
	ld	t1, 8(sp)
	sd	t0, THREAD_STACK_LOW(tp)
	sd	t1, THREAD_STACK_LOW + 8(tp)
	addi	sp, s0, -32
	csrs	sstatus, s1
	ld	ra, 24(sp)
	ld	s0, 16(sp)
	ld	s1, 8(sp)
	addi	sp, sp, 32
	ret
	.size arch_call_on_stack, . - arch_call_on_stack
