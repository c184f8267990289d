#include "tracing.h"

static volatile unsigned long *beats;
static int counts(void)
{
	raise(SIGSTOP);
	for (;;)
		(*beats)++;
}

int main(void)
{
	beats = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = child(counts);
	int status;
	until_state(pid, 'T');
	SAY_PTRACE(PTRACE_ATTACH, pid, 0, 0);
	say("state %c", task_state(pid));
	say_wait("attached, first", pid);
	say_siginfo(pid);
	say("has run: %d", *beats != 0);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	say_wait("second", pid);
	say_siginfo(pid);
	say("has run: %d", *beats != 0);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 0);
	until_state(pid, 'T');
	say("detached: state %c, has run %d", task_state(pid), *beats != 0);
	say("the parent's wait: %d", waitpid(pid, &status, WNOHANG | WUNTRACED) == pid);

	SAY_PTRACE(PTRACE_SEIZE, pid, 0, 0);
	say("state %c", task_state(pid));
	say_wait("seized", pid);
	say_siginfo(pid);
	say("has run: %d", *beats != 0);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	kill(pid, SIGCONT);
	say_wait("SIGCONT", pid);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 0);
	while (!*beats)
		short_sleep(1000);
	say("runs");
	finish(pid);

	say("-- stopped, and waited for before");
	*beats = 0;
	pid = child(counts);
	waitpid(pid, &status, WUNTRACED);
	SAY_PTRACE(PTRACE_ATTACH, pid, 0, 0);
	say_wait("attached", pid);
	kill(pid, SIGCONT);
	say("SIGCONT: state %c, wait %d", task_state(pid),
	    waitpid(pid, NULL, WNOHANG | WCONTINUED) == pid);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 0);
	while (!*beats)
		short_sleep(1000);
	say("runs");
	finish(pid);
	return 0;
}
