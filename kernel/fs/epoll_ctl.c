/* epoll's items: epoll_create1(2), epoll_ctl(2), and what happens when a watched file is closed for
 * good. */
#include "fs/epoll.h"

#include "syscall/syscall.h"

/* Who watches whom: every file's list of items, and the levels. Before any ep->lock. */
static struct mutex epoll_lock = MUTEX_INIT("epoll items");

/* One of an item's places on a wait queue. */
struct epoll_ear {
	struct waiter waiter;
	struct wait_queue *queue;
	struct epoll_item *item;
	struct epoll_ear *next;
};

struct ear_table {
	struct poll_table table;
	struct epoll_item *item;
};

static void ear_notify(struct waiter *w, unsigned events)
{
	struct epoll_item *item = container_of(w, struct epoll_ear, waiter)->item;
	uint32_t wanted = __atomic_load_n(&item->events, __ATOMIC_RELAXED);

	if (events ? events & wanted : wanted & 0xffff)
		epoll_queue_item(item);
}

static void ear_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct epoll_item *item = container_of(pt, struct ear_table, table)->item;
	struct epoll_ear *e = kzalloc(sizeof(*e));

	if (!e) {
		item->error = -ENOMEM;
		return;
	}
	e->waiter.thread = current;
	e->waiter.notify = ear_notify;
	e->queue = wq;
	e->item = item;
	e->next = item->ears;
	item->ears = e;
	wait_add(wq, &e->waiter);
}

static struct list *bucket(struct epoll *ep, const struct file *f, int fd)
{
	uintptr_t h = ((uintptr_t)f >> 6) + (unsigned)fd;
	return &ep->items[h % EPOLL_BUCKETS];
}

/* (ep->lock) */
static struct epoll_item *find_item(struct epoll *ep, const struct file *f, int fd)
{
	struct epoll_item *item;

	list_for_each (item, bucket(ep, f, fd), link)
		if (item->file == f && item->fd == fd)
			return item;
	return NULL;
}

/* Takes the item out of everything. (epoll_lock, ep->lock) */
static void remove_item(struct epoll_item *item)
{
	struct epoll *ep = item->ep;
	irqflags_t flags;

	while (item->ears) {
		struct epoll_ear *e = item->ears;
		item->ears = e->next;
		wait_remove(e->queue, &e->waiter);
		kfree(e);
	}
	flags = spin_lock(&ep->ready_lock);
	if (item->queued)
		list_remove(&item->ready_link);
	spin_unlock(&ep->ready_lock, flags);
	list_remove(&item->link);
	list_remove(&item->file_link);
	ep->item_count--;
	kfree(item);
}

void epoll_file_released(struct file *f)
{
	if (list_empty(&f->epoll_items))
		return;
	mutex_lock(&epoll_lock);
	while (!list_empty(&f->epoll_items)) {
		struct epoll_item *item = list_first(&f->epoll_items, struct epoll_item, file_link);
		struct epoll *ep = item->ep;

		mutex_lock(&ep->lock);
		remove_item(item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_lock);
}

void epoll_destroy(struct epoll *ep)
{
	struct epoll_item *item, *next;

	mutex_lock(&epoll_lock);
	mutex_lock(&ep->lock);
	for (unsigned k = 0; k < EPOLL_BUCKETS; k++)
		list_for_each_safe (item, next, &ep->items[k], link)
			remove_item(item);
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_lock);
	kfree(ep);
}

/* May `ep` be at `level`, and who watches it above, without meeting `child`? (epoll_lock) */
static bool nesting_ok(const struct epoll *ep, unsigned level, const struct epoll *child)
{
	const struct epoll_item *item;

	if (ep == child || level > EPOLL_MAX_NESTING)
		return false;
	list_for_each (item, &ep->file->epoll_items, file_link)
		if (!nesting_ok(item->ep, MAX(item->ep->level, level + 1), child))
			return false;
	return true;
}

/* (epoll_lock) */
static void raise_level(struct epoll *ep, unsigned level)
{
	struct epoll_item *item;

	ep->level = MAX(ep->level, level);
	ep->ready_lock.rank = ep->wait.lock.rank = ep->poll_wait.lock.rank = (uint8_t)(RANK_EPOLL +
										       ep->level);
	list_for_each (item, &ep->file->epoll_items, file_link)
		raise_level(item->ep, ep->level + 1);
}

/* Puts the item's ears up. (epoll_lock, ep->lock) */
static int listen(struct epoll_item *item)
{
	struct ear_table t = {.table.add = ear_add, .item = item};
	unsigned events = file_poll(item->file, &t.table);

	if (item->error)
		return item->error;
	if (events & item->events)
		epoll_queue_item(item);
	return 0;
}

static int add_item(struct epoll *ep, struct file *f, int fd, const struct linux_epoll_event *event)
{
	struct epoll *child = f->ops == &epoll_file_ops ? f->data : NULL;
	struct epoll_item *item;
	int err;

	if (child && !nesting_ok(ep, MAX(ep->level, child->level + 1), child))
		return -ELOOP;
	item = kzalloc(sizeof(*item));
	if (!item)
		return -ENOMEM;
	if (child)
		raise_level(ep, child->level + 1);
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->events = event->events | POLLERR | POLLHUP;
	item->data = event->data;
	list_init(&item->ready_link);
	list_append(bucket(ep, f, fd), &item->link);
	list_append(&f->epoll_items, &item->file_link);
	ep->item_count++;
	err = listen(item);
	if (err)
		remove_item(item);
	return err;
}

static int change_item(struct epoll_item *item, const struct linux_epoll_event *event)
{
	if ((item->events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->data = event->data;
	__atomic_store_n(&item->events, event->events | POLLERR | POLLHUP, __ATOMIC_SEQ_CST);
	if (epoll_ask(item))
		epoll_queue_item(item);
	return 0;
}

static int change(struct epoll *ep, int op, struct file *f, int fd, struct linux_epoll_event *event)
{
	struct epoll_item *item;
	int err;

	mutex_lock(&epoll_lock);
	mutex_lock(&ep->lock);
	item = find_item(ep, f, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		err = item ? -EEXIST : add_item(ep, f, fd, event);
		break;
	case EPOLL_CTL_MOD:
		err = item ? change_item(item, event) : -ENOENT;
		break;
	case EPOLL_CTL_DEL:
		err = item ? 0 : -ENOENT;
		if (item)
			remove_item(item);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_lock);
	return err;
}

static int check_ctl(struct file *ep, int op, struct file *f, const struct linux_epoll_event *event)
{
	const uint32_t exclusive_ok = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
				      POLLWRNORM | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

	if (!f->ops->poll)
		return -EPERM;
	if (ep == f || ep->ops != &epoll_file_ops)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE)) {
		if (op == EPOLL_CTL_MOD || f->ops == &epoll_file_ops ||
		    (event->events & ~exclusive_ok))
			return -EINVAL;
	}
	return 0;
}

const void *epoll_target(const struct file *f, int fd, unsigned skip)
{
	struct epoll *ep = f->data;
	const void *found = ERR_PTR(-ENOENT);
	const struct epoll_item *item;

	if (f->ops != &epoll_file_ops)
		return ERR_PTR(-EINVAL);
	mutex_lock(&ep->lock);
	for (unsigned k = 0; k < EPOLL_BUCKETS && IS_ERR(found); k++) {
		list_for_each (item, &ep->items[k], link) {
			if (item->fd != fd || skip--)
				continue;
			found = item->file;
			break;
		}
	}
	mutex_unlock(&ep->lock);
	return found;
}

SYSCALL(epoll_ctl)
{
	struct linux_epoll_event event = {0};
	int op = (int)a[1], err;
	struct file *ep, *f;

	if (op != EPOLL_CTL_DEL && copy_in_obj(&event, a[3]))
		return -EFAULT;
	ep = fd_get((int)a[0]);
	if (!ep)
		return -EBADF;
	f = fd_get((int)a[2]);
	err = f ? check_ctl(ep, op, f, &event) : -EBADF;
	if (!err)
		err = change(ep->data, op, f, (int)a[2], &event);
	file_put(f);
	file_put(ep);
	return err;
}

static struct epoll *epoll_create(void)
{
	struct epoll *ep = kzalloc(sizeof(*ep));

	if (!ep)
		return NULL;
	mutex_init(&ep->lock, "epoll");
	spin_init(&ep->ready_lock, "epoll ready", RANK_EPOLL);
	wait_queue_init(&ep->wait);
	wait_queue_init(&ep->poll_wait);
	ep->wait.lock.rank = ep->poll_wait.lock.rank = RANK_EPOLL;
	list_init(&ep->ready);
	for (unsigned k = 0; k < EPOLL_BUCKETS; k++)
		list_init(&ep->items[k]);
	return ep;
}

SYSCALL(epoll_create1)
{
	unsigned flags = (unsigned)a[0];
	struct epoll *ep;
	struct file *f;

	if (flags & ~(unsigned)O_CLOEXEC)
		return -EINVAL;
	ep = epoll_create();
	if (!ep)
		return -ENOMEM;
	f = file_create(&epoll_file_ops, NULL, O_RDWR, ep);
	if (IS_ERR(f)) {
		kfree(ep);
		return PTR_ERR(f);
	}
	ep->file = f;
	return fd_install(f, flags, 0);
}
