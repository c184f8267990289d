/* For the programs about ptrace: tracees, what wait says of them, their registers by name. */
#pragma once

#include "observe.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifdef __riscv
enum { R_PC, R_LINK, R_SP, R_ARG0 = 10, R_ARG1, R_ARG2, R_CALL = 17, REGS = 32 };
#endif

#define NO_ARG ((void *)0)

/* ptrace(2) as the kernel has it: PEEK… too gives 0 or -1. */
static UNUSED long request(long what, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, what, pid, addr, data);
}

/* Prints "PTRACE_CONT = 0". */
#define SAY_PTRACE(what, pid, addr, data)                                                          \
	do {                                                                                       \
		errno = 0;                                                                         \
		long result_ = request(                                                            \
		    (what), (pid), (unsigned long)(addr), (unsigned long)(data));                  \
		say("  %s = %s", #what, result_name(result_));                                     \
	} while (0)

static UNUSED const char *event_name(int event)
{
	static const char *const names[] = {
	    "", "FORK", "VFORK", "CLONE", "EXEC", "VFORK_DONE", "EXIT", "SECCOMP"};
	static _Thread_local char number[24];
	if (event > 0 && event < 8)
		return names[event];
	if (event == 128)
		return "STOP";
	snprintf(number, sizeof(number), "%d", event);
	return number;
}

/* As wait4 gives it: "stopped by SIGTRAP, event CLONE", "stopped by SIGTRAP|0x80". */
static UNUSED void say_trace(const char *who, int status)
{
	int sig = status >> 8 & 0xff, event = status >> 16;
	if ((status & 0xff) != 0x7f) {
		say_status(who, status);
	} else if (sig & 0x80) {
		say("%s stopped by %s|0x80%s%s", who, sig_name(sig & 0x7f), event ? ", event " : "",
		    event ? event_name(event) : "");
	} else {
		say("%s stopped by %s%s%s", who, sig_name(sig), event ? ", event " : "",
		    event ? event_name(event) : "");
	}
}

/* Waits for it, with what there is to wait for of any thread. */
static UNUSED int wait_trace(pid_t pid)
{
	int status = 0;
	pid_t got;
	do
		got = waitpid(pid, &status, __WALL);
	while (got < 0 && errno == EINTR);
	if (got != pid)
		say("waitpid gave %s", result_name(got));
	return status;
}

static UNUSED void say_wait(const char *who, pid_t pid)
{
	say_trace(who, wait_trace(pid));
}

/* What PTRACE_GETSIGINFO says. */
static UNUSED void say_siginfo(pid_t pid)
{
	siginfo_t i;
	memset(&i, 0, sizeof(i));
	if (ptrace(PTRACE_GETSIGINFO, pid, NO_ARG, &i)) {
		say("  siginfo: %s", strerrorname_np(errno));
		return;
	}
	if (i.si_code > 0 && i.si_code != SI_KERNEL)
		say("  siginfo: %s, code %#x, from %s, uid %u", sig_name(i.si_signo), i.si_code,
		    i.si_pid == pid ? "itself" : pid_name(i.si_pid), i.si_uid);
	else
		say("  siginfo: %s %s from %s, uid %u", sig_name(i.si_signo),
		    code_name(i.si_signo, i.si_code),
		    i.si_pid == pid ? "itself" : pid_name(i.si_pid), i.si_uid);
}

static UNUSED unsigned long event_message(pid_t pid)
{
	unsigned long message = ~0UL;
	MUST(ptrace(PTRACE_GETEVENTMSG, pid, NO_ARG, &message) == 0);
	return message;
}

/* The end, whatever state it is in. */
static UNUSED void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	for (;;) {
		int status = 0;
		pid_t got = waitpid(pid, &status, __WALL);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != pid || WIFSIGNALED(status) || WIFEXITED(status))
			return;
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	}
}

/* --- registers --- */

static UNUSED void get_regs(pid_t pid, unsigned long regs[REGS])
{
	struct iovec v = {regs, REGS * sizeof(long)};
	MUST(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) == 0);
	MUST(v.iov_len == REGS * sizeof(long));
}

static UNUSED void set_regs(pid_t pid, unsigned long regs[REGS])
{
	struct iovec v = {regs, REGS * sizeof(long)};
	MUST(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v) == 0);
}

static UNUSED unsigned long get_reg(pid_t pid, int n)
{
	unsigned long regs[REGS];
	get_regs(pid, regs);
	return regs[n];
}

static UNUSED void set_reg(pid_t pid, int n, unsigned long value)
{
	unsigned long regs[REGS];
	get_regs(pid, regs);
	regs[n] = value;
	set_regs(pid, regs);
}

/* --- tracees --- */

static int (*tracee_fn)(void) UNUSED;
static UNUSED int traced_child(void)
{
	MUST(ptrace(PTRACE_TRACEME, 0, NO_ARG, NO_ARG) == 0);
	raise(SIGSTOP);
	return tracee_fn();
}

/* A child that asked to be traced and has stopped itself; it goes on with fn. */
static UNUSED pid_t new_tracee(int (*fn)(void))
{
	tracee_fn = fn;
	pid_t pid = child(traced_child);
	int status = wait_trace(pid);
	MUST(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

/* A child that runs fn, attached to by SEIZE. */
static UNUSED pid_t new_seized(int (*fn)(void), unsigned long options)
{
	pid_t pid = child(fn);
	MUST(ptrace(PTRACE_SEIZE, pid, NO_ARG, options) == 0);
	return pid;
}

/* Sleeps in a call that handlers and stops interrupt. */
static UNUSED int sleeper(void)
{
	return pause_forever();
}

/* Uses the processor until it is killed. */
static UNUSED int spinner(void)
{
	static volatile unsigned long spins;
	for (;;)
		spins++;
}

static UNUSED int traced_by(pid_t pid)
{
	char path[64], text[2048];
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	const char *line = strstr(text, "TracerPid:");
	return line ? atoi(line + 10) : -1;
}
