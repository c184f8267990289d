/* openat(2), openat2(2). */
#include "fs/internal.h"
#include "syscall/syscall.h"

#define KNOWN_FLAGS                                                                                \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
	    O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |  \
	    O_PATH | O_TMPFILE_BIT)
#define PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define KNOWN_RESOLVE                                                                              \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |         \
	    RESOLVE_IN_ROOT | RESOLVE_CACHED)

struct open_how {
	uint64_t flags, mode, resolve;
};

static int64_t open_installed(int dirfd, const char *path, const struct open_how *how)
{
	unsigned flags = (unsigned)how->flags;
	int fd = fd_reserve(flags, 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = do_open_resolve(dirfd, path, flags, (uint32_t)how->mode, (unsigned)how->resolve);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

static int64_t open_user(int dirfd, uaddr_t upath, struct open_how *how)
{
	struct user_path p;
	int64_t result = user_path_get(&p, upath);

	if (result)
		return result;
	if (!(how->flags & O_PATH))
		how->flags |= O_LARGEFILE;
	result = open_installed(dirfd, p.text, how);
	user_path_put(&p);
	return result;
}

SYSCALL(openat)
{
	struct open_how how = {.flags = a[2] & KNOWN_FLAGS, .mode = (uint32_t)a[3]};

	return open_user((int)a[0], a[1], &how);
}

static int check_how(const struct open_how *how)
{
	const uint64_t scopes = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
	bool creates = how->flags & (O_CREAT | O_TMPFILE_BIT);

	if ((how->flags & ~(uint64_t)KNOWN_FLAGS) || (how->resolve & ~(uint64_t)KNOWN_RESOLVE) ||
	    (how->resolve & scopes) == scopes || (how->mode & ~(creates ? 07777ULL : 0)))
		return -EINVAL;
	if ((how->flags & O_PATH) && (how->flags & ~(uint64_t)PATH_FLAGS))
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) && (how->flags & (O_TRUNC | O_CREAT | O_TMPFILE_BIT)))
		return -EAGAIN;
	return 0;
}

SYSCALL(openat2)
{
	struct open_how how;
	int err = a[3] < sizeof(how) ? -EINVAL : a[3] > PAGE_SIZE ? -E2BIG : 0;

	if (!err)
		err = copy_in_versioned(&how, sizeof(how), a[2], a[3]);
	if (!err)
		err = check_how(&how);
	return err ? err : open_user((int)a[0], a[1], &how);
}
