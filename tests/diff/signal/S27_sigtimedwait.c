#include "observe.h"

static pid_t parent;

static int interrupts(void)
{
	until_state(parent, 'S');
	kill(parent, SIGUSR2);
	return 0;
}

static int wakes(void)
{
	until_state(parent, 'S');
	sigqueue(parent, SIGUSR1, (union sigval){.sival_int = 6});
	return 0;
}

int main(void)
{
	siginfo_t info;
	struct timespec zero = {0}, little = {0, 2000000}, long_ = {20, 0};

	parent = getpid();
	block(SIGUSR1);
	on_signal(SIGUSR2, say_handler, SA_RESTART);
	SAY_CALL(sigtimedwait(SET(SIGUSR1), &info, &zero));
	SAY_CALL(sigtimedwait(SET(SIGUSR1), &info, &little));
	raise(SIGUSR1);
	SAY_CALL(sigtimedwait(SET(SIGUSR1), &info, &zero));
	raise(SIGUSR1);
	SAY_CALL(sigtimedwait(SET(SIGUSR1), NULL, &long_));
	pid_t pid = child(interrupts);
	SAY_CALL(sigtimedwait(SET(SIGUSR1), &info, &long_));
	wait_for(pid);
	pid = child(wakes);
	name_pid(pid, "child");
	SAY_CALL(sigtimedwait(SET(SIGUSR1), &info, &long_));
	say_info("taken", &info);
	wait_for(pid);
	say("a signal that is not blocked may be taken too");
	pid = child(interrupts);
	on_signal(SIGUSR2, say_handler, 0);
	SAY_CALL(sigtimedwait(SET(SIGUSR2), &info, &long_));
	wait_for(pid);
	SAY_CALL(sigtimedwait(SET(SIGKILL), &info, &little));
	SAY_CALL(sigtimedwait(&(sigset_t){0}, &info, &little));
	return 0;
}
