/* A hart as /proc/cpuinfo shows it, from the device tree and the firmware. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "local.h"
#include "printk.h"
#include "sbi.h"
#include "sched/sched.h"

/* The extensions with names of several letters that Linux 6.12 knows, in its order. */
static const char *const known[] = {"zicbom", "zicboz", "ziccrse", "zicntr", "zicond", "zicsr",
    "zifencei", "zihintntl", "zihintpause", "zihpm", "zimop", "zaamo", "zabha", "zacas", "zalrsc",
    "zawrs", "zfa", "zfh", "zfhmin", "zca", "zcb", "zcd", "zcf", "zcmop", "zba", "zbb", "zbc",
    "zbkb", "zbkc", "zbkx", "zbs", "zk", "zkn", "zknd", "zkne", "zknh", "zkr", "zks", "zksed",
    "zksh", "zkt", "ztso", "zvbb", "zvbc", "zve32f", "zve32x", "zve64d", "zve64f", "zve64x", "zvfh",
    "zvfhmin", "zvkb", "zvkg", "zvkn", "zvknc", "zvkned", "zvkng", "zvknha", "zvknhb", "zvks",
    "zvksc", "zvksed", "zvksg", "zvksh", "zvkt", "smaia", "smmpm", "smnpm", "smstateen", "ssaia",
    "sscofpmf", "ssnpm", "sstc", "svade", "svadu", "svinval", "svnapot", "svpbmt", "svvptc"};

struct text {
	char *buf;
	size_t size, len;
};

static void add(struct text *t, const char *s, size_t n)
{
	n = MIN(n, t->size - 1 - t->len);
	memcpy(t->buf + t->len, s, n);
	t->len += n;
	t->buf[t->len] = 0;
}

static void add_string(struct text *t, const char *s)
{
	add(t, s, strlen(s));
}

/* What the tree tells of a hart's instruction set: a list of names, or one string of old. */
struct isa {
	const char *list;
	int list_len;
	const char *string;
};

/* A text of the hart's node, NUL-terminated by the tree's format; `otherwise` if it is not there.
 */
static const char *property(uint64_t hart, const char *name, const char *otherwise)
{
	int len;
	const char *s = fdt_cpu_property(hart, name, &len);

	return s && len > 0 && !s[len - 1] ? s : otherwise;
}

static struct isa isa_of(uint64_t hart)
{
	struct isa isa = {.string = property(hart, "riscv,isa", "rv64imafdc")};
	const char *list = fdt_cpu_property(hart, "riscv,isa-extensions", &isa.list_len);

	if (list && isa.list_len > 0 && !list[isa.list_len - 1])
		isa.list = list;
	return isa;
}

static bool has(const struct isa *isa, const char *name)
{
	for (const char *p = isa->list; p && p < isa->list + isa->list_len; p += strlen(p) + 1)
		if (!strcmp(p, name))
			return true;
	return !isa->list && isa_string_has(isa->string, name);
}

static void add_isa(struct text *t, const struct isa *isa)
{
	const char *end = strchr(isa->string, '_');

	add(t, isa->string, end ? (size_t)(end - isa->string) : strlen(isa->string));
	for (unsigned k = 0; k < ARRAY_SIZE(known); k++) {
		if (!has(isa, known[k]))
			continue;
		add_string(t, "_");
		add_string(t, known[k]);
	}
}

static void add_firmware(struct text *t, const char *label, unsigned long what)
{
	char line[64];
	struct sbi_result r = sbi_call(SBI_BASE, what, 0, 0, 0, 0);

	fmt_string(
	    line, sizeof(line), "%s: 0x%lx\n", label, r.error ? 0UL : (unsigned long)r.value);
	add_string(t, line);
}

void arch_cpu_describe(unsigned id, char *buf, size_t size)
{
	struct text t = {.buf = buf, .size = size};
	uint64_t hart = cpus[id].hw_id;
	struct isa isa = isa_of(hart);
	const char *uarch = property(hart, "compatible", "riscv");
	char line[96];

	buf[0] = 0;
	fmt_string(line, sizeof(line), "processor\t: %u\nhart\t\t: %lu\nisa\t\t: ", id,
	    (unsigned long)hart);
	add_string(&t, line);
	add_isa(&t, &isa);
	fmt_string(line, sizeof(line), "\nmmu\t\t: sv%u\n", arch_pt_levels * 9 + 12);
	add_string(&t, line);
	if (strcmp(uarch, "riscv")) {
		fmt_string(line, sizeof(line), "uarch\t\t: %s\n", uarch);
		add_string(&t, line);
	}
	add_firmware(&t, "mvendorid\t", SBI_BASE_MVENDORID);
	add_firmware(&t, "marchid\t\t", SBI_BASE_MARCHID);
	add_firmware(&t, "mimpid\t\t", SBI_BASE_MIMPID);
	add_string(&t, "hart isa\t: ");
	add_isa(&t, &isa);
	add_string(&t, "\n\n");
}
