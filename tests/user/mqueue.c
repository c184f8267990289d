/* POSIX message queues (mq_overview(7)). */
#include "check.h"

#include <mqueue.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

static mqd_t make(const char *name, long maxmsg, long msgsize)
{
	struct mq_attr attr = {.mq_maxmsg = maxmsg, .mq_msgsize = msgsize};

	mq_unlink(name);
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	CHECK(q >= 0);
	return q;
}

static int open_raw(const char *name, int flags, int mode, struct mq_attr *attr)
{
	return (int)syscall(SYS_mq_open, name, flags, mode, attr);
}

static void opening(void)
{
	struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 100};
	struct stat st;
	char text[100];

	mq_unlink("/o");
	CHECK_ERRNO(ENOENT, open_raw("o", O_RDWR, 0, NULL));
	CHECK_ERRNO(ENOENT, open_raw("", O_RDWR | O_CREAT, 0600, NULL));
	CHECK_ERRNO(EACCES, open_raw("/o", O_RDWR | O_CREAT, 0600, NULL));
	CHECK_ERRNO(EACCES, open_raw("a/b", O_RDWR | O_CREAT, 0600, NULL));
	CHECK_ERRNO(EACCES, open_raw(".", O_RDWR, 0600, NULL));
	CHECK_ERRNO(EFAULT, open_raw("o", O_RDWR | O_CREAT, 0600, (void *)16));
	CHECK_ERRNO(EFAULT, open_raw((char *)16, O_RDWR | O_CREAT, 0600, NULL));
	attr.mq_maxmsg = 0;
	CHECK_ERRNO(EINVAL, open_raw("o", O_RDWR | O_CREAT, 0600, &attr));
	attr.mq_maxmsg = 65537;
	CHECK_ERRNO(EINVAL, open_raw("o", O_RDWR | O_CREAT, 0600, &attr));
	attr.mq_maxmsg = 4;
	attr.mq_msgsize = (16 << 20) + 1;
	CHECK_ERRNO(EINVAL, open_raw("o", O_RDWR | O_CREAT, 0600, &attr));
	attr.mq_msgsize = 100;
	int q = open_raw("o", O_RDWR | O_CREAT, 0640, &attr);
	CHECK(q >= 0);
	CHECK_EQ(FD_CLOEXEC, fcntl(q, F_GETFD));
	CHECK_EQ(0, fstat(q, &st));
	CHECK_EQ(S_IFREG | 0640, st.st_mode);
	CHECK_EQ(80, st.st_size);
	ssize_t n = read(q, text, sizeof(text));
	CHECK(n > 0);
	text[n] = 0;
	CHECK_STR("QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n", text);
	CHECK_ERRNO(EINVAL, write(q, "x", 1));
	snprintf(text, sizeof(text), "/proc/self/fd/%d", q);
	char link[20] = "";
	CHECK_EQ(2, readlink(text, link, sizeof(link)));
	CHECK_STR("/o", link);
	CHECK_ERRNO(EEXIST, open_raw("o", O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	CHECK_ERRNO(EINVAL, open_raw("o", O_RDWR | O_WRONLY, 0600, NULL));
	CHECK_EQ(0, mq_unlink("/o"));
	CHECK_ERRNO(ENOENT, mq_unlink("/o"));
	CHECK_EQ(0, mq_send(q, "x", 1, 0)); /* lives on */
	CHECK_EQ(0, close(q));
	/* the defaults */
	q = open_raw("o", O_RDWR | O_CREAT, 0600, NULL);
	CHECK_EQ(0, mq_getattr(q, &attr));
	CHECK(attr.mq_maxmsg == 10 && attr.mq_msgsize == 8192 && !attr.mq_curmsgs);
	close(q);
	mq_unlink("/o");
}

static void order(void)
{
	mqd_t q = make("/order", 8, 16);
	struct mq_attr attr;
	unsigned priority;
	char buf[16];

	CHECK_EQ(0, mq_send(q, "a1", 2, 1));
	CHECK_EQ(0, mq_send(q, "b5", 2, 5));
	CHECK_EQ(0, mq_send(q, "c1", 2, 1));
	CHECK_EQ(0, mq_send(q, "d5", 2, 5));
	CHECK_EQ(0, mq_send(q, "", 0, 32767));
	CHECK_EQ(0, mq_getattr(q, &attr));
	CHECK_EQ(5, attr.mq_curmsgs);
	CHECK_EQ(0, mq_receive(q, buf, 16, &priority));
	CHECK_EQ(32767, priority);
	static const char *const want[] = {"b5", "d5", "a1", "c1"};
	for (unsigned k = 0; k < 4; k++) {
		CHECK_EQ(2, mq_receive(q, buf, 16, &priority));
		CHECK(!memcmp(want[k], buf, 2));
		CHECK_EQ(want[k][1] - '0', priority);
	}
	CHECK_ERRNO(EINVAL, mq_send(q, "x", 1, 32768));
	CHECK_ERRNO(EMSGSIZE, mq_send(q, "12345678901234567", 17, 0));
	CHECK_ERRNO(EMSGSIZE, mq_receive(q, buf, 15, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_mq_timedsend, q, 16, 5, 0, NULL));
	CHECK_ERRNO(EBADF, mq_send(99, "x", 1, 0));
	CHECK_ERRNO(EBADF, mq_send(1, "x", 1, 0));
	mqd_t reader = mq_open("/order", O_RDONLY);
	CHECK_ERRNO(EBADF, mq_send(reader, "x", 1, 0));
	close(reader);
	mqd_t writer = mq_open("/order", O_WRONLY);
	CHECK_ERRNO(EBADF, mq_receive(writer, buf, 16, NULL));
	close(writer);
	close(q);
	mq_unlink("/order");
}

static void attributes(void)
{
	mqd_t q = make("/attributes", 2, 16);
	struct mq_attr attr = {.mq_flags = O_NONBLOCK}, old;
	char buf[16];

	CHECK_EQ(0, mq_setattr(q, &attr, &old));
	CHECK(!old.mq_flags && old.mq_maxmsg == 2 && old.mq_msgsize == 16);
	CHECK(fcntl(q, F_GETFL) & O_NONBLOCK);
	CHECK_ERRNO(EAGAIN, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(0, mq_send(q, "x", 1, 0));
	CHECK_EQ(0, mq_send(q, "x", 1, 0));
	CHECK_ERRNO(EAGAIN, mq_send(q, "x", 1, 0));
	struct pollfd p = {.fd = q, .events = POLLIN | POLLOUT};
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLIN, p.revents);
	CHECK_EQ(1, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(1, poll(&p, 1, 0));
	CHECK_EQ(POLLIN | POLLOUT, p.revents);
	attr.mq_flags = O_RDWR;
	CHECK_ERRNO(EINVAL, mq_setattr(q, &attr, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_mq_getsetattr, q, 16, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_mq_getsetattr, q, NULL, 16));
	CHECK_ERRNO(EBADF, syscall(SYS_mq_getsetattr, 1, NULL, &old));
	close(q);
	mq_unlink("/attributes");
}

static volatile int handled;

static void on_signal(
    int sig __attribute__((unused)), siginfo_t *info, void *context __attribute__((unused)))
{
	handled = info->si_code == SI_MESGQ && info->si_pid == getpid() ? info->si_value.sival_int
									: -1;
}

static void waiting(void)
{
	mqd_t q = make("/waiting", 1, 16);
	struct timespec past = {1, 0}, bad = {0, 1000000000}, soon;
	const struct itimerval often = {{0, 20000}, {0, 20000}}, off = {0};
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	char buf[16];
	int status;

	CHECK_ERRNO(ETIMEDOUT, mq_timedreceive(q, buf, 16, NULL, &past));
	CHECK_ERRNO(EINVAL, mq_timedreceive(q, buf, 16, NULL, &bad));
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_sec++;
		soon.tv_nsec -= 1000000000;
	}
	CHECK_ERRNO(ETIMEDOUT, mq_timedreceive(q, buf, 16, NULL, &soon));
	CHECK_EQ(0, mq_send(q, "1", 1, 0));
	CHECK_ERRNO(ETIMEDOUT, mq_timedsend(q, "2", 1, 0, &past));
	/* a child that fills what is emptied here */
	pid_t pid = fork();
	if (!pid) {
		for (int k = 0; k < 100; k++)
			CHECK_EQ(0, mq_send(q, "c", 1, 0));
		_exit(0);
	}
	for (int k = 0; k < 101; k++)
		CHECK_EQ(1, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	/* a signal interrupts */
	CHECK_EQ(0, sigaction(SIGALRM, &sa, NULL));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	CHECK_ERRNO(EINTR, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
	close(q);
	mq_unlink("/waiting");
}

static void notification(void)
{
	mqd_t q = make("/notification", 4, 16);
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	char buf[100];

	CHECK_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	e.sigev_value.sival_int = 42;
	CHECK_EQ(0, mq_notify(q, &e));
	CHECK_ERRNO(EBUSY, mq_notify(q, &e));
	ssize_t n = pread(q, buf, sizeof(buf), 0);
	CHECK(n > 0);
	buf[n] = 0;
	CHECK(strstr(buf, "SIGNO:10 "));
	CHECK_EQ(0, mq_send(q, "x", 1, 0));
	CHECK_EQ(42, handled);
	/* once, and only for an empty queue */
	handled = 0;
	CHECK_EQ(0, mq_notify(q, &e));
	CHECK_EQ(0, mq_send(q, "y", 1, 0));
	CHECK_EQ(0, handled);
	CHECK_EQ(1, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(1, mq_receive(q, buf, 16, NULL));
	CHECK_EQ(0, mq_send(q, "z", 1, 0));
	CHECK_EQ(42, handled);
	CHECK_EQ(1, mq_receive(q, buf, 16, NULL));
	/* taken back, by hand and with the descriptor */
	handled = 0;
	CHECK_EQ(0, mq_notify(q, &e));
	CHECK_EQ(0, mq_notify(q, NULL));
	CHECK_EQ(0, mq_notify(q, &e));
	close(dup(q));
	e.sigev_notify = SIGEV_NONE;
	CHECK_EQ(0, mq_notify(q, &e));
	CHECK_EQ(0, mq_send(q, "z", 1, 0));
	CHECK_EQ(0, handled);
	CHECK_EQ(0, mq_notify(q, &e)); /* that one is used up, too */
	e.sigev_notify = 9;
	CHECK_ERRNO(EINVAL, syscall(SYS_mq_notify, q, &e));
	e.sigev_notify = SIGEV_SIGNAL;
	e.sigev_signo = 65;
	CHECK_ERRNO(EINVAL, syscall(SYS_mq_notify, q, &e));
	CHECK_ERRNO(EFAULT, syscall(SYS_mq_notify, q, 16));
	CHECK_ERRNO(EBADF, syscall(SYS_mq_notify, 1, NULL));
	e.sigev_notify = SIGEV_THREAD;
	e.sigev_value.sival_ptr = buf;
	e.sigev_signo = 99;
	CHECK_ERRNO(EBADF, syscall(SYS_mq_notify, q, &e));
	e.sigev_signo = q;
	CHECK_ERRNO(ENOTSOCK, syscall(SYS_mq_notify, q, &e));
	close(q);
	mq_unlink("/notification");
}

static void as_nobody(void)
{
	struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = 8192};
	struct rlimit limit = {100000, 100000};

	CHECK_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &limit));
	CHECK_EQ(0, setresuid(12345, 12345, 12345));
	CHECK_ERRNO(EACCES, open_raw("limits", O_RDWR, 0, NULL));
	CHECK_ERRNO(EPERM, syscall(SYS_mq_unlink, "limits"));
	attr.mq_maxmsg = 11;
	CHECK_ERRNO(EINVAL, open_raw("mine", O_RDWR | O_CREAT, 0600, &attr));
	attr.mq_maxmsg = 10;
	attr.mq_msgsize = 8193;
	CHECK_ERRNO(EINVAL, open_raw("mine", O_RDWR | O_CREAT, 0600, &attr));
	attr.mq_msgsize = 8192;
	int q = open_raw("mine", O_RDWR | O_CREAT, 0600, &attr);
	CHECK(q >= 0);
	CHECK_ERRNO(EMFILE, open_raw("more", O_RDWR | O_CREAT, 0600, &attr));
	CHECK_EQ(0, mq_unlink("/mine")); /* counts as long as it is open */
	CHECK_ERRNO(EMFILE, open_raw("more", O_RDWR | O_CREAT, 0600, &attr));
	close(q);
	q = open_raw("more", O_RDWR | O_CREAT, 0600, &attr);
	CHECK(q >= 0);
	close(q);
	CHECK_EQ(0, mq_unlink("/more"));
}

static void limits(void)
{
	mqd_t q = make("/limits", 4, 16);
	char line[20];

	CHECK_EQ(0, in_child(as_nobody));
	close(q);
	mq_unlink("/limits");
	FILE *f = fopen("/proc/sys/fs/mqueue/msg_max", "r");
	CHECK(f && fgets(line, sizeof(line), f));
	CHECK_STR("10\n", line);
	fclose(f);
}

static void mounted(void)
{
	enter_work_dir();
	struct stat st;
	mqd_t q = make("/mounted", 4, 16);

	CHECK_EQ(0, mount("mq", work_dir, "mqueue", 0, NULL));
	CHECK_EQ(0, chdir(work_dir));
	CHECK_EQ(0, stat("mounted", &st));
	CHECK_EQ(0, stat(".", &st));
	CHECK_EQ(S_IFDIR | 01777, st.st_mode);
	CHECK_ERRNO(EPERM, mkdir("d", 0700));
	int fd = open("made", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(0, mq_send(fd, "x", 1, 0));
	close(fd);
	mqd_t made = mq_open("/made", O_RDONLY);
	struct mq_attr attr;
	CHECK_EQ(0, mq_getattr(made, &attr));
	CHECK_EQ(1, attr.mq_curmsgs);
	close(made);
	CHECK_EQ(0, unlink("made"));
	CHECK_EQ(0, unlink("mounted"));
	CHECK_ERRNO(ENOENT, mq_open("/mounted", O_RDONLY));
	close(q);
	CHECK_EQ(0, chdir("/"));
	CHECK_EQ(0, umount(work_dir));
	leave_work_dir();
}

SUBCOMMANDS({"opening", opening}, {"order", order}, {"attributes", attributes},
    {"waiting", waiting}, {"notification", notification}, {"limits", limits}, {"mounted", mounted})
