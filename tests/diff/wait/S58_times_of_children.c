#include "observe.h"
#include <sys/times.h>

static int burns(void)
{
	struct tms t;
	clock_t end = times(&t) + 20;
	while (times(&t) < end)
		;
	return 0;
}

static int not_waited_for(void)
{
	siginfo_t info;
	pid_t pid = child(burns);
	return waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
}

static void used(const char *what)
{
	struct rusage r;
	getrusage(RUSAGE_CHILDREN, &r);
	long ms = (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 +
		  (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
	say("%s: %s", what, ms > 80 ? "much" : "little");
}

int main(void)
{
	used("at first");
	pid_t pid = child(not_waited_for);
	wait_for(pid);
	used("a child that did not wait for its own");
	pid = child(burns);
	siginfo_t info;
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	used("a zombie");
	struct rusage r;
	wait4(pid, NULL, 0, &r);
	say("its own: %s", r.ru_utime.tv_usec + r.ru_stime.tv_usec > 80000 ? "much" : "little");
	used("reaped");
	say_status("a fork", ({
		pid = fork();
		if (pid == 0) {
			used("in a child");
			_exit(0);
		}
		wait_for(pid);
	}));
	return 0;
}
