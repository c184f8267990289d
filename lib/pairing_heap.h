/*
 * A pairing heap: a priority queue whose links sit inside the elements, so that it never needs
 * memory. Insertion and looking at the least are O(1), removal O(log n) amortised. The caller holds
 * whatever lock guards it.
 */
#pragma once

#include "base.h"

struct heap_node {
	uint64_t key;            /* constant while it is in a heap */
	struct heap_node *child; /* the first of them */
	struct heap_node *next;  /* sibling */
	struct heap_node *prev;  /* sibling; of a first child: the parent */
};

struct heap {
	struct heap_node *root; /* the least key; NULL: empty */
};

/* Keys are compared as points on a circle, so that they may wrap: all in a heap lie within 2^63 of
 * each other. */
static inline bool heap_key_less(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static inline struct heap_node *heap_least(const struct heap *h)
{
	return h->root;
}

void heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
/* Takes out `n`, which must be in `h`. */
void heap_remove(struct heap *h, struct heap_node *n);
/* All elements in no particular order: from heap_least on, NULL after the last. The heap must not
 * change meanwhile. */
struct heap_node *heap_walk(struct heap_node *n);
