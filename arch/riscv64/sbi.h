/* Calls into the supervisor binary interface, specification 2.0. */
#pragma once

#include "base.h"

#define SBI_LEGACY_PUTCHAR 1
#define SBI_BASE           0x10
#define SBI_TIME           0x54494d45
#define SBI_IPI            0x735049
#define SBI_RFENCE         0x52464e43
#define SBI_HSM            0x48534d
#define SBI_SRST           0x53525354
#define SBI_DBCN           0x4442434e

#define SBI_BASE_PROBE_EXTENSION 3
#define SBI_BASE_MVENDORID       4
#define SBI_BASE_MARCHID         5
#define SBI_BASE_MIMPID          6
#define SBI_TIME_SET_TIMER       0
#define SBI_IPI_SEND             0
#define SBI_RFENCE_FENCE_I       0
#define SBI_RFENCE_SFENCE_VMA    1
#define SBI_HSM_HART_START       0
#define SBI_SRST_RESET           0
#define SBI_DBCN_WRITE_BYTE      2

#define SBI_SRST_SHUTDOWN    0
#define SBI_SRST_COLD_REBOOT 1
#define SBI_SRST_NO_REASON   0
#define SBI_SRST_FAILURE     1

#define SBI_ERR_ALREADY_AVAILABLE -6

struct sbi_result {
	long error, value;
};

static inline struct sbi_result sbi_call(unsigned long ext, unsigned long fn, unsigned long x0,
    unsigned long x1, unsigned long x2, unsigned long x3)
{
	register unsigned long a0 __asm__("a0") = x0;
	register unsigned long a1 __asm__("a1") = x1;
	register unsigned long a2 __asm__("a2") = x2;
	register unsigned long a3 __asm__("a3") = x3;
	register unsigned long a6 __asm__("a6") = fn;
	register unsigned long a7 __asm__("a7") = ext;
	__asm__ volatile("ecall"
	    : "+r"(a0), "+r"(a1)
	    : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
	    : "memory");
	return (struct sbi_result){(long)a0, (long)a1};
}

static inline bool sbi_has(unsigned long ext)
{
	struct sbi_result r = sbi_call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, ext, 0, 0, 0);
	return !r.error && r.value;
}
