/* prctl's options, unshare, kcmp, I/O priorities, personality of set-id. Runs as root. */
#include "check.h"

#include <linux/kcmp.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Newer than the headers of some. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#define PR_GET_MDWE              66
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_NO_INHERIT 2
#endif
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

#define CHECK_CHILD(fn) CHECK_EQ(0, in_child(fn))

static void unknown(void)
{
	CHECK_ERRNO(EINVAL, prctl(0x7fffffff, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(0, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_FPEMU, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_FPEXC, 8));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_ENDIAN, 8));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_TSC, 8));
	CHECK_ERRNO(EINVAL, prctl(PR_SVE_GET_VL));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0, 4096, "x"));
	CHECK_EQ(PR_TIMING_STATISTICAL, prctl(PR_GET_TIMING));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP));
	CHECK_EQ(0, prctl(PR_SET_TIMING, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_PDEATHSIG, 65));
	CHECK_ERRNO(EFAULT, prctl(PR_GET_PDEATHSIG, 8));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_DUMPABLE, 2));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_PTRACER, 1234567));
	CHECK_EQ(0, prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY));
	CHECK_EQ(0, prctl(PR_SET_PTRACER, getppid()));
	CHECK_EQ(0, prctl(PR_SET_PTRACER, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void slack_child(void)
{
	CHECK_EQ(1000, prctl(PR_GET_TIMERSLACK));
	CHECK_EQ(0, prctl(PR_SET_TIMERSLACK, 7));
	CHECK_EQ(7, prctl(PR_GET_TIMERSLACK));
	CHECK_EQ(0, prctl(PR_SET_TIMERSLACK, 0)); /* as it was at the start */
	CHECK_EQ(1000, prctl(PR_GET_TIMERSLACK));
	struct sched_param p = {1};
	CHECK_EQ(0, sched_setscheduler(0, SCHED_FIFO, &p));
	CHECK_EQ(0, prctl(PR_GET_TIMERSLACK));
}

static void timer_slack(void)
{
	CHECK_EQ(50000, prctl(PR_GET_TIMERSLACK));
	CHECK_EQ(0, prctl(PR_SET_TIMERSLACK, 1000));
	CHECK_CHILD(slack_child);
}

static void wishes(void)
{
	int *tid = NULL;

	CHECK_EQ(PR_MCE_KILL_DEFAULT, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	CHECK_EQ(PR_MCE_KILL_EARLY, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0));
	CHECK_EQ(PR_MCE_KILL_LATE, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_MCE_KILL, 9, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
	CHECK_EQ(PR_MCE_KILL_DEFAULT, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	CHECK_EQ(1, prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_IO_FLUSHER, 2, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	CHECK_EQ(1, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	int mine;
	CHECK_EQ(getpid(), syscall(SYS_set_tid_address, &mine));
	CHECK_EQ(0, prctl(PR_GET_TID_ADDRESS, &tid));
	CHECK(tid == &mine);
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0));
}

static void auxv(void)
{
	unsigned long v[100] = {0};
	long n = prctl(PR_GET_AUXV, v, sizeof(v), 0, 0);

	CHECK(n >= 256 && n <= (long)sizeof(v));
	bool found = false;
	for (int i = 0; v[i]; i += 2)
		found |= v[i] == AT_PAGESZ && v[i + 1] == 4096;
	CHECK(found);
	v[2] = 77;
	CHECK_EQ(n, prctl(PR_GET_AUXV, v, 16, 0, 0));
	CHECK_EQ(77, v[2]);
	CHECK_ERRNO(EINVAL, prctl(PR_GET_AUXV, v, 16, 1, 0));
	CHECK_ERRNO(EFAULT, prctl(PR_GET_AUXV, 8, 16, 0, 0));
}

static void mdwe_inherited(void)
{
	CHECK_EQ(PR_MDWE_REFUSE_EXEC_GAIN, prctl(PR_GET_MDWE, 0, 0, 0, 0));
}

static void mdwe_child(void)
{
	const int wx = PROT_READ | PROT_WRITE | PROT_EXEC, anon = MAP_PRIVATE | MAP_ANONYMOUS;

	CHECK_ERRNO(EINVAL, prctl(PR_SET_MDWE, 4, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MDWE, PR_MDWE_NO_INHERIT, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MDWE, 1, 1, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_GET_MDWE, 1, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_MDWE, 0, 0, 0, 0));
	char *was = mmap(NULL, 4096, PROT_READ | PROT_EXEC, anon, -1, 0);
	CHECK(was != MAP_FAILED);
	CHECK_EQ(0, prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0));
	CHECK_ERRNO(EPERM, prctl(PR_SET_MDWE, 0, 0, 0, 0));
	CHECK_ERRNO(EACCES, (long)mmap(NULL, 4096, wx, anon, -1, 0));
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, anon, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(EACCES, mprotect(p, 4096, PROT_READ | PROT_EXEC));
	CHECK_EQ(0, mprotect(p, 4096, PROT_READ));
	CHECK_EQ(0, mprotect(was, 4096, PROT_READ | PROT_EXEC));
	CHECK_ERRNO(EACCES, mprotect(was, 4096, wx));
	CHECK_CHILD(mdwe_inherited);
}

static void mdwe_alone(void)
{
	CHECK_EQ(0, prctl(PR_GET_MDWE, 0, 0, 0, 0));
}

static void mdwe_not_inherited(void)
{
	CHECK_EQ(0, prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT, 0, 0, 0));
	CHECK_EQ(3, prctl(PR_GET_MDWE, 0, 0, 0, 0));
	CHECK_CHILD(mdwe_alone);
}

static void mdwe(void)
{
	CHECK_CHILD(mdwe_child);
	CHECK_CHILD(mdwe_not_inherited);
}

static void set_mm(void)
{
	static char name[] = "another\0name";
	char text[100] = "";

	CHECK_ERRNO(EINVAL, prctl(PR_SET_MM, 99, name, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MM, PR_SET_MM_ARG_START, name, 1, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MM, PR_SET_MM_ARG_START, 8, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MM, PR_SET_MM_ARG_START, -8L, 0, 0));
	*(volatile char *)name = 'a'; /* the page is the program's own now, as /proc wants it */
	CHECK_EQ(0, prctl(PR_SET_MM, PR_SET_MM_ARG_START, name, 0, 0));
	CHECK_EQ(0, prctl(PR_SET_MM, PR_SET_MM_ARG_END, name + sizeof(name), 0, 0));
	int fd = open("/proc/self/cmdline", O_RDONLY);
	CHECK_EQ(sizeof(name), read(fd, text, sizeof(text)));
	CHECK_EQ(0, memcmp(text, name, sizeof(name)));
	close(fd);
	CHECK_ERRNO(EINVAL, prctl(PR_SET_MM, PR_SET_MM_ARG_END, name - 1, 0, 0));
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, prctl(PR_SET_MM, PR_SET_MM_ARG_START, name, 0, 0));
}

/* --- user dispatch --- */

static volatile char selector;
static siginfo_t dispatched;
static int dispatches;

static void on_sigsys(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)uc;
	selector = 0;
	dispatched = *info;
	dispatches++;
}

static void dispatch_not_inherited(void)
{
	CHECK(syscall(SYS_getppid) > 0);
}

static void dispatch_child(void)
{
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	CHECK_EQ(0, sigaction(SIGSYS, &sa, NULL));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SYSCALL_USER_DISPATCH, 2, 0, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 1, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 1, 0, 0));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 1, -1L, 0));
	CHECK_ERRNO(EFAULT, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, -1L));
	CHECK_EQ(0, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	CHECK(syscall(SYS_getppid) > 0);
	CHECK_CHILD(dispatch_not_inherited);
	selector = 1;
	CHECK_EQ(123, syscall(SYS_getsid, 123)); /* the argument is still there */
	CHECK_EQ(1, dispatches);
	CHECK_EQ(2, dispatched.si_code); /* SYS_USER_DISPATCH */
	CHECK_EQ(SYS_getsid, dispatched.si_syscall);
	CHECK_EQ(0, dispatched.si_errno);
	CHECK_EQ(0, prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0));
	selector = 1;
	CHECK(syscall(SYS_getppid) > 0);
	CHECK_EQ(0, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, -1L, &selector)); /* all pass */
	CHECK(syscall(SYS_getppid) > 0);
	CHECK_EQ(0, prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	selector = 7;
	syscall(SYS_getppid);
}

static void user_dispatch(void)
{
	CHECK_EQ(SIGSYS, in_child(dispatch_child) & 0x7f);
}

/* --- unshare, setns, kcmp --- */

static void *unshare_in_thread(void *arg)
{
	CHECK_ERRNO(EINVAL, unshare(CLONE_THREAD));
	CHECK_ERRNO(EINVAL, unshare(CLONE_VM));
	CHECK_EQ(0, unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM));
	CHECK_EQ(0, close(*(int *)arg));
	CHECK_EQ(0, chdir("/proc"));
	umask(0777);
	return NULL;
}

static void unshare_child(void)
{
	char cwd[100];
	int fd = dup(0);
	pthread_t t;

	CHECK_EQ(0, unshare(0));
	CHECK_EQ(0, unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM));
	CHECK_ERRNO(EINVAL, unshare(1));
	CHECK_ERRNO(EINVAL, unshare(CLONE_PARENT));
	CHECK_ERRNO(EBADF, setns(999, 0));
	CHECK_ERRNO(EINVAL, setns(fd, 0));
	CHECK_EQ(0, chdir("/"));
	umask(022);
	CHECK_EQ(0, pthread_create(&t, NULL, unshare_in_thread, &fd));
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK_EQ(0, close(fd));
	CHECK_STR("/", getcwd(cwd, sizeof(cwd)));
	CHECK_EQ(022, umask(0));
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, unshare(CLONE_NEWUTS));
	CHECK_ERRNO(EPERM, unshare(CLONE_NEWNS));
}

static void unshares(void)
{
	CHECK_CHILD(unshare_child);
}

static long kcmp(pid_t a, pid_t b, int type, long x, long y)
{
	return syscall(SYS_kcmp, a, b, type, x, y);
}

/* Whom an epoll watches, though its number is closed, or another's. */
static void kcmp_epoll(pid_t me)
{
	struct kcmp_epoll_slot slot = {.efd = (unsigned)epoll_create1(0), .tfd = 77};
	struct epoll_event event = {.events = EPOLLIN};
	int one[2], two[2];
	long where = (long)&slot;

	CHECK_EQ(0, pipe(one));
	CHECK_EQ(0, pipe(two));
	CHECK_EQ(77, dup2(one[0], 77));
	CHECK_EQ(0, epoll_ctl((int)slot.efd, EPOLL_CTL_ADD, 77, &event));
	CHECK_EQ(77, dup2(two[0], 77));
	CHECK_EQ(0, kcmp(me, me, KCMP_EPOLL_TFD, one[0], where));
	CHECK(kcmp(me, me, KCMP_EPOLL_TFD, two[0], where) > 0);
	slot.toff = 1;
	CHECK_ERRNO(ENOENT, kcmp(me, me, KCMP_EPOLL_TFD, one[0], where));
	CHECK_EQ(0, epoll_ctl((int)slot.efd, EPOLL_CTL_ADD, 77, &event));
	CHECK(kcmp(me, me, KCMP_EPOLL_TFD, one[0], where) >= 0);
	slot = (struct kcmp_epoll_slot){slot.efd, 78, 0};
	CHECK_ERRNO(ENOENT, kcmp(me, me, KCMP_EPOLL_TFD, one[0], where));
	CHECK_ERRNO(EBADF, kcmp(me, me, KCMP_EPOLL_TFD, 999, where));
	slot.efd = (unsigned)one[0];
	CHECK_ERRNO(EINVAL, kcmp(me, me, KCMP_EPOLL_TFD, one[0], where));
	slot.efd = 999;
	CHECK_ERRNO(EBADF, kcmp(me, me, KCMP_EPOLL_TFD, one[0], where));
	CHECK_ERRNO(EFAULT, kcmp(me, me, KCMP_EPOLL_TFD, one[0], 8));
}

static void kcmp_child(void)
{
	pid_t me = getpid(), parent = getppid();

	CHECK_EQ(0, kcmp(me, me, KCMP_FILE, 1, 1));
	int copy = dup(1), other = open("/dev/null", O_RDONLY);
	CHECK_EQ(0, kcmp(me, parent, KCMP_FILE, copy, 1));
	long order = kcmp(me, me, KCMP_FILE, other, 1);
	CHECK(order == 1 || order == 2);
	CHECK_EQ(3 - order, kcmp(me, me, KCMP_FILE, 1, other));
	CHECK_ERRNO(EBADF, kcmp(me, me, KCMP_FILE, 1, 999));
	CHECK_ERRNO(EBADF, kcmp(me, me, KCMP_FILE, -1, 1));
	CHECK(kcmp(me, parent, KCMP_VM, 0, 0) > 0);
	CHECK(kcmp(me, parent, KCMP_FILES, 0, 0) > 0);
	CHECK(kcmp(me, parent, KCMP_FS, 0, 0) > 0);
	CHECK(kcmp(me, parent, KCMP_SIGHAND, 0, 0) > 0);
	CHECK_EQ(0, kcmp(me, parent, KCMP_SYSVSEM, 0, 0));
	CHECK_EQ(0, kcmp(me, me, KCMP_VM, 0, 0));
	kcmp_epoll(me);
	CHECK_ERRNO(EINVAL, kcmp(me, me, 99, 0, 0));
	CHECK_ERRNO(ESRCH, kcmp(me, 1234567, KCMP_VM, 0, 0));
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, kcmp(me, parent, KCMP_VM, 0, 0));
}

static void kcmps(void)
{
	CHECK_CHILD(kcmp_child);
}

/* --- who may look --- */

static void access_child(void)
{
	pid_t parent = getppid();
	void *head;
	size_t len;
	char path[40];

	CHECK_EQ(0, syscall(SYS_get_robust_list, parent, &head, &len));
	snprintf(path, sizeof(path), "/proc/%d/environ", parent);
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(0, setresuid(1234, 1234, 0));
	CHECK_ERRNO(EPERM, syscall(SYS_get_robust_list, parent, &head, &len));
	CHECK_ERRNO(EACCES, open(path, O_RDONLY));
	CHECK_EQ(0, seteuid(0)); /* the real ids count, and the capability */
	CHECK_EQ(0, syscall(SYS_get_robust_list, parent, &head, &len));
	CHECK_EQ(0, setuid(1234));
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_ERRNO(EPERM, syscall(SYS_get_robust_list, pid, &head, &len)); /* not dumpable */
	CHECK_EQ(0, prctl(PR_SET_DUMPABLE, 1));
	CHECK_EQ(0, syscall(SYS_get_robust_list, getpid(), &head, &len));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(0, syscall(SYS_get_robust_list, pid, &head, &len));
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void access_rules(void)
{
	CHECK_CHILD(access_child);
}

/* --- I/O priorities --- */

static long ioprio_get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static long ioprio_set(int which, int who, int value)
{
	return syscall(SYS_ioprio_set, which, who, value);
}

#define PRIO(class, level) ((class) << 13 | (level))

static void ioprio_inherited(void)
{
	CHECK_EQ(PRIO(2, 6), ioprio_get(1, 0));
}

static void ioprio_child(void)
{
	CHECK_EQ(0, ioprio_get(1, 0));
	CHECK_EQ(0, setpgid(0, 0));
	CHECK_EQ(PRIO(2, 4), ioprio_get(2, 0));
	CHECK_ERRNO(EINVAL, ioprio_set(1, 0, PRIO(4, 0)));
	CHECK_ERRNO(EINVAL, ioprio_set(1, 0, PRIO(0, 3)));
	CHECK_ERRNO(EINVAL, ioprio_set(4, 0, PRIO(2, 0)));
	CHECK_ERRNO(EINVAL, ioprio_get(0, 0));
	CHECK_ERRNO(ESRCH, ioprio_set(1, 1234567, PRIO(2, 0)));
	CHECK_ERRNO(ESRCH, ioprio_get(1, 1234567));
	CHECK_EQ(0, ioprio_set(1, 0, PRIO(1, 2)));
	CHECK_EQ(PRIO(1, 2), ioprio_get(1, 0));
	CHECK_EQ(0, ioprio_set(2, 0, PRIO(2, 6)));
	CHECK_EQ(PRIO(2, 6), ioprio_get(1, getpid()));
	CHECK_CHILD(ioprio_inherited);
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EPERM, ioprio_set(1, 0, PRIO(1, 2)));
	CHECK_ERRNO(EPERM, ioprio_set(1, getppid(), PRIO(2, 2)));
	CHECK_EQ(0, ioprio_set(1, 0, PRIO(3, 0)));
}

static void io_priority(void)
{
	CHECK_CHILD(ioprio_child);
}

SUBCOMMANDS({"unknown", unknown}, {"timer_slack", timer_slack}, {"wishes", wishes}, {"auxv", auxv},
    {"mdwe", mdwe}, {"set_mm", set_mm}, {"user_dispatch", user_dispatch}, {"unshare", unshares},
    {"kcmp", kcmps}, {"access_rules", access_rules}, {"io_priority", io_priority})
