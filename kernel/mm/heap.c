/*
 * kmalloc: size classes up to 2 KiB, cut from slabs of one or a few pages, with a magazine of free
 * objects for each CPU and class; larger blocks straight from the page allocator; those above its
 * largest, 4 MiB, from vmap_alloc (with interrupts on only, to allocate and to free).
 */
#include "mm/heap.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "debug/fault.h"
#include "mm/heap_check.h"
#include "mm/page_internal.h"
#include "mm/space.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/cpu_here.h"

#define MAGAZINE_MAX     16
#define MAGAZINE_BATCH   8
#define SMALL_MAX        2048
#define EMPTY_SLABS_KEPT 1
#define LARGE_MAX        ((size_t)1 << 47)

struct magazine { /* (its CPU, interrupts off) */
	unsigned count;
	void *objects[MAGAZINE_MAX];
};

static const uint16_t class_sizes[] = {
    16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, SMALL_MAX};
#define CLASSES ARRAY_SIZE(class_sizes)
static struct heap_class classes[CLASSES];
static uint8_t class_of[SMALL_MAX / 16 + 1]; /* by size in units of 16 bytes, rounded up */
static struct magazine magazines[MAX_CPUS][CLASSES];
static uint64_t large_objects, large_bytes; /* atomic */

void heap_init(void)
{
	unsigned unit = 0;
	for (unsigned i = 0; i < CLASSES; i++) {
		struct heap_class *c = &classes[i];
		spin_init(&c->lock, "heap", RANK_HEAP);
		list_init(&c->partial);
		c->size = class_sizes[i];
		c->order = c->size <= 256 ? 0 : c->size <= 768 ? 1 : 2;
		c->per_slab = (PAGE_SIZE << c->order) / c->size;
		for (; unit <= c->size / 16u; unit++)
			class_of[unit] = i;
	}
}

/* --- slabs --- */

static struct page *slab_of(const void *obj)
{
	struct page *p = virt_page(obj);
	if (unlikely(!p || !(p->flags & PAGE_SLAB)))
		panic("kmalloc: %p is no object of the heap", obj);
	uint64_t mask = (1ULL << classes[p->slab_class].order) - 1;
	return mask ? p - (page_number(p) & mask) : p;
}

/* The free objects of a slab are chained through their first words. (c->lock, or a slab nobody
 * sees) */
static void slab_push(struct page *slab, void *obj)
{
	char *base = page_virt(slab);
	*(void **)obj = slab->slab_free == SLAB_FULL ? NULL : base + slab->slab_free;
	slab->slab_free = (char *)obj - base;
}

static void *slab_pop(struct page *slab)
{
	char *base = page_virt(slab), *obj = base + slab->slab_free, *next = *(void **)obj;
	slab->slab_free = next ? (uint32_t)(next - base) : SLAB_FULL;
	return obj;
}

/* More pages for the heap. Half of the reserve is for the kernel itself and for processes on their
 * way out: programs cannot take it by making the kernel's objects. */
static struct page *heap_pages(unsigned order)
{
	const struct thread *t = current;
	bool program = t->space && !t->exiting && !signal_pending_fatal(t);
	return program && pages_critical() ? NULL : page_take(order, 0);
}

/* A new slab, all objects free. (no lock) */
static struct page *slab_create(struct heap_class *c)
{
	struct page *slab = heap_pages(c->order);
	if (!slab)
		return NULL;
	for (unsigned i = 0; i < 1u << c->order; i++) {
		slab[i].flags = PAGE_SLAB;
		slab[i].slab_class = c - classes;
	}
	char *base = page_virt(slab);
	slab->slab_free = SLAB_FULL;
	slab->slab_used = 0;
	for (unsigned i = c->per_slab; i-- > 0;) {
		void *obj = base + i * c->size;
		mark_dead(obj, c);
		slab_push(slab, obj);
	}
	page_account(PAGE_USE_SLAB, 1 << c->order);
	return slab;
}

static void slab_destroy(struct heap_class *c, struct page *slab)
{
	for (unsigned i = 0; i < 1u << c->order; i++)
		slab[i].flags = 0;
	page_account(PAGE_USE_SLAB, -(1 << c->order));
	page_put(slab);
}

/* Moves up to `want` objects out of the class's slabs. (c->lock) */
static unsigned slabs_take(struct heap_class *c, void **out, unsigned want)
{
	unsigned n = 0;
	while (n < want && !list_empty(&c->partial)) {
		struct page *slab = list_first(&c->partial, struct page, slab_link);
		if (!slab->slab_used)
			c->empty--;
		for (; n < want && slab->slab_free != SLAB_FULL; slab->slab_used++)
			out[n++] = slab_pop(slab);
		if (slab->slab_free == SLAB_FULL)
			list_remove(&slab->slab_link);
	}
	c->free -= n;
	return n;
}

/* Returns an object to its slab; hands back a slab that is to be destroyed, or NULL. (c->lock) */
static struct page *slab_put(struct heap_class *c, void *obj)
{
	struct page *slab = slab_of(obj);
	bool was_full = slab->slab_free == SLAB_FULL;
	slab_push(slab, obj);
	c->free++;
	if (was_full)
		list_add(&c->partial, &slab->slab_link);
	if (--slab->slab_used)
		return NULL;
	if (c->empty < EMPTY_SLABS_KEPT) {
		c->empty++;
		list_remove(&slab->slab_link);
		list_append(&c->partial, &slab->slab_link);
		return NULL;
	}
	list_remove(&slab->slab_link);
	c->free -= c->per_slab;
	c->slabs--;
	return slab;
}

/* --- magazines (interrupts off) --- */

static bool magazine_refill(struct magazine *m, struct heap_class *c)
{
	spin_lock_noirq(&c->lock);
	m->count = slabs_take(c, m->objects, MAGAZINE_BATCH);
	spin_unlock_noirq(&c->lock);
	if (m->count)
		return true;
	struct page *slab = slab_create(c);
	if (!slab)
		return false;
	spin_lock_noirq(&c->lock);
	list_add(&c->partial, &slab->slab_link);
	c->slabs++;
	c->empty++;
	c->free += c->per_slab;
	m->count = slabs_take(c, m->objects, MAGAZINE_BATCH);
	spin_unlock_noirq(&c->lock);
	return true;
}

static void magazine_flush(struct magazine *m, struct heap_class *c, unsigned keep)
{
	while (m->count > keep) {
		spin_lock_noirq(&c->lock);
		struct page *empty = slab_put(c, m->objects[--m->count]);
		spin_unlock_noirq(&c->lock);
		if (empty)
			slab_destroy(c, empty);
	}
}

static void *small_alloc(unsigned class, size_t size)
{
	struct heap_class *c = &classes[class];
	void *obj = NULL;
	irqflags_t irq = arch_irq_save();
	struct magazine *m = &magazines[cpu_here()->id][class];
	if (likely(m->count) || magazine_refill(m, c))
		obj = m->objects[--m->count];
	arch_irq_restore(irq);
	if (unlikely(!obj))
		return NULL;
	check_dead(obj, c);
	mark_live(obj, c, size);
	return obj;
}

static void small_free(void *obj, const struct page *p)
{
	struct heap_class *c = &classes[p->slab_class];
	ASSERT(((uintptr_t)obj - (uintptr_t)page_virt(slab_of(obj))) % c->size == 0);
	check_live(obj, c);
	mark_dead(obj, c);
	irqflags_t irq = arch_irq_save();
	struct magazine *m = &magazines[cpu_here()->id][p->slab_class];
	if (unlikely(m->count == MAGAZINE_MAX))
		magazine_flush(m, c, MAGAZINE_BATCH);
	m->objects[m->count++] = obj;
	arch_irq_restore(irq);
}

/* --- large blocks --- */

static bool in_vmap(const void *p)
{
	return (uintptr_t)p >= arch_vmap_start && (uintptr_t)p < arch_vmap_end;
}

static void count_large(size_t size, int sign)
{
	__atomic_fetch_add(&large_objects, sign, __ATOMIC_RELAXED);
	__atomic_fetch_add(&large_bytes, sign * (int64_t)size, __ATOMIC_RELAXED);
	page_account(PAGE_USE_SLAB, sign * (int64_t)(size >> PAGE_SHIFT));
}

static void *large_alloc(size_t size)
{
	if (size > LARGE_MAX)
		return NULL;
	unsigned order = 0;
	while (order <= MAX_ORDER && PAGE_SIZE << order < size)
		order++;
	if (order > MAX_ORDER) {
		void *block = arch_irq_enabled() ? vmap_take(size) : NULL;
		if (block)
			count_large(vmap_size(block), 1);
		return block;
	}
	struct page *p = heap_pages(order);
	if (!p)
		return NULL;
	p->flags = PAGE_LARGE;
	count_large(PAGE_SIZE << order, 1);
	return page_virt(p);
}

static void large_free(void *block)
{
	if (in_vmap(block)) {
		size_t size = vmap_size(block);
		count_large(size, -1);
		vmap_free(block, size);
		return;
	}
	struct page *p = virt_page(block);
	if (!p || !(p->flags & PAGE_LARGE) || page_virt(p) != block)
		panic("kmalloc: %p is no object of the heap", block);
	p->flags &= ~PAGE_LARGE;
	count_large(PAGE_SIZE << p->order, -1);
	page_put(p);
}

/* --- the interface --- */

void *heap_alloc(size_t size)
{
	if (likely(size <= SMALL_MAX - HEAP_FOOTER))
		return small_alloc(class_of[(size + HEAP_FOOTER + 15) / 16], size);
	return large_alloc(size);
}

static void *alloc_zeroed(size_t size)
{
	void *p = heap_alloc(size);
	return p ? memset(p, 0, size) : NULL;
}

void *kmalloc(size_t size)
{
	return fault_point() ? NULL : heap_alloc(size);
}

void *kzalloc(size_t size)
{
	return fault_point() ? NULL : alloc_zeroed(size);
}

void *kcalloc(size_t n, size_t size)
{
	size_t bytes;
	if (fault_point() || __builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc_zeroed(bytes);
}

static struct page *small_page(const void *p)
{
	struct page *page = in_vmap(p) ? NULL : virt_page(p);
	return page && (page->flags & PAGE_SLAB) ? page : NULL;
}

void kfree(void *p)
{
	if (!p)
		return;
	const struct page *page = small_page(p);
	if (likely(page))
		small_free(p, page);
	else
		large_free(p);
}

size_t kmalloc_usable(const void *p)
{
	if (in_vmap(p))
		return vmap_size(p);
	const struct page *page = virt_page(p);
	if (page->flags & PAGE_SLAB)
		return check_live(p, &classes[page->slab_class]);
	return PAGE_SIZE << page->order;
}

/* Does a block of the class or order that `p` has suit `size` best? */
static bool same_class(const void *p, const struct page *small, size_t size)
{
	if (small)
		return size <= SMALL_MAX - HEAP_FOOTER &&
		       class_of[(size + HEAP_FOOTER + 15) / 16] == small->slab_class;
	size_t have = kmalloc_usable(p);
	return size > SMALL_MAX - HEAP_FOOTER && size <= have &&
	       (size > have / 2 || have == PAGE_SIZE);
}

void *krealloc(void *p, size_t size)
{
	if (!p)
		return fault_point() ? NULL : heap_alloc(size);
	const struct page *small = small_page(p);
	size_t old = kmalloc_usable(p);
	bool stay = same_class(p, small, size);
	void *new = stay || fault_point() ? NULL : heap_alloc(size);
	if (new) {
		memcpy(new, p, MIN(old, size));
		kfree(p);
		return new;
	}
	if (!stay && size > old)
		return NULL;
	/* It stays where it is; shrinking never fails. */
	if (small)
		mark_live(p, &classes[small->slab_class], size);
	return p;
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = fault_point() ? NULL : heap_alloc(n);
	return copy ? memcpy(copy, s, n) : NULL;
}

/* Takes the empty slabs of a class into `out`. (c->lock) */
static void take_empty_slabs(struct heap_class *c, struct list *out)
{
	struct page *slab, *next;
	list_for_each_safe (slab, next, &c->partial, slab_link) {
		if (slab->slab_used)
			continue;
		list_remove(&slab->slab_link);
		list_add(out, &slab->slab_link);
		c->empty--;
		c->slabs--;
		c->free -= c->per_slab;
	}
}

unsigned heap_shrink(void)
{
	unsigned freed = 0;
	for (unsigned i = 0; i < CLASSES; i++) {
		struct heap_class *c = &classes[i];
		struct list empty = LIST_INIT(empty);
		irqflags_t irq = arch_irq_save();
		magazine_flush(&magazines[cpu_here()->id][i], c, 0);
		spin_lock_noirq(&c->lock);
		take_empty_slabs(c, &empty);
		spin_unlock(&c->lock, irq);
		while (!list_empty(&empty)) {
			struct page *slab = list_first(&empty, struct page, slab_link);
			list_remove(&slab->slab_link);
			slab_destroy(c, slab);
			freed += 1u << c->order;
		}
	}
	return freed;
}

void heap_stats(struct heap_stats *out)
{
	*out = (struct heap_stats){.class_count = CLASSES};
	for (unsigned i = 0; i < CLASSES; i++) {
		struct heap_class *c = &classes[i];
		irqflags_t irq = spin_lock(&c->lock);
		uint64_t total = c->slabs * c->per_slab, idle = c->free;
		spin_unlock(&c->lock, irq);
		for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
			idle += __atomic_load_n(&magazines[cpu][i].count, __ATOMIC_RELAXED);
		uint64_t used = total - MIN(idle, total);
		out->classes[i] = (struct heap_class_stats){c->size, used, total};
		out->objects += used;
		out->bytes += used * c->size;
	}
	out->large_objects = __atomic_load_n(&large_objects, __ATOMIC_RELAXED);
	out->large_bytes = __atomic_load_n(&large_bytes, __ATOMIC_RELAXED);
	out->objects += out->large_objects;
	out->bytes += out->large_bytes;
}
