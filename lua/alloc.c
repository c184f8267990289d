/* Lua's allocator: kmalloc under a cap. Large blocks need no contiguous pages and come from the
 * vmap area. */
#include "arch/mmu.h"
#include "mm/heap.h"
#include "port_internal.h"

#define LARGE (128 * 1024UL)

/* In front of a large block, which is page-aligned. */
struct large_header {
	size_t size; /* of the whole */
	size_t pad;  /* keeps the block aligned to 16 */
};

static bool is_large(const void *p)
{
	return (uintptr_t)p >= arch_vmap_start && (uintptr_t)p < arch_vmap_end;
}

static void count(struct port *p, const void *block, int sign)
{
	p->objects += (uint64_t)sign;
	p->object_bytes += (uint64_t)sign * kmalloc_usable(block);
}

static void *get(struct port *p, size_t size)
{
	if (size < LARGE) {
		void *small = kmalloc(size);
		if (small)
			count(p, small, 1);
		return small;
	}
	size_t whole = ALIGN_UP(size + sizeof(struct large_header), PAGE_SIZE);
	struct large_header *h = vmap_alloc(whole);
	if (!h)
		return NULL;
	h->size = whole;
	return h + 1;
}

static void give_back(struct port *p, void *block)
{
	if (is_large(block)) {
		struct large_header *h = (struct large_header *)block - 1;
		vmap_free(h, h->size);
	} else if (block) {
		count(p, block, -1);
		kfree(block);
	}
}

static void *resize(struct port *p, void *block, size_t old_size, size_t new_size)
{
	if (block && !is_large(block) && new_size < LARGE) {
		count(p, block, -1);
		void *moved = krealloc(block, new_size);
		count(p, moved ? moved : block, 1);
		return moved;
	}
	void *new = get(p, new_size);
	if (!new)
		return NULL;
	if (block) {
		memcpy(new, block, MIN(old_size, new_size));
		give_back(p, block);
	}
	return new;
}

/* Without a block, old_size is a type tag. Shrinking must not fail: then the block stays what it
 * is. */
void *port_alloc(void *ud, void *block, size_t old_size, size_t new_size)
{
	struct port *p = ud;

	if (!block)
		old_size = 0;
	if (!new_size) {
		give_back(p, block);
		p->used -= old_size;
		return NULL;
	}
	if (new_size > old_size && p->used - old_size + new_size > p->cap)
		return NULL;
	void *new = resize(p, block, old_size, new_size);
	if (!new) {
		if (!block || new_size > old_size)
			return NULL;
		new = block;
	}
	p->used = p->used - old_size + new_size;
	return new;
}
