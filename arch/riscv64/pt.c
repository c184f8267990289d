/* User page tables, and which CPUs have which loaded. Changes are made under the space's lock. */
#include "csr.h"
#include "local.h"
#include "mm/page.h"
#include "proc/process.h"
#include "pte.h"

/* Ranges of up to so many pages are flushed page by page. */
#define FLUSH_PAGES_MAX 16

static pte_t *table_alloc(void)
{
	struct page *p = page_alloc(PAGE_ZERO);
	if (!p)
		return NULL;
	page_account(PAGE_USE_TABLE, 1);
	return page_virt(p);
}

static void table_free(pte_t *table)
{
	page_account(PAGE_USE_TABLE, -1);
	page_put(virt_page(table));
}

int arch_pt_init(struct arch_space *as)
{
	pte_t *root = table_alloc();
	if (!root)
		return -ENOMEM;
	mmu_share_kernel_half(root);
	*as = (struct arch_space){.root = virt_to_phys(root), .tables = 1};
	return 0;
}

/* Frees the tables below `table`, which stands at `level`; `count`: entries to look at. */
static void free_below(pte_t *table, unsigned level, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!(table[i] & PTE_V))
			continue;
		ASSERT(!pte_leaf(table[i]));
		if (level > 1)
			free_below(pte_table(table[i]), level - 1, PT_ENTRIES);
		table_free(pte_table(table[i]));
	}
}

uint64_t arch_pt_tables(const struct arch_space *as)
{
	return as->tables;
}

void arch_pt_destroy(struct arch_space *as)
{
	if (!as->root)
		return;
	ASSERT(!__atomic_load_n(&as->cpus, __ATOMIC_SEQ_CST));
	pte_t *root = phys_to_virt(as->root);
	free_below(root, arch_pt_levels - 1, PT_ENTRIES / 2);
	table_free(root);
	as->root = 0;
}

/* The last-level entry for `va`, or NULL if there is no table for it; with `made` tables are made,
 * and counted there (NULL: no memory). */
static pte_t *walk(const struct arch_space *as, uaddr_t va, uint64_t *made)
{
	ASSERT(va < ARCH_USER_TOP);
	pte_t *table = phys_to_virt(as->root);
	for (unsigned level = arch_pt_levels - 1; level; level--) {
		pte_t *e = &table[pt_index(va, level)];
		if (!(*e & PTE_V)) {
			pte_t *t = made ? table_alloc() : NULL;
			if (!t)
				return NULL;
			(*made)++;
			__atomic_store_n(e, pte_make(virt_to_phys(t), PTE_V), __ATOMIC_RELEASE);
		}
		table = pte_table(*e);
	}
	return &table[pt_index(va, 0)];
}

/* The page's content was just written as data: every CPU must see it as instructions before it runs
 * them. */
static void new_code(struct arch_space *as)
{
	arch_icache_sync(as, 0, ARCH_USER_TOP);
}

int arch_pt_map(struct arch_space *as, uaddr_t va, paddr_t pa, unsigned flags)
{
	pte_t *e = walk(as, va, &as->tables);
	if (!e)
		return -ENOMEM;
	if (flags & PT_EXEC)
		new_code(as);
	__atomic_store_n(e, pte_make(pa, pte_bits(flags | PT_USER)), __ATOMIC_RELEASE);
	return 0;
}

bool arch_pt_unmap(struct arch_space *as, uaddr_t va, paddr_t *pa, unsigned *flags)
{
	pte_t *e = walk(as, va, NULL);
	/* Exchanged: a processor that sets accessed and dirty bits itself may do so until now. */
	pte_t old = e && *e ? __atomic_exchange_n(e, 0, __ATOMIC_ACQ_REL) : 0;
	if (!pte_present(old))
		return false;
	*pa = pte_addr(old);
	*flags = pte_flags(old);
	return true;
}

bool arch_pt_query(const struct arch_space *as, uaddr_t va, paddr_t *pa, unsigned *flags)
{
	const pte_t *e = walk(as, va, NULL);
	if (!e || !pte_present(*e))
		return false;
	*pa = pte_addr(*e);
	*flags = pte_flags(*e);
	return true;
}

void arch_pt_protect(struct arch_space *as, uaddr_t va, unsigned flags)
{
	pte_t *e = walk(as, va, NULL);
	if (!e || !pte_present(*e))
		return;
	if ((flags & PT_EXEC) && !(*e & PTE_X))
		new_code(as);
	__atomic_store_n(e, pte_make(pte_addr(*e), pte_bits(flags | PT_USER)), __ATOMIC_RELEASE);
}

/* Within a last-level table: the next address with a page, or where the table ends. */
static uaddr_t next_in_table(const pte_t *table, uaddr_t va)
{
	unsigned i = pt_index(va, 0);
	while (i < PT_ENTRIES && !pte_present(table[i])) {
		i++;
		va += PAGE_SIZE;
	}
	return va;
}

uaddr_t arch_pt_next(const struct arch_space *as, uaddr_t va, uaddr_t end)
{
	while (va < end) {
		const pte_t *table = phys_to_virt(as->root);
		unsigned level = arch_pt_levels - 1;
		while (level && (table[pt_index(va, level)] & PTE_V))
			table = pte_table(table[pt_index(va, level--)]);
		if (!level) {
			uaddr_t next = next_in_table(table, va);
			if (next == va || pt_index(next, 0))
				return MIN(next, end);
			va = next;
			continue;
		}
		va = ALIGN_DOWN(va, 1UL << LEVEL_SHIFT(level)) + (1UL << LEVEL_SHIFT(level));
	}
	return end;
}

static void flush_here(uaddr_t start, uaddr_t end)
{
	if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
		sfence_all();
		return;
	}
	for (uaddr_t va = start; va < end; va += PAGE_SIZE)
		sfence_page(va);
}

void arch_pt_flush(struct arch_space *as, uaddr_t start, uaddr_t end)
{
	unsigned long irq = arch_irq_save();
	uint64_t here = 1UL << arch_cpu_here()->id;
	/* Orders the changes before the look at who could have seen the old entries; arch_pt_switch
	 * has the other half. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint64_t cpus = __atomic_load_n(&as->cpus, __ATOMIC_SEQ_CST);
	if (cpus & here)
		flush_here(start, end);
	remote_sfence(cpus & ~here, start, end - start);
	arch_irq_restore(irq);
}

void arch_pt_switch(struct arch_space *as)
{
	struct arch_cpu *cpu = arch_cpu_here();
	struct arch_space *old = cpu->space;
	uint64_t here = 1UL << cpu->id;
	if (as == old)
		return;
	if (as)
		__atomic_fetch_or(&as->cpus, here, __ATOMIC_SEQ_CST);
	csr_write(satp, as ? arch_satp_mode | as->root >> PAGE_SHIFT : kernel_satp);
	sfence_all();
	cpu->space = as;
	if (old)
		__atomic_fetch_and(&old->cpus, ~here, __ATOMIC_SEQ_CST);
	if (as && (__atomic_load_n(&as->icache_stale, __ATOMIC_SEQ_CST) & here)) {
		__atomic_fetch_and(&as->icache_stale, ~here, __ATOMIC_SEQ_CST);
		fence_i();
	}
}

/* CPUs that run the space now are told; the others know by `icache_stale` when they load it. */
void arch_icache_sync(struct arch_space *as, uaddr_t start, uaddr_t end)
{
	unsigned long irq = arch_irq_save();
	uint64_t here = 1UL << arch_cpu_here()->id;
	__atomic_fetch_or(&as->icache_stale, ~here, __ATOMIC_SEQ_CST);
	fence_i();
	remote_fence_i(__atomic_load_n(&as->cpus, __ATOMIC_SEQ_CST) & ~here);
	arch_irq_restore(irq);
}
