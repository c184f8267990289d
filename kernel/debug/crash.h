/* Crash contexts: what is kept of a user program that a fault's signal ended, captured before
 * anything is torn down. */
#pragma once

#include "arch/thread.h"
#include "signal/signal.h"

#define CRASH_FRAMES 32
#define CRASH_WHERE  64
#define CRASH_KEPT   8 /* contexts, the newest */

struct crash_context {
	uint64_t seq; /* counts from 1 */
	ns_t time;
	int pid, tid;
	char comm[16];
	int signal, code;
	uaddr_t addr;
	struct arch_frame regs;
	unsigned frame_count;
	uaddr_t frames[CRASH_FRAMES];
	char where[CRASH_FRAMES][CRASH_WHERE]; /* the mapping of each: "/bin/x+0x1c", "?" if none */
	char addr_where[CRASH_WHERE];          /* the mapping of `addr` */
	uint8_t code_bytes[16];                /* at pc */
	bool code_valid;
};
/* The current thread dies of `ks` (a forced fault): keep the context. May sleep. */
void crash_capture(const struct ksignal *ks);
/* The n-th newest (0: last). 0 or -ENOENT. */
int crash_get(unsigned n, struct crash_context *out);
/* Where a user address lies in `s`, for crash_context.where and backtraces of living programs. May
 * sleep. */
struct space;
void describe_user_address(struct space *s, uaddr_t addr, char *buf, size_t size);
/* "SEGV_MAPERR: address not mapped"; NULL for a pair that is not a fault's. */
const char *crash_cause(int sig, int code);
