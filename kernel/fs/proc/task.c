/* /proc/PID's views of how a task runs: what it waits for, its call, its stack, its counters. */
#include "arch/thread.h"
#include "debug/backtrace.h"
#include "debug/symbols.h"
#include "fs/proc/procfs.h"
#include "printk.h"
#include "sched/timer.h"

int proc_show_wchan(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	const char *reason = NULL;

	if (!thread)
		return -ESRCH;
	if (proc_may_access(thread) && !sched_running(thread))
		reason = __atomic_load_n(&thread->sched.wait_reason, __ATOMIC_RELAXED);
	thread_put(thread);
	text_puts(t, reason ? reason : "0");
	return 0;
}

/* A thread that is off its CPU, or the caller: its call's number and arguments, stack pointer, pc.
 */
int proc_show_syscall(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct thread *thread = proc_thread_access(p, &err);
	const struct arch_frame *f;
	uint64_t a[6];
	int number;

	if (!thread)
		return err;
	number = __atomic_load_n(&thread->syscall_number, __ATOMIC_RELAXED);
	if (thread->kernel) {
		text_puts(t, "0 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n");
	} else if (thread != current && sched_running(thread)) {
		text_puts(t, "running\n");
	} else {
		f = arch_user_frame(thread);
		arch_syscall_args(f, a);
		if (number < 0)
			text_puts(t, "-1");
		else
			text_printf(t, "%d 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", number,
			    (unsigned long)a[0], (unsigned long)a[1], (unsigned long)a[2],
			    (unsigned long)a[3], (unsigned long)a[4], (unsigned long)a[5]);
		text_printf(t, " 0x%lx 0x%lx\n", (unsigned long)arch_frame_sp(f),
		    (unsigned long)arch_frame_pc(f));
	}
	thread_put(thread);
	return 0;
}

int proc_show_stack(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread;
	uintptr_t pcs[32];
	unsigned n = 0;
	int err;

	if (!fs_capable(CAP_SYS_ADMIN))
		return -EACCES;
	thread = proc_thread_access(p, &err);
	if (!thread)
		return err;
	if (!sched_running(thread) && thread->park != DEAD)
		n = backtrace_thread(thread, pcs, ARRAY_SIZE(pcs));
	for (unsigned k = 0; k < n; k++) {
		struct symbol s;

		if (symbol_at(pcs[k] - 1, &s))
			text_printf(t, "[<0>] %s+0x%lx/0x%lx\n", s.name,
			    (unsigned long)(pcs[k] - s.addr), (unsigned long)s.size);
		else
			text_printf(t, "[<0>] 0x%lx\n", (unsigned long)pcs[k]);
	}
	thread_put(thread);
	return 0;
}

int proc_show_schedstat(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	const struct sched_entity *s;
	ns_t user, system;

	if (!thread)
		return -ESRCH;
	s = &thread->sched;
	sched_times(thread, &user, &system);
	text_printf(t, "%lu %lu %lu\n", (unsigned long)(user + system), (unsigned long)s->waited_ns,
	    (unsigned long)(s->switches_voluntary + s->switches_involuntary));
	thread_put(thread);
	return 0;
}

/* A time as sched shows it: milliseconds with six decimals. */
static void show_ms(struct proc_text *t, const char *name, ns_t ns)
{
	text_printf(t, "%-45s:%14ld.%06ld\n", name, (long)(ns / 1000000), (long)(ns % 1000000));
}

static void show_count(struct proc_text *t, const char *name, uint64_t n)
{
	text_printf(t, "%-45s:%21lu\n", name, (unsigned long)n);
}

int proc_show_sched(struct proc_text *t, const struct proc_inode *p)
{
	static const char line[] = "---------------------------------------------------------"
				   "----------\n";
	struct thread *thread = proc_thread(p);
	const struct sched_entity *s;
	ns_t user, system;

	if (!thread)
		return -ESRCH;
	s = &thread->sched;
	sched_times(thread, &user, &system);
	text_printf(t, "%.15s (%d, #threads: %d)\n%s", thread->comm, thread->tid->nr,
	    thread->process->thread_count, line);
	show_ms(t, "se.exec_start", s->exec_start);
	show_ms(t, "se.vruntime", (ns_t)s->vruntime);
	show_ms(t, "se.sum_exec_runtime", user + system);
	show_count(t, "nr_switches", s->switches_voluntary + s->switches_involuntary);
	show_count(t, "nr_voluntary_switches", s->switches_voluntary);
	show_count(t, "nr_involuntary_switches", s->switches_involuntary);
	show_count(t, "policy", s->policy);
	show_count(t, "prio", (uint64_t)(s->rt_priority ? 99 - s->rt_priority : 120 + s->nice));
	thread_put(thread);
	return 0;
}

int proc_show_io(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct thread *thread = proc_thread_access(p, &err);
	struct rusage_ns r;
	struct io_counts n;
	irqflags_t flags;

	if (!thread)
		return err;
	flags = spin_lock(&task_lock);
	n = thread->io;
	if (!p->thread) {
		process_times(thread->process, &r);
		n = r.io;
		io_counts_add(&n, &thread->process->reaped_children.io);
	}
	spin_unlock(&task_lock, flags);
	thread_put(thread);
	/* Nothing goes to a disk. */
	text_printf(t,
	    "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n"
	    "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
	    (unsigned long)n.read_bytes, (unsigned long)n.written_bytes, (unsigned long)n.reads,
	    (unsigned long)n.writes);
	return 0;
}

/* The processes that a thread made, as far as they live. */
int proc_show_children(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	struct process *child;
	int last = 0, next;

	if (!thread)
		return -ESRCH;
	do { /* in order of number, since text cannot grow under the lock */
		irqflags_t flags = spin_lock(&task_lock);

		next = 0;
		list_for_each (child, &thread->process->children, sibling_link) {
			int nr = child->pid->nr;

			if (child->parent_thread == thread && nr > last && (!next || nr < next))
				next = nr;
		}
		spin_unlock(&task_lock, flags);
		if (next)
			text_printf(t, "%d ", next);
		last = next;
	} while (next);
	thread_put(thread);
	return 0;
}
