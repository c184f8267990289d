/* inotify(7): which events a change brings, in which order; limits and errors. */
#include "check.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int in;
static char seen[4096];
static uint32_t cookies[2];

static const struct {
	uint32_t bit;
	const char *name;
} names[] = {{IN_ACCESS, "access"}, {IN_MODIFY, "modify"}, {IN_ATTRIB, "attrib"},
    {IN_CLOSE_WRITE, "close_write"}, {IN_CLOSE_NOWRITE, "close"}, {IN_OPEN, "open"},
    {IN_MOVED_FROM, "from"}, {IN_MOVED_TO, "to"}, {IN_CREATE, "create"}, {IN_DELETE, "delete"},
    {IN_DELETE_SELF, "delete_self"}, {IN_MOVE_SELF, "move_self"}, {IN_Q_OVERFLOW, "overflow"},
    {IN_IGNORED, "ignored"}, {IN_ISDIR, "/"}};

static void add(const char *s)
{
	CHECK(strlen(seen) + strlen(s) < sizeof(seen));
	strcat(seen, s);
}

/* Everything that waits to be read, as "wd:events name;". */
static const char *events(void)
{
	static char buf[65536] __attribute__((aligned(8)));
	ssize_t n;
	int moves = 0;

	seen[0] = 0;
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (void *)p;
			char number[16];

			snprintf(number, sizeof(number), "%d:", e->wd);
			add(number);
			for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
				if (e->mask & names[k].bit)
					add(names[k].name);
			if (e->len) {
				add(" ");
				add(e->name);
				CHECK_EQ(0, e->len % 16);
			}
			add(";");
			if (e->mask & IN_MOVE && moves < 2)
				cookies[moves++] = e->cookie;
			else if (!(e->mask & IN_MOVE))
				CHECK_EQ(0, e->cookie);
			p += sizeof(*e) + e->len;
		}
	}
	CHECK(n < 0 && errno == EAGAIN);
	return seen;
}

static int watch(const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(in, path, mask);

	if (wd < 0)
		FAIL("watch %s", path);
	return wd;
}

static void begin(void)
{
	enter_work_dir();
	in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(in >= 0);
}

static void end(void)
{
	close(in);
	leave_work_dir();
}

static void files(void)
{
	char c;
	int fd;

	begin();
	CHECK_EQ(1, watch(".", IN_ALL_EVENTS));
	fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_STR("1:create f;1:open f;", events());
	CHECK_EQ(3, write(fd, "abc", 3));
	CHECK_EQ(3, write(fd, "abc", 3));
	CHECK_STR("1:modify f;", events()); /* the same twice is one */
	CHECK_EQ(1, pread(fd, &c, 1, 0));
	CHECK_STR("1:access f;", events());
	CHECK_EQ(0, fchmod(fd, 0644));
	CHECK_EQ(0, ftruncate(fd, 1));
	CHECK_STR("1:attrib f;1:modify f;", events());
	CHECK_EQ(0, futimens(fd, NULL));
	CHECK_STR("1:attrib f;", events());
	close(fd);
	CHECK_STR("1:close_write f;", events());
	close(open("f", O_RDONLY));
	CHECK_STR("1:open f;1:close f;", events());
	close(open("f", O_WRONLY | O_TRUNC));
	CHECK_STR("1:open f;1:modify f;1:close_write f;", events());
	CHECK_EQ(0, link("f", "g"));
	CHECK_STR("1:create g;", events());
	CHECK_EQ(0, symlink("f", "s"));
	CHECK_STR("1:create s;", events());
	CHECK_EQ(0, unlink("s") | unlink("g") | unlink("f"));
	CHECK_STR("1:delete s;1:delete g;1:delete f;", events());
	end();
}

static void directories(void)
{
	begin();
	watch(".", IN_ALL_EVENTS);
	CHECK_EQ(0, mkdir("d", 0700));
	CHECK_STR("1:create/ d;", events());
	CHECK_EQ(2, watch("d", IN_ALL_EVENTS));
	close(open("d/f", O_CREAT | O_WRONLY, 0600));
	CHECK_STR("2:create f;2:open f;2:close_write f;", events());
	close(open("d", O_RDONLY));
	CHECK_STR("1:open/ d;2:open/;1:close/ d;2:close/;", events());
	CHECK_EQ(0, chmod("d", 0755));
	CHECK_STR("1:attrib/ d;2:attrib/;", events());
	CHECK_EQ(0, unlink("d/f"));
	CHECK_STR("2:delete f;", events());
	CHECK_EQ(0, rmdir("d"));
	events();
	CHECK(strstr(seen, "2:delete_self;2:ignored;"));
	CHECK(strstr(seen, "1:delete/ d;"));
	CHECK_ERRNO(EINVAL, inotify_rm_watch(in, 2));
	end();
}

static void moves(void)
{
	begin();
	close(open("a", O_CREAT | O_WRONLY, 0600));
	close(open("victim", O_CREAT | O_WRONLY, 0600));
	mkdir("d", 0700);
	watch(".", IN_ALL_EVENTS);
	watch("d", IN_ALL_EVENTS);
	watch("a", IN_ALL_EVENTS);
	CHECK_EQ(0, rename("a", "d/b"));
	CHECK_STR("1:from a;2:to b;3:move_self;", events());
	CHECK(cookies[0] && cookies[0] == cookies[1]);
	CHECK_EQ(0, rename("d/b", "victim"));
	CHECK_STR("2:from b;1:to victim;3:move_self;", events());
	CHECK_EQ(0, rename("d", "e"));
	CHECK_STR("1:from/ d;1:to/ e;2:move_self;", events());
	CHECK_EQ(0, unlink("victim") | rmdir("e"));
	events();
	end();
}

static void self(void)
{
	int fd;

	begin();
	fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(1, watch("f", IN_ALL_EVENTS));
	CHECK_EQ(0, link("f", "g"));
	CHECK_EQ(0, unlink("g"));
	CHECK_STR("1:attrib;", events());
	CHECK_EQ(0, unlink("f"));
	CHECK_STR("1:attrib;", events()); /* it is still open */
	CHECK_EQ(1, write(fd, "x", 1));
	CHECK_STR("1:modify;", events());
	close(fd);
	CHECK_STR("1:close_write;1:delete_self;1:ignored;", events());
	end();
}

static void masks(void)
{
	begin();
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(1, watch("f", IN_OPEN));
	CHECK_EQ(1, watch("f", IN_CLOSE));
	close(open("f", O_RDONLY));
	CHECK_STR("1:close;", events());
	CHECK_EQ(1, watch("f", IN_OPEN | IN_MASK_ADD));
	close(open("f", O_RDONLY));
	CHECK_STR("1:open;1:close;", events());
	CHECK_ERRNO(EEXIST, inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
	CHECK_EQ(0, inotify_rm_watch(in, 1));
	CHECK_STR("1:ignored;", events());
	CHECK_EQ(2, watch("f", IN_OPEN | IN_CLOSE | IN_ONESHOT));
	close(open("f", O_RDONLY));
	CHECK_STR("2:open;2:ignored;", events());
	CHECK_EQ(0, unlink("f"));
	end();
}

static void errors(void)
{
	char small[20];

	begin();
	CHECK_ERRNO(EINVAL, inotify_init1(1));
	CHECK_ERRNO(EBADF, inotify_add_watch(99, ".", IN_OPEN));
	CHECK_ERRNO(EINVAL, inotify_add_watch(1, ".", IN_OPEN));
	CHECK_ERRNO(EINVAL, inotify_add_watch(in, ".", 0));
	CHECK_ERRNO(EINVAL, inotify_add_watch(in, ".", 0x00800000));
	CHECK_ERRNO(EINVAL, inotify_add_watch(in, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	CHECK_ERRNO(ENOENT, inotify_add_watch(in, "none", IN_OPEN));
	CHECK_ERRNO(EFAULT, inotify_add_watch(in, (char *)8, IN_OPEN));
	CHECK_ERRNO(EINVAL, inotify_rm_watch(in, 1));
	CHECK_ERRNO(EBADF, inotify_rm_watch(99, 1));
	CHECK_EQ(0, symlink(".", "s"));
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_ERRNO(ENOTDIR, inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR));
	CHECK_ERRNO(ENOTDIR, inotify_add_watch(in, "s", IN_OPEN | IN_ONLYDIR | IN_DONT_FOLLOW));
	CHECK_EQ(1, watch("s", IN_CREATE));
	CHECK_EQ(0, unlink("s") | unlink("f"));
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_ERRNO(EINVAL, read(in, small, sizeof(small))); /* 32 bytes it takes */
	CHECK_STR("1:create f;", events());
	CHECK_ERRNO(EBADF, write(in, "x", 1));
	CHECK_EQ(0, unlink("f"));
	end();
}

static void waiting(void)
{
	struct pollfd p = {.events = POLLIN};
	struct inotify_event e;
	int pid, bytes = -1;

	begin();
	p.fd = in;
	watch(".", IN_CREATE);
	CHECK_EQ(0, poll(&p, 1, 0));
	CHECK_EQ(0, ioctl(in, FIONREAD, &bytes));
	CHECK_EQ(0, bytes);
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLIN, p.revents);
	CHECK_EQ(0, ioctl(in, FIONREAD, &bytes));
	CHECK_EQ(32, bytes);
	CHECK_STR("1:create f;", events());
	CHECK_EQ(0, fcntl(in, F_SETFL, 0));
	CHECK_EQ(0, inotify_rm_watch(in, 1));
	CHECK_EQ(16, read(in, &e, sizeof(e)));
	watch("f", IN_DELETE_SELF);
	pid = fork();
	if (pid == 0)
		_exit(unlink("f"));
	CHECK_EQ(16, read(in, &e, sizeof(e)));
	CHECK_EQ(IN_DELETE_SELF, e.mask);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	end();
}

static void overflow(void)
{
	int limit, fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY);
	char buf[32] = {0};

	CHECK(read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	limit = atoi(buf);
	begin();
	close(open("f", O_CREAT | O_RDWR, 0600));
	watch("f", IN_OPEN | IN_CLOSE);
	for (int k = 0; k <= limit / 2; k++)
		close(open("f", O_RDONLY));
	for (int k = 0; k < limit; k++) {
		struct inotify_event e;

		CHECK_EQ(16, read(in, &e, 16));
		CHECK_EQ(k % 2 ? IN_CLOSE_NOWRITE : IN_OPEN, e.mask);
	}
	events();
	CHECK_STR("-1:overflow;", seen);
	close(open("f", O_RDONLY));
	CHECK_STR("1:open;1:close;", events());
	CHECK_EQ(0, unlink("f"));
	end();
}

SUBCOMMANDS({"files", files}, {"directories", directories}, {"moves", moves}, {"self", self},
    {"masks", masks}, {"errors", errors}, {"waiting", waiting}, {"overflow", overflow})
