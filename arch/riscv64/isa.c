/* What the processors can do, as the device tree lists it. */
#include "boot/boot_info.h"
#include "boot/fdt.h"
#include "local.h"

/* Extensions without state of their own, which programs may use unasked, with their bits of
 * hwprobe's RISCV_HWPROBE_KEY_IMA_EXT_0. */
static const struct {
	const char *name;
	uint8_t bit;
} extensions[] = {
    {"zba", 3},
    {"zbb", 4},
    {"zbs", 5},
    {"zbc", 7},
    {"zbkb", 8},
    {"zbkc", 9},
    {"zbkx", 10},
    {"zknd", 11},
    {"zkne", 12},
    {"zknh", 13},
    {"zksed", 14},
    {"zksh", 15},
    {"zkt", 16},
    {"zfh", 27},
    {"zfhmin", 28},
    {"zihintntl", 29},
    {"zfa", 32},
    {"ztso", 33},
    {"zacas", 34},
    {"zicond", 35},
    {"zihintpause", 36},
    {"zimop", 42},
    {"zca", 43},
    {"zcb", 44},
    {"zcd", 45},
    {"zcmop", 47},
    {"zawrs", 48},
};

/* The letters of "rv64imafdch_zicsr_zba…" are not looked at: they are what the kernel itself needs.
 */
bool isa_string_has(const char *isa, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(isa, '_'); p; p = strchr(p, '_')) {
		p++;
		if (!strncmp(p, name, n) && (!p[n] || p[n] == '_'))
			return true;
	}
	return false;
}

static uint64_t cpu_extensions(const void *fdt, int node)
{
	const char *isa = fdt_getprop(fdt, node, "riscv,isa", NULL);
	uint64_t bits = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(extensions); i++) {
		const char *name = extensions[i].name;
		if (fdt_stringlist_search(fdt, node, "riscv,isa-extensions", name) >= 0 ||
		    (isa && isa_string_has(isa, name)))
			bits |= 1UL << extensions[i].bit;
	}
	return bits;
}

/* Those that every processor has. */
uint64_t isa_extensions(void)
{
	const void *fdt = boot_info.fdt;
	uint64_t bits = UINT64_MAX;
	int node, cpus = fdt ? fdt_path_offset(fdt, "/cpus") : -1;

	if (cpus < 0)
		return 0;
	fdt_for_each_subnode(node, fdt, cpus)
	{
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		if (type && !strcmp(type, "cpu"))
			bits &= cpu_extensions(fdt, node);
	}
	return bits == UINT64_MAX ? 0 : bits;
}
