/* A task's numbers, taken under task_lock at one moment. */
#include "fs/proc/snapshot.h"

#include "abi/personality.h"
#include "dev/tty.h"
#include "ptrace/ptrace.h"

/* Task flags of Linux that field 9 of stat is known for. */
#define PF_EXITING    0x00000004
#define PF_FORKNOEXEC 0x00000040
#define PF_KTHREAD    0x00200000
#define PF_RANDOMIZE  0x00400000

static void take_signals(struct snapshot *s, const struct thread *t)
{
	const struct process *p = t->process;

	s->pending = t->pending.set;
	s->shared = p->pending.set;
	s->blocked = t->blocked;
	s->queued = signal_queued_count(s->cred->uid);
	for (int sig = 1; p->actions && sig < NSIG; sig++) {
		uaddr_t handler = p->actions->action[sig].handler;
		if (handler == SIG_IGN)
			s->ignored |= SIG_BIT(sig);
		else if (handler != SIG_DFL)
			s->caught |= SIG_BIT(sig);
	}
}

static unsigned task_flags(const struct thread *t)
{
	unsigned flags = t->kernel ? PF_KTHREAD | PF_FORKNOEXEC : 0;

	if (!t->kernel && !t->process->did_exec)
		flags |= PF_FORKNOEXEC;
	if (!t->kernel && space_random_level() && !(t->process->personality & ADDR_NO_RANDOMIZE))
		flags |= PF_RANDOMIZE;
	return flags | (t->exiting ? PF_EXITING : 0);
}

static void take_thread(struct snapshot *s, struct thread *t, bool alone)
{
	struct process *p = t->process;
	bool leader = t == p->leader;

	memcpy(s->comm, t->comm, sizeof(s->comm));
	s->comm[15] = 0;
	s->state = thread_state_letter(t);
	s->running = s->state == 'R';
	s->tid = t->tid->nr;
	s->tracer = t->trace ? t->trace->tracer->tid->nr : 0;
	s->nice = t->sched.nice;
	s->policy = t->sched.policy;
	s->rt_priority = t->sched.rt_priority;
	s->rt_in_force = (uint8_t)MAX(t->sched.rt_priority, t->sched.boost);
	s->cpu = t->sched.cpu;
	s->affinity = t->sched.affinity ? t->sched.affinity : UINT64_MAX;
	s->switches[0] = t->sched.switches_voluntary;
	s->switches[1] = t->sched.switches_involuntary;
	s->kernel = t->kernel;
	s->flags = task_flags(t);
	s->no_new_privs = t->no_new_privs;
	s->seccomp_mode = t->seccomp.mode;
	s->seccomp_filters = t->seccomp.count;
	s->cred = cred_get(t->cred ? t->cred : &cred_root);
	s->exit_signal = leader ? p->exit_signal : -1;
	s->exit_code = p->phase == ZOMBIE && leader ? p->exit_status : t->exit_code;
	s->start = leader ? p->start_time : t->start_time;
	process_times(p, &s->usage);
	if (alone) {
		sched_times(t, &s->usage.user, &s->usage.system);
		s->usage.minflt = t->faults_minor;
		s->usage.majflt = t->faults_major;
	}
}

static void take_family(struct snapshot *s, const struct process *p)
{
	s->pid = p->pid->nr;
	s->ppid = p->parent ? p->parent->pid->nr : 0;
	s->pgrp = p->pgrp ? p->pgrp->nr : 0;
	s->session = p->session ? p->session->nr : 0;
	/* A leader that has ended counts until it is waited for. */
	s->threads = p->thread_count + (p->leader->park == DEAD);
	s->children = p->reaped_children;
	s->pending_limit = p->rlimits[RLIMIT_SIGPENDING].cur;
	s->rss_limit = p->rlimits[RLIMIT_RSS].cur;
	s->foreground = -1;
	if (p->tty) {
		s->tty = p->tty->rdev;
		s->foreground = p->tty->foreground ? p->tty->foreground->nr : -1;
	}
}

int snapshot_take(struct snapshot *s, const struct proc_inode *p)
{
	struct thread *t = proc_thread(p);
	irqflags_t flags;

	if (!t)
		return -ESRCH;
	memset(s, 0, sizeof(*s));
	s->thread = t;
	flags = spin_lock(&task_lock);
	take_family(s, t->process);
	take_thread(s, t, p->thread);
	take_signals(s, t);
	spin_unlock(&task_lock, flags);
	return 0;
}

void snapshot_put(struct snapshot *s)
{
	cred_put(s->cred);
	thread_put(s->thread);
}
