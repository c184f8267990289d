/* Dentries: the tree of names. A filesystem without a lookup operation lives in it alone: its
 * directories pin what they hold, and index it by hash once there is much of it. */
#include "fs/inotify.h"
#include "fs/mount.h"
#include "printk.h"

#define INDEX_AT 16 /* children from which on a directory gets an index */

struct dentry_table {
	uint32_t mask; /* buckets - 1 */
	struct dentry *buckets[];
};

struct spinlock tree_lock = SPINLOCK_INIT("tree", RANK_FS);

uint32_t name_hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t k = 0; k < len; k++)
		h = (h ^ (uint8_t)name[k]) * 16777619u;
	return h;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = kzalloc(sizeof(*d));

	if (!d)
		return NULL;
	d->name = kmalloc(len + 1);
	if (!d->name) {
		kfree(d);
		return NULL;
	}
	memcpy(d->name, name, len);
	d->name[len] = 0;
	d->name_len = (uint32_t)len;
	d->hash = name_hash(name, len);
	ref_init(&d->refs);
	list_init(&d->children);
	list_init(&d->sibling);
	d->next_position = 2;
	if (parent) {
		dentry_get(parent);
		d->parent = parent;
		d->sb = parent->sb;
	} else {
		d->parent = d;
	}
	return d;
}

struct dentry *dentry_create_root(struct superblock *sb, struct inode *i)
{
	struct dentry *d = dentry_create(NULL, "/", 1);

	if (!d) {
		inode_put(i);
		return NULL;
	}
	d->sb = sb;
	d->inode = i;
	sb->root = d;
	return d;
}

struct dentry *dentry_create_alone(struct inode *i, const char *name)
{
	struct dentry *d = dentry_create(NULL, name, strlen(name));

	if (!d) {
		inode_put(i);
		return NULL;
	}
	d->sb = i->sb;
	d->inode = i;
	return d;
}

void dentry_get(struct dentry *d)
{
	ref_get(&d->refs);
}

void dentry_put(struct dentry *d)
{
	while (d && ref_put(&d->refs)) {
		struct dentry *parent = d->parent == d ? NULL : d->parent;

		ASSERT(list_empty(&d->sibling));
		if (d->inode && !d->inode->nlink)
			inotify_deleted(d->inode);
		inode_put(d->inode);
		kfree(d->table);
		kfree(d->name);
		kfree(d);
		d = parent;
	}
}

static bool name_is(const struct dentry *d, uint32_t hash, const char *name, size_t len)
{
	return d->hash == hash && d->name_len == len && !memcmp(d->name, name, len);
}

struct dentry *dentry_find(struct dentry *dir, const char *name, size_t len)
{
	uint32_t hash = name_hash(name, len);
	struct dentry *d;

	if (dir->table) {
		for (d = dir->table->buckets[hash & dir->table->mask]; d; d = d->hash_next)
			if (name_is(d, hash, name, len))
				goto found;
		return NULL;
	}
	list_for_each (d, &dir->children, sibling)
		if (name_is(d, hash, name, len))
			goto found;
	return NULL;
found:
	dentry_get(d);
	return d;
}

static void table_insert(struct dentry_table *t, struct dentry *d)
{
	struct dentry **bucket = &t->buckets[d->hash & t->mask];

	d->hash_next = *bucket;
	*bucket = d;
}

static void table_remove(struct dentry_table *t, struct dentry *d)
{
	struct dentry **at = &t->buckets[d->hash & t->mask];

	while (*at != d)
		at = &(*at)->hash_next;
	*at = d->hash_next;
	d->hash_next = NULL;
}

/* Makes or doubles the index where it pays. Without memory for it the directory stays correct, only
 * slower. */
static void table_grow(struct dentry *dir)
{
	uint32_t buckets = dir->table ? (dir->table->mask + 1) * 4 : INDEX_AT * 4;
	struct dentry_table *t;
	struct dentry *d;

	if (dir->child_count < (dir->table ? (dir->table->mask + 1) * 2 : INDEX_AT))
		return;
	t = kzalloc(sizeof(*t) + buckets * sizeof(t->buckets[0]));
	if (!t)
		return;
	t->mask = buckets - 1;
	list_for_each (d, &dir->children, sibling)
		table_insert(t, d);
	kfree(dir->table);
	dir->table = t;
}

static void children_insert(struct dentry *dir, struct dentry *d)
{
	d->position = dir->next_position++;
	list_append(&dir->children, &d->sibling);
	dir->child_count++;
	if (dir->table)
		table_insert(dir->table, d);
	table_grow(dir);
}

static void children_remove(struct dentry *dir, struct dentry *d)
{
	if (dir->table)
		table_remove(dir->table, d);
	list_remove(&d->sibling);
	dir->child_count--;
}

void dentry_attach(struct dentry *dir, struct dentry *d)
{
	ASSERT(mutex_held(&dir->inode->lock));
	dentry_get(d);
	children_insert(dir, d);
}

void dentry_detach(struct dentry *d)
{
	ASSERT(mutex_held(&d->parent->inode->lock));
	children_remove(d->parent, d);
	d->unlinked = true;
	dentry_put(d);
}

void dentry_move(struct dentry *d, struct dentry *to, char *name, size_t len)
{
	struct dentry *from = d->parent;
	char *old_name = d->name;
	irqflags_t flags;

	children_remove(from, d);
	dentry_get(to);
	flags = spin_lock(&tree_lock);
	d->parent = to;
	d->name = name;
	d->name_len = (uint32_t)len;
	spin_unlock(&tree_lock, flags);
	d->hash = name_hash(name, len);
	children_insert(to, d);
	kfree(old_name);
	dentry_put(from);
}

void dentry_copy_name(const struct dentry *d, char *buf, size_t size)
{
	irqflags_t flags = spin_lock(&tree_lock);

	fmt_string(buf, size, "%s", d->name);
	spin_unlock(&tree_lock, flags);
}

struct dentry *dentry_get_parent(struct dentry *d)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct dentry *parent = d->parent;

	dentry_get(parent);
	spin_unlock(&tree_lock, flags);
	return parent;
}

bool dentry_is_below(struct dentry *d, struct dentry *ancestor)
{
	irqflags_t flags = spin_lock(&tree_lock);

	while (d != ancestor && d->parent != d)
		d = d->parent;
	spin_unlock(&tree_lock, flags);
	return d == ancestor;
}

/* Puts `text` before *p, in a buffer that starts at `buf`. False if it does not fit. */
static bool prepend(char *buf, char **p, const char *text, size_t len)
{
	if ((size_t)(*p - buf) < len)
		return false;
	*p -= len;
	memcpy(*p, text, len);
	return true;
}

/* The names from *at up to `root` (tree_lock). False if they do not fit; *at becomes where the
 * climb ended. */
static bool prepend_names(struct path *at, const struct path *root, char *buf, char **p)
{
	while (!path_same(at, root)) {
		const struct dentry *d = at->dentry;

		if (path_is_mount_root(at)) {
			if (!at->mount->parent)
				break;
			*at = (struct path){at->mount->parent, at->mount->covered};
			continue;
		}
		if (d->parent == d)
			break;
		if (!prepend(buf, p, d->name, d->name_len) || !prepend(buf, p, "/", 1))
			return false;
		at->dentry = d->parent;
	}
	return true;
}

/* The start of a path that did not come to the root. */
static bool prepend_elsewhere(const struct path *reached, bool names, char *buf, char **p)
{
	const struct dentry *d = reached->dentry;

	if (path_same(reached, &vfs_root))
		return (names || prepend(buf, p, "/", 1)) && prepend(buf, p, "(unreachable)", 13);
	if (S_ISDIR(d->inode->mode)) /* of a tree that was unmounted */
		return names || prepend(buf, p, "/", 1);
	return prepend(buf, p, d->name, d->name_len); /* a pipe */
}

char *path_text_raw(
    const struct path *at, const struct path *root, char *buf, size_t size, const char *suffix)
{
	char *end = buf + size, *p = end;
	struct path reached = *at;
	irqflags_t flags;
	bool fits;

	if (!prepend(buf, &p, "", 1) || !prepend(buf, &p, suffix, strlen(suffix)))
		return ERR_PTR(-ENAMETOOLONG);
	end = p;
	flags = spin_lock(&tree_lock);
	fits = prepend_names(&reached, root, buf, &p);
	spin_unlock(&tree_lock, flags);
	if (fits && !path_same(&reached, root))
		fits = prepend_elsewhere(&reached, p != end, buf, &p);
	else if (fits && p == end)
		fits = prepend(buf, &p, "/", 1);
	return fits ? p : ERR_PTR(-ENAMETOOLONG);
}

char *path_text(const struct path *p, const struct path *root, char *buf, size_t size)
{
	if (p->dentry->unlinked)
		return ERR_PTR(-ENOENT);
	return path_text_raw(p, root, buf, size, "");
}

char *dentry_text(struct dentry *d, char *buf, size_t size)
{
	const struct path at = {NULL, d}, root = {NULL, d->sb->root};

	return path_text_raw(&at, &root, buf, size, "");
}

/* Lets a whole tree go, leaves first: what is still open in it lives on by its own references. */
void dentry_kill_tree(struct dentry *root)
{
	struct dentry *d = root, *child, *parent;

	for (;;) {
		mutex_lock(&d->inode->lock);
		child = list_empty(&d->children) ? NULL
						 : list_first(&d->children, struct dentry, sibling);
		if (child)
			dentry_get(child);
		mutex_unlock(&d->inode->lock);
		if (child) {
			if (d != root)
				dentry_put(d);
			d = child;
			continue;
		}
		if (d == root)
			break;
		parent = dentry_get_parent(d);
		mutex_lock(&parent->inode->lock);
		if (!d->unlinked && d->parent == parent)
			dentry_detach(d);
		mutex_unlock(&parent->inode->lock);
		dentry_put(d);
		d = parent;
		if (d == root)
			dentry_put(root); /* the climb's; the caller's remains */
	}
	dentry_put(root);
}
