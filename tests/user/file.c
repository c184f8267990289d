/* Open files: what open(2), read(2), write(2), fcntl(2), fstat(2) and their kin promise. */
#include "check.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

static void create(void)
{
	enter_work_dir();
	umask(022);
	int fd = open("a", O_WRONLY | O_CREAT | O_EXCL, 0666);
	CHECK(fd >= 0);
	struct stat st;
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(S_IFREG | 0644, st.st_mode);
	CHECK_EQ(0, st.st_size);
	CHECK_EQ(1, st.st_nlink);
	CHECK_EQ(getuid(), st.st_uid);
	CHECK_ERRNO(EEXIST, open("a", O_WRONLY | O_CREAT | O_EXCL, 0666));
	CHECK_ERRNO(ENOENT, open("b", O_RDONLY));
	CHECK_ERRNO(ENOENT, open("no/b", O_WRONLY | O_CREAT, 0666));
	CHECK_ERRNO(ENOTDIR, open("a/b", O_WRONLY | O_CREAT, 0666));
	CHECK_ERRNO(ENOENT, open("", O_RDONLY));
	CHECK_ERRNO(EBADF, read(fd, &st, 1));
	close(fd);
	CHECK_ERRNO(EBADF, close(fd));
	CHECK_EQ(0, unlink("a"));
	CHECK_ERRNO(ENOENT, unlink("a"));
	leave_work_dir();
}

static void append(void)
{
	enter_work_dir();
	close(make_file("a", "one "));
	int fd = open("a", O_WRONLY | O_APPEND);
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	CHECK_EQ(4, write(fd, "two ", 4));
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	CHECK_EQ(5, write(fd, "three", 5));
	CHECK_EQ(13, lseek(fd, 0, SEEK_CUR));
	check_content("a", "one two three");
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void truncate_on_open(void)
{
	enter_work_dir();
	close(make_file("a", "content"));
	int fd = open("a", O_RDWR | O_TRUNC);
	struct stat st;
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(0, st.st_size);
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void seek(void)
{
	enter_work_dir();
	int fd = make_file("a", "0123456789");
	char c;
	CHECK_EQ(3, lseek(fd, 3, SEEK_SET));
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ('3', c);
	CHECK_EQ(6, lseek(fd, 2, SEEK_CUR));
	CHECK_EQ(9, lseek(fd, -1, SEEK_END));
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ('9', c);
	CHECK_EQ(0, read(fd, &c, 1));
	CHECK_ERRNO(EINVAL, lseek(fd, -1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, 99));
	CHECK_EQ(100, lseek(fd, 100, SEEK_SET));
	CHECK_EQ(0, read(fd, &c, 1));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void sparse(void)
{
	enter_work_dir();
	int fd = make_file("a", "begin");
	char buf[8] = "xxxxxxx";
	struct stat st;
	CHECK_EQ(3, pwrite(fd, "end", 3, 1 << 20));
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ((1 << 20) + 3, st.st_size);
	CHECK(st.st_blocks < 2048);
	CHECK_EQ(8, pread(fd, buf, 8, 500000));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(0, buf[i]);
	CHECK_EQ(3, pread(fd, buf, 8, 1 << 20));
	CHECK(!memcmp(buf, "end", 3));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void truncates(void)
{
	enter_work_dir();
	int fd = make_file("a", "0123456789");
	char buf[16];
	CHECK_EQ(0, ftruncate(fd, 4));
	CHECK_EQ(0, ftruncate(fd, 8));
	CHECK_EQ(8, pread(fd, buf, 16, 0));
	CHECK(!memcmp(buf, "0123\0\0\0\0", 8)); /* what comes back is zero */
	CHECK_EQ(0, truncate("a", 2));
	check_content("a", "01");
	CHECK_ERRNO(EINVAL, ftruncate(fd, -1));
	CHECK_ERRNO(ENOENT, truncate("b", 1));
	CHECK_ERRNO(EISDIR, truncate(".", 1));
	close(fd);
	fd = open("a", O_RDONLY);
	CHECK_ERRNO(EINVAL, ftruncate(fd, 1));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void large(void)
{
	enter_work_dir();
	int fd = open("a", O_RDWR | O_CREAT, 0600);
	static char buf[100000];
	for (int i = 0; i < 20; i++) {
		memset(buf, 'a' + i, sizeof(buf));
		CHECK_EQ((long)sizeof(buf), write(fd, buf, sizeof(buf)));
	}
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	for (int i = 0; i < 20; i++) {
		CHECK_EQ((long)sizeof(buf), read(fd, buf, sizeof(buf)));
		CHECK_EQ('a' + i, buf[0]);
		CHECK_EQ('a' + i, buf[99999]);
	}
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void unlink_open(void)
{
	enter_work_dir();
	int fd = make_file("a", "still here");
	char buf[16] = "";
	struct stat st;
	CHECK_EQ(0, unlink("a"));
	CHECK_ERRNO(ENOENT, open("a", O_RDONLY));
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(0, st.st_nlink);
	CHECK_EQ(10, pread(fd, buf, 16, 0));
	CHECK_STR("still here", buf);
	CHECK_EQ(3, pwrite(fd, "NEW", 3, 0));
	close(fd);
	leave_work_dir();
}

static void dups(void)
{
	enter_work_dir();
	int fd = make_file("a", "0123456789"), b;
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	int d = dup(fd);
	CHECK(d > fd);
	char c;
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ(1, read(d, &c, 1)); /* one position */
	CHECK_EQ('1', c);
	CHECK_EQ(50, dup2(fd, 50));
	CHECK_EQ(0, close(fd));
	CHECK_EQ(1, read(50, &c, 1));
	CHECK_EQ('2', c);
	CHECK_EQ(50, dup2(50, 50));
	CHECK_ERRNO(EBADF, dup2(fd, fd));
	CHECK_ERRNO(EINVAL, dup3(50, 50, 0));
	CHECK_ERRNO(EBADF, dup(-1));
	CHECK_ERRNO(EBADF, dup2(50, 1 << 24));
	b = fcntl(50, F_DUPFD, 60);
	CHECK_EQ(60, b);
	CHECK_EQ(0, fcntl(60, F_GETFD));
	b = fcntl(50, F_DUPFD_CLOEXEC, 60);
	CHECK_EQ(61, b);
	CHECK_EQ(FD_CLOEXEC, fcntl(61, F_GETFD));
	CHECK_EQ(0, fcntl(61, F_SETFD, 0));
	CHECK_EQ(0, fcntl(61, F_GETFD));
	CHECK_EQ(0, lseek(61, 0, SEEK_SET));
	CHECK_EQ(0, lseek(50, 0, SEEK_CUR));
	unlink("a");
	leave_work_dir();
}

static void status_flags(void)
{
	enter_work_dir();
	int fd = open("a", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK_EQ(O_RDWR, fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_CREAT | O_TRUNC));
	CHECK_EQ(0, fcntl(fd, F_SETFL, O_APPEND));
	CHECK_EQ(O_RDWR | O_APPEND, fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND));
	CHECK_EQ(1, write(fd, "a", 1));
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(1, write(fd, "b", 1));
	check_content("a", "ab");
	CHECK_ERRNO(EINVAL, fcntl(fd, 9999));
	CHECK_ERRNO(EBADF, fcntl(999, F_GETFL));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void vectors(void)
{
	enter_work_dir();
	int fd = open("a", O_RDWR | O_CREAT, 0600);
	char x[4] = "", y[8] = "";
	struct iovec w[3] = {{"abc", 3}, {NULL, 0}, {"defgh", 5}};
	struct iovec r[2] = {{x, 3}, {y, 7}};
	CHECK_EQ(8, writev(fd, w, 3));
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	CHECK_EQ(8, readv(fd, r, 2));
	CHECK_STR("abc", x);
	CHECK_STR("defgh", y);
	volatile int count = -1;
	CHECK_ERRNO(EINVAL, readv(fd, r, count));
	count = 2000;
	CHECK_ERRNO(EINVAL, readv(fd, r, count));
	r[1].iov_len = (size_t)-1;
	CHECK_ERRNO(EINVAL, readv(fd, r, 2));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void modes(void)
{
	enter_work_dir();
	struct stat st;
	close(make_file("a", "x"));
	CHECK_EQ(0, chmod("a", 04711));
	CHECK_EQ(0, stat("a", &st));
	CHECK_EQ(S_IFREG | 04711, st.st_mode);
	CHECK_EQ(0, chown("a", 100, 200));
	CHECK_EQ(0, stat("a", &st));
	CHECK_EQ(100, st.st_uid);
	CHECK_EQ(200, st.st_gid);
	CHECK_EQ(S_IFREG | 0711, st.st_mode); /* a new owner takes set-user-ID away */
	CHECK_EQ(0, chown("a", (uid_t)-1, 7));
	CHECK_EQ(0, stat("a", &st));
	CHECK_EQ(100, st.st_uid);
	CHECK_EQ(7, st.st_gid);
	umask(077);
	close(open("b", O_WRONLY | O_CREAT, 0666));
	CHECK_EQ(0, stat("b", &st));
	CHECK_EQ(S_IFREG | 0600, st.st_mode);
	CHECK_EQ(077, umask(022));
	unlink("a");
	unlink("b");
	leave_work_dir();
}

/* What has no name has attributes all the same. */
static void nameless_attributes(void)
{
	struct timespec times[2] = {{1, 0}, {2, 0}};
	struct stat st;
	int fds[4];

	CHECK_EQ(0, pipe(fds));
	CHECK_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds + 2));
	for (int n = 0; n < 4; n++) {
		CHECK_EQ(0, fchmod(fds[n], 0640));
		CHECK_EQ(0, fchown(fds[n], 1, 2));
		CHECK_EQ(0, futimens(fds[n], times));
		CHECK_EQ(0, fstat(fds[n], &st));
		CHECK_EQ(0640, st.st_mode & 07777);
		CHECK(st.st_uid == 1 && st.st_gid == 2 && st.st_mtim.tv_sec == 2);
	}
}

static void as_nobody(void)
{
	CHECK_EQ(0, setgid(65534));
	CHECK_EQ(0, setuid(65534));
	CHECK_ERRNO(EACCES, open("private", O_RDONLY));
	CHECK_ERRNO(EACCES, open("readable", O_WRONLY));
	int fd = open("readable", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_ERRNO(EPERM, fchmod(fd, 0666));
	CHECK_ERRNO(EPERM, chown("readable", 65534, 65534));
	CHECK_ERRNO(EACCES, unlink("readable"));
	CHECK_ERRNO(EACCES, mkdir("d", 0755));
	CHECK_ERRNO(EACCES, open("closed/x", O_RDONLY));
	CHECK_ERRNO(EACCES, access("readable", W_OK));
	CHECK_EQ(0, access("readable", R_OK));
	CHECK_ERRNO(EACCES, access("readable", X_OK));
	CHECK_ERRNO(EPERM, setuid(0));
	CHECK_ERRNO(EPERM, mknod("/tmp/dev", S_IFCHR | 0600, makedev(1, 3)));
	CHECK_ERRNO(EACCES, open("sticky/rootfile", O_RDWR));
	CHECK_ERRNO(EPERM, unlink("sticky/rootfile"));
	CHECK_EQ(0, mkdir("sticky/mine", 0755));
	CHECK_EQ(0, rmdir("sticky/mine"));
}

static void permissions(void)
{
	enter_work_dir();
	umask(0);
	CHECK_EQ(0, chmod(work_dir, 0755));
	close(open("private", O_WRONLY | O_CREAT, 0600));
	close(open("readable", O_WRONLY | O_CREAT, 0644));
	CHECK_EQ(0, mkdir("closed", 0700));
	CHECK_EQ(0, mkdir("sticky", 01777));
	close(open("sticky/rootfile", O_WRONLY | O_CREAT, 0600));
	CHECK_EQ(0, in_child(as_nobody));
	CHECK_ERRNO(EACCES, access("readable", X_OK)); /* nor may root execute what nobody may */
	unlink("sticky/rootfile");
	unlink("private");
	unlink("readable");
	rmdir("closed");
	rmdir("sticky");
	leave_work_dir();
}

static void times(void)
{
	enter_work_dir();
	struct stat a, b;
	int fd = make_file("a", "x");
	struct timespec t[2] = {{1000000000, 5}, {1234567890, 123456789}};
	CHECK_EQ(0, futimens(fd, t));
	CHECK_EQ(0, fstat(fd, &a));
	CHECK_EQ(1000000000, a.st_atim.tv_sec);
	CHECK_EQ(1234567890, a.st_mtim.tv_sec);
	CHECK_EQ(123456789, a.st_mtim.tv_nsec);
	CHECK_EQ(1, write(fd, "y", 1));
	CHECK_EQ(0, fstat(fd, &b));
	CHECK(b.st_mtim.tv_sec != a.st_mtim.tv_sec);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = 2000000000;
	CHECK_ERRNO(EINVAL, futimens(fd, t));
	close(fd);
	unlink("a");
	leave_work_dir();
}

static void statx_agrees(void)
{
	enter_work_dir();
	close(make_file("a", "12345"));
	struct statx x;
	struct stat st;
	CHECK_EQ(0, statx(AT_FDCWD, "a", 0, STATX_BASIC_STATS, &x));
	CHECK_EQ(0, stat("a", &st));
	CHECK_EQ(5, x.stx_size);
	CHECK_EQ(st.st_mode, x.stx_mode);
	CHECK_EQ((long long)st.st_ino, x.stx_ino);
	CHECK_EQ(STATX_BASIC_STATS, x.stx_mask & STATX_BASIC_STATS);
	CHECK_EQ(major(st.st_dev), x.stx_dev_major);
	CHECK_EQ(minor(st.st_dev), x.stx_dev_minor);
	unlink("a");
	leave_work_dir();
}

static void sendfile_copies(void)
{
	enter_work_dir();
	int from = make_file("a", "0123456789"), to = open("b", O_RDWR | O_CREAT, 0600);
	off_t off = 2;
	CHECK_EQ(5, sendfile(to, from, &off, 5));
	CHECK_EQ(7, off);
	check_content("b", "23456");
	close(from);
	close(to);
	unlink("a");
	unlink("b");
	leave_work_dir();
}

static void devices(void)
{
	char buf[64], other[64];
	struct stat st;
	int fd = open("/dev/null", O_RDWR);
	CHECK_EQ(5, write(fd, "12345", 5));
	CHECK_EQ(0, read(fd, buf, 5));
	CHECK_EQ(0, fstat(fd, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(makedev(1, 3), st.st_rdev);
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(64, read(fd, buf, 64));
	for (int i = 0; i < 64; i++)
		CHECK_EQ(0, buf[i]);
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(64, read(fd, buf, 64));
	CHECK_EQ(64, read(fd, other, 64));
	CHECK(memcmp(buf, other, 64));
	close(fd);
}

static void descriptor_limit(void)
{
	struct rlimit r = {1024, 1024};
	int fds[2000], n = 0;
	CHECK_EQ(0, setrlimit(RLIMIT_NOFILE, &r));
	while (n < 2000 && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	CHECK_EQ(EMFILE, errno);
	CHECK(n > 900);
	CHECK_EQ(1023, fds[n - 1]);
	close(fds[5]);
	CHECK_EQ(fds[5], open("/dev/null", O_RDONLY)); /* the lowest free one */
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

static void tmpfile_unnamed(void)
{
	enter_work_dir();
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	char buf[8] = "";
	struct stat st;
	CHECK(fd >= 0);
	CHECK_EQ(3, write(fd, "tmp", 3));
	CHECK_EQ(3, pread(fd, buf, 8, 0));
	CHECK_EQ(0, fstat(fd, &st));
	CHECK_EQ(0, st.st_nlink);
	close(fd);
	leave_work_dir();
}

static void readonly_errors(void)
{
	enter_work_dir();
	int fd = make_file("a", "text");
	close(fd);
	fd = open("a", O_RDONLY);
	CHECK_ERRNO(EBADF, write(fd, "x", 1));
	CHECK_ERRNO(EBADF, pwrite(fd, "x", 1, 0));
	CHECK_ERRNO(ENOTTY, ioctl(fd, 0x5413, &fd));
	CHECK_ERRNO(EINVAL, pread(fd, &fd, 1, -1));
	close(fd);
	unlink("a");
	leave_work_dir();
}

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif

static void dup_query(void)
{
	int fd = open("/dev/null", O_RDONLY), same = dup(fd), other = open("/dev/null", O_RDONLY);
	int path = open("/", O_PATH), path_too = dup(path);

	CHECK_EQ(1, fcntl(fd, F_DUPFD_QUERY, fd));
	CHECK_EQ(1, fcntl(fd, F_DUPFD_QUERY, same));
	CHECK_EQ(0, fcntl(fd, F_DUPFD_QUERY, other));
	CHECK_EQ(1, fcntl(path, F_DUPFD_QUERY, path_too));
	CHECK_EQ(0, fcntl(path, F_DUPFD_QUERY, fd));
	CHECK_ERRNO(EBADF, fcntl(fd, F_DUPFD_QUERY, -1));
	CHECK_ERRNO(EBADF, fcntl(-1, F_DUPFD_QUERY, fd));
}

#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif

static void created_query(void)
{
	int created, found, path, p[2];

	enter_work_dir();
	created = open("a", O_CREAT | O_WRONLY, 0600);
	found = open("a", O_CREAT | O_WRONLY, 0600);
	path = open("a", O_PATH);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(1, fcntl(created, F_CREATED_QUERY, 0));
	CHECK_EQ(1, fcntl(dup(created), F_CREATED_QUERY, 0));
	CHECK_EQ(0, fcntl(found, F_CREATED_QUERY, 0));
	CHECK_EQ(0, fcntl(path, F_CREATED_QUERY, 0));
	CHECK_EQ(0, fcntl(p[0], F_CREATED_QUERY, 0));
	CHECK_ERRNO(EBADF, fcntl(-1, F_CREATED_QUERY, 0));
	CHECK_EQ(0, unlink("a"));
	leave_work_dir();
}

static struct flock asked_lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = {.l_type = (short)type, .l_start = start, .l_len = len};

	CHECK_EQ(0, fcntl(fd, cmd, &fl));
	return fl;
}

/* F_OFD_GETLK with F_UNLCK tells of the description's own locks. */
static void own_locks(void)
{
	struct flock got, unlock = {.l_type = F_UNLCK};
	int fd, other;

	enter_work_dir();
	fd = make_file("a", "content");
	other = open("a", O_RDWR);
	asked_lock(fd, F_OFD_SETLK, F_RDLCK, 5, 3);
	got = asked_lock(fd, F_OFD_GETLK, F_UNLCK, 0, 0);
	CHECK_EQ(F_RDLCK, got.l_type);
	CHECK_EQ(5, got.l_start);
	CHECK_EQ(3, got.l_len);
	CHECK_EQ(-1, got.l_pid);
	CHECK_EQ(F_UNLCK, asked_lock(fd, F_OFD_GETLK, F_UNLCK, 0, 5).l_type);
	CHECK_EQ(F_UNLCK, asked_lock(other, F_OFD_GETLK, F_UNLCK, 0, 0).l_type);
	CHECK_EQ(F_RDLCK, asked_lock(other, F_OFD_GETLK, F_WRLCK, 0, 0).l_type);
	CHECK_ERRNO(EINVAL, fcntl(fd, F_GETLK, &unlock));
	CHECK_EQ(0, unlink("a"));
	leave_work_dir();
}

static void set_nr_open(int n)
{
	int fd = open("/proc/sys/fs/nr_open", O_WRONLY);

	CHECK(dprintf(fd, "%d\n", n) > 0);
	CHECK_EQ(0, close(fd));
}

static void share_too_many(int nr_open)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (!child) {
		int result;

		set_nr_open(nr_open);
		result = unshare(CLONE_FILES) == -1 && errno == EMFILE ? 0 : 1;
		_exit(fork() == -1 && errno == EMFILE ? result : 2);
	}
	CHECK_EQ(child, waitpid(child, &status, 0));
	CHECK_EQ(0, status);
}

/* fs.nr_open bounds RLIMIT_NOFILE and copies of tables. */
static void most_descriptors(void)
{
	const int usual = 1048576;
	struct rlimit old, more = {usual + 64, usual + 64};
	int status;
	pid_t child;

	CHECK_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	CHECK_ERRNO(EPERM, setrlimit(RLIMIT_NOFILE, &more));
	set_nr_open(4096);
	more = (struct rlimit){4097, 4097};
	CHECK_ERRNO(EPERM, setrlimit(RLIMIT_NOFILE, &more));
	set_nr_open(16384);
	more = (struct rlimit){16384, 16384};
	child = fork();
	if (!child) {
		CHECK_EQ(0, setrlimit(RLIMIT_NOFILE, &more));
		CHECK_EQ(8000, dup2(1, 8000));
		share_too_many(4096);
		CHECK_EQ(8001, dup2(1, 8001)); /* there is room */
		CHECK_ERRNO(EMFILE, fcntl(1, F_DUPFD, 16000));
		_exit(0);
	}
	CHECK_EQ(child, waitpid(child, &status, 0));
	set_nr_open(usual);
	CHECK_EQ(0, status);
}

SUBCOMMANDS({"create", create}, {"append", append}, {"truncate_on_open", truncate_on_open},
    {"seek", seek}, {"sparse", sparse}, {"truncate", truncates}, {"large", large},
    {"unlink_open", unlink_open}, {"dup", dups}, {"status_flags", status_flags},
    {"vectors", vectors}, {"modes", modes}, {"nameless_attributes", nameless_attributes},
    {"permissions", permissions}, {"times", times}, {"statx", statx_agrees},
    {"sendfile", sendfile_copies}, {"devices", devices}, {"descriptor_limit", descriptor_limit},
    {"tmpfile", tmpfile_unnamed}, {"readonly_errors", readonly_errors}, {"dup_query", dup_query},
    {"created_query", created_query}, {"own_locks", own_locks},
    {"most_descriptors", most_descriptors})
