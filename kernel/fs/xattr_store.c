/* The extended attributes of a tmpfs inode: a list, last name first, as Linux lists them. */
#include "fs/internal.h"

struct xattr {
	struct xattr *next;
	size_t size;
	char *name;
	char value[];
};

/* What an ordinary user may make the kernel keep for one inode. */
#define USER_TOTAL_MAX (2 * XATTR_SIZE_MAX)

bool xattr_kept(const struct inode *i)
{
	return i->ops == &tmpfs_inode_ops;
}

/* Where the attribute is linked, or would be. (i->lock) */
static struct xattr **place_of(struct inode *i, const char *name, bool *found)
{
	struct xattr **at = &i->xattrs;

	while (*at && strcmp((*at)->name, name) > 0)
		at = &(*at)->next;
	*found = *at && !strcmp((*at)->name, name);
	return at;
}

static void xattr_free(struct xattr *x)
{
	kfree(x->name);
	kfree(x);
}

static struct xattr *xattr_create(const char *name, const void *value, size_t size)
{
	struct xattr *x = kmalloc(sizeof(*x) + size);

	if (!x)
		return NULL;
	x->size = size;
	x->name = kstrdup(name);
	memcpy(x->value, value, size);
	if (x->name)
		return x;
	kfree(x);
	return NULL;
}

static bool is_users(const char *name)
{
	return !strncmp(name, "user.", 5);
}

/* Beside what it replaces. (i->lock) */
static bool room_for(const struct inode *i, const char *name, size_t size)
{
	size_t total = size + XATTR_NAME_MAX;

	if (!is_users(name))
		return true;
	for (const struct xattr *x = i->xattrs; x; x = x->next)
		if (is_users(x->name) && strcmp(x->name, name) != 0)
			total += x->size + XATTR_NAME_MAX;
	return total <= USER_TOTAL_MAX;
}

int xattr_set(struct inode *i, const char *name, const void *value, size_t size, unsigned flags)
{
	bool found;
	struct xattr **at = place_of(i, name, &found), *x, *old = found ? *at : NULL;

	if (found && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!found && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (!room_for(i, name, size))
		return -ENOSPC;
	x = xattr_create(name, value, size);
	if (!x)
		return -ENOMEM;
	x->next = old ? old->next : *at;
	*at = x;
	if (old)
		xattr_free(old);
	inode_changed(i);
	return 0;
}

int xattr_remove(struct inode *i, const char *name)
{
	bool found;
	struct xattr **at = place_of(i, name, &found), *x = *at;

	if (!found)
		return -ENODATA;
	*at = x->next;
	xattr_free(x);
	inode_changed(i);
	return 0;
}

int64_t xattr_get(struct inode *i, const char *name, void *buf, size_t size)
{
	bool found;
	const struct xattr *x = *place_of(i, name, &found);

	if (!found)
		return -ENODATA;
	if (!size)
		return (int64_t)x->size;
	if (x->size > size)
		return -ERANGE;
	memcpy(buf, x->value, x->size);
	return (int64_t)x->size;
}

int64_t xattr_list(struct inode *i, bool trusted, char *buf, size_t size)
{
	size_t total = 0;

	for (const struct xattr *x = i->xattrs; x; x = x->next) {
		size_t n = strlen(x->name) + 1;

		if (!trusted && !strncmp(x->name, "trusted.", 8))
			continue;
		if (size && total + n > size)
			return -ERANGE;
		if (size)
			memcpy(buf + total, x->name, n);
		total += n;
	}
	return (int64_t)total;
}

void xattr_drop_caps(struct inode *i)
{
	if (i->xattrs)
		(void)xattr_remove(i, XATTR_NAME_CAPS);
}

void xattr_free_all(struct inode *i)
{
	struct xattr *x;

	while ((x = i->xattrs)) {
		i->xattrs = x->next;
		xattr_free(x);
	}
}

int64_t inode_read_caps(struct inode *i, struct vfs_cap_data *out)
{
	int64_t n;

	if (!xattr_kept(i))
		return -ENODATA;
	mutex_lock(&i->lock);
	n = xattr_get(i, XATTR_NAME_CAPS, out, sizeof(*out));
	if (!n)
		n = -EINVAL;
	mutex_unlock(&i->lock);
	return n == -ERANGE ? -EINVAL : n;
}
