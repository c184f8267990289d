/* openat2(2), and what statx(2) and lseek(2) tell of mounts and holes. */
#include "check.h"

#include <linux/falloc.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

static int try_open(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static void check_opens(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	int fd = try_open(dir, path, flags, 0, resolve);

	if (fd < 0)
		FAIL("%s", path);
	close(fd);
}

static void arguments(void)
{
	struct {
		struct open_how how;
		uint64_t more;
	} how = {.how.flags = O_RDONLY};

	CHECK_ERRNO(EINVAL, syscall(SYS_openat2, AT_FDCWD, "/", &how, 23));
	CHECK_ERRNO(E2BIG, syscall(SYS_openat2, AT_FDCWD, "/", &how, 4097));
	CHECK_ERRNO(EFAULT, syscall(SYS_openat2, AT_FDCWD, "/", 16, 24));
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
	CHECK(fd >= 0);
	close(fd);
	how.more = 1;
	CHECK_ERRNO(E2BIG, syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", 1ULL << 40, 0, 0));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", 1ULL << 31, 0, 0));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", 0, 0, 64));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", 0, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", 0, 0600, 0));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", O_CREAT | O_RDWR, 010000, 0));
	CHECK_ERRNO(EINVAL, try_open(AT_FDCWD, "/", O_PATH | O_RDWR, 0, 0));
	CHECK_ERRNO(EAGAIN, try_open(AT_FDCWD, "/x", O_CREAT | O_RDWR, 0600, RESOLVE_CACHED));
	CHECK_ERRNO(EAGAIN, try_open(AT_FDCWD, "/x", O_TRUNC | O_RDWR, 0, RESOLVE_CACHED));
	CHECK_ERRNO(ENOENT, try_open(AT_FDCWD, "", 0, 0, 0));
	CHECK_ERRNO(EBADF, try_open(99, "x", 0, 0, 0));
	CHECK_ERRNO(EFAULT, try_open(AT_FDCWD, (char *)16, 0, 0, 0));
	check_opens(AT_FDCWD, "/", O_PATH, 0);
}

static void enter_tmpfs(void)
{
	enter_work_dir();
	CHECK_EQ(0, mount("test", work_dir, "tmpfs", 0, "mode=0755"));
	CHECK_EQ(0, chdir(work_dir));
}

static void leave_tmpfs(void)
{
	CHECK_EQ(0, chdir("/"));
	CHECK_EQ(0, umount2(work_dir, MNT_DETACH));
	leave_work_dir();
}

static int enter_tree(void)
{
	enter_tmpfs();
	CHECK_EQ(0, mkdir("d", 0755));
	CHECK_EQ(0, mkdir("d/sub", 0755));
	close(make_file("d/f", "f"));
	close(make_file("outside", "o"));
	CHECK_EQ(0, symlink("f", "d/near"));
	CHECK_EQ(0, symlink("../outside", "d/up"));
	CHECK_EQ(0, symlink("/f", "d/absolute"));
	CHECK_EQ(0, symlink("/proc/self/exe", "d/magic"));
	int dir = open("d", O_PATH | O_DIRECTORY);
	CHECK(dir >= 0);
	return dir;
}

static void scopes(void)
{
	int dir = enter_tree(), fd;
	char c;

	check_opens(dir, "up", O_RDONLY, 0);
	check_opens(dir, "f", O_RDONLY, RESOLVE_BENEATH);
	check_opens(dir, "near", O_RDONLY, RESOLVE_BENEATH);
	check_opens(dir, "sub/..", O_RDONLY, RESOLVE_BENEATH);
	CHECK_ERRNO(EXDEV, try_open(dir, "up", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_ERRNO(EXDEV, try_open(dir, "..", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_ERRNO(EXDEV, try_open(dir, "sub/../..", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_ERRNO(EXDEV, try_open(dir, "/", O_RDONLY, 0, RESOLVE_BENEATH));
	CHECK_ERRNO(EXDEV, try_open(dir, "absolute", O_RDONLY, 0, RESOLVE_BENEATH));
	/* as after chroot(2) */
	check_opens(dir, "..", O_RDONLY, RESOLVE_IN_ROOT);
	fd = try_open(dir, "absolute", O_RDONLY, 0, RESOLVE_IN_ROOT);
	CHECK(fd >= 0);
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ('f', c);
	close(fd);
	check_opens(dir, "/f", O_RDONLY, RESOLVE_IN_ROOT);
	CHECK_ERRNO(ENOENT, try_open(dir, "up", O_RDONLY, 0, RESOLVE_IN_ROOT));
	CHECK_ERRNO(ENOENT, try_open(dir, "magic", O_RDONLY, 0, RESOLVE_IN_ROOT));
	/* making a file there */
	fd = try_open(dir, "/sub/../../new", O_RDWR | O_CREAT, 0600, RESOLVE_IN_ROOT);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, access("d/new", F_OK));
	CHECK_ERRNO(EXDEV, try_open(dir, "../new", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
	check_opens(dir, "f", O_RDONLY, RESOLVE_CACHED);
	close(dir);
	leave_tmpfs();
}

static void links(void)
{
	int dir = enter_tree();

	CHECK_ERRNO(ELOOP, try_open(dir, "near", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	CHECK_ERRNO(ELOOP, try_open(dir, "magic", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	check_opens(dir, "near", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	check_opens(dir, "near", O_RDONLY, RESOLVE_NO_MAGICLINKS);
	CHECK_ERRNO(ELOOP, try_open(dir, "magic", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
	CHECK_ERRNO(ELOOP, try_open(AT_FDCWD, "/proc/self/exe", 0, 0, RESOLVE_NO_MAGICLINKS));
	check_opens(AT_FDCWD, "/proc/self/exe", O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS);
	close(dir);
	leave_tmpfs();
}

static void devices(void)
{
	int dir = enter_tree();

	CHECK_EQ(0, mount("other", "d/sub", "tmpfs", 0, NULL));
	close(make_file("d/sub/x", ""));
	check_opens(dir, "f", O_RDONLY, RESOLVE_NO_XDEV);
	check_opens(dir, "../outside", O_RDONLY, RESOLVE_NO_XDEV);
	CHECK_ERRNO(EXDEV, try_open(dir, "sub", O_RDONLY, 0, RESOLVE_NO_XDEV));
	CHECK_ERRNO(EXDEV, try_open(dir, "sub/x", O_RDONLY, 0, RESOLVE_NO_XDEV));
	CHECK_ERRNO(EXDEV, try_open(dir, "absolute", O_RDONLY, 0, RESOLVE_NO_XDEV));
	CHECK_ERRNO(EXDEV, try_open(dir, "../..", O_RDONLY, 0, RESOLVE_NO_XDEV));
	int sub = open("d/sub", O_PATH);
	check_opens(sub, "x", O_RDONLY, RESOLVE_NO_XDEV);
	CHECK_ERRNO(EXDEV, try_open(sub, "..", O_RDONLY, 0, RESOLVE_NO_XDEV));
	/* the same through a bind mount */
	CHECK_EQ(0, mount("d", "d/sub", NULL, MS_BIND, NULL));
	CHECK_ERRNO(EXDEV, try_open(dir, "sub/f", O_RDONLY, 0, RESOLVE_NO_XDEV));
	close(sub);
	close(dir);
	leave_tmpfs();
}

static uint64_t mount_id(const char *path, unsigned mask, uint64_t *attributes)
{
	struct statx x;

	CHECK_EQ(0, syscall(SYS_statx, AT_FDCWD, path, 0, mask, &x));
	CHECK(x.stx_mask & mask);
	CHECK(x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
	*attributes = x.stx_attributes;
	return x.stx_mnt_id;
}

static void mount_ids(void)
{
	uint64_t at, id, other, line_id = 0;
	char point[200], line[1000];

	enter_tree();
	id = mount_id(".", STATX_MNT_ID, &at);
	CHECK(at & STATX_ATTR_MOUNT_ROOT);
	CHECK_EQ(id, mount_id("d/f", STATX_MNT_ID, &at));
	CHECK(!(at & STATX_ATTR_MOUNT_ROOT));
	CHECK_EQ(0, mount("d", "d/sub", NULL, MS_BIND, NULL));
	other = mount_id("d/sub/f", STATX_MNT_ID, &at);
	CHECK(other != id && !(at & STATX_ATTR_MOUNT_ROOT));
	CHECK_EQ(other, mount_id("d/sub", STATX_MNT_ID, &at));
	CHECK(at & STATX_ATTR_MOUNT_ROOT);
	CHECK(mount_id("d", STATX_MNT_ID_UNIQUE, &at) >= 1ULL << 31);
	FILE *f = fopen("/proc/self/mountinfo", "r");
	snprintf(point, sizeof(point), " %s/d/sub ", work_dir);
	while (!line_id && fgets(line, sizeof(line), f))
		if (strstr(line, point))
			line_id = strtoull(line, NULL, 10);
	fclose(f);
	CHECK_EQ(other, line_id);
	leave_tmpfs();
}

#define PAGE 4096

static void holes(void)
{
	enter_tmpfs();
	int fd = make_file("f", "x");

	CHECK_EQ(0, lseek(fd, 0, SEEK_DATA));
	CHECK_EQ(1, lseek(fd, 0, SEEK_HOLE));
	CHECK_ERRNO(ENXIO, lseek(fd, 1, SEEK_DATA));
	CHECK_EQ(0, ftruncate(fd, 10 * PAGE + 10));
	CHECK_EQ(PAGE, lseek(fd, 0, SEEK_HOLE));
	CHECK_EQ(PAGE + 5, lseek(fd, PAGE + 5, SEEK_HOLE));
	CHECK_ERRNO(ENXIO, lseek(fd, PAGE, SEEK_DATA));
	CHECK_EQ(1, pwrite(fd, "y", 1, 5 * PAGE + 7));
	CHECK_EQ(5 * PAGE, lseek(fd, PAGE, SEEK_DATA));
	CHECK_EQ(5 * PAGE + 9, lseek(fd, 5 * PAGE + 9, SEEK_DATA));
	CHECK_EQ(6 * PAGE, lseek(fd, 5 * PAGE, SEEK_HOLE));
	CHECK_EQ(6 * PAGE, lseek(fd, 0, SEEK_CUR));
	CHECK_EQ(1, pwrite(fd, "z", 1, 10 * PAGE));
	CHECK_EQ(10 * PAGE + 10, lseek(fd, 10 * PAGE, SEEK_HOLE));
	CHECK_ERRNO(ENXIO, lseek(fd, 10 * PAGE + 10, SEEK_HOLE));
	CHECK_EQ(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5 * PAGE, PAGE));
	CHECK_EQ(10 * PAGE, lseek(fd, PAGE, SEEK_DATA));
	/* far away */
	CHECK_EQ(0, ftruncate(fd, 1LL << 45));
	CHECK_EQ(1, pwrite(fd, "w", 1, 1LL << 44));
	CHECK_EQ(1LL << 44, lseek(fd, 11 * PAGE, SEEK_DATA));
	CHECK_ERRNO(ENXIO, lseek(fd, (1LL << 44) + PAGE, SEEK_DATA));
	/* room alone is no data, until something is there */
	CHECK_EQ(0, ftruncate(fd, 0));
	CHECK_EQ(0, fallocate(fd, 0, 0, 4 * PAGE));
	CHECK_ERRNO(ENXIO, lseek(fd, 0, SEEK_DATA));
	CHECK_EQ(0, lseek(fd, 0, SEEK_HOLE));
	CHECK_EQ(1, pwrite(fd, "v", 1, 2 * PAGE));
	CHECK_EQ(2 * PAGE, lseek(fd, 0, SEEK_DATA));
	struct stat st;
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(4 * 8, st.st_blocks);
	close(fd);
	leave_tmpfs();
}

static void allocation_modes(void)
{
	enter_tmpfs();
	int fd = make_file("f", "x"), reader = open("f", O_RDONLY);

	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, 1 << 20, 0, PAGE));
	CHECK_ERRNO(EBADF, fallocate(reader, 0, 0, PAGE));
	CHECK_ERRNO(EBADF, fallocate(reader, FALLOC_FL_ZERO_RANGE, 0, PAGE));
	CHECK_ERRNO(EINVAL, fallocate(fd, 0, 0, 0));
	CHECK_ERRNO(EINVAL, fallocate(fd, 0, -1, PAGE));
	CHECK_ERRNO(EFBIG, fallocate(fd, 0, 1LL << 62, 1LL << 62));
	close(fd);
	close(reader);
	/* no room: nothing is left of the attempt */
	struct stat st;
	CHECK_EQ(0, mkdir("small", 0755));
	CHECK_EQ(0, mount("small", "small", "tmpfs", 0, "size=64k"));
	fd = make_file("small/f", "x");
	close(make_file("small/g", "y"));
	CHECK_ERRNO(ENOSPC, fallocate(fd, 0, 0, 16 * PAGE));
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(1, st.st_size);
	CHECK_EQ(8, st.st_blocks);
	close(fd);
	leave_tmpfs();
}

/* Another root for all: in a child, which has one of its own. */
static void pivot_child(void)
{
	char path[200];

	CHECK_ERRNO(EINVAL, syscall(SYS_pivot_root, "d", "d/sub")); /* neither is a mount */
	CHECK_EQ(0, mount("old", "d", "tmpfs", 0, NULL));
	CHECK_EQ(0, mkdir("d/new", 0755));
	CHECK_EQ(0, mount("new", "d/new", "tmpfs", 0, NULL));
	CHECK_EQ(0, mkdir("d/new/put", 0755));
	CHECK_EQ(0, mkdir("d/plain", 0755));
	close(make_file("d/in-old", "old"));
	close(make_file("d/new/in-new", "new"));
	CHECK_EQ(0, chroot("d"));
	CHECK_EQ(0, chdir("/"));
	CHECK_ERRNO(ENOENT, syscall(SYS_pivot_root, "/new", "/nothing"));
	CHECK_ERRNO(ENOTDIR, syscall(SYS_pivot_root, "/new", "/in-old"));
	CHECK_ERRNO(EBUSY, syscall(SYS_pivot_root, "/", "/plain"));
	CHECK_ERRNO(EBUSY, syscall(SYS_pivot_root, "/new", "/plain"));
	CHECK_ERRNO(EINVAL, syscall(SYS_pivot_root, "/new/put", "/new/put"));
	CHECK_EQ(0, syscall(SYS_pivot_root, "/new", "/new/put"));
	check_content("/in-new", "new");
	check_content("in-new", "new"); /* the working directory was the old root */
	check_content("/put/in-old", "old");
	CHECK(getcwd(path, sizeof(path)));
	CHECK_STR("/", path);
	CHECK_EQ(0, umount2("/put", MNT_DETACH));
	CHECK_ERRNO(ENOENT, access("/put/in-old", F_OK));
	CHECK_EQ(0, setresuid(1, 1, 1));
	CHECK_ERRNO(EPERM, syscall(SYS_pivot_root, "/", "/"));
}

static void pivot(void)
{
	enter_tmpfs();
	CHECK_EQ(0, mkdir("d", 0755));
	CHECK_EQ(0, mkdir("d/sub", 0755));
	CHECK_EQ(0, in_child(pivot_child));
	check_content("d/in-new", "new"); /* it took the old one's place */
	leave_tmpfs();
}

SUBCOMMANDS({"arguments", arguments}, {"scopes", scopes}, {"links", links}, {"devices", devices},
    {"mount_ids", mount_ids}, {"holes", holes}, {"allocation_modes", allocation_modes},
    {"pivot", pivot})
