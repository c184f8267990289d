/* The kernel's half of the page tables: early ones before anything else, final ones from boot_info,
 * the vmap area. */
#include "arch/mmu.h"

#include "boot/boot_info.h"
#include "csr.h"
#include "local.h"
#include "mm/page.h"
#include "printk.h"
#include "proc/process.h"
#include "pte.h"

#define KERNEL_RX (PTE_V | PTE_R | PTE_X | PTE_A | PTE_G)
#define KERNEL_RO (PTE_V | PTE_R | PTE_A | PTE_G)
#define KERNEL_RW (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G)
#define HUGE_2M   (1UL << LEVEL_SHIFT(1))
#define GIB       (1UL << LEVEL_SHIFT(2))

extern const char _kernel_start[], _kernel_end[], _text_end[], _rodata_end[], _data_start[],
    _bss_end[];

uaddr_t arch_user_top;
uintptr_t arch_vmap_start = VMAP_BASE, arch_vmap_end = VMAP_BASE + VMAP_SIZE;
uint64_t kernel_image_offset;
uint64_t arch_satp_mode, kernel_satp, kernel_map_seq;
unsigned arch_pt_levels;

/* For the time until arch_mmu_init. */
static pte_t early_top[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static pte_t early_image[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
/* Covers the topmost 512 GiB: the root in Sv39, what the root's last entry points to in Sv48. */
static pte_t kernel_top[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static pte_t kernel_root48[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

uint64_t early_tables(paddr_t image);

/*
 * Runs before translation is on: touches nothing by absolute address. The image, writable and
 * executable, in 2 MiB pages, and the direct map whole in 1 GiB pages. Returns the satp to use.
 */
uint64_t early_tables(paddr_t image)
{
	size_t size = (size_t)(_kernel_end - _kernel_start);
	for (size_t i = 0; i * HUGE_2M < size; i++)
		early_image[i] = pte_make(image + i * HUGE_2M, KERNEL_RW | PTE_X);
	early_top[pt_index(KERNEL_BASE, 2)] = pte_make((paddr_t)early_image, PTE_V);
	for (size_t i = 0; i * GIB < DIRECT_MAP_SIZE; i++)
		early_top[pt_index(DIRECT_MAP_BASE, 2) + i] = pte_make(i * GIB, KERNEL_RW);
	return SATP_SV39 | (paddr_t)early_top >> PAGE_SHIFT;
}

/* The entry for `va` at `level` below kernel_top, with tables made as needed. Only while booting.
 */
static pte_t *boot_walk(uintptr_t va, unsigned level)
{
	pte_t *table = kernel_top;
	for (unsigned l = 2; l > level; l--) {
		pte_t *e = &table[pt_index(va, l)];
		if (!(*e & PTE_V)) {
			paddr_t pa = boot_alloc_page();
			memset(phys_to_virt(pa), 0, PAGE_SIZE);
			*e = pte_make(pa, PTE_V);
		}
		BUG_ON(pte_leaf(*e));
		table = pte_table(*e);
	}
	return &table[pt_index(va, level)];
}

/* Maps a range in the largest pages that fit. Everything is page-aligned. */
static void boot_map(uintptr_t va, paddr_t pa, uint64_t size, uint64_t bits)
{
	while (size) {
		unsigned level = 2;
		while (level && (((va | pa) & ((1UL << LEVEL_SHIFT(level)) - 1)) ||
				    size < 1UL << LEVEL_SHIFT(level)))
			level--;
		*boot_walk(va, level) = pte_make(pa, bits);
		va += 1UL << LEVEL_SHIFT(level);
		pa += 1UL << LEVEL_SHIFT(level);
		size -= 1UL << LEVEL_SHIFT(level);
	}
}

/* The direct map of [start, end): writable, but for the image's text and constants, whose alias
 * must not be. */
static void map_direct(paddr_t start, paddr_t end)
{
	paddr_t ro = virt_to_phys(_kernel_start), ro_end = virt_to_phys(_data_start);
	ro = MAX(MIN(ro, end), start);
	ro_end = MAX(MIN(ro_end, end), start);
	boot_map((uintptr_t)phys_to_virt(start), start, ro - start, KERNEL_RW);
	boot_map((uintptr_t)phys_to_virt(ro), ro, ro_end - ro, KERNEL_RO);
	boot_map((uintptr_t)phys_to_virt(ro_end), ro_end, end - ro_end, KERNEL_RW);
}

static void map_image(const char *start, const char *end, uint64_t bits)
{
	boot_map((uintptr_t)start, virt_to_phys(start), (uint64_t)(end - start), bits);
}

/* Drops memory past the direct map, and cuts ranges to whole pages. */
static void trim_memory(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < boot_info.memory_count; i++) {
		struct boot_range r = boot_info.memory[i];
		paddr_t start = ALIGN_UP(r.base, PAGE_SIZE),
			end = ALIGN_DOWN(r.base + r.size, PAGE_SIZE);
		if (end > DIRECT_MAP_SIZE) {
			log_warn("memory above %#lx is not used", DIRECT_MAP_SIZE);
			end = DIRECT_MAP_SIZE;
		}
		if (start < end)
			boot_info.memory[n++] = (struct boot_range){start, end - start};
	}
	boot_info.memory_count = n;
}

/* Writing a mode that the hart lacks leaves satp as it was. */
static void load_final_tables(void)
{
	kernel_root48[PT_ENTRIES - 1] = pte_make(virt_to_phys(kernel_top), PTE_V);
	kernel_satp = SATP_SV48 | virt_to_phys(kernel_root48) >> PAGE_SHIFT;
	sfence_all();
	csr_write(satp, kernel_satp);
	if (csr_read(satp) == kernel_satp) {
		arch_satp_mode = SATP_SV48;
		arch_pt_levels = 4;
		arch_user_top = (1UL << 47) - PAGE_SIZE;
	} else {
		kernel_satp = SATP_SV39 | virt_to_phys(kernel_top) >> PAGE_SHIFT;
		csr_write(satp, kernel_satp);
		arch_satp_mode = SATP_SV39;
		arch_pt_levels = 3;
		arch_user_top = (1UL << 38) - PAGE_SIZE;
	}
	sfence_all();
}

void arch_mmu_init(void)
{
	trim_memory();
	map_image(_kernel_start, _text_end, KERNEL_RX);
	map_image(_text_end, _data_start, KERNEL_RO);
	map_image(_data_start, _bss_end, KERNEL_RW);
	map_image(_bss_end, _kernel_end, KERNEL_RO); /* the symbol table */
	for (unsigned i = 0; i < boot_info.memory_count; i++)
		map_direct(
		    boot_info.memory[i].base, boot_info.memory[i].base + boot_info.memory[i].size);
	/* Every user space shares these tables by a copy of the top entries: they must exist before
	 * the first. */
	for (uintptr_t va = VMAP_BASE; va < VMAP_BASE + VMAP_SIZE; va += GIB)
		boot_walk(va, 1);
	load_final_tables();
}

void mmu_share_kernel_half(uint64_t *root)
{
	if (arch_pt_levels == 4)
		root[PT_ENTRIES - 1] = kernel_root48[PT_ENTRIES - 1];
	else
		memcpy(root + PT_ENTRIES / 2, kernel_top + PT_ENTRIES / 2, PAGE_SIZE / 2);
}

/* The last-level entry for `va`, which is not in a huge page, or NULL if there is no table for it.
 */
static pte_t *vmap_entry(uintptr_t va)
{
	pte_t e = __atomic_load_n(
	    &pte_table(kernel_top[pt_index(va, 2)])[pt_index(va, 1)], __ATOMIC_ACQUIRE);
	return e & PTE_V ? &pte_table(e)[pt_index(va, 0)] : NULL;
}

static int vmap_add_table(uintptr_t va)
{
	struct page *p = page_alloc(PAGE_ZERO);
	if (!p)
		return -ENOMEM;
	pte_t *slot = &pte_table(kernel_top[pt_index(va, 2)])[pt_index(va, 1)];
	pte_t none = 0;
	/* Another CPU may have been faster; tables of the vmap area are never freed. */
	if (__atomic_compare_exchange_n(slot, &none, pte_make(page_addr(p), PTE_V), false,
		__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		page_account(PAGE_USE_TABLE, 1);
	else
		page_put(p);
	return 0;
}

/* Who calls owns the address, so that no two write one entry. Other CPUs flush at their next switch
 * of threads. */
int arch_kernel_map(uintptr_t va, paddr_t pa, unsigned flags)
{
	ASSERT(va >= arch_vmap_start && va < arch_vmap_end);
	pte_t *e = vmap_entry(va);
	if (!e) {
		int err = vmap_add_table(va);
		if (err)
			return err;
		e = vmap_entry(va);
	}
	BUG_ON((flags & PT_WRITE) && (flags & PT_EXEC));
	__atomic_store_n(e, pte_make(pa, pte_bits(flags & ~PT_USER)), __ATOMIC_RELEASE);
	__atomic_fetch_add(&kernel_map_seq, 1, __ATOMIC_SEQ_CST);
	return 0;
}

paddr_t arch_kernel_unmap(uintptr_t va)
{
	ASSERT(va >= arch_vmap_start && va < arch_vmap_end);
	pte_t *e = vmap_entry(va);
	pte_t old = e ? __atomic_exchange_n(e, 0, __ATOMIC_SEQ_CST) : 0;
	return pte_present(old) ? pte_addr(old) : 0;
}

void arch_kernel_flush(uintptr_t start, size_t size)
{
	unsigned long irq = arch_irq_save();
	uint64_t here = 1UL << arch_cpu_here()->id;
	sfence_all();
	remote_sfence(__atomic_load_n(&arch_online, __ATOMIC_SEQ_CST) & ~here, start, size);
	arch_irq_restore(irq);
}

bool arch_kernel_query(uintptr_t va, paddr_t *pa, unsigned *flags)
{
	if (va < DIRECT_MAP_BASE)
		return false;
	const pte_t *table = kernel_top;
	for (unsigned level = 2;; level--) {
		pte_t e = __atomic_load_n(&table[pt_index(va, level)], __ATOMIC_ACQUIRE);
		if (!(e & PTE_V))
			return false;
		if (pte_leaf(e)) {
			*pa = pte_addr(e) | (va & ((1UL << LEVEL_SHIFT(level)) - 1));
			*flags = pte_flags(e);
			return true;
		}
		if (!level)
			return false;
		table = pte_table(e);
	}
}

bool kernel_fault_is_stale(uintptr_t va, unsigned access)
{
	paddr_t pa;
	unsigned flags;
	if (va < arch_vmap_start || va >= arch_vmap_end || !arch_kernel_query(va, &pa, &flags))
		return false;
	if ((flags & access) != access)
		return false;
	sfence_all();
	return true;
}
