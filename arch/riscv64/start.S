/*
 * Entry from firmware: the Linux Image header, the boot hart, the others. Firmware leaves address translation off; both
 * ways turn it on by a fetch that faults: stvec holds the virtual address of what follows.
 */
#include "csr.h"
#include "offsets.h"

#define KERNEL_BASE 0xffffffff80000000

	.section .head, "ax"
	.globl _start
_start:
	/* Documentation/arch/riscv/boot-image-header.rst of Linux */
	j	boot_hart
	.balign 4
	nop
	.balign 8
	.8byte	0x200000			/* text_offset */
	.8byte	_kernel_end - _kernel_start	/* image_size, the zeroed end included */
	.8byte	0				/* flags: little-endian */
	.4byte	2				/* version 0.2 */
	.4byte	0
	.8byte	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.4byte	0

	/* t0: what to add to a physical address of the image to get its virtual one. Clobbers t1. */
.macro virtual_offset
	li	t0, KERNEL_BASE
	lla	t1, _kernel_start
	sub	t0, t0, t1
.endm

	/* Goes on at the next instruction with the tables of \satp; t0 as from virtual_offset. Clobbers t1. */
.macro translation_on satp
	lla	t1, 1f
	add	t1, t1, t0
	csrw	stvec, t1
	sfence.vma
	csrw	satp, \satp
	.balign 4
1:
	lla	t1, trap_entry
	csrw	stvec, t1
	csrw	sscratch, zero
.endm

	/* a0: hart id, a1: physical address of the device tree. The first hart to come here boots. */
boot_hart:
	lla	t0, boot_taken
	li	t1, 1
	amoswap.w t1, t1, (t0)
	bnez	t1, late_hart
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SR_FS | SR_VS | SR_SUM | SR_MXR | SR_SIE
	csrc	sstatus, t0
	mv	s2, a0
	mv	s3, a1
	rdtime	s4

	lla	t0, _bss_start
	lla	t1, _bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, (t0)
	addi	t0, t0, 8
	j	1b
2:
	lla	sp, boot_stack_top
	li	s0, 0
	lla	s5, _kernel_start
	mv	a0, s5
	call	early_tables
	virtual_offset
	add	sp, sp, t0
	translation_on a0

	lla	tp, boot_thread
	mv	a0, s2
	mv	a1, s3
	mv	a2, s5
	mv	a3, s4
	call	arch_start

	/*
	 * Another hart, a0. OpenSBI before 1.3 lets a hart that is asked to start see that before the address to start at:
	 * then it comes here instead. It waits for its entry in hart_starts, and goes on as it should have.
	 */
late_hart:
	lla	a1, hart_starts
	li	t0, HART_STARTS
1:	ld	t1, HART_START_THREAD(a1)
	ld	t2, HART_START_HART(a1)
	fence	r, rw
	beqz	t1, 2f
	beq	t2, a0, secondary_start
2:	addi	a1, a1, HART_START_SIZE
	addi	t0, t0, -1
	bnez	t0, 1b
	.4byte	0x0100000f		/* the "pause" hint */
	j	late_hart

	.data
	.balign	4
boot_taken:
	.4byte	0

	.text
	/* a0: hart id, a1: physical address of struct hart_start */
	.globl secondary_start
secondary_start:
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SR_FS | SR_VS | SR_SUM | SR_MXR | SR_SIE
	csrc	sstatus, t0
	ld	a0, HART_START_SATP(a1)
	ld	tp, HART_START_THREAD(a1)
	virtual_offset
	translation_on a0
	ld	sp, THREAD_USER_FRAME(tp)
	li	s0, 0
	call	secondary_main

	.bss
	/* Kernel stacks begin at a multiple of twice their size: backtraces find their bounds by that. */
	.balign 1 << (KSTACK_SHIFT + 1)
	.globl boot_stack
boot_stack:
	.skip	1 << KSTACK_SHIFT
boot_stack_top:
