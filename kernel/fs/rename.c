/* rename(2), renameat2(2). */
#include "fs/inotify.h"

/* Directories move between directories one at a time, so that nobody makes a loop of two halves. */
static struct mutex rename_lock = MUTEX_INIT("rename");

struct renaming {
	struct dentry *from, *to; /* directories */
	struct dentry *old, *new; /* what moves; what is there, or NULL */
	struct last old_last, new_last;
	unsigned flags;
};

/* Locks both directories, an ancestor first. Returns false if they are the same one. */
static bool lock_pair(struct dentry *a, struct dentry *b)
{
	struct dentry *first = a < b ? a : b, *second = a < b ? b : a;

	if (a->inode == b->inode) {
		mutex_lock(&a->inode->lock);
		return false;
	}
	mutex_lock(&rename_lock);
	if (dentry_is_below(first, second)) {
		struct dentry *t = first;
		first = second;
		second = t;
	}
	mutex_lock(&first->inode->lock);
	mutex_lock(&second->inode->lock);
	return true;
}

static void unlock_pair(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->inode->lock);
	if (a->inode == b->inode)
		return;
	mutex_unlock(&b->inode->lock);
	mutex_unlock(&rename_lock);
}

/* Finds both ends. */
static int rename_lookup(struct renaming *r)
{
	int err = lookup_child_locked(r->from, r->old_last.name, r->old_last.len, &r->old);

	if (err)
		return err;
	err = lookup_child_locked(r->to, r->new_last.name, r->new_last.len, &r->new);
	if (err == -ENOENT)
		return r->flags & RENAME_EXCHANGE ? err : 0;
	if (!err && (r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	return err;
}

/* What the names and the tree alone forbid. */
static int rename_check_tree(const struct renaming *r)
{
	bool exchange = r->flags & RENAME_EXCHANGE;

	if (exchange && r->new_last.slash && !S_ISDIR(r->new->inode->mode))
		return -ENOTDIR;
	if (!S_ISDIR(r->old->inode->mode)) {
		if (r->old_last.slash || (!exchange && r->new_last.slash))
			return -ENOTDIR;
	}
	if (dentry_is_below(r->to, r->old))
		return -EINVAL;
	if (r->new && dentry_is_below(r->from, r->new))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_check_rights(const struct renaming *r)
{
	bool directory = S_ISDIR(r->old->inode->mode), exchange = r->flags & RENAME_EXCHANGE;
	int err = may_delete(r->from, r->old, directory);

	if (err)
		return err;
	if (!r->new)
		err = may_create(r->to);
	else
		err = may_delete(
		    r->to, r->new, exchange ? S_ISDIR(r->new->inode->mode) : directory);
	if (!err && directory && r->from != r->to)
		err = inode_permission(r->old->inode, MAY_WRITE);
	if (!err && exchange && S_ISDIR(r->new->inode->mode) && r->from != r->to)
		err = inode_permission(r->new->inode, MAY_WRITE);
	if (!err && (!r->from->inode->ops || !r->from->inode->ops->rename))
		err = -EPERM;
	return err;
}

static char *copy_name(const char *name, size_t len)
{
	char *copy = kmalloc(len + 1);

	if (copy) {
		memcpy(copy, name, len);
		copy[len] = 0;
	}
	return copy;
}

/* Tells of both halves of a move that was made, and what became of what was replaced. */
static void tell_moved(struct dentry *from, struct dentry *to, const char *old_name,
    const struct dentry *moved, const struct dentry *replaced)
{
	uint32_t cookie = inotify_cookie();

	inotify_entry(from->inode, moved->inode, old_name, IN_MOVED_FROM, cookie);
	inotify_entry(to->inode, moved->inode, moved->name, IN_MOVED_TO, cookie);
	if (replaced)
		inotify_inode(replaced->inode, IN_ATTRIB);
	inotify_inode(moved->inode, IN_MOVE_SELF);
}

static int rename_exchange(struct renaming *r)
{
	char *old_name = copy_name(r->new->name, r->new->name_len);
	char *new_name = copy_name(r->old->name, r->old->name_len);
	int moved = (int)S_ISDIR(r->old->inode->mode) - (int)S_ISDIR(r->new->inode->mode);
	size_t old_len = r->new->name_len, new_len = r->old->name_len;

	if (!old_name || !new_name) {
		kfree(old_name);
		kfree(new_name);
		return -ENOMEM;
	}
	if (r->from != r->to) {
		r->to->inode->nlink += (uint32_t)moved;
		r->from->inode->nlink -= (uint32_t)moved;
	}
	dentry_move(r->old, r->to, old_name, old_len);
	dentry_move(r->new, r->from, new_name, new_len);
	inode_touch(r->from->inode);
	inode_touch(r->to->inode);
	inode_changed(r->old->inode);
	inode_changed(r->new->inode);
	tell_moved(r->from, r->to, r->new->name, r->old, NULL);
	tell_moved(r->to, r->from, r->old->name, r->new, NULL);
	return 0;
}

/* Moves, once everything is checked; what is replaced goes. */
static int rename_move(struct renaming *r)
{
	char *name = copy_name(r->new_last.name, r->new_last.len), old[NAME_MAX + 1];
	bool directory = r->new && S_ISDIR(r->new->inode->mode);
	int err = name ? 0 : -ENOMEM;

	if (directory)
		mutex_lock(&r->new->inode->lock);
	if (!err && directory && !list_empty(&r->new->children))
		err = -ENOTEMPTY;
	if (!err)
		err = r->from->inode->ops->rename(r->from->inode, r->old, r->to->inode, r->new);
	if (!err) {
		if (r->new)
			dentry_detach(r->new);
		memcpy(old, r->old->name, r->old->name_len + 1);
		dentry_move(r->old, r->to, name, r->new_last.len);
		tell_moved(r->from, r->to, old, r->old, r->new);
	} else {
		kfree(name);
	}
	if (directory)
		mutex_unlock(&r->new->inode->lock);
	return err;
}

static int rename_locked(struct renaming *r)
{
	int err = rename_lookup(r);

	if (!err)
		err = rename_check_tree(r);
	if (!err && r->new && r->new->inode == r->old->inode)
		return 0;
	if (!err)
		err = rename_check_rights(r);
	if (!err)
		err = r->flags & RENAME_EXCHANGE ? rename_exchange(r) : rename_move(r);
	return err;
}

static int rename_between(struct walk *from, struct walk *to, struct renaming *r)
{
	int err;

	r->from = from->at.dentry;
	r->to = to->at.dentry;
	if (from->at.mount != to->at.mount)
		return -EXDEV;
	if (last_is_special(&r->old_last))
		return -EBUSY;
	if (last_is_special(&r->new_last))
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	err = walk_want_write(from);
	if (err)
		return err;
	lock_pair(r->from, r->to);
	err = rename_locked(r);
	unlock_pair(r->from, r->to);
	dentry_put(r->old);
	dentry_put(r->new);
	return err;
}

int do_rename(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	struct renaming r = {.flags = flags};
	struct walk a, b;
	int err;

	if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = walk_parent(&a, from_fd, from, &r.old_last);
	if (err)
		return err;
	err = walk_parent(&b, to_fd, to, &r.new_last);
	if (!err) {
		err = rename_between(&a, &b, &r);
		walk_end(&b);
	}
	walk_end(&a);
	return err;
}
