/* The system calls that only this architecture has: riscv_hwprobe (Linux's
 * Documentation/arch/riscv/hwprobe.rst), riscv_flush_icache. */
#include "arch/mmu.h"
#include "arch/uaccess.h"
#include "boot/boot_info.h"
#include "local.h"
#include "mm/space.h"
#include "sbi.h"
#include "syscall/syscall.h"

#define FLUSH_ICACHE_LOCAL 1 /* this thread only, wherever it goes */

SYSCALL(riscv_flush_icache)
{
	if (a[2] & ~(uint64_t)FLUSH_ICACHE_LOCAL)
		return -EINVAL;
	arch_icache_sync(&current->space->arch, 0, ARCH_USER_TOP);
	return 0;
}

/* --- riscv_hwprobe: all CPUs are taken to be alike --- */

#define WHICH_CPUS 1

enum hwprobe_key {
	KEY_MVENDORID,
	KEY_MARCHID,
	KEY_MIMPID,
	KEY_BASE_BEHAVIOR,
	KEY_IMA_EXT_0,
	KEY_CPUPERF_0,
	KEY_ZICBOZ_BLOCK_SIZE,
	KEY_HIGHEST_VIRT_ADDRESS,
	KEY_TIME_CSR_FREQ,
	KEY_MISALIGNED_SCALAR_PERF,
};

#define BASE_BEHAVIOR_IMA 1
#define IMA_FD            1
#define IMA_C             2

struct hwprobe_pair {
	int64_t key;
	uint64_t value;
};

static uint64_t sbi_id(unsigned long which)
{
	struct sbi_result r = sbi_call(SBI_BASE, which, 0, 0, 0, 0);
	return r.error ? 0 : (uint64_t)r.value;
}

/* False: no such key. How fast misaligned accesses are is not known: 0. */
static bool probe(struct hwprobe_pair *p)
{
	p->value = 0;
	switch (p->key) {
	case KEY_MVENDORID:
		p->value = sbi_id(SBI_BASE_MVENDORID);
		return true;
	case KEY_MARCHID:
		p->value = sbi_id(SBI_BASE_MARCHID);
		return true;
	case KEY_MIMPID:
		p->value = sbi_id(SBI_BASE_MIMPID);
		return true;
	case KEY_BASE_BEHAVIOR:
		p->value = BASE_BEHAVIOR_IMA;
		return true;
	case KEY_IMA_EXT_0:
		p->value = IMA_FD | IMA_C | isa_extensions();
		return true;
	case KEY_CPUPERF_0:
	case KEY_MISALIGNED_SCALAR_PERF:
	case KEY_ZICBOZ_BLOCK_SIZE:
		return true;
	case KEY_HIGHEST_VIRT_ADDRESS:
		p->value = ARCH_USER_TOP;
		return true;
	case KEY_TIME_CSR_FREQ:
		p->value = boot_info.timebase_hz;
		return true;
	}
	p->key = -1;
	return false;
}

static uint64_t online(void)
{
	return cpu_count == 64 ? UINT64_MAX : (1UL << cpu_count) - 1;
}

/* A set of CPUs of the user's, as far as we know CPUs. */
static int copy_in_cpus(uint64_t *cpus, uaddr_t from, uint64_t size)
{
	*cpus = 0;
	return arch_copy_in(cpus, from, MIN(size, sizeof(*cpus)));
}

static int64_t values(uaddr_t pairs, uint64_t count, uint64_t cpus_size, uaddr_t cpus)
{
	uint64_t set;

	if (cpus_size || cpus) {
		if (copy_in_cpus(&set, cpus, cpus_size))
			return -EFAULT;
		if (!(set & online()))
			return -EINVAL;
	}
	for (; count; count--, pairs += sizeof(struct hwprobe_pair)) {
		struct hwprobe_pair p;
		if (copy_in_obj(&p.key, pairs))
			return -EFAULT;
		probe(&p);
		if (copy_out_obj(pairs, &p))
			return -EFAULT;
		if (signal_pending_fatal(current))
			return -EINTR; /* nobody sees it */
	}
	return 0;
}

/* Does a CPU have what the pair asks for? Bits are wanted, other values compared. */
static bool satisfies(const struct hwprobe_pair *has, const struct hwprobe_pair *wanted)
{
	if (has->key == KEY_BASE_BEHAVIOR || has->key == KEY_IMA_EXT_0 || has->key == KEY_CPUPERF_0)
		return (has->value & wanted->value) == wanted->value;
	return has->value == wanted->value;
}

static int64_t which_cpus(uaddr_t pairs, uint64_t count, uint64_t cpus_size, uaddr_t cpus)
{
	uint64_t set;

	if (!cpus_size || !cpus)
		return -EINVAL;
	if (copy_in_cpus(&set, cpus, cpus_size))
		return -EFAULT;
	set = set ? set & online() : online();
	for (; count; count--, pairs += sizeof(struct hwprobe_pair)) {
		struct hwprobe_pair wanted, has;
		if (copy_in_obj(&wanted, pairs))
			return -EFAULT;
		has.key = wanted.key;
		if (!probe(&has)) {
			if (copy_out_obj(pairs, &has))
				return -EFAULT;
			set = 0;
		} else if (!satisfies(&has, &wanted)) {
			set = 0;
		}
		if (signal_pending_fatal(current))
			return -EINTR; /* nobody sees it */
	}
	return arch_copy_out(cpus, &set, MIN(cpus_size, sizeof(set)));
}

SYSCALL(riscv_hwprobe)
{
	unsigned flags = (unsigned)a[4];

	if (flags & ~(unsigned)WHICH_CPUS)
		return -EINVAL;
	return flags ? which_cpus(a[0], a[1], a[2], a[3]) : values(a[0], a[1], a[2], a[3]);
}
