/* signalfd(2). */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

static int make(int flags, int sig, ...)
{
	sigset_t set, all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigaddset(&set, SIGRTMIN);
	int fd = signalfd(-1, &set, flags);
	CHECK(fd >= 0);
	return fd;
}

static void reading(void)
{
	int fd = make(SFD_NONBLOCK | SFD_CLOEXEC, SIGUSR1);
	struct signalfd_siginfo s[4];
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};

	CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	CHECK_ERRNO(EAGAIN, read(fd, s, sizeof(s)));
	CHECK_EQ(0, poll(&p, 1, 0));
	kill(getpid(), SIGUSR2); /* not of the mask */
	CHECK_EQ(0, poll(&p, 1, 0));
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_ptr = (void *)0x123456789});
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2});
	kill(getpid(), SIGUSR1);
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLIN, p.revents);
	CHECK_ERRNO(EINVAL, read(fd, s, sizeof(s[0]) - 1));
	memset(s, 0xff, sizeof(s));
	CHECK_EQ(3 * sizeof(s[0]), read(fd, s, sizeof(s)));
	CHECK_EQ(SIGUSR1, s[0].ssi_signo);
	CHECK_EQ(SI_USER, s[0].ssi_code);
	CHECK_EQ(getpid(), s[0].ssi_pid);
	CHECK_EQ(getuid(), s[0].ssi_uid);
	CHECK_EQ(0, s[0].ssi_ptr);
	CHECK_EQ(SIGRTMIN, s[1].ssi_signo);
	CHECK_EQ(SI_QUEUE, s[1].ssi_code);
	CHECK_EQ(0x123456789, s[1].ssi_ptr);
	CHECK_EQ(0x23456789, s[1].ssi_int);
	CHECK_EQ(2, s[2].ssi_int);
	CHECK_EQ(0, s[2].ssi_band);
	CHECK_ERRNO(EAGAIN, read(fd, s, sizeof(s)));
}

static void child_and_poll(void)
{
	int fd = make(0, SIGCHLD), p[2];
	struct signalfd_siginfo s;
	pid_t pid = fork();

	if (!pid)
		_exit(5);
	CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s))); /* blocks until it comes */
	CHECK_EQ(SIGCHLD, s.ssi_signo);
	CHECK_EQ(CLD_EXITED, s.ssi_code);
	CHECK_EQ(pid, s.ssi_pid);
	CHECK_EQ(5, s.ssi_status);
	wait(NULL);
	CHECK_EQ(0, pipe(p));
	fd = make(0, SIGIO);
	fcntl(p[0], F_SETOWN, getpid());
	fcntl(p[0], F_SETSIG, SIGIO);
	fcntl(p[0], F_SETFL, O_ASYNC);
	CHECK_EQ(1, write(p[1], "x", 1));
	CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s)));
	CHECK_EQ(POLL_IN, s.ssi_code);
	CHECK_EQ(p[0], s.ssi_fd);
	CHECK_EQ(POLLIN | POLLRDNORM, s.ssi_band);
}

static void change_mask(void)
{
	int fd = make(SFD_NONBLOCK, SIGUSR1);
	struct signalfd_siginfo s;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGKILL);
	kill(getpid(), SIGUSR2);
	CHECK_ERRNO(EAGAIN, read(fd, &s, sizeof(s)));
	CHECK_EQ(fd, signalfd(fd, &set, 0));
	CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s)));
	CHECK_EQ(SIGUSR2, s.ssi_signo);
	CHECK_ERRNO(EINVAL, signalfd(0, &set, 0));
	CHECK_ERRNO(EBADF, signalfd(99, &set, 0));
	CHECK_ERRNO(EINVAL, signalfd(-1, &set, 1));
	CHECK_ERRNO(EINVAL, syscall(SYS_signalfd4, -1, &set, 4, 0));
	CHECK_ERRNO(EFAULT, syscall(SYS_signalfd4, -1, 8L, 8, 1));
	CHECK_ERRNO(EINVAL, write(fd, &s, sizeof(s)));
}

/* Whoever reads gets his own signals, not those of who made the descriptor. */
static void inherited(void)
{
	int fd = make(SFD_NONBLOCK, SIGUSR1), status;
	struct signalfd_siginfo s;

	kill(getpid(), SIGUSR1);
	pid_t pid = fork();
	if (!pid) {
		struct pollfd p = {fd, POLLIN, 0};
		CHECK_EQ(0, poll(&p, 1, 0));
		CHECK_ERRNO(EAGAIN, read(fd, &s, sizeof(s)));
		kill(getpid(), SIGUSR1);
		CHECK_EQ(1, poll(&p, 1, -1));
		CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s)));
		CHECK_EQ(getpid(), s.ssi_pid);
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s)));
	CHECK_EQ(getpid(), s.ssi_pid);
}

/* An epoll made by a process that ends outlives it. */
static void epoll_outlives(void)
{
	int fd = make(SFD_NONBLOCK, SIGUSR1), ep = epoll_create1(0), status;
	struct epoll_event e = {.events = EPOLLIN};
	struct signalfd_siginfo s;
	pid_t pid = fork();

	if (!pid) {
		CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
		kill(getpid(), SIGUSR1);
		CHECK_EQ(1, epoll_wait(ep, &e, 1, -1));
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	CHECK_EQ(0, epoll_wait(ep, &e, 1, 0)); /* what was pending there has gone */
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_DEL, fd, &e));
	CHECK_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	kill(getpid(), SIGUSR1);
	CHECK_EQ(1, epoll_wait(ep, &e, 1, -1));
	CHECK_EQ(sizeof(s), read(fd, &s, sizeof(s)));
}

static int shared_fd;

static void *reader(void *arg)
{
	struct signalfd_siginfo s;
	sigset_t set;

	CHECK_EQ(sizeof(s), read(shared_fd, &s, sizeof(s)));
	CHECK_EQ(SIGRTMIN, s.ssi_signo);
	__atomic_fetch_add((int *)arg, 1, __ATOMIC_SEQ_CST);
	sigemptyset(&set);
	return NULL;
}

/* Each of many blocked readers gets one of many signals. */
static void threads(void)
{
	enum { N = 8 };
	pthread_t t[N];
	int count = 0;

	shared_fd = make(0, SIGUSR1);
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, reader, &count));
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
	CHECK_EQ(N, count);
}

static void handled(int sig)
{
	(void)sig;
}

static void interrupt(void)
{
	struct sigaction sa = {.sa_handler = handled};
	int fd = make(0, SIGUSR1);
	struct signalfd_siginfo s;
	sigset_t set;

	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	ualarm(10000, 10000);
	CHECK_ERRNO(EINTR, read(fd, &s, sizeof(s)));
}

struct busy_poll {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};

/* EPIOCSPARAMS and EPIOCGPARAMS. */
static void epoll_busy_poll(void)
{
	const unsigned long set = _IOW(0x8a, 1, struct busy_poll),
			    get = _IOR(0x8a, 2, struct busy_poll);
	struct busy_poll p = {.usecs = 99};
	int ep = epoll_create1(0);

	CHECK_EQ(0, ioctl(ep, get, &p));
	CHECK_EQ(0, p.usecs);
	p = (struct busy_poll){.usecs = 50, .budget = 64, .prefer = 1};
	CHECK_EQ(0, ioctl(ep, set, &p));
	p = (struct busy_poll){0};
	CHECK_EQ(0, ioctl(ep, get, &p));
	CHECK_EQ(50, p.usecs);
	CHECK_EQ(64, p.budget);
	CHECK_EQ(1, p.prefer);
	p.pad = 1;
	CHECK_ERRNO(EINVAL, ioctl(ep, set, &p));
	p = (struct busy_poll){.prefer = 2};
	CHECK_ERRNO(EINVAL, ioctl(ep, set, &p));
	p = (struct busy_poll){.usecs = 1U << 31};
	CHECK_ERRNO(EINVAL, ioctl(ep, set, &p));
	CHECK_ERRNO(EFAULT, ioctl(ep, set, (void *)8));
	CHECK_ERRNO(EINVAL, ioctl(ep, TCGETS, &p));
	CHECK_ERRNO(EINVAL, ioctl(ep, FIONREAD, &p));
}

SUBCOMMANDS({"read", reading}, {"child_and_poll", child_and_poll}, {"change_mask", change_mask},
    {"inherited", inherited}, {"epoll_outlives", epoll_outlives}, {"threads", threads},
    {"interrupt", interrupt}, {"epoll_busy_poll", epoll_busy_poll})
