/* Descriptors of processes: pidfd_open(2), CLONE_PIDFD, pidfd_send_signal(2), pidfd_getfd(2). */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define THREAD O_EXCL /* PIDFD_THREAD */

static int pidfd_open_(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int send_(int fd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

static int getfd_(int fd, int target, unsigned flags)
{
	return (int)syscall(SYS_pidfd_getfd, fd, target, flags);
}

/* A child that ends when the pipe's write end is closed. */
static pid_t child(int *end)
{
	int p[2];
	char c;

	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		close(p[1]);
		(void)!read(p[0], &c, 1);
		_exit(3);
	}
	close(p[0]);
	*end = p[1];
	return pid;
}

static int events(int fd, int timeout)
{
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};

	return poll(&p, 1, timeout) ? p.revents : 0;
}

static void poll_end(void)
{
	int end, ep = epoll_create1(0);
	pid_t pid = child(&end);
	int fd = pidfd_open_(pid, O_NONBLOCK);
	struct epoll_event e = {.events = EPOLLIN};
	siginfo_t info;

	CHECK(fd >= 0);
	CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	CHECK_EQ(O_RDWR | O_NONBLOCK, fcntl(fd, F_GETFL) & ~0100000);
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	CHECK_EQ(0, events(fd, 0));
	CHECK_ERRNO(EAGAIN, waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_EQ(0, waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
	close(end);
	CHECK_EQ(POLLIN, events(fd, -1));
	CHECK_EQ(1, epoll_wait(ep, &e, 1, -1));
	CHECK_EQ(0, send_(fd, 0, NULL, 0)); /* a zombie is still there */
	CHECK_EQ(0, waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOWAIT));
	CHECK_EQ(0, waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_EQ(pid, info.si_pid);
	CHECK_EQ(3, info.si_status);
	CHECK_EQ(POLLIN | POLLHUP, events(fd, -1));
	CHECK_ERRNO(ESRCH, send_(fd, SIGTERM, NULL, 0));
	CHECK_ERRNO(ECHILD, waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_ERRNO(ESRCH, getfd_(fd, 0, 0));
	CHECK_ERRNO(ESRCH, pidfd_open_(pid, 0));
}

static void bad_input(void)
{
	siginfo_t info = {0};
	int fd = pidfd_open_(getpid(), 0), dir = open("/proc/self", O_RDONLY);

	CHECK_ERRNO(EINVAL, pidfd_open_(getpid(), 1));
	CHECK_ERRNO(EINVAL, pidfd_open_(0, 0));
	CHECK_ERRNO(EINVAL, pidfd_open_(-1, 0));
	CHECK_ERRNO(ESRCH, pidfd_open_(0x7ffffff, 0));
	CHECK_ERRNO(EINVAL, read(fd, &info, 8));
	CHECK_ERRNO(ESPIPE, lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(EINVAL, send_(fd, 0, NULL, 8));
	CHECK_ERRNO(EINVAL, send_(fd, 0, NULL, 3));
	CHECK_ERRNO(EBADF, send_(99, 0, NULL, 0));
	CHECK_ERRNO(EBADF, send_(0, 0, NULL, 0));
	CHECK_ERRNO(EINVAL, send_(fd, 65, NULL, 0));
	CHECK_ERRNO(EFAULT, send_(fd, SIGUSR1, (siginfo_t *)8, 0));
	info.si_signo = SIGUSR2;
	CHECK_ERRNO(EINVAL, send_(fd, SIGUSR1, &info, 0));
	info = (siginfo_t){.si_signo = SIGUSR1, .si_code = 99};
	((char *)&info)[100] = 1;
	CHECK_ERRNO(E2BIG, send_(fd, SIGUSR1, &info, 0));
	CHECK_EQ(0, send_(dir, 0, NULL, 0)); /* a directory of /proc will do */
	CHECK_ERRNO(EINVAL, getfd_(fd, 0, 1));
	CHECK_ERRNO(EBADF, getfd_(99, 0, 0));
	CHECK_ERRNO(EBADF, getfd_(dir, 0, 0));
	CHECK_ERRNO(EBADF, getfd_(fd, 99, 0));
	CHECK_ERRNO(EINVAL, waitid(P_PIDFD, (id_t)-1, &info, WEXITED));
	CHECK_ERRNO(EBADF, waitid(P_PIDFD, 0, &info, WEXITED));
	CHECK_ERRNO(EBADF, waitid(P_PIDFD, 99, &info, WEXITED));
	CHECK_ERRNO(ECHILD, waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
}

static void send_signal(void)
{
	sigset_t all;
	siginfo_t info, got;
	int fd = pidfd_open_(getpid(), 0), end;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	CHECK_EQ(0, send_(fd, SIGUSR1, NULL, 0));
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &got));
	CHECK(got.si_code == SI_USER && got.si_pid == getpid());
	CHECK_EQ(0, send_(fd, SIGUSR1, NULL, 1)); /* PIDFD_SIGNAL_THREAD */
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &got));
	CHECK_EQ(SI_USER, got.si_code);
	info = (siginfo_t){.si_signo = SIGUSR1, .si_code = 5};
	info.si_pid = 77;
	CHECK_EQ(0, send_(fd, SIGUSR1, &info, 0)); /* to oneself anything goes */
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &got));
	CHECK(got.si_code == 5 && got.si_pid == 77);
	pid_t pid = child(&end);
	int cfd = pidfd_open_(pid, 0);
	CHECK_ERRNO(EPERM, send_(cfd, SIGUSR1, &info, 0));
	info.si_code = SI_TKILL;
	CHECK_ERRNO(EPERM, send_(cfd, SIGUSR1, &info, 0));
	info.si_code = SI_QUEUE;
	CHECK_EQ(0, send_(cfd, SIGUSR1, &info, 0)); /* blocked there */
	CHECK_EQ(0, send_(cfd, SIGKILL, NULL, 2));  /* PIDFD_SIGNAL_THREAD_GROUP */
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	setpgid(0, 0);
	CHECK_EQ(0, send_(fd, SIGUSR2, NULL, 4)); /* PIDFD_SIGNAL_PROCESS_GROUP */
	sigdelset(&all, SIGCHLD);
	CHECK_EQ(SIGUSR2, sigwaitinfo(&all, &got));
}

static int clone_fd(unsigned long flags, int *fd)
{
	return (int)syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, 0, fd, 0, 0);
}

static void clone_pidfd(void)
{
	int fd = -1, status;
	pid_t pid = clone_fd(0, &fd);

	if (!pid)
		_exit(fcntl(0, F_GETFD) ? 1 : 0); /* the child does not have it */
	CHECK(pid > 0 && fd >= 0);
	CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	CHECK_EQ(POLLIN, events(fd, -1));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_ERRNO(EINVAL, clone_fd(CLONE_PARENT_SETTID, &fd));
	CHECK_ERRNO(EINVAL, clone_fd(0x00400000 /* CLONE_DETACHED */, &fd));
	CHECK_ERRNO(EFAULT, clone_fd(0, (int *)8));
	CHECK_ERRNO(ECHILD, wait(NULL)); /* no child was left behind */
	int next = dup(0);
	CHECK_EQ(fd + 1, next); /* nor a descriptor */
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} a = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD};
	pid = (pid_t)syscall(SYS_clone3, &a, sizeof(a));
	if (!pid)
		_exit(4);
	CHECK(pid > 0);
	siginfo_t info;
	CHECK_EQ(0, waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_EQ(4, info.si_status);
}

static void get_fd(void)
{
	int p[2], mine = -1, status;
	char c = 0;

	CHECK_EQ(0, pipe(p));
	prctl(PR_SET_PTRACER, -1L);
	pid_t pid = fork();
	if (!pid) {
		/* The parent's end, which this process does not have. */
		close(p[1]);
		int parent = pidfd_open_(getppid(), 0);
		CHECK(parent >= 0);
		mine = getfd_(parent, p[1], 0);
		CHECK(mine >= 0);
		CHECK_EQ(FD_CLOEXEC, fcntl(mine, F_GETFD));
		CHECK_EQ(1, write(mine, "y", 1));
		_exit(0);
	}
	CHECK_EQ(1, read(p[0], &c, 1));
	CHECK_EQ('y', c);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	/* Not from a process that one may not trace. */
	pid = fork();
	if (!pid) {
		if (getuid())
			_exit(0);
		int parent = pidfd_open_(getppid(), 0);
		CHECK_EQ(0, setresgid(1000, 1000, 1000));
		CHECK_EQ(0, setresuid(1000, 1000, 1000));
		CHECK_ERRNO(EPERM, getfd_(parent, 0, 0));
		CHECK_ERRNO(EPERM, send_(parent, 0, NULL, 0));
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

static _Atomic int tid;
static int go[2];

static void *thread(void *arg)
{
	char c;

	(void)arg;
	tid = (int)syscall(SYS_gettid);
	(void)!read(go[0], &c, 1);
	return NULL;
}

static void of_thread(void)
{
	pthread_t t;

	CHECK_EQ(0, pipe(go));
	CHECK_EQ(0, pthread_create(&t, NULL, thread, NULL));
	while (!tid)
		sched_yield();
	CHECK_EQ(-1, pidfd_open_(tid, 0)); /* EINVAL in 6.12, ENOENT later */
	CHECK(errno == EINVAL || errno == ENOENT);
	int fd = pidfd_open_(tid, THREAD);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFL) & THREAD);
	CHECK_EQ(0, events(fd, 0));
	CHECK_EQ(0, send_(fd, 0, NULL, 0));
	CHECK_EQ(1, write(go[1], "x", 1));
	CHECK(events(fd, -1) & POLLIN);
	CHECK_EQ(0, pthread_join(t, NULL));
	while (!(events(fd, -1) & POLLHUP))
		;
	CHECK_ERRNO(ESRCH, send_(fd, 0, NULL, 0));
}

static void fdinfo(void)
{
	char path[64], buf[512], want[64];
	int end, fds[2];
	pid_t pid = child(&end);

	fds[0] = pidfd_open_(pid, 0);
	fds[1] = pidfd_open_(pid, 0);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[i]);
		snprintf(
		    want, sizeof(want), "\nPid:\t%d\nNSpid:\t%d\n", i ? -1 : pid, i ? -1 : pid);
		int f = open(path, O_RDONLY);
		CHECK(f >= 0);
		ssize_t n = read(f, buf, sizeof(buf) - 1);
		CHECK(n > 0);
		buf[n] = 0;
		if (!strstr(buf, want))
			FAIL("%s: %s", path, buf);
		close(f);
		if (!i) {
			close(end);
			CHECK_EQ(pid, waitpid(pid, NULL, 0));
		}
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	ssize_t n = readlink(path, buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = 0;
	CHECK_STR("anon_inode:[pidfd]", buf);
}

static long advise(int fd, const struct iovec *v, size_t n, int advice, unsigned flags)
{
	return syscall(SYS_process_madvise, fd, v, n, advice, flags);
}

/* process_madvise: of another by its pidfd, piece by piece. */
static void advise_other(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec v[2] = {{p, page}, {p + 2 * page, page}};
	int end, fd, status;
	pid_t pid, unprivileged;

	CHECK_EQ(0, munmap(p + 3 * page, page));
	pid = child(&end);
	fd = pidfd_open_(pid, 0);
	CHECK_EQ(2 * page, advise(fd, v, 2, MADV_COLD, 0));
	CHECK_EQ(2 * page, advise(fd, v, 2, MADV_PAGEOUT, 0));
	CHECK_EQ(0, advise(fd, v, 0, MADV_WILLNEED, 0));
	CHECK_EQ(0, advise(fd, v, 0, MADV_COLD, 0));
	CHECK_ERRNO(EINVAL, advise(fd, v, 2, MADV_DONTNEED, 0));
	CHECK_ERRNO(EINVAL, advise(fd, v, 2, MADV_COLD, 1));
	CHECK_ERRNO(EBADF, advise(end, v, 2, MADV_COLD, 0));
	CHECK_ERRNO(EBADF, advise(99, v, 2, MADV_COLD, 0));
	CHECK_ERRNO(EFAULT, advise(fd, NULL, 2, MADV_COLD, 0));
	CHECK_ERRNO(EFAULT, advise(fd, (struct iovec *)16, 2, MADV_COLD, 0));
	CHECK_ERRNO(EINVAL, advise(fd, v, 2000, MADV_COLD, 0));
	CHECK_ERRNO(EINVAL, advise(fd, v, 2, MADV_DONTFORK, 0));
	v[1].iov_base = p + 3 * page; /* a hole */
	CHECK_EQ(page, advise(fd, v, 2, MADV_COLD, 0));
	CHECK_ERRNO(ENOMEM, advise(fd, v + 1, 1, MADV_COLD, 0));
	v[1] = (struct iovec){p + 1, page}; /* no page begins there */
	CHECK_EQ(page, advise(fd, v, 2, MADV_COLD, 0));
	unprivileged = fork();
	if (!unprivileged) {
		int own = pidfd_open_(getpid(), 0);

		CHECK_EQ(0, setuid(1234));
		CHECK_ERRNO(EACCES, advise(fd, v, 1, MADV_COLD, 0));
		CHECK_EQ(page, advise(own, v, 1, MADV_COLD, 0));
		v[0].iov_len = 2 * page;
		CHECK_EQ(2 * page, advise(own, v, 1, MADV_PAGEOUT, 0));
		CHECK_ERRNO(EINVAL, advise(own, v, 1, MADV_DONTNEED, 0));
		_exit(0);
	}
	CHECK_EQ(unprivileged, waitpid(unprivileged, &status, 0));
	CHECK_EQ(0, status);
	CHECK_EQ(0, close(end));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_ERRNO(ESRCH, advise(fd, v, 1, MADV_COLD, 0));
	munmap(p, 4 * page);
}

static long release(int fd, unsigned flags)
{
	return syscall(SYS_process_mrelease, fd, flags);
}

/* A process that is being killed, and held with its memory in the stop at its end. */
static int hold_dying(pid_t pid)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, __WALL));
	CHECK_EQ(SIGSTOP << 8 | 0x7f, status);
	CHECK_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, (long)PTRACE_O_TRACEEXIT));
	CHECK_EQ(0, kill(pid, SIGKILL));
	CHECK_EQ(pid, waitpid(pid, &status, __WALL));
	CHECK_EQ(PTRACE_EVENT_EXIT << 16 | SIGTRAP << 8 | 0x7f, status);
	return pidfd_open_(pid, 0);
}

static void let_die(pid_t pid, int fd)
{
	siginfo_t info;

	CHECK_EQ(0, ptrace(PTRACE_CONT, pid, NULL, 0L));
	CHECK_EQ(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(CLD_KILLED, info.si_code);
	CHECK_ERRNO(ESRCH, release(fd, 0));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_ERRNO(ESRCH, release(fd, 0));
	CHECK_EQ(0, close(fd));
}

/* KiB of anonymous memory. */
static long anonymous(pid_t pid)
{
	char path[64], buf[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = 0;
	close(fd);
	line = strstr(buf, "RssAnon:");
	CHECK(line);
	return atol(line + 8);
}

static int stops_with_memory(void *arg)
{
	size_t size = (size_t)arg;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	memset(p, 1, size);
	CHECK_EQ(0, ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
	return 0;
}

/* process_mrelease: the memory of one that is being killed. */
static void release_dying(void)
{
	const size_t size = 4 << 20;
	int end;
	pid_t pid = child(&end);
	int fd = pidfd_open_(pid, 0);

	CHECK_ERRNO(EINVAL, release(fd, 1));
	CHECK_ERRNO(EBADF, release(-1, 0));
	CHECK_ERRNO(EBADF, release(end, 0));
	CHECK_ERRNO(EINVAL, release(fd, 0));
	CHECK_EQ(0, close(end));
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ(0, close(fd));
	fd = pidfd_open_(getpid(), 0);
	CHECK_ERRNO(EINVAL, release(fd, 0)); /* it is not dying */
	CHECK_EQ(0, close(fd));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(stops_with_memory((void *)size));
	fd = hold_dying(pid);
	CHECK(anonymous(pid) >= (long)(size >> 10));
	CHECK_EQ(0, release(fd, 0));
	CHECK(anonymous(pid) < (long)(size >> 10));
	CHECK_EQ(0, release(fd, 0)); /* already done */
	let_die(pid, fd);
}

/* Not if somebody else, who lives, has that memory too. */
static void release_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	const size_t size = 1 << 20;
	int fd;
	pid_t pid = clone(
	    stops_with_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)size);

	CHECK(pid > 0);
	fd = hold_dying(pid);
	CHECK_ERRNO(EINVAL, release(fd, 0));
	CHECK(anonymous(pid) >= (long)(size >> 10));
	let_die(pid, fd);
}

SUBCOMMANDS({"poll", poll_end}, {"bad_input", bad_input}, {"send_signal", send_signal},
    {"clone", clone_pidfd}, {"getfd", get_fd}, {"thread", of_thread}, {"fdinfo", fdinfo},
    {"advise", advise_other}, {"release", release_dying}, {"release_shared", release_shared})
