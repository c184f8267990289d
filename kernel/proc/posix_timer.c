/* POSIX timers: their life, their expiry, and the signal that tells of it. */
#include "proc/posix_timer.h"

#include "mm/heap.h"
#include "proc/cpu_timer.h"
#include "proc/internal.h"

/* A timer whose signal is ignored rings no more often than this: Linux's tick. */
#define TICK (NS_PER_S / 250)

static bool by_wall_clock(const struct posix_timer *pt)
{
	return pt->clock == CLOCK_REALTIME || pt->clock == CLOCK_TAI;
}

/* --- the two kinds of deadline: 0 stands for none --- */

static ns_t cpu_now(const struct posix_timer *pt)
{
	bool user = posix_timer_user_time(pt);

	if (posix_timer_per_thread(pt))
		return pt->cpu_of->thread ? cpu_time_of_thread(pt->cpu_of->thread, user) : 0;
	return pt->cpu_of->process ? cpu_time_of_process(pt->cpu_of->process, user) : 0;
}

/* Is there still somebody whose time its clock counts? */
static struct process *clock_owner(const struct posix_timer *pt)
{
	if (posix_timer_per_thread(pt))
		return pt->cpu_of->thread ? pt->cpu_of->thread->process : NULL;
	return pt->cpu_of->process;
}

static void disarm(struct posix_timer *pt)
{
	pt->active = false;
	list_remove(&pt->cpu_link);
	if (!pt->cpu_of)
		clock_timer_arm(&pt->timer, pt->timer.wall, NS_NEVER);
}

static ns_t left(const struct posix_timer *pt)
{
	if (!pt->cpu_of)
		return pt->timer.deadline == NS_NEVER
			   ? 0
			   : pt->timer.deadline - clock_timer_now(&pt->timer);
	return pt->cpu_deadline ? pt->cpu_deadline - cpu_now(pt) : 0;
}

/* Moves a deadline that has come past `now`; how many periods that took. */
static int64_t forward(struct posix_timer *pt)
{
	ns_t late, periods;

	if (!pt->cpu_of)
		return (int64_t)clock_timer_forward(&pt->timer, pt->interval);
	late = cpu_now(pt) - pt->cpu_deadline;
	if (late < 0)
		return 0;
	periods = late / pt->interval + 1;
	if (__builtin_add_overflow(pt->cpu_deadline, periods * pt->interval, &pt->cpu_deadline))
		pt->cpu_deadline = NS_NEVER;
	return periods;
}

/* Waits for the deadline that is set. A look at the CPU timers follows, from here or by who called.
 */
static void start(struct posix_timer *pt)
{
	struct process *p;

	pt->active = true;
	if (!pt->cpu_of) {
		clock_timer_restart(&pt->timer);
		return;
	}
	p = clock_owner(pt);
	/* The list of a process that has ended is not looked at, nor emptied, again. */
	if (p && p->live_count && list_empty(&pt->cpu_link))
		list_append(&p->cpu_timers.posix, &pt->cpu_link);
}

/* --- expiry --- */

/* Who gets the signal: the thread asked for, or the one that runs, here before another. */
static struct thread *receiver(const struct posix_timer *pt)
{
	struct thread *t = current;

	if (pt->to)
		return pt->to->thread;
	if (pt->cpu_of)
		return cpu_time_consumer(pt->process);
	return t && t->process == pt->process && !t->exiting ? t : pt->process->leader;
}

/* Returns false if the signal is ignored. (task_lock) */
static bool tell(struct posix_timer *pt)
{
	struct thread *t;

	if (pt->sleeper) {
		sched_wake(pt->sleeper, WAKE_ANY_SLEEP);
		return true;
	}
	t = receiver(pt);
	if (!t)
		return true; /* the thread is gone, and the timer with it */
	return signal_send_entry(t, pt->entry, pt->to ? TO_THREAD : TO_PROCESS);
}

/* Ignored, it goes on: the next signal may not be. */
static void go_on(struct posix_timer *pt)
{
	pt->overrun += forward(pt);
	pt->requeue = false;
	if (!pt->cpu_of && pt->interval < TICK) {
		ns_t soon = clock_timer_now(&pt->timer) + TICK;

		if (pt->timer.deadline < soon) {
			pt->timer.deadline = soon - (soon - pt->timer.deadline) % pt->interval;
			pt->overrun += TICK / pt->interval;
		}
	}
	start(pt);
}

void posix_timer_expired(struct posix_timer *pt)
{
	ASSERT_HELD(&task_lock);
	if (!pt->active)
		return;
	__atomic_store_n(&pt->active, false, __ATOMIC_RELEASE);
	list_remove(&pt->cpu_link);
	pt->requeue = pt->interval != 0;
	if (!pt->interval)
		pt->cpu_deadline = 0;
	if (!tell(pt) && pt->interval)
		go_on(pt);
}

static void rang(struct clock_timer *c)
{
	struct posix_timer *pt = container_of(c, struct posix_timer, timer);
	irqflags_t flags;

	sched_point("timer.rang", pt);
	flags = spin_lock(&task_lock);
	if (pt->active && clock_timer_due(c))
		posix_timer_expired(pt);
	spin_unlock(&task_lock, flags);
}

void posix_timer_taken(struct posix_timer *pt, struct siginfo *info)
{
	int64_t overrun;

	ASSERT_HELD(&task_lock);
	if (!pt->requeue || !pt->interval)
		return;
	pt->requeue = false;
	pt->overrun += forward(pt);
	start(pt);
	if (pt->cpu_of && clock_owner(pt))
		cpu_timers_update(clock_owner(pt));
	pt->last = pt->overrun;
	pt->overrun = -1;
	overrun = pt->last + info->timer.overrun;
	info->timer.overrun = (int32_t)MIN(overrun, INT32_MAX);
}

/* --- setting and asking --- */

static struct posix_timer *find(int id)
{
	struct posix_timer *pt;

	ASSERT_HELD(&task_lock);
	list_for_each (pt, &current->process->posix_timers, link)
		if (pt->id == id)
			return pt;
	return NULL;
}

static void get(struct posix_timer *pt, struct linux_itimerspec *out)
{
	bool silent = pt->notify == SIGEV_NONE;
	ns_t rest;

	*out = (struct linux_itimerspec){0};
	if (pt->cpu_of && !clock_owner(pt))
		return;
	*out = (struct linux_itimerspec){.interval = ns_timespec(pt->interval)};
	if (!pt->interval && !pt->active && !silent)
		return;
	if (pt->cpu_of ? !pt->cpu_deadline : pt->timer.deadline == NS_NEVER)
		return;
	if (pt->interval && (pt->requeue || silent))
		pt->overrun += forward(pt);
	rest = left(pt);
	if (rest > 0)
		out->value = ns_timespec(rest);
	else if (!silent)
		out->value.nsec = 1; /* due, and about to be told */
}

static ns_t deadline(const struct posix_timer *pt, ns_t value, bool absolute)
{
	ns_t now = pt->cpu_of ? cpu_now(pt) : time_now();

	if (absolute)
		return MIN(value, NS_NEVER - 1) -
		       (pt->clock == CLOCK_TAI ? time_tai_offset() * NS_PER_S : 0);
	return value >= NS_NEVER - 1 - now ? NS_NEVER - 1 : now + value;
}

/* Its clock may stand still, and show the deadline already. */
static void start_cpu(struct posix_timer *pt)
{
	start(pt);
	if (cpu_now(pt) >= pt->cpu_deadline)
		posix_timer_expired(pt);
	cpu_timers_update(clock_owner(pt));
}

static void set(struct posix_timer *pt, ns_t value, bool absolute)
{
	bool silent = pt->notify == SIGEV_NONE;
	ns_t at = deadline(pt, value, absolute);

	if (pt->cpu_of) {
		pt->cpu_deadline = at;
		if (!silent)
			start_cpu(pt);
		return;
	}
	pt->active = !silent;
	if (silent) { /* only ever asked */
		pt->timer.wall = by_wall_clock(pt) && absolute;
		pt->timer.deadline = at;
	} else {
		clock_timer_arm(&pt->timer, by_wall_clock(pt) && absolute, at);
	}
}

int posix_timer_set(
    int id, bool absolute, const struct linux_itimerspec *new, struct linux_itimerspec *old)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct posix_timer *pt = find(id);
	ns_t value = timespec_ns(&new->value);
	int err = !pt ? -EINVAL : pt->cpu_of && !clock_owner(pt) ? -ESRCH : 0;

	if (!err) {
		get(pt, old);
		disarm(pt);
		pt->cpu_deadline = 0;
		pt->requeue = false;
		pt->last = 0;
		pt->overrun = -1;
		pt->interval = value ? timespec_ns(&new->interval) : 0;
		if (value)
			set(pt, value, absolute);
	}
	spin_unlock(&task_lock, flags);
	return err;
}

int posix_timer_get(int id, struct linux_itimerspec *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct posix_timer *pt = find(id);

	if (pt)
		get(pt, out);
	spin_unlock(&task_lock, flags);
	return pt ? 0 : -EINVAL;
}

int64_t posix_timer_overrun(int id)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct posix_timer *pt = find(id);
	int64_t n = pt ? MIN(MAX(pt->last, 0), INT32_MAX) : -EINVAL;

	spin_unlock(&task_lock, flags);
	return n;
}

/* --- making and deleting --- */

/* Out of every list; its signal, if one is pending, stays so. (task_lock) */
static void unlink_timer(struct posix_timer *pt)
{
	disarm(pt);
	list_remove(&pt->link);
	signal_entry_release(pt->entry);
	pt->entry = NULL;
}

static void free_timer(struct posix_timer *pt)
{
	clock_timer_cancel_sync(&pt->timer);
	pid_put(pt->to);
	pid_put(pt->cpu_of);
	kfree(pt);
}

int posix_timer_delete(int id)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct posix_timer *pt = find(id);

	if (pt)
		unlink_timer(pt);
	spin_unlock(&task_lock, flags);
	if (!pt)
		return -EINVAL;
	sched_point("timer.unlinked", pt);
	free_timer(pt);
	return 0;
}

void posix_timers_delete_all(struct process *p)
{
	for (;;) {
		irqflags_t flags = spin_lock(&task_lock);
		struct posix_timer *pt = NULL;

		if (!list_empty(&p->posix_timers)) {
			pt = list_first(&p->posix_timers, struct posix_timer, link);
			unlink_timer(pt);
		}
		spin_unlock(&task_lock, flags);
		if (!pt)
			return;
		free_timer(pt);
	}
}

static bool can_have_timers(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	}
	return clock < 0 && (clock & 7) != CPUCLOCK_CLOCKFD;
}

static bool is_cpu_clock(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* Whose CPU time the clock counts, with a reference, or NULL. (task_lock) */
static struct pid *clock_target(const struct posix_timer *pt)
{
	bool thread = posix_timer_per_thread(pt);
	int nr = pt->clock < 0 ? ~(pt->clock >> 3) : 0;
	struct pid *pid = nr ? pid_find(nr) : thread ? current->tid : current->process->pid;

	if (pt->clock < 0 && (pt->clock & CPUCLOCK_WHICH) > CPUCLOCK_SCHED)
		return NULL;
	if (!pid ||
	    (thread ? !pid->thread || pid->thread->process != current->process : !pid->process))
		return NULL;
	pid_get(pid);
	return pid;
}

/* (task_lock) */
static int set_target(struct posix_timer *pt, const struct timer_request *r)
{
	struct thread *t;

	if (r->notify == SIGEV_THREAD_ID) {
		t = thread_find(r->to_tid);
		if (!t || t->process != current->process)
			return -EINVAL;
		pt->to = t->tid;
		pid_get(pt->to);
	} else if (r->notify != SIGEV_SIGNAL && r->notify != SIGEV_NONE &&
		   r->notify != SIGEV_THREAD) {
		return -EINVAL;
	}
	if (r->notify != SIGEV_NONE && (r->sig <= 0 || r->sig >= NSIG))
		return -EINVAL;
	if (is_cpu_clock(pt->clock) && !(pt->cpu_of = clock_target(pt)))
		return -EINVAL;
	return 0;
}

/* Numbers go on where the last one was given. (task_lock) */
static int next_id(struct process *p)
{
	int id = p->next_timer_id;

	while (find(id))
		id = id == INT32_MAX ? 0 : id + 1;
	p->next_timer_id = id == INT32_MAX ? 0 : id + 1;
	return id;
}

/* Into the process's list, with a number and a queue entry. */
static int publish(struct posix_timer *pt, const struct timer_request *r)
{
	irqflags_t flags = spin_lock(&task_lock);
	int err = 0;

	pt->entry = signal_entry_reserve(current, pt);
	if (!pt->entry)
		err = -EAGAIN;
	else
		err = set_target(pt, r);
	if (err) {
		signal_entry_release(pt->entry);
	} else {
		pt->id = next_id(pt->process);
		pt->value = r->by_default ? (uint32_t)pt->id : r->value;
		pt->entry->info = (struct siginfo){.si_signo = r->sig, .si_code = SI_TIMER};
		pt->entry->info.timer.timerid = pt->id;
		pt->entry->info.timer.value = pt->value;
		list_append(&pt->process->posix_timers, &pt->link);
	}
	spin_unlock(&task_lock, flags);
	return err;
}

int posix_timer_sleep(int clock, ns_t wake)
{
	struct posix_timer pt = {.process = current->process, .clock = clock, .sleeper = current};
	irqflags_t flags = spin_lock(&task_lock);
	int result = 0;
	bool slept;

	list_init(&pt.cpu_link);
	pt.cpu_of = clock_target(&pt);
	pt.cpu_deadline = wake;
	if (pt.cpu_of && cpu_now(&pt) < wake)
		start_cpu(&pt);
	spin_unlock(&task_lock, flags);
	if (!pt.cpu_of)
		return -EINVAL;
	do {
		sched_prepare(SCHED_SLEEP_INTR);
		if (!__atomic_load_n(&pt.active, __ATOMIC_ACQUIRE))
			break;
		result = sched_sleep(NS_NEVER, "nanosleep");
	} while (!result);
	sched_cancel();
	flags = spin_lock(&task_lock);
	list_remove(&pt.cpu_link);
	slept = !pt.active;
	spin_unlock(&task_lock, flags);
	pid_put(pt.cpu_of);
	return slept ? 0 : result;
}

int posix_timer_create(const struct timer_request *r, int *id)
{
	struct posix_timer *pt;
	int err;

	if (!can_have_timers(r->clock))
		return r->clock >= 0 && r->clock <= CLOCK_BOOTTIME_ALARM ? -EOPNOTSUPP : -EINVAL;
	pt = kzalloc(sizeof(*pt));
	if (!pt)
		return -EAGAIN;
	list_init(&pt->link);
	list_init(&pt->cpu_link);
	clock_timer_init(&pt->timer, rang);
	pt->process = current->process;
	pt->clock = r->clock;
	pt->notify = r->notify;
	pt->sig = r->sig;
	pt->overrun = -1;
	err = publish(pt, r);
	if (err)
		free_timer(pt);
	else
		*id = pt->id;
	return err;
}
