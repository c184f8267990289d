/* setitimer(2): ITIMER_REAL here, those of CPU time in cpu_timer.c. */
#include "arch/uaccess.h"
#include "proc/internal.h"
#include "syscall/syscall.h"

#define ITIMER_REAL    0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF    2

struct user_itimerval {
	int64_t interval_sec, interval_usec, value_sec, value_usec;
};

/* Missed periods are not made up for, and nobody can have the timer interrupt for himself. */
#define SHORTEST_PERIOD (NS_PER_S / 10000)

/* In step with the first expiry, but after now. */
static ns_t next_expiry(const struct process *p)
{
	ns_t now = time_now(), interval = p->real_interval;
	ns_t late = MAX(now - p->real_timer.deadline, 0);

	if (interval >= NS_NEVER - now)
		return NS_NEVER;
	return MAX(now + (interval - late % interval), now + SHORTEST_PERIOD);
}

/* In interrupt context: SIGALRM, and again after the interval. */
void itimer_real_expired(struct process *p)
{
	struct siginfo info = {.si_signo = SIGALRM, .si_code = SI_KERNEL};
	irqflags_t flags = spin_lock(&task_lock);

	if (p->live_count) {
		signal_send(p->leader, &info, TO_PROCESS);
		if (p->real_interval)
			timer_arm(&p->real_timer, next_expiry(p));
	}
	spin_unlock(&task_lock, flags);
}

static void get_real(struct process *p, ns_t *value, ns_t *interval)
{
	*value = !p->real_timer.armed ? 0 : MAX(p->real_timer.deadline - time_now(), 1000);
	*interval = p->real_interval;
}

static void set_real(struct process *p, ns_t value, ns_t interval)
{
	timer_cancel_sync(&p->real_timer);
	p->real_interval = value ? interval : 0;
	if (value)
		timer_arm(&p->real_timer, timer_deadline(value));
}

static bool valid_time(int64_t sec, int64_t usec)
{
	return sec >= 0 && usec >= 0 && usec < 1000000;
}

static ns_t to_ns(int64_t sec, int64_t usec)
{
	struct linux_timespec ts = {.sec = sec, .nsec = usec * 1000};

	return timespec_ns(&ts);
}

static struct user_itimerval to_user(ns_t value, ns_t interval)
{
	return (struct user_itimerval){.interval_sec = interval / NS_PER_S,
	    .interval_usec = interval % NS_PER_S / 1000,
	    .value_sec = value / NS_PER_S,
	    .value_usec = value % NS_PER_S / 1000};
}

SYSCALL(getitimer)
{
	struct user_itimerval u;
	int which = (int)a[0];
	ns_t value, interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (which == ITIMER_REAL)
		get_real(current->process, &value, &interval);
	else
		cpu_itimer_get(which == ITIMER_VIRTUAL, &value, &interval);
	u = to_user(value, interval);
	return copy_out_obj(a[1], &u);
}

SYSCALL(setitimer)
{
	struct process *p = current->process;
	struct user_itimerval new = {0}, old;
	ns_t value, interval, old_value, old_interval;
	int which = (int)a[0];

	if (a[1] && copy_in_obj(&new, a[1]))
		return -EFAULT;
	if (!valid_time(new.value_sec, new.value_usec) ||
	    !valid_time(new.interval_sec, new.interval_usec))
		return -EINVAL;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	value = to_ns(new.value_sec, new.value_usec);
	interval = to_ns(new.interval_sec, new.interval_usec);
	if (which == ITIMER_REAL) {
		get_real(p, &old_value, &old_interval);
		set_real(p, value, interval);
	} else {
		cpu_itimer_set(which == ITIMER_VIRTUAL, value, interval, &old_value, &old_interval);
	}
	if (!a[2])
		return 0;
	old = to_user(old_value, old_interval);
	return copy_out_obj(a[2], &old);
}
