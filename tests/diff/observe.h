/*
 * For the programs of this folder: each prints what it sees of the kernel's behaviour, the same
 * text at each run, without process ids, addresses or times. What Debian's Linux made it print lies
 * beside it.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

/* One write a line: what processes and handlers say does not mix. */
static UNUSED __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
	char line[512];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(1, line, n) != n)
		_exit(99);
}

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			say("%s:%d: %s: %s", __FILE_NAME__, __LINE__, #cond, strerror(errno));     \
			_exit(98);                                                                 \
		}                                                                                  \
	} while (0)

#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

/* "SIGTERM", "SIGRTMIN+2" */
static UNUSED const char *sig_name(int sig)
{
	static _Thread_local char names[4][24];
	static _Thread_local unsigned next;
	char *name = names[next++ % 4];
	const char *abbreviation = sig > 0 && sig < 32 ? sigabbrev_np(sig) : NULL;
	if (abbreviation)
		snprintf(name, 24, "SIG%s", abbreviation);
	else if (sig >= 32 && sig <= 64)
		snprintf(name, 24, sig == 32 ? "SIG32" : "SIG%d", sig);
	else
		snprintf(name, 24, "signal %d", sig);
	return name;
}

/* "0", or "-1 EINTR": of a call that returned `result` just now. */
static UNUSED const char *result_name(long result)
{
	static _Thread_local char names[4][40];
	static _Thread_local unsigned next;
	char *name = names[next++ % 4];
	if (result == -1)
		snprintf(name, 40, "-1 %s", strerrorname_np(errno));
	else
		snprintf(name, 40, "%ld", result);
	return name;
}

/* The call, and what it gave. */
#define SAY_CALL(call)                                                                             \
	do {                                                                                       \
		errno = 0;                                                                         \
		long result_ = (long)(call);                                                       \
		say("%s = %s", #call, result_name(result_));                                       \
	} while (0)

/* Wait statuses: "exited 3", "killed by SIGTERM", "stopped by SIGSTOP", "continued" */
static UNUSED void say_status(const char *who, int status)
{
	if (WIFEXITED(status))
		say("%s exited %d", who, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say("%s killed by %s%s", who, sig_name(WTERMSIG(status)),
		    WCOREDUMP(status) ? ", core flag" : "");
	else if (WIFSTOPPED(status))
		say("%s stopped by %s", who, sig_name(WSTOPSIG(status)));
	else if (WIFCONTINUED(status))
		say("%s continued", who);
	else
		say("%s status %#x", who, status);
}

/* Who a pid is, for us. */
static pid_t known_pids[16] UNUSED;
static const char *known_names[16] UNUSED;
static UNUSED void name_pid(pid_t pid, const char *name)
{
	for (int i = 0; i < 16; i++) {
		if (!known_names[i] || known_pids[i] == pid) {
			known_pids[i] = pid;
			known_names[i] = name;
			return;
		}
	}
}

static UNUSED const char *pid_name(pid_t pid)
{
	for (int i = 0; i < 16 && known_names[i]; i++)
		if (known_pids[i] == pid)
			return known_names[i];
	return pid == 0           ? "nobody"
	       : pid == getpid()  ? "self"
	       : pid == getppid() ? "parent"
				  : "another";
}

static UNUSED const char *code_name(int sig, int code)
{
	static const char *const child[] = {"CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED",
	    "CLD_STOPPED", "CLD_CONTINUED"};
	static _Thread_local char number[24];
	switch (code) {
	case SI_USER:
		return "SI_USER";
	case SI_QUEUE:
		return "SI_QUEUE";
	case SI_TIMER:
		return "SI_TIMER";
	case SI_MESGQ:
		return "SI_MESGQ";
	case SI_TKILL:
		return "SI_TKILL";
	case SI_KERNEL:
		return "SI_KERNEL";
	}
	if (sig == SIGCHLD && code >= 1 && code <= 6)
		return child[code - 1];
	snprintf(number, sizeof(number), "code %d", code);
	return number;
}

/* A siginfo that a process or the kernel's job control made. */
static UNUSED void say_info(const char *what, const siginfo_t *i)
{
	if (i->si_signo == SIGCHLD && i->si_code > 0 && i->si_code <= 6)
		say("%s: %s %s of %s, uid %u, status %d", what, sig_name(i->si_signo),
		    code_name(i->si_signo, i->si_code), pid_name(i->si_pid), i->si_uid,
		    i->si_status);
	else if (i->si_code == SI_QUEUE || i->si_code == SI_TIMER)
		say("%s: %s %s from %s, value %d", what, sig_name(i->si_signo),
		    code_name(i->si_signo, i->si_code), pid_name(i->si_pid), i->si_value.sival_int);
	else
		say("%s: %s %s from %s, uid %u", what, sig_name(i->si_signo),
		    code_name(i->si_signo, i->si_code), pid_name(i->si_pid), i->si_uid);
}

/* --- signals --- */

static UNUSED sigset_t set_of(int sig, ...)
{
	sigset_t set;
	va_list ap;
	sigemptyset(&set);
	va_start(ap, sig);
	for (; sig; sig = va_arg(ap, int))
		sigaddset(&set, sig);
	va_end(ap);
	return set;
}
#define SET(...) ((sigset_t[]){set_of(__VA_ARGS__, 0)})

static UNUSED void block(int sig)
{
	sigprocmask(SIG_BLOCK, SET(sig), NULL);
}

static UNUSED void unblock(int sig)
{
	sigprocmask(SIG_UNBLOCK, SET(sig), NULL);
}

static UNUSED void on_signal(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	MUST(sigaction(sig, &act, NULL) == 0);
}

/* Says "handler SIG…". */
static UNUSED void say_handler(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("handler %s", sig_name(sig));
}

static UNUSED void say_info_handler(int sig UNUSED, siginfo_t *info, void *context UNUSED)
{
	say_info("handler", info);
}

static UNUSED void quiet_handler(int sig UNUSED, siginfo_t *info UNUSED, void *context UNUSED)
{
}

/* The pending signals of thread and process, by name. */
static UNUSED void say_pending(const char *what)
{
	char line[256] = "";
	sigset_t set;
	sigpending(&set);
	for (int s = 1; s < 65; s++) {
		if (sigismember(&set, s) == 1) {
			strcat(line, " ");
			strcat(line, sig_name(s));
		}
	}
	say("%s:%s", what, *line ? line : " none");
}

/* --- processes --- */

/* A child that runs fn and exits with what it gives. */
static UNUSED pid_t child(int (*fn)(void))
{
	pid_t pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		_exit(fn());
	return pid;
}

/* The letter of a task's state: a pid or a tid of ours; 'X' when it is gone. */
static UNUSED char task_state(pid_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return 'X';
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 'X';
	text[n] = 0;
	return strrchr(text, ')')[2];
}

static UNUSED void short_sleep(long us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Waits until the task is in this state: S asleep, T stopped, Z a zombie, X gone. */
static UNUSED void until_state(pid_t pid, char state)
{
	for (int i = 0; i < 20000; i++) {
		if (task_state(pid) == state)
			return;
		short_sleep(500);
	}
	say("state %c never came, but %c", state, task_state(pid));
	_exit(97);
}

static UNUSED int wait_for(pid_t pid)
{
	int status = 0;
	pid_t got;
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	MUST(got == pid);
	return status;
}

static UNUSED int pause_forever(void)
{
	for (;;)
		pause();
}

/* A pipe over which processes tell each other to go on. */
struct gate {
	int fd[2];
};

static UNUSED struct gate new_gate(void)
{
	struct gate g;
	MUST(pipe(g.fd) == 0);
	return g;
}

static UNUSED void pass_gate(struct gate *g)
{
	char c;
	while (read(g->fd[0], &c, 1) < 0 && errno == EINTR)
		;
}

static UNUSED void open_gate(struct gate *g)
{
	MUST(write(g->fd[1], "", 1) == 1);
}
