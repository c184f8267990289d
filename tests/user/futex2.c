/* futex_waitv(2), and futex_wake, futex_wait and futex_requeue with flags. */
#include "check.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { WAITV = 449, WAKE = 454, WAIT, REQUEUE };
#define U32     2
#define PRIVATE 128
#define ANY     0xffffffffu

struct word {
	uint64_t value, addr;
	uint32_t flags, reserved;
};

static uint32_t words[129];
static struct word v[129];

static long waitv(void *w, unsigned n, unsigned flags, const void *timeout, int clock)
{
	return syscall(WAITV, w, n, flags, timeout, clock);
}

static long wake(void *addr, unsigned long bits, int n, unsigned flags)
{
	return syscall(WAKE, addr, bits, n, flags);
}

static long wait_on(void *addr, unsigned long value, unsigned long bits, unsigned flags,
    const void *timeout, int clock)
{
	return syscall(WAIT, addr, value, bits, flags, timeout, clock);
}

static void fill(void)
{
	for (int i = 0; i < 129; i++) {
		words[i] = 0;
		v[i] = (struct word){.addr = (uintptr_t)&words[i], .flags = U32 | PRIVATE};
	}
}

static const struct timespec past = {0, 1}, invalid = {0, 1000000000};

static void errors(void)
{
	fill();
	CHECK_ERRNO(EINVAL, waitv(v, 1, 1, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(EINVAL, waitv(v, 0, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(EINVAL, waitv(v, 129, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(EINVAL, waitv(NULL, 1, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(EINVAL, waitv((void *)8, 1, 0, &past, CLOCK_BOOTTIME));
	CHECK_ERRNO(EINVAL, waitv((void *)8, 1, 0, &invalid, CLOCK_MONOTONIC));
	CHECK_ERRNO(EFAULT, waitv(v, 1, 0, (void *)8, CLOCK_MONOTONIC));
	CHECK_ERRNO(EFAULT, waitv((void *)8, 1, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(ETIMEDOUT, waitv(v, 128, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(ETIMEDOUT, waitv(v, 1, 0, &past, CLOCK_REALTIME));
	v[1].value = 1;
	CHECK_ERRNO(EAGAIN, waitv(v, 2, 0, NULL, 99));
	v[1].value = 1UL << 32;
	CHECK_ERRNO(EINVAL, waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
	fill();
	v[1].reserved = 1;
	CHECK_ERRNO(EINVAL, waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
	v[1] = v[0];
	static const uint32_t bad_flags[] = {0, 1, 3, 4 | U32, 8 | U32, 256 | U32, 1u << 31 | U32};
	for (unsigned i = 0; i < sizeof(bad_flags) / 4; i++) {
		v[1].flags = bad_flags[i];
		CHECK_ERRNO(EINVAL, waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
		CHECK_ERRNO(EINVAL, wake(words, ANY, 1, bad_flags[i]));
		CHECK_ERRNO(EINVAL, wait_on(words, 0, ANY, bad_flags[i], &past, CLOCK_MONOTONIC));
	}
	v[1] = v[0];
	v[1].addr += 2;
	CHECK_ERRNO(EINVAL, waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
	v[1].addr = 8;
	CHECK_ERRNO(EFAULT, waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(EINVAL, wake(words, 0, 1, U32));
	CHECK_ERRNO(EINVAL, wake(words, 1UL << 32, 1, U32));
	CHECK_ERRNO(EINVAL, wake((char *)words + 1, 1, 0, U32));
	CHECK_ERRNO(EFAULT, wake((void *)8, 1, 1, U32));
	CHECK_EQ(0, wake(words, ANY, 1, U32 | PRIVATE));
	CHECK_ERRNO(EINVAL, wait_on(words, 0, 0, U32, NULL, 0));
	CHECK_ERRNO(EINVAL, wait_on(words, 1UL << 32, ANY, U32, NULL, 0));
	CHECK_ERRNO(EINVAL, wait_on(words, 0, 1UL << 32, U32, NULL, 0));
	CHECK_ERRNO(EINVAL, wait_on(words, 0, ANY, U32, &past, CLOCK_BOOTTIME));
	CHECK_ERRNO(EFAULT, wait_on(words, 0, 0, U32, (void *)8, CLOCK_MONOTONIC));
	CHECK_ERRNO(EAGAIN, wait_on(words, 1, ANY, U32, NULL, 99));
	CHECK_ERRNO(ETIMEDOUT, wait_on(words, 0, ANY, U32, &past, CLOCK_REALTIME));
	fill();
	CHECK_ERRNO(EINVAL, syscall(REQUEUE, v, 1, 0, 0));
	CHECK_ERRNO(EINVAL, syscall(REQUEUE, NULL, 0, 0, 0));
	CHECK_ERRNO(EFAULT, syscall(REQUEUE, 8, 0, 0, 0));
	CHECK_ERRNO(EINVAL, syscall(REQUEUE, v, 0, -1, 0));
	CHECK_ERRNO(EINVAL, syscall(REQUEUE, v, 0, 0, -1));
	CHECK_EQ(0, syscall(REQUEUE, v, 0, 1, 1));
	v[0].value = 1;
	CHECK_ERRNO(EAGAIN, syscall(REQUEUE, v, 0, 1, 1));
}

static long result;

static void *waits_for_all(void *arg)
{
	result = waitv(v, (unsigned)(uintptr_t)arg, 0, NULL, 0);
	return NULL;
}

static void handler(int sig)
{
	(void)sig;
}

static long interrupted(int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval often = {{0, 20000}, {0, 20000}}, off = {0};
	long result_;
	int err;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += flags ? 1 : 60;
	CHECK_EQ(0, sigaction(SIGALRM, &sa, NULL));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	result_ = waitv(v, 3, 0, &until, CLOCK_MONOTONIC);
	err = errno;
	CHECK_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
	errno = err;
	return result_;
}

static void wait_vectors(void)
{
	pthread_t t;
	fill();
	v[2].flags = U32; /* shared, in memory that is not */
	for (int i = 0; i < 128; i += 63) {
		CHECK_EQ(0, pthread_create(&t, NULL, waits_for_all, (void *)128L));
		while (wake(&words[i], ANY, 1, v[i].flags) != 1)
			sleep_ms(1);
		CHECK_EQ(0, pthread_join(t, NULL));
		CHECK_EQ(i, result);
	}
	CHECK_EQ(0, pthread_create(&t, NULL, waits_for_all, (void *)3L));
	while (wake(&words[2], ANY, 1, U32) != 1)
		sleep_ms(1);
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK_EQ(2, result);
	CHECK_ERRNO(EINTR, interrupted(0));
	CHECK_ERRNO(ETIMEDOUT, interrupted(SA_RESTART));
	for (int i = 0; i < 128; i++) /* nobody is left */
		CHECK_EQ(0, wake(&words[i], ANY, 1, v[i].flags));
}

static int waiter;

static void *waits_for_first(void *arg)
{
	__atomic_store_n(&waiter, gettid(), __ATOMIC_SEQ_CST);
	CHECK_EQ(0, wait_on(words, 0, (uintptr_t)arg, U32 | PRIVATE, NULL, 0));
	return NULL;
}

static void waits(void)
{
	pthread_t t;
	fill();
	CHECK_EQ(0, pthread_create(&t, NULL, waits_for_first, (void *)2L));
	while (!__atomic_load_n(&waiter, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	await_sleep(waiter);
	CHECK_EQ(0, wake(words, ANY, 0, U32 | PRIVATE)); /* none means none */
	CHECK_EQ(0, wake(words, 1, 1, U32 | PRIVATE));
	CHECK_EQ(1, wake(words, 3, -1, U32 | PRIVATE));
	CHECK_EQ(0, pthread_join(t, NULL));
}

static void requeue(void)
{
	pthread_t t[3];
	int moved = 0;
	fill();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, waits_for_first, (void *)1L));
	while (moved < 3) {
		moved += (int)syscall(REQUEUE, v, 0, 0, 3);
		sleep_ms(1);
	}
	CHECK_EQ(0, wake(words, ANY, 3, U32 | PRIVATE));
	CHECK_EQ(3, wake(&words[1], ANY, 3, U32 | PRIVATE));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
}

SUBCOMMANDS({"errors", errors}, {"waitv", wait_vectors}, {"waits", waits}, {"requeue", requeue})
