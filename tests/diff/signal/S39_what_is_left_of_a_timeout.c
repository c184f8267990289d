/* Coarsely: more than nothing, at most what was given. */
#include "observe.h"
#include <sys/select.h>

static void left(const char *what, long result, long ms, long given)
{
	say("%s = %s, left: %s", what, result_name(result),
	    ms == given            ? "all"
	    : ms > 0 && ms < given ? "a part"
	    : ms                   ? "?"
				   : "none");
}

static long ms_of(struct timespec t)
{
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
	struct itimerval soon = {.it_value = {0, 20000}};
	struct timespec request = {50, 0}, rest = {7, 0};
	struct timeval tv = {50, 0};
	long result;

	on_signal(SIGALRM, quiet_handler, SA_RESTART);
	setitimer(ITIMER_REAL, &soon, NULL);
	result = syscall(SYS_nanosleep, &request, &rest);
	left("nanosleep", result, ms_of(rest), 50000);
	setitimer(ITIMER_REAL, &soon, NULL);
	result = syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &request, &rest);
	left("clock_nanosleep", result, ms_of(rest), 50000);
	rest = (struct timespec){7, 0};
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += 50;
	setitimer(ITIMER_REAL, &soon, NULL);
	result = syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &at, &rest);
	left("clock_nanosleep, absolute", result, ms_of(rest), 7000);
	rest = request;
	setitimer(ITIMER_REAL, &soon, NULL);
	result = syscall(SYS_ppoll, NULL, 0, &rest, NULL, 0);
	left("ppoll", result, ms_of(rest), 50000);
	rest = request;
	setitimer(ITIMER_REAL, &soon, NULL);
	result = syscall(SYS_pselect6, 0, NULL, NULL, NULL, &rest, NULL);
	left("pselect6", result, ms_of(rest), 50000);
	setitimer(ITIMER_REAL, &soon, NULL);
	result = select(0, NULL, NULL, NULL, &tv);
	left("select", result, tv.tv_sec * 1000 + tv.tv_usec / 1000, 50000);
	rest = (struct timespec){0, 5000000};
	result = syscall(SYS_ppoll, NULL, 0, &rest, NULL, 0);
	left("ppoll to its end", result, ms_of(rest), 5);
	SAY_CALL(syscall(SYS_nanosleep, &(struct timespec){0, 1000000000}, NULL));
	SAY_CALL(syscall(SYS_nanosleep, &(struct timespec){-1, 0}, NULL));
	SAY_CALL(syscall(SYS_clock_nanosleep, 77, 0, &request, NULL));
	SAY_CALL(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &request, NULL));
	SAY_CALL(syscall(SYS_restart_syscall));
	return 0;
}
