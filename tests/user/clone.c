/* clone(2) and clone3: flags that go together and that do not, ids, vfork, unshare; exec and robust
 * futexes among threads. */
#include "check.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ARGS_SIZE 88 /* with all that Linux 6.12 knows */

struct args3 {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
	    set_tid_size, cgroup;
};

static long clone3(struct args3 *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

/* As fork: the arguments are the same on all architectures as long as they are 0. */
static long clone1(unsigned long flags)
{
	return syscall(SYS_clone, flags, 0, 0, 0, 0);
}

static int status_of(long pid, int options)
{
	int status;
	CHECK(pid > 0);
	CHECK_EQ(pid, waitpid((pid_t)pid, &status, options));
	return status;
}

/* --- refusals --- */

static void refused(uint64_t flags, int err)
{
	struct args3 a = {.flags = flags};
	CHECK_ERRNO(err, clone3(&a, sizeof(a)));
}

static void bad_flags(void)
{
	refused(CLONE_THREAD, EINVAL);
	refused(CLONE_THREAD | CLONE_VM, EINVAL);
	refused(CLONE_SIGHAND, EINVAL);
	refused(CLONE_SIGHAND | CLONE_CLEAR_SIGHAND | CLONE_VM, EINVAL);
	refused(CLONE_NEWNS | CLONE_FS, EINVAL);
	refused(CLONE_NEWUSER | CLONE_FS, EINVAL);
	refused(CLONE_DETACHED, EINVAL);
	refused(0x11, EINVAL); /* signals have their own field */
	refused(1ULL << 40, EINVAL);
	CHECK_ERRNO(EINVAL, clone1(CLONE_THREAD));
	CHECK_ERRNO(EINVAL, clone1(CLONE_SIGHAND));
	CHECK_ERRNO(EINVAL, clone1(CLONE_NEWNS | CLONE_FS));
	struct args3 a = {.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.exit_signal = 65};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.exit_signal = 1ULL << 32};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.stack = 4096};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.stack_size = 4096};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.stack = 4096, .stack_size = ~0ULL};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.flags = CLONE_INTO_CGROUP, .cgroup = 1ULL << 40};
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct args3){.flags = CLONE_INTO_CGROUP, .cgroup = 500};
	CHECK_ERRNO(EBADF, clone3(&a, sizeof(a)));
}

static void sizes(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct args3 *a = (struct args3 *)page;
	CHECK_ERRNO(EINVAL, clone3(a, 63));
	CHECK_ERRNO(EINVAL, clone3(a, 0));
	CHECK_ERRNO(E2BIG, clone3(a, 4097));
	CHECK_ERRNO(EFAULT, clone3((struct args3 *)8, 64));
	page[ARGS_SIZE + 100] = 1; /* what no kernel of today knows */
	CHECK_ERRNO(E2BIG, clone3(a, 400));
	page[ARGS_SIZE + 100] = 0;
	static const size_t good[] = {64, 80, ARGS_SIZE, 400, 4096};
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		a->exit_signal = SIGCHLD;
		long pid = clone3(a, good[i]);
		if (!pid)
			_exit((int)i);
		CHECK_EQ((int)i, WEXITSTATUS(status_of(pid, 0)));
	}
}

static void as_nobody(void)
{
	CHECK_EQ(0, setresgid(65534, 65534, 65534));
	CHECK_EQ(0, setresuid(65534, 65534, 65534));
	static const uint64_t kinds[] = {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID,
	    CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		refused(kinds[i], EPERM);
		CHECK_ERRNO(EPERM, unshare((int)kinds[i]));
	}
	pid_t tid = 30000;
	struct args3 a = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid, .set_tid_size = 1};
	CHECK_ERRNO(EPERM, clone3(&a, sizeof(a)));
	tid = 0;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
}

static void unprivileged(void)
{
	CHECK_EQ(0, in_child(as_nobody));
}

/* --- what children are --- */

static void set_tid(void)
{
	pid_t tids[2] = {0, 1};
	struct args3 a = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)tids, .set_tid_size = 1};
	for (tids[0] = 20000; tids[0] < 32000; tids[0]++) { /* the first that is free */
		long pid = clone3(&a, sizeof(a));
		if (!pid)
			_exit(getpid() == tids[0] ? 5 : 6);
		if (pid < 0 && errno == EEXIST)
			continue;
		CHECK_EQ(tids[0], pid);
		CHECK_ERRNO(EEXIST, clone3(&a, sizeof(a))); /* a zombie has it still */
		CHECK_EQ(5, WEXITSTATUS(status_of(pid, 0)));
		break;
	}
	tids[0] = getpid();
	CHECK_ERRNO(EEXIST, clone3(&a, sizeof(a)));
	tids[0] = -1;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	tids[0] = 1 << 30;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.set_tid_size = 2;
	tids[0] = 20000;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.set_tid_size = 33;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.set_tid_size = 0;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.set_tid_size = 1;
	a.set_tid = 8;
	CHECK_ERRNO(EFAULT, clone3(&a, sizeof(a)));
	a.set_tid = 0;
	CHECK_ERRNO(EINVAL, clone3(&a, sizeof(a)));
}

static void ignore(int sig)
{
	(void)sig;
}

static void clear_sighand(void)
{
	struct args3 a = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	signal(SIGUSR1, ignore);
	signal(SIGUSR2, SIG_IGN);
	long pid = clone3(&a, sizeof(a));
	if (!pid) {
		struct sigaction one, two;
		sigaction(SIGUSR1, NULL, &one);
		sigaction(SIGUSR2, NULL, &two);
		_exit(one.sa_handler == SIG_DFL && two.sa_handler == SIG_IGN ? 3 : 4);
	}
	CHECK_EQ(3, WEXITSTATUS(status_of(pid, 0)));
}

static volatile sig_atomic_t got;

static void note(int sig)
{
	got = sig;
}

/* A child with another exit signal is one for __WCLONE; one that is no signal's number gives none.
 */
static void exit_signals(void)
{
	static const int signals[] = {SIGUSR1, 0, 200};
	signal(SIGUSR1, note);
	for (int i = 0; i < 3; i++) {
		int status;
		got = 0;
		long pid = clone1((unsigned long)signals[i]);
		if (!pid)
			_exit(7);
		CHECK(pid > 0);
		siginfo_t info;
		while (
		    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL) && errno == EINTR)
			;
		CHECK_ERRNO(ECHILD, waitpid((pid_t)pid, &status, 0));
		CHECK_EQ(7, WEXITSTATUS(status_of(pid, i ? __WALL : (int)__WCLONE)));
		CHECK_EQ(i ? 0 : SIGUSR1, got);
	}
}

/* CLONE_PARENT: the child of our parent, with our own exit signal. */
static void parent(void)
{
	int fds[2], status;
	CHECK_EQ(0, pipe(fds));
	pid_t middle = fork();
	if (!middle) {
		struct args3 a = {.flags = CLONE_PARENT};
		long pid = clone3(&a, sizeof(a));
		if (!pid)
			_exit(21);
		CHECK_EQ((long)sizeof(pid), write(fds[1], &pid, sizeof(pid)));
		CHECK_ERRNO(ECHILD, waitpid((pid_t)pid, &status, __WALL));
		_exit(22);
	}
	long pid;
	CHECK_EQ((long)sizeof(pid), read(fds[0], &pid, sizeof(pid)));
	CHECK_EQ(21, WEXITSTATUS(status_of(pid, 0)));
	CHECK_EQ(22, WEXITSTATUS(status_of(middle, 0)));
}

/* The ids: of the child in the parent's memory and in its own; gone, and told, at its end. */
static void tids(void)
{
	int32_t *shared = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int32_t mine = 0;
	struct args3 a = {.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
	    .exit_signal = SIGCHLD,
	    .parent_tid = (uintptr_t)&mine,
	    .child_tid = (uintptr_t)&shared[0]};
	shared[1] = 0;
	long pid = clone3(&a, sizeof(a));
	if (!pid) {
		while (!__atomic_load_n(&shared[1], __ATOMIC_SEQ_CST))
			sched_yield();
		_exit(shared[0] == getpid() ? 1 : 2);
	}
	CHECK_EQ(pid, mine);
	__atomic_store_n(&shared[1], 1, __ATOMIC_SEQ_CST);
	CHECK_EQ(1, WEXITSTATUS(status_of(pid, 0)));
	CHECK_EQ(pid, shared[0]); /* its memory was its own alone: nobody is told */
	a.child_tid = 8;          /* a bad address is passed over */
	a.parent_tid = 8;
	pid = clone3(&a, sizeof(a));
	if (!pid)
		_exit(0);
	CHECK_EQ(0, status_of(pid, 0));
	int32_t tid = (int32_t)syscall(SYS_set_tid_address, &mine);
	CHECK_EQ(syscall(SYS_gettid), tid);
}

/* --- vfork --- */

static char stack[65536] __attribute__((aligned(16)));
static volatile int step;
static int hold[2];

static int vfork_child(void *how)
{
	step = 1;
	switch ((intptr_t)how) {
	case 0:
		_exit(4);
	case 1:
		execl("/proc/self/exe", "clone", "after_exec", NULL);
		_exit(99);
	case 2:
		raise(SIGKILL);
	}
	char c;
	close(hold[1]);
	return (int)read(hold[0], &c, 1); /* until nobody has the other end */
}

/* The parent goes on when the child has exited, has another image, or was killed. */
static void vfork_ends(void)
{
	static const int want[] = {4 << 8, 6 << 8, SIGKILL};
	for (intptr_t how = 0; how < 3; how++) {
		step = 0;
		int pid = clone(vfork_child, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)how);
		CHECK_EQ(1, step);
		CHECK_EQ(want[how], status_of(pid, 0));
	}
}

static void after_exec(void)
{
	_exit(6);
}

static void vforks_and_waits(void)
{
	clone(vfork_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)3);
	_exit(50);
}

/* Only a deadly signal ends the parent's sleep; the child does not mind. */
static void vfork_parent_killed(void)
{
	int fds[2];
	char c;
	CHECK_EQ(0, pipe(hold));
	CHECK_EQ(0, pipe(fds)); /* at its end when all of them are gone */
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		signal(SIGUSR1, note);
		vforks_and_waits();
	}
	close(fds[1]);
	char path[64], text[64];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do { /* it sleeps uninterruptibly */
		int fd = open(path, O_RDONLY);
		ssize_t n = read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = 0;
		close(fd);
		sched_yield();
	} while (!strstr(text, ") D"));
	CHECK_EQ(0, kill(pid, SIGUSR1));
	CHECK_EQ(0, waitpid(pid, NULL, WNOHANG));
	CHECK_EQ(0, kill(pid, SIGKILL));
	CHECK_EQ(SIGKILL, status_of(pid, 0));
	close(hold[0]);
	close(hold[1]); /* ends the child's read */
	CHECK_EQ(0, read(fds[0], &c, 1));
}

/* --- unshare --- */

static void *unshares(void *arg)
{
	CHECK_EQ(0, unshare(CLONE_FS | CLONE_FILES));
	CHECK_EQ(0, chdir("/"));
	umask(077);
	CHECK_EQ(0, close(*(int *)arg));
	CHECK_ERRNO(EINVAL, unshare(CLONE_THREAD));
	CHECK_ERRNO(EINVAL, unshare(CLONE_VM));
	CHECK_ERRNO(EINVAL, unshare(CLONE_SIGHAND));
	return NULL;
}

static void unshare_state(void)
{
	char cwd[64];
	pthread_t t;
	int fd = dup(1);
	CHECK_EQ(0, chdir("/tmp"));
	umask(022);
	CHECK_EQ(0, pthread_create(&t, NULL, unshares, &fd));
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR("/tmp", cwd);
	CHECK_EQ(022, umask(0));
	CHECK_EQ(0, fcntl(fd, F_GETFD));
	CHECK_EQ(0, unshare(0));
	CHECK_EQ(0, unshare(CLONE_SYSVSEM));
	CHECK_ERRNO(EINVAL, unshare(CLONE_PARENT));
	CHECK_ERRNO(EINVAL, unshare(CLONE_VFORK));
}

/* --- robust futexes --- */

static pthread_mutex_t *robust;

static void make_robust(void)
{
	pthread_mutexattr_t attr;
	robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	CHECK_EQ(0, pthread_mutex_init(robust, &attr));
}

static void *spins(void *arg)
{
	for (;;)
		__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *locks_and_waits(void *arg)
{
	CHECK_EQ(0, pthread_mutex_lock(robust));
	step = 1;
	pause();
	return arg;
}

static void exec_with_lock(void)
{
	pthread_t t;
	static int count;
	pthread_create(&t, NULL, spins, &count);
	CHECK_EQ(0, pthread_mutex_lock(robust));
	execl("/proc/self/exe", "clone", "after_exec", NULL);
}

static void exec_beside_lock(void)
{
	pthread_t t;
	step = 0;
	pthread_create(&t, NULL, locks_and_waits, NULL);
	while (!step)
		sched_yield();
	execl("/proc/self/exe", "clone", "after_exec", NULL);
}

/* Neither the thread that execs nor those that exec ends keep their locks. */
static void robust_at_exec(void)
{
	static void (*const how[])(void) = {exec_with_lock, exec_beside_lock};
	for (int i = 0; i < 2; i++) {
		make_robust();
		pid_t pid = fork();
		if (!pid)
			how[i]();
		/* Taken while the other may still have it: the wait ends with it. */
		while (!*(volatile int *)robust)
			sched_yield();
		CHECK_EQ(EOWNERDEAD, pthread_mutex_lock(robust));
		CHECK_EQ(0, pthread_mutex_consistent(robust));
		CHECK_EQ(0, pthread_mutex_unlock(robust));
		CHECK_EQ(6, WEXITSTATUS(status_of(pid, 0)));
	}
}

static void robust_list_calls(void)
{
	void *head, *first;
	size_t len = 0;
	CHECK_EQ(0, syscall(SYS_get_robust_list, 0, &first, &len));
	CHECK_EQ(24, len);
	CHECK_EQ(0, syscall(SYS_get_robust_list, getpid(), &head, &len));
	CHECK(head == first);
	CHECK_ERRNO(EINVAL, syscall(SYS_set_robust_list, head, 23));
	CHECK_ERRNO(ESRCH, syscall(SYS_get_robust_list, 99999999, &head, &len));
	CHECK_ERRNO(ESRCH, syscall(SYS_get_robust_list, -1, &head, &len));
	CHECK_ERRNO(EFAULT, syscall(SYS_get_robust_list, 0, &head, 8));
	CHECK_ERRNO(EFAULT, syscall(SYS_get_robust_list, 0, 8, &len));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, setresuid(65534, 65534, 65534));
		CHECK_ERRNO(EPERM, syscall(SYS_get_robust_list, getppid(), &head, &len));
		_exit(0);
	}
	CHECK_EQ(0, status_of(pid, 0));
}

/* --- exec while the process is being stopped --- */

static void *execs_again(void *arg)
{
	char left[16];
	int n = atoi(args[0]);
	snprintf(left, sizeof(left), "%d", n - 1);
	execl("/proc/self/exe", "clone", "exec_often", left, NULL);
	return arg;
}

static void exec_often(void)
{
	static int count;
	pthread_t t;
	if (!atoi(args[0]))
		_exit(9);
	pthread_create(&t, NULL, spins, &count);
	pthread_create(&t, NULL, execs_again, NULL);
	for (;;)
		pause();
}

/* Each stop is reported and each SIGCONT goes on with it, whatever thread execs at that moment. */
static void exec_while_stopped(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "clone", "exec_often", "25", NULL);
		_exit(99);
	}
	for (;;) {
		CHECK_EQ(0, kill(pid, SIGSTOP));
		CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
		if (!WIFSTOPPED(status))
			break;
		CHECK_EQ(SIGSTOP, WSTOPSIG(status));
		CHECK_EQ(0, kill(pid, SIGCONT));
		sched_yield();
	}
	CHECK_EQ(9, WEXITSTATUS(status));
}

SUBCOMMANDS({"bad_flags", bad_flags}, {"sizes", sizes}, {"unprivileged", unprivileged},
    {"set_tid", set_tid}, {"clear_sighand", clear_sighand}, {"exit_signals", exit_signals},
    {"parent", parent}, {"tids", tids}, {"vfork_ends", vfork_ends}, {"after_exec", after_exec},
    {"vfork_parent_killed", vfork_parent_killed}, {"unshare", unshare_state},
    {"robust_at_exec", robust_at_exec}, {"robust_list_calls", robust_list_calls},
    {"exec_often", exec_often}, {"exec_while_stopped", exec_while_stopped})
