/* adjtimex(2) and clock_adjtime(2). Runs as root. */
#include "check.h"

#include <sys/syscall.h>
#include <sys/timex.h>

static int adjust(struct timex *t)
{
	return (int)syscall(SYS_adjtimex, t);
}

static int clock_adjust(clockid_t clock, struct timex *t)
{
	return (int)syscall(SYS_clock_adjtime, clock, t);
}

static struct timex state(void)
{
	struct timex t = {0};

	CHECK(adjust(&t) >= 0);
	return t;
}

static void read_only(void)
{
	struct timex t = {0};
	struct timespec now;

	CHECK_EQ(TIME_ERROR, adjust(&t));
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
	CHECK_EQ(STA_UNSYNC, t.status);
	CHECK_EQ(10000, t.tick);
	CHECK_EQ(32768000, t.tolerance);
	CHECK_EQ(1, t.precision);
	CHECK_EQ(2, t.constant);
	CHECK_EQ(16000000, t.maxerror);
	CHECK_EQ(16000000, t.esterror);
	CHECK(!t.offset && !t.freq && !t.tai && !t.ppsfreq && !t.shift && !t.stbcnt);
	CHECK(t.time.tv_sec <= now.tv_sec && t.time.tv_sec + 60 > now.tv_sec);
	CHECK(t.time.tv_usec >= 0 && t.time.tv_usec < 1000000);
	CHECK_EQ(TIME_ERROR, clock_adjust(CLOCK_REALTIME, &t));
}

static void nobody(void)
{
	struct timex t = {.modes = ADJ_TAI};

	CHECK_EQ(0, setresuid(1234, 1234, 1234));
	CHECK_ERRNO(EPERM, adjust(&t));
	t.modes = ADJ_OFFSET_SINGLESHOT;
	CHECK_ERRNO(EPERM, adjust(&t));
	t.modes = ADJ_OFFSET_SS_READ;
	CHECK(adjust(&t) >= 0);
	t.modes = ADJ_SETOFFSET;
	CHECK_ERRNO(EPERM, adjust(&t));
	t.modes = 0;
	CHECK_EQ(TIME_ERROR, adjust(&t));
}

static void refused(void)
{
	static const clockid_t others[] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
	    CLOCK_REALTIME_ALARM, CLOCK_PROCESS_CPUTIME_ID, CLOCK_MONOTONIC_COARSE};
	struct timex t = {0};
	pid_t child;
	int status;

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK_ERRNO(EOPNOTSUPP, clock_adjust(others[i], &t));
	CHECK_ERRNO(EINVAL, clock_adjust(10, &t));
	CHECK_ERRNO(EINVAL, clock_adjust(99, &t));
	CHECK_ERRNO(EINVAL, clock_adjust(-5, &t)); /* of descriptor 0 */
	CHECK_ERRNO(EFAULT, adjust(NULL));
	CHECK_ERRNO(EFAULT, clock_adjust(99, (struct timex *)8));
	t.modes = 0x8000; /* adjtime, but not of the offset */
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_TICK, .tick = 8999};
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_FREQUENCY, .freq = INT64_MAX};
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_SETOFFSET, .time = {.tv_usec = 1000000}};
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_SETOFFSET, .time = {.tv_usec = -1}};
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_SETOFFSET, .time = {.tv_sec = INT64_MIN}};
	CHECK_ERRNO(EINVAL, adjust(&t));
	t = (struct timex){.modes = ADJ_SETOFFSET, .time = {.tv_sec = INT64_MAX}};
	CHECK_ERRNO(EINVAL, adjust(&t));
	child = fork();
	if (!child) {
		nobody();
		_exit(0);
	}
	CHECK_EQ(child, waitpid(child, &status, 0));
	CHECK_EQ(0, status);
}

static void kept(void)
{
	struct timex t = {.modes = ADJ_FREQUENCY | ADJ_TICK | ADJ_ESTERROR | ADJ_TIMECONST,
	    .freq = 1 << 16,
	    .tick = 10001,
	    .esterror = 77,
	    .constant = 3};

	CHECK_EQ(TIME_ERROR, adjust(&t));
	CHECK_EQ(1 << 16, t.freq);
	CHECK_EQ(10001, t.tick);
	CHECK_EQ(77, t.esterror);
	CHECK_EQ(7, t.constant);
	t = (struct timex){.modes = ADJ_FREQUENCY | ADJ_TICK | ADJ_ESTERROR,
	    .freq = INT32_MAX,
	    .tick = 10000,
	    .esterror = 99999999};
	CHECK_EQ(TIME_ERROR, adjust(&t));
	CHECK_EQ(32768000, t.freq);
	CHECK_EQ(16000000, t.esterror);

	t = (struct timex){.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_NANO, .status = STA_PLL};
	CHECK_EQ(TIME_OK, adjust(&t));
	CHECK_EQ(STA_PLL | STA_NANO, t.status);
	CHECK(t.maxerror < 100000);
	t = (struct timex){.modes = ADJ_STATUS | ADJ_MICRO, .status = STA_UNSYNC};
	CHECK_EQ(TIME_ERROR, adjust(&t));
	CHECK_EQ(STA_UNSYNC, t.status);

	t = (struct timex){.modes = ADJ_MAXERROR | ADJ_FREQUENCY, .maxerror = 16000000};
	CHECK_EQ(TIME_ERROR, adjust(&t));
	t = (struct timex){.modes = ADJ_TIMECONST | ADJ_NANO, .constant = 2};
	CHECK_EQ(TIME_ERROR, adjust(&t));
	t = (struct timex){.modes = ADJ_MICRO};
	CHECK_EQ(TIME_ERROR, adjust(&t));
	CHECK_EQ(2, state().constant);
}

/* CLOCK_TAI tells the offset, and sleeps by it. */
static void tai(void)
{
	struct timex t = {.modes = ADJ_TAI, .constant = 37};
	struct timespec real, atomic;

	CHECK(adjust(&t) >= 0);
	CHECK_EQ(37, t.tai);
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &real));
	CHECK_EQ(0, clock_gettime(CLOCK_TAI, &atomic));
	CHECK(atomic.tv_sec - real.tv_sec >= 37 && atomic.tv_sec - real.tv_sec < 60);
	atomic.tv_sec--;
	CHECK_EQ(0, clock_nanosleep(CLOCK_TAI, TIMER_ABSTIME, &atomic, NULL));
	t = (struct timex){.modes = ADJ_TAI, .constant = 100001};
	CHECK(adjust(&t) >= 0);
	CHECK_EQ(37, t.tai);
	t = (struct timex){.modes = ADJ_TAI};
	CHECK(adjust(&t) >= 0);
	CHECK_EQ(0, t.tai);
}

static void set_offset(void)
{
	struct timex forth = {.modes = ADJ_SETOFFSET, .time = {.tv_sec = 1000}};
	struct timex back = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_sec = -1000}};
	struct timex micro = {.modes = ADJ_MICRO};
	struct timespec before, after;

	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &before));
	CHECK(adjust(&forth) >= 0);
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &after));
	CHECK(after.tv_sec - before.tv_sec >= 1000 && after.tv_sec - before.tv_sec < 1060);
	CHECK(clock_adjust(CLOCK_REALTIME, &back) >= 0);
	CHECK(adjust(&micro) >= 0);
	CHECK_EQ(0, clock_gettime(CLOCK_REALTIME, &after));
	CHECK(after.tv_sec >= before.tv_sec && after.tv_sec - before.tv_sec < 60);
}

SUBCOMMANDS({"read", read_only}, {"refused", refused}, {"kept", kept}, {"tai", tai},
    {"setoffset", set_offset})
