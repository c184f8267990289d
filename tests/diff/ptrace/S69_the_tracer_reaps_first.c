#include "tracing.h"

static struct gate ready, go;
static volatile sig_atomic_t told;
static siginfo_t last;
static void on_child(int sig UNUSED, siginfo_t *i, void *c UNUSED)
{
	last = *i;
	told++;
}

static pid_t tracer_of(pid_t pid)
{
	pid_t t = fork();
	if (t)
		return t;
	signal(SIGCHLD, SIG_DFL);
	MUST(ptrace(PTRACE_SEIZE, pid, NO_ARG, NO_ARG) == 0);
	open_gate(&ready);
	pass_gate(&go);
	say_wait("tracer", pid);
	siginfo_t i;
	if (ptrace(PTRACE_GETSIGINFO, pid, NO_ARG, &i) == 0) {
		ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGSTOP);
		say_wait("tracer", pid);
		ptrace(PTRACE_LISTEN, pid, NO_ARG, NO_ARG);
		open_gate(&ready);
		pass_gate(&go);
		say_wait("tracer", pid);
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
		say_wait("tracer", pid);
		ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGCONT);
		open_gate(&ready);
		pass_gate(&go);
		say_wait("tracer", pid);
	}
	open_gate(&ready);
	pass_gate(&go);
	_exit(0);
}

static void say_waitpid(const char *when, pid_t pid, int options)
{
	int status = 0;
	errno = 0;
	pid_t got = waitpid(pid, &status, options);
	if (got == pid)
		say_trace(when, status);
	else
		say("%s: %s", when, result_name(got));
}

int main(void)
{
	ready = new_gate();
	go = new_gate();
	on_signal(SIGCHLD, on_child, SA_RESTART);
	pid_t pid = child(pause_forever);
	until_state(pid, 'S');
	pid_t tracer = tracer_of(pid);
	pass_gate(&ready);
	kill(pid, SIGKILL);
	until_state(pid, 'Z');
	say_waitpid("parent, before the tracer", pid, WNOHANG);
	say("told %d times", told);
	open_gate(&go);
	pass_gate(&ready);
	while (!told)
		short_sleep(1000);
	say("told %d times: %s status %d", told, code_name(SIGCHLD, last.si_code), last.si_status);
	say_waitpid("parent, after the tracer", pid, WNOHANG);
	open_gate(&go);
	waitpid(tracer, NULL, 0);

	say("-- group stops");
	told = 0;
	pid = child(pause_forever);
	until_state(pid, 'S');
	tracer = tracer_of(pid);
	pass_gate(&ready);
	kill(pid, SIGSTOP);
	until_state(pid, 't');
	say_waitpid("parent, at the delivery stop", pid, WNOHANG | WUNTRACED);
	open_gate(&go);
	pass_gate(&ready);
	while (!told)
		short_sleep(1000);
	say("told %d times: %s status %d", told, code_name(SIGCHLD, last.si_code), last.si_status);
	say_waitpid("parent, at the group stop", pid, WNOHANG | WUNTRACED);
	say_waitpid("again", pid, WNOHANG | WUNTRACED);
	kill(pid, SIGCONT);
	open_gate(&go);
	pass_gate(&ready);
	until_state(pid, 'S');
	say_waitpid("continued", pid, WNOHANG | WCONTINUED);
	kill(pid, SIGTERM);
	until_state(pid, 't');
	kill(pid, SIGKILL);
	until_state(pid, 'Z');
	say_waitpid("parent", pid, WNOHANG);
	/* the tracer dies in place of waiting */
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	say_waitpid("parent, after the tracer's end", pid, 0);
	return 0;
}
