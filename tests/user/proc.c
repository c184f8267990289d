/* Processes: fork, exit, wait, groups, sessions, limits, credentials. */
#include "check.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>

static int exit_code;

static void exits(void)
{
	_exit(exit_code);
}

static void exit_codes(void)
{
	static const int codes[] = {0, 1, 7, 127, 128, 255};
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		exit_code = codes[i];
		int status = in_child(exits);
		CHECK(WIFEXITED(status));
		CHECK_EQ(codes[i], WEXITSTATUS(status));
		CHECK_EQ(codes[i] << 8, status);
	}
	exit_code = 256 + 3; /* eight bits count */
	CHECK_EQ(3 << 8, in_child(exits));
}

static int death;

static void dies(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	signal(death, SIG_DFL);
	kill(getpid(), death);
	sleep_ms(1000);
}

static void signal_deaths(void)
{
	static const int sigs[] = {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGUSR1, SIGSEGV,
	    SIGPIPE, SIGALRM, SIGTERM, 34, 64};
	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		death = sigs[i];
		int status = in_child(dies);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(sigs[i], WTERMSIG(status));
		CHECK_EQ(sigs[i], status); /* no core */
	}
}

static void wait_nohang(void)
{
	int status, fds[2];
	char c;
	CHECK_ERRNO(ECHILD, waitpid(-1, &status, 0));
	CHECK_ERRNO(ECHILD, waitpid(1234567, &status, 0));
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		close(fds[1]);
		read(fds[0], &c, 1);
		_exit(5);
	}
	CHECK_EQ(0, waitpid(pid, &status, WNOHANG));
	close(fds[1]);
	CHECK_EQ(pid, waitpid(-1, &status, 0));
	CHECK_EQ(5, WEXITSTATUS(status));
	CHECK_ERRNO(ECHILD, waitpid(pid, &status, WNOHANG));
	CHECK_ERRNO(EINVAL, waitpid(-1, &status, 0x4000));
}

static void wait_stopped(void)
{
	int status;
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(0, kill(pid, SIGSTOP));
	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(SIGSTOP, WSTOPSIG(status));
	CHECK_EQ(0, waitpid(pid, &status, WUNTRACED | WNOHANG)); /* told once */
	CHECK_EQ(0, kill(pid, SIGCONT));
	CHECK_EQ(pid, waitpid(pid, &status, WCONTINUED));
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(0, kill(pid, SIGTSTP));
	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	CHECK_EQ(SIGTSTP, WSTOPSIG(status));
	CHECK_EQ(0, kill(pid, SIGKILL)); /* ends a stopped one */
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(SIGKILL, WTERMSIG(status));
}

static void wait_id(void)
{
	siginfo_t info;
	pid_t pid = fork();
	if (!pid)
		_exit(9);
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(CLD_EXITED, info.si_code);
	CHECK_EQ(9, info.si_status);
	CHECK_EQ(pid, info.si_pid);
	CHECK_EQ(SIGCHLD, info.si_signo);
	CHECK_EQ(0, waitid(P_ALL, 0, &info, WEXITED)); /* still there */
	CHECK_EQ(pid, info.si_pid);
	CHECK_ERRNO(ECHILD, waitid(P_PID, (id_t)pid, &info, WEXITED));
	CHECK_ERRNO(EINVAL, waitid(P_ALL, 0, &info, 0));
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	memset(&info, 1, sizeof(info));
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
	CHECK_EQ(0, info.si_pid);
	kill(pid, SIGSTOP);
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WSTOPPED));
	CHECK_EQ(CLD_STOPPED, info.si_code);
	CHECK_EQ(SIGSTOP, info.si_status);
	kill(pid, SIGCONT);
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WCONTINUED));
	CHECK_EQ(CLD_CONTINUED, info.si_code);
	CHECK_EQ(SIGCONT, info.si_status);
	kill(pid, SIGKILL);
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WEXITED));
	CHECK_EQ(CLD_KILLED, info.si_code);
	CHECK_EQ(SIGKILL, info.si_status);
}

static void wait_group(void)
{
	int status;
	pid_t a = fork();
	if (!a)
		_exit(1);
	setpgid(a, a);
	pid_t b = fork();
	if (!b)
		_exit(2);
	CHECK_EQ(b, waitpid(0, &status, 0)); /* our group: not a */
	CHECK_EQ(2, WEXITSTATUS(status));
	CHECK_EQ(a, waitpid(-a, &status, 0));
	CHECK_EQ(1, WEXITSTATUS(status));
}

static void ignored_children(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 5; i++)
		if (!fork())
			_exit(i);
	CHECK_ERRNO(ECHILD, waitpid(-1, NULL, 0)); /* waits for them all, and finds none */
}

static void many_children(void)
{
	enum { N = 60 };
	bool seen[N] = {false};
	for (int i = 0; i < N; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(i);
	}
	for (int i = 0; i < N; i++) {
		int status;
		CHECK(wait(&status) > 0);
		CHECK(!seen[WEXITSTATUS(status)]);
		seen[WEXITSTATUS(status)] = true;
	}
	CHECK_ERRNO(ECHILD, wait(NULL));
}

static void orphans(void)
{
	int fds[2];
	pid_t seen[2];
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		pid_t me = getpid();
		if (!fork()) {
			while (getppid() == me)
				sleep_ms(1);
			seen[0] = me;
			seen[1] = getppid();
			write(fds[1], seen, sizeof(seen));
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ((long)sizeof(seen), read(fds[0], seen, sizeof(seen)));
	CHECK_EQ(pid, seen[0]);
	CHECK(seen[1] == 1 || seen[1] == getppid() || seen[1] > 0);
}

static void subreaper(void)
{
	int fds[2], status;
	pid_t grandchild;
	CHECK_EQ(0, pipe(fds));
	CHECK_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid_t pid = fork();
	if (!pid) {
		pid_t g = fork();
		if (!g) {
			sleep_ms(20);
			_exit(6);
		}
		write(fds[1], &g, sizeof(g));
		_exit(0);
	}
	CHECK_EQ((long)sizeof(grandchild), read(fds[0], &grandchild, sizeof(grandchild)));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(grandchild, waitpid(-1, &status, 0));
	CHECK_EQ(6, WEXITSTATUS(status));
}

static void vforks(void)
{
	volatile int value = 1;
	int status;
	pid_t pid = vfork();
	CHECK(pid >= 0);
	if (!pid) {
		value = 2; /* the parent's memory, and it sleeps */
		_exit(4);
	}
	CHECK_EQ(2, value);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(4, WEXITSTATUS(status));
}

static void ids(void)
{
	pid_t parent = getpid();
	CHECK_EQ(getpid(), syscall(SYS_gettid));
	CHECK(getpgrp() == getpgid(0));
	CHECK_ERRNO(ESRCH, getpgid(1234567));
	CHECK_ERRNO(ESRCH, getsid(1234567));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(parent, getppid());
		CHECK(getpid() != parent);
		_exit(0);
	}
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

static void session_child(void)
{
	pid_t sid = setsid();
	CHECK_EQ(getpid(), sid);
	CHECK_EQ(sid, getpgrp());
	CHECK_EQ(sid, getsid(0));
	CHECK_ERRNO(EPERM, setsid());
	CHECK_ERRNO(EPERM, setpgid(0, 0)); /* a session leader stays in its group */
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
}

static void sessions(void)
{
	CHECK_EQ(0, in_child(session_child));
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(2000);
		_exit(0);
	}
	CHECK_EQ(0, setpgid(pid, 0));
	CHECK_EQ(pid, getpgid(pid));
	CHECK_ERRNO(EINVAL, setpgid(pid, -1));
	CHECK_ERRNO(ESRCH, setpgid(1234567, 0));
	CHECK_ERRNO(EPERM, setpgid(pid, 1234567)); /* no such group in the session */
	CHECK_EQ(0, setpgid(pid, getpgrp()));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void setpgid_after_exec(void)
{
	int fds[2];
	char c;
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		dup2(fds[1], 1);
		execl("/proc/self/exe", "proc", "say_and_sleep", NULL);
		execl("/tests/bin/proc", "proc", "say_and_sleep", NULL);
		_exit(99);
	}
	close(fds[1]);
	CHECK_EQ(1, read(fds[0], &c, 1));
	CHECK_ERRNO(EACCES, setpgid(pid, pid));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void say_and_sleep(void)
{
	write(1, "x", 1);
	sleep_ms(3000);
}

static void rusage(void)
{
	struct rusage before, after;
	struct tms t;
	CHECK_EQ(0, getrusage(RUSAGE_CHILDREN, &before));
	pid_t pid = fork();
	if (!pid) {
		struct rusage self;
		do
			getrusage(RUSAGE_SELF, &self);
		while (self.ru_utime.tv_sec * 1000000 + self.ru_utime.tv_usec +
			   self.ru_stime.tv_sec * 1000000 + self.ru_stime.tv_usec <
		       60000);
		_exit(0);
	}
	struct rusage child;
	int status;
	CHECK_EQ(pid, wait4(pid, &status, 0, &child));
	CHECK(child.ru_utime.tv_usec + child.ru_stime.tv_usec +
		  (child.ru_utime.tv_sec + child.ru_stime.tv_sec) * 1000000 >=
	      55000);
	CHECK_EQ(0, getrusage(RUSAGE_CHILDREN, &after));
	CHECK(after.ru_utime.tv_usec + after.ru_stime.tv_usec + after.ru_utime.tv_sec * 1000000 >
	      before.ru_utime.tv_usec + before.ru_stime.tv_usec);
	CHECK(after.ru_maxrss > 0);
	CHECK(times(&t) != (clock_t)-1);
	CHECK(t.tms_cutime + t.tms_cstime >= 4);
	CHECK_ERRNO(EINVAL, getrusage(77, &after));
}

static void rlimits(void)
{
	struct rlimit r, old;
	CHECK_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	r.rlim_cur = 100;
	r.rlim_max = old.rlim_max;
	CHECK_EQ(0, setrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(0, getrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(100, r.rlim_cur);
	r.rlim_cur = 200;
	r.rlim_max = 100;
	CHECK_ERRNO(EINVAL, setrlimit(RLIMIT_NOFILE, &r));
	CHECK_ERRNO(EINVAL, getrlimit(99, &r));
	CHECK_EQ(0, getrlimit(RLIMIT_STACK, &r));
	CHECK_EQ(8 << 20, r.rlim_cur);
}

static void limit_children(void)
{
	struct rlimit r = {1 << 20, 1 << 20};
	CHECK_EQ(0, setrlimit(RLIMIT_FSIZE, &r));
	signal(SIGXFSZ, SIG_IGN);
	enter_work_dir();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(10, pwrite(fd, "0123456789", 10, (1 << 20) - 10));
	CHECK_EQ(5, pwrite(fd, "0123456789", 10, (1 << 20) - 5)); /* as much as fits */
	CHECK_ERRNO(EFBIG, pwrite(fd, "x", 1, 1 << 20));
	CHECK_ERRNO(EFBIG, ftruncate(fd, (1 << 20) + 1));
	close(fd);
	unlink("f");
	leave_work_dir();
}

static void comm_name(void)
{
	char name[17] = "";
	CHECK_EQ(0, prctl(PR_SET_NAME, "a-name-that-is-too-long"));
	CHECK_EQ(0, prctl(PR_GET_NAME, name));
	CHECK_STR("a-name-that-is-", name);
	CHECK_ERRNO(EINVAL, prctl(9999, 0, 0, 0, 0));
}

static void pdeathsig_child(void)
{
	int fds[2];
	char c = 0;
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			write(fds[1], "r", 1);
			sleep_ms(5000);
			write(fds[1], "!", 1);
			_exit(0);
		}
		read(fds[0], &c, 1);
		_exit(0);
	}
	close(fds[1]);
	waitpid(pid, NULL, 0);
	CHECK_EQ(0, read(fds[0], &c, 1)); /* killed: the end of file comes, no '!' */
}

static int set_one_group(void)
{
	gid_t g = 5;
	return (int)syscall(SYS_setgroups, 1, &g);
}

static void credentials_child(void)
{
	uid_t r, e, s;
	CHECK_EQ(0, setresuid(10, 20, 30));
	CHECK_EQ(0, getresuid(&r, &e, &s));
	CHECK(r == 10 && e == 20 && s == 30);
	CHECK_EQ(0, seteuid(30));
	CHECK_EQ(30, geteuid());
	CHECK_ERRNO(EPERM, seteuid(0));
	CHECK_ERRNO(EPERM, setresuid(0, 0, 0));
	CHECK_ERRNO(EPERM, set_one_group());
}

static void credentials(void)
{
	CHECK_EQ(0, getuid());
	CHECK_EQ(0, in_child(credentials_child));
}

static void fork_bomb_limited(void)
{
	struct rlimit r = {20, 20};
	int n = 0;
	CHECK_EQ(0, setrlimit(RLIMIT_NPROC, &r));
	CHECK_EQ(0, setuid(4242));
	for (; n < 50; n++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (!pid) {
			pause();
			_exit(0);
		}
	}
	int err = errno;
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGTERM);
	kill(0, 0);
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
	errno = err;
	CHECK_EQ(EAGAIN, err);
	CHECK(n >= 10 && n < 21);
}

static void bad_clone(void)
{
	CHECK_ERRNO(EINVAL, syscall(SYS_clone, 0x00010000 /* THREAD without VM */, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_clone, 0x00000800 /* SIGHAND without VM */, 0, 0, 0, 0));
}

static void unknown_syscall(void)
{
	CHECK_ERRNO(ENOSYS, syscall(9999));
	CHECK_ERRNO(ENOSYS, syscall(-1));
	CHECK_ERRNO(ENOSYS, syscall(0x7fffffff));
	CHECK_ERRNO(ENOSYS, syscall(5000, -1, -1, -1, -1, -1, -1));
}

SUBCOMMANDS({"exit_codes", exit_codes}, {"signal_deaths", signal_deaths},
    {"wait_nohang", wait_nohang}, {"wait_stopped", wait_stopped}, {"waitid", wait_id},
    {"wait_group", wait_group}, {"ignored_children", ignored_children},
    {"many_children", many_children}, {"orphans", orphans}, {"subreaper", subreaper},
    {"vfork", vforks}, {"ids", ids}, {"sessions", sessions},
    {"setpgid_after_exec", setpgid_after_exec}, {"say_and_sleep", say_and_sleep},
    {"rusage", rusage}, {"rlimits", rlimits}, {"fsize_limit", limit_children}, {"comm", comm_name},
    {"pdeathsig", pdeathsig_child}, {"credentials", credentials},
    {"nproc_limit", fork_bomb_limited}, {"bad_clone", bad_clone},
    {"unknown_syscall", unknown_syscall})
