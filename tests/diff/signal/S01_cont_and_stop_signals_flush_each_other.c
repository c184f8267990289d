/* In the queue of the process and in that of the thread, by every way of sending, at the time of
 * sending. */
#include "observe.h"

static void to_thread(int sig)
{
	MUST(syscall(SYS_tgkill, getpid(), gettid(), sig) == 0);
}

int main(void)
{
	for (int s = 1; s < 32; s++)
		block(s);
	kill(getpid(), SIGTSTP);
	to_thread(SIGTTIN);
	sigqueue(getpid(), SIGTTOU, (union sigval){.sival_int = 1});
	say_pending("stop signals sent");
	to_thread(SIGCONT);
	say_pending("then SIGCONT to the thread");
	kill(getpid(), SIGCONT);
	say_pending("then SIGCONT to the process");
	to_thread(SIGTTIN);
	say_pending("then SIGTTIN to the thread");
	kill(getpid(), SIGTSTP);
	say_pending("then SIGTSTP to the process");
	kill(getpid(), SIGCONT);
	say_pending("then SIGCONT");
	signal(SIGCONT, SIG_IGN);
	say_pending("SIGCONT ignored");
	kill(getpid(), SIGTSTP);
	kill(getpid(), SIGCONT);
	say_pending("SIGTSTP, SIGCONT while it is ignored");
	signal(SIGTTOU, SIG_IGN);
	signal(SIGCONT, SIG_DFL);
	kill(getpid(), SIGCONT);
	kill(getpid(), SIGTTOU);
	say_pending("SIGCONT, SIGTTOU while that is ignored");
	return 0;
}
