#include "observe.h"

static void take(const char *what)
{
	siginfo_t info;
	struct timespec five = {5, 0};
	int sig = sigtimedwait(SET(SIGALRM, SIGUSR1, SIGRTMIN + 1), &info, &five);
	say("%s: %s %s, si_int %d, pid %s", what,
	    sig == SIGRTMIN + 1 ? "SIGRTMIN+1" : sig_name(sig), code_name(sig, info.si_code),
	    info.si_code == SI_TIMER ? info.si_int : 0,
	    info.si_code == SI_TIMER ? "-" : pid_name(info.si_pid));
}

int main(void)
{
	block(SIGALRM);
	block(SIGUSR1);
	block(SIGRTMIN + 1);
	struct itimerval once = {.it_value = {0, 1000}};
	setitimer(ITIMER_REAL, &once, NULL);
	take("itimer");
	struct sigevent event = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 42};
	timer_t timer;
	struct itimerspec soon = {.it_value = {0, 1000000}};
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	timer_settime(timer, 0, &soon, NULL);
	take("timer_create");
	SAY_CALL(timer_getoverrun(timer));
	timer_delete(timer);
	event.sigev_signo = SIGUSR1;
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	timer_settime(timer, 0, &soon, NULL);
	short_sleep(5000);
	say_pending("expired");
	timer_delete(timer);
	say_pending("deleted");
	return 0;
}
