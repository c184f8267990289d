#include "observe.h"

static void waited(const char *what, idtype_t type, id_t id, int options)
{
	siginfo_t i = {0};
	errno = 0;
	int result = waitid(type, id, &i, options);
	if (result < 0 || i.si_signo == 0) {
		say("%s: %s, si_signo %d si_pid %d", what, result_name(result), i.si_signo,
		    i.si_pid);
		return;
	}
	say_info(what, &i);
}

static int five(void)
{
	return 5;
}

int main(void)
{
	siginfo_t i;
	pid_t pid = child(pause_forever);
	name_pid(pid, "child");
	until_state(pid, 'S');
	waited("nothing yet", P_PID, pid, WEXITED | WNOHANG);
	kill(pid, SIGSTOP);
	waited("stopped, WNOWAIT", P_PID, pid, WSTOPPED | WNOWAIT);
	waited("stopped, exits only", P_PID, pid, WEXITED | WNOHANG);
	waited("stopped", P_PID, pid, WSTOPPED);
	waited("stopped, again", P_PID, pid, WSTOPPED | WNOHANG);
	kill(pid, SIGCONT);
	waited("continued, WNOWAIT", P_PID, pid, WCONTINUED | WNOWAIT);
	waited("continued", P_ALL, 0, WCONTINUED);
	waited("continued, again", P_ALL, 0, WCONTINUED | WNOHANG);
	kill(pid, SIGTERM);
	waited("killed, WNOWAIT", P_PGID, 0, WEXITED | WNOWAIT);
	waited("killed, WNOWAIT", P_PGID, getpgrp(), WEXITED | WNOWAIT);
	waited("killed", P_PID, pid, WEXITED);
	waited("killed, again", P_PID, pid, WEXITED);
	pid = child(five);
	name_pid(pid, "second");
	int fd = syscall(SYS_pidfd_open, pid, 0);
	waited("by pidfd", P_PIDFD, fd, WEXITED);
	waited("by pidfd, again", P_PIDFD, fd, WEXITED);
	waited("bad pidfd", P_PIDFD, 0, WEXITED);
	waited("no pidfd", P_PIDFD, 999, WEXITED);
	waited("no options", P_ALL, 0, WNOHANG);
	waited("unknown option", P_ALL, 0, WEXITED | 0x100);
	waited("unknown type", 9, 1, WEXITED);
	waited("pid 0", P_PID, 0, WEXITED);
	waited("pid -1", P_PID, -1, WEXITED);
	waited("group -1", P_PGID, -1, WEXITED);
	SAY_CALL(waitid(P_ALL, 0, &i, WEXITED));
	pid = child(five);
	until_state(pid, 'Z');
	SAY_CALL(waitid(P_PID, pid, (siginfo_t *)8, WEXITED));
	SAY_CALL(waitid(P_PID, pid, NULL, WEXITED));
	return 0;
}
