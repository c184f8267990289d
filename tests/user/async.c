/* Signal-driven I/O: owners of files, O_ASYNC, SIGIO and what F_SETSIG sends in its place. */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void await(int sig, siginfo_t *info)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(sig, sigwaitinfo(&set, info));
}

static void nothing_pending(void)
{
	sigset_t set;

	CHECK_EQ(0, sigpending(&set));
	CHECK(!sigismember(&set, SIGIO) && !sigismember(&set, SIGRTMIN));
}

static void block_all(void)
{
	sigset_t set;

	sigfillset(&set);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
}

static void turn_on(int fd)
{
	CHECK_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
}

static void owner(void)
{
	int p[2], status;
	struct f_owner_ex o;
	uid_t uids[2] = {9, 9};

	CHECK_EQ(0, pipe(p));
	CHECK_EQ(0, fcntl(p[0], F_GETOWN));
	CHECK_EQ(0, fcntl(p[0], F_GETSIG));
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, getpid()));
	CHECK_EQ(getpid(), fcntl(p[0], F_GETOWN));
	CHECK_EQ(0, fcntl(p[0], F_GETOWN_EX, &o));
	CHECK(o.type == F_OWNER_PID && o.pid == getpid());
	CHECK_EQ(0, fcntl(p[0], 17 /* F_GETOWNER_UIDS */, uids));
	CHECK(uids[0] == getuid() && uids[1] == geteuid());
	setpgid(0, 0);
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, -getpgrp()));
	CHECK_EQ(-getpgrp(), fcntl(p[0], F_GETOWN));
	CHECK_EQ(0, fcntl(p[0], F_GETOWN_EX, &o));
	CHECK(o.type == F_OWNER_PGRP && o.pid == getpgrp());
	o = (struct f_owner_ex){F_OWNER_TID, getpid()};
	CHECK_EQ(0, fcntl(p[0], F_SETOWN_EX, &o));
	CHECK_EQ(getpid(), fcntl(p[0], F_GETOWN));
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, 0));
	CHECK_EQ(0, fcntl(p[0], F_GETOWN));
	pid_t child = fork();
	if (!child)
		_exit(0);
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, child));
	CHECK_EQ(child, waitpid(child, &status, 0));
	CHECK_EQ(0, fcntl(p[0], F_GETOWN)); /* gone */
	CHECK_ERRNO(ESRCH, fcntl(p[0], F_SETOWN, child));
}

static void bad_input(void)
{
	int p[2], reg = memfd_create("x", 0), on = 1;
	struct f_owner_ex o = {7, 0};

	CHECK_EQ(0, pipe(p));
	CHECK_ERRNO(EINVAL, fcntl(p[0], F_SETOWN, 0x80000000));
	CHECK_ERRNO(ESRCH, fcntl(p[0], F_SETOWN, 0x7fffffff));
	CHECK_ERRNO(EINVAL, fcntl(p[0], F_SETOWN_EX, &o));
	CHECK_ERRNO(EFAULT, fcntl(p[0], F_SETOWN_EX, 8L));
	CHECK_ERRNO(EFAULT, fcntl(p[0], F_GETOWN_EX, 8L));
	CHECK_ERRNO(EINVAL, fcntl(p[0], F_SETSIG, 65));
	CHECK_ERRNO(EINVAL, fcntl(p[0], F_SETSIG, -1));
	CHECK_EQ(0, fcntl(p[0], F_SETSIG, 64));
	CHECK_EQ(64, fcntl(p[0], F_GETSIG));
	CHECK_ERRNO(EBADF, fcntl(99, F_SETOWN, 0));
	/* A file that has nothing to tell. */
	CHECK_EQ(0, fcntl(reg, F_SETFL, O_ASYNC));
	CHECK(!(fcntl(reg, F_GETFL) & O_ASYNC));
	CHECK_ERRNO(ENOTTY, ioctl(reg, FIOASYNC, &on));
	CHECK_ERRNO(EFAULT, ioctl(p[0], FIOASYNC, NULL));
	CHECK_EQ(0, ioctl(p[0], FIOASYNC, &on));
	CHECK(fcntl(p[0], F_GETFL) & O_ASYNC);
	on = 0;
	CHECK_EQ(0, ioctl(p[0], FIOASYNC, &on));
	CHECK(!(fcntl(p[0], F_GETFL) & O_ASYNC));
	CHECK_EQ(F_UNLCK, fcntl(p[0], F_GETLEASE));
	CHECK_ERRNO(EINVAL, fcntl(p[0], F_SETLEASE, F_RDLCK));
}

static void pipe_signals(void)
{
	int p[2];
	char c;
	siginfo_t info;

	block_all();
	CHECK_EQ(0, pipe(p));
	turn_on(p[0]);
	CHECK_EQ(1, write(p[1], "x", 1)); /* nobody to tell yet */
	nothing_pending();
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, getpid()));
	CHECK_EQ(1, write(p[1], "x", 1));
	await(SIGIO, &info);
	CHECK_EQ(SI_KERNEL, info.si_code);
	CHECK_EQ(1, read(p[0], &c, 1)); /* POLL_OUT concerns the other end only */
	nothing_pending();
	turn_on(p[1]);
	CHECK_EQ(0, fcntl(p[1], F_SETOWN, getpid()));
	CHECK_EQ(0, fcntl(p[1], F_SETSIG, SIGRTMIN));
	CHECK_EQ(1, read(p[0], &c, 1));
	await(SIGRTMIN, &info);
	CHECK_EQ(POLL_OUT, info.si_code);
	CHECK_EQ(POLLOUT | POLLWRNORM | POLLWRBAND, info.si_band);
	CHECK_EQ(p[1], info.si_fd);
	nothing_pending();
	close(p[0]);
	await(SIGRTMIN, &info);
	CHECK_EQ(POLL_OUT, info.si_code);
	nothing_pending();
}

static void set_signal(void)
{
	static const int sigs[] = {SIGIO, SIGUSR1, SIGCHLD};
	static const int codes[] = {POLL_IN, POLL_IN, SI_SIGIO};
	int p[2], dup_fd;
	siginfo_t info;

	block_all();
	CHECK_EQ(0, pipe(p));
	dup_fd = dup(p[0]);
	turn_on(dup_fd); /* its number is told, even if it is closed */
	close(dup_fd);
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, getpid()));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(0, fcntl(p[0], F_SETSIG, sigs[i]));
		CHECK_EQ(1, write(p[1], "x", 1));
		await(sigs[i], &info);
		CHECK_EQ(codes[i], info.si_code);
		CHECK_EQ(POLLIN | POLLRDNORM, info.si_band);
		CHECK_EQ(dup_fd, info.si_fd);
	}
}

static volatile sig_atomic_t got, done;

static void count(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)info, (void)uc;
	got = (int)syscall(SYS_gettid);
}

static void *idle_thread(void *arg)
{
	*(_Atomic int *)arg = (int)syscall(SYS_gettid);
	while (!done)
		sleep_ms(1);
	return NULL;
}

static void to_thread(void)
{
	struct sigaction sa = {.sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_RESTART};
	_Atomic int tid = 0;
	pthread_t t;
	int p[2];

	CHECK_EQ(0, sigaction(SIGIO, &sa, NULL));
	CHECK_EQ(0, pthread_create(&t, NULL, idle_thread, &tid));
	while (!tid)
		sched_yield();
	CHECK_EQ(0, pipe(p));
	turn_on(p[0]);
	struct f_owner_ex o = {F_OWNER_TID, tid};
	CHECK_EQ(0, fcntl(p[0], F_SETOWN_EX, &o));
	CHECK_EQ(1, write(p[1], "x", 1));
	while (!got)
		sched_yield();
	CHECK_EQ(tid, got);
	done = 1;
	pthread_join(t, NULL);
	while (fcntl(p[0], F_GETOWN)) /* joined a little before it is gone */
		sched_yield();
	CHECK_EQ(1, write(p[1], "x", 1)); /* nobody is told */
}

static void to_group(void)
{
	int p[2], ready[2], status;
	char c;

	setpgid(0, 0);
	CHECK_EQ(0, pipe(p));
	CHECK_EQ(0, pipe(ready));
	block_all();
	for (int i = 0; i < 3; i++) {
		if (fork())
			continue;
		siginfo_t info;
		CHECK_EQ(1, write(ready[1], "r", 1));
		await(SIGIO, &info);
		_exit(7);
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(1, read(ready[0], &c, 1));
	turn_on(p[0]);
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, -getpgrp()));
	CHECK_EQ(1, write(p[1], "x", 1));
	for (int i = 0; i < 3; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(7 << 8, status);
	}
}

/* Past RLIMIT_SIGPENDING a plain SIGIO says that something was missed. */
static void queue_overflow(void)
{
	struct rlimit_ {
		unsigned long cur, max;
	} limit = {0, 0};
	sigset_t set;
	int p[2];

	block_all();
	CHECK_EQ(0, pipe(p));
	turn_on(p[0]);
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, getpid()));
	CHECK_EQ(0, fcntl(p[0], F_SETSIG, SIGRTMIN));
	CHECK_EQ(0, syscall(SYS_prlimit64, 0, 11 /* RLIMIT_SIGPENDING */, &limit, NULL));
	CHECK_EQ(1, write(p[1], "x", 1));
	CHECK_EQ(0, sigpending(&set));
	CHECK(sigismember(&set, SIGIO) && !sigismember(&set, SIGRTMIN));
}

/* Turned on and off, closed and written to by several processes at once. */
static void race(void)
{
	signal(SIGIO, SIG_IGN);
	int p[2], status;

	CHECK_EQ(0, pipe2(p, O_NONBLOCK));
	CHECK_EQ(0, fcntl(p[0], F_SETOWN, getpid()));
	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 300; k++) {
			char c;
			if (i & 1) {
				(void)!write(p[1], "x", 1);
				(void)!read(p[0], &c, 1);
			} else {
				int on = k & 1;
				CHECK_EQ(0, ioctl(p[k / 2 & 1], FIOASYNC, &on));
				CHECK_EQ(0, fcntl(p[0], F_SETOWN, k & 2 ? getpid() : 0));
			}
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(0, status);
	}
}

SUBCOMMANDS({"owner", owner}, {"bad_input", bad_input}, {"pipe", pipe_signals},
    {"set_signal", set_signal}, {"to_thread", to_thread}, {"to_group", to_group},
    {"queue_overflow", queue_overflow}, {"race", race})
