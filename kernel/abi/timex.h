/* struct timex of adjtimex(2), its modes and the state of the clock. */
#pragma once

#include "base.h"

#define ADJ_OFFSET    0x0001u
#define ADJ_FREQUENCY 0x0002u
#define ADJ_MAXERROR  0x0004u
#define ADJ_ESTERROR  0x0008u
#define ADJ_STATUS    0x0010u
#define ADJ_TIMECONST 0x0020u
#define ADJ_TAI       0x0080u
#define ADJ_SETOFFSET 0x0100u
#define ADJ_MICRO     0x1000u
#define ADJ_NANO      0x2000u
#define ADJ_TICK      0x4000u
#define ADJ_ADJTIME   0x8000u /* adjtime(3): with ADJ_OFFSET, */
#define ADJ_READONLY  0x2000u /* and this to ask only */

#define STA_PLL      0x0001u
#define STA_UNSYNC   0x0040u
#define STA_CLOCKERR 0x1000u
#define STA_NANO     0x2000u
#define STA_RONLY    0xff00u /* what ADJ_STATUS does not change */

#define TIME_OK    0
#define TIME_ERROR 5

struct linux_timex {
	uint32_t modes, pad1;
	int64_t offset, freq, maxerror, esterror;
	int32_t status, pad2;
	int64_t constant, precision, tolerance;
	int64_t sec, usec;
	int64_t tick;
	int64_t ppsfreq, jitter;
	int32_t shift, pad3;
	int64_t stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t tai, pad4[11];
};
_Static_assert(sizeof(struct linux_timex) == 208, "timex is 208 bytes");
