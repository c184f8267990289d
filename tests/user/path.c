/* The tree of names: rename(2), link(2), mkdir(2), chdir(2), getdents(2) and their kin. */
#include "check.h"

#include <dirent.h>
#include <limits.h>

static void rename_file(void)
{
	enter_work_dir();
	struct stat before, after;
	close(make_file("a", "A"));
	CHECK_EQ(0, stat("a", &before));
	CHECK_EQ(0, rename("a", "b"));
	CHECK_ERRNO(ENOENT, stat("a", &after));
	CHECK_EQ(0, stat("b", &after));
	CHECK_EQ((long long)before.st_ino, after.st_ino);
	close(make_file("c", "C"));
	int fd = open("c", O_RDONLY);
	CHECK_EQ(0, rename("b", "c")); /* replaces; the open one lives on */
	check_content("c", "A");
	char ch;
	CHECK_EQ(1, read(fd, &ch, 1));
	CHECK_EQ('C', ch);
	CHECK_EQ(0, fstat(fd, &after));
	CHECK_EQ(0, after.st_nlink);
	close(fd);
	CHECK_EQ(0, rename("c", "c"));
	CHECK_ERRNO(ENOENT, rename("nothing", "x"));
	unlink("c");
	leave_work_dir();
}

static void rename_directory(void)
{
	enter_work_dir();
	CHECK_EQ(0, mkdir("d", 0755));
	CHECK_EQ(0, mkdir("d/sub", 0755));
	CHECK_EQ(0, mkdir("e", 0755));
	CHECK_ERRNO(EINVAL, rename("d", "d/sub/x"));
	CHECK_EQ(0, rename("d", "e")); /* an empty directory is replaced */
	CHECK_EQ(0, access("e/sub", F_OK));
	close(make_file("f", "x"));
	CHECK_ERRNO(EISDIR, rename("f", "e"));
	CHECK_ERRNO(ENOTDIR, rename("e", "f"));
	CHECK_EQ(0, mkdir("g", 0755));
	CHECK_ERRNO(ENOTEMPTY, rename("g", "e"));
	struct stat st;
	CHECK_EQ(0, rename("e/sub", "sub"));
	CHECK_EQ(0, stat("e", &st));
	CHECK_EQ(2, st.st_nlink);
	rmdir("sub");
	rmdir("e");
	rmdir("g");
	unlink("f");
	leave_work_dir();
}

static void hard_links(void)
{
	enter_work_dir();
	struct stat a, b;
	close(make_file("a", "linked"));
	CHECK_EQ(0, link("a", "b"));
	CHECK_EQ(0, stat("a", &a));
	CHECK_EQ(0, stat("b", &b));
	CHECK_EQ((long long)a.st_ino, b.st_ino);
	CHECK_EQ(2, a.st_nlink);
	CHECK_ERRNO(EEXIST, link("a", "b"));
	CHECK_ERRNO(EPERM, link(".", "dirlink"));
	CHECK_EQ(0, rename("a", "b")); /* two names of one file: nothing happens */
	CHECK_EQ(0, access("a", F_OK));
	CHECK_EQ(0, unlink("a"));
	CHECK_EQ(0, stat("b", &b));
	CHECK_EQ(1, b.st_nlink);
	check_content("b", "linked");
	unlink("b");
	leave_work_dir();
}

static void symlinks(void)
{
	enter_work_dir();
	char buf[64] = "";
	struct stat st;
	close(make_file("target", "text"));
	CHECK_EQ(0, symlink("target", "l"));
	check_content("l", "text");
	CHECK_EQ(6, readlink("l", buf, sizeof(buf)));
	CHECK_STR("target", buf);
	CHECK_EQ(3, readlink("l", buf, 3));
	CHECK_EQ(0, lstat("l", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(6, st.st_size);
	CHECK_EQ(0, stat("l", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERRNO(ELOOP, open("l", O_RDONLY | O_NOFOLLOW));
	CHECK_ERRNO(EINVAL, readlink("target", buf, 8));
	CHECK_EQ(0, unlink("l"));
	check_content("target", "text");
	CHECK_EQ(0, symlink("nowhere", "dangling"));
	CHECK_ERRNO(ENOENT, open("dangling", O_RDONLY));
	int fd = open("dangling", O_WRONLY | O_CREAT, 0600); /* makes the target */
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, unlink("nowhere"));
	CHECK_ERRNO(EEXIST, open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
	unlink("dangling");
	unlink("target");
	leave_work_dir();
}

static void symlink_loops(void)
{
	enter_work_dir();
	CHECK_EQ(0, symlink("b", "a"));
	CHECK_EQ(0, symlink("a", "b"));
	CHECK_ERRNO(ELOOP, open("a", O_RDONLY));
	CHECK_ERRNO(ELOOP, chdir("a/x"));
	unlink("a");
	unlink("b");
	CHECK_EQ(0, mkdir("d", 0755));
	CHECK_EQ(0, symlink("..", "d/up"));
	close(make_file("f", "via"));
	check_content("d/up/d/up/d/up/f", "via");
	unlink("f");
	unlink("d/up");
	rmdir("d");
	leave_work_dir();
}

static void directories(void)
{
	enter_work_dir();
	struct stat st;
	CHECK_EQ(0, mkdir("d", 0750));
	CHECK_EQ(0, stat("d", &st));
	CHECK_EQ(S_IFDIR | 0750, st.st_mode);
	CHECK_EQ(2, st.st_nlink);
	CHECK_ERRNO(EEXIST, mkdir("d", 0755));
	CHECK_EQ(0, mkdir("d/e/", 0755));
	CHECK_EQ(0, stat("d", &st));
	CHECK_EQ(3, st.st_nlink);
	CHECK_ERRNO(ENOTEMPTY, rmdir("d"));
	CHECK_ERRNO(EISDIR, unlink("d"));
	close(make_file("f", ""));
	CHECK_ERRNO(ENOTDIR, rmdir("f"));
	CHECK_ERRNO(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
	CHECK_ERRNO(EISDIR, open("d", O_WRONLY));
	int fd = open("d", O_RDONLY);
	CHECK_ERRNO(EISDIR, read(fd, &st, 1));
	close(fd);
	CHECK_ERRNO(EINVAL, rmdir("d/e/."));
	CHECK_EQ(0, rmdir("d/e"));
	CHECK_EQ(0, rmdir("d"));
	CHECK_ERRNO(ENOENT, rmdir("d"));
	unlink("f");
	leave_work_dir();
}

static void names(void)
{
	enter_work_dir();
	char name[300];
	memset(name, 'n', sizeof(name));
	name[256] = 0;
	CHECK_ERRNO(ENAMETOOLONG, open(name, O_WRONLY | O_CREAT, 0600));
	name[255] = 0;
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, unlink(name));
	static char path[5000];
	memset(path, '/', sizeof(path) - 1);
	CHECK_ERRNO(ENAMETOOLONG, open(path, O_RDONLY));
	path[4000] = 0;
	fd = open(path, O_RDONLY); /* so many slashes are one */
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, mkdir(".hidden dir", 0700));
	CHECK_EQ(0, rmdir("./.hidden dir//"));
	leave_work_dir();
}

static void cwd(void)
{
	enter_work_dir();
	char buf[PATH_MAX];
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR(work_dir, buf);
	CHECK_EQ(0, mkdir("d", 0755));
	CHECK_EQ(0, chdir("d"));
	CHECK_ERRNO(ERANGE, getcwd(buf, 3) ? 0 : -1);
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR("/d", buf + strlen(work_dir));
	int fd = open("..", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(0, fchdir(fd));
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR(work_dir, buf);
	CHECK_EQ(0, mkdirat(fd, "e", 0755));
	CHECK_EQ(0, unlinkat(fd, "e", AT_REMOVEDIR));
	close(fd);
	CHECK_EQ(0, chdir("d"));
	CHECK_EQ(0, rmdir("../d")); /* under our feet */
	CHECK_ERRNO(ENOENT, getcwd(buf, sizeof(buf)) ? 0 : -1);
	CHECK_ERRNO(ENOENT, open("x", O_WRONLY | O_CREAT, 0600));
	CHECK_EQ(0, chdir("/"));
	CHECK_ERRNO(ENOTDIR, chdir("/dev/null"));
	leave_work_dir();
}

static void readdir_1000(void)
{
	enter_work_dir();
	enum { N = 1000 };
	static char seen[N];
	char name[32];
	int n = 0, other = 0;
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		close(make_file(name, ""));
	}
	DIR *d = opendir(".");
	for (struct dirent *e; (e = readdir(d));) {
		int i;
		if (sscanf(e->d_name, "file-%d", &i) != 1) {
			other++;
			continue;
		}
		CHECK(i >= 0 && i < N && !seen[i]);
		CHECK(e->d_type == DT_REG || e->d_type == DT_UNKNOWN);
		seen[i] = 1;
		n++;
	}
	CHECK_EQ(N, n);
	CHECK_EQ(2, other); /* . and .. */
	rewinddir(d);
	n = 0;
	for (struct dirent *e; (e = readdir(d));) /* removing while reading */
		if (e->d_name[0] == 'f' && ++n)
			CHECK_EQ(0, unlink(e->d_name));
	CHECK_EQ(N, n);
	closedir(d);
	leave_work_dir();
}

static void seekdir_resumes(void)
{
	enter_work_dir();
	char name[32], first[64] = "";
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		close(make_file(name, ""));
	}
	DIR *d = opendir(".");
	for (int i = 0; i < 7; i++)
		readdir(d);
	long at = telldir(d);
	strcpy(first, readdir(d)->d_name);
	readdir(d);
	seekdir(d, at);
	CHECK_STR(first, readdir(d)->d_name);
	closedir(d);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		unlink(name);
	}
	leave_work_dir();
}

static void at_empty_path(void)
{
	enter_work_dir();
	int fd = make_file("a", "12345");
	struct stat st;
	CHECK_EQ(0, fstatat(fd, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(5, st.st_size);
	CHECK_ERRNO(ENOENT, fstatat(fd, "", &st, 0));
	CHECK_ERRNO(ENOTDIR, fstatat(fd, "x", &st, 0));
	CHECK_ERRNO(EBADF, fstatat(999, "x", &st, 0));
	CHECK_EQ(0, fstatat(999, "/", &st, 0)); /* an absolute path needs no directory */
	close(fd);
	unlink("a");
	leave_work_dir();
}

/* As another user in a sticky directory with root's and one's own links and files. */
static void as_stranger(void)
{
	CHECK_EQ(0, setgid(1000));
	CHECK_EQ(0, setuid(1000));
	CHECK_EQ(0, symlink("file", "mine"));
	CHECK_EQ(0, access("mine", R_OK));
	CHECK_EQ(0, access("owners", R_OK)); /* the directory's owner's */
	CHECK_ERRNO(EACCES, access("foreign", R_OK));
	CHECK_ERRNO(EPERM, link("file", "hard")); /* not writable */
	CHECK_EQ(0, link("open", "hard"));
	CHECK_ERRNO(EPERM, unlink("hard")); /* still another's, in a sticky directory */
	CHECK_EQ(0, unlink("mine"));
}

static void protected_links(void)
{
	int fd;

	enter_work_dir();
	fd = open("/proc/sys/fs/protected_symlinks", O_RDONLY);
	char c = 0;
	CHECK_EQ(1, read(fd, &c, 1));
	CHECK_EQ('1', c);
	close(fd);
	CHECK_EQ(0, chmod(".", 01777));
	close(open("file", O_CREAT | O_WRONLY, 0644));
	close(open("open", O_CREAT | O_WRONLY, 0644));
	CHECK_EQ(0, chmod("open", 0666));
	CHECK_EQ(0, symlink("file", "owners"));
	CHECK_EQ(0, symlink("file", "foreign"));
	CHECK_EQ(0, lchown("foreign", 2000, 2000));
	CHECK_EQ(0, in_child(as_stranger));
	CHECK_ERRNO(EACCES, open("foreign", O_RDONLY)); /* root as well */
	CHECK_EQ(0, unlink("foreign") | unlink("owners") | unlink("open") | unlink("hard") |
			unlink("file"));
	leave_work_dir();
}

SUBCOMMANDS({"rename_file", rename_file}, {"rename_directory", rename_directory},
    {"hard_links", hard_links}, {"symlinks", symlinks}, {"symlink_loops", symlink_loops},
    {"directories", directories}, {"names", names}, {"cwd", cwd}, {"readdir_1000", readdir_1000},
    {"seekdir", seekdir_resumes}, {"at_empty_path", at_empty_path},
    {"protected_links", protected_links})
