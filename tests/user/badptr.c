/* Bad pointers given to system calls: EFAULT, nothing worse. */
#include "check.h"

#include <dirent.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static const uintptr_t bad[] = {8, 0x1000, 0x10, (uintptr_t)-1, (uintptr_t)-4096,
    0xffffffff80000000UL, 0x8000000000000000UL, 0xffffffc000000000UL};
#define NBAD (sizeof(bad) / sizeof(bad[0]))

#define EACH_BAD(expr)                                                                             \
	for (unsigned i_ = 0; i_ < NBAD; i_++) {                                                   \
		uintptr_t p = bad[i_];                                                             \
		CHECK_ERRNO(EFAULT, expr);                                                         \
	}

static void reads(void)
{
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	CHECK_EQ(4, write(fds[1], "data", 4));
	int zero = open("/dev/zero", O_RDONLY);
	EACH_BAD(syscall(SYS_read, zero, p, 10));
	EACH_BAD(syscall(SYS_read, fds[0], p, 10));
	char buf[8];
	CHECK_EQ(4, read(fds[0], buf, 8)); /* nothing was lost */
}

static void writes(void)
{
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	EACH_BAD(syscall(SYS_write, fds[1], p, 10));
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	EACH_BAD(syscall(SYS_write, fd, p, 10));
	EACH_BAD(syscall(SYS_pwrite64, fd, p, 10, 0));
	CHECK_EQ(0, lseek(fd, 0, SEEK_END));
	close(fd);
	unlink("f");
	leave_work_dir();
}

static void paths(void)
{
	EACH_BAD(syscall(SYS_openat, AT_FDCWD, p, O_RDONLY, 0));
	EACH_BAD(syscall(SYS_unlinkat, AT_FDCWD, p, 0));
	EACH_BAD(syscall(SYS_mkdirat, AT_FDCWD, p, 0755));
	EACH_BAD(syscall(SYS_chdir, p));
	EACH_BAD(syscall(SYS_execve, p, NULL, NULL));
	EACH_BAD(syscall(SYS_readlinkat, AT_FDCWD, p, bad, 8));
	EACH_BAD(syscall(SYS_symlinkat, p, AT_FDCWD, "x"));
	EACH_BAD(syscall(SYS_faccessat, AT_FDCWD, p, 0));
	EACH_BAD(syscall(SYS_fchmodat, AT_FDCWD, p, 0600));
	EACH_BAD(syscall(SYS_truncate, p, 0));
}

static void results(void)
{
	char *argv[] = {"x", NULL};
	EACH_BAD(syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0));
	EACH_BAD(syscall(SYS_fstat, 1, p));
	EACH_BAD(syscall(SYS_pipe2, p, 0));
	EACH_BAD(syscall(SYS_getcwd, p, 100));
	EACH_BAD(syscall(SYS_uname, p));
	EACH_BAD(syscall(SYS_clock_gettime, 1, p));
	EACH_BAD(syscall(SYS_nanosleep, p, NULL));
	EACH_BAD(syscall(SYS_getrlimit, RLIMIT_NOFILE, p));
	EACH_BAD(syscall(SYS_setrlimit, RLIMIT_NOFILE, p));
	EACH_BAD(syscall(SYS_getrusage, 0, p));
	EACH_BAD(syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8));
	EACH_BAD(syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8));
	EACH_BAD(syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8));
	EACH_BAD(syscall(SYS_sigaltstack, p, NULL));
	EACH_BAD(syscall(SYS_getresuid, p, p, p));
	EACH_BAD(syscall(SYS_sysinfo, p));
	EACH_BAD(syscall(SYS_times, p));
	EACH_BAD(syscall(SYS_getrandom, p, 16, 0));
	EACH_BAD(syscall(SYS_execve, "/proc/self/exe", p, NULL));
	EACH_BAD(syscall(SYS_execve, "/proc/self/exe", argv, p));
	EACH_BAD(syscall(SYS_ppoll, p, 1, NULL, NULL, 0));
	EACH_BAD(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, p));
	EACH_BAD(syscall(SYS_statx, AT_FDCWD, "/", 0, 0x7ff, p));
}

static void vectors(void)
{
	struct {
		const void *base;
		size_t len;
	} v[2] = {{"abc", 3}, {(void *)8, 5}};
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	EACH_BAD(syscall(SYS_writev, fds[1], p, 1));
	v[0].base = (void *)8;
	CHECK_ERRNO(EFAULT, syscall(SYS_writev, fds[1], v, 2));
}

static void wait_status(void)
{
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	CHECK_ERRNO(EFAULT, syscall(SYS_wait4, pid, 8, 0, NULL));
	CHECK_ERRNO(
	    ECHILD, syscall(SYS_wait4, pid, NULL, 0, NULL)); /* it was reaped all the same */
}

static void getdents(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	EACH_BAD(syscall(SYS_getdents64, fd, p, 1000));
	char buf[8];
	CHECK_ERRNO(EINVAL, syscall(SYS_getdents64, fd, buf, 8));
	CHECK_ERRNO(ENOTDIR, syscall(SYS_getdents64, open("/dev/null", O_RDONLY), buf, 8));
}

static void futexes(void)
{
	EACH_BAD(syscall(SYS_futex, p & ~3UL, 0, 0, NULL, NULL, 0));
	EACH_BAD(
	    syscall(SYS_futex, p & ~3UL, 1, 1, NULL, NULL, 0) == 0 ? (errno = EFAULT, -1) : -1);
}

/* A read into a page that ends in the middle gets as far as it can. */
static void half_mapped(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *m = mmap(
	    NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m + page, (size_t)page);
	memcpy(m + page - 5, "tail.", 5);
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	long n = write(fds[1], m + page - 5, 100);
	CHECK(n == 5 || (n == -1 && errno == EFAULT));
	CHECK_ERRNO(
	    EFAULT, open(memcpy(m + page - 3, "abc", 3), O_RDONLY)); /* a path without an end */
	int zero = open("/dev/zero", O_RDONLY);
	n = read(zero, m + page - 5, 100);
	CHECK(n == 5 || (n == -1 && errno == EFAULT));
	memcpy(m + page - 4, "/dev", 4);
	CHECK_ERRNO(EFAULT, open(m + page - 4, O_RDONLY));
}

static void read_only_target(void)
{
	char *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int zero = open("/dev/zero", O_RDONLY);
	CHECK_ERRNO(EFAULT, read(zero, m, 100));
	CHECK_ERRNO(EFAULT, syscall(SYS_fstat, zero, m));
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	CHECK_EQ(0, write(fds[1], none, 0));
	CHECK_ERRNO(EFAULT, write(fds[1], none, 10));
}

/* Every call with nonsense in all arguments: whatever it says, we live. */
static void every_call(void)
{
	static const uint64_t nonsense[] = {(uint64_t)-1, 8, 0xffffffff80000000UL};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGSYS, SIG_IGN);
	for (long nr = 0; nr < 450; nr++) {
		for (unsigned i = 0; i < 3; i++) {
			int status;
			pid_t pid = fork();
			CHECK(pid >= 0);
			if (!pid) {
				uint64_t v = nonsense[i];
				close(0);
				close(1);
				close(2);
				if (chdir("/tmp"))
					_exit(0);
				alarm(1);
				setuid(12345);
				setsid();
#ifdef SYS_kill
				if (nr == SYS_kill || nr == SYS_reboot || nr == SYS_tkill)
					_exit(0);
#endif
				syscall(nr, v, v, v, v, v, v);
				_exit(0);
			}
			/* Stopped or caught in a wait: end it. */
			for (int tries = 0; waitpid(pid, &status, WNOHANG) == 0; tries++) {
				if (tries == 20)
					kill(pid, SIGKILL);
				sleep_ms(tries < 5 ? 1 : 5);
			}
		}
	}
}

SUBCOMMANDS({"read", reads}, {"write", writes}, {"paths", paths}, {"results", results},
    {"vectors", vectors}, {"wait_status", wait_status}, {"getdents", getdents}, {"futex", futexes},
    {"half_mapped", half_mapped}, {"read_only", read_only_target}, {"every_call", every_call})
