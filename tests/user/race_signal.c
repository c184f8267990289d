/* Races about who takes a signal, and whether it still may (tests/lua/race). */
#include "race.h"

#include <poll.h>

static int now_round, ready, hits, ignoring;

static void hit(int sig)
{
	(void)sig;
	ADD(hits, 1);
}

static void *send_to_process(void *arg)
{
	for (int i = 1;; i++) {
		AWAIT(LOAD(ready) == i);
		random_delay();
		CHECK_OK(kill(getpid(), SIGUSR1));
		AWAIT(LOAD(now_round) > i);
	}
	return arg;
}

static void *wait_for_signals(void *arg)
{
	set_blocked(SIG_UNBLOCK, SIGUSR1);
	for (;;)
		pause();
	return arg;
}

/* R19: the first thread is chosen before any other, and blocks the signal meanwhile. */
static void chosen_blocks(void)
{
	int n = rounds();

	set_blocked(SIG_BLOCK, SIGUSR1);
	catch_signal(SIGUSR1, hit);
	start(send_to_process, NULL);
	start(wait_for_signals, NULL);
	for (int i = 1; i <= n; i++) {
		STORE(now_round, i);
		set_blocked(SIG_UNBLOCK, SIGUSR1);
		STORE(ready, i);
		random_delay();
		set_blocked(SIG_BLOCK, SIGUSR1);
		AWAIT(LOAD(hits) == i);
	}
}

static void *end_unblocked(void *arg)
{
	set_blocked(SIG_UNBLOCK, SIGUSR1);
	STORE(ready, LOAD(now_round));
	random_delay();
	return arg;
}

static void nothing(int sig)
{
	(void)sig;
}

static void *suspend_once(void *arg)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
	return arg;
}

/* R20: the thread that comes first ends; the one after it sleeps with the signal unblocked. */
static void chosen_exits(void)
{
	int n = rounds();

	set_blocked(SIG_BLOCK, SIGUSR1);
	set_blocked(SIG_BLOCK, SIGUSR2);
	catch_signal(SIGUSR1, hit);
	catch_signal(SIGUSR2, nothing);
	start(send_to_process, NULL);
	for (int i = 1; i <= n; i++) {
		STORE(now_round, i);
		pthread_t ending = start(end_unblocked, NULL);
		pthread_t other = start(suspend_once, NULL);

		CHECK_OK(pthread_join(ending, NULL));
		if (LOAD(hits) == i)
			CHECK_OK(pthread_kill(other, SIGUSR2)); /* it was not needed */
		CHECK_OK(pthread_join(other, NULL));
		CHECK_EQ(i, LOAD(hits));
	}
}

static void hit_if_allowed(int sig)
{
	(void)sig;
	ADD(hits, 1);
	if (LOAD(ignoring))
		FAIL("the handler runs, and the signal is ignored");
}

static void *send_always(void *arg)
{
	int n = *(int *)arg, in_round = 0, sent = 0;

	while (LOAD(now_round) < n) {
		if (LOAD(now_round) != in_round)
			sent = 0;
		in_round = LOAD(now_round);
		if (sent++ > 10) { /* handlers without an end would keep the other from its round */
			sched_yield();
			continue;
		}
		CHECK_OK(kill(getpid(), SIGUSR1));
		CHECK_OK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){0}));
		random_delay();
	}
	return NULL;
}

static long queued(void)
{
	char line[256];
	long n = -1;
	FILE *f = fopen("/proc/self/status", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigQ: %ld/", &n) == 1)
			break;
	fclose(f);
	return n;
}

/* R25: once a signal is ignored its handler does not run, and nothing of it stays in a queue. */
static void ignored_meanwhile(void)
{
	int n = rounds();
	long before = queued();
	pthread_t sender;

	set_blocked(SIG_BLOCK, SIGUSR1);
	set_blocked(SIG_BLOCK, SIGRTMIN + 3);
	catch_signal(SIGUSR1, SIG_IGN);
	catch_signal(SIGRTMIN + 3, SIG_IGN);
	sender = start(send_always, &n);
	set_blocked(SIG_UNBLOCK, SIGUSR1);
	set_blocked(SIG_UNBLOCK, SIGRTMIN + 3);
	for (int i = 1; i <= n; i++) {
		STORE(ignoring, 0);
		catch_signal(SIGUSR1, hit_if_allowed);
		catch_signal(SIGRTMIN + 3, hit_if_allowed);
		random_delay();
		catch_signal(SIGRTMIN + 3, SIG_IGN);
		catch_signal(SIGUSR1, SIG_IGN);
		STORE(ignoring, 1);
		random_delay();
		STORE(now_round, i);
	}
	CHECK_OK(pthread_join(sender, NULL));
	CHECK_EQ(before, queued());
}

static struct timespec short_time(unsigned ns_limit)
{
	return (struct timespec){0, random_below(random_below(ns_limit) + 1)};
}

/* R25: EINTR tells that the handler ran, 0 that it did not, and then the signal is pending still.
 */
static void poll_times_out(void)
{
	int n = rounds();
	sigset_t open, pending;

	sigemptyset(&open);
	set_blocked(SIG_BLOCK, SIGUSR1);
	catch_signal(SIGUSR1, hit);
	start(send_to_process, NULL);
	for (int i = 1; i <= n; i++) {
		struct timespec t = short_time(400000);
		int before = LOAD(hits);

		STORE(now_round, i);
		STORE(ready, i);
		int r = i % 2 ? ppoll(NULL, 0, &t, &open) : pselect(0, NULL, NULL, NULL, &t, &open);
		if (r)
			CHECK_EQ(EINTR, errno);
		CHECK_EQ(before + (r != 0), LOAD(hits));
		if (!r) {
			do
				CHECK_OK(sigpending(&pending));
			while (!sigismember(&pending, SIGUSR1));
			CHECK_EQ(-1, sigsuspend(&open));
		}
		CHECK_EQ(i, LOAD(hits));
	}
}

/* The same of sigtimedwait: it takes the signal, or leaves it pending. */
static void sigtimedwait_times_out(void)
{
	int n = rounds();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	set_blocked(SIG_BLOCK, SIGUSR1);
	start(send_to_process, NULL);
	for (int i = 1; i <= n; i++) {
		struct timespec t = short_time(400000);

		STORE(now_round, i);
		STORE(ready, i);
		int sig = sigtimedwait(&set, NULL, &t);

		if (sig < 0) {
			CHECK_EQ(EAGAIN, errno);
			sig = sigwaitinfo(&set, NULL);
		}
		CHECK_EQ(SIGUSR1, sig);
		CHECK_ERRNO(EAGAIN, sigtimedwait(&set, NULL, &(struct timespec){0, 0}));
	}
}

/* R25: a timer that is deleted as it expires: one signal at most, of its own, and nothing stays. */
static void timer_deleted(void)
{
	int n = rounds(), sig = SIGRTMIN + 4;
	long before = queued();
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	set_blocked(SIG_BLOCK, sig);
	for (int i = 1; i <= n; i++) {
		struct sigevent e = {
		    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig, .sigev_value.sival_int = i};
		struct itimerspec t = {.it_value = short_time(200000)};
		timer_t timer;

		t.it_value.tv_nsec++;
		if (i % 3 == 0)
			t.it_interval = t.it_value;
		CHECK_OK(timer_create(CLOCK_MONOTONIC, &e, &timer));
		CHECK_OK(timer_settime(timer, 0, &t, NULL));
		random_delay();
		CHECK_OK(timer_delete(timer));
		if (sigtimedwait(&set, &info, &(struct timespec){0, 0}) == sig) {
			CHECK_EQ(SI_TIMER, info.si_code);
			CHECK_EQ(i, info.si_value.sival_int);
		}
		CHECK_ERRNO(EAGAIN, sigtimedwait(&set, &info, &(struct timespec){0, 0}));
	}
	CHECK_EQ(before, queued());
}

SUBCOMMANDS({"chosen_blocks", chosen_blocks}, {"chosen_exits", chosen_exits},
    {"ignored_meanwhile", ignored_meanwhile}, {"poll_times_out", poll_times_out},
    {"sigtimedwait_times_out", sigtimedwait_times_out}, {"timer_deleted", timer_deleted})
