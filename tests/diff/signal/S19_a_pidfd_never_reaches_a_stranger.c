#include "observe.h"

int main(void)
{
	pid_t pid = child(pause_forever);
	int fd = syscall(SYS_pidfd_open, pid, 0);
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_USER};

	MUST(fd >= 0);
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0));
	info.si_code = SI_QUEUE;
	info.si_signo = SIGUSR2;
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0x8000));
	SAY_CALL(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0));
	struct pollfd p = {.fd = fd, .events = POLLIN};
	say("poll while it lives: %d", poll(&p, 1, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	say("poll at its end: %d, revents %#x", poll(&p, 1, 5000), p.revents);
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	say_status("child", wait_for(pid));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	return 0;
}
