/* AVL trees with parent links: at every node the heights of the two sides differ by one at most. */
#include "lib/avl.h"

static int height(const struct avl_node *n)
{
	return n ? n->height : 0;
}

static void refresh(struct avl_tree *t, struct avl_node *n)
{
	n->height = 1 + MAX(height(n->left), height(n->right));
	if (t->update)
		t->update(n);
}

/* Puts `new` (or nothing) where `old` hangs below `parent`. */
static void replace_child(
    struct avl_tree *t, struct avl_node *parent, struct avl_node *old, struct avl_node *new)
{
	if (!parent)
		t->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

/* The right child comes up, `n` goes down to its left. Returns the new top. */
static struct avl_node *rotate_left(struct avl_tree *t, struct avl_node *n)
{
	struct avl_node *top = n->right;
	replace_child(t, n->parent, n, top);
	n->right = top->left;
	if (n->right)
		n->right->parent = n;
	top->left = n;
	n->parent = top;
	refresh(t, n);
	refresh(t, top);
	return top;
}

static struct avl_node *rotate_right(struct avl_tree *t, struct avl_node *n)
{
	struct avl_node *top = n->left;
	replace_child(t, n->parent, n, top);
	n->left = top->right;
	if (n->left)
		n->left->parent = n;
	top->right = n;
	n->parent = top;
	refresh(t, n);
	refresh(t, top);
	return top;
}

/* Balances and updates from `n` to the root. */
static void fix_upwards(struct avl_tree *t, struct avl_node *n)
{
	for (; n; n = n->parent) {
		int lean = height(n->left) - height(n->right);
		if (lean > 1) {
			if (height(n->left->left) < height(n->left->right))
				rotate_left(t, n->left);
			n = rotate_right(t, n);
		} else if (lean < -1) {
			if (height(n->right->right) < height(n->right->left))
				rotate_right(t, n->right);
			n = rotate_left(t, n);
		} else {
			refresh(t, n);
		}
	}
}

void avl_insert(struct avl_tree *t, struct avl_node *n, struct avl_node *parent, bool left)
{
	n->left = n->right = NULL;
	n->parent = parent;
	if (!parent)
		t->root = n;
	else if (left)
		parent->left = n;
	else
		parent->right = n;
	fix_upwards(t, n);
}

void avl_remove(struct avl_tree *t, struct avl_node *n)
{
	if (!n->left || !n->right) {
		replace_child(t, n->parent, n, n->left ? n->left : n->right);
		fix_upwards(t, n->parent);
		return;
	}
	/* The successor, which has no left child, takes n's place. */
	struct avl_node *next = n->right;
	while (next->left)
		next = next->left;
	struct avl_node *lowest_changed = next;
	if (next->parent != n) {
		lowest_changed = next->parent;
		replace_child(t, next->parent, next, next->right);
		next->right = n->right;
		next->right->parent = next;
	}
	next->left = n->left;
	next->left->parent = next;
	replace_child(t, n->parent, n, next);
	fix_upwards(t, lowest_changed);
}

void avl_changed(struct avl_tree *t, struct avl_node *n)
{
	for (; n && t->update; n = n->parent)
		t->update(n);
}
