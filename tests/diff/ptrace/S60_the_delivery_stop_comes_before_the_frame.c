#include "tracing.h"

static volatile int got;
static void handler(int sig)
{
	got = sig;
}

static int signals_itself(void)
{
	signal(SIGUSR1, handler);
	signal(SIGUSR2, handler);
	for (int i = 0; i < 4; i++) {
		got = 0;
		kill(getpid(), SIGUSR1);
		say("got %s", got ? sig_name(got) : "nothing");
	}
	return 0;
}

/* The tracee's own view: its stack pointer at the stop is that of the code that it interrupted. */
static int spins_on_a_stack(void)
{
	signal(SIGUSR1, handler);
	while (!got)
		;
	say("spun until the handler");
	return 0;
}

int main(void)
{
	pid_t pid = new_tracee(signals_itself);
	static const int replies[] = {0, SIGUSR1, SIGUSR2, SIGKILL};
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	for (int i = 0; i < 4; i++) {
		say_wait("tracee", pid);
		ptrace(PTRACE_CONT, pid, NO_ARG, (long)replies[i]);
	}
	say_wait("tracee", pid);

	pid = new_tracee(spins_on_a_stack);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	until_state(pid, 'R');
	short_sleep(20000);
	kill(pid, SIGUSR1);
	say_wait("tracee", pid);
	unsigned long sp = get_reg(pid, R_SP), pc = get_reg(pid, R_PC);
	say("pc in the loop: %d",
	    pc >= (unsigned long)spins_on_a_stack && pc < (unsigned long)spins_on_a_stack + 200);
	/* dropped: it goes on exactly there */
	kill(pid, SIGUSR2);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	say("same stack: %d", get_reg(pid, R_SP) == sp);
	ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGUSR1);
	say_wait("tracee", pid);
	return 0;
}
