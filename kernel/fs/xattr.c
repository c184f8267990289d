/* Extended attributes (xattr(7)): no file system here keeps any, which is what these calls say of
 * every file. */
#include "fs/internal.h"
#include "syscall/syscall.h"

#define XATTR_NAME_MAX 255

static int check_name(uaddr_t name)
{
	char buf[XATTR_NAME_MAX + 1];
	int64_t len = arch_copy_in_string(buf, name, sizeof(buf));

	if (len == -ENAMETOOLONG || !len)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

static int check_path(uaddr_t path, unsigned flags)
{
	struct user_path p;
	struct dentry *d;
	int err = user_path_get(&p, path);

	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, flags, &d);
	user_path_put(&p);
	if (!err)
		dentry_put(d);
	return err;
}

static int check_fd(int fd)
{
	struct file *f = fd_get(fd);

	file_put(f);
	return f ? 0 : -EBADF;
}

/* A named attribute of a file that exists: not supported. */
static int64_t named(int err, uaddr_t name)
{
	if (!err)
		err = check_name(name);
	return err ? err : -EOPNOTSUPP;
}

SYSCALL(setxattr)
{
	return named(check_path(a[0], LOOKUP_FOLLOW), a[1]);
}

SYSCALL(lsetxattr)
{
	return named(check_path(a[0], 0), a[1]);
}

SYSCALL(fsetxattr)
{
	return named(check_fd((int)a[0]), a[1]);
}

SYSCALL(getxattr)
{
	return named(check_path(a[0], LOOKUP_FOLLOW), a[1]);
}

SYSCALL(lgetxattr)
{
	return named(check_path(a[0], 0), a[1]);
}

SYSCALL(fgetxattr)
{
	return named(check_fd((int)a[0]), a[1]);
}

SYSCALL(removexattr)
{
	return named(check_path(a[0], LOOKUP_FOLLOW), a[1]);
}

SYSCALL(lremovexattr)
{
	return named(check_path(a[0], 0), a[1]);
}

SYSCALL(fremovexattr)
{
	return named(check_fd((int)a[0]), a[1]);
}

SYSCALL(listxattr)
{
	return check_path(a[0], LOOKUP_FOLLOW);
}

SYSCALL(llistxattr)
{
	return check_path(a[0], 0);
}

SYSCALL(flistxattr)
{
	return check_fd((int)a[0]);
}
