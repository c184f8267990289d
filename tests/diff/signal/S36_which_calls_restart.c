/*
 * S36 to S40: a call that sleeps is met by a handler without and with SA_RESTART, and by a stop
 * with SIGCONT. It returns, or it is found asleep again.
 */
#include "observe.h"
#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

static int fds[2], full[2], unix_pair[2], listener, queue, semaphores, locked_fd;
static int word;
static const struct timespec long_ = {100, 0};

static long do_read(void)
{
	char c;
	return read(fds[0], &c, 1);
}
static long do_readv(void)
{
	char c;
	struct iovec v = {&c, 1};
	return readv(fds[0], &v, 1);
}
static long do_write(void)
{
	static char big[1 << 20];
	return write(full[1], big, sizeof(big));
}
static long do_open_fifo(void)
{
	return open("/tmp/S36.fifo", O_RDONLY);
}
static long do_wait4(void)
{
	return waitpid(-1, NULL, 0);
}
static long do_waitid(void)
{
	siginfo_t i;
	return waitid(P_ALL, 0, &i, WEXITED);
}
static long do_futex(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
static long do_futex_timeout(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &long_, NULL, 0);
}
static long do_nanosleep(void)
{
	return syscall(SYS_nanosleep, &long_, NULL);
}
static long do_clock_nanosleep(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += 100;
	errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	return errno ? -1 : 0;
}
static long do_pause(void)
{
	return pause();
}
static long do_sigsuspend(void)
{
	sigset_t none;
	sigemptyset(&none);
	return sigsuspend(&none);
}
static long do_sigtimedwait(void)
{
	return sigtimedwait(SET(SIGUSR2), NULL, &long_);
}
static long do_sigwaitinfo(void)
{
	return sigwaitinfo(SET(SIGUSR2), NULL);
}
static long do_poll(void)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	return poll(&p, 1, 100000);
}
static long do_poll_forever(void)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	return poll(&p, 1, -1);
}
static long do_ppoll(void)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	return ppoll(&p, 1, &long_, NULL);
}
static long do_select(void)
{
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return select(fds[0] + 1, &set, NULL, NULL, &(struct timeval){100, 0});
}
static long do_epoll_wait(void)
{
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN};
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
	return epoll_wait(ep, &e, 1, 100000);
}
static long do_accept(void)
{
	return accept(listener, NULL, NULL);
}
static long do_recv(void)
{
	char c;
	return recv(unix_pair[0], &c, 1, 0);
}
static long do_recv_timeout(void)
{
	char c;
	int pair[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	setsockopt(
	    pair[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){100, 0}, sizeof(struct timeval));
	return recv(pair[0], &c, 1, 0);
}
static long do_recvmsg(void)
{
	char c;
	struct iovec v = {&c, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	return recvmsg(unix_pair[0], &m, 0);
}
static long do_send(void)
{
	static char big[1 << 22];
	return send(unix_pair[0], big, sizeof(big), 0);
}
static long do_msgrcv(void)
{
	struct {
		long t;
		char c;
	} m;
	return msgrcv(queue, &m, 1, 0, 0);
}
static long do_semop(void)
{
	struct sembuf b = {0, -1, 0};
	return semop(semaphores, &b, 1);
}
static long do_flock(void)
{
	int fd = open("/tmp/S36.lock", O_RDWR);
	return flock(fd, LOCK_EX);
}
static long do_setlkw(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(open("/tmp/S36.lock", O_RDWR), F_SETLKW, &l);
}
static long do_ofd_setlkw(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(open("/tmp/S36.lock", O_RDWR), F_OFD_SETLKW, &l);
}

static const struct call {
	const char *name;
	long (*fn)(void);
} calls[] = {{"read", do_read}, {"readv", do_readv}, {"write", do_write},
    {"open of a fifo", do_open_fifo}, {"wait4", do_wait4}, {"waitid", do_waitid},
    {"futex", do_futex}, {"futex, timeout", do_futex_timeout}, {"nanosleep", do_nanosleep},
    {"clock_nanosleep, absolute", do_clock_nanosleep}, {"pause", do_pause},
    {"sigsuspend", do_sigsuspend}, {"sigtimedwait", do_sigtimedwait},
    {"sigwaitinfo", do_sigwaitinfo}, {"poll", do_poll}, {"poll, no timeout", do_poll_forever},
    {"ppoll", do_ppoll}, {"select", do_select}, {"epoll_wait", do_epoll_wait},
    {"accept", do_accept}, {"recv", do_recv}, {"recv, SO_RCVTIMEO", do_recv_timeout},
    {"recvmsg", do_recvmsg}, {"send", do_send}, {"msgrcv", do_msgrcv}, {"semop", do_semop},
    {"flock", do_flock}, {"F_SETLKW", do_setlkw}, {"F_OFD_SETLKW", do_ofd_setlkw}};

static const struct call *call;
static struct gate told;

/* The child's side: makes the call and tells the pipe what it gave. */
static int calling(int flags)
{
	if (call->fn == do_wait4 || call->fn == do_waitid)
		child(pause_forever);
	block(SIGUSR2);
	on_signal(SIGUSR1, quiet_handler, flags);
	errno = 0;
	long result = call->fn();
	char line[64];
	snprintf(
	    line, sizeof(line), "returns %s", result > 0 ? "what was done" : result_name(result));
	MUST(write(told.fd[1], line, sizeof(line)) == sizeof(line));
	return 0;
}

static bool has_told(void)
{
	struct pollfd p = {.fd = told.fd[0], .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

/* What the child has told, or that it is asleep again: the signal woke it before it came here. */
static const char *outcome(pid_t pid)
{
	static char line[64];
	for (int asleep = 0; asleep < 5 && !has_told(); short_sleep(2000))
		asleep = task_state(pid) == 'S' ? asleep + 1 : 0;
	if (!has_told())
		return "sleeps on";
	MUST(read(told.fd[0], line, sizeof(line)) == sizeof(line));
	return line;
}

static const char *meets(int flags, bool stop)
{
	int status;
	told = new_gate();
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(calling(flags));
	}
	setpgid(pid, pid);
	until_state(pid, 'S');
	short_sleep(2000);
	until_state(pid, 'S');
	if (stop) {
		kill(pid, SIGSTOP);
		MUST(waitpid(pid, &status, WUNTRACED) == pid);
		kill(pid, SIGCONT);
	} else {
		kill(pid, SIGUSR1);
	}
	const char *what = outcome(pid);
	kill(-pid, SIGKILL);
	wait_for(pid);
	close(told.fd[0]);
	close(told.fd[1]);
	return what;
}

int main(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/S36.socket"};

	unlink(name.sun_path);
	unlink("/tmp/S36.fifo");
	MUST(mkfifo("/tmp/S36.fifo", 0600) == 0);
	MUST(pipe(fds) == 0 && pipe(full) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair) == 0);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0 &&
	     listen(listener, 5) == 0);
	queue = msgget(IPC_PRIVATE, 0600);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	MUST(queue >= 0 && semaphores >= 0);
	locked_fd = open("/tmp/S36.lock", O_RDWR | O_CREAT, 0600);
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	MUST(flock(locked_fd, LOCK_EX) == 0 && fcntl(locked_fd, F_SETLK, &l) == 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		call = &calls[i];
		say("%s", call->name);
		say("  handler: %s", meets(0, false));
		say("  handler with SA_RESTART: %s", meets(SA_RESTART, false));
		say("  stop and SIGCONT: %s", meets(SA_RESTART, true));
	}
	msgctl(queue, IPC_RMID, NULL);
	semctl(semaphores, 0, IPC_RMID);
	unlink(name.sun_path);
	unlink("/tmp/S36.fifo");
	unlink("/tmp/S36.lock");
	return 0;
}
