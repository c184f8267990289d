/* Out of memory: the process with the most of it dies, so that the others go on. */
#include "mm/oom.h"

#include "mm/area.h"
#include "printk.h"
#include "sched/timer.h"

#define WAIT_STEP  (10 * NS_PER_S / 1000)
#define WAIT_STEPS 300

static uint64_t kills; /* atomic */

uint64_t oom_kills(void)
{
	return __atomic_load_n(&kills, __ATOMIC_RELAXED);
}

/* --- who --- */

const struct space *space_of(const struct process *p)
{
	const struct thread *t;
	list_for_each (t, &p->threads, process_link) {
		if (t->space)
			return t->space;
	}
	return NULL;
}

static uint64_t resident(const struct space *s)
{
	return s->pages_anon + s->pages_file;
}

/* Pages, with the adjustment in thousandths of all memory; INT64_MIN: must not be chosen.
 * (task_lock) */
static int64_t badness(const struct process *p)
{
	const struct space *s = space_of(p);
	if (!s || p->phase == ZOMBIE || p->pid->nr == 1 || p->unkillable ||
	    p->oom_score_adj == OOM_ADJ_MIN)
		return INT64_MIN;
	int64_t points = (int64_t)(resident(s) + arch_pt_tables(&s->arch));
	return points + p->oom_score_adj * (int64_t)(pages_usable() / 1000);
}

uint64_t oom_score(const struct process *p)
{
	int64_t points = badness(p), total = (int64_t)pages_usable();
	ASSERT_HELD(&task_lock);
	return points == INT64_MIN ? 0 : (uint64_t)MAX((1000 + points * 1000 / total) * 2 / 3, 0);
}

/* A process that dies already is the best choice: nobody else need. NULL: there is none.
 * (task_lock) */
static struct process *choose_victim(void)
{
	struct process *p, *victim = NULL;
	int64_t most = INT64_MIN;
	list_for_each (p, &all_processes, all_link) {
		int64_t points = badness(p);
		if (points != INT64_MIN && p->group_exit)
			return p;
		if (points <= most)
			continue;
		most = points;
		victim = p;
	}
	return victim;
}

/* --- the report: one block, told from a copy, as the log may wait for the serial line --- */

struct report {
	int pid, uid, adj;
	char comm[16];
	uint64_t total, anon, file, tables;
};

/* (task_lock) */
static void fill_report(struct report *r, const struct process *p)
{
	const struct space *s = space_of(p);
	*r = (struct report){.pid = p->pid->nr,
	    .uid = (int)p->leader->cred->uid,
	    .adj = p->oom_score_adj,
	    .total = s->pages_mapped,
	    .anon = s->pages_anon,
	    .file = s->pages_file,
	    .tables = arch_pt_tables(&s->arch)};
	memcpy(r->comm, p->leader->comm, sizeof(r->comm));
}

static unsigned long kib(uint64_t pages)
{
	return (unsigned long)(pages * (PAGE_SIZE / 1024));
}

static void print_report(const struct report *r)
{
	struct page_stats st;
	page_stats(&st);
	log_warn("%.16s[%d] invoked the out-of-memory killer: %lu of %lu kB free, programs %lu, "
		 "files %lu, kernel heap %lu, page tables %lu, kernel stacks %lu\n"
		 "Out of memory: Killed process %d (%.16s) total-vm:%lukB, anon-rss:%lukB, "
		 "file-rss:%lukB, UID:%d pgtables:%lukB oom_score_adj:%d",
	    current->comm, current->process->pid->nr, kib(st.free), kib(pages_usable()),
	    kib(st.user), kib(st.cache + st.filled), kib(st.slab), kib(st.page_table),
	    kib(st.kstack), r->pid, r->comm, kib(r->total), kib(r->anon), kib(r->file), r->uid,
	    kib(r->tables), r->adj);
}

/* --- killing --- */

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

/* Everybody who has this space, whatever process it is of, goes with it. (task_lock) */
static void kill_sharers(const struct space *s)
{
	struct process *p;
	list_for_each (p, &all_processes, all_link) {
		if (space_of(p) == s && p->pid->nr != 1 && !p->unkillable && !p->group_exit)
			process_begin_exit(p, SIGKILL);
	}
}

bool oom_make_room(void)
{
	struct report report;
	bool killed = false;
	irqflags_t flags = spin_lock(&task_lock);
	struct process *victim = choose_victim();
	bool other = victim && victim != current->process;
	if (victim && !victim->group_exit) {
		killed = true;
		fill_report(&report, victim);
		kill_sharers(space_of(victim));
		__atomic_fetch_add(&kills, 1, __ATOMIC_RELAXED);
	}
	spin_unlock(&task_lock, flags);
	if (killed)
		print_report(&report);
	return other && wait_for_memory();
}
