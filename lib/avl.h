/*
 * A balanced binary tree (AVL) whose links sit inside the elements. It holds no keys: the caller
 * walks down to where an element belongs. `update` lets each node keep something about its subtree.
 * The caller holds whatever lock guards it.
 */
#pragma once

#include "base.h"

struct avl_node {
	struct avl_node *left, *right, *parent;
	int height; /* of the subtree, a leaf's is 1 */
};

struct avl_tree {
	struct avl_node *root;
	/* Recomputes what `n` keeps about its subtree, from its own data and its children's. NULL:
	 * nothing. */
	void (*update)(struct avl_node *n);
};

/* Makes `n` the left or right child, empty up to now, of `parent` (NULL: the root of an empty
 * tree). */
void avl_insert(struct avl_tree *t, struct avl_node *n, struct avl_node *parent, bool left);
void avl_remove(struct avl_tree *t, struct avl_node *n);
/* The data of `n` changed: updates it and everything above. */
void avl_changed(struct avl_tree *t, struct avl_node *n);
