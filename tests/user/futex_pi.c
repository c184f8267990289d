/* Futexes with priority inheritance, by bare calls and as glibc uses them. */
#include "check.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static long futex(
    uint32_t *word, int op, uint32_t value, const void *timeout, uint32_t *word2, uint32_t value3)
{
	return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

static uint32_t me(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

static uint32_t load(uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void lock(uint32_t *word)
{
	uint32_t zero = 0;
	if (!__atomic_compare_exchange_n(
		word, &zero, me(), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		CHECK_EQ(0, futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(me(), load(word) & FUTEX_TID_MASK);
}

static void unlock(uint32_t *word)
{
	uint32_t mine = me();
	if (!__atomic_compare_exchange_n(word, &mine, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		CHECK_EQ(0, futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

static uint32_t word, other;

static void errors(void)
{
	struct timespec past = {0, 0}, bad = {0, 1000000000};
	word = me();
	CHECK_ERRNO(EDEADLK, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_ERRNO(EDEADLK, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(0, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(0, word);
	CHECK_ERRNO(EPERM, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	word = 4000000; /* nobody */
	CHECK_ERRNO(ESRCH, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	word = 1;
	CHECK_ERRNO(EPERM, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	word = 0;
	CHECK_EQ(0, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(me(), word);
	word = FUTEX_OWNER_DIED;
	CHECK_EQ(0, futex(&word, FUTEX_LOCK_PI2, 0, NULL, NULL, 0));
	CHECK_EQ(me() | FUTEX_OWNER_DIED, word);
	CHECK_ERRNO(EINVAL, futex(&word, FUTEX_LOCK_PI, 0, &bad, NULL, 0));
	CHECK_ERRNO(EFAULT, futex((uint32_t *)8, FUTEX_LOCK_PI, 0, &past, NULL, 0));
	CHECK_ERRNO(
	    EPERM, futex((uint32_t *)((char *)&word + 1), FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	CHECK_ERRNO(ENOSYS, futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0));
	CHECK_ERRNO(EINVAL, futex(&word, FUTEX_WAIT_REQUEUE_PI, word, NULL, &word, 0));
	CHECK_ERRNO(EINVAL, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, word));
	CHECK_ERRNO(EINVAL, futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &other, word));
	CHECK_ERRNO(EAGAIN, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, word + 1));
	CHECK_EQ(0, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, word));
	CHECK_ERRNO(EAGAIN, futex(&word, FUTEX_WAIT_REQUEUE_PI, word + 1, NULL, &other, 0));
	CHECK_ERRNO(ETIMEDOUT, futex(&word, FUTEX_WAIT_REQUEUE_PI, word, &past, &other, 0));
}

static void *times_out(void *arg)
{
	struct timespec past = {0, 0}, soon;
	CHECK_ERRNO(EAGAIN, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK_ERRNO(ETIMEDOUT, futex(&word, FUTEX_LOCK_PI, 0, &past, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &soon);
	soon.tv_sec++;
	soon.tv_nsec = 0;
	CHECK_ERRNO(ETIMEDOUT, futex(&word, FUTEX_LOCK_PI2, 0, &soon, NULL, 0));
	CHECK(load(&word) & FUTEX_WAITERS);
	return arg;
}

static void timeouts(void)
{
	pthread_t t;
	lock(&word);
	CHECK_EQ(0, pthread_create(&t, NULL, times_out, NULL));
	CHECK_EQ(0, pthread_join(t, NULL));
	unlock(&word);
	CHECK_EQ(0, word);
}

static long counter;

static void *counts(void *arg)
{
	for (int i = 0; i < 500; i++) {
		lock(&word);
		counter++;
		if (i % 50 == 0)
			sched_yield();
		unlock(&word);
	}
	return arg;
}

static void contended(void)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, counts, NULL));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
	CHECK_EQ(2000, counter);
	CHECK_EQ(0, word);
}

/* --- priorities --- */

/* What /proc tells of the priority in force: 20 for an ordinary thread, -1 - priority for others.
 */
static int priority_of(uint32_t tid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/self/task/%u/stat", tid);
	int fd = open(path, O_RDONLY), priority;
	CHECK(fd >= 0);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	CHECK(n > 0);
	text[n] = 0;
	CHECK_EQ(
	    1, sscanf(strrchr(text, ')') + 2,
		   "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d", &priority));
	return priority;
}

static void until_priority(uint32_t tid, int priority)
{
	while (priority_of(tid) != priority)
		sleep_ms(1);
}

static void be_fifo(int priority)
{
	struct sched_param p = {.sched_priority = priority};
	CHECK_EQ(0, syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
}

static void *takes_both(void *arg)
{
	be_fifo(10);
	lock(&other);
	__atomic_store_n((uint32_t *)arg, me(), __ATOMIC_SEQ_CST);
	lock(&word);
	unlock(&word);
	unlock(&other);
	return NULL;
}

static void *takes_other(void *arg)
{
	be_fifo(50);
	__atomic_store_n((uint32_t *)arg, me(), __ATOMIC_SEQ_CST);
	lock(&other);
	unlock(&other);
	return NULL;
}

/* From the last in a row to the first, and back when it is over, or when the waiter's own changes.
 */
static void inheritance(void)
{
	pthread_t a, b;
	uint32_t middle = 0, high = 0;
	struct sched_param p = {.sched_priority = 60};
	lock(&word);
	CHECK_EQ(20, priority_of(me()));
	CHECK_EQ(0, pthread_create(&a, NULL, takes_both, &middle));
	until_priority(me(), -11);
	CHECK_EQ(0, pthread_create(&b, NULL, takes_other, &high));
	until_priority(me(), -51);
	CHECK_EQ(-51, priority_of(middle));
	CHECK_EQ(SCHED_OTHER, syscall(SYS_sched_getscheduler, 0)); /* its own is what it was */
	CHECK_EQ(0, syscall(SYS_sched_setparam, high, &p));
	CHECK_EQ(-61, priority_of(me()));
	CHECK_ERRNO(EINVAL, futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
	unlock(&word);
	CHECK_EQ(20, priority_of(me()));
	CHECK_EQ(0, pthread_join(a, NULL));
	CHECK_EQ(0, pthread_join(b, NULL));
	CHECK_EQ(0, word);
}

static void *waits_for_word(void *arg)
{
	lock(&other);
	__atomic_store_n((int *)arg, 1, __ATOMIC_SEQ_CST);
	lock(&word);
	unlock(&word);
	unlock(&other);
	return NULL;
}

static void deadlock(void)
{
	pthread_t t;
	int ready = 0;
	lock(&word);
	CHECK_EQ(0, pthread_create(&t, NULL, waits_for_word, &ready));
	while (!(load(&word) & FUTEX_WAITERS))
		sleep_ms(1);
	sleep_ms(5);
	CHECK_ERRNO(EDEADLK, futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	unlock(&word);
	CHECK_EQ(0, pthread_join(t, NULL));
}

/* --- the dead --- */

static pthread_mutex_t *mutex;

static void make_mutex(bool robust)
{
	pthread_mutexattr_t attr;
	mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (robust)
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(0, pthread_mutex_init(mutex, &attr));
}

static void owner_dies(void)
{
	int status, fds[2];
	char c;
	make_mutex(true);
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		pthread_mutex_lock(mutex);
		write(fds[1], "x", 1);
		while (!(load((uint32_t *)mutex) & FUTEX_WAITERS))
			sleep_ms(1);
		sleep_ms(5);
		kill(getpid(), SIGKILL);
	}
	CHECK_EQ(1, read(fds[0], &c, 1));
	CHECK_EQ(EOWNERDEAD, pthread_mutex_lock(mutex));
	CHECK_EQ(0, pthread_mutex_consistent(mutex));
	CHECK_EQ(0, pthread_mutex_unlock(mutex));
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, pthread_mutex_lock(mutex));
	CHECK_EQ(0, pthread_mutex_unlock(mutex));
}

static void waiter_dies(void)
{
	int status;
	make_mutex(true);
	CHECK_EQ(0, pthread_mutex_lock(mutex));
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (!pid) {
			pthread_mutex_lock(mutex);
			_exit(0);
		}
		while (!(load((uint32_t *)mutex) & FUTEX_WAITERS))
			sched_yield();
		CHECK_EQ(0, kill(pid, SIGKILL));
		CHECK_EQ(pid, waitpid(pid, &status, 0));
	}
	CHECK_EQ(0, pthread_mutex_unlock(mutex));
	CHECK_EQ(0, pthread_mutex_lock(mutex));
	CHECK_EQ(0, pthread_mutex_unlock(mutex));
}

/* Many die while many wait, without robust lists: the kernel hands the lock on. */
static void *dies_with_lock(void *arg)
{
	CHECK_EQ(0, futex((uint32_t *)arg, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(me(), load((uint32_t *)arg) & FUTEX_TID_MASK);
	return NULL;
}

static void heirs(void)
{
	enum { N = 12 };
	pthread_t t[N];
	lock(&word);
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, dies_with_lock, &word));
	sleep_ms(50); /* most of them wait by then; others come later */
	word |= FUTEX_WAITERS;
	CHECK_EQ(0, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	while (load(&word) & FUTEX_TID_MASK && !(load(&word) & FUTEX_OWNER_DIED))
		sched_yield();
	for (int i = 0; i < N; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
}

/* --- requeue --- */

static int ready, took;

static void *waits_on_condition(void *arg)
{
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	CHECK_EQ(0, futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &other, 0));
	CHECK_EQ(me(), load(&other) & FUTEX_TID_MASK);
	took++;
	unlock(&other);
	return arg;
}

static void requeue(void)
{
	pthread_t t[4];
	long n = 0;
	for (int i = 0; i < 4; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, waits_on_condition, NULL));
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 4)
		sleep_ms(1);
	while (n < 4) {
		lock(&other);
		long r = futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1000, &other, 0);
		CHECK(r >= 0);
		n += r;
		unlock(&other);
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
	CHECK_EQ(4, took);
	/* With the lock free, one gets it at once. */
	ready = took = 0;
	CHECK_EQ(0, load(&other));
	CHECK_EQ(0, pthread_create(&t[0], NULL, waits_on_condition, NULL));
	while ((n = futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &other, 0)) == 0)
		sleep_ms(1);
	CHECK_EQ(1, n);
	CHECK_EQ(0, pthread_join(t[0], NULL));
	CHECK_EQ(1, took);
}

SUBCOMMANDS({"errors", errors}, {"timeouts", timeouts}, {"contended", contended},
    {"inheritance", inheritance}, {"deadlock", deadlock}, {"owner_dies", owner_dies},
    {"waiter_dies", waiter_dies}, {"heirs", heirs}, {"requeue", requeue})
