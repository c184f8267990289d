/* Processors and their interrupt controller in the device tree, RISC-V bindings. */
#include "boot/fdt.h"

/* The supervisor external interrupt, at a hart's own interrupt controller. */
#define IRQ_SUPERVISOR_EXTERNAL 9

static const char *const plic_names[] = {
    "riscv,plic0", "sifive,plic-1.0.0", "thead,c900-plic", NULL};

/* For each entry of boot_info.cpu_hw_id, the phandle of the hart's interrupt controller; 0: none.
 */
static uint32_t intc_phandle[MAX_CPUS];

static uint32_t find_intc(const void *fdt, int cpu)
{
	int node;
	fdt_for_each_subnode(node, fdt, cpu) if (fdt_getprop(fdt, node, "interrupt-controller",
						     NULL)) return fdt_get_phandle(fdt, node);
	return 0;
}

/* A hart that can run the kernel: available, and with address translation. */
static bool usable(const void *fdt, int node)
{
	int len;
	const char *type = fdt_getprop(fdt, node, "device_type", &len);
	if (!type || len != 4 || memcmp(type, "cpu", 4) || !fdt_available(fdt, node))
		return false;
	const char *mmu = fdt_getprop(fdt, node, "mmu-type", &len);
	return mmu && len > 0 && !mmu[len - 1] && strcmp(mmu, "riscv,none");
}

static bool hart_id(const void *fdt, int node, int cells, uint64_t *id)
{
	int len;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);
	if (!reg || len != cells * 4)
		return false;
	*id = fdt_cells(reg, cells);
	return true;
}

static void add_cpu(const void *fdt, int node, unsigned at, uint64_t id, struct boot_info *info)
{
	info->cpu_hw_id[at] = id;
	intc_phandle[at] = find_intc(fdt, node);
}

const void *fdt_cpu_property(uint64_t hw_id, const char *name, int *len)
{
	const void *fdt = boot_info.fdt;
	int node, cpus = fdt ? fdt_path_offset(fdt, "/cpus") : -1;
	int cells = cpus >= 0 ? fdt_addr_cells(fdt, cpus) : -1;

	if (cells < 1 || cells > 2)
		return NULL;
	fdt_for_each_subnode(node, fdt, cpus)
	{
		uint64_t id;
		if (hart_id(fdt, node, cells, &id) && id == hw_id)
			return fdt_getprop(fdt, node, name, len);
	}
	return NULL;
}

/* The CPU that booted gets number 0, whatever its place in the tree. */
int fdt_read_cpus(const void *fdt, uint64_t boot_cpu_hw_id, struct boot_info *info)
{
	int node, cpus = fdt_path_offset(fdt, "/cpus");
	int cells = cpus >= 0 ? fdt_addr_cells(fdt, cpus) : -1;
	unsigned count = 1;
	bool boot_found = false;
	if (cells < 1 || cells > 2)
		return -ENODEV;
	info->timebase_hz = fdt_u32(fdt, cpus, "timebase-frequency", 0);
	fdt_for_each_subnode(node, fdt, cpus)
	{
		uint64_t id;
		if (!hart_id(fdt, node, cells, &id))
			continue;
		if (!info->timebase_hz)
			info->timebase_hz = fdt_u32(fdt, node, "timebase-frequency", 0);
		if (id == boot_cpu_hw_id) {
			add_cpu(fdt, node, 0, id, info);
			boot_found = true;
		} else if (usable(fdt, node) && count < MAX_CPUS) {
			add_cpu(fdt, node, count++, id, info);
		}
	}
	info->cpu_count = count;
	return boot_found ? 0 : -ENODEV;
}

static unsigned cpu_of_intc(uint32_t phandle, const struct boot_info *info)
{
	unsigned i = 0;
	while (i < info->cpu_count && intc_phandle[i] != phandle)
		i++;
	return i;
}

/* "interrupts-extended" has a pair for each context: a hart's controller, and which of its
 * interrupts the context raises. */
void fdt_read_plic(const void *fdt, int node, struct boot_info *info)
{
	struct boot_irqchip *chip = &info->irqchip;
	struct boot_range reg;
	int len;
	const char *name = fdt_compatible(fdt, node, plic_names);
	const fdt32_t *p = name ? fdt_getprop(fdt, node, "interrupts-extended", &len) : NULL;
	if (!p || !fdt_available(fdt, node) || fdt_reg(fdt, node, 0, &reg))
		return;
	memcpy(chip->compatible, name, strlen(name) + 1);
	chip->base = reg.base;
	chip->size = reg.size;
	chip->sources = fdt_u32(fdt, node, "riscv,ndev", 0);
	for (unsigned i = 0; i < MAX_CPUS; i++)
		chip->context[i] = -1;
	for (int context = 0; context < len / 8; context++, p += 2) {
		unsigned cpu = cpu_of_intc(fdt32_to_cpu(p[0]), info);
		if (cpu < info->cpu_count && fdt32_to_cpu(p[1]) == IRQ_SUPERVISOR_EXTERNAL)
			chip->context[cpu] = context;
	}
}
