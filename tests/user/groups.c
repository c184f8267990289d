/* Supplementary groups: setgroups(2), getgroups(2). Runs as root. */
#include "check.h"

#include <grp.h>
#include <sys/syscall.h>

static void groups_child(void)
{
	gid_t g[5] = {7, 3, 9, 3, 1}, out[5];

	CHECK_EQ(0, setgroups(5, g));
	CHECK_EQ(5, getgroups(0, NULL));
	CHECK_EQ(5, getgroups(5, out));
	CHECK_EQ(1, out[0]);
	CHECK_EQ(3, out[1]);
	CHECK_EQ(3, out[2]);
	CHECK_EQ(9, out[4]);
	CHECK_ERRNO(EINVAL, getgroups(4, out));
	CHECK_ERRNO(EINVAL, syscall(SYS_getgroups, -1, out));
	CHECK_ERRNO(EFAULT, syscall(SYS_getgroups, 5, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_setgroups, 65537, g));
	CHECK_ERRNO(EINVAL, syscall(SYS_setgroups, -1, g));
	CHECK_ERRNO(EFAULT, syscall(SYS_setgroups, 2, 8));
	g[2] = -1;
	CHECK_ERRNO(EINVAL, setgroups(5, g));
	static gid_t many[65536];
	for (unsigned i = 0; i < 65536; i++)
		many[i] = (i * 40503u) & 0xffff;
	CHECK_EQ(0, setgroups(65536, many));
	CHECK_EQ(65536, getgroups(65536, many));
	for (unsigned i = 0; i < 65536; i++)
		CHECK_EQ(i, many[i]);
	CHECK_EQ(0, setgroups(0, NULL));
	CHECK_EQ(0, getgroups(0, NULL));
	CHECK_EQ(0, setgroups(2, (gid_t[]){20, 10}));
	int fd = make_file("/tmp/groups.file", "x");
	CHECK_EQ(0, fchown(fd, 0, 10));
	CHECK_EQ(0, fchmod(fd, 0040));
	close(fd);
	CHECK_EQ(0, setuid(1234));
	CHECK_EQ(0, access("/tmp/groups.file", R_OK));
	CHECK_ERRNO(EPERM, setgroups(0, NULL));
}

static void groups(void)
{
	mkdir("/tmp", 01777);
	CHECK_EQ(0, in_child(groups_child));
	unlink("/tmp/groups.file");
}

SUBCOMMANDS({"groups", groups})
