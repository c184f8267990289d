/* What /proc tells of memory: smaps, meminfo, the out-of-memory scores. */
#include "check.h"

#include <sys/mman.h>
#include <sys/uio.h>

static long page;

/* The value in KiB of `field` in the part of smaps that is about the area at `p`; or of a file of
 * such lines, without an area. */
static long figure(const char *file, const void *p, const char *field)
{
	char line[512];
	bool here = !p;
	long value = -1;
	FILE *f = fopen(file, "r");
	CHECK(f);
	while (value < 0 && fgets(line, sizeof(line), f)) {
		unsigned long start, end;
		if (p && sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (unsigned long)p && (unsigned long)p < end;
		size_t n = strlen(field);
		if (here && !strncmp(line, field, n) && line[n] == ':')
			value = strtol(line + n + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

static long smaps(const void *p, const char *field)
{
	return figure("/proc/self/smaps", p, field);
}

static char *shared_area;

static void child_counts(void)
{
	long kib = page / 1024;
	CHECK_EQ(8 * kib, smaps(shared_area, "Rss"));
	CHECK_EQ(4 * kib, smaps(shared_area, "Pss"));
	CHECK_EQ(8 * kib, smaps(shared_area, "Shared_Dirty"));
	CHECK_EQ(0, smaps(shared_area, "Private_Dirty"));
	for (int i = 0; i < 3; i++)
		shared_area[i * page] = 'c';
	CHECK_EQ(8 * kib, smaps(shared_area, "Rss"));
	CHECK_EQ(5 * kib, smaps(shared_area, "Shared_Dirty"));
	CHECK_EQ(3 * kib, smaps(shared_area, "Private_Dirty"));
	CHECK_EQ(8 * kib, smaps(shared_area, "Anonymous"));
}

/* Copy-on-write to the page. */
static void smaps_counts(void)
{
	page = sysconf(_SC_PAGESIZE);
	long kib = page / 1024;
	/* Pages without rights around it: it is joined with no neighbour. */
	char *p = mmap(NULL, (size_t)(18 * page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared_area = p + page;
	CHECK_EQ(0, mprotect(shared_area, (size_t)(16 * page), PROT_READ | PROT_WRITE));
	CHECK_EQ(0, madvise(shared_area, (size_t)(16 * page), MADV_NOHUGEPAGE));
	CHECK_EQ(16 * kib, smaps(shared_area, "Size"));
	CHECK_EQ(0, smaps(shared_area, "Rss"));
	memset(shared_area, 'p', (size_t)(8 * page));
	CHECK_EQ(8 * kib, smaps(shared_area, "Rss"));
	CHECK_EQ(8 * kib, smaps(shared_area, "Pss"));
	CHECK_EQ(8 * kib, smaps(shared_area, "Private_Dirty"));
	CHECK_EQ(0, smaps(shared_area, "Swap"));
	CHECK_EQ(0, smaps(shared_area, "Locked"));
	volatile char c =
	    shared_area[9 * page]; /* reading gives the page of zeroes: none of ours */
	(void)c;
	CHECK_EQ(8 * kib, smaps(shared_area, "Rss"));
	CHECK_EQ(0, in_child(child_counts));
	CHECK_EQ(8 * kib, smaps(shared_area, "Private_Dirty"));
	CHECK_EQ(0, mlock(shared_area, (size_t)(16 * page)));
	CHECK_EQ(16 * kib, smaps(shared_area, "Locked"));
	CHECK(figure("/proc/self/smaps_rollup", NULL, "Rss") >= 16 * kib);
}

static void flags_of(const void *p, char *out)
{
	char line[512];
	bool here = false;
	FILE *f = fopen("/proc/self/smaps", "r");
	CHECK(f);
	out[0] = 0;
	while (!out[0] && fgets(line, sizeof(line), f)) {
		unsigned long start, end;
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (unsigned long)p && (unsigned long)p < end;
		if (here && !strncmp(line, "VmFlags: ", 9))
			strcpy(out, line + 9);
	}
	fclose(f);
	out[strcspn(out, "\n")] = 0;
	char *soft = strstr(out, "sd "); /* not every kernel has it */
	if (soft)
		memmove(soft, soft + 3, strlen(soft + 3) + 1);
}

static void smaps_flags(void)
{
	char flags[512];
	page = sysconf(_SC_PAGESIZE);
	size_t n = (size_t)page;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	flags_of(p, flags);
	CHECK_STR("rd wr sh mr mw me ms ", flags);
	p = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK_EQ(0, madvise(p, n, MADV_DONTFORK));
	CHECK_EQ(0, madvise(p, n, MADV_RANDOM));
	flags_of(p, flags);
	CHECK_STR("rd mr mw me rr dc nr ", flags);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(0, madvise(p, n, MADV_WIPEONFORK));
	CHECK_EQ(0, madvise(p, n, MADV_DONTDUMP));
	CHECK_EQ(0, mlock2(p, n, MLOCK_ONFAULT));
	flags_of(p, flags);
	CHECK_STR("rd wr mr mw me lo lf ac wf dd ", flags);
}

static void meminfo(void)
{
	static const char *const names[] = {"MemTotal", "MemFree", "MemAvailable", "Buffers",
	    "Cached", "SwapCached", "Active", "Inactive", "SwapTotal", "SwapFree", "Dirty",
	    "Writeback", "AnonPages", "Mapped", "Shmem", "Slab", "SReclaimable", "SUnreclaim",
	    "KernelStack", "PageTables", "CommitLimit", "Committed_AS", "VmallocTotal",
	    "Hugepagesize"};
	const char *file = "/proc/meminfo";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (figure(file, NULL, names[i]) < 0)
			FAIL("no %s in meminfo", names[i]);
	}
	page = sysconf(_SC_PAGESIZE);
	size_t n = 8 << 20;
	long anon = figure(file, NULL, "AnonPages");
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 1, n);
	CHECK(figure(file, NULL, "AnonPages") >= anon + (long)(n >> 10) - 1024);
	long shmem = figure(file, NULL, "Shmem");
	int fd = memfd_create("x", 0);
	CHECK_EQ(n, write(fd, p, n));
	CHECK(figure(file, NULL, "Shmem") >= shmem + (long)(n >> 10) - 1024);
	CHECK_EQ(0, ftruncate(fd, 0));
	CHECK(figure(file, NULL, "Shmem") < shmem + (long)(n >> 10) / 2);
}

static void write_string(const char *file, const char *s)
{
	int fd = open(file, O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(strlen(s), write(fd, s, strlen(s)));
	close(fd);
}

static void inherits_adj(void)
{
	check_content("/proc/self/oom_score_adj", "500\n");
	if (!getuid()) {
		CHECK_EQ(0, setgid(65534));
		CHECK_EQ(0, setuid(65534));
	}
}

static void oom_files(void)
{
	check_content("/proc/self/oom_score_adj", "0\n");
	check_content("/proc/self/oom_adj", "0\n");
	write_string("/proc/self/oom_score_adj", "1000");
	check_content("/proc/self/oom_adj", "15\n");
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	CHECK_ERRNO(EINVAL, write(fd, "1001", 4));
	CHECK_ERRNO(EINVAL, write(fd, "x", 1));
	write_string("/proc/self/oom_score_adj", "500\n");
	CHECK_EQ(0, in_child(inherits_adj));
	/* Never to be chosen: for who has CAP_SYS_RESOURCE. */
	if (write(fd, "-1000", 5) == 5)
		check_content("/proc/self/oom_score", "0\n");
	else
		CHECK_EQ(EACCES, errno);
}

/* process_vm_readv(2) and process_vm_writev(2), here with ourselves at the other end. */
static void copy_between(void)
{
	char from[8] = "abcdefg", to[8] = "", *bad = (char *)8;
	struct iovec local[2] = {{to, 3}, {to + 3, 5}}, remote = {from, 8}, nothing = {NULL, 0};
	const pid_t me = getpid(), nobody = 4000000;
	CHECK_EQ(8, process_vm_readv(me, local, 2, &remote, 1, 0));
	CHECK_STR("abcdefg", to);
	to[0] = 'x';
	CHECK_EQ(3, process_vm_writev(me, local, 1, &remote, 1, 0));
	CHECK_STR("xbcdefg", from);
	CHECK_ERRNO(EINVAL, process_vm_readv(me, local, 2, &remote, 1, 1));
	CHECK_ERRNO(EINVAL, process_vm_readv(me, local, 2, &remote, 1025, 0));
	CHECK_ERRNO(ESRCH, process_vm_readv(nobody, local, 2, &remote, 1, 0));
	CHECK_ERRNO(EFAULT, process_vm_readv(me, local, 2, (struct iovec *)bad, 1, 0));
	remote.iov_base = bad;
	CHECK_ERRNO(EFAULT, process_vm_readv(me, local, 2, &remote, 1, 0));
	/* With nothing to copy nobody asks whose memory it is, or even what of it. */
	CHECK_EQ(0, process_vm_readv(nobody, local, 2, &nothing, 1, 0));
	CHECK_EQ(0, process_vm_readv(nobody, local, 2, NULL, 0, 0));
	CHECK_EQ(0, process_vm_readv(nobody, &nothing, 1, (struct iovec *)bad, 1025, 0));
}

struct other {
	int told[2], go[2];
	char *at;
};

/* Has other content at the address, and what is written there is seen here alone. */
static int has_other_content(struct other *o)
{
	char c;

	strcpy(o->at, "child's");
	CHECK_EQ(1, write(o->told[1], "", 1));
	CHECK_EQ(1, read(o->go[0], &c, 1));
	CHECK_STR("write's", o->at);
	return 0;
}

static int has_no_right(struct iovec *local, struct iovec *remote)
{
	const pid_t parent = getppid();

	CHECK_EQ(4, process_vm_readv(parent, local, 1, remote, 1, 0));
	CHECK_EQ(0, setgid(1234));
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, process_vm_readv(parent, local, 1, remote, 1, 0));
	CHECK_ERRNO(EPERM, process_vm_writev(parent, local, 1, remote, 1, 0));
	return 0;
}

static void copy_with_another(void)
{
	static char mine[8] = "parent";
	struct other o = {.at = mine};
	char buf[8] = "", c, *bad = (char *)8;
	struct iovec local = {buf, 8}, remote[2] = {{mine, 8}, {bad, 8}};
	int status;
	pid_t pid;

	CHECK_EQ(0, pipe(o.told));
	CHECK_EQ(0, pipe(o.go));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(has_other_content(&o));
	CHECK_EQ(1, read(o.told[0], &c, 1));
	CHECK_EQ(8, process_vm_readv(pid, &local, 1, remote, 1, 0));
	CHECK_STR("child's", buf);
	CHECK_STR("parent", mine);
	CHECK_ERRNO(EFAULT, process_vm_readv(pid, &local, 1, remote + 1, 1, 0));
	strcpy(buf, "write's");
	CHECK_EQ(8, process_vm_writev(pid, &local, 1, remote, 2, 0));
	CHECK_STR("parent", mine);
	CHECK_EQ(1, write(o.go[1], "", 1));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	CHECK_ERRNO(ESRCH, process_vm_readv(pid, &local, 1, remote, 1, 0));
	local.iov_len = 4;
	pid = fork();
	if (!pid)
		_exit(has_no_right(&local, remote));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

SUBCOMMANDS({"smaps_counts", smaps_counts}, {"smaps_flags", smaps_flags}, {"meminfo", meminfo},
    {"oom_files", oom_files}, {"copy_between", copy_between},
    {"copy_with_another", copy_with_another})
