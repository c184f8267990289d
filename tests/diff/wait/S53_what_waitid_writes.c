/* waitid(2) writes its siginfo also when it fails, and the structure of times before it. */
#include "observe.h"

static siginfo_t info;

static void fill(void)
{
	memset(&info, 0x5a, sizeof(info));
}

static void shown(const char *what, long result)
{
	say("%s: %s, si_signo %d si_code %d si_status %d, what is behind %s", what,
	    result_name(result), info.si_signo, info.si_code, info.si_status,
	    ((unsigned char *)&info)[127] == 0x5a ? "untouched" : "written");
}

#define TRY(what, ...)                                                                             \
	do {                                                                                       \
		fill();                                                                            \
		errno = 0;                                                                         \
		long result_ = syscall(SYS_waitid, __VA_ARGS__, NULL);                             \
		shown(what, result_);                                                              \
	} while (0)

static int five(void)
{
	return 5;
}

int main(void)
{
	siginfo_t *bad = (siginfo_t *)8;
	struct rusage *bad_times = (struct rusage *)8;

	TRY("no child", P_ALL, 0, &info, WEXITED);
	TRY("no child of this id", P_PID, 999999, &info, WEXITED);
	TRY("no options", P_ALL, 0, &info, 0);
	TRY("unknown type", 77, 0, &info, WEXITED);
	TRY("bad pidfd", P_PIDFD, -1, &info, WEXITED);
	SAY_CALL(syscall(SYS_waitid, P_ALL, 0, bad, WEXITED, NULL));
	SAY_CALL(syscall(SYS_waitid, P_ALL, 0, bad, 0, NULL));
	SAY_CALL(syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, bad_times));

	pid_t pid = child(five);
	until_state(pid, 'Z');
	TRY("a zombie, stops only", P_ALL, 0, &info, WSTOPPED);
	TRY("a zombie, stops only, WNOHANG", P_ALL, 0, &info, WSTOPPED | WNOHANG);
	TRY("a zombie, continuations only", P_PID, pid, &info, WCONTINUED);
	TRY("a zombie, WNOWAIT", P_PID, pid, &info, WEXITED | WNOWAIT);
	fill();
	SAY_CALL(syscall(SYS_waitid, P_PID, pid, &info, WEXITED, bad_times));
	shown("times cannot be written", 0);
	SAY_CALL(syscall(SYS_waitid, P_PID, pid, NULL, WEXITED, NULL));

	pid = child(pause_forever);
	int fd = syscall(SYS_pidfd_open, pid, O_NONBLOCK);
	TRY("pidfd that does not block", P_PIDFD, fd, &info, WEXITED);
	TRY("the same, WNOHANG", P_PIDFD, fd, &info, WEXITED | WNOHANG);
	TRY("nothing yet", P_PID, pid, &info, WEXITED | WNOHANG);
	SAY_CALL(syscall(SYS_waitid, P_PID, pid, bad, WEXITED | WNOHANG, NULL));
	pid_t zombie = child(five);
	until_state(zombie, 'Z');
	TRY("a zombie and one that lives, stops only", P_ALL, 0, &info, WSTOPPED | WNOHANG);
	wait_for(zombie);
	kill(pid, SIGKILL);
	wait_for(pid);
	SAY_CALL(wait4(INT32_MIN, NULL, WNOHANG, NULL));
	SAY_CALL(wait4(-1, NULL, WEXITED, NULL));
	SAY_CALL(wait4(-1, NULL, WNOWAIT, NULL));
	pid = child(five);
	SAY_CALL(syscall(SYS_wait4, pid, NULL, 0, bad_times));
	SAY_CALL(syscall(SYS_wait4, pid, NULL, 0, NULL));
	return 0;
}
