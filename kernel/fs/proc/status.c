/* /proc/PID/stat and status: a process in numbers, for ps, and in words. */
#include "dev/tty.h"
#include "fs/proc/procfs.h"
#include "printk.h"

/* What both files tell, taken under task_lock at one moment. */
struct snapshot {
	char comm[16], state;
	int tid, pid, ppid, pgrp, session, threads, exit_signal, exit_code, cpu;
	uint32_t tty;
	int foreground;
	struct rusage_ns usage, children;
	ns_t start;
	int8_t nice;
	uint8_t policy, rt_priority;
	sigset_t pending, shared, blocked, ignored, caught;
	uint64_t pending_limit, rss_limit, affinity, switches[2];
	bool kernel, no_new_privs;
	int seccomp_mode;
	unsigned seccomp_filters;
	const struct cred *cred; /* with a reference */
};

static void take_signals(struct snapshot *s, const struct thread *t)
{
	const struct process *p = t->process;

	s->pending = t->pending.set;
	s->shared = p->pending.set;
	s->blocked = t->blocked;
	for (int sig = 1; p->actions && sig < NSIG; sig++) {
		uaddr_t handler = p->actions->action[sig].handler;
		if (handler == SIG_IGN)
			s->ignored |= SIG_BIT(sig);
		else if (handler != SIG_DFL)
			s->caught |= SIG_BIT(sig);
	}
}

static void take_thread(struct snapshot *s, struct thread *t, bool alone)
{
	struct process *p = t->process;
	ns_t user, system;

	memcpy(s->comm, t->comm, sizeof(s->comm));
	s->comm[15] = 0;
	s->state = thread_state_letter(t);
	s->tid = alone ? t->tid->nr : p->pid->nr;
	s->nice = t->sched.nice;
	s->policy = t->sched.policy;
	s->rt_priority = t->sched.rt_priority;
	s->cpu = t->sched.cpu;
	s->affinity = t->sched.affinity;
	s->switches[0] = t->sched.switches_voluntary;
	s->switches[1] = t->sched.switches_involuntary;
	s->kernel = t->kernel;
	s->no_new_privs = t->no_new_privs;
	s->seccomp_mode = t->seccomp.mode;
	s->seccomp_filters = t->seccomp.count;
	s->cred = cred_get(t->cred ? t->cred : &cred_root);
	process_times(p, &s->usage);
	if (alone) {
		sched_times(t, &user, &system);
		s->usage.user = user;
		s->usage.system = system;
	}
}

/* 0 or -ESRCH. The caller puts s->cred. */
static int take(struct snapshot *s, const struct proc_inode *pi, struct thread **out)
{
	struct thread *t = proc_thread(pi);
	struct process *p;
	irqflags_t flags;

	if (!t)
		return -ESRCH;
	memset(s, 0, sizeof(*s));
	flags = spin_lock(&task_lock);
	p = t->process;
	s->pid = p->pid->nr;
	s->ppid = p->parent ? p->parent->pid->nr : 0;
	s->pgrp = p->pgrp ? p->pgrp->nr : 0;
	s->session = p->session ? p->session->nr : 0;
	s->threads = p->thread_count;
	s->exit_signal = p->exit_signal;
	s->exit_code = p->phase == ZOMBIE ? p->exit_status : 0;
	s->start = p->start_time;
	s->children = p->reaped_children;
	s->pending_limit = p->rlimits[RLIMIT_SIGPENDING].cur;
	s->rss_limit = p->rlimits[RLIMIT_RSS].cur;
	s->foreground = -1;
	if (p->tty) {
		s->tty = p->tty->rdev;
		s->foreground = p->tty->foreground ? p->tty->foreground->nr : -1;
	}
	take_thread(s, t, pi->thread);
	take_signals(s, t);
	spin_unlock(&task_lock, flags);
	*out = t;
	return 0;
}

static unsigned long ticks(ns_t t)
{
	return (unsigned long)(t / TICK_NS);
}

/* Linux's scale: 20 + nice, or below -1 for real-time threads. */
static int priority(const struct snapshot *s)
{
	return s->policy == 1 || s->policy == 2 ? -1 - s->rt_priority : 20 + s->nice;
}

static void show_stat_memory(struct proc_text *t, struct space *s, const struct snapshot *n)
{
	if (!s) {
		text_printf(t, " 0 0 %lu 0 0 0 0 0", (unsigned long)n->rss_limit);
		return;
	}
	text_printf(t, " %lu %lu %lu %lu %lu %lu 0 0",
	    (unsigned long)(s->pages_mapped << PAGE_SHIFT),
	    (unsigned long)(s->pages_anon + s->pages_file), (unsigned long)n->rss_limit,
	    (unsigned long)s->code_start, (unsigned long)s->code_end, (unsigned long)s->stack_top);
}

static void show_stat_layout(struct proc_text *t, struct space *s, const struct snapshot *n)
{
	if (s)
		text_printf(t, " %lu %lu %lu %lu %lu %lu %lu", (unsigned long)s->data_start,
		    (unsigned long)s->data_end, (unsigned long)s->brk_start,
		    (unsigned long)s->arg_start, (unsigned long)s->arg_end,
		    (unsigned long)s->env_start, (unsigned long)s->env_end);
	else
		text_printf(t, " 0 0 0 0 0 0 0");
	text_printf(t, " %d\n", n->exit_code);
}

int proc_show_stat(struct proc_text *t, const struct proc_inode *p)
{
	struct snapshot n;
	struct thread *thread;
	struct space *s;
	int err = take(&n, p, &thread);

	if (err)
		return err;
	/* Addresses are for those who may trace it. */
	s = proc_may_access(thread) ? proc_space(thread) : NULL;
	text_printf(t, "%d (%s) %c %d %d %d %u %d %u %lu %lu %lu %lu", n.tid, n.comm, n.state,
	    n.ppid, n.pgrp, n.session, n.tty, n.foreground, n.kernel ? 0x00200000u : 0x00400000u,
	    (unsigned long)n.usage.minflt, (unsigned long)n.children.minflt,
	    (unsigned long)n.usage.majflt, (unsigned long)n.children.majflt);
	text_printf(t, " %lu %lu %lu %lu %d %d %d 0 %lu", ticks(n.usage.user),
	    ticks(n.usage.system), ticks(n.children.user), ticks(n.children.system), priority(&n),
	    n.nice, n.threads, ticks(n.start));
	show_stat_memory(t, s, &n);
	text_printf(t, " %lu %lu %lu %lu 0 0 0 %d %d %u %u 0 0 0",
	    (unsigned long)n.pending & 0x7fffffff, (unsigned long)n.blocked & 0x7fffffff,
	    (unsigned long)n.ignored & 0x7fffffff, (unsigned long)n.caught & 0x7fffffff,
	    n.exit_signal, n.cpu, n.rt_priority, n.policy);
	show_stat_layout(t, s, &n);
	if (s)
		space_put(s);
	cred_put(n.cred);
	thread_put(thread);
	return 0;
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	case 'I':
		return "I (idle)";
	default:
		return "X (dead)";
	}
}

static void show_ids(struct proc_text *t, const struct snapshot *n, const struct cred *c)
{
	text_printf(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", n->pid, n->tid,
	    n->ppid);
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
	    c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
}

static void show_groups(struct proc_text *t, const struct cred *c)
{
	text_printf(t, "Groups:\t");
	for (unsigned k = 0; c->groups && k < c->groups->count; k++)
		text_printf(t, "%u ", c->groups->gids[k]);
	text_printf(t, "\n");
}

static void show_memory(struct proc_text *t, struct space *s)
{
	const unsigned long kib = PAGE_SIZE / 1024;
	unsigned long rss = s->pages_anon + s->pages_file;

	text_printf(t, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
	    (unsigned long)s->pages_mapped * kib, (unsigned long)s->pages_locked * kib,
	    (unsigned long)MAX(s->pages_peak, rss) * kib, rss * kib);
	text_printf(t, "RssAnon:\t%8lu kB\nRssFile:\t%8lu kB\n", (unsigned long)s->pages_anon * kib,
	    (unsigned long)s->pages_file * kib);
}

static void show_signals(struct proc_text *t, const struct snapshot *n)
{
	text_printf(t, "Threads:\t%d\nSigQ:\t0/%lu\n", n->threads, (unsigned long)n->pending_limit);
	text_printf(t,
	    "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
	    (unsigned long)n->pending, (unsigned long)n->shared, (unsigned long)n->blocked,
	    (unsigned long)n->ignored, (unsigned long)n->caught);
}

static void show_caps(struct proc_text *t, const struct cred *c)
{
	text_printf(t,
	    "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
	    (unsigned long)c->cap_inheritable, (unsigned long)c->cap_permitted,
	    (unsigned long)c->cap_effective, (unsigned long)c->cap_bounding,
	    (unsigned long)c->cap_ambient);
}

int proc_show_status(struct proc_text *t, const struct proc_inode *p)
{
	struct snapshot n;
	struct thread *thread;
	struct fs_context *fs;
	struct files *files;
	struct space *s;
	int err = take(&n, p, &thread);

	if (err)
		return err;
	fs = proc_fs(thread);
	files = proc_files(thread);
	s = proc_space(thread);
	text_printf(t, "Name:\t%s\n", n.comm);
	if (fs)
		text_printf(t, "Umask:\t%04o\n", fs->umask);
	text_printf(t, "State:\t%s\n", state_word(n.state));
	show_ids(t, &n, n.cred);
	text_printf(t, "FDSize:\t%u\n", files ? files->size : 0);
	show_groups(t, n.cred);
	if (s)
		show_memory(t, s);
	show_signals(t, &n);
	show_caps(t, n.cred);
	text_printf(t, "NoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%u\nCpus_allowed:\t%lx\n",
	    n.no_new_privs, n.seccomp_mode, n.seccomp_filters, (unsigned long)n.affinity);
	text_printf(t, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
	    (unsigned long)n.switches[0], (unsigned long)n.switches[1]);
	fs_context_put(fs);
	files_put(files);
	if (s)
		space_put(s);
	cred_put(n.cred);
	thread_put(thread);
	return 0;
}
