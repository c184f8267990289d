/* How busy the system is: tasks by state, and the load averages of proc_loadavg(5). */
#include "sched/load.h"

#include "proc/process.h"
#include "sched/timer.h"

/* Fixed point with 11 bits. At each sample, every 5 s, an average keeps this much of what it was:
 * 2048 * exp(-5 s / 1, 5 and 15 minutes). */
#define ONE           (1u << LOAD_SHIFT)
#define SAMPLE_PERIOD (5 * NS_PER_S)
static const uint32_t kept[3] = {1884, 2014, 2037};

static uint64_t averages[3]; /* atomic */
static struct timer sampler;

void task_counts(struct task_counts *out)
{
	struct process *p;
	struct thread *t;
	irqflags_t flags = spin_lock(&task_lock);

	*out = (struct task_counts){.last_pid = pid_last()};
	list_for_each (p, &all_processes, all_link) {
		out->processes++;
		list_for_each (t, &p->threads, process_link) {
			char state = thread_state_letter(t);

			out->threads += t->park != DEAD;
			out->running += state == 'R';
			/* A kernel thread that rests is not waiting for anything. */
			out->blocked += state == 'D' && !t->kernel;
		}
	}
	spin_unlock(&task_lock, flags);
}

static uint64_t decay(uint64_t average, uint32_t keep, uint64_t active)
{
	uint64_t sum = average * keep + active * (ONE - keep);

	if (active >= average)
		sum += ONE - 1;
	return sum >> LOAD_SHIFT;
}

static void sample(struct timer *t)
{
	struct task_counts n;

	task_counts(&n);
	for (unsigned k = 0; k < 3; k++)
		__atomic_store_n(&averages[k],
		    decay(averages[k], kept[k], (uint64_t)(n.running + n.blocked) << LOAD_SHIFT),
		    __ATOMIC_RELAXED);
	timer_arm(t, t->deadline + SAMPLE_PERIOD);
}

void load_init(void)
{
	timer_init(&sampler, sample);
	timer_arm(&sampler, time_now() + SAMPLE_PERIOD);
}

void load_averages(uint64_t out[3])
{
	for (unsigned k = 0; k < 3; k++)
		out[k] = __atomic_load_n(&averages[k], __ATOMIC_RELAXED);
}
