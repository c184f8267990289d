/* mount(2): what is there already, at another place: bind mounts and moves; and how mounts
 * propagate, which is not at all. */
#include "fs/mount.h"

/* The source of a bind mount or a move. */
static int find_source(const char *source, struct path *out)
{
	if (!source || !*source)
		return -EINVAL;
	return path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, out);
}

static bool is_directory(const struct path *p)
{
	return S_ISDIR(p->dentry->inode->mode);
}

/* --- bind --- */

static struct mount *copy_mount(const struct mount *m, struct dentry *root)
{
	struct mount *copy = mount_create(
	    root, m->source, __atomic_load_n(&m->flags, __ATOMIC_RELAXED));

	if (copy)
		copy->original = m;
	return copy;
}

/* The copies made since `first`, which is not in the tree, are the newest mounts: they go again. */
static void drop_copies(struct mount *first)
{
	struct mount *m;

	while ((m = mount_newest())->id > first->id) {
		mount_detach(m);
		mount_put(m);
	}
	mount_put(first);
}

/* What they were copied from may go now. */
static void forget_originals(const struct mount *first)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct mount *m;

	list_for_each (m, &mounts, link)
		if (m->id >= first->id)
			m->original = NULL;
	spin_unlock(&tree_lock, flags);
}

/* The mount with the lowest id above `id`, of those on `parent` if that is given; or NULL. */
static struct mount *next_mount(const struct mount *parent, int id)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct mount *m, *found = NULL;

	list_for_each (m, &mounts, link) {
		if (m->id > id && (!parent || m->parent == parent)) {
			found = m;
			break;
		}
	}
	spin_unlock(&tree_lock, flags);
	return found;
}

/* Copies what is mounted directly upon c->original, as far as `c` shows that, onto `c`. What has an
 * id above `last` is a copy itself. */
static int copy_children(struct mount *c, int last)
{
	struct mount *m, *copy;
	int err = 0;

	for (m = next_mount(c->original, 0); m && m->id < last && !err;
	    m = next_mount(c->original, m->id)) {
		struct path at = {c, m->covered};

		if (m->unbindable || !dentry_is_below(m->covered, c->root))
			continue;
		copy = copy_mount(m, m->root);
		if (!copy)
			return -ENOMEM;
		err = mount_attach(copy, &at);
		if (err)
			mount_put(copy);
	}
	return err;
}

/* Copies the whole tree upon first->original, parents before children. */
static int copy_tree(struct mount *first)
{
	struct mount *c = first;
	int err = 0;

	while (c && !err) {
		err = copy_children(c, first->id);
		c = next_mount(NULL, MAX(c->id, first->id));
	}
	return err;
}

static int bind_found(const struct path *from, const struct path *at, bool recursive)
{
	struct mount *copy;
	int err = 0;

	if (!from->mount || !from->mount->attached || from->mount->unbindable)
		return -EINVAL;
	if (is_directory(from) != is_directory(at))
		return -ENOTDIR;
	copy = copy_mount(from->mount, from->dentry);
	if (!copy)
		return -ENOMEM;
	if (recursive)
		err = copy_tree(copy);
	if (!err)
		err = mount_attach(copy, at);
	if (err)
		drop_copies(copy);
	else
		forget_originals(copy);
	return err;
}

int mount_bind(const char *source, const struct path *at, bool recursive)
{
	struct path from;
	int err = find_source(source, &from);

	if (err)
		return err;
	err = bind_found(&from, at, recursive);
	path_put(&from);
	return err;
}

/* --- move --- */

static bool is_below(const struct mount *m, const struct mount *ancestor)
{
	irqflags_t flags = spin_lock(&tree_lock);
	bool below = mount_is_below(m, ancestor);

	spin_unlock(&tree_lock, flags);
	return below;
}

static int move_found(const struct path *from, const struct path *at)
{
	struct mount *m = from->mount;

	struct mount_move move = {m, *at};

	if (!m || !m->attached || !m->parent || !path_is_mount_root(from))
		return -EINVAL;
	if (is_directory(from) != is_directory(at))
		return -EINVAL;
	if (is_below(at->mount, m))
		return -ELOOP;
	return mount_move_all(&move, 1);
}

int mount_move(const char *source, const struct path *at)
{
	struct path from;
	int err = find_source(source, &from);

	if (err)
		return err;
	err = move_found(&from, at);
	path_put(&from);
	return err;
}

/* --- propagation --- */

static void set_unbindable(struct mount *top, bool recursive, bool unbindable)
{
	irqflags_t flags = spin_lock(&tree_lock);
	struct mount *m;

	list_for_each (m, &mounts, link)
		if (m == top || (recursive && mount_is_below(m, top)))
			m->unbindable = unbindable;
	spin_unlock(&tree_lock, flags);
}

/* Every mount is private: to make it so, or a slave of the nobody that it shares with, changes
 * nothing. There are no groups of shared mounts. */
int mount_propagation(const struct path *at, uint64_t flags)
{
	uint64_t type = flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE);
	const uint64_t known = type | MS_REC | MS_SILENT | MS_RELATIME;

	if (!path_is_mount_root(at) || (type & (type - 1)) || (flags & ~known) || type == MS_SHARED)
		return -EINVAL;
	set_unbindable(at->mount, flags & MS_REC, type == MS_UNBINDABLE);
	return 0;
}
