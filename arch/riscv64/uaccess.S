/*
 * Copies that may fault. Each access that may is listed in __ex_table, in order of address, with where to go on; the
 * routines for user memory set SUM around their accesses, so that nothing else in the kernel can reach user pages.
 * Results: 0, or -EFAULT with an unknown part done.
 */
#include "csr.h"

#define EFAULT 14

	/* Runs \insn, which may fault: then \fixup. */
.macro guarded fixup, insn:vararg
9999:	\insn
	.pushsection __ex_table, "a"
	.balign 4
	.4byte	9999b - .
	.4byte	\fixup - .
	.popsection
.endm

	/*
	 * Copies a2 bytes from a1 to a0 and jumps to \done; faults go to \fault. Words where both ends allow it; with ends that
	 * differ in alignment, words merged of two aligned loads, neither of which leaves the words that hold the source.
	 */
.macro copy_bytes done, fault
	or	t1, a0, a1
	andi	t1, t1, 7
	li	t0, 64
	beqz	t1, 3f
	li	t0, 16
	bltu	a2, t0, 8f
	/* the destination's head */
1:	andi	t0, a0, 7
	beqz	t0, 2f
	guarded	\fault, lb t1, 0(a1)
	guarded	\fault, sb t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	1b
2:	andi	t0, a1, 7
	bnez	t0, 6f
	/* both aligned */
	li	t0, 64
3:	bltu	a2, t0, 5f
4:	guarded	\fault, ld t1, 0(a1)
	guarded	\fault, ld t2, 8(a1)
	guarded	\fault, ld t3, 16(a1)
	guarded	\fault, ld t4, 24(a1)
	guarded	\fault, ld t5, 32(a1)
	guarded	\fault, ld a3, 40(a1)
	guarded	\fault, ld a4, 48(a1)
	guarded	\fault, ld a5, 56(a1)
	guarded	\fault, sd t1, 0(a0)
	guarded	\fault, sd t2, 8(a0)
	guarded	\fault, sd t3, 16(a0)
	guarded	\fault, sd t4, 24(a0)
	guarded	\fault, sd t5, 32(a0)
	guarded	\fault, sd a3, 40(a0)
	guarded	\fault, sd a4, 48(a0)
	guarded	\fault, sd a5, 56(a0)
	addi	a0, a0, 64
	addi	a1, a1, 64
	addi	a2, a2, -64
	bgeu	a2, t0, 4b
5:	li	t0, 8
	bltu	a2, t0, 8f
	guarded	\fault, ld t1, 0(a1)
	guarded	\fault, sd t1, 0(a0)
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	j	5b
	/* source misaligned by t0 bytes: t2 and t3 the shifts, t4 the word that holds the next source byte */
6:	slli	t2, t0, 3
	li	t3, 64
	sub	t3, t3, t2
	sub	a1, a1, t0
	guarded	\fault, ld t4, 0(a1)
	li	a3, 8
7:	guarded	\fault, ld t5, 8(a1)
	srl	t1, t4, t2
	sll	a4, t5, t3
	or	t1, t1, a4
	guarded	\fault, sd t1, 0(a0)
	mv	t4, t5
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	bgeu	a2, a3, 7b
	add	a1, a1, t0
	/* the rest: a word of 4 bytes where that is possible, then bytes */
8:	or	t1, a0, a1
	andi	t1, t1, 3
	sltiu	t0, a2, 4
	or	t1, t1, t0
	bnez	t1, 9f
	guarded	\fault, lw t1, 0(a1)
	guarded	\fault, sw t1, 0(a0)
	addi	a0, a0, 4
	addi	a1, a1, 4
	addi	a2, a2, -4
9:	beqz	a2, \done
	guarded	\fault, lb t1, 0(a1)
	guarded	\fault, sb t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	9b
.endm

	.text

	/* int user_copy(void *dst, const void *src, size_t n): one of the two in user memory, its range checked */
	.globl user_copy
	.type user_copy, @function
user_copy:
	li	t6, SR_SUM
	csrs	sstatus, t6
	copy_bytes user_done, user_fault
user_done:
	csrc	sstatus, t6
	li	a0, 0
	ret
	.size user_copy, . - user_copy

	/* int user_clear(void *dst, size_t n) */
	.globl user_clear
	.type user_clear, @function
user_clear:
	li	t6, SR_SUM
	csrs	sstatus, t6
1:	andi	t0, a0, 7
	beqz	t0, 2f
	beqz	a1, user_done
	guarded	user_fault, sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	1b
2:	li	t0, 8
3:	bltu	a1, t0, 4f
	guarded	user_fault, sd zero, 0(a0)
	addi	a0, a0, 8
	addi	a1, a1, -8
	j	3b
4:	beqz	a1, user_done
	guarded	user_fault, sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	4b
	.size user_clear, . - user_clear

	/* int64_t user_strncpy(char *dst, const char *src, size_t n): the length without the 0; n if there is no 0 */
	.globl user_strncpy
	.type user_strncpy, @function
user_strncpy:
	li	t6, SR_SUM
	csrs	sstatus, t6
	mv	t0, a1
	add	t1, a1, a2
1:	bgeu	a1, t1, 2f
	guarded	user_fault, lb t2, 0(a1)
	sb	t2, 0(a0)
	beqz	t2, 2f
	addi	a1, a1, 1
	addi	a0, a0, 1
	j	1b
2:	csrc	sstatus, t6
	sub	a0, a1, t0
	ret
	.size user_strncpy, . - user_strncpy

	/* int user_cmpxchg32(uint32_t *p, uint32_t expect, uint32_t desired, uint32_t *old); p aligned */
	.globl user_cmpxchg32
	.type user_cmpxchg32, @function
user_cmpxchg32:
	li	t6, SR_SUM
	csrs	sstatus, t6
	sext.w	a1, a1
	fence	rw, rw
1:	guarded	user_fault, lr.w t0, (a0)
	bne	t0, a1, 2f
	guarded	user_fault, sc.w t1, a2, (a0)
	bnez	t1, 1b
2:	fence	rw, rw
	csrc	sstatus, t6
	sw	t0, 0(a3)
	li	a0, 0
	ret
user_fault:
	li	t6, SR_SUM
	csrc	sstatus, t6
	li	a0, -EFAULT
	ret
	.size user_cmpxchg32, . - user_cmpxchg32

	/* int kernel_try_copy(void *dst, const void *src, size_t n): either may be unmapped; user pages fault */
	.globl kernel_try_copy
	.type kernel_try_copy, @function
kernel_try_copy:
	copy_bytes kernel_done, kernel_fault
kernel_done:
	li	a0, 0
	ret
kernel_fault:
	li	a0, -EFAULT
	ret
	.size kernel_try_copy, . - kernel_try_copy
