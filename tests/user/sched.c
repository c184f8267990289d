/* Scheduling: fairness, preemption, affinity, priorities. */
#include "check.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void yield(void)
{
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(0, sched_yield());
}

static void affinity(void)
{
	cpu_set_t s, all;
	CHECK_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	CHECK(CPU_COUNT(&all) >= 1);
	for (int cpu = 0; cpu < 8; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&s);
		CPU_SET(cpu, &s);
		CHECK_EQ(0, sched_setaffinity(0, sizeof(s), &s));
		for (int i = 0; i < 20; i++) {
			CHECK_EQ(cpu, sched_getcpu());
			sched_yield();
		}
	}
	CPU_ZERO(&s);
	CHECK_ERRNO(EINVAL, sched_setaffinity(0, sizeof(s), &s));
	CHECK_EQ(0, sched_setaffinity(0, sizeof(all), &all));
	CHECK_ERRNO(ESRCH, sched_setaffinity(1234567, sizeof(all), &all));
	CHECK_ERRNO(EINVAL, sched_getaffinity(0, 1, &all));
}

/* More spinners than CPUs: each gets somewhere, and so do we. */
static void preemption(void)
{
	enum { N = 10 };
	volatile long *n = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[N];
	for (int i = 0; i < N; i++) {
		pids[i] = fork();
		if (!pids[i])
			for (;;)
				n[i]++;
	}
	int64_t start = now_ns();
	for (bool all = false; !all;) {
		CHECK(now_ns() - start < 8000000000LL);
		sleep_ms(5);
		all = true;
		for (int i = 0; i < N; i++)
			all = all && n[i] > 0;
	}
	for (int i = 0; i < N; i++) {
		kill(pids[i], SIGKILL);
		CHECK_EQ(pids[i], waitpid(pids[i], NULL, 0));
	}
}

static void nice_values(void)
{
	errno = 0;
	CHECK_EQ(0, getpriority(PRIO_PROCESS, 0));
	CHECK_EQ(5, nice(5));
	CHECK_EQ(5, getpriority(PRIO_PROCESS, 0));
	CHECK_EQ(0, setpriority(PRIO_PROCESS, 0, 100)); /* clamped */
	CHECK_EQ(19, getpriority(PRIO_PROCESS, 0));
	CHECK_ERRNO(ESRCH, setpriority(PRIO_PROCESS, 1234567, 1));
	CHECK_ERRNO(EINVAL, setpriority(99, 0, 1));
	CHECK_EQ(0, setuid(1000));
	CHECK_ERRNO(EACCES, setpriority(PRIO_PROCESS, 0, -5));
}

static void policies(void)
{
	struct sched_param p = {0};
	CHECK_EQ(SCHED_OTHER, sched_getscheduler(0));
	CHECK_EQ(99, sched_get_priority_max(SCHED_FIFO));
	CHECK_EQ(1, sched_get_priority_min(SCHED_RR));
	CHECK_EQ(0, sched_get_priority_max(SCHED_OTHER));
	CHECK_EQ(0, sched_setscheduler(0, SCHED_BATCH, &p));
	CHECK_EQ(SCHED_BATCH, sched_getscheduler(0));
	p.sched_priority = 10;
	CHECK_ERRNO(EINVAL, sched_setscheduler(0, SCHED_OTHER, &p));
	CHECK_EQ(0, sched_setscheduler(0, SCHED_RR, &p));
	CHECK_EQ(SCHED_RR, sched_getscheduler(0));
	CHECK_EQ(0, sched_getparam(0, &p));
	CHECK_EQ(10, p.sched_priority);
	p.sched_priority = 0;
	CHECK_EQ(0, sched_setscheduler(0, SCHED_OTHER, &p));
	CHECK_ERRNO(EINVAL, sched_setscheduler(0, 77, &p));
}

static void ping_pong(void)
{
	int a[2], b[2];
	char c = 'x';
	CHECK_EQ(0, pipe(a));
	CHECK_EQ(0, pipe(b));
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 2000; i++) {
			CHECK_EQ(1, read(a[0], &c, 1));
			CHECK_EQ(1, write(b[1], &c, 1));
		}
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		CHECK_EQ(1, write(a[1], &c, 1));
		CHECK_EQ(1, read(b[0], &c, 1));
	}
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
}

static void fork_storm(void)
{
	for (int i = 0; i < 150; i++) {
		int status;
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(i & 127);
		CHECK_EQ(pid, waitpid(pid, &status, 0));
		CHECK_EQ(i & 127, WEXITSTATUS(status));
	}
}

static void spin(void)
{
	for (;;)
		;
}

SUBCOMMANDS({"yield", yield}, {"affinity", affinity}, {"preemption", preemption},
    {"nice", nice_values}, {"policies", policies}, {"ping_pong", ping_pong},
    {"fork_storm", fork_storm}, {"spin", spin})
