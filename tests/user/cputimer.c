/* Timers and limits of CPU time. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define MS 1000000LL

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(0, clock_gettime(clock, &t));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static volatile sig_atomic_t rings, last_code;

static void ring(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)uc;
	last_code = info->si_code;
	rings++;
}

static void handle(int sig)
{
	struct sigaction sa = {.sa_sigaction = ring, .sa_flags = SA_SIGINFO};

	CHECK_EQ(0, sigaction(sig, &sa, NULL));
}

static int64_t used(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void prof(void)
{
	struct itimerval it = {{0, 10000}, {0, 20000}}, now;
	int64_t start = used();

	handle(SIGPROF);
	CHECK_EQ(0, setitimer(ITIMER_PROF, &it, NULL));
	CHECK_EQ(0, getitimer(ITIMER_PROF, &now));
	CHECK(now.it_interval.tv_usec == 10000 && now.it_value.tv_usec > 0);
	while (rings < 1)
		;
	CHECK(used() - start >= 20 * MS);
	CHECK_EQ(SI_KERNEL, last_code);
	while (rings < 4)
		getppid();
	CHECK(used() - start >= 50 * MS);
	CHECK_EQ(0, setitimer(ITIMER_PROF, &(struct itimerval){0}, &now));
	CHECK_EQ(10000, now.it_interval.tv_usec);
	CHECK_EQ(0, getitimer(ITIMER_PROF, &now));
	CHECK(!now.it_value.tv_usec && !now.it_value.tv_sec);
	CHECK_ERRNO(EINVAL, setitimer(3, &it, NULL));
	CHECK_ERRNO(EINVAL, getitimer(-1, &it));
	it.it_value.tv_usec = 1000000;
	CHECK_ERRNO(EINVAL, setitimer(ITIMER_PROF, &it, NULL));
}

/* User time only: sleeping and the kernel's work do not count. */
static void virtual(void)
{
	struct itimerval it = {{0, 0}, {0, 30000}};
	struct rusage u;

	handle(SIGVTALRM);
	CHECK_EQ(0, getrusage(RUSAGE_SELF, &u));
	int64_t start = u.ru_utime.tv_sec * 1000000LL + u.ru_utime.tv_usec;
	CHECK_EQ(0, setitimer(ITIMER_VIRTUAL, &it, NULL));
	sleep_ms(60);
	CHECK_EQ(0, rings);
	while (!rings)
		;
	CHECK_EQ(0, getrusage(RUSAGE_SELF, &u));
	CHECK(u.ru_utime.tv_sec * 1000000LL + u.ru_utime.tv_usec - start >= 29999);
}

static _Atomic int stop;

static void *spin(void *arg)
{
	(void)arg;
	while (!stop)
		;
	return NULL;
}

/* Of all threads together: with four of them, soon. */
static void threads(void)
{
	struct itimerval it = {{0, 0}, {0, 80000}};
	pthread_t t[3];
	int64_t start = used();

	handle(SIGPROF);
	CHECK_EQ(0, setitimer(ITIMER_PROF, &it, NULL));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, spin, NULL));
	while (!rings)
		;
	stop = 1;
	CHECK(used() - start >= 80 * MS);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static int create(clockid_t clock, int sig)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig};
	int id;

	CHECK_EQ(0, syscall(SYS_timer_create, clock, &e, &id));
	return id;
}

static void set(int id, int flags, int64_t value, int64_t interval)
{
	struct itimerspec s = {.it_value = {value / 1000000000, value % 1000000000},
	    .it_interval = {interval / 1000000000, interval % 1000000000}};

	CHECK_EQ(0, syscall(SYS_timer_settime, id, flags, &s, NULL));
}

static pthread_t spinner;
static volatile int elsewhere;

static void note_thread(int sig)
{
	(void)sig;
	elsewhere += !pthread_equal(pthread_self(), spinner);
	rings++;
}

static char leader_state(void)
{
	FILE *f = fopen("/proc/self/stat", "r");
	char state = 0;

	CHECK(f);
	CHECK_EQ(1, fscanf(f, "%*d (%*[^)]) %c", &state));
	fclose(f);
	return state;
}

static void *ring_oneself(void *arg)
{
	int id = create(CLOCK_PROCESS_CPUTIME_ID, SIGALRM);

	(void)arg;
	spinner = pthread_self();
	while (leader_state() != 'S')
		usleep(1000);
	set(id, 0, 4 * MS, 4 * MS);
	while (rings < 20)
		;
	CHECK_EQ(0, syscall(SYS_timer_delete, id));
	return NULL;
}

/* The signal of the process's timer goes to the thread that used its time, not to the leader, which
 * sleeps. */
static void to_consumer(void)
{
	pthread_t t;

	/* Not blocked in its handler: that would send the next one to the leader. */
	struct sigaction sa = {.sa_handler = note_thread, .sa_flags = SA_NODEFER};

	CHECK_EQ(0, sigaction(SIGALRM, &sa, NULL));
	CHECK_EQ(0, pthread_create(&t, NULL, ring_oneself, NULL));
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK_EQ(0, elsewhere);
}

static int64_t left(int id)
{
	struct itimerspec s;

	CHECK_EQ(0, syscall(SYS_timer_gettime, id, &s));
	return s.it_value.tv_sec * 1000000000LL + s.it_value.tv_nsec;
}

static void posix(void)
{
	const clockid_t clocks[] = {CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	    (clockid_t)((~(unsigned)getpid() << 3) | 2),
	    (clockid_t)((~(unsigned)getpid() << 3) | 6), (clockid_t)((~0u << 3) | 0)};

	handle(SIGUSR1);
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		int id = create(clocks[i], SIGUSR1);
		int64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);

		rings = 0;
		CHECK_EQ(0, left(id));
		set(id, 0, 20 * MS, 10 * MS);
		CHECK(left(id) > 0 && left(id) <= 24 * MS);
		sleep_ms(10);
		while (rings < 3)
			;
		CHECK(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start >= 35 * MS);
		CHECK_EQ(SI_TIMER, last_code);
		set(id, 0, 0, 0);
		rings = 0;
		set(id, TIMER_ABSTIME, 1, 0); /* long past */
		while (!rings)
			;
		CHECK_EQ(0, left(id));
		CHECK_EQ(0, syscall(SYS_timer_delete, id));
	}
}

/* A timer by the CPU time of another process. */
static void of_other(void)
{
	siginfo_t info;
	sigset_t all;
	clockid_t clock;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	CHECK_EQ(0, clock_getcpuclockid(pid, &clock));
	int id = create(clock, SIGUSR1);
	int64_t start = clock_ns(clock);
	set(id, 0, 20 * MS, 0);
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &info));
	CHECK(clock_ns(clock) - start >= 20 * MS);
	set(id, 0, 3600 * 1000 * MS, 0);
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_EQ(0, left(id)); /* its clock is gone */
	CHECK_ERRNO(EINVAL, clock_gettime(clock, &(struct timespec){0}));
}

static void burn(void)
{
	for (;;)
		;
}

static void limit_cpu_child(void)
{
	struct rlimit r = {1, 3};

	handle(SIGXCPU);
	CHECK_EQ(0, setrlimit(RLIMIT_CPU, &r));
	while (rings < 1)
		;
	CHECK(used() >= 950 * MS);
	CHECK_EQ(0, getrlimit(RLIMIT_CPU, &r));
	CHECK_EQ(2, r.rlim_cur); /* the limit moves on */
	while (rings < 2)
		;
	CHECK(used() >= 1950 * MS);
	burn();
}

static void limit_cpu(void)
{
	struct rusage u;
	int status = in_child(limit_cpu_child);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGKILL, WTERMSIG(status));
	CHECK_EQ(0, getrusage(RUSAGE_CHILDREN, &u));
	int64_t ms = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
		     (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
	CHECK(ms >= 2800 && ms < 5000); /* Linux tells by the tick */
}

static void inherit_child(void)
{
	burn();
}

static void limit_inherited(void)
{
	struct rlimit r = {1, RLIM_INFINITY};

	CHECK_EQ(0, setrlimit(RLIMIT_CPU, &r));
	int status = in_child(inherit_child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGXCPU, WTERMSIG(status));
}

static void realtime_child(void)
{
	struct sched_param p = {.sched_priority = 1};
	struct rlimit r = {500000, 900000};

	handle(SIGXCPU);
	CHECK_EQ(0, setrlimit(RLIMIT_RTTIME, &r));
	CHECK_EQ(0, sched_setscheduler(0, SCHED_FIFO, &p));
	for (int i = 0; i < 4; i++) { /* sleeping starts it anew */
		int64_t start = used();
		while (used() - start < 150 * MS)
			;
		sleep_ms(20); /* long enough that it does sleep, on a slow host too */
	}
	CHECK_EQ(0, rings);
	int64_t start = used();
	while (!rings)
		;
	CHECK(used() - start >= 400 * MS);
	burn();
}

static void limit_realtime(void)
{
	if (getuid())
		return;
	int status = in_child(realtime_child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGKILL, WTERMSIG(status));
}

/* While it sleeps nothing expires; when it goes on, the timer does. */
static void rests(void)
{
	int id = create(CLOCK_PROCESS_CPUTIME_ID, SIGUSR1);

	handle(SIGUSR1);
	set(id, 0, 15 * MS, 0);
	for (int i = 0; i < 20 && !rings; i++) {
		int64_t start = used();
		while (used() - start < MS)
			;
		sleep_ms(3);
	}
	while (!rings)
		;
}

static pid_t start_child(void (*fn)(void))
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		fn();
		_exit(0);
	}
	return child;
}

static void busy_loop(void)
{
	for (;;)
		;
}

static void rest(void)
{
	for (;;)
		pause();
}

/* clock_nanosleep by a CPU clock. */
static void sleep_by_clock(void)
{
	pid_t busy = start_child(busy_loop), idle = start_child(rest);
	struct itimerval it = {{0, 50000}, {0, 50000}}, off = {0};
	struct timespec t = {0, 30 * MS}, left = {0};
	clockid_t clock;
	int64_t start;

	CHECK_EQ(0, clock_getcpuclockid(busy, &clock));
	start = clock_ns(clock);
	CHECK_EQ(0, clock_nanosleep(clock, 0, &t, NULL));
	CHECK(clock_ns(clock) - start >= 30 * MS);
	start = clock_ns(clock) + 20 * MS;
	t = (struct timespec){start / 1000000000, start % 1000000000};
	CHECK_EQ(0, clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL));
	CHECK(clock_ns(clock) >= start);
	CHECK_EQ(0, clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL));
	t = (struct timespec){0, 0};
	CHECK_EQ(0, clock_nanosleep(clock, 0, &t, NULL));

	CHECK_EQ(0, clock_getcpuclockid(idle, &clock));
	t = (struct timespec){1000, 0};
	handle(SIGALRM);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	CHECK_EQ(EINTR, clock_nanosleep(clock, 0, &t, &left));
	CHECK(left.tv_sec > 900);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
	CHECK_EQ(0, kill(busy, SIGKILL));
	CHECK_EQ(0, kill(idle, SIGKILL));
	CHECK_EQ(busy, waitpid(busy, NULL, 0));
	CHECK_EQ(idle, waitpid(idle, NULL, 0));
}

static void end(void)
{
}

/* A timer by the clock of a child that has ended: it stands still, and is gone when reaped. */
static void of_dead(void)
{
	struct itimerspec it = {{5, 0}, {1000, 0}}, now;
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	pid_t child = start_child(end);
	clockid_t clock;
	siginfo_t info;
	timer_t timer;

	handle(SIGUSR1);
	CHECK_EQ(0, clock_getcpuclockid(child, &clock));
	CHECK_EQ(0, waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(0, timer_create(clock, &ev, &timer));
	CHECK_EQ(0, timer_settime(timer, 0, &it, NULL));
	CHECK_EQ(0, timer_gettime(timer, &now));
	CHECK(now.it_value.tv_sec >= 999 && now.it_interval.tv_sec == 5);
	it.it_value = (struct timespec){0, 1};
	it.it_interval = (struct timespec){0, 0};
	CHECK_EQ(0, timer_settime(timer, TIMER_ABSTIME, &it, NULL));
	CHECK_EQ(1, rings);
	CHECK_EQ(0, timer_settime(timer, 0, &(struct itimerspec){{5, 0}, {1000, 0}}, NULL));
	CHECK_EQ(child, waitpid(child, NULL, 0));
	CHECK_EQ(0, timer_gettime(timer, &now));
	CHECK(!now.it_value.tv_sec && !now.it_value.tv_nsec && !now.it_interval.tv_sec);
	CHECK_ERRNO(ESRCH, timer_settime(timer, 0, &it, NULL));
	CHECK_EQ(0, timer_delete(timer));
	CHECK_EQ(1, rings);
}

SUBCOMMANDS({"prof", prof}, {"virtual", virtual}, {"threads", threads},
    {"to_consumer", to_consumer}, {"posix", posix}, {"of_other", of_other},
    {"limit_cpu", limit_cpu}, {"limit_inherited", limit_inherited},
    {"limit_realtime", limit_realtime}, {"rests", rests}, {"sleep_by_clock", sleep_by_clock},
    {"of_dead", of_dead})
