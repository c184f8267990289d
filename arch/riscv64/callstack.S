/* A call on another stack. */
#include "offsets.h"

	.text
	/* void arch_call_on_stack(void *stack, size_t size, void (*fn)(void *), void *arg) */
	.globl arch_call_on_stack
	.type arch_call_on_stack, @function
arch_call_on_stack:
	addi	sp, sp, -16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	addi	s0, sp, 16		/* the frame record: backtraces go on to the first stack */
	add	t0, a0, a1
	sd	t0, THREAD_CALL_STACK + 8(tp)
	sd	a0, THREAD_CALL_STACK(tp)
	mv	sp, t0
	mv	a0, a3
	jalr	a2
	addi	sp, s0, -16
	sd	zero, THREAD_CALL_STACK(tp)
	sd	zero, THREAD_CALL_STACK + 8(tp)
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	ret
	.size arch_call_on_stack, . - arch_call_on_stack
