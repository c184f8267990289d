/* Extended attributes (xattr(7)): who may see and change which. tmpfs keeps those of the name
 * spaces security, trusted and user; no other file system keeps any. */
#include "fs/inotify.h"
#include "fs/internal.h"
#include "syscall/syscall.h"

/* A request about one attribute of the file at a name. */
struct request {
	struct path at; /* NULL dentry: of an open file on no path */
	struct inode *inode;
	struct file *file; /* by descriptor; else NULL */
	char name[XATTR_NAME_MAX + 1];
	char *value; /* set: as given; get, list: room for it; NULL if size is 0 */
	size_t size;
	unsigned flags;
};

/* --- finding the file --- */

static int find_path(struct request *r, uaddr_t path, unsigned lookup)
{
	struct user_path p;
	int err = user_path_get(&p, path);

	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, lookup, &r->at);
	user_path_put(&p);
	if (!err)
		r->inode = r->at.dentry->inode;
	return err;
}

static int find_fd(struct request *r, int fd)
{
	r->file = fd_get(fd);
	if (!r->file)
		return -EBADF;
	r->at = r->file->path;
	r->inode = r->file->inode;
	return 0;
}

static void request_end(struct request *r)
{
	if (r->file)
		file_put(r->file);
	else
		path_put(&r->at);
	kfree(r->value);
	kfree(r);
}

/* --- what may be done --- */

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static int permission_user(const struct inode *i, bool write)
{
	if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
		return write ? -EPERM : -ENODATA;
	if (S_ISDIR(i->mode) && (i->mode & S_ISVTX) && write && !inode_owner_or_capable(i))
		return -EPERM;
	return inode_permission(i, write ? MAY_WRITE : MAY_READ);
}

static int permission(const struct inode *i, const char *name, bool write)
{
	if (has_prefix(name, "security.") || has_prefix(name, "system."))
		return 0;
	if (has_prefix(name, "trusted."))
		return fs_capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (has_prefix(name, "user."))
		return permission_user(i, write);
	return inode_permission(i, write ? MAY_WRITE : MAY_READ);
}

/* Changes in the name space security. */
static int permission_security(const char *name)
{
	if (!has_prefix(name, "security."))
		return 0;
	return fs_capable(strcmp(name, XATTR_NAME_CAPS) ? CAP_SYS_ADMIN : CAP_SETFCAP) ? 0 : -EPERM;
}

/* Is there a place for an attribute of this name? 0, -EOPNOTSUPP, or -EINVAL: a bare prefix. */
static int keeps(const struct inode *i, const char *name)
{
	static const char *const prefixes[] = {"security.", "trusted.", "user."};

	if (!i || !xattr_kept(i))
		return -EOPNOTSUPP;
	for (unsigned k = 0; k < ARRAY_SIZE(prefixes); k++)
		if (has_prefix(name, prefixes[k]))
			return name[strlen(prefixes[k])] ? 0 : -EINVAL;
	return -EOPNOTSUPP;
}

/* --- capabilities of files --- */

static bool valid_caps(const struct vfs_cap_data *c, size_t size)
{
	uint32_t revision = size >= sizeof(c->magic) ? c->magic & ~VFS_CAP_FLAGS_EFFECTIVE : 0;

	return (size == VFS_CAP_SIZE_2 && revision == VFS_CAP_REVISION_2) ||
	       (size == VFS_CAP_SIZE_3 && revision == VFS_CAP_REVISION_3);
}

/* What is to be kept: an empty value is not looked into. */
static int check_caps(const struct request *r)
{
	if (strcmp(r->name, XATTR_NAME_CAPS) || !r->size)
		return 0;
	if (!valid_caps((const struct vfs_cap_data *)r->value, r->size))
		return -EINVAL;
	if (!fs_capable(CAP_SETFCAP))
		return -EPERM;
	if (r->size == VFS_CAP_SIZE_3 &&
	    ((const struct vfs_cap_data *)r->value)->rootid == UINT32_MAX)
		return -EINVAL;
	return 0;
}

/* Those for the root user of this name space read as the second revision. (inode->lock) */
static int64_t get_caps(struct inode *i, void *buf, size_t size)
{
	struct vfs_cap_data c = {0};
	int64_t n = xattr_get(i, XATTR_NAME_CAPS, &c, sizeof(c));

	if (n < 0)
		return n;
	if (!valid_caps(&c, (size_t)n))
		return -EINVAL;
	if (n == VFS_CAP_SIZE_3 && !c.rootid) {
		c.magic = VFS_CAP_REVISION_2 | (c.magic & VFS_CAP_FLAGS_EFFECTIVE);
		n = VFS_CAP_SIZE_2;
	}
	if (!size)
		return n;
	if ((size_t)n > size)
		return -ERANGE;
	memcpy(buf, &c, (size_t)n);
	return n;
}

/* --- the calls --- */

/* Begins a call: the file first, then the name, as Linux looks at them. */
static int begin_named(struct request *r, int err, uaddr_t name)
{
	int64_t len;

	if (err) {
		kfree(r);
		return err;
	}
	len = arch_copy_in_string(r->name, name, sizeof(r->name));
	if (len == -ENAMETOOLONG || !len)
		len = -ERANGE;
	if (len < 0)
		request_end(r);
	return len < 0 ? (int)len : 0;
}

static int begin_path(struct request **r, uaddr_t path, unsigned lookup, uaddr_t name)
{
	*r = kzalloc(sizeof(**r));
	return *r ? begin_named(*r, find_path(*r, path, lookup), name) : -ENOMEM;
}

static int begin_fd(struct request **r, uint64_t fd, uaddr_t name)
{
	*r = kzalloc(sizeof(**r));
	return *r ? begin_named(*r, find_fd(*r, (int)fd), name) : -ENOMEM;
}

/* The same without a name, which lists have none of. */
static int begin_list(struct request **r, int fd, uaddr_t path, unsigned lookup)
{
	int err;

	*r = kzalloc(sizeof(**r));
	if (!*r)
		return -ENOMEM;
	err = fd >= 0 ? find_fd(*r, fd) : find_path(*r, path, lookup);
	if (err)
		kfree(*r);
	return err;
}

static void tell_change(const struct request *r)
{
	if (r->at.dentry)
		inotify_dentry(r->at.dentry, IN_ATTRIB);
}

static int set_value(struct request *r)
{
	int err = path_want_write(&r->at);

	if (err)
		return err;
	err = check_caps(r);
	if (err) {
		mount_end_write(r->at.mount);
		return err;
	}
	mutex_lock(&r->inode->lock);
	err = permission(r->inode, r->name, true);
	if (!err && strcmp(r->name, XATTR_NAME_CAPS))
		err = permission_security(r->name);
	if (!err)
		err = keeps(r->inode, r->name);
	if (!err)
		err = xattr_set(r->inode, r->name, r->value, r->size, r->flags);
	mutex_unlock(&r->inode->lock);
	mount_end_write(r->at.mount);
	if (!err)
		tell_change(r);
	return err;
}

static int64_t do_set(int err, struct request *r, uaddr_t value, size_t size, uint64_t flags)
{
	if (err)
		return err;
	r->flags = (unsigned)flags;
	r->size = size;
	if (r->flags & ~(unsigned)(XATTR_CREATE | XATTR_REPLACE))
		err = -EINVAL;
	else if (size > XATTR_SIZE_MAX)
		err = -E2BIG;
	else if (!(r->value = kmalloc(MAX(size, sizeof(struct vfs_cap_data)))))
		err = -ENOMEM;
	else if (size && arch_copy_in(r->value, value, size))
		err = -EFAULT;
	else
		err = r->inode ? set_value(r) : -EOPNOTSUPP;
	request_end(r);
	return err;
}

static int64_t get_value(struct request *r)
{
	int64_t n;

	mutex_lock(&r->inode->lock);
	n = permission(r->inode, r->name, false);
	if (!n)
		n = keeps(r->inode, r->name);
	if (!n && !strcmp(r->name, XATTR_NAME_CAPS))
		n = get_caps(r->inode, r->value, r->size);
	else if (!n)
		n = xattr_get(r->inode, r->name, r->value, r->size);
	mutex_unlock(&r->inode->lock);
	return n;
}

/* Gives what `get` puts into the request's room to the program. */
static int64_t give(
    int err, struct request *r, int64_t (*get)(struct request *), uaddr_t to, size_t size)
{
	int64_t n;

	if (err)
		return err;
	r->size = MIN(size, (size_t)XATTR_SIZE_MAX);
	r->value = r->size ? kmalloc(r->size) : NULL;
	n = r->size && !r->value ? -ENOMEM : get(r);
	if (n > 0 && r->size && arch_copy_out(to, r->value, (size_t)n))
		n = -EFAULT;
	request_end(r);
	return n == -ERANGE && size >= XATTR_SIZE_MAX ? -E2BIG : n;
}

static int64_t get_or_none(struct request *r)
{
	return r->inode ? get_value(r) : -EOPNOTSUPP;
}

static int64_t get_list(struct request *r)
{
	int64_t n;

	if (!r->inode || !xattr_kept(r->inode))
		return 0;
	mutex_lock(&r->inode->lock);
	n = xattr_list(r->inode, fs_capable(CAP_SYS_ADMIN), r->value, r->size);
	mutex_unlock(&r->inode->lock);
	return n;
}

static int remove_value(struct request *r)
{
	int err = path_want_write(&r->at);

	if (err)
		return err;
	mutex_lock(&r->inode->lock);
	err = permission(r->inode, r->name, true);
	if (!err)
		err = permission_security(r->name);
	if (!err)
		err = keeps(r->inode, r->name);
	if (!err)
		err = xattr_remove(r->inode, r->name);
	mutex_unlock(&r->inode->lock);
	mount_end_write(r->at.mount);
	if (!err)
		tell_change(r);
	return err;
}

static int64_t do_remove(int err, struct request *r)
{
	if (err)
		return err;
	err = r->inode ? remove_value(r) : -EOPNOTSUPP;
	request_end(r);
	return err;
}

SYSCALL(setxattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], LOOKUP_FOLLOW, a[1]);

	return do_set(err, r, a[2], a[3], a[4]);
}

SYSCALL(lsetxattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], 0, a[1]);

	return do_set(err, r, a[2], a[3], a[4]);
}

SYSCALL(fsetxattr)
{
	struct request *r = NULL;
	int err = begin_fd(&r, a[0], a[1]);

	return do_set(err, r, a[2], a[3], a[4]);
}

SYSCALL(getxattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], LOOKUP_FOLLOW, a[1]);

	return give(err, r, get_or_none, a[2], a[3]);
}

SYSCALL(lgetxattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], 0, a[1]);

	return give(err, r, get_or_none, a[2], a[3]);
}

SYSCALL(fgetxattr)
{
	struct request *r = NULL;
	int err = begin_fd(&r, a[0], a[1]);

	return give(err, r, get_or_none, a[2], a[3]);
}

SYSCALL(removexattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], LOOKUP_FOLLOW, a[1]);

	return do_remove(err, r);
}

SYSCALL(lremovexattr)
{
	struct request *r = NULL;
	int err = begin_path(&r, a[0], 0, a[1]);

	return do_remove(err, r);
}

SYSCALL(fremovexattr)
{
	struct request *r = NULL;
	int err = begin_fd(&r, a[0], a[1]);

	return do_remove(err, r);
}

SYSCALL(listxattr)
{
	struct request *r = NULL;
	int err = begin_list(&r, -1, a[0], LOOKUP_FOLLOW);

	return give(err, r, get_list, a[1], a[2]);
}

SYSCALL(llistxattr)
{
	struct request *r = NULL;
	int err = begin_list(&r, -1, a[0], 0);

	return give(err, r, get_list, a[1], a[2]);
}

SYSCALL(flistxattr)
{
	struct request *r = NULL;
	int err = (int)a[0] < 0 ? -EBADF : begin_list(&r, (int)a[0], 0, 0);

	return give(err, r, get_list, a[1], a[2]);
}
