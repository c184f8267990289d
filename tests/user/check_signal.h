/*
 * For the test programs about signals: a handler that writes down what it got, and short forms of
 * sigaction(2) and sigprocmask(2). What has arrived is in the variables below, in order of arrival.
 */
#ifndef CHECK_SIGNAL_H
#define CHECK_SIGNAL_H

#include "check.h"

static volatile sig_atomic_t count, last, order[64], codes[64];
static volatile int values[64];
static volatile pid_t sender;

static inline void note(int sig)
{
	last = sig;
	if (count < 64)
		order[count] = sig;
	count++;
}

static inline void note_info(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	if (count < 64) {
		codes[count] = info->si_code;
		values[count] = info->si_value.sival_int;
	}
	sender = info->si_pid;
	note(sig);
}

static inline void handle(int sig, int flags)
{
	struct sigaction sa = {.sa_flags = flags};

	sigemptyset(&sa.sa_mask);
	if (flags & SA_SIGINFO)
		sa.sa_sigaction = note_info;
	else
		sa.sa_handler = note;
	CHECK_EQ(0, sigaction(sig, &sa, NULL));
}

static inline void block(int sig)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &s, NULL));
}

static inline void unblock(int sig)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_EQ(0, sigprocmask(SIG_UNBLOCK, &s, NULL));
}

#endif
