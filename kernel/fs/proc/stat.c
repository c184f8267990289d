/* /proc/PID/stat: a process in numbers, for ps and top (proc_pid_stat(5)). */
#include "fs/proc/snapshot.h"
#include "printk.h"

static unsigned long ticks(ns_t t)
{
	return (unsigned long)(t / TICK_NS);
}

/* Linux's scale: 20 + nice, or below -1 for real-time threads. */
static int priority(const struct snapshot *s)
{
	return s->rt_in_force ? -1 - s->rt_in_force : 20 + s->nice;
}

static unsigned long low_signals(sigset_t set)
{
	return (unsigned long)set & 0x7fffffff;
}

/* Fields 4 to 22. */
static void show_task(struct proc_text *t, const struct snapshot *n)
{
	text_printf(t, "%d %d %d %u %d %u %lu %lu %lu %lu ", n->ppid, n->pgrp, n->session, n->tty,
	    n->foreground, n->flags, (unsigned long)n->usage.minflt,
	    (unsigned long)n->children.minflt, (unsigned long)n->usage.majflt,
	    (unsigned long)n->children.majflt);
	text_printf(t, "%lu %lu %lu %lu %d %d %d 0 %lu ", ticks(n->usage.user),
	    ticks(n->usage.system), ticks(n->children.user), ticks(n->children.system), priority(n),
	    n->nice, n->threads, ticks(n->start));
}

/* Fields 23 to 30; addresses are for those who may trace the task. */
static void show_memory(
    struct proc_text *t, const struct space *s, const struct snapshot *n, bool permitted)
{
	unsigned long start = 0, end = 0, stack = 0, size = 0, resident = 0;

	if (s) {
		size = (unsigned long)s->pages_mapped << PAGE_SHIFT;
		resident = (unsigned long)(s->pages_anon + s->pages_file);
		start = permitted ? (unsigned long)s->code_start : 1;
		end = permitted ? (unsigned long)s->code_end : 1;
		stack = permitted ? (unsigned long)s->stack_top : 0;
	}
	text_printf(t, "%lu %lu %lu %lu %lu %lu 0 0 ", size, resident, (unsigned long)n->rss_limit,
	    start, end, stack);
}

/* Fields 45 to 52. */
static void show_layout(
    struct proc_text *t, const struct space *s, const struct snapshot *n, bool permitted)
{
	if (s && permitted)
		text_printf(t, "%lu %lu %lu %lu %lu %lu %lu ", (unsigned long)s->data_start,
		    (unsigned long)s->data_end, (unsigned long)s->brk_start,
		    (unsigned long)s->arg_start, (unsigned long)s->arg_end,
		    (unsigned long)s->env_start, (unsigned long)s->env_end);
	else
		text_puts(t, "0 0 0 0 0 0 0 ");
	text_printf(t, "%d\n", permitted ? n->exit_code : 0);
}

int proc_show_stat(struct proc_text *t, const struct proc_inode *p)
{
	struct snapshot n;
	struct space *s;
	bool permitted;
	int err = snapshot_take(&n, p);

	if (err)
		return err;
	permitted = proc_may_access(n.thread);
	s = proc_space(n.thread);
	text_printf(t, "%d (%s) %c ", n.tid, n.comm, n.state);
	show_task(t, &n);
	show_memory(t, s, &n, permitted);
	text_printf(t, "%lu %lu %lu %lu %d 0 0 %d %d %u %u 0 0 0 ", low_signals(n.pending),
	    low_signals(n.blocked), low_signals(n.ignored), low_signals(n.caught),
	    permitted && !n.running, n.exit_signal, n.cpu, n.rt_priority, n.policy);
	show_layout(t, s, &n, permitted);
	if (s)
		space_put(s);
	snapshot_put(&n);
	return 0;
}
