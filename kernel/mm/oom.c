/* Out of memory: the process with the most of it dies, so that the others go on. */
#include "mm/area.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/timer.h"

#define WAIT_STEP  (10 * NS_PER_S / 1000)
#define WAIT_STEPS 300

/* Anonymous memory of a process, in pages; 0 for those that must not die. (task_lock) */
static uint64_t weight(const struct process *p)
{
	const struct thread *t;
	if (p->phase == ZOMBIE || p->pid->nr == 1)
		return 0;
	list_for_each (t, &p->threads, process_link) {
		if (t->space)
			return t->space->pages_anon + 1;
	}
	return 0;
}

/* A process that dies already is the best choice: nobody else need. NULL: there is none.
 * (task_lock) */
static struct process *choose_victim(void)
{
	struct process *p, *victim = NULL;
	uint64_t most = 0;
	list_for_each (p, &all_processes, all_link) {
		uint64_t w = weight(p);
		if (w && p->group_exit)
			w = UINT64_MAX;
		if (w <= most)
			continue;
		most = w;
		victim = p;
	}
	return victim;
}

/* Waits until a program's request for memory has a chance. False: it took too long, or a signal
 * ends this thread too. */
static bool wait_for_memory(void)
{
	for (int i = 0; i < WAIT_STEPS && pages_low(); i++) {
		sched_prepare(SCHED_SLEEP_KILL);
		if (sched_sleep(time_now() + WAIT_STEP, "oom") == -EINTR)
			return false;
		memory_reclaim();
	}
	return !pages_low();
}

bool oom_make_room(void)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *victim = choose_victim();
	bool other = victim && victim != current->process;
	if (victim && !victim->group_exit) {
		log_warn("out of memory: killing process %d (%s)", victim->pid->nr,
		    victim->leader->comm);
		process_begin_exit(victim, SIGKILL);
	}
	spin_unlock(&task_lock, flags);
	return other && wait_for_memory();
}
