/* What is behind the links of /proc/PID/ns: files of nsfs (namespaces(7), ioctl_ns(2)). */
#include "check.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
static const int flags[] = {CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID,
    0x80, CLONE_NEWUSER, CLONE_NEWUTS};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int open_kind(const char *who, const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", who, kind);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	return fd;
}

static void files(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		char link[64], path[64], want[64];
		int fd = open_kind("self", kinds[k]);
		struct statfs fs;
		struct stat st;
		ssize_t n;

		CHECK_EQ(0, fstat(fd, &st));
		CHECK_EQ(S_IFREG | 0444, st.st_mode);
		CHECK_EQ(0, st.st_uid);
		CHECK_EQ(0, st.st_size);
		CHECK_EQ(0, fstatfs(fd, &fs));
		CHECK_EQ(0x6e736673, fs.f_type);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
		CHECK(n > 0);
		link[n] = 0;
		snprintf(want, sizeof(want), "%s:[%lu]", kinds[k], (unsigned long)st.st_ino);
		CHECK_STR(want, link);
		CHECK_ERRNO(EINVAL, read(fd, path, 1));
		CHECK_EQ(0, close(fd));
	}
}

/* However it is reached, it is one file. */
static void shared(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		char number[16];
		struct stat a, b;
		int mine = open_kind("self", kinds[k]), theirs;

		snprintf(number, sizeof(number), "%d", getpid());
		theirs = open_kind(number, kinds[k]);
		CHECK_EQ(0, fstat(mine, &a));
		CHECK_EQ(0, fstat(theirs, &b));
		CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
		CHECK_EQ(0, close(mine));
		CHECK_EQ(0, close(theirs));
	}
}

static void ioctls(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		int fd = open_kind("self", kinds[k]), owner;
		bool user = flags[k] == CLONE_NEWUSER;
		uid_t uid = 7;

		CHECK_EQ(flags[k], ioctl(fd, NS_GET_NSTYPE));
		CHECK_ERRNO(
		    user || flags[k] == CLONE_NEWPID ? EPERM : EINVAL, ioctl(fd, NS_GET_PARENT));
		CHECK_ERRNO(ENOTTY, ioctl(fd, 0xb7ff));
		owner = ioctl(fd, NS_GET_USERNS);
		if (user) {
			CHECK(owner < 0 && errno == EPERM);
			CHECK_ERRNO(EFAULT, ioctl(fd, NS_GET_OWNER_UID, (void *)8));
			CHECK_EQ(0, ioctl(fd, NS_GET_OWNER_UID, &uid));
			CHECK_EQ(0, uid);
		} else {
			CHECK_ERRNO(EINVAL, ioctl(fd, NS_GET_OWNER_UID, &uid));
			CHECK_EQ(CLONE_NEWUSER, ioctl(owner, NS_GET_NSTYPE));
			CHECK_EQ(FD_CLOEXEC, fcntl(owner, F_GETFD));
			CHECK_EQ(0, close(owner));
		}
		CHECK_EQ(0, close(fd));
	}
}

SUBCOMMANDS({"files", files}, {"shared", shared}, {"ioctls", ioctls})
