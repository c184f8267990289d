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

/* It may have been set anew since the timer rang. */
void itimer_real_expired(struct process *p)
{
	struct siginfo info = {.si_signo = SIGALRM, .si_code = SI_KERNEL};
	irqflags_t flags = spin_lock(&task_lock);

	if (p->live_count && p->real_active && p->real_expires <= time_now()) {
		p->real_active = false;
		signal_send(p->leader, &info, TO_PROCESS);
	}
	spin_unlock(&task_lock, flags);
}

/* (task_lock) */
static void start_real(struct process *p, ns_t expires)
{
	p->real_expires = expires;
	p->real_active = true;
	timer_arm(&p->real_timer, expires);
}

/* In step with the first expiry. Nobody has the timer interrupt for himself: while SIGALRM is
 * blocked or ignored, the timer rests. */
void itimer_real_taken(struct process *p)
{
	ns_t now = time_now(), interval = p->real_interval;

	ASSERT_HELD(&task_lock);
	if (p->real_active || !interval || !p->live_count)
		return;
	if (interval >= NS_NEVER - 1 - now)
		start_real(p, NS_NEVER - 1);
	else
		start_real(p, now + interval - (now - p->real_expires) % interval);
}

/* (task_lock) */
static void get_real(const struct process *p, ns_t *value, ns_t *interval)
{
	*value = p->real_active ? MAX(p->real_expires - time_now(), 1000) : 0;
	*interval = p->real_interval;
}

/* (task_lock) */
static void set_real(struct process *p, ns_t value, ns_t interval)
{
	p->real_interval = value ? interval : 0;
	if (value) {
		start_real(p, timer_deadline(value));
	} else {
		p->real_active = false;
		timer_cancel(&p->real_timer);
	}
}

/* With `new`, NULL to ask only, as {value, interval}. */
static void real_timer(const ns_t *new, ns_t *value, ns_t *interval)
{
	struct process *p = current->process;
	irqflags_t flags = spin_lock(&task_lock);

	get_real(p, value, interval);
	if (new)
		set_real(p, new[0], new[1]);
	spin_unlock(&task_lock, flags);
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
		real_timer(NULL, &value, &interval);
	else
		cpu_itimer_get(which == ITIMER_VIRTUAL, &value, &interval);
	u = to_user(value, interval);
	return copy_out_obj(a[1], &u);
}

SYSCALL(setitimer)
{
	struct user_itimerval new = {0}, old;
	ns_t wanted[2], old_value, old_interval;
	int which = (int)a[0];

	if (a[1] && copy_in_obj(&new, a[1]))
		return -EFAULT;
	if (!valid_time(new.value_sec, new.value_usec) ||
	    !valid_time(new.interval_sec, new.interval_usec))
		return -EINVAL;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	wanted[0] = to_ns(new.value_sec, new.value_usec);
	wanted[1] = to_ns(new.interval_sec, new.interval_usec);
	if (which == ITIMER_REAL)
		real_timer(wanted, &old_value, &old_interval);
	else
		cpu_itimer_set(
		    which == ITIMER_VIRTUAL, wanted[0], wanted[1], &old_value, &old_interval);
	if (!a[2])
		return 0;
	old = to_user(old_value, old_interval);
	return copy_out_obj(a[2], &old);
}
