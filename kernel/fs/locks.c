/*
 * Advisory locks: POSIX record locks (owner: a table of descriptors), open-file-description locks
 * (owner: the open file; fcntl(2)), and flock(2) (owner: the open file; the whole file; apart from
 * the others).
 */
#include "fs/locks.h"

#include "syscall/syscall.h"

struct mutex locks_lock = MUTEX_INIT("file locks");
struct list lock_lists = LIST_INIT(lock_lists);
struct list blocked_owners = LIST_INIT(blocked_owners);

static struct lock_list *lock_list_of(struct inode *i)
{
	struct lock_list *l = i->locks;

	if (l)
		return l;
	l = kzalloc(sizeof(*l));
	if (!l)
		return NULL;
	list_init(&l->locks);
	wait_queue_init(&l->wait);
	l->inode = i;
	list_append(&lock_lists, &l->link);
	i->locks = l;
	return l;
}

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static struct file_lock *conflict(const struct lock_list *list, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each (l, &list->locks, link)
		if (l->kind == want->kind && l->owner != want->owner && overlap(l, want) &&
		    (l->exclusive || want->exclusive))
			return l;
	return NULL;
}

/* The owner's own lock in the range. */
static struct file_lock *own(const struct lock_list *list, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each (l, &list->locks, link)
		if (l->kind == want->kind && l->owner == want->owner && overlap(l, want))
			return l;
	return NULL;
}

static void insert(struct lock_list *list, struct file_lock *new)
{
	struct file_lock *l;

	list_for_each (l, &list->locks, link)
		if (l->start > new->start)
			break;
	list_append(&l->link, &new->link); /* before l, which may be the head */
}

static struct file_lock *copy_lock(const struct file_lock *l)
{
	struct file_lock *c = kmalloc(sizeof(*c));

	if (c) {
		*c = *l;
		list_init(&c->link);
	}
	return c;
}

/*
 * Takes `what`'s range out of its owner's locks; `spare` serves for the second half of one that is
 * split. Returns true if `spare` was used.
 */
static bool carve(struct lock_list *list, const struct file_lock *what, struct file_lock *spare)
{
	struct file_lock *l, *next;
	bool used = false;

	list_for_each_safe (l, next, &list->locks, link) {
		if (l->kind != what->kind || l->owner != what->owner || !overlap(l, what))
			continue;
		if (l->start < what->start && l->end > what->end) {
			*spare = *l;
			spare->start = what->end + 1;
			l->end = what->start - 1;
			insert(list, spare);
			used = true;
		} else if (l->start < what->start) {
			l->end = what->start - 1;
		} else if (l->end > what->end) {
			list_remove(&l->link);
			l->start = what->end + 1;
			insert(list, l);
		} else {
			list_remove(&l->link);
			kfree(l);
		}
	}
	return used;
}

/* Joins the owner's neighbours of one type. */
static void merge(struct lock_list *list, const struct file_lock *new)
{
	struct file_lock *l, *next, *last = NULL;

	list_for_each_safe (l, next, &list->locks, link) {
		if (l->kind != new->kind || l->owner != new->owner)
			continue;
		if (last && last->exclusive == l->exclusive && last->end >= l->start - 1) {
			last->end = MAX(last->end, l->end);
			list_remove(&l->link);
			kfree(l);
		} else {
			last = l;
		}
	}
}

/* Sets (or with `unlock` removes) without waiting. 0, -EAGAIN, -ENOMEM. (locks_lock) */
static int set_lock(struct lock_list *list, const struct file_lock *want, bool unlock)
{
	struct file_lock *new = copy_lock(want), *spare = copy_lock(want);
	int err = new && spare ? 0 : -ENOMEM;
	bool used;

	if (!err && !unlock && conflict(list, want))
		err = -EAGAIN;
	if (err) {
		kfree(new);
		kfree(spare);
		return err;
	}
	used = carve(list, want, spare);
	if (!used)
		kfree(spare);
	if (unlock) {
		kfree(new);
	} else {
		insert(list, new);
		merge(list, want);
	}
	return 0;
}

/* Would `owner` wait for itself, along the chain that begins at `by`? (locks_lock) */
static bool deadlock(const void *owner, const void *by)
{
	for (unsigned steps = 0; steps < 64; steps++) {
		const void *next = NULL;
		struct blocked *b;

		if (by == owner)
			return true;
		list_for_each (b, &blocked_owners, link)
			if (b->owner == by)
				next = b->by;
		if (!next)
			return false;
		by = next;
	}
	return false;
}

static bool free_now(struct lock_list *list, const struct file_lock *want)
{
	bool is_free;

	mutex_lock(&locks_lock);
	is_free = !conflict(list, want);
	mutex_unlock(&locks_lock);
	return is_free;
}

struct lock_waiter {
	struct waiter waiter;
	bool woken; /* atomic */
};

static void lock_notify(struct waiter *w, unsigned events)
{
	__atomic_store_n(
	    &container_of(w, struct lock_waiter, waiter)->woken, true, __ATOMIC_SEQ_CST);
	sched_wake(w->thread, WAKE_ANY_SLEEP);
}

/* Sleeps until a lock of the file goes or the conflict is over. 0 or -ERESTARTSYS. (no locks) */
static int sleep_for_lock(struct lock_list *list, const struct file_lock *want)
{
	struct lock_waiter w = {.waiter = {.thread = current, .notify = lock_notify}};
	int err = 0;

	wait_add(&list->wait, &w.waiter);
	if (!free_now(list, want)) {
		sched_prepare(SCHED_SLEEP_INTR);
		if (__atomic_load_n(&w.woken, __ATOMIC_SEQ_CST))
			sched_cancel();
		else
			err = sched_sleep(NS_NEVER, "file_lock") ? -ERESTARTSYS : 0;
	}
	wait_remove(&list->wait, &w.waiter);
	return err;
}

/* Waits for a conflict to end. (locks_lock on entry and exit) 0, -EDEADLK, -ERESTARTSYS. */
static int wait_for_lock(struct lock_list *list, const struct file_lock *want, bool detect)
{
	struct file_lock *other = conflict(list, want);
	struct blocked me = {.owner = want->owner};
	int err;

	if (!other)
		return 0;
	if (detect && deadlock(want->owner, other->owner))
		return -EDEADLK;
	me.by = other->owner;
	me.list = list;
	me.want = want;
	list_append(&blocked_owners, &me.link);
	mutex_unlock(&locks_lock);
	err = sleep_for_lock(list, want);
	mutex_lock(&locks_lock);
	list_remove(&me.link);
	return err;
}

static int change_lock(struct file *f, const struct file_lock *want, bool unlock, bool wait)
{
	bool detect = want->kind == LOCK_POSIX && want->pid != -1;
	struct lock_list *list;
	int err;

	mutex_lock(&locks_lock);
	list = lock_list_of(f->inode);
	for (;;) {
		err = list ? set_lock(list, want, unlock) : -ENOMEM;
		if (err != -EAGAIN || !wait)
			break;
		err = wait_for_lock(list, want, detect);
		if (err)
			break;
	}
	if (list && !err)
		wait_wake_all(&list->wait);
	mutex_unlock(&locks_lock);
	return err;
}

/* Turns struct flock into a range of the file. */
static int parse_flock(struct file *f, const struct linux_flock *fl, struct file_lock *out)
{
	int64_t start;

	switch (fl->whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = (int64_t)f->pos;
		break;
	case SEEK_END:
		start = (int64_t)f->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, fl->start, &start))
		return -EOVERFLOW;
	out->start = start;
	out->end = INT64_MAX;
	if (fl->len > 0 && __builtin_add_overflow(start, fl->len - 1, &out->end))
		return -EOVERFLOW;
	if (fl->len < 0) {
		out->end = start - 1;
		if (__builtin_add_overflow(start, fl->len, &out->start))
			return -EINVAL;
	}
	if (out->start < 0 || start < 0)
		return -EINVAL;
	if (fl->type != F_RDLCK && fl->type != F_WRLCK && fl->type != F_UNLCK)
		return -EINVAL;
	out->exclusive = fl->type == F_WRLCK;
	return 0;
}

/* What is in the way of `want`; with F_UNLCK, which only open file descriptions can ask, what they
 * hold themselves. */
static int64_t get_lock(
    struct file *f, const struct file_lock *want, bool ofd, struct linux_flock *fl, uaddr_t arg)
{
	struct file_lock *other = NULL;

	if (fl->type == F_UNLCK && !ofd)
		return -EINVAL;
	mutex_lock(&locks_lock);
	if (f->inode->locks)
		other = fl->type == F_UNLCK ? own(f->inode->locks, want)
					    : conflict(f->inode->locks, want);
	fl->type = F_UNLCK;
	if (other) {
		fl->type = other->exclusive ? F_WRLCK : F_RDLCK;
		fl->whence = SEEK_SET;
		fl->start = other->start;
		fl->len = other->end == INT64_MAX ? 0 : other->end - other->start + 1;
		fl->pid = other->pid;
	}
	mutex_unlock(&locks_lock);
	return copy_out_obj(arg, fl);
}

int64_t fcntl_lock(struct file *f, unsigned cmd, uaddr_t arg)
{
	bool ofd = cmd >= F_OFD_GETLK;
	unsigned basic = ofd ? cmd - F_OFD_GETLK + F_GETLK : cmd;
	struct file_lock want = {.kind = LOCK_POSIX, .file = f};
	struct linux_flock fl;
	int err = copy_in_obj(&fl, arg);

	if (err)
		return err;
	err = parse_flock(f, &fl, &want);
	if (err || (ofd && fl.pid))
		return err ? err : -EINVAL;
	want.owner = ofd ? (const void *)f : (const void *)current->files;
	want.pid = ofd || !current->process ? -1 : current->process->pid->nr;
	if (basic == F_GETLK)
		return get_lock(f, &want, ofd, &fl, arg);
	if ((fl.type == F_RDLCK && !file_readable(f)) || (fl.type == F_WRLCK && !file_writable(f)))
		return -EBADF;
	return change_lock(f, &want, fl.type == F_UNLCK, basic == F_SETLKW);
}

int do_flock(struct file *f, unsigned op)
{
	struct file_lock want = {
	    .kind = LOCK_FLOCK, .owner = f, .file = f, .pid = -1, .end = INT64_MAX};
	bool wait = !(op & LOCK_NB);

	if (current->process)
		want.pid = current->process->pid->nr;
	if (op & LOCK_MAND)
		return 0; /* what Linux says since it does nothing with it */
	switch (op & ~(unsigned)LOCK_NB) {
	case LOCK_UN:
		return change_lock(f, &want, true, false);
	case LOCK_EX:
		want.exclusive = true;
		break;
	case LOCK_SH:
		break;
	default:
		return -EINVAL;
	}
	return change_lock(f, &want, false, wait);
}

SYSCALL(flock)
{
	struct file *f = fd_get((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = do_flock(f, (unsigned)a[1]);
	file_put(f);
	return err;
}

/* Everything of `owner` goes. */
static void release_owner(struct inode *i, const void *owner)
{
	struct file_lock *l, *next;

	if (!__atomic_load_n(&i->locks, __ATOMIC_ACQUIRE))
		return;
	mutex_lock(&locks_lock);
	list_for_each_safe (l, next, &i->locks->locks, link) {
		if (l->owner != owner)
			continue;
		list_remove(&l->link);
		kfree(l);
	}
	wait_wake_all(&i->locks->wait);
	mutex_unlock(&locks_lock);
}

void locks_file_released(struct file *f)
{
	release_owner(f->inode, f);
}

void locks_process_closed(struct file *f, void *owner)
{
	release_owner(f->inode, owner);
}

void locks_inode_released(struct inode *i)
{
	if (!i->locks)
		return;
	mutex_lock(&locks_lock);
	list_remove(&i->locks->link);
	mutex_unlock(&locks_lock);
	kfree(i->locks);
}
