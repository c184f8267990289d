/* POSIX timers (timer_create(2)) by clocks of the wall and of the boot. */
#include "check.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define MS 1000000LL

typedef int timer_id; /* the kernel's, not glibc's */

static int create_(int clock, struct sigevent *e, timer_id *id)
{
	return (int)syscall(SYS_timer_create, clock, e, id);
}

static int set_(timer_id id, int flags, int64_t value, int64_t interval, struct itimerspec *old)
{
	struct itimerspec s = {.it_value = {value / 1000000000, value % 1000000000},
	    .it_interval = {interval / 1000000000, interval % 1000000000}};

	return (int)syscall(SYS_timer_settime, id, flags, &s, old);
}

static int64_t left(timer_id id)
{
	struct itimerspec s;

	CHECK_EQ(0, syscall(SYS_timer_gettime, id, &s));
	return s.it_value.tv_sec * 1000000000LL + s.it_value.tv_nsec;
}

static int overrun(timer_id id)
{
	return (int)syscall(SYS_timer_getoverrun, id);
}

static int delete_(timer_id id)
{
	return (int)syscall(SYS_timer_delete, id);
}

static timer_id make(int clock, int notify, int sig)
{
	struct sigevent e = {.sigev_notify = notify, .sigev_signo = sig};
	timer_id id;

	e.sigev_value.sival_ptr = (void *)0x1122334455;
	CHECK_EQ(0, create_(clock, &e, &id));
	return id;
}

static void block(sigset_t *all)
{
	sigfillset(all);
	CHECK_EQ(0, sigprocmask(SIG_BLOCK, all, NULL));
}

static bool is_pending(int sig)
{
	sigset_t set;

	CHECK_EQ(0, sigpending(&set));
	return sigismember(&set, sig);
}

static void once(void)
{
	static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI};
	sigset_t all;
	siginfo_t info;

	block(&all);
	for (int i = 0; i < 4; i++) {
		timer_id id = make(clocks[i], SIGEV_SIGNAL, SIGUSR1);
		int64_t start = now_ns();

		CHECK_EQ(0, left(id));
		CHECK_EQ(0, set_(id, 0, 20 * MS, 0, NULL));
		CHECK(left(id) <= 20 * MS);
		CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &info));
		CHECK(now_ns() - start >= 20 * MS);
		CHECK_EQ(SI_TIMER, info.si_code);
		CHECK_EQ(id, info.si_timerid);
		CHECK_EQ(0, info.si_overrun);
		CHECK_EQ(0x1122334455, (long)info.si_ptr);
		CHECK_EQ(0, left(id));
		CHECK_EQ(0, overrun(id));
		CHECK_EQ(0, delete_(id));
		CHECK_ERRNO(EINVAL, delete_(id));
	}
}

static void defaults(void)
{
	sigset_t all;
	siginfo_t info;
	timer_id id;

	block(&all);
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, NULL, &id));
	CHECK_EQ(0, set_(id, 0, 1, 0, NULL));
	CHECK_EQ(SIGALRM, sigwaitinfo(&all, &info));
	CHECK_EQ(id, info.si_int);
}

/* While the signal is pending, expiries are counted. */
static void overruns(void)
{
	sigset_t all;
	siginfo_t info;
	timer_id id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN);
	struct timespec none = {0, 0};
	int64_t start = now_ns();

	block(&all);
	CHECK_EQ(0, set_(id, 0, 2 * MS, 2 * MS, NULL));
	sleep_ms(30);
	CHECK_EQ(SIGRTMIN, sigwaitinfo(&all, &info));
	CHECK(info.si_overrun >= 13 && info.si_overrun <= (now_ns() - start) / (2 * MS) - 1);
	CHECK_EQ(info.si_overrun, overrun(id));
	CHECK_EQ(0, set_(id, 0, 0, 0, NULL));
	while (sigtimedwait(&all, &info, &none) > 0)
		;
	start = now_ns();
	CHECK_EQ(0, set_(id, 0, MS, MS, NULL));
	for (int64_t sum = 0; sum < 20;) { /* no expiry is lost or told early */
		CHECK_EQ(SIGRTMIN, sigwaitinfo(&all, &info));
		sum += 1 + info.si_overrun;
		CHECK(now_ns() - start >= sum * MS);
	}
}

/* Each timer has one signal of its own, also of a standard number. */
static void one_signal_each(void)
{
	sigset_t all;
	siginfo_t info;
	timer_id id[3];
	struct timespec none = {0, 0};
	int seen = 0;

	block(&all);
	for (int i = 0; i < 3; i++) {
		id[i] = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2);
		CHECK_EQ(0, set_(id[i], 0, 1, 0, NULL));
	}
	sleep_ms(5);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(SIGUSR2, sigtimedwait(&all, &info, &(struct timespec){5, 0}));
		for (int k = 0; k < 3; k++)
			seen |= info.si_timerid == id[k] ? 1 << k : 0;
	}
	CHECK_EQ(7, seen);
	CHECK_ERRNO(EAGAIN, sigtimedwait(&all, &info, &none));
}

static void silent(void)
{
	timer_id id = make(CLOCK_MONOTONIC, SIGEV_NONE, 0);

	CHECK_EQ(0, set_(id, 0, 1, 10 * MS, NULL));
	sleep_ms(3);
	CHECK(left(id) > 0 && left(id) <= 10 * MS);
	CHECK_EQ(0, set_(id, 0, 1, 0, NULL));
	sleep_ms(1);
	CHECK_EQ(0, left(id));
}

static void absolute(void)
{
	sigset_t all;
	siginfo_t info;
	struct itimerspec old;
	struct timespec now;
	timer_id id = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1);

	block(&all);
	CHECK_EQ(0, set_(id, TIMER_ABSTIME, 1, 0, NULL)); /* long past */
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &info));
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	int64_t at = now.tv_sec * 1000000000LL + now.tv_nsec + 20 * MS;
	CHECK_EQ(0, set_(id, TIMER_ABSTIME, at, 3600 * 1000 * MS, NULL));
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &info));
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	CHECK(now.tv_sec * 1000000000LL + now.tv_nsec >= at);
	CHECK_EQ(0, set_(id, 0, 0, 0, &old));
	CHECK_EQ(3600, old.it_interval.tv_sec);
	CHECK(old.it_value.tv_sec >= 3500);
	CHECK_EQ(0, left(id));
}

static void clock_jump(void)
{
	sigset_t all;
	siginfo_t info;
	struct timespec now;
	timer_id id = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1);
	timer_id rel = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR2);

	block(&all);
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	CHECK_EQ(0, set_(id, TIMER_ABSTIME, (now.tv_sec + 1000) * 1000000000LL, 0, NULL));
	CHECK_EQ(0, set_(rel, 0, 1000 * 1000000000LL, 0, NULL));
	now.tv_sec += 1001;
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	CHECK_EQ(SIGUSR1, sigwaitinfo(&all, &info));
	now.tv_sec -= 1001;
	CHECK_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	CHECK(left(rel) > 900 * 1000000000LL && !is_pending(SIGUSR2));
}

static volatile sig_atomic_t got;

static void handler(int sig)
{
	(void)sig;
	got = (int)syscall(SYS_gettid);
}

static _Atomic int tid;
static _Atomic int done;

static void *target(void *arg)
{
	(void)arg;
	tid = (int)syscall(SYS_gettid);
	while (!done)
		sleep_ms(1);
	return NULL;
}

static void to_thread(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	pthread_t t;
	timer_id id;

	signal(SIGUSR1, handler);
	CHECK_EQ(0, pthread_create(&t, NULL, target, NULL));
	while (!tid)
		sched_yield();
	e._sigev_un._tid = tid;
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, &e, &id));
	CHECK_EQ(0, set_(id, 0, MS, 0, NULL));
	while (!got)
		sched_yield();
	CHECK_EQ(tid, got);
	CHECK_EQ(0, set_(id, 0, 1000 * MS, MS, NULL));
	done = 1;
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK_EQ(0, set_(id, 0, MS, MS, NULL)); /* told to nobody */
	sleep_ms(5);
	e._sigev_un._tid = 1; /* a thread of another process */
	CHECK_ERRNO(EINVAL, create_(CLOCK_MONOTONIC, &e, &id));
}

/* An ignored signal does not end a periodic timer. */
static void ignored(void)
{
	timer_id id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	timer_id storm = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2);

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	CHECK_EQ(0, set_(storm, 0, 1, 1, NULL)); /* nobody else has to suffer */
	CHECK_EQ(0, set_(id, 0, 2 * MS, 2 * MS, NULL));
	sleep_ms(20);
	signal(SIGUSR1, handler);
	while (!got)
		sched_yield();
}

static void bad_input(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0};
	struct itimerspec s = {.it_value = {0, 1000000000}};
	timer_id id;

	CHECK_ERRNO(EINVAL, create_(99, NULL, &id));
	CHECK_ERRNO(EINVAL, create_(CLOCK_MONOTONIC, &e, &id));
	e.sigev_signo = 65;
	CHECK_ERRNO(EINVAL, create_(CLOCK_MONOTONIC, &e, &id));
	e.sigev_signo = SIGUSR1;
	e.sigev_notify = 3;
	CHECK_ERRNO(EINVAL, create_(CLOCK_MONOTONIC, &e, &id));
	CHECK_ERRNO(EFAULT, create_(CLOCK_MONOTONIC, (struct sigevent *)8, &id));
	CHECK_ERRNO(EFAULT, create_(CLOCK_MONOTONIC, NULL, (timer_id *)8));
	CHECK_ERRNO(EOPNOTSUPP, create_(CLOCK_MONOTONIC_RAW, NULL, &id));
	CHECK_ERRNO(EOPNOTSUPP, create_(CLOCK_REALTIME_COARSE, NULL, &id));
	CHECK_ERRNO(EINVAL, create_((~0x7ffffU << 3) | 2, NULL, &id)); /* nobody's CPU time */
	CHECK_ERRNO(EINVAL, create_(-1, NULL, &id));
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, NULL, &id));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_settime, id, 0, &s, NULL));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_settime, id, 0, NULL, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_settime, id, 0, 8L, NULL));
	s.it_value.tv_nsec = 0;
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_settime, id + 1, 0, &s, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_settime, id, 0, &s, 8L));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_gettime, id + 1, &s));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_gettime, id, 8L));
	CHECK_ERRNO(EINVAL, overrun(-1));
	CHECK_ERRNO(EINVAL, delete_(-1));
}

static void limit(void)
{
	struct rlimit r = {2, 2};
	timer_id id, kept[2];

	CHECK_EQ(0, setrlimit(RLIMIT_SIGPENDING, &r));
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, NULL, &kept[0]));
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, NULL, &kept[1]));
	CHECK_ERRNO(EAGAIN, create_(CLOCK_MONOTONIC, NULL, &id));
	CHECK_EQ(0, delete_(kept[0]));
	CHECK_EQ(0, create_(CLOCK_MONOTONIC, NULL, &id));
}

/* Neither a child nor a new program has them; a pending signal of theirs is gone after exec. */
static void fork_and_exec(void)
{
	timer_id id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	sigset_t all;
	int status;

	if (nargs) { /* the new program */
		CHECK_ERRNO(EINVAL, delete_(atoi(args[0]) + 1));
		CHECK(!is_pending(SIGUSR1) && is_pending(SIGUSR2));
		return;
	}
	pid_t pid = fork();
	if (!pid)
		_exit(delete_(id) == -1 && errno == EINVAL ? 0 : 1);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	block(&all);
	timer_id second = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	CHECK_EQ(0, set_(second, 0, 1, 1, NULL));
	kill(getpid(), SIGUSR2);
	while (!is_pending(SIGUSR1))
		sched_yield();
	char number[16];
	snprintf(number, sizeof(number), "%d", id);
	execl("/proc/self/exe", "ptimer", "fork_and_exec", number, NULL);
	FAIL("exec");
}

/* A pending signal outlives its timer. */
static void delete_pending(void)
{
	timer_id id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	sigset_t all;
	siginfo_t info;

	block(&all);
	CHECK_EQ(0, set_(id, 0, 1, 1, NULL));
	while (!is_pending(SIGUSR1))
		sched_yield();
	CHECK_EQ(0, delete_(id));
	CHECK_ERRNO(EAGAIN, sigtimedwait(&all, &info, &(struct timespec){0, 1000000}) == SIGUSR1
				? sigtimedwait(&all, &info, &(struct timespec){0, 1000000})
				: -1);
}

/* R25: deleting against expiring. */
static void race(void)
{
	signal(SIGUSR1, handler);
	for (int i = 0; i < 300; i++) {
		timer_id id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
		CHECK_EQ(0, set_(id, 0, 1 + i * 200, MS, NULL));
		if (i & 1)
			sched_yield();
		CHECK_EQ(0, delete_(id));
	}
}

SUBCOMMANDS({"once", once}, {"defaults", defaults}, {"overruns", overruns},
    {"one_signal_each", one_signal_each}, {"silent", silent}, {"absolute", absolute},
    {"clock_jump", clock_jump}, {"to_thread", to_thread}, {"ignored", ignored},
    {"bad_input", bad_input}, {"limit", limit}, {"fork_and_exec", fork_and_exec},
    {"delete_pending", delete_pending}, {"race", race})
