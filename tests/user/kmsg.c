/* The kernel log: syslog(2) and /dev/kmsg. What is written here is of level 7, which the console
 * does not show. */
#include "check.h"

#include <linux/capability.h>
#include <poll.h>
#include <sys/syscall.h>

enum { CLOSE, OPEN, READ, READ_ALL, READ_CLEAR, CLEAR, OFF, ON, LEVEL, UNREAD, SIZE };

static char text[1 << 20];
static void *volatile nowhere = (void *)16;

static long syslog_(int action, void *buf, int len)
{
	return syscall(SYS_syslog, action, buf, len);
}

/* Each open file may write but ten lines in five seconds: every line has one of its own. */
static void log_line(const char *line)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ((long)strlen(line), write(fd, line, strlen(line)));
	close(fd);
}

static void arguments(void)
{
	CHECK_EQ(0, syslog_(CLOSE, NULL, 0));
	CHECK_EQ(0, syslog_(OPEN, NULL, 0));
	for (int action = READ; action <= READ_CLEAR; action++) {
		CHECK_ERRNO(EINVAL, syslog_(action, NULL, 10));
		CHECK_ERRNO(EINVAL, syslog_(action, text, -1));
		CHECK_EQ(0, syslog_(action, text, 0));
	}
	log_line("<15>there is something\n");
	CHECK_ERRNO(EFAULT, syslog_(READ, nowhere, 4096));
	CHECK_ERRNO(EFAULT, syslog_(READ_ALL, nowhere, 4096));
	CHECK_ERRNO(EINVAL, syslog_(LEVEL, NULL, 0));
	CHECK_ERRNO(EINVAL, syslog_(LEVEL, NULL, 9));
	CHECK_ERRNO(EINVAL, syslog_(11, NULL, 0));
	CHECK_ERRNO(EINVAL, syslog_(-1, NULL, 0));
	CHECK(syslog_(SIZE, NULL, 0) >= 4096);
	CHECK(syslog_(UNREAD, NULL, 0) >= 0);
}

static void restrict_dmesg(const char *value)
{
	int fd = open("/proc/sys/kernel/dmesg_restrict", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(1, write(fd, value, 1));
	close(fd);
}

/* With these capabilities alone, an ordinary user. */
static void become(uint64_t caps)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{(uint32_t)caps, (uint32_t)caps, 0},
	    {(uint32_t)(caps >> 32), (uint32_t)(caps >> 32), 0}};

	CHECK_EQ(0, setresuid(1000, 1000, 0));
	CHECK_EQ(0, syscall(SYS_capset, &h, d));
}

static void be_restricted(void)
{
	become(0);
	for (int action = -1; action <= SIZE + 1; action++)
		CHECK_ERRNO(EPERM, syslog_(action, NULL, 0));
	CHECK_ERRNO(EPERM, open("/dev/kmsg", O_RDONLY));
	CHECK_ERRNO(EACCES, open("/dev/kmsg", O_WRONLY));
}

static void be_unrestricted(void)
{
	become(0);
	for (int action = -1; action <= SIZE + 1; action++)
		if (action != READ_ALL && action != SIZE)
			CHECK_ERRNO(EPERM, syslog_(action, NULL, 0));
	CHECK_EQ(0, syslog_(READ_ALL, text, 0));
	CHECK(syslog_(SIZE, NULL, 0) > 0);
	CHECK(open("/dev/kmsg", O_RDONLY) >= 0);
}

static void be_administrator(void)
{
	become(1ULL << CAP_SYS_ADMIN);
	CHECK_ERRNO(EPERM, syslog_(SIZE, NULL, 0));
}

static void be_logger(void)
{
	become(1ULL << CAP_SYSLOG);
	CHECK(syslog_(SIZE, NULL, 0) > 0);
	CHECK_EQ(0, syslog_(OPEN, NULL, 0));
	CHECK(open("/dev/kmsg", O_RDONLY) >= 0);
}

static void permissions(void)
{
	CHECK_EQ(0, in_child(be_restricted));
	CHECK_EQ(0, in_child(be_administrator));
	CHECK_EQ(0, in_child(be_logger));
	restrict_dmesg("0");
	int status = in_child(be_unrestricted);
	restrict_dmesg("1");
	CHECK_EQ(0, status);
}

static long read_all(int action, size_t size)
{
	long n = syslog_(action, text, (int)size);

	CHECK(n >= 0 && n < (long)sizeof(text));
	text[n] = 0;
	return n;
}

static void all(void)
{
	log_line("<15>all: first\n");
	log_line("<23>all: second\n");
	long n = read_all(READ_ALL, sizeof(text) - 1);
	char *first = strstr(text, "] all: first\n<23>["), *second;
	CHECK(first);
	second = strstr(first, "<23>[");
	CHECK_STR("] all: second\n", strchr(second, ']'));
	size_t line = (size_t)(text + n - second);
	read_all(READ_ALL, line + 5); /* whole records, the newest */
	CHECK(!strncmp(text, "<23>[", 5));
	CHECK_EQ(line, strlen(text));
	CHECK_EQ(0, read_all(READ_ALL, line - 1));
	log_line("<15>all: two\nlines\n");
	read_all(READ_CLEAR, sizeof(text) - 1);
	CHECK(strstr(text, "] all: two\n<15>["));
	CHECK(strstr(text, "] lines\n"));
	CHECK_EQ(0, read_all(READ_ALL, sizeof(text) - 1));
	log_line("<15>all: third\n");
	read_all(READ_ALL, sizeof(text) - 1);
	CHECK_STR("] all: third\n", strchr(text, ']'));
	CHECK_EQ(0, syslog_(CLEAR, NULL, 0));
	CHECK_EQ(0, read_all(READ_ALL, sizeof(text) - 1));
}

static void drain(void)
{
	while (syslog_(UNREAD, NULL, 0) > 0)
		CHECK(syslog_(READ, text, sizeof(text)) > 0);
}

static void wait_for_line(void)
{
	long n = syslog_(READ, text, sizeof(text) - 1);

	CHECK(n > 0);
	text[n] = 0;
	CHECK_STR("] unread: awaited\n", strchr(text, ']'));
}

static void unread(void)
{
	drain();
	log_line("<15>unread: in pieces\n");
	long n = syslog_(UNREAD, NULL, 0);
	CHECK_EQ(5, syslog_(READ, text, 5));
	CHECK_EQ(0, strncmp(text, "<15>[", 5));
	CHECK_EQ(n - 5, syslog_(UNREAD, NULL, 0));
	CHECK_EQ(n - 5, syslog_(READ, text, 1000));
	text[n - 5] = 0;
	CHECK_STR("] unread: in pieces\n", strchr(text, ']'));
	CHECK_EQ(0, syslog_(UNREAD, NULL, 0));
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		wait_for_line();
		_exit(0);
	}
	log_line("<15>unread: awaited\n");
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

static int console_level(void)
{
	FILE *f = fopen("/proc/sys/kernel/printk", "r");
	int level;

	CHECK(f);
	CHECK_EQ(1, fscanf(f, "%d", &level));
	fclose(f);
	return level;
}

static void console(void)
{
	int level = console_level();

	CHECK_EQ(0, syslog_(LEVEL, NULL, 5));
	CHECK_EQ(5, console_level());
	CHECK_EQ(0, syslog_(OFF, NULL, 0));
	CHECK_EQ(0, syslog_(OFF, NULL, 0));
	CHECK_EQ(1, console_level());
	CHECK_EQ(0, syslog_(ON, NULL, 0));
	CHECK_EQ(0, syslog_(ON, NULL, 0));
	CHECK_EQ(5, console_level());
	CHECK_EQ(0, syslog_(OFF, NULL, 0));
	CHECK_EQ(0, syslog_(LEVEL, NULL, 4));
	CHECK_EQ(0, syslog_(ON, NULL, 0));
	CHECK_EQ(4, console_level());
	CHECK_EQ(0, syslog_(LEVEL, NULL, level));
}

/* At the end of the log. */
static int open_end(int flags)
{
	int fd = open("/dev/kmsg", O_RDWR | flags);

	CHECK(fd >= 0);
	CHECK_EQ(0, lseek(fd, 0, SEEK_END));
	return fd;
}

/* Reads a record: its priority, and its text with what follows. */
static unsigned read_record(int fd, unsigned long long *seq, char body[4096])
{
	unsigned priority;
	unsigned long long usec;
	int at = 0;
	ssize_t n = read(fd, text, 8192);

	CHECK(n > 0);
	text[n] = 0;
	CHECK(sscanf(text, "%u,%llu,%llu,-%*[^;];%n", &priority, seq, &usec, &at) >= 3);
	if (!at) /* no caller among the flags */
		at = (int)(strchr(text, ';') + 1 - text);
	strcpy(body, text + at);
	return priority;
}

static void expect(int fd, const char *line, unsigned priority, const char *body)
{
	static unsigned long long last;
	unsigned long long seq;
	char got[4096];

	log_line(line);
	CHECK_EQ(priority, read_record(fd, &seq, got));
	CHECK_STR(body, got);
	CHECK(!last || seq == last + 1);
	last = seq;
}

static void records(void)
{
	int fd = open_end(O_NONBLOCK);

	CHECK_ERRNO(EAGAIN, read(fd, text, 8192));
	expect(fd, "<15>plain\n", 15, "plain\n");
	expect(fd, "<7>of no facility\n", 15, "of no facility\n");
	expect(fd, "<31>daemon\n", 31, "daemon\n");
	expect(fd, "<2063>far too much\n", 15, "far too much\n");
	expect(fd, "<15x>not a number\n", 12, "<15x>not a number\n");
	expect(fd, "<15>odd \\ \x01 \xc3\xa9\n", 15, "odd \\x5c \\x01 \\xc3\\xa9\n");
	expect(fd, "<15>two\nlines\n", 15, "two\\x0alines\n");
	CHECK_ERRNO(EAGAIN, read(fd, text, 8192));
	log_line("<15>too long for the buffer\n");
	CHECK_ERRNO(EINVAL, read(fd, text, 10)); /* and it is gone */
	CHECK_ERRNO(EAGAIN, read(fd, text, 8192));
	log_line("<15>to nowhere\n");
	CHECK_ERRNO(EFAULT, read(fd, nowhere, 8192));
	close(fd);
}

static void seek(void)
{
	int fd = open_end(O_NONBLOCK);
	unsigned long long seq, first;
	char body[4096];

	CHECK_ERRNO(ESPIPE, lseek(fd, 1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, SEEK_CUR));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, SEEK_HOLE));
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	read_record(fd, &first, body);
	CHECK_EQ(0, syslog_(CLEAR, NULL, 0));
	log_line("<15>seek: since\n");
	CHECK_EQ(0, lseek(fd, 0, SEEK_DATA));
	read_record(fd, &seq, body);
	CHECK_STR("seek: since\n", body);
	CHECK(seq > first);
	CHECK_EQ(0, lseek(fd, 0, SEEK_END));
	CHECK_ERRNO(EAGAIN, read(fd, text, 8192));
	close(fd);
}

static void writes(void)
{
	static char line[1100];
	int fd = open_end(O_NONBLOCK), w = open("/dev/kmsg", O_WRONLY);
	unsigned long long seq;
	char body[4096];

	memset(line, 'x', sizeof(line));
	memcpy(line, "<15>", 4);
	CHECK_ERRNO(EINVAL, write(w, line, 1025));
	CHECK_ERRNO(EFAULT, write(w, nowhere, 10));
	line[999] = '\n';
	CHECK_EQ(1000, write(w, line, 1000));
	CHECK_EQ(15, read_record(fd, &seq, body));
	CHECK_EQ(996, strlen(body));
	CHECK_ERRNO(EBADF, read(w, line, 10));
	for (int k = 0; k < 20; k++)
		CHECK_EQ(8, write(w, "<15>rate\n", 9) - 1);
	int read_lines = 0;
	while (read(fd, text, 8192) > 0)
		read_lines++;
	CHECK(read_lines >= 8 && read_lines < 20);
	close(w);
	close(fd);
}

static void write_later(void)
{
	sleep_ms(30);
	log_line("<15>polled\n");
}

static void polling(void)
{
	struct pollfd p = {.fd = open_end(0), .events = POLLIN | POLLOUT | POLLPRI};
	unsigned long long seq;
	char body[4096];

	CHECK_EQ(0, poll(&p, 1, 0));
	for (int k = 0; k < 2; k++) {
		fflush(stdout);
		pid_t pid = fork();
		if (!pid) {
			write_later();
			_exit(0);
		}
		if (!k) {
			CHECK_EQ(1, poll(&p, 1, -1));
			CHECK_EQ(POLLIN, p.revents);
		}
		read_record(p.fd, &seq, body);
		CHECK_STR("polled\n", body);
		CHECK_EQ(pid, waitpid(pid, NULL, 0));
	}
	close(p.fd);
}

/* Fills the log until its beginning is gone. */
static void overtaken(void)
{
	static char line[1024];
	struct pollfd p = {.fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), .events = POLLIN};
	unsigned long long before, seq;
	char body[4096];

	CHECK(p.fd >= 0);
	read_record(p.fd, &before, body);
	memset(line, 'o', 1000);
	memcpy(line, "<15>", 4);
	line[999] = '\n';
	for (int k = 0; k < 5000; k++) {
		log_line(line);
		CHECK_EQ(1, poll(&p, 1, 0));
		if (p.revents & POLLERR)
			break;
	}
	CHECK(p.revents & POLLERR);
	CHECK_ERRNO(EPIPE, read(p.fd, text, 8192));
	read_record(p.fd, &seq, body);
	CHECK(seq > before + 1);
	close(p.fd);
}

SUBCOMMANDS({"arguments", arguments}, {"permissions", permissions}, {"all", all},
    {"unread", unread}, {"console", console}, {"records", records}, {"seek", seek},
    {"writes", writes}, {"polling", polling}, {"overtaken", overtaken})
