/* Restartable sequences (rseq(2)): programs know their CPU, and start short sections over that were
 * interrupted. */
#pragma once

#include "base.h"

struct arch_frame;
struct thread;

#define RSEQ_FEATURE_SIZE 28 /* what of struct rseq there is, and how it has to be aligned */
#define RSEQ_ALIGN        32

/* What a thread has registered. [O], but `cid` also by who switches it out */
struct rseq {
	uaddr_t area; /* struct rseq in its memory; 0: none */
	uint32_t length, signature;
	int cid; /* bit of space->rseq_cids that is its own + 1; 0: none */
};

/* `t` stops running or is to start over: before it is in user mode again, rseq_resume is called.
 * Only for threads with an area; by the CPU that it runs on, interrupts off. */
void rseq_interrupt(struct thread *t);
/* `t`, with an area, leaves its CPU. Interrupts off. */
void rseq_switched_out(struct thread *t);
/* On the way to user mode, for WORK_RSEQ, and before a handler of signal `sig` (else 0) is entered:
 * ends an interrupted section and tells the program where it is. May sleep; forces SIGSEGV. */
void rseq_resume(struct arch_frame *f, int sig);
/* `child` has a copy of the current thread's memory. */
void rseq_fork(struct thread *child);
/* The current thread leaves its space. */
void rseq_forget(struct thread *t);
