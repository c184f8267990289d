/* poll and ppoll (poll(2)). */
#include "fs/poll.h"

#include "fs/internal.h"
#include "sched/timer.h"
#include "syscall/syscall.h"

/* Something happened on a queue (its lock is held). */
static void ear_notify(struct waiter *w, unsigned events)
{
	struct poll_ear *e = container_of(w, struct poll_ear, waiter);

	if (events && !(events & e->events))
		return;
	__atomic_store_n(&e->set->triggered, true, __ATOMIC_SEQ_CST);
	sched_wake(e->set->thread, WAKE_ANY_SLEEP);
}

static void ear_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct poll_set *s = container_of(pt, struct poll_set, table);
	struct poll_ear *e;

	if (s->used < POLL_INLINE) {
		e = &s->inline_ears[s->used++];
	} else {
		e = kmalloc(sizeof(*e));
		if (!e) {
			s->error = -ENOMEM;
			return;
		}
		e->next = s->more;
		s->more = e;
	}
	e->waiter = (struct waiter){.thread = s->thread, .notify = ear_notify};
	e->queue = wq;
	e->file = s->file;
	e->set = s;
	e->events = s->events;
	file_get(e->file);
	wait_add(wq, &e->waiter);
}

void poll_set_init(struct poll_set *s)
{
	s->table.add = ear_add;
	s->thread = current;
	s->triggered = false;
	s->error = 0;
	s->used = 0;
	s->more = NULL;
}

static void ear_remove(struct poll_ear *e)
{
	wait_remove(e->queue, &e->waiter);
	file_put(e->file);
}

void poll_set_free(struct poll_set *s)
{
	for (unsigned k = 0; k < s->used; k++)
		ear_remove(&s->inline_ears[k]);
	while (s->more) {
		struct poll_ear *e = s->more;
		s->more = e->next;
		ear_remove(e);
		kfree(e);
	}
}

unsigned poll_set_ask(struct poll_set *s, struct file *f, unsigned events, bool listen)
{
	events |= POLLERR | POLLHUP;
	s->file = f;
	s->events = events;
	return file_poll(f, listen ? &s->table : NULL) & events;
}

int poll_set_sleep(struct poll_set *s, ns_t deadline, const char *reason)
{
	int err = 0;

	sched_prepare(SCHED_SLEEP_INTR);
	if (__atomic_load_n(&s->triggered, __ATOMIC_SEQ_CST))
		sched_cancel();
	else
		err = sched_sleep(deadline, reason);
	/* Cleared before the files are asked again: what happens from here on counts. */
	__atomic_store_n(&s->triggered, false, __ATOMIC_SEQ_CST);
	return err;
}

int poll_timeout(uaddr_t timeout, ns_t *deadline)
{
	ns_t duration;
	int err;

	*deadline = NS_NEVER;
	if (!timeout)
		return 0;
	err = user_timespec(timeout, &duration);
	if (err)
		return err;
	if (!duration)
		*deadline = 0; /* long past: look once */
	else if (__builtin_add_overflow(time_now(), duration, deadline))
		*deadline = NS_NEVER;
	return 0;
}

int64_t poll_finish(int64_t result, uaddr_t timeout, ns_t deadline)
{
	struct linux_timespec left = {0};

	signal_end_temporary_mask(result == -ERESTARTNOHAND);
	if (!timeout || !deadline || deadline == NS_NEVER)
		return result;
	ns_t now = time_now();
	if (deadline > now) {
		left.sec = (deadline - now) / NS_PER_S;
		left.nsec = (deadline - now) % NS_PER_S;
	}
	if (copy_out_obj(timeout, &left) && result == -ERESTARTNOHAND)
		return -EINTR;
	return result;
}

int64_t poll_set_wait(int64_t (*scan)(struct poll_set *s, void *what, bool listen), void *what,
    ns_t deadline, const char *reason)
{
	struct poll_set *s = kmalloc(sizeof(*s));
	bool listen = true, timed_out = deadline == 0;
	int64_t count;

	if (!s)
		return -ENOMEM;
	poll_set_init(s);
	for (;;) {
		count = scan(s, what, listen && !timed_out);
		listen = false;
		if (!count && s->error)
			count = s->error;
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count || timed_out)
			break;
		timed_out = poll_set_sleep(s, deadline, reason) == -ETIMEDOUT;
		sched_point("poll.woken", s);
	}
	poll_set_free(s);
	kfree(s);
	return count;
}

struct poll_request {
	struct linux_pollfd *fds;
	unsigned n;
};

/* Asks every file once. Returns how many have something. */
static int64_t poll_scan(struct poll_set *s, void *what, bool listen)
{
	const struct poll_request *r = what;
	int64_t count = 0;

	for (unsigned k = 0; k < r->n; k++) {
		struct linux_pollfd *p = &r->fds[k];
		struct file *f;

		p->revents = 0;
		if (p->fd < 0)
			continue;
		f = fd_get(p->fd);
		if (f) {
			p->revents = (int16_t)poll_set_ask(
			    s, f, (uint16_t)p->events, listen && !count);
			file_put(f);
		} else {
			p->revents = POLLNVAL;
		}
		count += p->revents != 0;
	}
	return count;
}

static int64_t do_poll(uaddr_t ufds, unsigned n, ns_t deadline)
{
	struct linux_pollfd small[16], *fds = small;
	size_t bytes = n * sizeof(*fds);
	int64_t result;

	if (n > current_rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > ARRAY_SIZE(small)) {
		fds = kmalloc(bytes);
		if (!fds)
			return -ENOMEM;
	}
	result = arch_copy_in(fds, ufds, bytes);
	if (!result)
		result = poll_set_wait(poll_scan, &(struct poll_request){fds, n}, deadline, "poll");
	for (unsigned k = 0; k < n && result >= 0; k++) {
		uaddr_t at = ufds + k * sizeof(*fds) + offsetof(struct linux_pollfd, revents);
		if (copy_out_obj(at, &fds[k].revents))
			result = -EFAULT;
	}
	if (fds != small)
		kfree(fds);
	return result;
}

SYSCALL(ppoll)
{
	sigset_t mask;
	ns_t deadline;
	bool masked;
	int err = poll_timeout(a[2], &deadline);

	if (!err)
		err = user_sigmask(a[3], a[4], &masked, &mask);
	if (err)
		return err;
	if (masked)
		signal_set_temporary_mask(mask);
	return poll_finish(do_poll(a[0], (unsigned)a[1], deadline), a[2], deadline);
}
