/* /proc as programs read it: proc(5). */
#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

static char text[65536];

/* The whole file, as a string; its length. */
static ssize_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = 0, n;

	if (fd < 0)
		FAIL("open %s", path);
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	if (n < 0)
		FAIL("read %s", path);
	text[len] = 0;
	close(fd);
	return len;
}

static const char *of(pid_t pid, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return path;
}

static char comm[32], state;
static long long field[60];

/* Reads a stat file into field[], numbered as the manual page does; returns how many there are. */
static int read_stat(const char *path)
{
	char *p, *end;
	int n = 3;

	slurp(path);
	p = strchr(text, '(');
	end = strrchr(text, ')');
	CHECK(p && end);
	field[1] = atoi(text);
	memcpy(comm, p + 1, (size_t)(end - p - 1));
	comm[end - p - 1] = 0;
	state = end[2];
	for (p = end + 3; *p && *p != '\n';) {
		char *next;

		field[++n] = (long long)strtoull(p, &next, 10);
		CHECK(next != p);
		p = next;
	}
	return n;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "a) S (b");
		for (;;)
			pause();
	}
	CHECK(pid > 0);
	do
		read_stat(of(pid, "stat"));
	while (state != 'S' || strcmp(comm, "a) S (b"));
	return pid;
}

static void end_of(pid_t pid)
{
	CHECK_EQ(0, kill(pid, SIGKILL));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void stat_fields(void)
{
	pid_t pid = sleeper();
	long ticks = now_ns() / 10000000;

	CHECK_EQ(52, read_stat(of(pid, "stat")));
	CHECK_EQ(pid, field[1]);
	CHECK_EQ(getpid(), field[4]);
	CHECK_EQ(getpgrp(), field[5]);
	CHECK_EQ(getsid(0), field[6]);
	CHECK_EQ(0x40, field[9] & 0x200044); /* forked and did not exec; no kernel thread */
	CHECK_EQ(20, field[18]);
	CHECK_EQ(0, field[19]);
	CHECK_EQ(1, field[20]);
	CHECK(field[22] <= ticks && field[22] > ticks - 1000);
	CHECK(field[23] > 0 && field[24] > 0 && field[26] && field[27] > field[26] && field[28]);
	CHECK_EQ(SIGCHLD, field[38]);
	CHECK(field[39] < sysconf(_SC_NPROCESSORS_ONLN));
	CHECK(field[47] && field[49] >= field[48] && field[51] >= field[50]);
	CHECK_EQ(0, field[52]);
	end_of(pid);
}

static void stat_zombie(void)
{
	pid_t pid = fork();
	char buf[64];
	int fd;

	if (pid == 0)
		_exit(3);
	do
		CHECK_EQ(52, read_stat(of(pid, "stat")));
	while (state != 'Z');
	CHECK_EQ(3 << 8, field[52]);
	CHECK_EQ(0, field[23]);
	CHECK_EQ(0, field[24]);
	CHECK_EQ(1, field[20]);
	CHECK_EQ(0, slurp(of(pid, "cmdline")));
	CHECK_EQ(0, slurp(of(pid, "maps")));
	CHECK_ERRNO(ENOENT, readlink(of(pid, "exe"), buf, sizeof(buf)));
	CHECK_ERRNO(ENOENT, readlink(of(pid, "cwd"), buf, sizeof(buf)));
	slurp(of(pid, "status"));
	CHECK(strstr(text, "State:\tZ (zombie)\n") && strstr(text, "Threads:\t1\n"));
	CHECK(!strstr(text, "VmRSS"));
	fd = open(of(pid, "status"), O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_ERRNO(ESRCH, read(fd, buf, sizeof(buf)));
	CHECK_ERRNO(ENOENT, open(of(pid, "status"), O_RDONLY));
	close(fd);
}

/* The lines of status that every kernel of 6.12 has, in its order. */
static void status_lines(void)
{
	static const char *const names[] = {"Name", "Umask", "State", "Tgid", "Ngid", "Pid", "PPid",
	    "TracerPid", "Uid", "Gid", "FDSize", "Groups", "NStgid", "NSpid", "NSpgid", "NSsid",
	    "Kthread", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "RssAnon", "RssFile",
	    "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap", "CoreDumping",
	    "THP_enabled", "untag_mask", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn",
	    "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
	    "Seccomp_filters", "Speculation_Store_Bypass", "SpeculationIndirectBranch",
	    "Cpus_allowed", "Cpus_allowed_list", "Mems_allowed", "Mems_allowed_list",
	    "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches", NULL};
	char *line, *at = text;

	slurp("/proc/self/status");
	for (const char *const *n = names; *n; n++) {
		char want[64];

		snprintf(want, sizeof(want), "%s:\t", *n);
		while ((line = strsep(&at, "\n")) && strncmp(line, want, strlen(want)))
			;
		if (!line)
			FAIL("%s is not there, or too early", *n);
	}
}

static void status_values(void)
{
	pid_t pid = sleeper();
	char want[128];

	slurp(of(pid, "status"));
	snprintf(
	    want, sizeof(want), "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n", pid, pid, getpid());
	CHECK(strstr(text, want));
	CHECK(strstr(text, "Name:\ta) S (b\n"));
	CHECK(strstr(text, "State:\tS (sleeping)\n"));
	CHECK(strstr(text, "Kthread:\t0\n"));
	CHECK(strstr(text, "SigCgt:\t0000000000000000\n"));
	CHECK_EQ(0, kill(pid, SIGSTOP));
	do
		slurp(of(pid, "status"));
	while (!strstr(text, "State:\tT (stopped)\n"));
	CHECK_EQ(0, kill(pid, SIGUSR1));
	slurp(of(pid, "status"));
	CHECK(strstr(text, "ShdPnd:\t0000000000000200\n"));
	CHECK(strstr(text, "SigQ:\t1/"));
	end_of(pid);
	prctl(PR_SET_NAME, "x\ny\\z");
	slurp("/proc/self/status");
	CHECK(strstr(text, "Name:\tx\\ny\\\\z\n"));
}

static void *named_thread(void *arg)
{
	char path[64];
	int fd;

	prctl(PR_SET_NAME, "worker");
	CHECK_EQ(7, slurp("/proc/thread-self/comm"));
	CHECK_STR("worker\n", text);
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", getpid());
	fd = open(path, O_WRONLY);
	CHECK_EQ(20, write(fd, "a-name-far-too-long\n", 20));
	close(fd);
	snprintf(path, sizeof(path), "/proc/%ld/stat", syscall(SYS_gettid));
	CHECK_EQ(52, read_stat(path)); /* not listed, but there */
	CHECK_EQ(syscall(SYS_gettid), field[1]);
	snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", syscall(SYS_gettid));
	CHECK_EQ(52, read_stat(path));
	CHECK_EQ(2, field[20]);
	CHECK_EQ(-1, (int)field[38]);
	return arg;
}

static void threads(void)
{
	pid_t pid = sleeper();
	struct stat st;
	pthread_t t;
	DIR *d;
	int n = 0, fd;

	CHECK_EQ(0, pthread_create(&t, NULL, named_thread, NULL));
	CHECK_EQ(0, pthread_join(t, NULL));
	slurp("/proc/self/comm");
	CHECK_STR("a-name-far-too-\n", text);
	do
		CHECK_EQ(0, stat("/proc/self/task", &st));
	while (st.st_nlink != 3); /* until the other one is gone */
	CHECK((d = opendir("/proc/self/task")));
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	CHECK_EQ(1, n);
	fd = open(of(pid, "comm"), O_WRONLY);
	CHECK_ERRNO(EINVAL, write(fd, "x", 1)); /* another's */
	close(fd);
	snprintf(text, sizeof(text), "/proc/self/task/%d/children", getpid());
	slurp(strdup(text));
	CHECK_EQ(pid, atoi(text));
	end_of(pid);
}

static void descriptors(void)
{
	char path[64], target[64] = {0}, want[128];
	struct stat st, dir;
	DIR *d;
	int n = 0, fd;

	enter_work_dir();
	fd = open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	CHECK_EQ(5, write(fd, "12345", 5));
	CHECK_EQ(3, lseek(fd, 3, SEEK_SET));
	fstat(fd, &st);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	slurp(path);
	snprintf(want, sizeof(want), "pos:\t3\nflags:\t0%o\nmnt_id:\t",
	    O_RDWR | O_APPEND | 0100000 /* O_LARGEFILE */ | O_CLOEXEC);
	CHECK(!strncmp(want, text, strlen(want)));
	snprintf(want, sizeof(want), "\nino:\t%lu\n", (unsigned long)st.st_ino);
	CHECK(strstr(text, want));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(0, lstat(path, &st));
	CHECK_EQ(S_IFLNK | 0700, st.st_mode);
	CHECK_EQ(64, st.st_size);
	CHECK(readlink(path, target, sizeof(target)) > 0);
	CHECK_STR(work_dir, (*strrchr(target, '/') = 0, target));
	CHECK((d = opendir("/proc/self/fd")));
	fstat(dirfd(d), &dir);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	CHECK_EQ(n, dir.st_size);
	unlink("file");
	CHECK(readlink(path, target, sizeof(target) - 1) > 0);
	CHECK(strstr(target, "/file (deleted)"));
	close(fd);
	CHECK_ERRNO(ENOENT, lstat(path, &st));
	leave_work_dir();
}

static void fdinfo_locks(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
	char path[64], want[128];
	struct stat st;
	int fd;

	enter_work_dir();
	fd = open("file", O_RDWR | O_CREAT, 0600);
	fstat(fd, &st);
	CHECK_EQ(0, fcntl(fd, F_SETLK, &l));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(want, sizeof(want), ": POSIX  ADVISORY  WRITE %d %02x:%02x:%lu 10 14\n", getpid(),
	    (unsigned)(st.st_dev >> 8), (unsigned)(st.st_dev & 0xff), (unsigned long)st.st_ino);
	slurp(path);
	CHECK(strstr(text, "lock:\t1: POSIX") && strstr(text, want));
	slurp("/proc/locks");
	CHECK(strstr(text, want));
	l.l_type = F_UNLCK;
	CHECK_EQ(0, fcntl(fd, F_SETLK, &l));
	CHECK_EQ(0, flock(fd, LOCK_SH));
	snprintf(want, sizeof(want), ": FLOCK  ADVISORY  READ %d ", getpid());
	slurp("/proc/locks");
	CHECK(strstr(text, want));
	close(fd);
	slurp("/proc/locks");
	CHECK(!strstr(text, want));
	unlink("file");
	leave_work_dir();
}

static long long io_value(const char *name)
{
	slurp("/proc/self/io");
	char *at = strstr(text, name);
	CHECK(at);
	return atoll(at + strlen(name));
}

static void io_counts(void)
{
	char buf[1000] = {0};
	int fd = open("/dev/null", O_RDWR);
	long long written = io_value("wchar: "), calls = io_value("syscw: "), got;

	CHECK_EQ(1000, write(fd, buf, sizeof(buf)));
	CHECK_EQ(10, pwrite(fd, buf, 10, 0));
	CHECK_ERRNO(EBADF, write(99, buf, 10));
	CHECK_EQ(written + 1010, io_value("wchar: "));
	CHECK_EQ(calls + 2, io_value("syscw: "));
	got = io_value("rchar: ");
	CHECK(io_value("rchar: ") > got);
	close(fd);
}

static void partial_reads(void)
{
	static char whole[8192];
	char piece[7];
	int fd = open("/proc/self/limits", O_RDONLY);
	ssize_t len, n;
	off_t at = 0;

	len = slurp("/proc/self/limits");
	memcpy(whole, text, (size_t)len);
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		CHECK(at + n <= len && !memcmp(whole + at, piece, (size_t)n));
		at += n;
	}
	CHECK_EQ(len, at);
	CHECK_EQ(5, pread(fd, piece, 5, 100));
	CHECK(!memcmp(whole + 100, piece, 5));
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	CHECK_EQ(5, read(fd, piece, 5));
	CHECK(!memcmp(whole, piece, 5));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, SEEK_END));
	CHECK_ERRNO(EBADF, write(fd, "x", 1));
	close(fd);
}

static void title(void)
{
	char *last = args[0]; /* the only argument after the subcommand */
	size_t len;

	CHECK_EQ(1, nargs);
	len = strlen(last);
	slurp("/proc/self/cmdline");
	CHECK_STR("title", text + strlen(text) + 1);
	memset(last, 'x', len);
	CHECK_EQ((long long)(last - args[-2]) + (long long)len + 1, slurp("/proc/self/cmdline"));
	last[len] = 'y'; /* over the end: one string from here on */
	slurp("/proc/self/cmdline");
	CHECK_EQ((long long)strlen(args[-2]), (long long)strlen(text));
}

static void parameters(void)
{
	struct utsname u, old;
	int fd;

	uname(&old);
	fd = open("/proc/sys/kernel/hostname", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(9, write(fd, "elsewhere", 9));
	uname(&u);
	CHECK_STR("elsewhere", u.nodename);
	slurp("/proc/sys/kernel/hostname");
	CHECK_STR("elsewhere\n", text);
	CHECK_EQ(0, lseek(fd, 0, SEEK_SET));
	CHECK_EQ((long long)strlen(old.nodename), write(fd, old.nodename, strlen(old.nodename)));
	close(fd);
	CHECK_ERRNO(EACCES, open("/proc/sys/kernel/ostype", O_WRONLY)); /* root or not */
	fd = open("/proc/sys/kernel/pid_max", O_RDWR);
	CHECK_ERRNO(EINVAL, write(fd, "1", 1));
	CHECK_ERRNO(EINVAL, write(fd, "many", 4));
	close(fd);
	slurp("/proc/sys/kernel/pid_max");
	CHECK(atoi(text) >= 32768);
	slurp("/proc/sys/kernel/random/uuid");
	CHECK(strlen(text) == 37 && text[8] == '-' && text[14] == '4');
	slurp("/proc/sys/kernel/random/boot_id");
	char *first = strdup(text);
	slurp("/proc/sys/kernel/random/boot_id");
	CHECK_STR(first, text);
}

/* What an ordinary user sees of root's process. */
static void look_from_outside(void)
{
	pid_t pid = getppid();
	char buf[16];

	CHECK_EQ(0, setgid(1000));
	CHECK_EQ(0, setuid(1000));
	CHECK_EQ(52, read_stat(of(pid, "stat")));
	CHECK_EQ(1, field[26]);
	CHECK_EQ(0, field[28]);
	CHECK_EQ(0, field[48]);
	CHECK(field[23] > 0);
	CHECK(slurp(of(pid, "status")) > 500);
	CHECK(slurp(of(pid, "cmdline")) > 5);
	CHECK_ERRNO(EACCES, open(of(pid, "environ"), O_RDONLY));
	CHECK_ERRNO(EACCES, open(of(pid, "maps"), O_RDONLY));
	CHECK_ERRNO(EACCES, open(of(pid, "fd"), O_RDONLY));
	CHECK_ERRNO(EACCES, readlink(of(pid, "exe"), buf, sizeof(buf)));
	CHECK_ERRNO(EACCES, open(of(pid, "io"), O_RDONLY));
	CHECK_ERRNO(EACCES, open("/proc/sys/kernel/hostname", O_WRONLY));
	CHECK(opendir("/proc/self/fd")); /* its own, though it is not dumpable now */
}

static void permissions(void)
{
	CHECK_EQ(0, in_child(look_from_outside));
}

/* Nobody changes a task's directory, nor the modes in it, nor a parameter. */
static void fixed_modes(void)
{
	struct timespec t[2] = {{1, 0}, {2, 0}};

	CHECK_ERRNO(EPERM, chmod("/proc/self", 0500));
	CHECK_ERRNO(EPERM, chown("/proc/self", 0, 0));
	CHECK_ERRNO(EPERM, utimensat(AT_FDCWD, "/proc/self", t, 0));
	CHECK_ERRNO(EPERM, utimensat(AT_FDCWD, "/proc/self", NULL, 0));
	CHECK_ERRNO(EPERM, chmod("/proc/self/task", 0500));
	CHECK_ERRNO(EPERM, chmod("/proc/self/maps", 0444));
	CHECK_EQ(0, chown("/proc/self/maps", 0, 0));
	CHECK_ERRNO(EPERM, chmod("/proc/sys/kernel/hostname", 0600));
	CHECK_ERRNO(EPERM, chown("/proc/sys/kernel", 0, 0));
}

static void map_files(void)
{
	char link[256] = {0}, *line;
	unsigned long start, end;
	ssize_t n;

	slurp("/proc/self/maps");
	line = strtok(text, "\n");
	CHECK_EQ(2, sscanf(line, "%lx-%lx", &start, &end));
	snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", start, end);
	n = readlink(strdup(link), link, sizeof(link) - 1);
	CHECK(n > 0);
	link[n] = 0;
	CHECK_STR(strchr(line, '/'), link);
	snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", start, end + 1);
	CHECK_ERRNO(ENOENT, readlink(link, text, sizeof(text)));
}

static void system_files(void)
{
	double up, idle, load[3];
	int running, total, last, cpus = 0;
	unsigned long long v[10];

	slurp("/proc/uptime");
	CHECK_EQ(2, sscanf(text, "%lf %lf\n", &up, &idle));
	CHECK(up > 0 && idle >= 0);
	slurp("/proc/loadavg");
	CHECK_EQ(6, sscanf(text, "%lf %lf %lf %d/%d %d\n", load, load + 1, load + 2, &running,
			&total, &last));
	CHECK(running >= 1 && total >= running && last >= getpid() / 2);
	slurp("/proc/stat");
	CHECK_EQ(10, sscanf(text, "cpu  %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu\n", v,
			 v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9));
	for (char *p = text; (p = strstr(p, "\ncpu")); p++)
		cpus++;
	CHECK_EQ(sysconf(_SC_NPROCESSORS_ONLN), cpus);
	CHECK(strstr(text, "\nintr ") && strstr(text, "\nctxt ") && strstr(text, "\nbtime ") &&
	      strstr(text, "\nprocesses ") && strstr(text, "\nprocs_running ") &&
	      strstr(text, "\nprocs_blocked ") && strstr(text, "\nsoftirq "));
	slurp("/proc/cpuinfo");
	CHECK(strstr(text, "processor\t: 0\n"));
	slurp("/proc/filesystems");
	CHECK(strstr(text, "nodev\ttmpfs\n") && strstr(text, "nodev\tproc\n"));
	slurp("/proc/self/mountinfo");
	CHECK(strstr(text, " / /proc rw,relatime") && strstr(text, " - proc "));
}

/* The reader finds itself in the call by which it reads. */
static void own_call(void)
{
	char line[256], want[64];
	int fd = open("/proc/self/syscall", O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	n = read(fd, line, sizeof(line) - 1);
	CHECK(n > 0);
	line[n] = 0;
	snprintf(want, sizeof(want), "%d 0x%x 0x%lx ", SYS_read, fd, (unsigned long)line);
	CHECK_EQ(0, strncmp(line, want, strlen(want)));
}

static void no_birth(void)
{
	struct statx x;

	CHECK_EQ(0, statx(AT_FDCWD, "/proc/self/status", 0, STATX_ALL, &x));
	CHECK_EQ(STATX_BASIC_STATS, x.stx_mask & STATX_ALL);
	CHECK_EQ(0, x.stx_btime.tv_sec);
	CHECK_EQ(0, statx(AT_FDCWD, "/", 0, STATX_ALL, &x));
	CHECK_EQ(STATX_ALL, x.stx_mask & STATX_ALL);
	CHECK(x.stx_btime.tv_nsec || x.stx_btime.tv_sec);
}

SUBCOMMANDS({"stat_fields", stat_fields}, {"stat_zombie", stat_zombie},
    {"status_lines", status_lines}, {"status_values", status_values}, {"threads", threads},
    {"descriptors", descriptors}, {"fdinfo_locks", fdinfo_locks}, {"io_counts", io_counts},
    {"partial_reads", partial_reads}, {"title", title}, {"parameters", parameters},
    {"permissions", permissions}, {"fixed_modes", fixed_modes}, {"map_files", map_files},
    {"system_files", system_files}, {"own_call", own_call}, {"no_birth", no_birth})
