/* The flight recorder: a lock-free ring for each CPU of fixed-size events. Writing one is a few
 * stores; any context. */
#pragma once

#include "base.h"

enum trace_kind {
	TRACE_SYSCALL_ENTER = 1, /* a: number, b..: arguments 0-3 */
	TRACE_SYSCALL_EXIT,      /* a: number, b: result */
	TRACE_SIGNAL_SENT, /* a: signal, b: to tid, c: code, d: 1 for process-directed, e: to pid */
	TRACE_SIGNAL_DROPPED, /* a: signal, b: to tid, c: enum signal_drop, e: to pid */
	TRACE_SIGNAL_DEQUEUED,
	TRACE_SIGNAL_DELIVERED, /* a: signal, b: handler */
	TRACE_STOPPED,          /* a: signal */
	TRACE_CONTINUED,        /* b, e: pid */
	TRACE_SWITCH,           /* a: next tid */
	TRACE_WAKE,             /* a: woken tid */
	TRACE_FORK,             /* a: child */
	TRACE_EXEC,
	TRACE_EXIT,  /* a: status */
	TRACE_FAULT, /* a: address, b: access, c: signal (0: resolved) */
};

/* What is recorded: signal and process events always; the others when switched on. */
enum trace_class {
	TRACE_CLASS_SIGNAL = 1,
	TRACE_CLASS_SYSCALL = 2,
	TRACE_CLASS_SCHED = 4,
	TRACE_CLASS_FAULT = 8
};
extern uint32_t trace_classes; /* bits of trace_class */
extern int trace_pid; /* only this process (and threads) for SYSCALL, SCHED, FAULT; 0: all */
#define trace_on(class) unlikely(trace_classes &(class))

struct trace_event {
	uint64_t seq; /* over all CPUs, from 1; 0: being written */
	ns_t time;
	uint16_t kind;
	uint16_t cpu;
	int32_t pid, tid; /* who was running */
	uint64_t a, b, c, d, e;
};

void trace_init_cpu(unsigned id); /* gets CPU id's ring its memory; without it nothing is kept */
void trace_record(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
/* Copies the oldest kept event with seq >= *seq over all CPUs. 0 or -ENOENT; *seq becomes its
 * number + 1. */
int trace_next(uint64_t *seq, struct trace_event *out);
uint64_t trace_seq(void); /* the next number */
