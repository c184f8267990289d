#include "observe.h"

int main(void)
{
	block(SIGUSR1);
	block(SIGCHLD);
	block(SIGURG);
	block(SIGWINCH);
	signal(SIGUSR1, SIG_IGN);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCHLD);
	kill(getpid(), SIGURG);
	kill(getpid(), SIGWINCH);
	say_pending("ignored and blocked");
	signal(SIGUSR1, SIG_IGN);
	say_pending("SIGUSR1 set to SIG_IGN");
	on_signal(SIGCHLD, say_handler, 0);
	say_pending("SIGCHLD caught");
	signal(SIGCHLD, SIG_DFL);
	say_pending("SIGCHLD default");
	on_signal(SIGURG, say_handler, 0);
	unblock(SIGURG);
	say_pending("SIGURG caught and unblocked");
	unblock(SIGWINCH);
	say_pending("SIGWINCH unblocked, default");
	kill(getpid(), SIGWINCH);
	say_pending("SIGWINCH sent, not blocked");
	return 0;
}
