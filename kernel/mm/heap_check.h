/*
 * The heap's size classes, and what debug builds check of their objects: each ends with a footer,
 * which says what size was asked for and whether it lives; a red zone follows the size asked for;
 * what is free is poisoned. Only heap.c includes this.
 */
#pragma once

#include "lib/list.h"
#include "lock.h"

struct heap_class {
	struct spinlock lock;
	/* (lock) */
	struct list
	    partial; /* slabs with a free object, by page->slab_link; full ones are on no list */
	uint64_t slabs, free; /* free: objects in slabs, not those in magazines */
	unsigned empty;       /* slabs without an object in use */
	/* constant */
	uint16_t size, per_slab;
	uint8_t order;
};

#ifdef PERILUNE_DEBUG
#define HEAP_FOOTER       sizeof(uint64_t)
#define HEAP_LIVE         0x11feULL
#define HEAP_DEAD         0xdeadULL
#define HEAP_POISON       0x6b
#define HEAP_RED          0xbb
#define HEAP_RED_ZONE_MAX 16  /* bytes checked after the size asked for */
#define HEAP_POISON_MAX   256 /* bytes poisoned and checked; the first 8 link free objects */

static inline uint64_t *footer_of(const void *obj, const struct heap_class *c)
{
	return (uint64_t *)((uintptr_t)obj + c->size - HEAP_FOOTER);
}

static inline size_t red_zone(const struct heap_class *c, size_t size)
{
	return MIN(c->size - HEAP_FOOTER - size, (size_t)HEAP_RED_ZONE_MAX);
}

static inline size_t poison_size(const struct heap_class *c)
{
	return MIN(c->size - HEAP_FOOTER, (size_t)HEAP_POISON_MAX);
}

static inline bool filled_with(const uint8_t *p, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != value)
			return false;
	}
	return true;
}

static inline void mark_live(void *obj, const struct heap_class *c, size_t size)
{
	*footer_of(obj, c) = HEAP_LIVE << 48 | size;
	memset((char *)obj + size, HEAP_RED, red_zone(c, size));
}

static inline void mark_dead(void *obj, const struct heap_class *c)
{
	memset(obj, HEAP_POISON, poison_size(c));
	*footer_of(obj, c) = HEAP_DEAD << 48;
}

static inline void check_dead(const void *obj, const struct heap_class *c)
{
	size_t from = sizeof(void *);
	if (*footer_of(obj, c) != HEAP_DEAD << 48 ||
	    !filled_with((const uint8_t *)obj + from, poison_size(c) - from, HEAP_POISON))
		panic("kmalloc: %p (%u bytes) was written to while free", obj, c->size);
}

/* Returns the size that was asked for. */
static inline size_t check_live(const void *obj, const struct heap_class *c)
{
	uint64_t footer = *footer_of(obj, c);
	size_t size = footer & 0xffff;
	if (footer == HEAP_DEAD << 48)
		panic("kmalloc: %p (%u bytes) is freed twice", obj, c->size);
	if (footer >> 48 != HEAP_LIVE || size > c->size - HEAP_FOOTER ||
	    !filled_with((const uint8_t *)obj + size, red_zone(c, size), HEAP_RED))
		panic("kmalloc: %p (%zu bytes) was written past its end", obj, size);
	return size;
}
#else
#define HEAP_FOOTER 0

static inline void mark_live(void *obj, const struct heap_class *c, size_t size)
{
}

static inline void mark_dead(void *obj, const struct heap_class *c)
{
}

static inline void check_dead(const void *obj, const struct heap_class *c)
{
}

static inline size_t check_live(const void *obj, const struct heap_class *c)
{
	return c->size;
}
#endif
