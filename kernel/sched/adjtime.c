/* adjtimex(2): what a time daemon sets and asks. The clock runs at the rate of the hardware:
 * offset, frequency and tick are kept and told, and only ADJ_SETOFFSET moves it. */
#include "abi/time.h"
#include "abi/timex.h"
#include "arch/uaccess.h"
#include "lock.h"
#include "proc/cred.h"
#include "sched/clock.h"
#include "sched/timer.h"
#include "syscall/syscall.h"

#define US_PER_S        1000000
#define MAX_PHASE_NS    500000000
#define MAX_FREQUENCY   32768000 /* parts per million, in 16.16 bits */
#define ERROR_LIMIT     16000000 /* us */
#define ERROR_GROWTH    500      /* us, in a second */
#define MAX_CONSTANT    10
#define MAX_TAI         100000
#define TICK_US         10000
#define TICK_TOLERANCE  (TICK_US / 10)
#define FREQUENCY_SCALE (65536 * 1000LL) /* of Linux's own unit: what overflows it is refused */

static struct mutex ntp_lock = MUTEX_INIT("adjtimex");
static struct {
	int64_t offset; /* ns */
	int64_t frequency, esterror, constant, tick;
	int64_t maxerror; /* us, when it was set: */
	ns_t maxerror_at; /* since boot */
	int64_t adjust;   /* adjtime(3)'s, us */
	uint32_t status;
} ntp = {
    /* ntp_lock */
    .esterror = ERROR_LIMIT,
    .maxerror = ERROR_LIMIT,
    .constant = 2,
    .tick = TICK_US,
    .status = STA_UNSYNC,
};

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return MIN(MAX(v, low), high);
}

static int check_setoffset(const struct linux_timex *t)
{
	int64_t unit = t->modes & ADJ_NANO ? NS_PER_S : US_PER_S;

	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	return t->usec < 0 || t->usec >= unit ? -EINVAL : 0;
}

static int check(const struct linux_timex *t)
{
	int err = 0;

	if (t->modes & ADJ_ADJTIME) {
		if (!(t->modes & ADJ_OFFSET))
			return -EINVAL;
		if (!(t->modes & ADJ_READONLY) && !capable(CAP_SYS_TIME))
			return -EPERM;
	} else {
		if (t->modes && !capable(CAP_SYS_TIME))
			return -EPERM;
		if (t->modes & ADJ_TICK &&
		    (t->tick < TICK_US - TICK_TOLERANCE || t->tick > TICK_US + TICK_TOLERANCE))
			return -EINVAL;
	}
	if (t->modes & ADJ_SETOFFSET)
		err = check_setoffset(t);
	if (!err && t->modes & ADJ_FREQUENCY &&
	    (t->freq < INT64_MIN / FREQUENCY_SCALE || t->freq > INT64_MAX / FREQUENCY_SCALE))
		err = -EINVAL;
	return err;
}

static int shift_clock(const struct linux_timex *t)
{
	ns_t by;

	if (__builtin_mul_overflow(t->sec, NS_PER_S, &by) ||
	    __builtin_add_overflow(by, t->modes & ADJ_NANO ? t->usec : t->usec * 1000, &by))
		return -EINVAL;
	return time_shift_realtime(by);
}

/* The error grows until somebody says better, and past the limit the clock is not synchronised. */
static int64_t grown_error(void)
{
	ns_t seconds = (time_now() - ntp.maxerror_at) / NS_PER_S;
	int64_t error = ntp.maxerror + seconds * ERROR_GROWTH;

	if (seconds && error > ERROR_LIMIT)
		ntp.status |= STA_UNSYNC;
	return MIN(error, ERROR_LIMIT);
}

static void set_status(const struct linux_timex *t)
{
	if (t->modes & ADJ_STATUS) {
		if (ntp.status & STA_PLL && !(t->status & STA_PLL))
			ntp.status = STA_UNSYNC;
		ntp.status = (ntp.status & STA_RONLY) | ((uint32_t)t->status & ~STA_RONLY);
	}
	if (t->modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (t->modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
}

static void set_offset(int64_t offset)
{
	if (!(ntp.status & STA_PLL))
		return;
	if (!(ntp.status & STA_NANO))
		offset = clamp(offset, -US_PER_S, US_PER_S) * 1000;
	ntp.offset = clamp(offset, -MAX_PHASE_NS, MAX_PHASE_NS);
}

static void set_values(const struct linux_timex *t)
{
	set_status(t);
	if (t->modes & ADJ_FREQUENCY)
		ntp.frequency = clamp(t->freq, -MAX_FREQUENCY, MAX_FREQUENCY);
	if (t->modes & ADJ_MAXERROR) {
		ntp.maxerror = clamp(t->maxerror, 0, ERROR_LIMIT);
		ntp.maxerror_at = time_now();
	}
	if (t->modes & ADJ_ESTERROR)
		ntp.esterror = clamp(t->esterror, 0, ERROR_LIMIT);
	if (t->modes & ADJ_TIMECONST) {
		ntp.constant = clamp(t->constant, 0, MAX_CONSTANT);
		if (!(ntp.status & STA_NANO))
			ntp.constant = MIN(ntp.constant + 4, MAX_CONSTANT);
	}
	if (t->modes & ADJ_TAI && t->constant >= 0 && t->constant <= MAX_TAI)
		time_set_tai_offset(t->constant);
	if (t->modes & ADJ_OFFSET)
		set_offset(t->offset);
	if (t->modes & ADJ_TICK)
		ntp.tick = t->tick;
}

static void adjust(struct linux_timex *t)
{
	int64_t old = ntp.adjust;

	if (!(t->modes & ADJ_READONLY))
		ntp.adjust = t->offset;
	t->offset = old;
}

static void tell(struct linux_timex *t)
{
	bool nano = ntp.status & STA_NANO;
	ns_t now = time_realtime();

	t->freq = ntp.frequency;
	t->maxerror = grown_error();
	t->esterror = ntp.esterror;
	t->status = (int32_t)ntp.status;
	t->constant = ntp.constant;
	t->precision = 1;
	t->tolerance = MAX_FREQUENCY;
	t->tick = ntp.tick;
	t->tai = (int32_t)time_tai_offset();
	t->ppsfreq = t->jitter = t->stabil = 0;
	t->jitcnt = t->calcnt = t->errcnt = t->stbcnt = 0;
	t->shift = 0;
	t->sec = now / NS_PER_S;
	t->usec = now % NS_PER_S / (nano ? 1 : 1000);
}

/* TIME_OK, TIME_ERROR, or an error. */
static int64_t do_adjtimex(struct linux_timex *t)
{
	int64_t result = check(t);

	if (result)
		return result;
	mutex_lock(&ntp_lock);
	grown_error();
	if (t->modes & ADJ_SETOFFSET)
		result = shift_clock(t);
	if (!result) {
		if (t->modes & ADJ_ADJTIME) {
			adjust(t);
		} else {
			set_values(t);
			t->offset = ntp.offset / (ntp.status & STA_NANO ? 1 : 1000);
		}
		tell(t);
		result = ntp.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
	}
	mutex_unlock(&ntp_lock);
	return result;
}

SYSCALL(adjtimex)
{
	struct linux_timex t;
	int64_t result;

	if (copy_in_obj(&t, a[0]))
		return -EFAULT;
	result = do_adjtimex(&t);
	return copy_out_obj(a[0], &t) ? -EFAULT : result;
}

SYSCALL(clock_adjtime)
{
	int clock = (int)a[0];
	struct linux_timex t;
	int64_t result;
	ns_t now;

	if (copy_in_obj(&t, a[1]))
		return -EFAULT;
	if (clock != CLOCK_REALTIME)
		return (clock < 0 ? (clock & 7) == CPUCLOCK_CLOCKFD : clock_read(clock, &now))
			   ? -EINVAL
			   : -EOPNOTSUPP;
	result = do_adjtimex(&t);
	return result >= 0 && copy_out_obj(a[1], &t) ? -EFAULT : result;
}
