#include "tracing.h"

static void all(pid_t pid)
{
	unsigned long word;
	struct iovec v = {&word, 8};
	SAY_PTRACE(PTRACE_PEEKDATA, pid, &word, &word);
	SAY_PTRACE(PTRACE_POKEDATA, pid, &word, 0);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	SAY_PTRACE(PTRACE_SYSCALL, pid, 0, 99);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 99);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, -1);
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8);
	SAY_PTRACE(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
	SAY_PTRACE(PTRACE_GETSIGINFO, pid, 0, 8);
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	SAY_PTRACE(PTRACE_LISTEN, pid, 0, 0);
	SAY_PTRACE(PTRACE_KILL, pid, 0, 0);
	SAY_PTRACE(12345, pid, 0, 0);
	SAY_PTRACE(-1, pid, 0, 0);
}

static void *other_thread(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	SAY_PTRACE(PTRACE_INTERRUPT, pid, 0, 0);
	say("its wait: %d", waitpid(pid, NULL, WNOHANG | __WALL | __WNOTHREAD));
	say("its wait: %d", waitpid(pid, NULL, WNOHANG | __WALL) == pid);
	return NULL;
}

static void nobody(void)
{
	all(0);
	all(-1);
	all(999999);
	SAY_PTRACE(PTRACE_ATTACH, 0, 0, 0);
	SAY_PTRACE(PTRACE_ATTACH, -1, 0, 0);
	SAY_PTRACE(PTRACE_ATTACH, 999999, 0, 0);
	SAY_PTRACE(PTRACE_SEIZE, 999999, 1, 0);
	SAY_PTRACE(PTRACE_ATTACH, getpid(), 0, 0);
	SAY_PTRACE(PTRACE_SEIZE, getpid(), 1, 0);
	SAY_PTRACE(PTRACE_SEIZE, getpid(), 0, 0);
}

static void not_stopped(void)
{
	unsigned long word = 1;
	say("-- not ours");
	pid_t pid = child(sleeper);
	until_state(pid, 'S');
	all(pid);
	say("-- a zombie");
	kill(pid, SIGKILL);
	until_state(pid, 'Z');
	SAY_PTRACE(PTRACE_ATTACH, pid, 0, 0);
	SAY_PTRACE(PTRACE_SEIZE, pid, 0, 0);
	wait_for(pid);
	say("-- running");
	pid = new_tracee(sleeper);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	until_state(pid, 'S');
	SAY_PTRACE(PTRACE_PEEKDATA, pid, &word, &word);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 0);
	SAY_PTRACE(PTRACE_DETACH, pid, 0, 0);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, 0);
	SAY_PTRACE(12345, pid, 0, 0);
	finish(pid);
}

static void stopped(pid_t pid)
{
	unsigned long word = 1;
	SAY_PTRACE(PTRACE_ATTACH, pid, 0, 0);
	SAY_PTRACE(PTRACE_PEEKDATA, pid, 8, &word);
	SAY_PTRACE(PTRACE_PEEKTEXT, pid, -1, &word);
	SAY_PTRACE(PTRACE_PEEKTEXT, pid, 1UL << 63, &word);
	SAY_PTRACE(PTRACE_PEEKDATA, pid, &word, 8);
	SAY_PTRACE(PTRACE_PEEKDATA, pid, (char *)&word + 1, &word);
	SAY_PTRACE(PTRACE_POKEDATA, pid, 8, 0);
	SAY_PTRACE(PTRACE_POKETEXT, pid, -8, 0);
	SAY_PTRACE(PTRACE_CONT, pid, 0, 65);
	SAY_PTRACE(PTRACE_CONT, pid, 0, -1);
	SAY_PTRACE(PTRACE_SYSCALL, pid, 0, 1000);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, 0x100);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, 1 << 22);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, -1);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, 0xff);
	SAY_PTRACE(PTRACE_SETOPTIONS, pid, 0, 0);
	SAY_PTRACE(PTRACE_GETEVENTMSG, pid, 0, 8);
	SAY_PTRACE(PTRACE_GETSIGINFO, pid, 0, 8);
	SAY_PTRACE(PTRACE_SETSIGINFO, pid, 0, 8);
}

static void registers(pid_t pid)
{
	unsigned long regs[64];
	struct iovec v = {regs, sizeof(regs)};
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8);
	SAY_PTRACE(PTRACE_GETREGSET, pid, 0, &v);
	SAY_PTRACE(PTRACE_GETREGSET, pid, 0x12345, &v);
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	say("  length %zu", v.iov_len);
	v.iov_len = 12;
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	v.iov_len = 0;
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	SAY_PTRACE(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
	v.iov_len = 16;
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	say("  length %zu", v.iov_len);
	v.iov_len = ~7UL;
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRFPREG, &v);
	say("  length %zu", v.iov_len);
	v.iov_len = 256;
	v.iov_base = (void *)8;
	SAY_PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	SAY_PTRACE(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
}

static void not_here(pid_t pid)
{
	unsigned long regs[64];
	SAY_PTRACE(12, pid, 0, regs); /* GETREGS and its like: not here */
	SAY_PTRACE(13, pid, 0, regs);
	SAY_PTRACE(14, pid, 0, regs);
	SAY_PTRACE(3, pid, 0, regs);
	SAY_PTRACE(6, pid, 0, regs);
	SAY_PTRACE(21, pid, 0, 0);
	SAY_PTRACE(33, pid, 0, 0);
	SAY_PTRACE(PTRACE_SINGLESTEP, pid, 0, 0);
	SAY_PTRACE(PTRACE_SINGLESTEP, pid, 0, 99);
	SAY_PTRACE(12345, pid, 0, 0);
	SAY_PTRACE(1L << 32 | PTRACE_CONT, pid, 0, 0);
}

int main(void)
{
	pthread_t t;
	say("-- nobody");
	nobody();
	not_stopped();
	say("-- stopped");
	pid_t pid = new_tracee(sleeper);
	stopped(pid);
	registers(pid);
	not_here(pid);
	say("-- from another thread");
	pthread_create(&t, NULL, other_thread, &pid);
	pthread_join(t, NULL);
	finish(pid);
	return 0;
}
