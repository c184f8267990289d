/*
 * Reads a flattened device tree (Devicetree specification 0.4, and the bindings of Linux for what
 * is below /soc). The tree comes from firmware: libfdt checks every offset, and what makes no sense
 * is passed over.
 */
#include "boot/fdt.h"

#include "arch/mmu.h"

struct boot_info boot_info;

/* How deep buses may nest, for address translation. */
#define BUS_DEPTH_MAX 8

static const char *const uart_names[] = {"ns16550a", "ns16550", "snps,dw-apb-uart", NULL};
static const char *const poweroff_names[] = {"sifive,test1", "sifive,test0", NULL};

uint64_t fdt_cells(const fdt32_t *cells, int count)
{
	uint64_t v = 0;
	while (count-- > 0)
		v = v << 32 | fdt32_to_cpu(*cells++);
	return v;
}

uint32_t fdt_u32(const void *fdt, int node, const char *name, uint32_t otherwise)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);
	return p && len == (int)sizeof(*p) ? fdt32_to_cpu(*p) : otherwise;
}

/* Defaults are the specification's. What is out of range becomes -1. */
static int cells_of(const void *fdt, int node, const char *name, uint32_t otherwise)
{
	uint32_t n = fdt_u32(fdt, node, name, otherwise);
	return n <= 4 ? (int)n : -1;
}

int fdt_addr_cells(const void *fdt, int node)
{
	int n = cells_of(fdt, node, "#address-cells", 2);
	return n ? n : -1;
}

static int size_cells(const void *fdt, int node)
{
	return cells_of(fdt, node, "#size-cells", 1);
}

/* A property's text, or NULL if it is absent or not terminated. */
static const char *fdt_text(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = fdt_getprop(fdt, node, name, &len);
	return s && len > 0 && !s[len - 1] ? s : NULL;
}

static void copy_text(char *dst, size_t size, const char *src)
{
	size_t n = src ? MIN(strlen(src), size - 1) : 0;
	memcpy(dst, src ? src : "", n);
	dst[n] = 0;
}

/* The first of `names` that the node is compatible with, or NULL. */
const char *fdt_compatible(const void *fdt, int node, const char *const *names)
{
	for (; *names; names++)
		if (fdt_node_check_compatible(fdt, node, *names) == 0)
			return *names;
	return NULL;
}

bool fdt_available(const void *fdt, int node)
{
	const char *status = fdt_text(fdt, node, "status");
	return !status || !strcmp(status, "okay") || !strcmp(status, "ok");
}

/* Translates an address on `bus` (the parent of the node it was found in) to a CPU address. False:
 * not reachable. */
static bool translate(const void *fdt, int bus, uint64_t *addr)
{
	for (int depth = 0; bus > 0 && depth < BUS_DEPTH_MAX; depth++) {
		int len, parent = fdt_parent_offset(fdt, bus);
		const fdt32_t *p = fdt_getprop(fdt, bus, "ranges", &len);
		int child = fdt_addr_cells(fdt, bus), size = size_cells(fdt, bus);
		int above = parent >= 0 ? fdt_addr_cells(fdt, parent) : -1;
		if (!p || child < 1 || size < 0 || above < 1)
			return false;
		int step = child + above + size;
		bool found = !len; /* empty: the same addresses */
		for (; !found && len >= step * 4; len -= step * 4, p += step) {
			uint64_t from = fdt_cells(p, child), n = fdt_cells(p + child + above, size);
			found = *addr - from < n;
			if (found)
				*addr = fdt_cells(p + child, above) + (*addr - from);
		}
		if (!found)
			return false;
		bus = parent;
	}
	return bus == 0;
}

/* The index-th pair of "reg", as seen by CPUs. 0 or -EINVAL. */
int fdt_reg(const void *fdt, int node, int index, struct boot_range *out)
{
	int len, parent = fdt_parent_offset(fdt, node);
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);
	int address = parent >= 0 ? fdt_addr_cells(fdt, parent) : -1;
	int size = parent >= 0 ? size_cells(fdt, parent) : -1;
	if (!p || address < 1 || address > 2 || size < 0 || size > 2)
		return -EINVAL;
	if (len / 4 / (address + size) <= index)
		return -EINVAL;
	p += index * (address + size);
	out->base = fdt_cells(p, address);
	out->size = fdt_cells(p + address, size);
	if (out->base + out->size < out->base || !translate(fdt, parent, &out->base))
		return -EINVAL;
	return 0;
}

/* --- memory --- */

static int add_reserved(struct boot_info *info, uint64_t base, uint64_t size)
{
	if (!size)
		return 0;
	if (base + size < base || info->reserved_count == BOOT_MAX_RANGES)
		return -EINVAL;
	info->reserved[info->reserved_count++] = (struct boot_range){base, size};
	return 0;
}

static void read_memory(const void *fdt, struct boot_info *info)
{
	int node;
	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *type = fdt_text(fdt, node, "device_type");
		struct boot_range r;
		if (!type || strcmp(type, "memory") || !fdt_available(fdt, node))
			continue;
		for (int i = 0; info->memory_count < BOOT_MAX_RANGES && !fdt_reg(fdt, node, i, &r);
		    i++)
			if (r.size)
				info->memory[info->memory_count++] = r;
	}
}

static int read_reserved(const void *fdt, struct boot_info *info)
{
	int node, parent = fdt_path_offset(fdt, "/reserved-memory"), err = 0;
	int count = fdt_num_mem_rsv(fdt);
	for (int i = 0; i < count && !err; i++) {
		uint64_t base, size;
		if (!fdt_get_mem_rsv(fdt, i, &base, &size))
			err = add_reserved(info, base, size);
	}
	if (parent < 0)
		return err;
	fdt_for_each_subnode(node, fdt, parent)
	{
		struct boot_range r;
		for (int i = 0; !err && fdt_available(fdt, node) && !fdt_reg(fdt, node, i, &r); i++)
			err = add_reserved(info, r.base, r.size);
	}
	return err;
}

/* An address of 32 or 64 bits; 0 if absent. */
static uint64_t address_property(const void *fdt, int node, const char *name)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);
	return p && (len == 4 || len == 8) ? fdt_cells(p, len / 4) : 0;
}

static int read_chosen(const void *fdt, struct boot_info *info)
{
	int node = fdt_path_offset(fdt, "/chosen");
	if (node < 0)
		return 0;
	copy_text(info->cmdline, sizeof(info->cmdline), fdt_text(fdt, node, "bootargs"));
	uint64_t start = address_property(fdt, node, "linux,initrd-start");
	uint64_t end = address_property(fdt, node, "linux,initrd-end");
	if (!start || end <= start)
		return 0;
	info->initrd = (struct boot_range){start, end - start};
	return add_reserved(info, start, end - start);
}

/* --- devices --- */

static bool read_uart(const void *fdt, int node, struct boot_info *info)
{
	struct boot_range reg;
	const char *name = fdt_compatible(fdt, node, uart_names);
	int len;
	if (!name || !fdt_available(fdt, node) || fdt_reg(fdt, node, 0, &reg))
		return false;
	const fdt32_t *irq = fdt_getprop(fdt, node, "interrupts", &len);
	copy_text(info->uart.compatible, sizeof(info->uart.compatible), name);
	info->uart.base = reg.base;
	info->uart.irq = irq && len >= 4 ? fdt32_to_cpu(*irq) : 0;
	info->uart.reg_shift = fdt_u32(fdt, node, "reg-shift", 0);
	info->uart.reg_width = fdt_u32(fdt, node, "reg-io-width", 1);
	info->uart.clock_hz = fdt_u32(fdt, node, "clock-frequency", 0);
	return info->uart.reg_shift <= 4;
}

/* The node that /chosen's stdout-path names, by path or alias, options after a ':' left out. */
static int stdout_node(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *path = chosen >= 0 ? fdt_text(fdt, chosen, "stdout-path") : NULL;
	if (!path)
		return -1;
	const char *options = strchr(path, ':');
	return fdt_path_offset_namelen(
	    fdt, path, options ? (int)(options - path) : (int)strlen(path));
}

static void read_devices(const void *fdt, struct boot_info *info)
{
	int out = stdout_node(fdt);
	bool uart = out >= 0 && read_uart(fdt, out, info);
	for (int node = fdt_next_node(fdt, 0, NULL); node >= 0;
	    node = fdt_next_node(fdt, node, NULL)) {
		struct boot_range reg;
		if (!uart)
			uart = read_uart(fdt, node, info);
		if (!info->poweroff_base && fdt_compatible(fdt, node, poweroff_names) &&
		    !fdt_reg(fdt, node, 0, &reg))
			info->poweroff_base = reg.base;
		if (!info->irqchip.base)
			fdt_read_plic(fdt, node, info);
	}
	if (!uart)
		memset(&info->uart, 0, sizeof(info->uart));
}

size_t fdt_size(const void *fdt)
{
	return fdt_magic(fdt) == FDT_MAGIC ? fdt_totalsize(fdt) : 0;
}

int fdt_read(const void *fdt, size_t size, uint64_t boot_cpu_hw_id, struct boot_info *info)
{
	if (size < sizeof(struct fdt_header) || fdt_check_header(fdt) || fdt_totalsize(fdt) > size)
		return -EINVAL;
	if (fdt_off_dt_struct(fdt) % sizeof(fdt32_t) || fdt_off_mem_rsvmap(fdt) % sizeof(fdt64_t))
		return -EINVAL;
	info->fdt = fdt;
	info->fdt_size = fdt_totalsize(fdt);
	copy_text(info->model, sizeof(info->model), fdt_text(fdt, 0, "model"));
	read_memory(fdt, info);
	int err = add_reserved(info, virt_to_phys(fdt), info->fdt_size);
	if (!err)
		err = read_reserved(fdt, info);
	if (!err)
		err = read_chosen(fdt, info);
	if (!err)
		err = fdt_read_cpus(fdt, boot_cpu_hw_id, info);
	if (err)
		return err;
	if (!info->memory_count)
		return -ENODEV;
	read_devices(fdt, info);
	return 0;
}
