/*
 * A file's pages: a radix tree of six bits a level over page numbers, which grows in height as the
 * file does. At height 0 the tree is the page with index 0 itself. Shared anonymous memory is such
 * a tree without a file.
 */
#include "mm/area.h"
#include "mm/heap.h"

#define LEVEL_BITS 6
#define SLOTS      (1u << LEVEL_BITS)

struct radix_node {
	void *slots[SLOTS]; /* nodes, or at the lowest level pages */
};

void mapping_init(struct mapping *m)
{
	*m = (struct mapping){0};
	mutex_init(&m->lock, "mapping");
	list_init(&m->areas);
}

/* How many pages a tree of this height has room for. */
static uint64_t capacity(unsigned height)
{
	return height * LEVEL_BITS >= 64 ? UINT64_MAX : 1ULL << height * LEVEL_BITS;
}

static unsigned slot_of(uint64_t index, unsigned level)
{
	return index >> (level - 1) * LEVEL_BITS & (SLOTS - 1);
}

/* (m->lock) */
static struct page *lookup(const struct mapping *m, uint64_t index)
{
	void *at = m->tree;
	if (index >= capacity(m->height))
		return NULL;
	for (unsigned level = m->height; level > 0 && at; level--)
		at = ((struct radix_node *)at)->slots[slot_of(index, level)];
	return at;
}

/* Makes the tree high enough for `index`. (m->lock) */
static int grow(struct mapping *m, uint64_t index)
{
	while (index >= capacity(m->height)) {
		if (m->tree) {
			struct radix_node *top = kzalloc(sizeof(*top));
			if (!top)
				return -ENOMEM;
			top->slots[0] = m->tree;
			m->tree = top;
		}
		m->height++;
	}
	return 0;
}

/* Where the page `index` hangs, with the nodes above it made; NULL: no memory. (m->lock) */
static void **slot_create(struct mapping *m, uint64_t index)
{
	if (grow(m, index) != 0)
		return NULL;
	void **slot = &m->tree;
	for (unsigned level = m->height; level > 0; level--) {
		if (!*slot)
			*slot = kzalloc(sizeof(struct radix_node));
		if (!*slot)
			return NULL;
		slot = &((struct radix_node *)*slot)->slots[slot_of(index, level)];
	}
	return slot;
}

/* A new page with the content at `index`. (m->lock) */
static struct page *make_page(struct mapping *m, uint64_t index)
{
	struct page *p = m->adopt ? m->adopt(m, index) : NULL;
	if (p)
		return p;
	p = page_alloc(PAGE_ZERO | PAGE_USER);
	if (!p)
		return ERR_PTR(-ENOMEM);
	int err = m->fill ? m->fill(m, p, index) : 0;
	if (!err)
		return p;
	page_put(p);
	return ERR_PTR(err);
}

/* A new page of the file, in the tree, which holds its reference. (m->lock) */
static struct page *add_page(struct mapping *m, uint64_t index)
{
	/* The place first: a page that was adopted is the only one with its content. */
	void **slot = slot_create(m, index);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	struct page *p = make_page(m, index);
	if (IS_ERR(p))
		return p;
	p->mapping = m;
	p->index = index;
	p->flags |= m->fill ? PAGE_CACHE | PAGE_FILLED : PAGE_CACHE;
	page_account(m->fill ? PAGE_USE_FILLED : PAGE_USE_CACHE, 1);
	m->pages++;
	*slot = p;
	return p;
}

static struct page *find_or_add(struct mapping *m, uint64_t index, bool create)
{
	mutex_lock(&m->lock);
	struct page *p = lookup(m, index);
	if (p && create)
		p->flags &= (uint16_t)~PAGE_UNWRITTEN;
	if (!p && create)
		p = add_page(m, index);
	if (p && !IS_ERR(p))
		page_get(p);
	mutex_unlock(&m->lock);
	return p;
}

struct page *mapping_page(struct mapping *m, uint64_t index, bool create)
{
	struct page *p = find_or_add(m, index, create);
	if (unlikely(IS_ERR(p)) && PTR_ERR(p) == -ENOMEM && memory_reclaim())
		p = find_or_add(m, index, create);
	return p;
}

int mapping_set_aside(struct mapping *m, uint64_t index)
{
	int err = 0;
	mutex_lock(&m->lock);
	if (!lookup(m, index)) {
		struct page *p = add_page(m, index);
		if (IS_ERR(p))
			err = PTR_ERR(p);
		else
			p->flags |= PAGE_UNWRITTEN;
	}
	mutex_unlock(&m->lock);
	return err;
}

/* The first page from `index` on; *index becomes its place. (m->lock) */
static struct page *next_page(const struct mapping *m, uint64_t *index)
{
	while (m->tree && *index < capacity(m->height)) {
		void *at = m->tree;
		unsigned level = m->height;
		uint64_t step;
		for (; level > 0; level--) {
			void *child = ((struct radix_node *)at)->slots[slot_of(*index, level)];
			if (!child)
				break;
			at = child;
		}
		if (!level)
			return at;
		step = 1ULL << (level - 1) * LEVEL_BITS;
		*index = ALIGN_DOWN(*index, step) + step;
	}
	return NULL;
}

uint64_t mapping_next_written(struct mapping *m, uint64_t index)
{
	struct page *p;
	mutex_lock(&m->lock);
	while ((p = next_page(m, &index)) && (p->flags & PAGE_UNWRITTEN))
		index++;
	mutex_unlock(&m->lock);
	return p ? index : UINT64_MAX;
}

uint64_t mapping_next_hole(struct mapping *m, uint64_t index)
{
	const struct page *p;
	mutex_lock(&m->lock);
	while ((p = lookup(m, index)) && !(p->flags & PAGE_UNWRITTEN))
		index++;
	mutex_unlock(&m->lock);
	return index;
}

unsigned mapping_gather(struct mapping *m, uint64_t index, unsigned count, struct page **out)
{
	unsigned found = 0;
	mutex_lock(&m->lock);
	for (unsigned i = 0; i < count; i++) {
		out[i] = lookup(m, index + i);
		if (!out[i])
			continue;
		page_get(out[i]);
		found++;
	}
	mutex_unlock(&m->lock);
	return found;
}

/* The file lets go of the page; page tables and readers may still hold it. (m->lock) */
static void drop_page(struct mapping *m, struct page *p)
{
	p->mapping = NULL;
	m->pages--;
	page_put(p);
}

/*
 * Drops the pages [first, last) (counted within this subtree), and the nodes that lie in it whole.
 * Returns what is left of the subtree: `at` or NULL. (m->lock)
 */
static void *prune(struct mapping *m, void *at, unsigned level, uint64_t first, uint64_t last)
{
	if (!at)
		return NULL;
	if (level == 0) {
		drop_page(m, at);
		return NULL;
	}
	struct radix_node *node = at;
	unsigned shift = (level - 1) * LEVEL_BITS;
	for (unsigned i = first >> shift; i < SLOTS; i++) {
		uint64_t start = (uint64_t)i << shift;
		if (start >= last)
			break;
		node->slots[i] = prune(
		    m, node->slots[i], level - 1, first > start ? first - start : 0, last - start);
	}
	if (first > 0 || last < capacity(level))
		return node;
	kfree(node);
	return NULL;
}

void mapping_drop_pages(struct mapping *m, uint64_t first, uint64_t last)
{
	mutex_lock(&m->lock);
	if (first < capacity(m->height) && first < last)
		m->tree = prune(m, m->tree, m->height, first, last);
	if (!m->tree)
		m->height = 0;
	mutex_unlock(&m->lock);
}

void mapping_drop_unwritten(struct mapping *m, uint64_t first, uint64_t last)
{
	const struct page *p;
	mutex_lock(&m->lock);
	for (uint64_t i = first; (p = next_page(m, &i)) && i < last; i++)
		if (p->flags & PAGE_UNWRITTEN)
			m->tree = prune(m, m->tree, m->height, i, i + 1);
	if (!m->tree)
		m->height = 0;
	mutex_unlock(&m->lock);
}

void mapping_destroy(struct mapping *m)
{
	ASSERT(list_empty(&m->areas));
	mapping_drop_pages(m, 0, UINT64_MAX);
}

/* --- shared anonymous memory --- */

struct shared_memory {
	struct mapping mapping;
	struct refcount refs; /* one for each area */
	uint64_t size;        /* pages: what was asked for first */
	uint64_t committed;   /* of these, by memory_commit */
};

struct mapping *shared_memory_create(uint64_t pages, bool commit)
{
	struct shared_memory *sm = kmalloc(sizeof(*sm));
	if (!sm)
		return NULL;
	sm->committed = commit ? pages : 0;
	if (memory_commit(sm->committed) != 0) {
		kfree(sm);
		return NULL;
	}
	mapping_init(&sm->mapping);
	ref_init(&sm->refs);
	sm->size = pages;
	return &sm->mapping;
}

uint64_t shared_memory_size(const struct mapping *m)
{
	return container_of(m, struct shared_memory, mapping)->size;
}

void shared_memory_get(struct mapping *m)
{
	ref_get(&container_of(m, struct shared_memory, mapping)->refs);
}

void shared_memory_put(struct mapping *m)
{
	struct shared_memory *sm = container_of(m, struct shared_memory, mapping);
	if (!ref_put(&sm->refs))
		return;
	mapping_destroy(m);
	memory_uncommit(sm->committed);
	kfree(sm);
}
