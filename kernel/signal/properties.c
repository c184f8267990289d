/* What each signal is called and does by default (signal(7)). */
#include "printk.h"
#include "signal/signal.h"

#define ROW(sig, act, sync, words) [SIG##sig] = {#sig, DEFAULT_##act, sync, words}

const struct signal_property signal_properties[32] = {
    ROW(HUP, TERM, false, "hang-up of the terminal, or death of the session leader"),
    ROW(INT, TERM, false, "interrupt from the keyboard"),
    ROW(QUIT, CORE, false, "quit from the keyboard"),
    ROW(ILL, CORE, true, "illegal instruction"),
    ROW(TRAP, CORE, true, "breakpoint or trace trap"),
    ROW(ABRT, CORE, false, "abort"),
    ROW(BUS, CORE, true, "bus error"),
    ROW(FPE, CORE, true, "arithmetic error"),
    ROW(KILL, TERM, false, "kill, cannot be caught"),
    ROW(USR1, TERM, false, "user's own, the first"),
    ROW(SEGV, CORE, true, "invalid memory reference"),
    ROW(USR2, TERM, false, "user's own, the second"),
    ROW(PIPE, TERM, false, "write to a pipe without readers"),
    ROW(ALRM, TERM, false, "timer of alarm(2)"),
    ROW(TERM, TERM, false, "termination"),
    ROW(STKFLT, TERM, false, "stack fault, unused"),
    ROW(CHLD, IGNORE, false, "a child stopped, continued or ended"),
    ROW(CONT, CONT, false, "continue if stopped"),
    ROW(STOP, STOP, false, "stop, cannot be caught"),
    ROW(TSTP, STOP, false, "stop from the keyboard"),
    ROW(TTIN, STOP, false, "background read from the terminal"),
    ROW(TTOU, STOP, false, "background write to the terminal"),
    ROW(URG, IGNORE, false, "urgent data on a socket"),
    ROW(XCPU, CORE, false, "CPU time limit exceeded"),
    ROW(XFSZ, CORE, false, "file size limit exceeded"),
    ROW(VTALRM, TERM, false, "virtual timer expired"),
    ROW(PROF, TERM, false, "profiling timer expired"),
    ROW(WINCH, IGNORE, false, "window size changed"),
    ROW(IO, TERM, false, "input or output possible"),
    ROW(PWR, TERM, false, "power failure"),
    ROW(SYS, CORE, true, "bad system call"),
};

const char *signal_name(int sig, char buf[16])
{
	if (sig > 0 && sig < SIGRTMIN)
		return signal_properties[sig].name;
	if (sig < SIGRTMIN || sig >= NSIG)
		return "?";
	if (sig == SIGRTMIN)
		return "RTMIN";
	fmt_string(buf, 16, "RTMIN+%d", sig - SIGRTMIN);
	return buf;
}

/* Codes up to `last` mean something of their own for these signals. */
static const struct {
	uint8_t last, layout;
} own_codes[SIGRTMIN] = {
    [SIGILL] = {11, LAYOUT_FAULT},
    [SIGFPE] = {15, LAYOUT_FAULT},
    [SIGSEGV] = {10, LAYOUT_FAULT},
    [SIGBUS] = {5, LAYOUT_FAULT},
    [SIGTRAP] = {6, LAYOUT_FAULT},
    [SIGCHLD] = {CLD_CONTINUED, LAYOUT_CHILD},
    [SIGIO] = {POLL_HUP, LAYOUT_POLL},
    [SIGSYS] = {2, LAYOUT_SYS},
};

enum siginfo_layout signal_layout(int sig, int code)
{
	if (code > SI_USER && code < SI_KERNEL) {
		if ((unsigned)sig < SIGRTMIN && code <= own_codes[sig].last)
			return (enum siginfo_layout)own_codes[sig].layout;
		return code <= POLL_HUP ? LAYOUT_POLL : LAYOUT_KILL;
	}
	if (code == SI_TIMER)
		return LAYOUT_TIMER;
	if (code == SI_SIGIO)
		return LAYOUT_POLL;
	return code < 0 ? LAYOUT_RT : LAYOUT_KILL;
}

static int parse_number(const char *s, int limit)
{
	int n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || n > limit)
			return -EINVAL;
		n = n * 10 + (*s - '0');
	}
	return n > limit ? -EINVAL : n;
}

static int parse_realtime(const char *s)
{
	int n;

	if (!strncmp(s, "RTMIN", 5)) {
		n = s[5] == '+' ? parse_number(s + 6, SIGRTMAX - SIGRTMIN) : s[5] ? -EINVAL : 0;
		return n < 0 ? n : SIGRTMIN + n;
	}
	if (!strncmp(s, "RTMAX", 5)) {
		n = s[5] == '-' ? parse_number(s + 6, SIGRTMAX - SIGRTMIN) : s[5] ? -EINVAL : 0;
		return n < 0 ? n : SIGRTMAX - n;
	}
	return -EINVAL;
}

int signal_number(const char *name)
{
	if (*name >= '0' && *name <= '9')
		return parse_number(name, SIGRTMAX);
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int sig = 1; sig < SIGRTMIN; sig++)
		if (!strcmp(name, signal_properties[sig].name))
			return sig;
	if (!strcmp(name, "POLL"))
		return SIGIO;
	if (!strcmp(name, "IOT"))
		return SIGABRT;
	if (!strcmp(name, "CLD"))
		return SIGCHLD;
	return parse_realtime(name);
}
