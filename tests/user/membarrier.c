/* membarrier(2): what is there, registration, and that barriers do order. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

enum {
	QUERY,
	GLOBAL = 1,
	GLOBAL_EXPEDITED = 2,
	REGISTER_GLOBAL = 4,
	PRIVATE = 8,
	REGISTER_PRIVATE = 16,
	SYNC_CORE = 32,
	REGISTER_SYNC_CORE = 64,
	REGISTRATIONS = 512
};

static long membarrier(int cmd, unsigned flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

static void commands(void)
{
	long all = membarrier(QUERY, 0);
	CHECK_EQ(0x3ff, all & 0x3ff);
	CHECK_ERRNO(EINVAL, membarrier(QUERY, 1));
	CHECK_ERRNO(EINVAL, membarrier(GLOBAL, 2));
	CHECK_ERRNO(EINVAL, membarrier(3, 0));
	CHECK_ERRNO(EINVAL, membarrier(1024, 0));
	CHECK_EQ(0, membarrier(REGISTRATIONS, 0) & 127);
	CHECK_ERRNO(EPERM, membarrier(PRIVATE, 0));
	CHECK_ERRNO(EPERM, membarrier(SYNC_CORE, 0));
	CHECK_EQ(0, membarrier(GLOBAL, 0));
	CHECK_EQ(0, membarrier(GLOBAL_EXPEDITED, 0));
	CHECK_EQ(0, membarrier(REGISTER_PRIVATE, 0));
	CHECK_EQ(0, membarrier(PRIVATE, 0));
	CHECK_ERRNO(EPERM, membarrier(SYNC_CORE, 0));
	CHECK_EQ(0, membarrier(REGISTER_SYNC_CORE, 0));
	CHECK_EQ(0, membarrier(REGISTER_SYNC_CORE, 0));
	CHECK_EQ(0, membarrier(SYNC_CORE, 0));
	CHECK_EQ(0, membarrier(REGISTER_GLOBAL, 0));
	CHECK_EQ(REGISTER_PRIVATE | REGISTER_SYNC_CORE | REGISTER_GLOBAL,
	    membarrier(REGISTRATIONS, 0) & 511);
	CHECK_ERRNO(EPERM, membarrier(128, 0));
	CHECK_ERRNO(EINVAL, membarrier(128, 2));
	CHECK_ERRNO(EINVAL, membarrier(256, 1));
	CHECK_EQ(0, membarrier(256, 0));
	CHECK_EQ(0, membarrier(128, 0));
	CHECK_EQ(0, syscall(SYS_membarrier, 128, 1, 0));
	CHECK_EQ(0, syscall(SYS_membarrier, 128, 1, 99999));
	CHECK_EQ(REGISTER_PRIVATE | REGISTER_SYNC_CORE | REGISTER_GLOBAL,
	    membarrier(REGISTRATIONS, 0) & 127);
	int status;
	pid_t pid = fork();
	if (!pid)
		_exit(
		    membarrier(PRIVATE, 0) ? 1 : 2); /* the copy of the memory is registered too */
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(2, WEXITSTATUS(status));
}

/* Store buffering: the fast side has no barrier of its own but for the compiler. */
static int x, y, seen_x, seen_y, round_fast, round_slow;
#define ROUNDS 2000

static void *fast(void *arg)
{
	for (int i = 1; i <= ROUNDS; i++) {
		for (int n = 1; __atomic_load_n(&round_slow, __ATOMIC_ACQUIRE) < i; n++)
			if (n % 1000 == 0)
				sched_yield();
		*(volatile int *)&x = 1;
		__asm__ volatile("" ::: "memory");
		seen_y = *(volatile int *)&y;
		__atomic_store_n(&round_fast, i, __ATOMIC_RELEASE);
	}
	return arg;
}

static void shown(void)
{
	CHECK_EQ(0, membarrier(256, 0));
	CHECK_EQ(256 | REGISTER_PRIVATE, membarrier(REGISTRATIONS, 0));
	CHECK_ERRNO(EPERM, membarrier(PRIVATE, 0)); /* it was only shown */
}

static void orders(void)
{
	pthread_t t;
	CHECK_EQ(0, membarrier(REGISTER_PRIVATE, 0));
	CHECK_EQ(0, pthread_create(&t, NULL, fast, NULL));
	for (int i = 1; i <= ROUNDS; i++) {
		x = y = 0;
		__atomic_store_n(&round_slow, i, __ATOMIC_RELEASE);
		*(volatile int *)&y = 1;
		CHECK_EQ(0, membarrier(PRIVATE, 0));
		seen_x = *(volatile int *)&x;
		while (__atomic_load_n(&round_fast, __ATOMIC_ACQUIRE) < i)
			sched_yield();
		CHECK(seen_x || seen_y);
	}
	CHECK_EQ(0, pthread_join(t, NULL));
}

static void *calls(void *arg)
{
	for (int i = 0; i < 300; i++)
		CHECK_EQ(0, membarrier(i & 1 ? PRIVATE : GLOBAL_EXPEDITED, 0));
	return arg;
}

/* Callers that interrupt each other. */
static void at_once(void)
{
	pthread_t t[6];
	CHECK_EQ(0, membarrier(REGISTER_PRIVATE, 0));
	for (int i = 0; i < 6; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, calls, NULL));
	for (int i = 0; i < 6; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
}

SUBCOMMANDS({"commands", commands}, {"shown", shown}, {"orders", orders}, {"at_once", at_once})
