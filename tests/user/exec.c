/* What a new program finds: arguments, environment, auxiliary vector, descriptors; and what execve
 * refuses. */
#include "check.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/resource.h>

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

SUBCOMMANDS({"show", show}, {"auxv", auxv}, {"stack_aligned", stack_aligned}, {"try", try_exec},
    {"too_big", too_big}, {"exit_ok", exit_ok}, {"large_args", large_args},
    {"count_args", count_args}, {"no_args", no_args}, {"cloexec_check", cloexec_check},
    {"cloexec", cloexec}, {"keeps_check", keeps_check}, {"keeps", keeps},
    {"set_uid_check", set_uid_check}, {"as_user", as_user}, {"busy", busy},
    {"say_and_sleep", say_and_sleep})
