#include "observe.h"

static int nine(void)
{
	return 9;
}

static int as_user_to_parent(void)
{
	MUST(setresuid(0, 4324, 0) == 0);
	kill(getppid(), SIGUSR1);
	sigqueue(getppid(), SIGUSR2, (union sigval){.sival_int = -3});
	return 0;
}

static void take(int sig)
{
	siginfo_t info;
	while (sigwaitinfo(SET(sig), &info) < 0)
		;
	say_info("taken", &info);
	say("  errno %d", info.si_errno);
}

int main(void)
{
	block(SIGCHLD);
	block(SIGUSR1);
	block(SIGUSR2);
	pid_t pid = child(nine);
	name_pid(pid, "child");
	take(SIGCHLD);
	wait_for(pid);
	pid = child(as_user_to_parent);
	name_pid(pid, "user");
	take(SIGUSR1);
	take(SIGUSR2);
	take(SIGCHLD);
	wait_for(pid);
	pid = child(pause_forever);
	name_pid(pid, "victim");
	kill(pid, SIGSTOP);
	take(SIGCHLD);
	kill(pid, SIGCONT);
	take(SIGCHLD);
	kill(pid, SIGTERM);
	take(SIGCHLD);
	wait_for(pid);
	raise(SIGUSR1);
	take(SIGUSR1);
	return 0;
}
