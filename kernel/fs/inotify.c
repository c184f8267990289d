/* inotify(7): who watches what, and the events that wait to be read. */
#include "fs/inotify.h"

#include "fs/proc/procfs.h"
#include "syscall/syscall.h"
#include "sysctl.h"

struct linux_inotify_event {
	int32_t wd;
	uint32_t mask, cookie, len;
};

struct event {
	struct list link;
	struct linux_inotify_event head;
	char name[]; /* head.len bytes, padded with zeroes */
};

struct group {               /* an inotify file */
	struct list link;    /* of groups (inotify_lock) */
	struct list watches; /* (inotify_lock) */
	int last_wd;         /* (inotify_lock) */
	uint32_t uid;
	struct spinlock lock; /* the events */
	struct list events;
	unsigned count;
	bool overflowed;
	struct wait_queue wait;
	struct event overflow; /* stands in the list at most once */
};

struct watch {
	struct list group_link;
	struct watch *next; /* of inode->watches */
	struct group *group;
	struct inode *inode; /* with a reference */
	int wd;
	uint32_t mask;
};

/* Every watch and every group. Taken inside inode locks. */
static struct mutex inotify_lock = MUTEX_INIT("inotify");
static struct list groups = LIST_INIT(groups); /* (inotify_lock) */
static int64_t watch_count;                    /* atomic: nothing is told while it is 0 */
static uint32_t last_cookie;                   /* atomic */

/* --- events --- */

static size_t padded(const char *name)
{
	return name ? ALIGN_UP(strlen(name) + 1, sizeof(struct linux_inotify_event)) : 0;
}

static bool same_as_last(const struct group *g, const struct event *e)
{
	const struct event *last;

	if (list_empty(&g->events))
		return false;
	last = container_of(g->events.prev, struct event, link);
	return !(last->head.mask & IN_IGNORED) && last->head.wd == e->head.wd &&
	       last->head.mask == e->head.mask && last->head.len == e->head.len &&
	       !memcmp(last->name, e->name, e->head.len);
}

/* Queues it; `e` is freed if it says nothing new or there are too many. NULL: there was no memory
 * for it, which is an overflow too. */
static void enqueue(struct group *g, struct event *e)
{
	irqflags_t flags = spin_lock(&g->lock);
	bool full = !e || g->count >= (uint64_t)sysctl_get(inotify_queued_events);

	if (full && !g->overflowed) {
		g->overflowed = true;
		list_append(&g->events, &g->overflow.link);
		g->count++;
	} else if (!full && !same_as_last(g, e)) {
		list_append(&g->events, &e->link);
		g->count++;
		e = NULL;
	}
	spin_unlock(&g->lock, flags);
	kfree(e);
	wait_wake_events(&g->wait, POLLIN | POLLRDNORM);
}

static void queue_event(const struct watch *w, uint32_t mask, uint32_t cookie, const char *name)
{
	size_t len = padded(name);
	struct event *e = kzalloc(sizeof(*e) + len);

	if (e) {
		e->head = (struct linux_inotify_event){w->wd, mask, cookie, (uint32_t)len};
		if (name)
			memcpy(e->name, name, strlen(name));
	}
	enqueue(w->group, e);
}

/* --- watches --- */

/* Takes the watch away, and tells so. The caller puts the inode and frees it, after the lock is
 * given back. (inotify_lock) */
static void remove_watch(struct watch *w)
{
	struct watch **at = &w->inode->watches;

	while (*at != w)
		at = &(*at)->next;
	__atomic_store_n(at, w->next, __ATOMIC_RELEASE);
	list_remove(&w->group_link);
	__atomic_fetch_sub(&watch_count, 1, __ATOMIC_RELAXED);
	queue_event(w, IN_IGNORED, 0, NULL);
}

static void free_watches(struct watch *w)
{
	while (w) {
		struct watch *next = w->next;

		inode_put(w->inode);
		kfree(w);
		w = next;
	}
}

/* Tells those who watch `i`. `gone`: of an entry that has no name any more. */
static void tell(struct inode *i, uint32_t mask, uint32_t cookie, const char *name, bool gone)
{
	struct watch *w, *next, *ended = NULL;

	if (!__atomic_load_n(&i->watches, __ATOMIC_ACQUIRE))
		return;
	mutex_lock(&inotify_lock);
	for (w = i->watches; w; w = next) {
		next = w->next;
		if (!(w->mask & mask & IN_ALL_EVENTS) || (gone && (w->mask & IN_EXCL_UNLINK)))
			continue;
		queue_event(w, mask, cookie, name);
		if (w->mask & IN_ONESHOT) {
			remove_watch(w);
			w->next = ended;
			ended = w;
		}
	}
	mutex_unlock(&inotify_lock);
	free_watches(ended);
}

static bool nobody_watches(void)
{
	return likely(!__atomic_load_n(&watch_count, __ATOMIC_RELAXED));
}

static uint32_t with_kind(uint32_t what, const struct inode *i)
{
	return S_ISDIR(i->mode) ? what | IN_ISDIR : what;
}

void inotify_inode(struct inode *i, uint32_t what)
{
	if (!nobody_watches())
		tell(i, what, 0, NULL, false);
}

void inotify_entry(
    struct inode *dir, const struct inode *i, const char *name, uint32_t what, uint32_t cookie)
{
	if (!nobody_watches())
		tell(dir, with_kind(what, i), cookie, name, false);
}

void inotify_dentry(struct dentry *d, uint32_t what)
{
	char name[NAME_MAX + 1];
	struct dentry *parent = NULL;
	irqflags_t flags;

	if (nobody_watches())
		return;
	flags = spin_lock(&tree_lock);
	if (d->parent != d && __atomic_load_n(&d->parent->inode->watches, __ATOMIC_ACQUIRE)) {
		parent = d->parent;
		dentry_get(parent);
		memcpy(name, d->name, d->name_len + 1);
	}
	spin_unlock(&tree_lock, flags);
	if (parent) {
		tell(parent->inode, with_kind(what, d->inode), 0, name, d->unlinked);
		dentry_put(parent);
	}
	tell(d->inode, with_kind(what, d->inode), 0, NULL, false);
}

void inotify_file(struct file *f, uint32_t what)
{
	if (f->path.dentry && !(f->flags & O_PATH))
		inotify_dentry(f->path.dentry, what);
}

uint32_t inotify_cookie(void)
{
	return __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);
}

void inotify_deleted(struct inode *i)
{
	struct watch *w, *ended = NULL;

	if (nobody_watches() || !__atomic_load_n(&i->watches, __ATOMIC_ACQUIRE))
		return;
	tell(i, IN_DELETE_SELF, 0, NULL, false);
	mutex_lock(&inotify_lock);
	while ((w = i->watches)) {
		remove_watch(w);
		w->next = ended;
		ended = w;
	}
	mutex_unlock(&inotify_lock);
	free_watches(ended);
}

/* --- the file --- */

/* The first event, off the list, if it fits into `room`: else NULL, and *need is what it takes (0:
 * there is none). */
static struct event *take_event(struct group *g, size_t room, size_t *need)
{
	irqflags_t flags = spin_lock(&g->lock);
	struct event *e = NULL;

	*need = 0;
	if (!list_empty(&g->events)) {
		e = list_first(&g->events, struct event, link);
		*need = sizeof(e->head) + e->head.len;
	}
	if (e && *need <= room) {
		list_remove(&e->link);
		g->count--;
		if (e == &g->overflow)
			g->overflowed = false;
	} else {
		e = NULL;
	}
	spin_unlock(&g->lock, flags);
	return e;
}

static bool has_events(struct group *g)
{
	return __atomic_load_n(&g->count, __ATOMIC_ACQUIRE);
}

/* As many as fit; 0: there are none. */
static int64_t read_events(struct group *g, struct io_vec *io)
{
	int64_t total = 0, moved = 0;
	struct event *e;
	size_t need;

	while ((e = take_event(g, io->left, &need))) {
		moved = io_put(io, &e->head, need);
		if (e != &g->overflow)
			kfree(e);
		if (moved < 0)
			break;
		total += moved;
	}
	if (total)
		return total;
	return moved < 0 ? moved : need ? -EINVAL : 0;
}

static int64_t inotify_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct group *g = f->data;
	int64_t n;

	while (!(n = read_events(g, io))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&g->wait, has_events(g), SCHED_SLEEP_INTR, NS_NEVER, "inotify_read"))
			return -ERESTARTSYS;
	}
	return n;
}

static unsigned inotify_poll(struct file *f, struct poll_table *pt)
{
	struct group *g = f->data;

	poll_wait(pt, &g->wait);
	return has_events(g) ? POLLIN | POLLRDNORM : 0;
}

static int64_t inotify_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct group *g = f->data;
	struct event *e;
	irqflags_t flags;
	int32_t sum = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	flags = spin_lock(&g->lock);
	list_for_each (e, &g->events, link)
		sum += (int32_t)(sizeof(e->head) + e->head.len);
	spin_unlock(&g->lock, flags);
	return copy_out_obj(arg, &sum);
}

static void inotify_release(struct file *f)
{
	struct group *g = f->data;
	struct watch *w, *ended = NULL;
	struct event *e;
	size_t need;

	mutex_lock(&inotify_lock);
	while (!list_empty(&g->watches)) {
		w = list_first(&g->watches, struct watch, group_link);
		remove_watch(w);
		w->next = ended;
		ended = w;
	}
	list_remove(&g->link);
	mutex_unlock(&inotify_lock);
	free_watches(ended);
	while ((e = take_event(g, SIZE_MAX, &need)))
		if (e != &g->overflow)
			kfree(e);
	kfree(g);
}

static void inotify_fdinfo(struct file *f, struct proc_text *t)
{
	struct group *g = f->data;
	struct watch *w;

	mutex_lock(&inotify_lock);
	list_for_each (w, &g->watches, group_link)
		text_printf(t, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:0\n", w->wd,
		    (unsigned long)w->inode->ino, w->inode->sb->dev,
		    w->mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK));
	mutex_unlock(&inotify_lock);
}

static const struct file_ops inotify_ops = {
    .name = "inotify",
    .read = inotify_read,
    .poll = inotify_poll,
    .ioctl = inotify_ioctl,
    .release = inotify_release,
    .show_fdinfo = inotify_fdinfo,
    .seek_ignored = true,
};

/* How many instances, or watches, a user has. (inotify_lock) */
static int64_t count_of(uint32_t uid, bool watches)
{
	struct group *g;
	struct watch *w;
	int64_t n = 0;

	list_for_each (g, &groups, link) {
		if (g->uid != uid)
			continue;
		if (!watches)
			n++;
		else
			list_for_each (w, &g->watches, group_link)
				n++;
	}
	return n;
}

static struct group *group_create(void)
{
	struct group *g = kzalloc(sizeof(*g));

	if (!g)
		return ERR_PTR(-ENOMEM);
	list_init(&g->watches);
	list_init(&g->events);
	spin_init(&g->lock, "inotify events", RANK_FS);
	wait_queue_init(&g->wait);
	g->overflow.head = (struct linux_inotify_event){.wd = -1, .mask = IN_Q_OVERFLOW};
	g->uid = current_cred()->uid;
	mutex_lock(&inotify_lock);
	if (count_of(g->uid, false) < sysctl_get(inotify_instances)) {
		list_append(&groups, &g->link);
	} else {
		kfree(g);
		g = ERR_PTR(-EMFILE);
	}
	mutex_unlock(&inotify_lock);
	return g;
}

SYSCALL(inotify_init1)
{
	struct group *g;
	struct file *f;

	if (a[0] & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	g = group_create();
	if (IS_ERR(g))
		return PTR_ERR(g);
	f = file_create(&inotify_ops, NULL, O_RDONLY | ((unsigned)a[0] & O_NONBLOCK), g);
	if (IS_ERR(f)) {
		mutex_lock(&inotify_lock);
		list_remove(&g->link);
		mutex_unlock(&inotify_lock);
		kfree(g);
		return PTR_ERR(f);
	}
	return fd_install(f, (unsigned)a[0], 0);
}

/* The inotify file behind a descriptor, or ERR_PTR(-EBADF, -EINVAL). */
static struct file *inotify_get(int fd)
{
	struct file *f = fd_get(fd);

	if (f && f->ops == &inotify_ops)
		return f;
	file_put(f);
	return ERR_PTR(f ? -EINVAL : -EBADF);
}

/* A new number, above the last as long as there are any. (inotify_lock) */
static int next_wd(struct group *g)
{
	g->last_wd = g->last_wd == INT32_MAX ? 1 : g->last_wd + 1;
	return g->last_wd;
}

/* A watch number, or -errno. (inotify_lock) */
static int add_watch(struct group *g, struct inode *i, uint32_t mask)
{
	uint32_t kept = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	struct watch *w;

	for (w = i->watches; w; w = w->next) {
		if (w->group != g)
			continue;
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | kept : kept;
		return w->wd;
	}
	if (count_of(g->uid, true) >= sysctl_get(inotify_watches))
		return -ENOSPC;
	w = kzalloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->group = g;
	w->inode = i;
	inode_get(i);
	w->mask = kept;
	w->wd = next_wd(g);
	w->next = i->watches;
	list_append(&g->watches, &w->group_link);
	__atomic_store_n(&i->watches, w, __ATOMIC_RELEASE);
	__atomic_fetch_add(&watch_count, 1, __ATOMIC_RELAXED);
	return w->wd;
}

static int add_watch_path(struct group *g, uaddr_t upath, uint32_t mask)
{
	unsigned how = (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
		       (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0);
	struct user_path p;
	struct path at;
	int result = user_path_get(&p, upath);

	if (result)
		return result;
	result = path_lookup(AT_FDCWD, p.text, how, &at);
	user_path_put(&p);
	if (result)
		return result;
	result = inode_permission(at.dentry->inode, MAY_READ);
	if (!result) {
		mutex_lock(&inotify_lock);
		result = add_watch(g, at.dentry->inode, mask);
		mutex_unlock(&inotify_lock);
	}
	path_put(&at);
	return result;
}

SYSCALL(inotify_add_watch)
{
	const uint32_t known = IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED |
			       IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE |
			       IN_MASK_ADD | IN_ISDIR | IN_ONESHOT;
	uint32_t mask = (uint32_t)a[2];
	struct file *f;
	int result;

	if (mask & ~known || !(mask & known))
		return -EINVAL;
	f = inotify_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
		result = -EINVAL;
	else
		result = add_watch_path(f->data, a[1], mask);
	file_put(f);
	return result;
}

SYSCALL(inotify_rm_watch)
{
	struct file *f = inotify_get((int)a[0]);
	struct watch *w, *found = NULL;
	struct group *g;

	if (IS_ERR(f))
		return PTR_ERR(f);
	g = f->data;
	mutex_lock(&inotify_lock);
	list_for_each (w, &g->watches, group_link)
		if (w->wd == (int)a[1])
			found = w;
	if (found) {
		remove_watch(found);
		found->next = NULL;
	}
	mutex_unlock(&inotify_lock);
	free_watches(found);
	file_put(f);
	return found ? 0 : -EINVAL;
}
