/* kmalloc: one allocator for the kernel and for Lua. Any context; NULL when memory is out. */
#pragma once

#include "base.h"

void *kmalloc(size_t size) __attribute__((malloc)) must_check;
void *kzalloc(size_t size) __attribute__((malloc)) must_check;
void *krealloc(
    void *p, size_t size) must_check; /* keeps `p` on failure; krealloc(NULL, n) allocates */
void kfree(void *p); /* NULL is fine; debug builds poison and check for double frees and overruns */
size_t kmalloc_usable(const void *p);
char *kstrdup(const char *s) must_check;
/* n * size with overflow checked. */
void *kcalloc(size_t n, size_t size) must_check;

struct heap_class_stats {
	size_t size;
	uint64_t used, total; /* objects */
};
struct heap_stats {
	uint64_t objects, bytes; /* live */
	uint64_t large_objects, large_bytes;
	struct heap_class_stats classes[16];
	unsigned class_count;
};
void heap_stats(struct heap_stats *out);

/* Kernel stacks: KSTACK_SIZE bytes, aligned to twice that, with an unmapped guard page below.
 * Returns the lowest address or NULL. */
#define KSTACK_SIZE (16 * 1024UL)
void *kstack_alloc(void) must_check;
void kstack_free(void *stack);
/* Unmaps freed stacks if there are many: kstack_free does it but where interrupts are off. */
void kstack_trim(void);

/* Virtually contiguous kernel memory of whole pages (for what is too large for the buddy
 * allocator). */
void *vmap_alloc(size_t size) must_check;
void vmap_free(void *p, size_t size);
/* Device registers, uncached. NULL on failure; never unmapped. */
void *vmap_device(paddr_t pa, size_t size) must_check;
