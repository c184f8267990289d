/* SIGCHLD tells how the leader ended, wait how the process did. */
#include "observe.h"

static int (*second_ends)(void);
static pid_t leader_tid;

static void *second(void *arg UNUSED)
{
	until_state(leader_tid, 'Z');
	second_ends();
	return NULL;
}

static int by_exit(void)
{
	return syscall(SYS_exit, 5);
}

static int by_exit_group(void)
{
	_exit(7);
}

static int by_signal(void)
{
	kill(getpid(), SIGKILL);
	return pause_forever();
}

static int by_fault(void)
{
	*(volatile int *)8 = 1;
	return 0;
}

static int leader(void)
{
	pthread_t t;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	leader_tid = gettid();
	MUST(pthread_create(&t, NULL, second, NULL) == 0);
	return syscall(SYS_exit, 3);
}

static void look(const char *what, int (*how)(void))
{
	siginfo_t info;
	int status;

	second_ends = how;
	pid_t pid = child(leader);
	name_pid(pid, "the child");
	while (sigwaitinfo(SET(SIGCHLD), &info) < 0)
		;
	say_info(what, &info);
	memset(&info, 0, sizeof(info));
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	say_info("  waitid", &info);
	MUST(waitpid(pid, &status, 0) == pid);
	say_status("  it", status);
	known_names[0] = NULL;
}

int main(void)
{
	block(SIGCHLD);
	look("exit", by_exit);
	look("exit_group", by_exit_group);
	look("killed", by_signal);
	look("fault", by_fault);
	return 0;
}
