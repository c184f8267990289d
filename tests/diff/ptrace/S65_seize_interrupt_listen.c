#include "tracing.h"

static int waits(void)
{
	signal(SIGUSR1, SIG_IGN);
	return pause_forever();
}

static void interrupts(pid_t pid)
{
	until_state(pid, 'S');
	say("state after SEIZE %c", task_state(pid));
	say("wait: %d", waitpid(pid, NULL, WNOHANG | __WALL));
	say("not stopped:");
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	say_wait("interrupted", pid);
	say_siginfo(pid);
	say("message %lu", event_message(pid));
	say("interrupted again in a stop");
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	say("wait: %d", waitpid(pid, NULL, WNOHANG | __WALL));
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	say_wait("that comes later", pid);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	say("listening: state %c, wait %d", task_state(pid), waitpid(pid, NULL, WNOHANG | __WALL));
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	SAY_PTRACE(PTRACE_GETSIGMASK, pid, 8, &pid);
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	say_wait("interrupted while listening", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
}

static void group_stop(pid_t pid)
{
	say("-- a group stop");
	kill(pid, SIGSTOP);
	say_wait("SIGSTOP", pid);
	say_siginfo(pid);
	say("LISTEN at a delivery stop:");
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGSTOP);
	say_wait("the group stop", pid);
	say_siginfo(pid);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	kill(pid, SIGCONT);
	say_wait("SIGCONT while listening", pid);
	say_siginfo(pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	say_wait("SIGCONT itself", pid);
	say_siginfo(pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGCONT);
	until_state(pid, 'S');
}

static void goes_on_stopped(pid_t pid)
{
	say("-- let go on in a group stop that is still in force");
	kill(pid, SIGTSTP);
	say_wait("SIGTSTP", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGSTOP);
	say_wait("another stop signal injected", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGCONT);
	until_state(pid, 'S');
	say("it runs; wait: %d", waitpid(pid, NULL, WNOHANG | __WALL));
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	say_wait("INTERRUPT reports it again", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	until_state(pid, 'S');
	kill(pid, SIGSTOP);
	say_wait("a stop signal within it", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGSTOP);
	say_wait("makes another", pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	until_state(pid, 'S');
}

static void continued(pid_t pid)
{
	say("-- SIGCONT to one that runs");
	kill(pid, SIGCONT);
	int status = wait_trace(pid);
	say_trace("first", status);
	SAY_PTRACE(PTRACE_CONT, pid, 0, status >> 16 ? 0 : SIGCONT);
	status = wait_trace(pid);
	say_trace("second", status);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
}

static void not_seized(void)
{
	say("-- not seized");
	pid_t pid = new_tracee(sleeper);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	SAY_PTRACE(PTRACE_CONT, pid, 0, SIGSTOP);
	say_wait("the group stop", pid);
	say_siginfo(pid);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	until_state(pid, 'S');
	kill(pid, SIGCONT);
	say_wait("SIGCONT", pid);
	finish(pid);
}

int main(void)
{
	pid_t pid = new_seized(waits, 0);
	interrupts(pid);
	group_stop(pid);
	goes_on_stopped(pid);
	continued(pid);
	finish(pid);
	not_seized();
	return 0;
}
