/* Control and status registers, exception causes and page-table bits (RISC-V privileged
 * specification 1.12). */
#pragma once

#define SR_SIE      0x2
#define SR_SPIE     0x20
#define SR_SPP      0x100
#define SR_FS       0x6000 /* the FP unit's state: off, initial, clean, dirty */
#define SR_FS_CLEAN 0x4000
#define SR_FS_DIRTY 0x6000
#define SR_VS       0x600
#define SR_SUM      0x40000 /* supervisor may access user pages */
#define SR_MXR      0x80000
#define SR_UXL      0x300000000

#define IE_SOFTWARE 0x2
#define IE_TIMER    0x20
#define IE_EXTERNAL 0x200

#define CAUSE_INTERRUPT    (1UL << 63)
#define IRQ_SOFTWARE       1
#define IRQ_TIMER          5
#define IRQ_EXTERNAL       9
#define CAUSE_FETCH_ALIGN  0
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_ILLEGAL      2
#define CAUSE_BREAKPOINT   3
#define CAUSE_LOAD_ALIGN   4
#define CAUSE_LOAD_ACCESS  5
#define CAUSE_STORE_ALIGN  6
#define CAUSE_STORE_ACCESS 7
#define CAUSE_ECALL_USER   8
#define CAUSE_FETCH_PAGE   12
#define CAUSE_LOAD_PAGE    13
#define CAUSE_STORE_PAGE   15

#define SATP_SV39 (8UL << 60)
#define SATP_SV48 (9UL << 60)

#ifndef __ASSEMBLER__

#define csr_read(reg)                                                                              \
	({                                                                                         \
		unsigned long value_;                                                              \
		__asm__ volatile("csrr %0, " #reg : "=r"(value_)::"memory");                       \
		value_;                                                                            \
	})
#define csr_write(reg, value)                                                                      \
	__asm__ volatile("csrw " #reg ", %0" ::"rK"((unsigned long)(value)) : "memory")
#define csr_set(reg, bits)                                                                         \
	__asm__ volatile("csrs " #reg ", %0" ::"rK"((unsigned long)(bits)) : "memory")
#define csr_clear(reg, bits)                                                                       \
	__asm__ volatile("csrc " #reg ", %0" ::"rK"((unsigned long)(bits)) : "memory")

static inline void sfence_all(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

static inline void sfence_page(unsigned long va)
{
	__asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}

static inline void fence_i(void)
{
	__asm__ volatile("fence.i" ::: "memory");
}

#endif
