/* Mounts: what they are, their tree, and who may write through them. */
#include "fs/mount.h"
#include "printk.h"

#define ID_NOWHERE 2  /* of what lies on no path */
#define ID_FIRST   21 /* of the root */

struct list mounts = LIST_INIT(mounts);
struct mutex mount_lock = MUTEX_INIT("mount");
struct path vfs_root;

struct mount *mount_create(struct dentry *root, const char *source, uint64_t flags)
{
	static int next_id = ID_FIRST; /* (mount_lock, or start-up) */
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		return NULL;
	m->source = kstrdup(source);
	if (!m->source) {
		kfree(m);
		return NULL;
	}
	ref_init(&m->refs);
	list_init(&m->link);
	m->id = next_id++;
	m->sb = root->sb;
	superblock_use(m->sb);
	m->root = root;
	dentry_get(root);
	m->flags = flags & MOUNT_FLAGS;
	return m;
}

void mount_get(struct mount *m)
{
	if (m)
		ref_get(&m->refs);
}

void mount_put(struct mount *m)
{
	if (m)
		__atomic_store_n(&m->expired, false, __ATOMIC_RELAXED);
	mount_drop(m);
}

void mount_drop(struct mount *m)
{
	if (!m || !ref_put(&m->refs))
		return;
	dentry_put(m->root);
	superblock_unuse(m->sb);
	kfree(m->source);
	kfree(m);
}

void path_get(const struct path *p)
{
	mount_get(p->mount);
	dentry_get(p->dentry);
}

void path_put(const struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mount);
}

int mount_id(const struct mount *m)
{
	return m ? m->id : ID_NOWHERE;
}

bool mount_has(const struct mount *m, uint64_t flag)
{
	return m && (__atomic_load_n(&m->flags, __ATOMIC_RELAXED) & flag);
}

/* --- the tree --- */

struct mount *mount_covering(const struct path *at)
{
	struct mount *m = at->dentry->mounted;

	ASSERT_HELD(&tree_lock);
	while (m && m->parent != at->mount)
		m = m->other;
	return m;
}

void mount_top(struct path *p)
{
	while (p->mount && __atomic_load_n(&p->dentry->mounted, __ATOMIC_ACQUIRE)) {
		irqflags_t flags = spin_lock(&tree_lock);
		struct mount *m = mount_covering(p);
		struct path top = {m, m ? m->root : NULL};

		if (m)
			path_get(&top);
		spin_unlock(&tree_lock, flags);
		if (!m)
			break;
		path_put(p);
		*p = top;
	}
}

bool path_is_mount_root(const struct path *p)
{
	return p->mount && p->mount->root == p->dentry;
}

bool mount_is_below(const struct mount *m, const struct mount *ancestor)
{
	ASSERT_HELD(&tree_lock);
	while (m && m != ancestor)
		m = m->parent;
	return m;
}

bool path_reaches(const struct path *p, const struct path *root)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct path at = *p;

	while (!path_same(&at, root)) {
		if (at.mount && at.dentry == at.mount->root && at.mount->parent)
			at = (struct path){at.mount->parent, at.mount->covered};
		else if (at.dentry->parent != at.dentry)
			at.dentry = at.dentry->parent;
		else
			break;
	}
	spin_unlock(&tree_lock, flags);
	return path_same(&at, root);
}

struct mount *mount_newest(void)
{
	return container_of(mounts.prev, struct mount, link);
}

static void link_mount(struct mount *m, const struct path *at)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct list *before = mounts.prev;

	m->parent = at->mount;
	m->covered = at->dentry;
	m->other = at->dentry->mounted;
	m->attached = true;
	while (container_of(before, struct mount, link)->id > m->id)
		before = before->prev; /* the root of all is the oldest */
	list_add(before, &m->link);
	__atomic_store_n(&at->dentry->mounted, m, __ATOMIC_RELEASE);
	spin_unlock(&tree_lock, flags);
}

/* The directory whose lock keeps the name of `d`, locked, with a reference. */
static struct dentry *lock_name(struct dentry *d)
{
	for (;;) {
		struct dentry *dir = dentry_get_parent(d);

		mutex_lock(&dir->inode->lock);
		if (d->parent == dir)
			return dir;
		mutex_unlock(&dir->inode->lock);
		dentry_put(dir);
	}
}

int mount_attach(struct mount *m, const struct path *at)
{
	struct dentry *dir = lock_name(at->dentry);
	int err = at->dentry->unlinked ? -ENOENT : 0;

	ASSERT(mutex_held(&mount_lock));
	if (!err) {
		path_get(at);
		link_mount(m, at);
	}
	mutex_unlock(&dir->inode->lock);
	dentry_put(dir);
	return err;
}

void mount_detach(struct mount *m)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct path at = {m->parent, m->covered};
	struct mount **link = &at.dentry->mounted;

	while (*link != m)
		link = &(*link)->other;
	__atomic_store_n(link, m->other, __ATOMIC_RELEASE);
	m->parent = NULL;
	m->covered = NULL;
	m->other = NULL;
	m->attached = false;
	list_remove(&m->link);
	spin_unlock(&tree_lock, flags);
	path_put(&at);
}

int mount_move_all(const struct mount_move moves[], unsigned n)
{
	const struct path *last = &moves[n - 1].to;
	struct path old[MOVES_MAX];
	struct dentry *dir = lock_name(last->dentry);
	int err = last->dentry->unlinked ? -ENOENT : 0;

	ASSERT(mutex_held(&mount_lock) && n <= MOVES_MAX);
	for (unsigned k = 0; k < n && !err; k++) {
		struct mount *m = moves[k].m;

		old[k] = (struct path){m->parent, m->covered};
		path_get(&old[k]);
		path_get(&moves[k].to);
		mount_detach(m);
		link_mount(m, &moves[k].to);
	}
	mutex_unlock(&dir->inode->lock);
	dentry_put(dir);
	for (unsigned k = 0; k < n && !err; k++)
		path_put(&old[k]);
	return err;
}

struct mount *mount_upon(const struct mount *m)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct mount *k, *found = NULL;

	list_for_each (k, &mounts, link) {
		if (k->parent == m) {
			found = k;
			break;
		}
	}
	spin_unlock(&tree_lock, flags);
	return found;
}

void mount_init_root(struct superblock *sb, struct path *root)
{
	struct mount *m = mount_create(sb->root, "rootfs", 0);

	if (!m)
		panic("no memory for the root file system");
	superblock_unuse(sb); /* its maker's: the mount has one */
	m->attached = true;
	list_append(&mounts, &m->link);
	vfs_root = *root = (struct path){m, m->root};
	path_get(root);
}

/* --- writing --- */

bool mount_readonly(const struct mount *m)
{
	return m && (mount_has(m, MS_RDONLY) ||
			(__atomic_load_n(&m->sb->flags, __ATOMIC_RELAXED) & MS_RDONLY));
}

int mount_want_write(struct mount *m)
{
	if (!m)
		return 0;
	/* Who makes it read-only says so before it counts, we count before we look: one of the two
	 * sees the other. */
	__atomic_fetch_add(&m->writers, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&m->sb->writers, 1, __ATOMIC_SEQ_CST);
	if (!mount_readonly(m))
		return 0;
	mount_end_write(m);
	return -EROFS;
}

void mount_end_write(struct mount *m)
{
	if (!m)
		return;
	__atomic_fetch_sub(&m->sb->writers, 1, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&m->writers, 1, __ATOMIC_RELEASE);
}

/* Sets the flag, unless somebody writes. A try that fails may turn writers away while it lasts. */
static int stop_writers(uint64_t *flags, const int32_t *writers)
{
	uint64_t before = __atomic_fetch_or(flags, MS_RDONLY, __ATOMIC_SEQ_CST);

	if ((before & MS_RDONLY) || !__atomic_load_n(writers, __ATOMIC_SEQ_CST))
		return 0;
	__atomic_fetch_and(flags, ~(uint64_t)MS_RDONLY, __ATOMIC_SEQ_CST);
	return -EBUSY;
}

int mount_stop_writers(struct mount *m)
{
	return stop_writers(&m->flags, &m->writers);
}

int superblock_stop_writers(struct superblock *sb)
{
	return stop_writers(&sb->flags, &sb->writers);
}
