/* mount(2) and umount2(2): bind mounts, moves, flags, and what a read-only mount refuses. Each case
 * on a tmpfs of its own. */
#include "check.h"

#include <poll.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static void enter_tmpfs(void)
{
	enter_work_dir();
	CHECK_EQ(0, mount("test", work_dir, "tmpfs", 0, "mode=0755"));
	CHECK_EQ(0, chdir(work_dir));
	CHECK_EQ(0, mkdir("a", 0755));
	CHECK_EQ(0, mkdir("b", 0755));
	close(make_file("a/f", "of a"));
	close(make_file("g", "of g"));
}

static void leave_tmpfs(void)
{
	CHECK_EQ(0, chdir("/"));
	CHECK_EQ(0, umount2(work_dir, MNT_DETACH));
	leave_work_dir();
}

/* The line of mountinfo whose mount point is work_dir/name ("" for work_dir), without its numbers;
 * NULL: there is none. */
static const char *mount_line(const char *name)
{
	static char line[4096];
	char point[200];
	const char *found = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "r");

	CHECK(f);
	snprintf(point, sizeof(point), " %s%s%s ", work_dir, *name ? "/" : "", name);
	while (!found && fgets(line, sizeof(line), f)) {
		char *root = strchr(line, '/');

		line[strcspn(line, "\n")] = 0;
		if (root && strstr(line, point) == strchr(root, ' '))
			found = root;
	}
	fclose(f);
	return found;
}

static void check_line(const char *name, const char *root, const char *options)
{
	const char *line = mount_line(name);
	char want[300];

	snprintf(
	    want, sizeof(want), "%s %s%s%s %s", root, work_dir, *name ? "/" : "", name, options);
	CHECK(line);
	if (strncmp(line, want, strlen(want)))
		FAIL("\"%s\", not \"%s\"", line, want);
}

static void bind(void)
{
	struct stat st, other;

	enter_tmpfs();
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	check_content("b/f", "of a");
	close(make_file("b/new", "by b"));
	check_content("a/new", "by b");
	check_line("b", "/a", "rw,relatime - tmpfs test rw");
	CHECK_EQ(0, stat("a/f", &st));
	CHECK_EQ(0, stat("b/f", &other));
	CHECK(st.st_dev == other.st_dev && st.st_ino == other.st_ino);
	CHECK_ERRNO(EXDEV, rename("a/f", "b/f2"));
	CHECK_ERRNO(EXDEV, link("a/f", "b/f2"));
	CHECK_ERRNO(EBUSY, rmdir("b"));
	CHECK_ERRNO(EBUSY, rename("b", "c"));
	/* ".." leads out of the mount, not out of its source */
	CHECK_EQ(0, stat("b/..", &st));
	CHECK_EQ(0, stat(".", &other));
	CHECK(st.st_ino == other.st_ino);
	/* a file on a file */
	close(make_file("h", "of h"));
	CHECK_EQ(0, mount("a/f", "h", NULL, MS_BIND, NULL));
	check_content("h", "of a");
	check_line("h", "/a/f", "rw,relatime - tmpfs test rw");
	CHECK_ERRNO(EBUSY, unlink("h"));
	CHECK_EQ(0, umount("h"));
	check_content("h", "of h");
	CHECK_EQ(0, umount("b"));
	CHECK_ERRNO(ENOENT, stat("b/f", &st));
	leave_tmpfs();
}

static void bind_errors(void)
{
	enter_tmpfs();
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_BIND, NULL));
	CHECK_ERRNO(EINVAL, mount("", "b", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOENT, mount("nothing", "b", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOENT, mount("a", "nothing", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOTDIR, mount("a", "g", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOTDIR, mount("g", "a", NULL, MS_BIND, NULL));
	CHECK_ERRNO(EFAULT, mount((char *)16, "b", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOTDIR, mount("x", "g", "tmpfs", 0, NULL));
	CHECK_ERRNO(ENODEV, mount("x", "b", "nofs", 0, NULL));
	CHECK_ERRNO(EINVAL, mount("x", "b", NULL, 0, NULL));
	CHECK_ERRNO(EINVAL, mount("x", "b", "tmpfs", 0, "nonsense=1"));
	CHECK_ERRNO(EINVAL, mount("x", "b", "tmpfs", 1U << 31, NULL));
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_REMOUNT, NULL)); /* is no mount */
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND, NULL));
	/* /sys is there once: not twice on one place */
	CHECK_EQ(0, mount("x", "b", "sysfs", 0, NULL));
	CHECK_ERRNO(EBUSY, mount("x", "b", "sysfs", 0, NULL));
	CHECK_EQ(0, umount("b"));
	leave_tmpfs();
}

/* Targets that no tree of mounts has: a pipe's end, and a directory of a tree that was detached. */
static void bad_targets(void)
{
	char pipe_end[32];
	int fds[2];

	enter_tmpfs();
	CHECK_EQ(0, pipe(fds));
	snprintf(pipe_end, sizeof(pipe_end), "/proc/self/fd/%d", fds[0]);
	CHECK_ERRNO(ENOENT, mount("g", pipe_end, NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOENT, mount("x", pipe_end, "tmpfs", 0, NULL));
	CHECK_ERRNO(EINVAL, mount(NULL, pipe_end, NULL, MS_REMOUNT | MS_BIND, NULL));
	CHECK_EQ(0, mount("inner", "b", "tmpfs", 0, NULL));
	CHECK_ERRNO(ENOENT, mount("b", pipe_end, NULL, MS_MOVE, NULL));
	CHECK_EQ(0, mkdir("b/d", 0755));
	CHECK_EQ(0, chdir("b"));
	CHECK_EQ(0, umount2("../b", MNT_DETACH));
	CHECK_ERRNO(ENOENT, mount("x", "d", "tmpfs", 0, NULL));
	CHECK_ERRNO(ENOENT, mount("d", "d", NULL, MS_BIND, NULL));
	CHECK_EQ(0, chdir(work_dir));
	leave_tmpfs();
}

static void recursive(void)
{
	enter_tmpfs();
	CHECK_EQ(0, mkdir("a/in", 0755));
	CHECK_EQ(0, mount("inner", "a/in", "tmpfs", 0, NULL));
	CHECK_EQ(0, mkdir("a/in/deep", 0755));
	CHECK_EQ(0, mount("deeper", "a/in/deep", "tmpfs", 0, NULL));
	close(make_file("a/in/deep/x", "x"));
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_ERRNO(ENOENT, access("b/in/deep", F_OK));
	CHECK_EQ(0, umount("b"));
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	check_content("b/in/deep/x", "x");
	check_line("b/in/deep", "/", "rw,relatime - tmpfs deeper rw");
	CHECK_ERRNO(EBUSY, umount("b"));
	CHECK_ERRNO(EBUSY, umount("b/in"));
	CHECK_EQ(0, umount("b/in/deep"));
	check_content("a/in/deep/x", "x"); /* each is on its own */
	/* into itself: what is new is no part of it */
	CHECK_EQ(0, mount("a", "a", NULL, MS_BIND | MS_REC, NULL));
	check_content("a/in/deep/x", "x");
	CHECK_EQ(0, umount2("a", MNT_DETACH));
	CHECK_EQ(0, umount2("b", MNT_DETACH));
	CHECK(!mount_line("b/in"));
	/* what may not be bound is left out */
	CHECK_EQ(0, mount(NULL, "a/in", NULL, MS_UNBINDABLE, NULL));
	CHECK_ERRNO(EINVAL, mount("a/in", "b", NULL, MS_BIND, NULL));
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK(!mount_line("b/in"));
	check_line("a/in", "/", "rw,relatime unbindable - tmpfs");
	CHECK_EQ(0, mount(NULL, "a/in", NULL, MS_PRIVATE, NULL));
	check_line("a/in", "/", "rw,relatime - tmpfs");
	CHECK_ERRNO(EINVAL, mount(NULL, "a/in/deep/x", NULL, MS_PRIVATE, NULL));
	CHECK_ERRNO(EINVAL, mount(NULL, "a/in", NULL, MS_PRIVATE | MS_UNBINDABLE, NULL));
	CHECK_EQ(0, mount(NULL, "a/in", NULL, MS_SLAVE | MS_REC, NULL));
	leave_tmpfs();
}

/* Everything that would change something below `dir`, which has f. */
static void check_readonly(const char *dir)
{
	struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
	int fd;

	CHECK_EQ(0, chdir(dir));
	CHECK_ERRNO(EROFS, open("f", O_WRONLY));
	CHECK_ERRNO(EROFS, open("f", O_RDWR));
	CHECK_ERRNO(EROFS, open("f", O_RDONLY | O_TRUNC));
	CHECK_ERRNO(EROFS, open("new", O_RDWR | O_CREAT, 0600));
	CHECK_ERRNO(EROFS, open(".", O_RDWR | O_TMPFILE, 0600));
	CHECK_ERRNO(EEXIST, open("f", O_WRONLY | O_CREAT | O_EXCL, 0600));
	fd = open("f", O_RDONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_ERRNO(EROFS, fchmod(fd, 0600));
	CHECK_ERRNO(EROFS, fchown(fd, 0, 0));
	CHECK_ERRNO(EROFS, futimens(fd, now));
	close(fd);
	CHECK_ERRNO(EROFS, mkdir("d", 0755));
	CHECK_ERRNO(EEXIST, mkdir("f", 0755));
	CHECK_ERRNO(EROFS, rmdir("sub"));
	CHECK_ERRNO(EROFS, unlink("f"));
	CHECK_ERRNO(EROFS, unlink("nothing"));
	CHECK_ERRNO(EROFS, rename("f", "g"));
	CHECK_ERRNO(EROFS, rename("nothing", "g"));
	CHECK_ERRNO(EROFS, link("f", "g"));
	CHECK_ERRNO(EROFS, symlink("f", "g"));
	CHECK_ERRNO(EROFS, mkfifo("g", 0600));
	CHECK_ERRNO(EROFS, chmod("f", 0600));
	CHECK_ERRNO(EROFS, chown("f", 0, 0));
	CHECK_ERRNO(EROFS, truncate("f", 0));
	CHECK_ERRNO(EROFS, utimensat(AT_FDCWD, "f", NULL, 0));
	CHECK_ERRNO(EROFS, setxattr("f", "user.x", "y", 1, 0));
	CHECK_ERRNO(EROFS, removexattr("f", "user.x"));
	CHECK_ERRNO(EROFS, access("f", W_OK));
	CHECK_EQ(0, access("f", R_OK));
	CHECK_EQ(0, access("pipe", W_OK));
	fd = open("pipe", O_RDWR | O_NONBLOCK); /* is not in the file system */
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, chdir(work_dir));
}

static void readonly(void)
{
	int fd;

	enter_tmpfs();
	CHECK_EQ(0, mkdir("a/sub", 0755));
	CHECK_EQ(0, mkfifo("a/pipe", 0600));
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND | MS_RDONLY, NULL)); /* which is not looked at */
	CHECK_EQ(0, access("b/f", W_OK));
	fd = open("b/f", O_WRONLY);
	CHECK_ERRNO(EBUSY, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	CHECK_EQ(0, access("b/f", W_OK));
	close(fd);
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	check_line("b", "/a", "ro,relatime - tmpfs test rw");
	check_readonly("b");
	CHECK_EQ(0, access("a/f", W_OK)); /* the other way there is one */
	close(make_file("a/f", "of a"));
	/* the whole file system */
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND, NULL));
	CHECK_EQ(0, access("b/f", W_OK));
	fd = open("a/f", O_WRONLY);
	CHECK_ERRNO(EBUSY, mount(NULL, ".", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	close(fd);
	CHECK_EQ(0, mount(NULL, ".", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	check_line("b", "/a", "rw,relatime - tmpfs test ro");
	check_line("", "/", "ro,relatime - tmpfs test ro");
	check_readonly("b");
	check_readonly("a");
	CHECK_EQ(0, mount(NULL, ".", NULL, MS_REMOUNT, NULL));
	CHECK_EQ(0, unlink("b/f"));
	CHECK_EQ(0, umount("b"));
	CHECK_EQ(0, mount("new", "b", "tmpfs", MS_RDONLY, NULL));
	check_line("b", "/", "ro,relatime - tmpfs new ro");
	CHECK_ERRNO(EROFS, mkdir("b/x", 0755));
	leave_tmpfs();
}

static void flags(void)
{
	struct statfs st;
	struct stat before, after;
	char c;

	enter_tmpfs();
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_EQ(0,
	    mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	check_line("b", "/a", "rw,nosuid,nodev,noexec,relatime - tmpfs test rw");
	CHECK_EQ(0, statfs("b", &st));
	CHECK_EQ(0x20 | 2 | 4 | 8 | 0x1000, st.f_flags);
	CHECK_EQ(0, statfs("a", &st));
	CHECK_EQ(0x20 | 0x1000, st.f_flags);
	CHECK_EQ(0, chmod("a/f", 0755));
	CHECK_EQ(0, access("a/f", X_OK));
	CHECK_ERRNO(EACCES, access("b/f", X_OK));
	CHECK_EQ(0, mknod("a/null", S_IFCHR | 0666, 0x103));
	CHECK_ERRNO(EACCES, open("b/null", O_RDWR));
	int fd = open("a/null", O_RDWR);
	CHECK(fd >= 0);
	close(fd);
	/* no change of the access time */
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
	check_line("b", "/a", "rw,noatime - tmpfs test rw");
	struct timespec old[2] = {{1, 0}, {2, 0}};
	CHECK_EQ(0, utimensat(AT_FDCWD, "a/f", old, 0));
	fd = open("b/f", O_RDONLY);
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ(0, fstat(fd, &before));
	CHECK_EQ(1, before.st_atime);
	close(fd);
	fd = open("a/f", O_RDONLY);
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ(0, fstat(fd, &after));
	CHECK(after.st_atime > 1);
	close(fd);
	leave_tmpfs();
}

static void nosymfollow(void)
{
	char buf[10];

	enter_tmpfs();
	CHECK_EQ(0, symlink("f", "a/l"));
	CHECK_EQ(0, mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | 256, NULL));
	check_line("b", "/a", "rw,relatime,nosymfollow - tmpfs");
	CHECK_ERRNO(ELOOP, open("b/l", O_RDONLY));
	CHECK_EQ(1, readlink("b/l", buf, sizeof(buf)));
	check_content("a/l", "of a");
	leave_tmpfs();
}

static void move(void)
{
	enter_tmpfs();
	CHECK_EQ(0, mount("moved", "a", "tmpfs", 0, NULL));
	close(make_file("a/m", "m"));
	CHECK_EQ(0, mkdir("a/d", 0755));
	CHECK_EQ(0, mount("upon", "a/d", "tmpfs", 0, NULL));
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_MOVE, NULL));
	CHECK_ERRNO(EINVAL, mount("a/m", "b", NULL, MS_MOVE, NULL)); /* no mount */
	CHECK_ERRNO(EINVAL, mount("a", "g", NULL, MS_MOVE, NULL));
	CHECK_ERRNO(ELOOP, mount("a", "a/d", NULL, MS_MOVE, NULL));
	CHECK_ERRNO(ENOENT, mount("a", "nothing", NULL, MS_MOVE, NULL));
	CHECK_EQ(0, mount("a", "b", NULL, MS_MOVE, NULL));
	check_content("b/m", "m");
	check_content("a/f", "of a");
	check_line("b/d", "/", "rw,relatime - tmpfs upon rw");
	CHECK(!mount_line("a"));
	CHECK_EQ(0, rename("a", "c"));
	leave_tmpfs();
}

static void unmount_flags(void)
{
	struct stat st;
	char c;

	enter_tmpfs();
	CHECK_ERRNO(EINVAL, umount2("a", 16));
	CHECK_ERRNO(EINVAL, umount2("a", 0)); /* no mount */
	CHECK_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	CHECK_EQ(0, symlink("a", "l"));
	CHECK_ERRNO(EINVAL, umount2("l", UMOUNT_NOFOLLOW));
	int fd = open("a/f", O_RDWR | O_CREAT, 0600);
	CHECK_ERRNO(EBUSY, umount2("a", 0));
	CHECK_ERRNO(EBUSY, umount2("a", MNT_EXPIRE));
	CHECK_ERRNO(EINVAL, umount2("a", MNT_EXPIRE | MNT_DETACH));
	CHECK_ERRNO(EINVAL, umount2("a", MNT_EXPIRE | MNT_FORCE));
	close(fd);
	CHECK_ERRNO(EAGAIN, umount2("a", MNT_EXPIRE));
	fd = open("a/f", O_RDWR); /* in use again */
	CHECK(fd >= 0);
	close(fd);
	CHECK_ERRNO(EAGAIN, umount2("a", MNT_EXPIRE));
	CHECK_EQ(0, umount2("a", MNT_EXPIRE));
	CHECK_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	CHECK_EQ(0, umount2("l", 0)); /* the link leads there */
	/* detached, and living on by what is open */
	CHECK_EQ(0, mount("x", "a", "tmpfs", 0, NULL));
	fd = open("a/f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(1, write(fd, "y", 1));
	CHECK_EQ(0, umount2("a", MNT_DETACH));
	CHECK_EQ(1, pread(fd, &c, 1, 0));
	CHECK_EQ('y', c);
	CHECK_EQ(0, fstat(fd, &st));
	close(fd);
	leave_tmpfs();
}

static void remount_options(void)
{
	struct statfs st;

	enter_tmpfs();
	CHECK_EQ(0, mount("x", "b", "tmpfs", 0, "size=1m,nr_inodes=20"));
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT, "size=2m"));
	CHECK_EQ(0, statfs("b", &st));
	CHECK_EQ(512, st.f_blocks);
	CHECK_EQ(20, st.f_files);
	check_line("b", "/", "rw,relatime - tmpfs x rw,size=2048k,nr_inodes=20");
	int fd = open("b/f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(0, posix_fallocate(fd, 0, 1 << 20));
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_REMOUNT, "size=512k"));
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_REMOUNT, "nr_inodes=1"));
	CHECK_ERRNO(EINVAL, mount(NULL, "b", NULL, MS_REMOUNT, "rubbish"));
	CHECK_EQ(0, mount(NULL, "b", NULL, MS_REMOUNT, "size=1m"));
	close(fd);
	leave_tmpfs();
}

SUBCOMMANDS({"bind", bind}, {"bind_errors", bind_errors}, {"bad_targets", bad_targets},
    {"recursive", recursive}, {"readonly", readonly}, {"flags", flags},
    {"nosymfollow", nosymfollow}, {"move", move}, {"unmount_flags", unmount_flags},
    {"remount_options", remount_options})
