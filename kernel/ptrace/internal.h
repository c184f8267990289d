/* What the files of this folder share and nobody else needs. */
#pragma once

#include "ptrace/ptrace.h"

/* Is it in a stop that its tracer may act on? (task_lock) */
bool tracee_is_stopped(const struct thread *t);
/*
 * The stopped tracee with this id, with task_lock held, and off its CPU: it stays so until the lock
 * is given back. NULL (not locked): there is none. May sleep.
 */
struct thread *tracee_lock(int tid, irqflags_t *flags) must_check;
/* The tracee with this id in whatever state. (task_lock) */
struct thread *tracee_find(int tid);
/* Gets a tracee out of its stop. (task_lock) */
void tracee_wake(struct thread *t);
/* Stops the current thread until its tracer lets it go on. `why`: CLD_TRAPPED or CLD_STOPPED.
 * Returns the signal to go on with (or `code`, if it did not stop or was not waited for).
 * (task_lock, dropped meanwhile) */
int ptrace_stop(int code, int why, uint64_t message, struct siginfo *info, irqflags_t *flags);
/* 0, -EINVAL, -EPERM. */
int check_options(uint64_t options);
/* What SIGTRAP, or a group stop's signal, tells of a stop with this code. */
struct siginfo ptrace_trap_info(int sig, int code);
