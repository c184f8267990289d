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

static pid_t *vforked; /* in a page that tracer and tracee share: whom vfork made */

static int makes_all(void)
{
	pthread_t t;
	pid_t pid = fork();
	if (!pid)
		_exit(1);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid) {
		*vforked = getpid();
		_exit(2);
	}
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

/* Those that were made, each with what it did. */
static struct kid {
	pid_t pid;
	bool announced; /* by an event of its maker */
	char said[512];
} kids[16];
static int n_kids;

static struct kid *kid(pid_t pid)
{
	for (int k = 0; k < n_kids; k++)
		if (kids[k].pid == pid)
			return &kids[k];
	MUST(n_kids < 16);
	kids[n_kids] = (struct kid){.pid = pid};
	return &kids[n_kids++];
}

static void note_status(pid_t pid, int status)
{
	char *said = kid(pid)->said;
	size_t len = strlen(said);
	snprintf(said + len, sizeof(kids[0].said) - len, " %#x", status);
	if (WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
}

static bool seen(pid_t pid)
{
	for (int k = 0; k < n_kids; k++)
		if (kids[k].pid == pid)
			return true;
	return false;
}

/* The message is the id of one that has become ours just now, and of which no event told. */
static bool announces(pid_t parent, unsigned long message)
{
	pid_t pid = (pid_t)message;
	if (pid <= 0 || (unsigned long)pid != message || pid == parent || pid == getpid())
		return false;
	if (!seen(pid)) {
		int status;
		if (waitpid(pid, &status, __WALL) != pid)
			return false;
		note_status(pid, status);
	}
	bool first = !kid(pid)->announced;
	kid(pid)->announced = true;
	return first;
}

static void say_event(pid_t parent, int event)
{
	static unsigned long of_vfork;
	unsigned long message;
	bool right;
	if (!event || event == PTRACE_EVENT_EXEC || event > PTRACE_EVENT_VFORK_DONE)
		return;
	message = event_message(parent);
	if (event == PTRACE_EVENT_VFORK_DONE) {
		right = message == (unsigned long)*vforked && (!of_vfork || message == of_vfork);
		of_vfork = 0;
	} else {
		right = announces(parent, message);
		if (event == PTRACE_EVENT_VFORK)
			of_vfork = message;
	}
	say("  about a child: %d", right);
}

/* Follows everybody; what children do is told apart from what their parent does, as both run at a
 * time. */
static void follow(pid_t pid, unsigned long options)
{
	n_kids = 0;
	MUST(ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, options) == 0);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	for (bool alive = true; alive;) {
		int status, sig;
		pid_t got = waitpid(-1, &status, __WALL);
		if (got < 0)
			break;
		if (got != pid) {
			note_status(got, status);
			continue;
		}
		say_trace("parent", status);
		say_event(pid, status >> 16);
		alive = WIFSTOPPED(status);
		sig = alive && !(status >> 16) ? WSTOPSIG(status) : 0;
		if (sig == SIGCHLD || sig == SIGUSR1 || sig == SIGTRAP)
			sig = 0;
		if (alive)
			ptrace(PTRACE_CONT, got, NO_ARG, (long)sig);
	}
	for (int k = 0; k < n_kids; k++)
		say("child %d:%s", k, kids[k].said);
}

int main(void)
{
	unsigned long all = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			    PTRACE_O_TRACEVFORKDONE;
	runs = new_gate();
	vforked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(vforked != MAP_FAILED);
	say("-- no options");
	follow(new_tracee(makes_all), 0);
	say("-- forks only");
	follow(new_tracee(makes_all), PTRACE_O_TRACEFORK);
	say("-- all");
	follow(new_tracee(makes_all), all);
	say("-- with exits");
	follow(new_tracee(makes_all), PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT);
	return 0;
}
