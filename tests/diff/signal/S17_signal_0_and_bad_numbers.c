#include "observe.h"

static int nothing(void)
{
	return 0;
}

int main(void)
{
	pid_t pid = child(nothing);
	until_state(pid, 'Z');
	SAY_CALL(kill(pid, 0));
	SAY_CALL(kill(pid, SIGTERM));
	SAY_CALL(kill(pid, 65));
	SAY_CALL(syscall(SYS_tgkill, pid, pid, 0));
	wait_for(pid);
	SAY_CALL(kill(pid, 0));
	SAY_CALL(kill(pid, 65));
	SAY_CALL(kill(pid, -1));
	SAY_CALL(kill(getpid(), 65));
	SAY_CALL(kill(getpid(), 265));
	SAY_CALL(kill(getpid(), -1));
	SAY_CALL(kill(0, 65));
	SAY_CALL(kill(INT32_MIN, SIGTERM));
	SAY_CALL(kill(INT32_MAX, SIGTERM));
	SAY_CALL(syscall(SYS_tkill, 0, SIGTERM));
	SAY_CALL(syscall(SYS_tkill, -1, SIGTERM));
	SAY_CALL(syscall(SYS_tkill, getpid(), 65));
	SAY_CALL(syscall(SYS_tgkill, 0, gettid(), 0));
	SAY_CALL(syscall(SYS_tgkill, getpid(), 0, 0));
	SAY_CALL(syscall(SYS_tgkill, getpid(), -1, 0));
	SAY_CALL(syscall(SYS_tgkill, getppid(), gettid(), 0));
	SAY_CALL(syscall(SYS_tgkill, getpid(), gettid(), 65));
	SAY_CALL(sigqueue(getpid(), 0, (union sigval){0}));
	SAY_CALL(sigqueue(getpid(), 65, (union sigval){0}));
	SAY_CALL(sigqueue(INT32_MAX, 0, (union sigval){0}));
	SAY_CALL(sigqueue(0, 0, (union sigval){0}));
	SAY_CALL(sigqueue(-1, 0, (union sigval){0}));
	return 0;
}
