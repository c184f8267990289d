#include "tracing.h"

/* Where nothing is; where siginfo has a sender's id, this is nobody's. */
#define BAD_ADDRESS 0x7ffff000UL

static int body(void)
{
	raise(SIGUSR1);
	kill(getpid(), SIGUSR2);
	*(volatile int *)BAD_ADDRESS = 1;
	return 0;
}

static void say_waitid(pid_t pid, int options)
{
	siginfo_t i;
	memset(&i, 0, sizeof(i));
	long r = waitid(P_PID, pid, &i, options);
	say("waitid = %s: %s %s, status %#x", result_name(r), sig_name(i.si_signo),
	    code_name(i.si_signo, i.si_code), i.si_status);
}

static volatile sig_atomic_t children;
static siginfo_t last_child;
static void on_child(int sig UNUSED, siginfo_t *i, void *c UNUSED)
{
	last_child = *i;
	children++;
}

static void say_sigchld(const char *when)
{
	while (!children)
		short_sleep(1000);
	say("%s: SIGCHLD %s, status %d", when, code_name(SIGCHLD, last_child.si_code),
	    last_child.si_status);
	children = 0;
}

int main(void)
{
	siginfo_t i;
	on_signal(SIGCHLD, on_child, 0);
	pid_t pid = new_tracee(body);
	say_sigchld("SIGSTOP");
	say_siginfo(pid);
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_sigchld("SIGUSR1");
	say_waitid(pid, WSTOPPED | WNOWAIT);
	say_waitid(pid, WEXITED);
	say_waitid(pid, WSTOPPED | WNOHANG);
	say_siginfo(pid);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	say_siginfo(pid);
	children = 0;
	ptrace(PTRACE_SYSCALL, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	say_sigchld("syscall");
	say_siginfo(pid);
	memset(&i, 0, sizeof(i));
	ptrace(PTRACE_GETSIGINFO, pid, NO_ARG, &i);
	say("  message %lu", event_message(pid));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("tracee", pid);
	memset(&i, 0, sizeof(i));
	ptrace(PTRACE_GETSIGINFO, pid, NO_ARG, &i);
	say("  %s code %d at %p", sig_name(i.si_signo), i.si_code, i.si_addr);
	children = 0;
	ptrace(PTRACE_CONT, pid, NO_ARG, (long)SIGTERM);
	say_wait("tracee", pid);
	say_sigchld("exit event");
	say_siginfo(pid);
	say("  message %#lx", event_message(pid));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_sigchld("death");
	say_waitid(pid, WSTOPPED | WEXITED);
	return 0;
}
