/*
 * For the programs about races (tests/lua/race): a case runs so many rounds, its first argument
 * (the second is the seed), of two sides that meet at a random moment, and looks at what must hold
 * after each. What must come about is awaited without an end: who runs the program has a time
 * limit.
 */
#pragma once

#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define UNUSED         __attribute__((unused))
#define LOAD(x)        __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v)    __atomic_store_n(&(x), (v), __ATOMIC_SEQ_CST)
#define ADD(x, v)      __atomic_add_fetch(&(x), (v), __ATOMIC_SEQ_CST)
#define CHECK_OK(expr) CHECK_EQ(0, expr)

/* Waits until it holds, mostly asleep: an emulated CPU that spins takes its host's from the others.
 */
#define AWAIT(cond)                                                                                \
	do {                                                                                       \
		for (int spins_ = 0; !(cond); spins_++)                                            \
			if (spins_ % 64 == 63 && spins_ < 1000)                                    \
				sched_yield();                                                     \
			else if (spins_ % 64 == 63)                                                \
				nanosleep(&(struct timespec){0, 50000}, NULL);                     \
	} while (0)

static uint64_t UNUSED random_state = 88172645463325252ULL;

static inline int UNUSED rounds(void)
{
	if (nargs > 1)
		random_state += (uint64_t)atoll(args[1]) * 0x9e3779b97f4a7c15ULL;
	return nargs ? atoi(args[0]) : 30;
}

static inline unsigned UNUSED random_below(unsigned n)
{
	uint64_t x = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15ULL, __ATOMIC_RELAXED);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return (unsigned)((x ^ x >> 31) >> 33) % n;
}

/* From nothing to some hundreds of microseconds, short ones more often. */
static inline void UNUSED random_delay(void)
{
	unsigned n = random_below(1u << random_below(16));

	for (volatile unsigned i = 0; i < n; i++)
		;
}

static inline void *UNUSED shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static inline pthread_t UNUSED start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK_OK(pthread_create(&t, NULL, fn, arg));
	return t;
}

static inline void UNUSED set_blocked(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK_OK(pthread_sigmask(how, &s, NULL));
}

static inline void UNUSED catch_signal(int sig, void (*fn)(int))
{
	struct sigaction sa = {.sa_handler = fn};

	CHECK_OK(sigaction(sig, &sa, NULL));
}

/* The next SIGCHLD that is pending, which is blocked: its code, 0 if there is none. */
static inline int UNUSED take_sigchld(siginfo_t *info)
{
	static const struct timespec now;
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	return sigtimedwait(&s, info, &now) == SIGCHLD ? info->si_code : 0;
}

static inline void UNUSED finish_child(pid_t pid)
{
	int status;

	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(SIGKILL, status);
}
