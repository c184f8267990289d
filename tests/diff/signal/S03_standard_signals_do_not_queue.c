/* One instance in each queue, and the first siginfo wins. */
#include "observe.h"

static void drain(void)
{
	siginfo_t info;
	struct timespec now = {0};
	for (;;) {
		int sig = sigtimedwait(SET(SIGUSR1, SIGUSR2), &info, &now);
		if (sig < 0)
			break;
		say_info("taken", &info);
	}
	say("end: %s", result_name(-1));
}

int main(void)
{
	block(SIGUSR1);
	block(SIGUSR2);
	for (int i = 1; i < 4; i++)
		SAY_CALL(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = i}));
	drain();
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5});
	drain();
	say("one in each queue");
	kill(getpid(), SIGUSR1);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	drain();
	return 0;
}
