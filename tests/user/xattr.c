/* Extended attributes and capabilities of files; what mounts forbid. Each on a tmpfs of its own. */
#include "check.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define CAPS "security.capability"

static void *volatile nowhere = (void *)16;

static void enter_tmpfs(unsigned long flags)
{
	enter_work_dir();
	CHECK_EQ(0, mount("test", work_dir, "tmpfs", flags, "mode=0755"));
	CHECK_EQ(0, chdir(work_dir));
}

static void leave_tmpfs(void)
{
	CHECK_EQ(0, chdir("/"));
	CHECK_EQ(0, umount(work_dir));
	leave_work_dir();
}

static void remount(unsigned long flags)
{
	CHECK_EQ(0, mount("test", work_dir, "tmpfs", MS_REMOUNT | flags, NULL));
}

static void copy_self(const char *name)
{
	static char buf[1 << 16];
	int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT, 0755);
	ssize_t n;

	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK_EQ(n, write(to, buf, (size_t)n));
	close(from);
	close(to);
}

static void basics(void)
{
	char buf[100];

	enter_tmpfs(0);
	close(make_file("f", ""));
	CHECK_EQ(0, symlink("f", "l"));
	CHECK_EQ(0, listxattr("f", buf, sizeof(buf)));
	CHECK_EQ(0, setxattr("f", "trusted.b", "two", 3, XATTR_CREATE));
	CHECK_ERRNO(EEXIST, setxattr("l", "trusted.b", "two", 3, XATTR_CREATE));
	CHECK_ERRNO(ENODATA, setxattr("f", "trusted.a", "x", 1, XATTR_REPLACE));
	CHECK_EQ(0, setxattr("f", "security.x", "", 0, 0));
	CHECK_EQ(0, setxattr("f", "user.u", "1", 1, 0));
	CHECK_EQ(3, getxattr("l", "trusted.b", NULL, 0));
	CHECK_EQ(3, getxattr("l", "trusted.b", buf, sizeof(buf)));
	CHECK_EQ(0, memcmp(buf, "two", 3));
	CHECK_ERRNO(ERANGE, getxattr("f", "trusted.b", buf, 2));
	CHECK_ERRNO(ENODATA, getxattr("f", "trusted.c", buf, 2));
	CHECK_EQ(28, listxattr("f", NULL, 0));
	CHECK_EQ(28, listxattr("f", buf, 28));
	CHECK_EQ(0, memcmp(buf, "user.u\0trusted.b\0security.x", 28));
	CHECK_ERRNO(ERANGE, listxattr("f", buf, 27));
	CHECK_EQ(0, setxattr("f", "trusted.b", "other", 5, XATTR_REPLACE));
	CHECK_EQ(5, getxattr("f", "trusted.b", buf, sizeof(buf)));
	CHECK_EQ(0, removexattr("f", "trusted.b"));
	CHECK_ERRNO(ENODATA, removexattr("f", "trusted.b"));
	static char most[65536];
	CHECK_EQ(0, setxattr("f", "user.w", most, sizeof(most), 0));
	CHECK_EQ(0, setxattr("f", "user.w", most, sizeof(most), XATTR_REPLACE));
	CHECK_EQ(0, removexattr("f", "user.w"));
	CHECK_ERRNO(EINVAL, setxattr("f", "user.v", "1", 1, 4));
	CHECK_ERRNO(E2BIG, setxattr("f", "user.v", nowhere, 65537, 0));
	CHECK_ERRNO(EFAULT, setxattr("f", "user.v", nowhere, 1, 0));
	CHECK_ERRNO(EFAULT, setxattr("f", (char *)16, "1", 1, 0));
	CHECK_ERRNO(ERANGE, setxattr("f", "", "1", 1, 0));
	CHECK_ERRNO(EINVAL, setxattr("f", "user.", "1", 1, 0));
	CHECK_ERRNO(EOPNOTSUPP, setxattr("f", "other.v", "1", 1, 0));
	CHECK_ERRNO(ENOENT, setxattr("none", "user.v", "1", 1, 0));
	CHECK_ERRNO(EBADF, fsetxattr(-1, "user.v", "1", 1, 0));
	CHECK_ERRNO(EPERM, lsetxattr("l", "user.v", "1", 1, 0));
	CHECK_ERRNO(ENODATA, lgetxattr("l", "user.v", buf, 1));
	CHECK_EQ(0, lsetxattr("l", "trusted.v", "1", 1, 0));
	leave_tmpfs();
}

static void be_user(void)
{
	char buf[100];

	CHECK_EQ(0, setresuid(1000, 1000, 1000));
	CHECK_ERRNO(EPERM, setxattr("f", "trusted.b", "1", 1, 0));
	CHECK_ERRNO(ENODATA, getxattr("f", "trusted.a", buf, 1));
	CHECK_ERRNO(EPERM, setxattr("f", "security.b", "1", 1, 0));
	CHECK_EQ(1, getxattr("f", "security.a", buf, sizeof(buf)));
	CHECK_ERRNO(EPERM, removexattr("f", "security.a"));
	CHECK_ERRNO(EACCES, setxattr("f", "user.a", "1", 1, 0));
	CHECK_EQ(1, getxattr("f", "user.a", buf, sizeof(buf)));
	CHECK_EQ(18, listxattr("f", buf, sizeof(buf))); /* none that is trusted */
	struct vfs_cap_data c = {.magic_etc = VFS_CAP_REVISION_2};
	CHECK_ERRNO(EPERM, setxattr("f", CAPS, &c, sizeof(c), 0));
	CHECK_ERRNO(EINVAL, setxattr("f", CAPS, &c, 5, 0));
}

static void access_rules(void)
{
	enter_tmpfs(0);
	close(make_file("f", ""));
	CHECK_EQ(0, setxattr("f", "trusted.a", "1", 1, 0));
	CHECK_EQ(0, setxattr("f", "security.a", "1", 1, 0));
	CHECK_EQ(0, setxattr("f", "user.a", "1", 1, 0));
	CHECK_EQ(0, in_child(be_user));
	leave_tmpfs();
}

static void set_caps(const char *name, uint32_t effective, uint32_t permitted)
{
	struct vfs_cap_data c = {.magic_etc = VFS_CAP_REVISION_2 | effective};

	c.data[0].permitted = permitted;
	CHECK_EQ(0, setxattr(name, CAPS, &c, sizeof(c), 0));
}

static void caps_values(void)
{
	struct vfs_ns_cap_data c = {.magic_etc = VFS_CAP_REVISION_3}, got;

	enter_tmpfs(0);
	int fd = make_file("f", "content");
	CHECK_ERRNO(EINVAL, setxattr("f", CAPS, &c, 20, 0));
	CHECK_EQ(0, setxattr("f", CAPS, &c, 24, 0)); /* for root: as the second revision */
	CHECK_EQ(20, getxattr("f", CAPS, &got, 24));
	CHECK_EQ(VFS_CAP_REVISION_2, got.magic_etc);
	CHECK_ERRNO(ERANGE, getxattr("f", CAPS, &got, 19));
	c.rootid = UINT32_MAX;
	CHECK_ERRNO(EINVAL, setxattr("f", CAPS, &c, 24, 0));
	c.rootid = 1000;
	CHECK_EQ(0, setxattr("f", CAPS, &c, 24, 0));
	CHECK_EQ(24, getxattr("f", CAPS, &got, 24));
	CHECK_EQ(1000, got.rootid);
	c.magic_etc = VFS_CAP_REVISION_1;
	CHECK_ERRNO(EINVAL, setxattr("f", CAPS, &c, 12, 0));
	CHECK_EQ(1, write(fd, "x", 1)); /* even by root */
	CHECK_ERRNO(ENODATA, getxattr("f", CAPS, &got, 24));
	set_caps("f", 1, 32);
	CHECK_EQ(0, ftruncate(fd, 1));
	CHECK_ERRNO(ENODATA, getxattr("f", CAPS, &got, 24));
	set_caps("f", 1, 32);
	CHECK_EQ(0, chmod("f", 0700));
	CHECK_EQ(20, getxattr("f", CAPS, &got, 24));
	CHECK_EQ(0, chown("f", -1, -1));
	CHECK_ERRNO(ENODATA, getxattr("f", CAPS, &got, 24));
	close(fd);
	leave_tmpfs();
}

/* Ends with 0 if it has CAP_KILL in effect, 10 if only permitted, else 20. */
static void show(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	CHECK_EQ(0, syscall(SYS_capget, &h, d));
	_exit(d[0].effective & 32 ? 0 : d[0].permitted & 32 ? 10 : 20);
}

static void run_copy(void)
{
	CHECK_EQ(0, setresuid(1000, 1000, 1000));
	execl("./copy", "copy", "show", (char *)NULL);
	_exit(errno == EPERM ? 30 : errno == EACCES ? 40 : 50);
}

static void run_without_kill(void)
{
	CHECK_EQ(0, prctl(PR_CAPBSET_DROP, CAP_KILL));
	run_copy();
}

static int outcome(void (*fn)(void))
{
	int status = in_child(fn);

	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void caps_exec(void)
{
	enter_tmpfs(0);
	copy_self("copy");
	CHECK_EQ(20, outcome(run_copy));
	set_caps("copy", 1, 32);
	CHECK_EQ(0, outcome(run_copy));
	CHECK_EQ(30, outcome(run_without_kill));
	set_caps("copy", 0, 32);
	CHECK_EQ(10, outcome(run_copy));
	CHECK_EQ(20, outcome(run_without_kill));
	set_caps("copy", 1, 32);
	remount(MS_NOSUID);
	CHECK_EQ(20, outcome(run_copy));
	remount(0);
	CHECK_EQ(0, outcome(run_copy));
	leave_tmpfs();
}

static void run_for_id(void)
{
	CHECK_EQ(0, setresuid(1000, 1000, 1000));
	execl("./copy", "copy", "show_id", (char *)NULL);
	_exit(50);
}

static void show_id(void)
{
	_exit(geteuid() == 2000 ? 0 : 20);
}

static void nosuid(void)
{
	enter_tmpfs(MS_NOSUID);
	copy_self("copy");
	CHECK_EQ(0, chown("copy", 2000, -1));
	CHECK_EQ(0, chmod("copy", 04755));
	CHECK_EQ(20, outcome(run_for_id));
	remount(0);
	CHECK_EQ(0, outcome(run_for_id));
	leave_tmpfs();
}

static void noexec(void)
{
	enter_tmpfs(MS_NOEXEC);
	copy_self("copy");
	CHECK_EQ(40, outcome(run_copy));
	CHECK_ERRNO(EACCES, access("copy", X_OK));
	CHECK_EQ(0, access(".", X_OK));
	int fd = open("copy", O_RDONLY);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK_EQ(EPERM, errno);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(EACCES, mprotect(p, 4096, PROT_READ | PROT_EXEC));
	remount(0);
	CHECK_EQ(20, outcome(run_copy));
	CHECK_EQ(0, access("copy", X_OK));
	CHECK_ERRNO(EACCES, mprotect(p, 4096, PROT_READ | PROT_EXEC)); /* as it was mapped */
	CHECK_EQ(0, munmap(p, 4096));
	close(fd);
	leave_tmpfs();
}

static void nodev(void)
{
	enter_tmpfs(MS_NODEV);
	CHECK_EQ(0, mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	CHECK_ERRNO(EACCES, open("null", O_RDONLY));
	int fd = open("null", O_PATH);
	CHECK(fd >= 0);
	close(fd);
	remount(0);
	fd = open("null", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	leave_tmpfs();
}

SUBCOMMANDS({"basics", basics}, {"access_rules", access_rules}, {"caps_values", caps_values},
    {"caps_exec", caps_exec}, {"nosuid", nosuid}, {"noexec", noexec}, {"nodev", nodev},
    {"show", show}, {"show_id", show_id})
