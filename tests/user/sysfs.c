/* /sys as lscpu, nproc and C libraries read it. */
#include "check.h"

#include <sys/statfs.h>

static char text[4096];

static const char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		FAIL("%s", path);
	text[n] = 0;
	close(fd);
	return text;
}

static void cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	char want[32], path[128];
	struct statfs fs;
	struct stat st;

	CHECK_EQ(0, statfs("/sys", &fs));
	CHECK_EQ(0x62656572, fs.f_type);
	snprintf(want, sizeof(want), n > 1 ? "0-%ld\n" : "0\n", n - 1);
	CHECK_STR(want, slurp("/sys/devices/system/cpu/online"));
	CHECK_STR(want, slurp("/sys/devices/system/cpu/possible"));
	CHECK_STR(want, slurp("/sys/devices/system/cpu/present"));
	CHECK_STR(want, slurp("/sys/devices/system/node/node0/cpulist"));
	CHECK_STR("\n", slurp("/sys/devices/system/cpu/offline"));
	CHECK_STR("0\n", slurp("/sys/devices/system/node/online"));
	for (long k = 0; k < n; k++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/topology/core_id", k);
		snprintf(want, sizeof(want), "%ld\n", k);
		CHECK_STR(want, slurp(path));
		snprintf(path, sizeof(path),
		    "/sys/devices/system/cpu/cpu%ld/topology/thread_siblings_list", k);
		CHECK_STR(want, slurp(path));
	}
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld", n);
	CHECK_ERRNO(ENOENT, stat(path, &st));
	CHECK_ERRNO(ENOENT, stat("/sys/devices/system/cpu/cpu01", &st));
	CHECK_EQ(0, stat("/sys/devices/system/cpu/online", &st));
	CHECK_EQ(S_IFREG | 0444, st.st_mode);
	CHECK_EQ(4096, st.st_size);
}

SUBCOMMANDS({"cpus", cpus})
