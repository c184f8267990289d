/* How the machine runs: /proc/stat, loadavg, uptime, interrupts, cpuinfo. */
#include "arch/cpu.h"
#include "fs/proc/procfs.h"
#include "mm/oom.h"
#include "printk.h"
#include "sched/load.h"
#include "sched/timer.h"

struct cpu_times {
	ns_t user, nice, system, idle;
};

/* Idle time counts up to now while a CPU is idle; what is left of the time since boot went to
 * system. */
static void cpu_times(unsigned cpu, struct cpu_times *out)
{
	const struct cpu *c = &cpus[cpu];
	ns_t user, system;

	out->user = __atomic_load_n(&c->user_ns, __ATOMIC_RELAXED);
	out->nice = __atomic_load_n(&c->nice_ns, __ATOMIC_RELAXED);
	out->system = __atomic_load_n(&c->system_ns, __ATOMIC_RELAXED);
	sched_times(c->idle, &user, &system);
	out->idle = system;
}

int proc_show_uptime(struct proc_text *t, const struct proc_inode *p)
{
	const ns_t centi = NS_PER_S / 100;
	ns_t now = time_now() / centi, idle = 0;

	for (unsigned k = 0; k < cpu_count; k++) {
		struct cpu_times c;

		cpu_times(k, &c);
		idle += c.idle;
	}
	idle /= centi;
	text_printf(t, "%lu.%02lu %lu.%02lu\n", (unsigned long)now / 100, (unsigned long)now % 100,
	    (unsigned long)idle / 100, (unsigned long)idle % 100);
	return 0;
}

static void show_cpu(struct proc_text *t, const char *name, const struct cpu_times *c)
{
	text_printf(t, "%s %lu %lu %lu %lu 0 0 0 0 0 0\n", name, (unsigned long)(c->user / TICK_NS),
	    (unsigned long)(c->nice / TICK_NS), (unsigned long)(c->system / TICK_NS),
	    (unsigned long)(c->idle / TICK_NS));
}

/* Interrupts in all, then of each source that ever had one attached. */
static void show_intr(struct proc_text *t)
{
	struct irq_info info;
	uint64_t sum = 0;

	for (unsigned k = 0; k < cpu_count; k++)
		sum += cpus[k].irq_count;
	text_printf(t, "intr %lu", (unsigned long)sum);
	for (unsigned irq = 0; arch_irq_info(irq, &info); irq++)
		text_printf(t, " %lu", (unsigned long)info.count);
	text_puts(t, "\n");
}

int proc_show_cpu_stat(struct proc_text *t, const struct proc_inode *p)
{
	struct cpu_times sum = {0}, each[MAX_CPUS];
	struct task_counts n;
	uint64_t switches = 0;
	char name[16];

	for (unsigned k = 0; k < cpu_count; k++) {
		cpu_times(k, &each[k]);
		sum.user += each[k].user;
		sum.nice += each[k].nice;
		sum.system += each[k].system;
		sum.idle += each[k].idle;
		switches += cpus[k].switch_count;
	}
	show_cpu(t, "cpu ", &sum);
	for (unsigned k = 0; k < cpu_count; k++) {
		fmt_string(name, sizeof(name), "cpu%u", k);
		show_cpu(t, name, &each[k]);
	}
	show_intr(t);
	task_counts(&n);
	text_printf(t, "ctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked %u\n",
	    (unsigned long)switches, (unsigned long)((time_realtime() - time_now()) / NS_PER_S),
	    (unsigned long)tasks_created, n.running, n.blocked);
	text_puts(t, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static void show_load(struct proc_text *t, uint64_t average)
{
	average += (1u << LOAD_SHIFT) / 200; /* to the nearest hundredth */
	text_printf(t, "%lu.%02lu ", (unsigned long)(average >> LOAD_SHIFT),
	    (unsigned long)((average & ((1u << LOAD_SHIFT) - 1)) * 100 >> LOAD_SHIFT));
}

int proc_show_loadavg(struct proc_text *t, const struct proc_inode *p)
{
	struct task_counts n;
	uint64_t averages[3];

	task_counts(&n);
	load_averages(averages);
	for (unsigned k = 0; k < 3; k++)
		show_load(t, averages[k]);
	text_printf(t, "%u/%u %d\n", n.running, n.threads, n.last_pid);
	return 0;
}

static void show_cpu_heads(struct proc_text *t, int width)
{
	text_printf(t, "%*s", width, "");
	for (unsigned k = 0; k < cpu_count; k++)
		text_printf(t, "CPU%-8u", k);
	text_puts(t, "\n");
}

/* The controller does not say which CPU took an interrupt: all count for the first. */
int proc_show_interrupts(struct proc_text *t, const struct proc_inode *p)
{
	struct irq_info info;

	show_cpu_heads(t, 11);
	for (unsigned irq = 0; arch_irq_info(irq, &info); irq++) {
		if (!info.name)
			continue;
		text_printf(t, "%3u:", irq);
		for (unsigned k = 0; k < cpu_count; k++)
			text_printf(t, " %10lu", k ? 0UL : (unsigned long)info.count);
		text_printf(t, "  %s\n", info.name);
	}
	text_puts(t, "IPI0:");
	for (unsigned k = 0; k < cpu_count; k++)
		text_printf(t, "%10lu ", (unsigned long)cpus[k].ipi_count);
	text_puts(t, " Rescheduling interrupts\n");
	return 0;
}

/* Linux's kinds; this kernel does such work in the interrupt itself. */
int proc_show_softirqs(struct proc_text *t, const struct proc_inode *p)
{
	static const char *const names[] = {"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL",
	    "TASKLET", "SCHED", "HRTIMER", "RCU"};

	show_cpu_heads(t, 20);
	for (unsigned n = 0; n < ARRAY_SIZE(names); n++) {
		text_printf(t, "%12s:", names[n]);
		for (unsigned k = 0; k < cpu_count; k++)
			text_puts(t, "          0");
		text_puts(t, "\n");
	}
	return 0;
}

int proc_show_cpuinfo(struct proc_text *t, const struct proc_inode *p)
{
	const size_t size = 2 * PAGE_SIZE;
	char *buf = kmalloc(size);

	if (!buf)
		return -ENOMEM;
	for (unsigned k = 0; k < cpu_count; k++) {
		arch_cpu_describe(k, buf, size);
		text_puts(t, buf);
	}
	kfree(buf);
	return 0;
}

/* The faults that are counted; no page is ever written out or read back. */
int proc_show_vmstat(struct proc_text *t, const struct proc_inode *p)
{
	struct page_stats st;
	struct rusage_ns r;
	struct process *process;
	uint64_t faults = 0, major = 0;
	irqflags_t flags;

	page_stats(&st);
	flags = spin_lock(&task_lock);
	list_for_each (process, &all_processes, all_link) {
		process_times(process, &r);
		faults += r.minflt + r.majflt + process->reaped_children.minflt;
		major += r.majflt + process->reaped_children.majflt;
	}
	spin_unlock(&task_lock, flags);
	text_printf(t,
	    "nr_free_pages %lu\nnr_anon_pages %lu\nnr_mapped %lu\nnr_file_pages %lu\n"
	    "nr_dirty 0\nnr_writeback 0\nnr_shmem %lu\nnr_page_table_pages %lu\n",
	    (unsigned long)st.free, (unsigned long)st.user, (unsigned long)st.cache,
	    (unsigned long)st.cache, (unsigned long)st.cache, (unsigned long)st.page_table);
	text_printf(t,
	    "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault %lu\npgmajfault %lu\n"
	    "oom_kill %lu\n",
	    (unsigned long)faults, (unsigned long)major, (unsigned long)oom_kills());
	return 0;
}
