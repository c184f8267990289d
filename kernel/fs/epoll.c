/*
 * epoll(7). An item listens on its file's wait queues; when they wake it, it goes to the ready
 * list, and epoll_wait asks it again before it reports it. The ready list and the waiters are
 * touched under a foreign wait queue's lock, so their locks rank after it, and those of an epoll
 * that watches epolls after theirs (lock.h).
 */
#include "fs/epoll.h"

#include "fs/poll.h"
#include "fs/proc/procfs.h"
#include "sched/timer.h"
#include "syscall/syscall.h"

#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

void epoll_queue_item(struct epoll_item *item)
{
	struct epoll *ep = item->ep;
	irqflags_t flags = spin_lock(&ep->ready_lock);

	if (!item->queued) {
		item->queued = true;
		list_append(&ep->ready, &item->ready_link);
	}
	spin_unlock(&ep->ready_lock, flags);
	wait_wake_all(&ep->wait);
	wait_wake_events(&ep->poll_wait, POLLIN | POLLRDNORM);
}

unsigned epoll_ask(struct epoll_item *item)
{
	return file_poll(item->file, NULL) & item->events & ~PRIVATE_BITS;
}

/* The first ready item that this harvest has not seen, off the list. (ep->lock) */
static struct epoll_item *next_ready(struct epoll *ep)
{
	struct epoll_item *item = NULL;
	irqflags_t flags = spin_lock(&ep->ready_lock);

	if (!list_empty(&ep->ready)) {
		item = list_first(&ep->ready, struct epoll_item, ready_link);
		if (item->scan == ep->scan) {
			item = NULL;
		} else {
			item->queued = false;
			list_remove(&item->ready_link);
		}
	}
	spin_unlock(&ep->ready_lock, flags);
	if (item)
		item->scan = ep->scan;
	return item;
}

/* Back to the end of the list, silently: level-triggered items stay until they are found empty. */
static void requeue(struct epoll_item *item)
{
	struct epoll *ep = item->ep;
	irqflags_t flags = spin_lock(&ep->ready_lock);

	if (!item->queued) {
		item->queued = true;
		list_append(&ep->ready, &item->ready_link);
	}
	spin_unlock(&ep->ready_lock, flags);
}

/* Collects up to `max` events. */
static int harvest(struct epoll *ep, struct linux_epoll_event *out, int max)
{
	struct epoll_item *item;
	int count = 0;

	mutex_lock(&ep->lock);
	ep->scan++;
	while (count < max && (item = next_ready(ep))) {
		unsigned events = epoll_ask(item);

		if (!events)
			continue;
		out[count++] = (struct linux_epoll_event){.events = events, .data = item->data};
		if (item->events & EPOLLONESHOT)
			__atomic_and_fetch(&item->events, PRIVATE_BITS, __ATOMIC_RELAXED);
		else if (!(item->events & EPOLLET))
			requeue(item);
	}
	mutex_unlock(&ep->lock);
	return count;
}

static bool has_ready(const struct epoll *ep)
{
	return __atomic_load_n(&ep->ready.next, __ATOMIC_ACQUIRE) != &ep->ready;
}

/* As poll asks it: are there ready items that prove ready? Those that do not leave the list. */
static unsigned epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->data;
	struct epoll_item *item;
	unsigned events = 0;

	poll_wait(pt, &ep->poll_wait);
	mutex_lock(&ep->lock);
	ep->scan++;
	while (!events && (item = next_ready(ep))) {
		if (!epoll_ask(item))
			continue;
		requeue(item);
		events = POLLIN | POLLRDNORM;
	}
	mutex_unlock(&ep->lock);
	return events;
}

static void epoll_show(struct file *f, struct proc_text *t)
{
	struct epoll *ep = f->data;
	const struct epoll_item *item;

	mutex_lock(&ep->lock);
	for (unsigned k = 0; k < EPOLL_BUCKETS; k++)
		list_for_each (item, &ep->items[k], link)
			text_printf(t,
			    "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%x\n", item->fd,
			    item->events, (unsigned long)item->data,
			    item->file->ops->seek ? (long)item->file->pos : 0L,
			    (unsigned long)item->file->inode->ino, item->file->inode->sb->dev);
	mutex_unlock(&ep->lock);
}

static void epoll_release(struct file *f)
{
	epoll_destroy(f->data);
}

/* More than a device handles at once takes the right to administer it. */
#define POLL_BUDGET 64

static int set_params(struct epoll *ep, uaddr_t from)
{
	struct linux_epoll_params params;

	if (copy_in_obj(&params, from))
		return -EFAULT;
	if (params.pad || params.busy_poll_usecs > INT32_MAX || params.prefer_busy_poll > 1)
		return -EINVAL;
	if (params.busy_poll_budget > POLL_BUDGET && !capable(CAP_NET_ADMIN))
		return -EPERM;
	mutex_lock(&ep->lock);
	ep->params = params;
	mutex_unlock(&ep->lock);
	return 0;
}

static int64_t epoll_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct epoll *ep = f->data;
	struct linux_epoll_params params;

	if (cmd == EPIOCSPARAMS)
		return set_params(ep, arg);
	if (cmd != EPIOCGPARAMS)
		return -EINVAL;
	mutex_lock(&ep->lock);
	params = ep->params;
	mutex_unlock(&ep->lock);
	return copy_out_obj(arg, &params);
}

const struct file_ops epoll_file_ops = {
    .name = "[eventpoll]",
    .seek_ignored = true,
    .poll = epoll_poll,
    .release = epoll_release,
    .ioctl = epoll_ioctl,
    .show_fdinfo = epoll_show,
};

/* Waits for events: how many, 0 at the deadline, -EINTR. A deadline of 0 looks once and minds no
 * signal. */
static int64_t epoll_wait(struct epoll *ep, struct linux_epoll_event *out, int max, ns_t deadline)
{
	bool timed_out = deadline == 0;

	for (;;) {
		int err, n = harvest(ep, out, max);

		if (n || timed_out)
			return n;
		if (signal_pending(current))
			return -EINTR;
		err = wait_event(
		    &ep->wait, has_ready(ep), SCHED_SLEEP_INTR, deadline, "epoll_wait");
		timed_out = err == -ETIMEDOUT;
	}
}

static int64_t wait_and_copy(struct epoll *ep, uaddr_t uevents, int max, ns_t deadline)
{
	unsigned room = MIN(
	    (unsigned)max, MAX(__atomic_load_n(&ep->item_count, __ATOMIC_RELAXED), 8u));
	struct linux_epoll_event *events = kcalloc(room, sizeof(*events));
	int64_t n;

	if (!events)
		return -ENOMEM;
	n = epoll_wait(ep, events, (int)room, deadline);
	if (n > 0 && arch_copy_out(uevents, events, (size_t)n * sizeof(*events)))
		n = -EFAULT;
	kfree(events);
	return n;
}

static int64_t do_epoll_wait(int epfd, uaddr_t uevents, int max, ns_t deadline)
{
	struct file *f;
	int64_t result;

	if (max <= 0 || (unsigned)max > INT32_MAX / sizeof(struct linux_epoll_event))
		return -EINVAL;
	if (!user_range_ok(uevents, (uint64_t)max * sizeof(struct linux_epoll_event)))
		return -EFAULT;
	f = fd_get(epfd);
	if (!f)
		return -EBADF;
	result = -EINVAL;
	if (f->ops == &epoll_file_ops)
		result = wait_and_copy(f->data, uevents, max, deadline);
	file_put(f);
	return result;
}

static int64_t epoll_wait_masked(const uint64_t a[6], ns_t deadline)
{
	sigset_t mask;
	bool masked;
	int64_t result = user_sigmask(a[4], a[5], &masked, &mask);

	if (result)
		return result;
	if (masked)
		signal_set_temporary_mask(mask);
	result = do_epoll_wait((int)a[0], a[1], (int)a[2], deadline);
	signal_end_temporary_mask(result == -EINTR);
	return result;
}

SYSCALL(epoll_pwait)
{
	int32_t ms = (int32_t)a[3];
	ns_t deadline = ms < 0 ? NS_NEVER : ms ? time_now() + ms * (NS_PER_S / 1000) : 0;

	return epoll_wait_masked(a, deadline);
}

SYSCALL(epoll_pwait2)
{
	ns_t deadline;
	int err = poll_timeout(a[3], &deadline);

	return err ? err : epoll_wait_masked(a, deadline);
}
