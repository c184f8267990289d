/*
 * For the test programs: each is a table of subcommands. A subcommand checks what it is about,
 * prints what went wrong with file and line, and ends with 1; if all was well it prints "ok" and
 * ends with 0. They run under Linux the same.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAIL(...)                                                                                  \
	do {                                                                                       \
		int fail_errno_ = errno;                                                           \
		fflush(stdout);                                                                    \
		dprintf(1, "%s:%d: ", __FILE__, __LINE__);                                         \
		dprintf(1, __VA_ARGS__);                                                           \
		dprintf(1, " (errno %d: %s)\n", fail_errno_, strerror(fail_errno_));               \
		_exit(1);                                                                          \
	} while (0)

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			FAIL("%s", #cond);                                                         \
	} while (0)

#define CHECK_EQ(want, expr)                                                                       \
	do {                                                                                       \
		long long want_ = (long long)(want), got_ = (long long)(expr);                     \
		if (want_ != got_)                                                                 \
			FAIL("%s: %lld (%#llx), not %lld (%#llx)", #expr, got_, got_, want_,       \
			    want_);                                                                \
	} while (0)

#define CHECK_STR(want, got)                                                                       \
	do {                                                                                       \
		if (strcmp((want), (got)))                                                         \
			FAIL("%s: \"%s\", not \"%s\"", #got, (got), (want));                       \
	} while (0)

/* The call fails with this error. */
#define CHECK_ERRNO(err, expr)                                                                     \
	do {                                                                                       \
		errno = 0;                                                                         \
		long long got_ = (long long)(expr);                                                \
		if (got_ != -1)                                                                    \
			FAIL("%s: %lld, not -1 with %s", #expr, got_, strerrorname_(err));         \
		if (errno != (err))                                                                \
			FAIL("%s: not %s", #expr, strerrorname_(err));                             \
	} while (0)

static inline const char *strerrorname_(int err)
{
	return strerror(err);
}

struct subcommand {
	const char *name;
	void (*fn)(void);
};

static char **args __attribute__((unused)); /* what follows the subcommand */
static int nargs __attribute__((unused));

static inline int run_subcommand(const struct subcommand *table, int argc, char **argv)
{
	for (; argc > 1 && table->name; table++) {
		if (strcmp(table->name, argv[1]))
			continue;
		args = argv + 2;
		nargs = argc - 2;
		table->fn();
		printf("ok\n");
		return 0;
	}
	fprintf(stderr, "%s: no such subcommand\n", argc > 1 ? argv[1] : "(none)");
	return 2;
}

#define SUBCOMMANDS(...)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		static const struct subcommand table[] = {__VA_ARGS__, {NULL, NULL}};              \
		return run_subcommand(table, argc, argv);                                          \
	}

/* Runs fn in a child and gives its wait status. */
static inline int __attribute__((unused)) in_child(void (*fn)(void))
{
	int status;
	fflush(stdout);
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

static inline void __attribute__((unused)) sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static inline int64_t __attribute__((unused)) now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Waits until the task, a process or a thread, is asleep. */
static inline void __attribute__((unused)) await_sleep(pid_t tid)
{
	char path[64], text[512], *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	do {
		int fd = open(path, O_RDONLY);

		CHECK(fd >= 0);
		ssize_t n = read(fd, text, sizeof(text) - 1);
		CHECK(n > 0);
		text[n] = 0;
		close(fd);
		state = strrchr(text, ')') + 2;
		if (*state != 'S')
			sleep_ms(1);
	} while (*state != 'S');
}

/* A fresh directory to work in, made the current one. */
static char work_dir[64] __attribute__((unused));
static inline void __attribute__((unused)) enter_work_dir(void)
{
	strcpy(work_dir, "/tmp/test.XXXXXX");
	mkdir("/tmp", 01777);
	CHECK(mkdtemp(work_dir));
	CHECK_EQ(0, chdir(work_dir));
}

static inline void __attribute__((unused)) leave_work_dir(void)
{
	CHECK_EQ(0, chdir("/"));
	CHECK_EQ(0, rmdir(work_dir));
}

/* Makes or empties the file, writes the content, and gives the open descriptor. */
static inline int __attribute__((unused)) make_file(const char *name, const char *content)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ((long)strlen(content), write(fd, content, strlen(content)));
	return fd;
}

static inline void __attribute__((unused)) check_content(const char *name, const char *want)
{
	char buf[4096];
	int fd = open(name, O_RDONLY);

	CHECK(fd >= 0);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	CHECK(n >= 0);
	buf[n] = 0;
	CHECK_STR(want, buf);
	close(fd);
}

#endif
