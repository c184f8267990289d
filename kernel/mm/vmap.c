/*
 * Kernel virtual memory outside the direct map, in [arch_vmap_start, arch_vmap_end): kernel stacks
 * in slots of their own at the bottom, above them whatever is mapped page by page. Each block is
 * followed by an unmapped page.
 */
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "debug/fault.h"
#include "mm/heap.h"
#include "mm/page_internal.h"
#include "printk.h"
#include "sched/cpu_here.h"

#define STACK_SLOT                                                                                 \
	(2 * KSTACK_SIZE) /* the stack, then as much unmapped: the guard of the next slot */
#define STACK_SLOTS 32768
#define STACK_PAGES (KSTACK_SIZE / PAGE_SIZE)
#define STACK_CACHE 8
#define STACK_SPARE 32 /* so many more stay mapped, for every CPU */
#define STACK_BATCH 16 /* unmapped with one flush of every CPU */
#define MAP_BITS    64

struct vmap_block {
	struct list link; /* (vmap_lock) of vmap_blocks, by address */
	uintptr_t start;
	size_t size; /* bytes, whole pages, without the guard page */
};

static struct spinlock vmap_lock = SPINLOCK_INIT("vmap", RANK_HEAP);
static struct list vmap_blocks = LIST_INIT(vmap_blocks);  /* (vmap_lock) */
static uint64_t stack_slots_used[STACK_SLOTS / MAP_BITS]; /* (vmap_lock) */
static unsigned stack_slot_hint; /* (vmap_lock) no free slot in words before this */

/* Stacks that stay mapped for the next thread. (that CPU, interrupts off) */
static struct stack_cache {
	unsigned count;
	void *stacks[STACK_CACHE];
} __attribute__((aligned(CACHE_LINE))) stack_caches[MAX_CPUS];
/* (vmap_lock) Freed stacks that are mapped still, each pointing to the next in its first word. */
static void *spare_stacks;
static unsigned spare_count;

/* --- pages at an address --- */

/* Clears the entries of `n` pages at `va`. What was there comes into `pages`; returns how many.
 * They may be freed once arch_kernel_flush has run. */
static unsigned detach_pages(uintptr_t va, unsigned n, struct page *pages[])
{
	unsigned count = 0;
	for (unsigned i = 0; i < n; i++) {
		paddr_t pa = arch_kernel_unmap(va + i * PAGE_SIZE);
		struct page *p = pa ? page_of(pa) : NULL;
		if (p)
			pages[count++] = p;
	}
	return count;
}

static void put_pages(struct page *pages[], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		page_put(pages[i]);
}

static void unmap_pages(uintptr_t va, size_t size)
{
	struct page *pages[STACK_BATCH];
	for (uintptr_t end = va + size; va < end;) {
		unsigned n = MIN((end - va) / PAGE_SIZE, ARRAY_SIZE(pages));
		unsigned count = detach_pages(va, n, pages);
		arch_kernel_flush(va, n * PAGE_SIZE);
		put_pages(pages, count);
		va += n * PAGE_SIZE;
	}
}

static int map_new_pages(uintptr_t va, size_t size)
{
	for (size_t done = 0; done < size; done += PAGE_SIZE) {
		struct page *p = page_take(0, 0);
		if (p && arch_kernel_map(va + done, page_addr(p), PT_READ | PT_WRITE) == 0)
			continue;
		if (p)
			page_put(p);
		unmap_pages(va, done);
		return -ENOMEM;
	}
	return 0;
}

/* --- kernel stacks --- */

static unsigned stack_slot_limit(void)
{
	return MIN((arch_vmap_end - arch_vmap_start) / 2 / STACK_SLOT, (size_t)STACK_SLOTS);
}

static uintptr_t stack_slot_address(unsigned slot)
{
	/* The first slot's guard lies below it. */
	return ALIGN_UP(arch_vmap_start + KSTACK_SIZE, STACK_SLOT) + slot * STACK_SLOT;
}

/* Returns a slot number or -1. */
static int stack_slot_take(void)
{
	int slot = -1;
	irqflags_t irq = spin_lock(&vmap_lock);
	for (unsigned w = stack_slot_hint; w < stack_slot_limit() / MAP_BITS; w++) {
		if (~stack_slots_used[w] == 0)
			continue;
		unsigned bit = __builtin_ctzll(~stack_slots_used[w]);
		stack_slots_used[w] |= 1ULL << bit;
		stack_slot_hint = w;
		slot = w * MAP_BITS + bit;
		break;
	}
	spin_unlock(&vmap_lock, irq);
	return slot;
}

static void stack_slot_give(unsigned slot)
{
	irqflags_t irq = spin_lock(&vmap_lock);
	stack_slots_used[slot / MAP_BITS] &= ~(1ULL << slot % MAP_BITS);
	stack_slot_hint = MIN(stack_slot_hint, slot / MAP_BITS);
	spin_unlock(&vmap_lock, irq);
}

static void *stack_create(void)
{
	int slot = stack_slot_take();
	if (slot < 0)
		return NULL;
	uintptr_t va = stack_slot_address(slot);
	if (map_new_pages(va, KSTACK_SIZE) != 0) {
		stack_slot_give(slot);
		return NULL;
	}
	return (void *)va;
}

/* Unmaps stacks, at most STACK_BATCH, with one flush. */
static void stacks_destroy(void *stacks[], unsigned n)
{
	struct page *pages[STACK_BATCH * STACK_PAGES];
	uintptr_t low = UINTPTR_MAX, high = 0;
	unsigned count = 0;
	for (unsigned i = 0; i < n; i++) {
		uintptr_t va = (uintptr_t)stacks[i];
		low = MIN(low, va);
		high = MAX(high, va + KSTACK_SIZE);
		count += detach_pages(va, STACK_PAGES, pages + count);
	}
	if (!n)
		return;
	arch_kernel_flush(low, high - low);
	put_pages(pages, count);
	for (unsigned i = 0; i < n; i++)
		stack_slot_give(((uintptr_t)stacks[i] - stack_slot_address(0)) / STACK_SLOT);
}

/* Takes spare stacks, at most `max`, as long as more than `keep` are left. */
static unsigned spare_take(void *stacks[], unsigned max, unsigned keep)
{
	unsigned n = 0;
	irqflags_t irq = spin_lock(&vmap_lock);
	for (; n < max && spare_count > keep; n++, spare_count--) {
		stacks[n] = spare_stacks;
		spare_stacks = *(void **)spare_stacks;
	}
	spin_unlock(&vmap_lock, irq);
	return n;
}

static void spare_give(void *stack)
{
	irqflags_t irq = spin_lock(&vmap_lock);
	*(void **)stack = spare_stacks;
	spare_stacks = stack;
	spare_count++;
	spin_unlock(&vmap_lock, irq);
}

/* Unmaps spare stacks but for `keep`. Returns how many. */
static unsigned spare_shrink(unsigned keep)
{
	void *stacks[STACK_BATCH];
	unsigned n, sum = 0;
	do {
		n = spare_take(stacks, STACK_BATCH, keep);
		stacks_destroy(stacks, n);
		sum += n;
	} while (n == STACK_BATCH);
	return sum;
}

void *kstack_alloc(void)
{
	if (fault_point())
		return NULL;
	irqflags_t irq = arch_irq_save();
	struct stack_cache *c = &stack_caches[cpu_here()->id];
	void *stack = c->count ? c->stacks[--c->count] : NULL;
	arch_irq_restore(irq);
	if (!stack && !spare_take(&stack, 1, 0))
		stack = stack_create();
	if (stack)
		page_account(PAGE_USE_KSTACK, STACK_PAGES);
	return stack;
}

void kstack_free(void *stack)
{
	page_account(PAGE_USE_KSTACK, -(int64_t)STACK_PAGES);
	irqflags_t irq = arch_irq_save();
	struct stack_cache *c = &stack_caches[cpu_here()->id];
	bool cached = c->count < STACK_CACHE;
	if (cached)
		c->stacks[c->count++] = stack;
	arch_irq_restore(irq);
	if (cached)
		return;
	spare_give(stack);
	/* Unmapping may wait for other CPUs, which interrupts-off code must not. */
	if (arch_irq_enabled())
		kstack_trim();
}

void kstack_trim(void)
{
	/* Twice as many before anything is unmapped: then it is a whole batch. */
	if (__atomic_load_n(&spare_count, __ATOMIC_RELAXED) >= 2 * STACK_SPARE)
		spare_shrink(STACK_SPARE);
}

unsigned kstack_shrink(void)
{
	struct stack_cache mine;
	irqflags_t irq = arch_irq_save();
	struct stack_cache *c = &stack_caches[cpu_here()->id];
	mine = *c;
	c->count = 0;
	arch_irq_restore(irq);
	stacks_destroy(mine.stacks, mine.count);
	return (mine.count + spare_shrink(0)) * STACK_PAGES;
}

/* --- blocks --- */

static uintptr_t blocks_start(void)
{
	return stack_slot_address(stack_slot_limit());
}

/* Reserves `size` bytes of addresses and a guard page: first fit. NULL: no memory or no room. */
static struct vmap_block *block_create(size_t size)
{
	struct vmap_block *b = heap_alloc(sizeof(*b)), *next;
	if (!b)
		return NULL;
	uintptr_t at = blocks_start();
	irqflags_t irq = spin_lock(&vmap_lock);
	list_for_each (next, &vmap_blocks, link) {
		if (next->start - at >= size + PAGE_SIZE)
			break;
		at = next->start + next->size + PAGE_SIZE;
	}
	bool fits = at < arch_vmap_end && arch_vmap_end - at >= size + PAGE_SIZE;
	if (fits) {
		b->start = at;
		b->size = size;
		list_append(&next->link, &b->link); /* before `next`, or last */
	}
	spin_unlock(&vmap_lock, irq);
	if (fits)
		return b;
	kfree(b);
	return NULL;
}

static struct vmap_block *block_find(const void *p)
{
	struct vmap_block *b, *found = NULL;
	irqflags_t irq = spin_lock(&vmap_lock);
	list_for_each (b, &vmap_blocks, link) {
		if (b->start == (uintptr_t)p) {
			found = b;
			break;
		}
	}
	spin_unlock(&vmap_lock, irq);
	if (!found)
		panic("vmap: nothing begins at %p", p);
	return found;
}

static void block_destroy(struct vmap_block *b)
{
	irqflags_t irq = spin_lock(&vmap_lock);
	list_remove(&b->link);
	spin_unlock(&vmap_lock, irq);
	kfree(b);
}

size_t vmap_size(const void *p)
{
	return block_find(p)->size;
}

void *vmap_take(size_t size)
{
	size = ALIGN_UP(size, PAGE_SIZE);
	struct vmap_block *b = size ? block_create(size) : NULL;
	if (!b)
		return NULL;
	if (map_new_pages(b->start, size) == 0)
		return (void *)b->start;
	block_destroy(b);
	return NULL;
}

void *vmap_alloc(size_t size)
{
	return fault_point() ? NULL : vmap_take(size);
}

void vmap_free(void *p, size_t size)
{
	if (!p)
		return;
	struct vmap_block *b = block_find(p);
	BUG_ON(b->size != ALIGN_UP(size, PAGE_SIZE));
	unmap_pages(b->start, b->size);
	block_destroy(b);
}

void *vmap_device(paddr_t pa, size_t size)
{
	uint64_t offset = pa & ~PAGE_MASK;
	size = ALIGN_UP(size + offset, PAGE_SIZE);
	struct vmap_block *b = block_create(size);
	if (!b)
		return NULL;
	for (size_t done = 0; done < size; done += PAGE_SIZE) {
		if (arch_kernel_map(b->start + done, ALIGN_DOWN(pa, PAGE_SIZE) + done,
			PT_READ | PT_WRITE | PT_DEVICE) == 0)
			continue;
		unmap_pages(b->start, done);
		block_destroy(b);
		return NULL;
	}
	return (void *)(b->start + offset);
}
