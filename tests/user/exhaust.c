/*
 * Taking all the memory there is, in many ways: each ends in an error or in the death of who took
 * it. Not to be run under a system that is used for anything else.
 */
#include "check.h"

#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>

#define CHUNK (1 << 20)

static char chunk[CHUNK];

/* The errors that may end it. */
static bool is_expected(int err)
{
	return err == ENOMEM || err == ENOSPC || err == EMFILE || err == ENFILE || err == EAGAIN ||
	       err == ENOBUFS;
}

static void ended(const char *what)
{
	if (!is_expected(errno))
		FAIL("%s", what);
	_exit(0);
}

static void many_files(void)
{
	struct rlimit r = {20000, 20000};
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static void eat_pipes(void)
{
	many_files();
	for (;;) {
		int p[2];
		if (pipe2(p, O_NONBLOCK))
			ended("pipe");
		while (write(p[1], chunk, 65536) > 0)
			;
		CHECK(is_expected(errno));
	}
}

static void eat_sockets(void)
{
	many_files();
	for (;;) {
		int s[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s))
			ended("socketpair");
		while (write(s[1], chunk, 65536) > 0)
			;
		CHECK(is_expected(errno));
	}
}

static void eat_files(void)
{
	many_files();
	for (;;)
		if (open("/", O_RDONLY) < 0)
			ended("open");
}

static void eat_tmpfs(void)
{
	int fd = memfd_create("big", 0);
	for (;;)
		if (write(fd, chunk, CHUNK) <= 0)
			ended("write");
}

/* Page tables only: one page of zeroes in each two megabytes. */
static void eat_tables(void)
{
	const size_t size = 1UL << 40, step = 2UL << 20;
	for (int n = 0; n < 100; n++) {
		char *p = mmap(
		    NULL, size / 16, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p == MAP_FAILED)
			ended("mmap");
		for (size_t i = 0; i < size / 16; i += step)
			*(volatile char *)(p + i);
	}
}

static void eat_areas(void)
{
	for (int i = 0;; i++)
		if (mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0) == MAP_FAILED)
			ended("mmap");
}

static void eat_messages(void)
{
	static struct {
		long type;
		char text[8192];
	} m = {.type = 1};
	int ids[32000], n = 0;
	while (n < 32000 && (ids[n] = msgget(IPC_PRIVATE, 0600)) >= 0) {
		int id = ids[n++];
		while (!msgsnd(id, &m, sizeof(m.text), IPC_NOWAIT))
			;
		if (errno != EAGAIN)
			break;
	}
	int err = errno;
	while (n)
		msgctl(ids[--n], IPC_RMID, NULL);
	errno = err;
	ended("msgsnd");
}

/* Processes that each write to memory of their own, until there is no more for any. */
static void eat_forks(void)
{
	pid_t pids[12];
	int n = 0;
	while (n < 12 && (pids[n] = fork()) >= 0) {
		if (!pids[n]) {
			char *p = mmap(NULL, 8 * CHUNK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p != MAP_FAILED)
				memset(p, 1, 8 * CHUNK);
			pause();
		}
		n++;
	}
	while (n) {
		kill(pids[--n], SIGKILL);
		waitpid(pids[n], NULL, 0);
	}
}

/* Holds all memory but a little, which the others then take in no time; nobody's to kill for it. */
static void ballast(void)
{
	const unsigned long left = 40 << 20;
	struct sysinfo info;
	int fd = memfd_create("ballast", 0), adj = open("/proc/self/oom_score_adj", O_WRONLY);
	CHECK_EQ(5, write(adj, "-1000", 5));
	while (!sysinfo(&info) && info.freeram * info.mem_unit > left)
		if (write(fd, chunk, CHUNK) <= 0)
			FAIL("write");
	puts("ready");
	fflush(stdout);
	pause();
}

static void run_eater(void (*fn)(void))
{
	int status = in_child(fn);
	CHECK(WIFEXITED(status) ? !WEXITSTATUS(status) : WTERMSIG(status) == SIGKILL);
	int s;
	while (wait(&s) > 0)
		;
}

#define EATER(name)                                                                                \
	static void name(void)                                                                     \
	{                                                                                          \
		run_eater(eat_##name);                                                             \
	}
EATER(pipes)
EATER(sockets)
EATER(files)
EATER(tmpfs)
EATER(tables)
EATER(areas)
EATER(messages)
EATER(forks)

SUBCOMMANDS({"ballast", ballast}, {"pipes", pipes}, {"sockets", sockets}, {"files", files},
    {"tmpfs", tmpfs}, {"tables", tables}, {"areas", areas}, {"messages", messages},
    {"forks", forks})
