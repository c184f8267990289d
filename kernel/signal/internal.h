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
int signal_dequeue_synchronous(struct thread *t, struct siginfo *info); /* (task_lock) */
/* One queued signal less for this user. */
void signal_uncount(uint32_t uid);
/* Marks `t` as having signal work and gets it out of its sleep, or off its CPU into the kernel.
 * (task_lock) */
void signal_wake_thread(struct thread *t, bool fatal);
/* Tells the parent of a stop or continuation (CLD_STOPPED, CLD_CONTINUED). (task_lock) */
void signal_notify_parent_stop(struct process *p, int code);
