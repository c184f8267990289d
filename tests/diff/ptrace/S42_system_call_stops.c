#include "tracing.h"

typedef struct __ptrace_syscall_info info_t; /* glibc's name for the kernel's */

static void say_call(pid_t pid)
{
	info_t i;
	memset(&i, 0xee, sizeof(i));
	errno = 0;
	long n = request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i);
	say("  info: %s, op %d, message %lu, first argument's register %ld", result_name(n), i.op,
	    event_message(pid), (long)get_reg(pid, R_ARG0));
	if (i.op == 1)
		say("  entry: %lu(%ld, ..., %ld)", (long)i.entry.nr, (long)i.entry.args[0],
		    (long)i.entry.args[2]);
	else if (i.op == 2)
		say("  exit: %ld, error %d", (long)i.exit.rval, i.exit.is_error);
}

static void step(pid_t pid, const char *what)
{
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait(what, pid);
}

static int pipes[2];
static int calls(void)
{
	char c[2] = "";
	syscall(SYS_setpriority, 99, 5, 7);
	syscall(SYS_umask, 0);
	say("skipped: %s", result_name(syscall(SYS_getpgid, 1)));
	say("skipped, without a result: %s", result_name(syscall(SYS_getpgid, 1)));
	say("another call: %d", syscall(SYS_umask, 0123) == getpid());
	say("another argument: %ld", syscall(SYS_write, 1, "abcdef\n", 0));
	say("another result: %ld", syscall(SYS_umask, 1));
	say("restarted: %ld", read(pipes[0], c, 2));
	say("%c", *c);
	return 0;
}

static void skip(pid_t pid, bool result)
{
	step(pid, "entry");
	unsigned long r[REGS];
	get_regs(pid, r);
	r[R_CALL] = -1;
	if (result)
		r[R_ARG0] = 42;
	set_regs(pid, r);
	step(pid, "exit");
	say_call(pid);
}

/* Passes over what it prints. */
static void pass(pid_t pid)
{
	step(pid, "print");
	step(pid, "printed");
}

/* A new tracee at its entry into that call: before come those that raise makes after its kill. */
static pid_t at_entry(unsigned long call)
{
	pid_t pid = new_tracee(calls);
	info_t i = {0};
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACESYSGOOD);
	while (i.op != 1 || i.entry.nr != call) {
		ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
		wait_trace(pid);
		request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i);
	}
	return pid;
}

static void looks(void)
{
	pid_t pid = at_entry(SYS_setpriority);
	say_call(pid);
	say_siginfo(pid);
	step(pid, "exit");
	say_call(pid);
	say_siginfo(pid);
	step(pid, "entry");
	say_call(pid);
	SAY_PTRACE(PTRACE_GET_SYSCALL_INFO, pid, 0, 8);
	SAY_PTRACE(PTRACE_GET_SYSCALL_INFO, pid, 8, 8);
	/* CONT: neither its exit nor the next entry */
	kill(pid, SIGUSR1);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("a signal", pid);
	finish(pid);
}

static void changes(pid_t pid)
{
	step(pid, "exit");
	skip(pid, true);
	pass(pid);
	skip(pid, false);
	pass(pid);
	step(pid, "entry");
	set_reg(pid, R_CALL, SYS_getpid);
	say_call(pid);
	step(pid, "exit");
	step(pid, "getpid");
	step(pid, "getpid done");
	pass(pid);
	step(pid, "entry");
	set_reg(pid, R_ARG2, 7);
	step(pid, "exit");
	say_call(pid);
	pass(pid);
	step(pid, "entry");
	step(pid, "exit");
	set_reg(pid, R_ARG0, -5);
	say_call(pid);
	pass(pid);
}

static void restarts(pid_t pid)
{
	step(pid, "entry of read");
	set_reg(pid, R_ARG2, 1);
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	until_state(pid, 'S');
	kill(pid, SIGWINCH);
	say_wait("exit of read", pid);
	say_call(pid);
	step(pid, "signal");
	step(pid, "entry again");
	say_call(pid);
	MUST(write(pipes[1], "xyz", 3) == 3);
	step(pid, "exit");
	say_call(pid);
}

int main(void)
{
	MUST(pipe(pipes) == 0);
	on_signal(SIGCHLD, quiet_handler, SA_RESTART);
	looks();
	pid_t pid = at_entry(SYS_umask);
	changes(pid);
	restarts(pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	return 0;
}
