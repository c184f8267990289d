/* The pairing heap of pairing_heap.h. (Fredman, Sedgewick, Sleator, Tarjan: The pairing heap,
 * 1986.) */
#include "lib/pairing_heap.h"

/* Joins two trees, neither NULL, whose roots have no siblings. Equal keys: `a` stays on top. */
static struct heap_node *meld(struct heap_node *a, struct heap_node *b)
{
	if (heap_key_less(b->key, a->key)) {
		struct heap_node *t = a;
		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Joins a list of siblings into one tree: pairs from left to right, then all of those from right to
 * left. */
static struct heap_node *merge_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL;
	while (first) {
		struct heap_node *a = first, *b = a->next;
		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b) {
			b->next = b->prev = NULL;
			a = meld(a, b);
		}
		a->next = pairs;
		pairs = a;
	}
	struct heap_node *root = pairs;
	if (!root)
		return NULL;
	pairs = root->next;
	root->next = NULL;
	while (pairs) {
		struct heap_node *next = pairs->next;
		pairs->next = NULL;
		root = meld(root, pairs);
		pairs = next;
	}
	return root;
}

void heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	*n = (struct heap_node){.key = key};
	h->root = h->root ? meld(h->root, n) : n;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *below = n->child ? merge_siblings(n->child) : NULL;
	if (n == h->root) {
		h->root = below;
	} else {
		if (n->prev->child == n)
			n->prev->child = n->next;
		else
			n->prev->next = n->next;
		if (n->next)
			n->next->prev = n->prev;
		if (below)
			h->root = meld(h->root, below);
	}
}

struct heap_node *heap_walk(struct heap_node *n)
{
	if (n->child)
		return n->child;
	while (!n->next) {
		/* Back to the first sibling, whose `prev` is the parent. */
		while (n->prev && n->prev->child != n)
			n = n->prev;
		if (!n->prev)
			return NULL;
		n = n->prev;
	}
	return n->next;
}
