/* The sole hand-over from firmware to kernel. Filled by boot/ and arch entry code, constant
 * afterwards. */
#pragma once

#include "base.h"

struct boot_range {
	paddr_t base;
	uint64_t size; /* bytes */
};

#define BOOT_MAX_RANGES 16

struct boot_uart {
	char compatible[32]; /* the device tree's first known name, such as "ns16550a" */
	paddr_t base;
	uint32_t irq;       /* number at its interrupt controller */
	uint32_t reg_shift; /* registers are 1 << reg_shift bytes apart */
	uint32_t reg_width; /* bytes of one register access */
	uint32_t clock_hz;  /* 0: leave the divisor as the firmware set it */
};

struct boot_irqchip {
	char compatible[32];
	paddr_t base;
	uint64_t size;
	uint32_t sources; /* interrupt numbers 1 .. sources */
	/* For each CPU of `cpus`, the context (PLIC) or the like at which its interrupts arrive;
	 * -1: none. */
	int32_t context[MAX_CPUS];
};

struct boot_info {
	struct boot_range memory[BOOT_MAX_RANGES];
	unsigned memory_count;
	struct boot_range
	    reserved[BOOT_MAX_RANGES]; /* firmware, device tree, initrd, the kernel itself */
	unsigned reserved_count;
	struct boot_range initrd; /* size 0: none */
	char cmdline[2048];
	uint64_t timebase_hz;
	uint64_t cpu_hw_id[MAX_CPUS]; /* [0] is the CPU that booted */
	unsigned cpu_count;
	struct boot_uart uart;
	struct boot_irqchip irqchip;
	paddr_t poweroff_base; /* sifive_test or the like: an exit code QEMU passes on; 0: none */
	uint8_t rng_seed[32];  /* from the firmware, zero if it had none */
	char model[64];
	const void *fdt; /* virtual address of the device tree, or NULL */
	uint32_t fdt_size;
};

extern struct boot_info boot_info;

size_t fdt_size(const void *fdt); /* as its header says; 0 if it is no device tree */
/* A property of the node of the processor with this hardware id; NULL: there is none. */
const void *fdt_cpu_property(uint64_t hw_id, const char *name, int *len);
/*
 * Reads a flattened device tree into `info`. Returns 0, -EINVAL if it is no device tree or reserves
 * more ranges than fit, -ENODEV if memory or the boot CPU are missing in it. (Devicetree
 * specification 0.4.)
 */
int fdt_read(const void *fdt, size_t size, uint64_t boot_cpu_hw_id, struct boot_info *info);

/*
 * Boot arguments: "name" or "name=value", split at spaces, double quotes keep spaces. Returns the
 * value ("" if there is none) in `buf`, or NULL if the argument was not given. Later ones win.
 */
const char *boot_arg(const char *name, char *buf, size_t size);
bool boot_arg_flag(const char *name);
/* cpus=N: only the first N CPUs are used, at least the one that booted. */
void boot_args_limit_cpus(void);
/* Logs a warning for each argument that nobody knows. */
void boot_args_check(void);
