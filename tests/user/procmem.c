/* /proc/PID/pagemap, numa_maps, timers, timerslack_ns and their like. */
#include "check.h"

#include <sys/mman.h>
#include <sys/prctl.h>

static char *slurp(const char *path)
{
	static char buf[65536];
	size_t len = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	CHECK(n == 0);
	buf[len] = 0;
	close(fd);
	return buf;
}

#define PRESENT (1ULL << 63)
#define IS_FILE (1ULL << 61)
#define FRAME   ((1ULL << 55) - 1)

static void pagemap(void)
{
	char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t e[3];

	m[0] = 1;
	m[2 * 4096] = 1;
	CHECK(fd >= 0);
	off_t at = (off_t)((uintptr_t)m / 4096 * 8);
	CHECK_EQ(24, pread(fd, e, 24, at));
	CHECK((e[0] & PRESENT) && !e[1] && (e[2] & PRESENT));
	CHECK(!(e[0] & IS_FILE));
	CHECK((e[0] & FRAME) && (e[0] & FRAME) != (e[2] & FRAME));
	CHECK_ERRNO(EINVAL, pread(fd, e, 7, at));
	CHECK_ERRNO(EINVAL, pread(fd, e, 8, at + 4));
	CHECK_EQ(8, pread(fd, e, 8, (off_t)((uintptr_t)pagemap / 4096 * 8)));
	CHECK((e[0] & PRESENT) && (e[0] & IS_FILE));
	CHECK_EQ(0, pread(fd, e, 8, (off_t)(1ULL << 60)));
	close(fd);
}

static void numa_maps(void)
{
	char *m = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char want[64];

	m[0] = m[4096] = 1;
	const char *text = slurp("/proc/self/numa_maps");
	snprintf(want, sizeof(want), "%08lx default file=/dev/zero", (unsigned long)m);
	const char *line = strstr(text, want);
	CHECK(line);
	CHECK(strstr(line, " N0=2 kernelpagesize_kB=4"));
	CHECK(strstr(text, " stack anon="));
}

static void small_files(void)
{
	char text[100];

	CHECK_STR("monotonic           0         0\nboottime            0         0\n",
	    slurp("/proc/self/timens_offsets"));
	CHECK_STR("0\n", slurp("/proc/self/ksm_merging_pages"));
	CHECK(strstr(slurp("/proc/self/ksm_stat"), "ksm_rmap_items 0\n"));
	CHECK_EQ(0, access("/proc/self/attr/current", F_OK));
	CHECK_EQ(0, access("/proc/self/task", F_OK));
	int fd = open("/proc/self/timerslack_ns", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(0, prctl(PR_SET_TIMERSLACK, 12345));
	CHECK_STR("12345\n", slurp("/proc/self/timerslack_ns"));
	CHECK_EQ(3, write(fd, "777", 3));
	CHECK_EQ(777, prctl(PR_GET_TIMERSLACK));
	CHECK_ERRNO(EINVAL, write(fd, "x", 1));
	CHECK_EQ(1, write(fd, "0", 1));
	CHECK_EQ(50000, prctl(PR_GET_TIMERSLACK));
	close(fd);
	CHECK_STR("", slurp("/proc/self/timers"));
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t id;
	e.sigev_value.sival_ptr = (void *)0x1234;
	CHECK_EQ(0, timer_create(CLOCK_MONOTONIC, &e, &id));
	snprintf(text, sizeof(text),
	    "ID: 0\nsignal: 10/0000000000001234\nnotify: signal/pid.%d\nClockID: 1\n", getpid());
	CHECK_STR(text, slurp("/proc/self/timers"));
	CHECK_EQ(0, timer_delete(id));
}

SUBCOMMANDS({"pagemap", pagemap}, {"numa_maps", numa_maps}, {"small_files", small_files})
