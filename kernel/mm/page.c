/* The page allocator: buddy lists of free blocks, a cache of single pages for each CPU, counts of
 * who uses what. */
#include "mm/page.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "boot/boot_info.h"
#include "debug/fault.h"
#include "mm/page_internal.h"
#include "printk.h"
#include "sched/cpu_here.h"

#define CACHE_MAX   32
#define CACHE_BATCH 16
/* Kept back from programs, so that the kernel, its shell and the exit of processes go on: 1/64 of
 * memory, at least 1 MiB. */
#define RESERVE_FRACTION 64
#define RESERVE_MIN      256

#define POISON       0x6b6b6b6b6b6b6b6bULL
#define POISON_WORDS 4

/* One CPU's pages. (that CPU, interrupts off; counts are atomic) */
struct page_cache {
	unsigned count;
	struct page *pages[CACHE_MAX];
	int64_t uses[PAGE_USE_COUNT];
} __attribute__((aligned(CACHE_LINE)));

static struct spinlock page_lock = SPINLOCK_INIT("pages", RANK_PAGES);
static struct list free_lists[MAX_ORDER + 1]; /* (page_lock) by free_link */
static uint64_t free_count;                   /* (page_lock; read without) pages in free_lists */
static uint64_t total_pages, reserved_pages, usable_pages, user_reserve;
static uint64_t initramfs_pages; /* (page_lock) of the reserved ones */
static struct page_cache caches[MAX_CPUS];
struct page *zero_page;

/* --- addresses --- */

struct page *page_of(paddr_t pa)
{
	uint64_t number = pa >> PAGE_SHIFT;
	for (unsigned i = 0; i < page_range_count; i++) {
		const struct page_range *r = &page_ranges[i];
		if (likely(number - r->first < r->count))
			return &r->pages[number - r->first];
	}
	return NULL;
}

paddr_t page_addr(const struct page *p)
{
	return page_number(p) << PAGE_SHIFT;
}

void *page_virt(const struct page *p)
{
	return phys_to_virt(page_addr(p));
}

struct page *virt_page(const void *va)
{
	return page_of(virt_to_phys(va));
}

/* --- debug: the first words of a free page must not change --- */

#ifdef PERILUNE_DEBUG
static void poison(struct page *p)
{
	uint64_t *words = page_virt(p);
	for (int i = 0; i < POISON_WORDS; i++)
		words[i] = POISON;
	p->flags |= PAGE_POISONED;
}

static void check_poison(const struct page *p)
{
	const uint64_t *words = page_virt(p);
	for (int i = 0; (p->flags & PAGE_POISONED) && i < POISON_WORDS; i++) {
		if (words[i] != POISON)
			panic("page %#lx was written to while free: word %d is %#lx",
			    (unsigned long)page_addr(p), i, (unsigned long)words[i]);
	}
}

/* The whole block leaves the allocator: none of its pages is poisoned any more. */
static void check_block(struct page *p, unsigned order)
{
	for (unsigned i = 0; i < 1u << order; i++) {
		ASSERT(p[i].refs == 0);
		check_poison(&p[i]);
		p[i].flags = 0;
	}
}
#else
static inline void poison(struct page *p)
{
}

static inline void check_block(struct page *p, unsigned order)
{
	p->flags = 0;
}
#endif

/* --- buddy lists --- */

static void list_free_block(struct page *p, unsigned order)
{
	p->order = order;
	p->flags |= PAGE_FREE;
	list_add(&free_lists[order], &p->free_link);
}

static void unlist_free_block(struct page *p)
{
	p->flags &= ~PAGE_FREE;
	list_remove(&p->free_link);
}

/* Takes a block off the lists, splitting a larger one where needed. (page_lock) */
static struct page *buddy_take(unsigned order)
{
	unsigned from = order;
	while (from <= MAX_ORDER && list_empty(&free_lists[from]))
		from++;
	if (from > MAX_ORDER)
		return NULL;
	struct page *p = list_first(&free_lists[from], struct page, free_link);
	unlist_free_block(p);
	while (from > order) {
		from--;
		list_free_block(p + (1u << from), from);
	}
	p->order = order;
	free_count -= 1u << order;
	return p;
}

/* Puts a block back and joins it with its free buddies. (page_lock) */
static void buddy_give(struct page *p, unsigned order)
{
	const struct page_range *r = range_of(p);
	uint64_t number = r->first + (uint64_t)(p - r->pages);
	free_count += 1u << order;
	while (order < MAX_ORDER) {
		uint64_t other = number ^ (1u << order);
		if (other - r->first >= r->count)
			break;
		struct page *buddy = &r->pages[other - r->first];
		if (!(buddy->flags & PAGE_FREE) || buddy->order != order)
			break;
		unlist_free_block(buddy);
		number &= ~(1ULL << order);
		order++;
	}
	list_free_block(&r->pages[number - r->first], order);
}

/* A run of pages nobody uses, in the largest aligned blocks. (page_lock) */
static void give_run(struct page *first, uint64_t count)
{
	uint64_t number = page_number(first);
	reserved_pages -= count;
	while (count) {
		unsigned order = 0;
		while (order < MAX_ORDER && !(number & (1ULL << order)) && 2ULL << order <= count)
			order++;
		buddy_give(first, order);
		first += 1ULL << order;
		number += 1ULL << order;
		count -= 1ULL << order;
	}
}

void pages_init(void)
{
	for (unsigned i = 0; i <= MAX_ORDER; i++)
		list_init(&free_lists[i]);
	/* Everything counts as reserved until it is given: page_ranges_init has set the ranges by
	 * the first give_run. */
	page_ranges_init(give_run);
	for (unsigned i = 0; i < page_range_count; i++)
		total_pages += page_ranges[i].count;
	reserved_pages += total_pages;
	initramfs_pages = ALIGN_UP(boot_info.initrd.size, PAGE_SIZE) >> PAGE_SHIFT;
	usable_pages = total_pages - reserved_pages + initramfs_pages;
	user_reserve = MAX(total_pages / RESERVE_FRACTION, RESERVE_MIN);
	heap_init();
	zero_page = page_alloc(PAGE_ZERO);
	if (!zero_page)
		panic("no memory: %lu pages in all, %lu reserved", (unsigned long)total_pages,
		    (unsigned long)reserved_pages);
	zero_page->flags = PAGE_RESERVED;
}

void pages_release(paddr_t base, uint64_t size)
{
	paddr_t end = ALIGN_DOWN(base + size, PAGE_SIZE);
	for (base = ALIGN_UP(base, PAGE_SIZE); base < end; base += PAGE_SIZE) {
		struct page *p = page_of(base);
		if (!p || !(p->flags & PAGE_RESERVED))
			continue;
		irqflags_t flags = spin_lock(&page_lock);
		p->flags = 0;
		p->refs = 0;
		reserved_pages--;
		initramfs_pages--;
		buddy_give(p, 0);
		spin_unlock(&page_lock, flags);
	}
}

struct page *page_adopt(const void *va)
{
	struct page *p = virt_page(va);
	bool ours = false;
	irqflags_t flags = spin_lock(&page_lock);
	if (p && (p->flags & PAGE_RESERVED)) {
		ours = true;
		p->flags = 0;
		p->order = 0;
		p->refs = 1;
		reserved_pages--;
		initramfs_pages--;
	}
	spin_unlock(&page_lock, flags);
	return ours ? p : NULL;
}

/* --- the caches of single pages (interrupts off) --- */

static bool refused(unsigned flags)
{
	return (flags & PAGE_USER) && pages_low();
}

static bool cache_refill(struct page_cache *c, unsigned flags)
{
	if (refused(flags))
		return false;
	spin_lock_noirq(&page_lock);
	while (c->count < CACHE_BATCH) {
		struct page *p = buddy_take(0);
		if (!p)
			break;
		c->pages[c->count++] = p;
	}
	spin_unlock_noirq(&page_lock);
	return c->count != 0;
}

/* Gives back the pages of the cache but for the `keep` that were freed last. */
static void cache_flush(struct page_cache *c, unsigned keep)
{
	unsigned n = c->count - keep;
	spin_lock_noirq(&page_lock);
	for (unsigned i = 0; i < n; i++)
		buddy_give(c->pages[i], 0);
	spin_unlock_noirq(&page_lock);
	memmove(c->pages, c->pages + n, keep * sizeof(c->pages[0]));
	c->count = keep;
}

static struct page *take_single(unsigned flags)
{
	struct page *p = NULL;
	irqflags_t irq = arch_irq_save();
	struct page_cache *c = &caches[cpu_here()->id];
	if (likely(c->count) || cache_refill(c, flags))
		p = c->pages[--c->count];
	arch_irq_restore(irq);
	return p;
}

static void free_single(struct page *p)
{
	irqflags_t irq = arch_irq_save();
	struct page_cache *c = &caches[cpu_here()->id];
	if (unlikely(c->count == CACHE_MAX))
		cache_flush(c, CACHE_BATCH);
	c->pages[c->count++] = p;
	arch_irq_restore(irq);
}

unsigned pages_drain_cache(void)
{
	irqflags_t irq = arch_irq_save();
	struct page_cache *c = &caches[cpu_here()->id];
	unsigned n = c->count;
	cache_flush(c, 0);
	arch_irq_restore(irq);
	return n;
}

/* --- allocation --- */

static struct page *take_block(unsigned order, unsigned flags)
{
	if (order > MAX_ORDER || refused(flags))
		return NULL;
	irqflags_t irq = spin_lock(&page_lock);
	struct page *p = buddy_take(order);
	spin_unlock(&page_lock, irq);
	return p;
}

/* Zeroes 4 KiB in as few instructions as plain C can: this is most of what a first touch of a page
 * costs. */
__attribute__((no_builtin("memset"))) static void clear_page(void *va)
{
	uint64_t *words = va;
#pragma clang loop unroll_count(64)
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = 0;
}

struct page *page_take(unsigned order, unsigned flags)
{
	sched_point("page.alloc", NULL);
	struct page *p = likely(order == 0) ? take_single(flags) : take_block(order, flags);
	if (unlikely(!p))
		return NULL;
	check_block(p, order);
	__atomic_store_n(&p->refs, 1, __ATOMIC_RELAXED);
	char *va = flags & PAGE_ZERO ? page_virt(p) : NULL;
	for (unsigned i = 0; va && i < 1u << order; i++)
		clear_page(va + i * PAGE_SIZE);
	return p;
}

struct page *page_alloc_order(unsigned order, unsigned flags)
{
	return fault_point() ? NULL : page_take(order, flags);
}

static void free_block(struct page *p)
{
	unsigned order = p->order;
	ASSERT(!(p->flags & (PAGE_FREE | PAGE_SLAB | PAGE_LARGE)));
	if (p->flags & PAGE_ANON)
		page_account(PAGE_USE_USER, -1);
	else if (p->flags & PAGE_CACHE)
		page_account(p->flags & PAGE_FILLED ? PAGE_USE_FILLED : PAGE_USE_CACHE, -1);
	p->flags = 0;
	if (likely(order == 0)) {
		poison(p);
		free_single(p);
		return;
	}
	irqflags_t irq = spin_lock(&page_lock);
	buddy_give(p, order);
	spin_unlock(&page_lock, irq);
}

void page_get(struct page *p)
{
	if (unlikely(p->flags & PAGE_RESERVED))
		return;
	int32_t old = __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
	ASSERT(old > 0);
	(void)old;
}

void page_put(struct page *p)
{
	if (unlikely(p->flags & PAGE_RESERVED))
		return;
	int32_t old = __atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL);
	if (likely(old > 1))
		return;
	if (unlikely(old != 1))
		panic("page %#lx is freed twice", (unsigned long)page_addr(p));
	free_block(p);
}

/* --- counts --- */

bool pages_low(void)
{
	return __atomic_load_n(&free_count, __ATOMIC_RELAXED) < user_reserve;
}

bool pages_scarce(void)
{
	return __atomic_load_n(&free_count, __ATOMIC_RELAXED) < 2 * user_reserve;
}

bool pages_critical(void)
{
	return __atomic_load_n(&free_count, __ATOMIC_RELAXED) < user_reserve / 2;
}

uint64_t pages_total(void)
{
	return total_pages;
}

uint64_t pages_usable(void)
{
	return usable_pages;
}

uint64_t pages_mapped_of_files(void)
{
	uint64_t mapped = 0;
	for (unsigned i = 0; i < page_range_count; i++) {
		const struct page_range *r = &page_ranges[i];
		for (uint64_t k = 0; k < r->count; k++)
			mapped += (r->pages[k].flags & PAGE_CACHE) && r->pages[k].refs > 1;
	}
	return mapped;
}

void page_account(enum page_use use, int64_t pages)
{
	/* Any CPU's counter will do should this thread move: it is the sum that counts. */
	__atomic_fetch_add(&caches[cpu_here()->id].uses[use], pages, __ATOMIC_RELAXED);
}

void page_stats(struct page_stats *out)
{
	int64_t uses[PAGE_USE_COUNT] = {0};
	uint64_t cached = 0;
	for (unsigned i = 0; i < MAX_CPUS; i++) {
		cached += __atomic_load_n(&caches[i].count, __ATOMIC_RELAXED);
		for (unsigned u = 0; u < PAGE_USE_COUNT; u++)
			uses[u] += __atomic_load_n(&caches[i].uses[u], __ATOMIC_RELAXED);
	}
	*out = (struct page_stats){
	    .total = total_pages,
	    .free = __atomic_load_n(&free_count, __ATOMIC_RELAXED) + cached,
	    .reserved = reserved_pages,
	    .initramfs = initramfs_pages,
	    .slab = uses[PAGE_USE_SLAB],
	    .user = uses[PAGE_USE_USER],
	    .cache = uses[PAGE_USE_CACHE],
	    .filled = uses[PAGE_USE_FILLED],
	    .page_table = uses[PAGE_USE_TABLE],
	    .kstack = uses[PAGE_USE_KSTACK],
	};
}
