/* ITIMER_REAL, for alarm(2) and setitimer(2). */
#include "arch/uaccess.h"
#include "proc/internal.h"
#include "syscall/syscall.h"

#define ITIMER_REAL 0
#define ITIMER_PROF 2

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

static void read_timer(struct process *p, struct user_itimerval *out)
{
	ns_t left = !p->real_timer.armed ? 0 : MAX(p->real_timer.deadline - time_now(), 1000);

	out->interval_sec = p->real_interval / NS_PER_S;
	out->interval_usec = p->real_interval % NS_PER_S / 1000;
	out->value_sec = left / NS_PER_S;
	out->value_usec = left % NS_PER_S / 1000;
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

SYSCALL(getitimer)
{
	struct user_itimerval u;

	if (a[0] > ITIMER_PROF)
		return -EINVAL;
	if (a[0] != ITIMER_REAL)
		return -ENOSYS;
	read_timer(current->process, &u);
	return copy_out_obj(a[1], &u);
}

SYSCALL(setitimer)
{
	struct process *p = current->process;
	struct user_itimerval new = {0}, old;
	ns_t value;
	int err = 0;

	if (a[0] > ITIMER_PROF)
		return -EINVAL;
	if (a[0] != ITIMER_REAL)
		return -ENOSYS;
	if (a[1] && copy_in_obj(&new, a[1]))
		return -EFAULT;
	if (!valid_time(new.value_sec, new.value_usec) ||
	    !valid_time(new.interval_sec, new.interval_usec))
		return -EINVAL;
	read_timer(p, &old);
	timer_cancel_sync(&p->real_timer);
	value = to_ns(new.value_sec, new.value_usec);
	p->real_interval = value ? to_ns(new.interval_sec, new.interval_usec) : 0;
	if (value)
		err = timer_arm(
		    &p->real_timer, value >= NS_NEVER - time_now() ? NS_NEVER : time_now() + value);
	if (err || !a[2])
		return err;
	return copy_out_obj(a[2], &old);
}
