/* Clocks, sleeping, interval timers. */
#include "check.h"

#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>

static volatile sig_atomic_t rings;

static void ring(int sig)
{
	(void)sig;
	rings++;
}

static void monotonic(void)
{
	int64_t last = now_ns(), start = last;
	for (int i = 0; i < 20000; i++) {
		int64_t t = now_ns();
		CHECK(t >= last);
		last = t;
	}
	CHECK(last > start);
}

static void clocks(void)
{
	static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
	    CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
	    CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
	struct timespec t;
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_EQ(0, clock_gettime(ids[i], &t));
		CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
		CHECK_EQ(0, clock_getres(ids[i], &t));
		CHECK(t.tv_sec == 0 && t.tv_nsec > 0);
	}
	CHECK_ERRNO(EINVAL, clock_gettime(99, &t));
	CHECK_ERRNO(EINVAL, clock_getres(99, &t));
	CHECK_ERRNO(EINVAL, clock_getres(CLOCK_REALTIME_ALARM, &t)); /* needs a clock that wakes */
	CHECK_ERRNO(EINVAL, clock_gettime(CLOCK_BOOTTIME_ALARM, &t));
	struct timeval tv;
	CHECK_EQ(0, gettimeofday(&tv, NULL));
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &t));
	CHECK(t.tv_sec - tv.tv_sec <= 1);
}

static void cpu_time(void)
{
	struct timespec a, b;
	CHECK_EQ(0, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a));
	sleep_ms(60);
	CHECK_EQ(0, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b));
	int64_t slept = (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
	CHECK(slept < 30000000); /* sleeping costs nothing */
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec < 40000000);
}

static void sleeps(void)
{
	static const long ms[] = {1, 10, 35};
	for (int i = 0; i < 3; i++) {
		int64_t t = now_ns();
		sleep_ms(ms[i]);
		CHECK(now_ns() - t >= ms[i] * 1000000);
	}
	struct timespec t = {0, 1000000000};
	CHECK_ERRNO(EINVAL, nanosleep(&t, NULL));
	t.tv_sec = -1;
	t.tv_nsec = 0;
	CHECK_ERRNO(EINVAL, nanosleep(&t, NULL));
	t.tv_sec = 0;
	CHECK_EQ(0, nanosleep(&t, NULL));
}

static void absolute(void)
{
	struct timespec t;
	CHECK_EQ(0, clock_gettime(CLOCK_MONOTONIC, &t));
	int64_t until = t.tv_sec * 1000000000LL + t.tv_nsec + 30000000;
	t.tv_sec = until / 1000000000;
	t.tv_nsec = until % 1000000000;
	CHECK_EQ(0, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
	CHECK(now_ns() >= until);
	t.tv_sec = 0;
	t.tv_nsec = 1;
	CHECK_EQ(0, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)); /* long past */
	CHECK_EQ(EINVAL, clock_nanosleep(99, 0, &t, NULL));
}

static void itimer(void)
{
	struct itimerval it = {{0, 10000}, {0, 20000}}, now;
	signal(SIGALRM, ring);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	CHECK_EQ(0, getitimer(ITIMER_REAL, &now));
	CHECK_EQ(10000, now.it_interval.tv_usec);
	while (rings < 5)
		pause();
	memset(&it, 0, sizeof(it));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, &now));
	int n = rings;
	sleep_ms(40);
	CHECK_EQ(n, rings);
	CHECK_ERRNO(EINVAL, setitimer(99, &it, NULL));
}

/* A periodic timer goes on when its signal is taken, whoever sent that. */
static void itimer_rests(void)
{
	struct itimerval it = {{0, 1000}, {0, 1000}}, now;
	sigset_t alarm, pending;
	int sig;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, &alarm, NULL));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	do
		CHECK_EQ(0, sigpending(&pending));
	while (!sigismember(&pending, SIGALRM));
	CHECK_EQ(0, getitimer(ITIMER_REAL, &now));
	CHECK_EQ(0, now.it_value.tv_usec);
	CHECK_EQ(1000, now.it_interval.tv_usec);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, sigwait(&alarm, &sig));

	/* Ignored, it stops. */
	signal(SIGALRM, SIG_IGN);
	CHECK_EQ(0, sigprocmask(SIG_UNBLOCK, &alarm, NULL));
	it.it_interval.tv_sec = 1000;
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	do
		CHECK_EQ(0, getitimer(ITIMER_REAL, &now));
	while (now.it_value.tv_usec);
	CHECK_EQ(0, now.it_value.tv_sec);
	CHECK_EQ(1000, now.it_interval.tv_sec);
	signal(SIGALRM, ring);
	CHECK_EQ(0, kill(getpid(), SIGALRM));
	CHECK_EQ(1, rings);
	CHECK_EQ(0, getitimer(ITIMER_REAL, &now));
	CHECK(now.it_value.tv_sec > 900);
}

static void timer_ends_loop(void)
{
	struct itimerval it = {{0, 0}, {0, 30000}};
	signal(SIGALRM, ring);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &it, NULL));
	while (!rings) /* never enters the kernel by itself */
		;
	CHECK_EQ(1, rings);
}

static void many_sleepers(void)
{
	enum { N = 20 };
	int64_t start = now_ns();
	for (int i = 0; i < N; i++) {
		if (!fork()) {
			sleep_ms(20 + (i * 7) % 13);
			_exit(0);
		}
	}
	for (int i = 0; i < N; i++) {
		int status;
		CHECK(wait(&status) > 0);
		CHECK_EQ(0, status);
	}
	CHECK(now_ns() - start >= 20000000);
}

static void uname_info(void)
{
	struct utsname u;
	struct sysinfo s;
	CHECK_EQ(0, uname(&u));
	CHECK_STR("Linux", u.sysname);
	CHECK(u.release[0] >= '5' && u.release[0] <= '9' && u.machine[0]);
	CHECK_EQ(0, sysinfo(&s));
	CHECK(s.totalram * s.mem_unit > (16UL << 20) && s.freeram <= s.totalram);
	CHECK(s.procs > 0 && s.uptime >= 0);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
}

SUBCOMMANDS({"monotonic", monotonic}, {"clocks", clocks}, {"cpu_time", cpu_time}, {"sleep", sleeps},
    {"absolute", absolute}, {"itimer", itimer}, {"itimer_rests", itimer_rests},
    {"timer_ends_loop", timer_ends_loop}, {"many_sleepers", many_sleepers}, {"uname", uname_info})
