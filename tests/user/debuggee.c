/* What a debugger finds in it: functions that call each other, a variable that changes, signals,
 * children. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

volatile long counter, handled;

__attribute__((noinline)) static long add_one(long to)
{
	counter = to + 1;
	return counter;
}

__attribute__((noinline)) static long factorial(long n)
{
	if (n < 2)
		return 1;
	return n * factorial(n - 1);
}

static int count(void)
{
	for (long i = 0; i < 5; i++)
		add_one(i);
	return (int)counter;
}

__attribute__((noinline)) static void handler(int sig)
{
	handled = sig;
}

static int raise_one(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	return (int)handled;
}

static int forks(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit((int)add_one(6));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static long branch(unsigned i, long sum)
{
	switch (i % 7) {
	case 0:
		return sum + add_one((long)i);
	case 1:
		return sum - (i > 10);
	case 5:
		return sum + (i & 1 ? -3 : 4);
	}
	return sum ^ i;
}

/* Instructions that lead elsewhere: atomics among them, which must not be torn, one that gives up
 * half-way. */
static int branches(void)
{
	static int lock, held = 1;
	long sum = 0;

	for (unsigned i = 0; i < 20; i++) {
		int seen = 0;
		if (__atomic_compare_exchange_n(
			&held, &seen, 2, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return -1;
		seen = 0;
		while (!__atomic_compare_exchange_n(
		    &lock, &seen, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			seen = 0;
		sum = branch(i, sum);
		__atomic_store_n(&lock, 0, __ATOMIC_SEQ_CST);
	}
	return (int)(sum & 0x7f);
}

static void *add_there(void *to)
{
	return (void *)add_one((long)to);
}

static int threads(void)
{
	pthread_t t;
	void *result;

	CHECK(!pthread_create(&t, NULL, add_there, (void *)41));
	CHECK(!pthread_join(t, &result));
	return (int)(long)result;
}

static int execs(void)
{
	return execl("/proc/self/exe", "debuggee", "count", NULL);
}

/* Traces the next process that is made, if it may, and lets go of it by ending. */
static int seize(void)
{
	for (pid_t next = getpid() + 1;; sched_yield())
		if (!ptrace(PTRACE_SEIZE, next, NULL, NULL))
			return 0;
}

static int recurse(void)
{
	return (int)factorial(5);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} ways[] = {{"count", count}, {"raise", raise_one}, {"fork", forks}, {"branches", branches},
	    {"recurse", recurse}, {"threads", threads}, {"execs", execs}, {"seize", seize}};

	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].run();
	for (;;)
		pause();
}
