/* timerfd_create(2): a timer whose expiries are read from a descriptor. */
#include "abi/time.h"
#include "fs/proc/procfs.h"
#include "sched/clock_timer.h"
#include "syscall/syscall.h"

#define TFD_TIMER_ABSTIME       1
#define TFD_TIMER_CANCEL_ON_SET 2
#define TFD_IOC_SET_TICKS       0x40085400

/* A periodic timer is not armed again before somebody reads or asks: nobody can make a storm. */
struct timerfd {
	struct spinlock lock; /* all of it */
	struct clock_timer timer;
	int clock;
	bool expired;       /* the deadline has come, and counts in `ticks` */
	uint64_t ticks;     /* what the next read gives, but for periods gone by since */
	ns_t interval;      /* 0: once */
	uint32_t set_flags; /* of the last timerfd_settime */
	bool may_cancel;    /* by setting the clock */
	bool cancelled;     /* it was set: the next read says so */
	uint32_t clock_set; /* time_setting() when that was last looked at */
	struct wait_queue wait;
};

static bool is_alarm(int clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

static bool by_wall_clock(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

/* (lock) */
static bool look_at_clock(struct timerfd *t)
{
	uint32_t setting = time_setting();

	if (!t->may_cancel || t->clock_set == setting)
		return false;
	t->clock_set = setting;
	t->cancelled = true;
	t->ticks++;
	return true;
}

static void rang(struct clock_timer *c)
{
	struct timerfd *t = container_of(c, struct timerfd, timer);
	irqflags_t flags = spin_lock(&t->lock);
	bool news = look_at_clock(t);

	if (!t->expired && clock_timer_due(c)) {
		t->expired = true;
		t->ticks++;
		news = true;
	}
	spin_unlock(&t->lock, flags);
	if (news)
		wait_wake_events(&t->wait, POLLIN);
}

/* Counts the periods that have gone by, and arms the timer for the next. (lock) */
static void catch_up(struct timerfd *t)
{
	if (!t->expired || !t->interval)
		return;
	t->expired = false;
	t->ticks += clock_timer_forward(&t->timer, t->interval) - 1;
	clock_timer_restart(&t->timer);
}

/* (lock) */
static void get(struct timerfd *t, struct linux_itimerspec *out)
{
	*out = (struct linux_itimerspec){.value = ns_timespec(clock_timer_left(&t->timer)),
	    .interval = ns_timespec(t->interval)};
}

/* Expiries, 0 for none, or -ECANCELED. */
static int64_t take(struct timerfd *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	int64_t n;

	if (t->cancelled) {
		n = -ECANCELED;
		t->cancelled = false;
		if (t->expired) /* a periodic timer ends with it */
			clock_timer_arm(&t->timer, t->timer.wall, NS_NEVER);
	} else {
		catch_up(t);
		n = (int64_t)t->ticks;
	}
	t->ticks = 0;
	spin_unlock(&t->lock, flags);
	return n;
}

static int64_t timerfd_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct timerfd *t = f->data;
	int64_t n;

	if (io->left < sizeof(n))
		return -EINVAL;
	n = take(t);
	if (!n && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	if (!n &&
	    wait_event(&t->wait, (n = take(t)) != 0, SCHED_SLEEP_INTR, NS_NEVER, "timerfd_read"))
		return -ERESTARTSYS;
	return n < 0 ? n : io_put(io, &n, sizeof(n));
}

static unsigned timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->data;

	poll_wait(pt, &t->wait);
	return __atomic_load_n(&t->ticks, __ATOMIC_ACQUIRE) ? POLLIN : 0;
}

/* For checkpoints: what the next read gives. */
static int64_t timerfd_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct timerfd *t = f->data;
	irqflags_t flags;
	uint64_t ticks;
	bool cancelled;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (copy_in_obj(&ticks, arg))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	flags = spin_lock(&t->lock);
	cancelled = t->cancelled;
	t->cancelled = false;
	if (!cancelled)
		t->ticks = ticks;
	spin_unlock(&t->lock, flags);
	if (cancelled)
		return -ECANCELED;
	wait_wake_events(&t->wait, POLLIN);
	return 0;
}

static void timerfd_show(struct file *f, struct proc_text *out)
{
	struct timerfd *t = f->data;
	irqflags_t flags = spin_lock(&t->lock);
	struct linux_itimerspec now;
	uint64_t ticks = t->ticks;
	uint32_t set_flags = t->set_flags;

	get(t, &now);
	spin_unlock(&t->lock, flags);
	text_printf(out,
	    "clockid: %d\nticks: %lu\nsettime flags: 0%o\nit_value: (%lu, %lu)\nit_interval: (%lu, "
	    "%lu)\n",
	    t->clock, (unsigned long)ticks, set_flags, (unsigned long)now.value.sec,
	    (unsigned long)now.value.nsec, (unsigned long)now.interval.sec,
	    (unsigned long)now.interval.nsec);
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->data;

	clock_timer_cancel_sync(&t->timer);
	kfree(t);
}

static const struct file_ops timerfd_ops = {
    .name = "[timerfd]",
    .seek_ignored = true,
    .read = timerfd_read,
    .poll = timerfd_poll,
    .ioctl = timerfd_ioctl,
    .release = timerfd_release,
    .show_fdinfo = timerfd_show,
};

static bool valid_clock(int clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || by_wall_clock(clock) ||
	       is_alarm(clock);
}

SYSCALL(timerfd_create)
{
	int clock = (int)a[0];
	unsigned flags = (unsigned)a[1];
	struct timerfd *t;
	struct file *f;

	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK) || !valid_clock(clock))
		return -EINVAL;
	if (is_alarm(clock) && !fs_capable(CAP_WAKE_ALARM))
		return -EPERM;
	t = kzalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, "timerfd", RANK_FS);
	clock_timer_init(&t->timer, rang);
	wait_queue_init(&t->wait);
	t->clock = clock;
	f = file_create(&timerfd_ops, NULL, O_RDWR | (flags & O_NONBLOCK), t);
	if (IS_ERR(f)) {
		kfree(t);
		return PTR_ERR(f);
	}
	return fd_install(f, flags, 0);
}

/* (lock) */
static void arm(struct timerfd *t, unsigned flags, ns_t value)
{
	bool wall = by_wall_clock(t->clock) && (flags & TFD_TIMER_ABSTIME);

	if (!value)
		value = NS_NEVER;
	else if (value == NS_NEVER)
		value = NS_NEVER - 1; /* armed for all that */
	else if (!(flags & TFD_TIMER_ABSTIME))
		value = timer_deadline(value);
	clock_timer_arm(&t->timer, wall, value);
}

/* 0, or -ECANCELED: it is set all the same. (lock) */
static int set(struct timerfd *t, unsigned flags, const struct linux_itimerspec *new)
{
	const unsigned cancel = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	bool may_cancel = by_wall_clock(t->clock) && (flags & cancel) == cancel, cancelled;

	if (may_cancel && !t->may_cancel)
		t->clock_set = time_setting();
	t->may_cancel = may_cancel;
	look_at_clock(t);
	t->expired = false;
	t->ticks = 0;
	t->interval = timespec_ns(&new->interval);
	clock_timer_watch(&t->timer, may_cancel);
	arm(t, flags, timespec_ns(&new->value));
	cancelled = t->cancelled && may_cancel && (new->value.sec || new->value.nsec);
	if (cancelled || !may_cancel)
		t->cancelled = false;
	if (!cancelled)
		t->set_flags = flags;
	return cancelled ? -ECANCELED : 0;
}

static struct file *timerfd_get(int fd)
{
	struct file *f = fd_get(fd);

	if (!f)
		return ERR_PTR(-EBADF);
	if (f->ops == &timerfd_ops)
		return f;
	file_put(f);
	return ERR_PTR(-EINVAL);
}

SYSCALL(timerfd_settime)
{
	unsigned flags = (unsigned)a[1];
	struct linux_itimerspec new, old;
	irqflags_t irq;
	struct timerfd *t;
	struct file *f;
	int err;

	if (copy_in_obj(&new, a[2]))
		return -EFAULT;
	if (flags & ~(unsigned)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    !timespec_valid(&new.value) || !timespec_valid(&new.interval))
		return -EINVAL;
	f = timerfd_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	t = f->data;
	if (is_alarm(t->clock) && !fs_capable(CAP_WAKE_ALARM)) {
		file_put(f);
		return -EPERM;
	}
	irq = spin_lock(&t->lock);
	catch_up(t);
	get(t, &old);
	err = set(t, flags, &new);
	spin_unlock(&t->lock, irq);
	file_put(f);
	return err ? err : a[3] && copy_out_obj(a[3], &old) ? -EFAULT : 0;
}

SYSCALL(timerfd_gettime)
{
	struct file *f = timerfd_get((int)a[0]);
	struct linux_itimerspec now;
	struct timerfd *t;
	irqflags_t irq;

	if (IS_ERR(f))
		return PTR_ERR(f);
	t = f->data;
	irq = spin_lock(&t->lock);
	catch_up(t);
	get(t, &now);
	spin_unlock(&t->lock, irq);
	file_put(f);
	return copy_out_obj(a[1], &now);
}
