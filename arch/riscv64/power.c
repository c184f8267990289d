/* The machine's end, and output before there is a driver. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "local.h"
#include "mm/heap.h"
#include "sbi.h"

/* QEMU's sifive_test device: what is written ends it. */
#define TEST_FAIL  0x3333 /* the exit code in the upper half */
#define TEST_PASS  0x5555
#define TEST_RESET 0x7777

static volatile uint32_t *test_device; /* NULL: the machine has none */

void power_setup(void)
{
	if (boot_info.poweroff_base)
		test_device = vmap_device(boot_info.poweroff_base, PAGE_SIZE);
}

_Noreturn void arch_halt(void)
{
	arch_irq_disable();
	for (;;)
		__asm__ volatile("wfi");
}

_Noreturn void arch_poweroff(int code)
{
	arch_irq_disable();
	if (test_device)
		*test_device = code ? (uint32_t)code << 16 | TEST_FAIL : TEST_PASS;
	sbi_call(SBI_SRST, SBI_SRST_RESET, SBI_SRST_SHUTDOWN,
	    code ? SBI_SRST_FAILURE : SBI_SRST_NO_REASON, 0, 0);
	arch_halt();
}

_Noreturn void arch_reboot(void)
{
	arch_irq_disable();
	if (test_device)
		*test_device = TEST_RESET;
	sbi_call(SBI_SRST, SBI_SRST_RESET, SBI_SRST_COLD_REBOOT, SBI_SRST_NO_REASON, 0, 0);
	arch_halt();
}

void arch_early_putc(char c)
{
	static enum { UNKNOWN, DEBUG_CONSOLE, LEGACY } how;
	if (how == UNKNOWN)
		how = sbi_has(SBI_DBCN) ? DEBUG_CONSOLE : LEGACY;
	if (how == DEBUG_CONSOLE)
		sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)c, 0, 0, 0);
	else
		sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0, 0);
}
