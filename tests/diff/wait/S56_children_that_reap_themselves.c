#include "observe.h"

static int leaves(void)
{
	return 1;
}

static void blocked_wait(const char *what)
{
	pid_t pid = child(leaves);
	int status = 0;
	errno = 0;
	pid_t got = waitpid(pid, &status, 0);
	say("%s: wait = %s", what, got == pid ? "the child" : result_name(got));
}

static int odd_signal(void *arg UNUSED)
{
	return 6;
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	blocked_wait("default");
	signal(SIGCHLD, SIG_IGN);
	blocked_wait("ignored");
	struct sigaction act = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	sigaction(SIGCHLD, &act, NULL);
	blocked_wait("SA_NOCLDWAIT");
	on_signal(SIGCHLD, say_handler, SA_NOCLDWAIT);
	blocked_wait("SA_NOCLDWAIT with a handler");
	signal(SIGCHLD, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	pid_t pid = clone(odd_signal, stack + sizeof(stack), SIGUSR1, NULL);
	errno = 0;
	SAY_CALL(waitpid(pid, NULL, WNOHANG));
	int status = 0;
	pid_t got = waitpid(pid, &status, __WCLONE);
	say("exit signal SIGUSR1, SIGCHLD ignored: wait = %s",
	    got == pid ? "the child" : result_name(got));
	say_status("it", status);
	pid = clone(odd_signal, stack + sizeof(stack), 0, NULL);
	got = waitpid(pid, &status, __WALL);
	say("no exit signal: wait = %s", got == pid ? "the child" : result_name(got));
	signal(SIGCHLD, SIG_DFL);
	pid = child(leaves);
	until_state(pid, 'Z');
	signal(SIGCHLD, SIG_IGN);
	say("a zombie from before: %s", waitpid(pid, NULL, 0) == pid ? "is waited for" : "is gone");
	return 0;
}
