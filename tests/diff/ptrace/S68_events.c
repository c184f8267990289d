#include "tracing.h"
#include <sched.h>

static char stack[2][16384] __attribute__((aligned(16)));

static int leaves(void *arg UNUSED)
{
	return 4;
}

static struct gate runs;
static void *thread(void *arg UNUSED)
{
	open_gate(&runs);
	pause_forever();
	return NULL;
}

static int makes_all(void)
{
	pthread_t t;
	pid_t pid = fork();
	if (!pid)
		_exit(1);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid)
		_exit(2);
	waitpid(pid, NULL, 0);
	pid = clone(leaves, stack[0] + sizeof(stack[0]), CLONE_VM | SIGCHLD, NULL);
	waitpid(pid, NULL, 0);
	pid = clone(leaves, stack[0] + sizeof(stack[0]), CLONE_VM | SIGUSR1, NULL);
	waitpid(pid, NULL, __WALL);
	pid = clone(leaves, stack[0] + sizeof(stack[0]), CLONE_VM | CLONE_UNTRACED | SIGCHLD, NULL);
	waitpid(pid, NULL, 0);
	pid = clone(leaves, stack[0] + sizeof(stack[0]), CLONE_VM | CLONE_PTRACE | SIGCHLD, NULL);
	waitpid(pid, NULL, 0);
	pthread_create(&t, NULL, thread, NULL);
	pass_gate(&runs);
	return 3;
}

/* Follows everybody; what children do is told apart from what their parent does, as both run at a
 * time. */
static void follow(pid_t pid, unsigned long options, bool seize)
{
	pid_t kids[16];
	char said[16][512];
	int n = 0;
	MUST(ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, options) == 0);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	for (bool alive = true; alive;) {
		int status, sig = 0, k = 0;
		pid_t got = waitpid(-1, &status, __WALL);
		if (got < 0)
			break;
		if (got == pid) {
			say_trace("parent", status);
			alive = WIFSTOPPED(status);
			if (status >> 16 && status >> 16 < 6 && status >> 16 != 4) {
				unsigned long message = event_message(pid);
				for (k = 0; k < n && kids[k] != (pid_t)message; k++)
					;
				say("  about a child: %d",
				    k < n || kill(message, 0) == 0 || status >> 16 == 5);
			}
			if (WIFSTOPPED(status) && !(status >> 16) && WSTOPSIG(status) != SIGTRAP)
				sig = WSTOPSIG(status);
			if (sig == SIGCHLD || sig == SIGUSR1)
				sig = 0;
		} else {
			for (k = 0; k < n && kids[k] != got; k++)
				;
			if (k == n) {
				kids[n] = got;
				said[n++][0] = 0;
			}
			snprintf(said[k] + strlen(said[k]), 512 - strlen(said[k]), " %#x", status);
		}
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, got, NO_ARG, (long)sig);
	}
	for (int k = 0; k < n; k++)
		say("child %d:%s", k, said[k]);
	(void)seize;
}

int main(void)
{
	unsigned long all = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			    PTRACE_O_TRACEVFORKDONE;
	runs = new_gate();
	say("-- no options");
	follow(new_tracee(makes_all), 0, false);
	say("-- forks only");
	follow(new_tracee(makes_all), PTRACE_O_TRACEFORK, false);
	say("-- all");
	follow(new_tracee(makes_all), all, false);
	say("-- with exits");
	follow(new_tracee(makes_all), PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT, false);
	return 0;
}
