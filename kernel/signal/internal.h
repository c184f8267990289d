/* What the files of this folder share and nobody else needs. */
#pragma once

#include "signal/signal.h"

#define SIGSET_STOP        (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define SIGSET_UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SIGSET_SYNCHRONOUS                                                                         \
	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) |                 \
	    SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

struct arch_frame;

/* The calls about masks and suspension take one size only (rt_sigprocmask(2)). */
static inline bool sigset_size_ok(uint64_t size)
{
	return size == sizeof(sigset_t);
}

enum signal_default signal_default_action(int sig);
/* As signal_dequeue, and tells whose queue it was in. (task_lock) */
int signal_dequeue_from(
    struct thread *t, sigset_t mask, struct siginfo *info, enum signal_scope *from);
int signal_dequeue_synchronous(struct thread *t, struct siginfo *info); /* (task_lock) */
/* One queued signal less for this user. */
void signal_uncount(uint32_t uid);
