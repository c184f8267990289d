/* What a new program finds: arguments, environment, auxiliary vector, descriptors; and what execve
 * refuses. */
#include "check.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

extern char **environ;

/* Prints its arguments and environment, one a line. */
static void show(void)
{
	for (int i = 0; i < nargs; i++)
		printf("arg %s\n", args[i]);
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
}

static void auxv(void)
{
	CHECK_EQ(4096, getauxval(AT_PAGESZ));
	CHECK_EQ((long)sizeof(Elf64_Phdr), getauxval(AT_PHENT));
	Elf64_Phdr *ph = (Elf64_Phdr *)getauxval(AT_PHDR);
	CHECK(ph && getauxval(AT_PHNUM) > 0);
	bool load = false;
	for (unsigned i = 0; i < getauxval(AT_PHNUM); i++)
		load = load || ph[i].p_type == PT_LOAD;
	CHECK(load);
	CHECK(getauxval(AT_ENTRY));
	CHECK_EQ(getuid(), getauxval(AT_UID));
	CHECK_EQ(geteuid(), getauxval(AT_EUID));
	CHECK_EQ(0, getauxval(AT_SECURE));
	CHECK_EQ(100, getauxval(AT_CLKTCK));
	unsigned char *r = (unsigned char *)getauxval(AT_RANDOM);
	CHECK(r);
	int bits = 0;
	for (int i = 0; i < 16; i++)
		bits |= r[i];
	CHECK(bits);
	CHECK(getauxval(AT_EXECFN));
	CHECK(strstr((char *)getauxval(AT_EXECFN), "exec"));
	CHECK(getauxval(AT_MINSIGSTKSZ) == 0 || getauxval(AT_MINSIGSTKSZ) >= 1024);
	CHECK_EQ(0, (uintptr_t)__builtin_frame_address(0) & 15);
}

/* The entries that Linux gives, in its order. */
static void auxv_order(void)
{
	static const unsigned long want[] = {AT_SYSINFO_EHDR, 40, 41, 42, 43, 44, 45, 46, 47,
	    AT_MINSIGSTKSZ, AT_HWCAP, AT_PAGESZ, AT_CLKTCK, AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE,
	    AT_FLAGS, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE, AT_RANDOM, AT_EXECFN,
	    27 /* AT_RSEQ_FEATURE_SIZE */, 28 /* AT_RSEQ_ALIGN */, AT_NULL};
	char **e = environ;
	unsigned n = 0;
	while (*e)
		e++;
	Elf64_auxv_t *a = (Elf64_auxv_t *)(e + 1);
	do
		CHECK_EQ(want[n], a[n].a_type);
	while (want[n++] != AT_NULL);
	CHECK_EQ(0, getauxval(AT_FLAGS));
	CHECK_EQ(28, getauxval(27));
	CHECK_EQ(32, getauxval(28));
	CHECK(getauxval(AT_MINSIGSTKSZ) >= 1024);
	/* Above the vectors: random bytes, strings, the program's name, and 8 zero bytes. */
	CHECK(getauxval(AT_RANDOM) > (uintptr_t)&a[n - 1]);
	char *fn = (char *)getauxval(AT_EXECFN);
	CHECK((uintptr_t)fn > getauxval(AT_RANDOM));
	char *end = fn + strlen(fn) + 1;
	CHECK_EQ(0, ((uintptr_t)end + 8) % 4096);
	CHECK_EQ(0, memcmp(end, "\0\0\0\0\0\0\0\0", 8));
}

static void stack_aligned(void)
{
	CHECK(environ[-1] == NULL); /* argv ends where envp begins */
	char **e = environ;
	while (*e)
		e++;
	Elf64_auxv_t *a = (Elf64_auxv_t *)(e + 1);
	CHECK_EQ(0, (uintptr_t)a % 8);
	int n = 0;
	while (a[n].a_type != AT_NULL && n < 64)
		n++;
	CHECK(n > 8 && n < 64);
}

/* Tries to execute each path and prints the name of the error. */
static void try_exec(void)
{
	for (int i = 0; i < nargs; i++) {
		pid_t pid = fork();
		int status;
		if (!pid) {
			char *argv[] = {args[i], NULL};
			execve(args[i], argv, environ);
			_exit(errno);
		}
		CHECK_EQ(pid, waitpid(pid, &status, 0));
		if (WIFSIGNALED(status))
			printf("%s: signal %d\n", args[i], WTERMSIG(status));
		else
			printf("%s: %s\n", args[i],
			    WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "ran");
	}
}

/* Runs fn in a child that execs, and gives what the new program prints. */
static void output_of(void (*fn)(void), char *out, size_t size)
{
	int fds[2], status;
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		fn();
		dprintf(1, "errno %s", strerrorname_np(errno));
		_exit(0);
	}
	close(fds[1]);
	size_t n = 0;
	for (ssize_t r; n < size - 1 && (r = read(fds[0], out + n, size - 1 - n)) > 0;)
		n += (size_t)r;
	out[n] = 0;
	close(fds[0]);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK(WIFEXITED(status));
}

static int exec_fd;
static const char *exec_name = "";

static void exec_by_fd(void)
{
	char *argv[] = {"zero", "execfn", NULL};
	syscall(SYS_execveat, exec_fd, exec_name, argv, environ, AT_EMPTY_PATH);
}

static void execfn(void)
{
	char comm[32] = "";
	int fd = open("/proc/self/comm", O_RDONLY);
	CHECK(read(fd, comm, sizeof(comm) - 1) > 0);
	printf("%s %s", (char *)getauxval(AT_EXECFN), comm);
}

/* A program named by a descriptor knows itself as /dev/fd/N; a script, whose interpreter has to
 * open it, is refused if exec closes that. */
static void by_descriptor(void)
{
	char self[256] = "", out[512], want[512];
	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	exec_fd = open(self, O_RDONLY | O_CLOEXEC);
	CHECK(exec_fd > 2);
	output_of(exec_by_fd, out, sizeof(out));
	snprintf(want, sizeof(want), "/dev/fd/%d %s\nok\n", exec_fd, strrchr(self, '/') + 1);
	CHECK_STR(want, out);
	enter_work_dir();
	snprintf(want, sizeof(want), "#!%s show\n", self);
	close(make_file("script", want));
	CHECK_EQ(0, chmod("script", 0755));
	exec_fd = open("script", O_RDONLY | O_CLOEXEC);
	output_of(exec_by_fd, out, sizeof(out));
	CHECK_STR("errno ENOENT", out);
	CHECK_EQ(0, fcntl(exec_fd, F_SETFD, 0));
	output_of(exec_by_fd, out, sizeof(out));
	snprintf(want, sizeof(want), "arg /dev/fd/%d\narg execfn\n", exec_fd);
	CHECK(!strncmp(out, want, strlen(want)));
	exec_fd = open(".", O_RDONLY | O_DIRECTORY);
	exec_name = "script";
	output_of(exec_by_fd, out, sizeof(out));
	snprintf(want, sizeof(want), "arg /dev/fd/%d/script\narg execfn\n", exec_fd);
	CHECK(!strncmp(out, want, strlen(want)));
	unlink("script");
	leave_work_dir();
}

/* --- layout and personality --- */

static char *run_self(const char *sub)
{
	static char out[4096];
	int fds[2], status;
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		execl("/proc/self/exe", "exec", sub, NULL);
		_exit(99);
	}
	close(fds[1]);
	ssize_t n = read(fds[0], out, sizeof(out) - 1);
	close(fds[0]);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	out[n > 0 ? n : 0] = 0;
	return out;
}

static void addresses(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("%lx %lx %lx %lx\n", getauxval(AT_RANDOM), (long)map, (long)sbrk(0),
	    getauxval(AT_SYSINFO_EHDR));
}

/* Every run finds stack, mappings, heap and vDSO elsewhere, unless personality(2) says otherwise.
 */
static void layout(void)
{
	unsigned long a[4], b[4];
	for (int fixed = 0; fixed < 2; fixed++) {
		CHECK(personality(fixed ? ADDR_NO_RANDOMIZE : 0) >= 0);
		CHECK_EQ(4,
		    sscanf(run_self("addresses"), "%lx %lx %lx %lx", &a[0], &a[1], &a[2], &a[3]));
		CHECK_EQ(4,
		    sscanf(run_self("addresses"), "%lx %lx %lx %lx", &b[0], &b[1], &b[2], &b[3]));
		for (int i = 0; i < 4; i++)
			CHECK_EQ(fixed, a[i] == b[i]);
	}
}

static void old_release(void)
{
	struct utsname u;
	CHECK_EQ(0, uname(&u));
	CHECK_EQ(0, strncmp(u.release, "2.6.", 4));
	CHECK(atoi(u.release + 4) >= 60);
	CHECK_EQ(UNAME26 | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO, personality(0xffffffff));
	CHECK_EQ(0, *(volatile char *)strtol("0", NULL, 10)); /* a page at 0 */
	char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char line[512], rights[8];
	unsigned long at;
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%*x %7s", &at, rights) == 2 && at == (uintptr_t)map)
			CHECK_STR("r-xp", rights);
	fclose(f);
}

static void personalities(void)
{
	CHECK_EQ(0, personality(0xffffffff));
	CHECK_EQ(0, personality(0x12345608));
	CHECK_EQ(0x12345608, personality(0xffffffff));
	/* exec keeps the flags, not the domain, and children inherit both. */
	CHECK_EQ(0x12345608, personality(0x08 | UNAME26 | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO));
	CHECK_STR("ok\n", run_self("old_release"));
	CHECK(personality(0) > 0);
}

static void too_big(void)
{
	size_t size = 200000;
	char *big = malloc(size);
	memset(big, 'x', size);
	big[size - 1] = 0;
	char *argv[] = {"exec", "exit_ok", big, NULL};
	CHECK_ERRNO(
	    E2BIG, execve("/proc/self/exe", argv, environ)); /* one string of more than 128 KiB */
	big[100000] = 0;
	enum { N = 100 };
	char *many[N + 1];
	for (int i = 0; i < N; i++)
		many[i] = big;
	many[N] = NULL;
	CHECK_ERRNO(E2BIG,
	    execve("/proc/self/exe", many, environ)); /* a quarter of the stack limit in all */
}

static void exit_ok(void)
{
}

static void large_args(void)
{
	enum { N = 1000 };
	char *argv[N + 3] = {"exec", "count_args"};
	for (int i = 0; i < N; i++)
		argv[i + 2] =
		    "some argument of moderate length, so that it is more than a page in all";
	argv[N + 2] = NULL;
	execv("/proc/self/exe", argv);
	execv("/tests/bin/exec", argv);
	FAIL("exec");
}

static void count_args(void)
{
	CHECK_EQ(1000, nargs);
	CHECK_STR(
	    "some argument of moderate length, so that it is more than a page in all", args[999]);
}

static void no_args_child(void)
{
	char *none[] = {NULL};
	if (access("/proc/self/exe", F_OK) == 0)
		execve("/proc/self/exe", none, NULL);
	execve("/tests/bin/exec", none, NULL);
	_exit(9);
}

/* Without arguments Linux gives one empty one. */
static void no_args(void)
{
	int status = in_child(no_args_child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(2, WEXITSTATUS(status));
}

static void cloexec_check(void)
{
	CHECK_ERRNO(EBADF, fcntl(20, F_GETFD));
	CHECK_EQ(0, fcntl(21, F_GETFD));
}

static void cloexec(void)
{
	CHECK_EQ(20, dup2(1, 20));
	CHECK_EQ(21, dup2(1, 21));
	CHECK_EQ(0, fcntl(20, F_SETFD, FD_CLOEXEC));
	execl("/proc/self/exe", "exec", "cloexec_check", NULL);
	execl("/tests/bin/exec", "exec", "cloexec_check", NULL);
	FAIL("exec");
}

static void keeps_check(void)
{
	char buf[256];
	CHECK_EQ(atoi(args[0]), getpid());
	CHECK_EQ(atoi(args[1]), getppid());
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR("/dev", buf);
	CHECK_EQ(027, umask(0));
	struct rlimit r;
	CHECK_EQ(0, getrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(77, r.rlim_cur);
}

static void keeps(void)
{
	char pid[16], ppid[16];
	struct rlimit r = {77, 1000};
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(ppid, sizeof(ppid), "%d", getppid());
	CHECK_EQ(0, chdir("/dev"));
	umask(027);
	CHECK_EQ(0, setrlimit(RLIMIT_NOFILE, &r));
	execl("/proc/self/exe", "exec", "keeps_check", pid, ppid, NULL);
	execl("/tests/bin/exec", "exec", "keeps_check", pid, ppid, NULL);
	FAIL("exec");
}

static void set_uid_check(void)
{
	printf("uid %d euid %d secure %lu\n", getuid(), geteuid(), getauxval(AT_SECURE));
}

static void as_user(void)
{
	CHECK_EQ(0, setgid(1000));
	CHECK_EQ(0, setuid(1000));
	execv(args[0], args);
	printf("%s\n", strerrorname_np(errno));
	exit(0);
}

static void busy(void)
{
	enter_work_dir();
	int fd = open("prog", O_RDWR | O_CREAT, 0755), from = open(args[0], O_RDONLY);
	char buf[65536];
	ssize_t n;
	CHECK(from >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK_EQ(n, write(fd, buf, (size_t)n));
	CHECK_ERRNO(ETXTBSY, execl("./prog", "prog", NULL)); /* open for writing */
	close(fd);
	int fds[2];
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		execl("./prog", "prog", "say_and_sleep", NULL);
		_exit(1);
	}
	CHECK_EQ(1, read(fds[0], buf, 1));
	CHECK_ERRNO(ETXTBSY, open("prog", O_WRONLY)); /* running */
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	fd = open("prog", O_WRONLY);
	CHECK(fd >= 0);
	close(fd);
	unlink("prog");
	leave_work_dir();
}

static void say_and_sleep(void)
{
	write(1, "x", 1);
	sleep_ms(5000);
}

SUBCOMMANDS({"show", show}, {"auxv_order", auxv_order}, {"by_descriptor", by_descriptor},
    {"execfn", execfn}, {"addresses", addresses}, {"layout", layout}, {"old_release", old_release},
    {"personality", personalities}, {"auxv", auxv}, {"stack_aligned", stack_aligned},
    {"try", try_exec}, {"too_big", too_big}, {"exit_ok", exit_ok}, {"large_args", large_args},
    {"count_args", count_args}, {"no_args", no_args}, {"cloexec_check", cloexec_check},
    {"cloexec", cloexec}, {"keeps_check", keeps_check}, {"keeps", keeps},
    {"set_uid_check", set_uid_check}, {"as_user", as_user}, {"busy", busy},
    {"say_and_sleep", say_and_sleep})
