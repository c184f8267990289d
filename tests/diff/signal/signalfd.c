#include "observe.h"
#include <sys/signalfd.h>

static void take(int fd)
{
	struct signalfd_siginfo i[4];
	ssize_t n = read(fd, i, sizeof(i));
	if (n < 0) {
		say("read: %s", result_name(n));
		return;
	}
	for (size_t k = 0; k < n / sizeof(*i); k++)
		say("read: %s code %d pid %s uid %u int %d status %d", sig_name(i[k].ssi_signo),
		    i[k].ssi_code, pid_name(i[k].ssi_pid), i[k].ssi_uid, i[k].ssi_int,
		    i[k].ssi_status);
}

static int three(void)
{
	return 3;
}

int main(void)
{
	sigset_t *set = SET(SIGUSR1, SIGUSR2, SIGCHLD);
	sigprocmask(SIG_BLOCK, set, NULL);
	int fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	say("flags %#x, close on exec %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	take(fd);
	say("poll: %d", poll(&p, 1, 0));
	raise(SIGUSR1);
	sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 11});
	say("poll: %d %#x", poll(&p, 1, 0), p.revents);
	take(fd);
	pid_t pid = child(three);
	name_pid(pid, "child");
	poll(&p, 1, 5000);
	take(fd);
	wait_for(pid);
	raise(SIGUSR1);
	SAY_CALL(signalfd(fd, SET(SIGUSR2), 0) == fd);
	say("poll after the set was changed: %d", poll(&p, 1, 0));
	say_pending("pending");
	SAY_CALL(signalfd(0, set, 0));
	SAY_CALL(signalfd(-1, set, 1));
	SAY_CALL(syscall(SYS_signalfd4, -1, set, 4, 0));
	SAY_CALL(syscall(SYS_signalfd4, -1, (void *)8, 8, 0));
	char small[64];
	SAY_CALL(read(fd, small, sizeof(small)));
	SAY_CALL(write(fd, small, 1));
	return 0;
}
