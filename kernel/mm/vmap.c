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
/* (vmap_lock) Stacks freed where nothing could be unmapped, each pointing to the next in its first
 * word. */
static void *stacks_to_unmap;

/* --- pages at an address --- */

static void unmap_pages(uintptr_t va, size_t size)
{
	for (uintptr_t end = va + size; va < end; va += PAGE_SIZE) {
		paddr_t pa = arch_kernel_unmap(va);
		struct page *p = pa ? page_of(pa) : NULL;
		if (p)
			page_put(p);
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

static void stack_destroy(void *stack)
{
	unmap_pages((uintptr_t)stack, KSTACK_SIZE);
	stack_slot_give(((uintptr_t)stack - stack_slot_address(0)) / STACK_SLOT);
}

static void *next_to_unmap(void)
{
	irqflags_t irq = spin_lock(&vmap_lock);
	void *stack = stacks_to_unmap;
	if (stack)
		stacks_to_unmap = *(void **)stack;
	spin_unlock(&vmap_lock, irq);
	return stack;
}

void *kstack_alloc(void)
{
	if (fault_point())
		return NULL;
	irqflags_t irq = arch_irq_save();
	struct stack_cache *c = &stack_caches[cpu_here()->id];
	void *stack = c->count ? c->stacks[--c->count] : NULL;
	arch_irq_restore(irq);
	if (!stack)
		stack = next_to_unmap();
	if (!stack)
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
	/* Unmapping may wait for other CPUs, which interrupts-off code must not. */
	if (arch_irq_enabled()) {
		stack_destroy(stack);
		return;
	}
	irq = spin_lock(&vmap_lock);
	*(void **)stack = stacks_to_unmap;
	stacks_to_unmap = stack;
	spin_unlock(&vmap_lock, irq);
}

void kstack_trim(void)
{
	for (int i = 0; i < 2; i++) {
		void *stack = __atomic_load_n(&stacks_to_unmap, __ATOMIC_RELAXED) ? next_to_unmap()
										  : NULL;

		if (!stack)
			return;
		stack_destroy(stack);
	}
}

unsigned kstack_shrink(void)
{
	struct stack_cache mine;
	irqflags_t irq = arch_irq_save();
	struct stack_cache *c = &stack_caches[cpu_here()->id];
	mine = *c;
	c->count = 0;
	arch_irq_restore(irq);
	unsigned n = 0;
	for (; n < mine.count; n++)
		stack_destroy(mine.stacks[n]);
	for (void *stack; (stack = next_to_unmap()) != NULL; n++)
		stack_destroy(stack);
	return n * STACK_PAGES;
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
		for (size_t undo = 0; undo < done; undo += PAGE_SIZE)
			arch_kernel_unmap(b->start + undo);
		block_destroy(b);
		return NULL;
	}
	return (void *)(b->start + offset);
}
