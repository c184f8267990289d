/* mount(2), umount2(2). */
#include "fs/internal.h"
#include "syscall/syscall.h"

/* A string that may be absent: NULL then. */
static int optional_string(uaddr_t src, size_t size, char **out)
{
	int64_t len;

	*out = NULL;
	if (!src)
		return 0;
	*out = kmalloc(size);
	if (!*out)
		return -ENOMEM;
	len = arch_copy_in_string(*out, src, size);
	if (len >= 0)
		return 0;
	kfree(*out);
	*out = NULL;
	return len == -ENAMETOOLONG ? -EINVAL : (int)len;
}

SYSCALL(mount)
{
	char *source = NULL, *type = NULL, *options = NULL;
	struct user_path target;
	int err = optional_string(a[2], 256, &type);

	if (!err)
		err = optional_string(a[0], PATH_MAX, &source);
	if (!err)
		err = optional_string(a[4], PATH_MAX, &options);
	if (!err)
		err = user_path_get(&target, a[1]);
	if (!err) {
		err = do_mount(source, target.text, type, a[3], options);
		user_path_put(&target);
	}
	kfree(type);
	kfree(source);
	kfree(options);
	return err;
}

SYSCALL(umount2)
{
	struct user_path p;
	int err = user_path_get(&p, a[0]);

	if (err)
		return err;
	err = do_umount(p.text, (unsigned)a[1]);
	user_path_put(&p);
	return err;
}
