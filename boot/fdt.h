/* What the readers of parts of the device tree share. */
#pragma once

#include "boot/boot_info.h"
#include "libfdt.h"

uint64_t fdt_cells(const fdt32_t *cells, int count); /* big-endian words as one number */
uint32_t fdt_u32(const void *fdt, int node, const char *name, uint32_t otherwise);
const char *fdt_compatible(const void *fdt, int node, const char *const *names);
int fdt_addr_cells(const void *fdt, int node); /* 1 .. 4; -1: invalid */
bool fdt_available(const void *fdt, int node); /* "status" does not say otherwise */
int fdt_reg(const void *fdt, int node, int index, struct boot_range *out);

/* fdt_cpus.c */
int fdt_read_cpus(const void *fdt, uint64_t boot_cpu_hw_id, struct boot_info *info);
/* If `node` is an interrupt controller of a known kind, fills info->irqchip. After fdt_read_cpus.
 */
void fdt_read_plic(const void *fdt, int node, struct boot_info *info);
