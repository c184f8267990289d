/* Message queues: what is in them, who waits, and who is told. */
#include "ipc/mqueue.h"

#include "mm/heap.h"
#include "printk.h"
#include "proc/posix_timer.h"
#include "sysctl.h"

/* --- messages --- */

/* (q->lock) */
static void insert(struct mqueue *q, struct mq_message *m)
{
	struct list *before = q->messages.prev;

	while (before != &q->messages &&
	       container_of(before, struct mq_message, link)->priority < m->priority)
		before = before->prev;
	list_add(before, &m->link);
	q->count++;
	q->bytes += m->size;
}

/* The notification that a message in an empty queue brings; it is used up by that. */
struct notice {
	struct pid *to; /* NULL: none; with a reference */
	struct siginfo info;
};

/* (q->lock) */
static void take_notice(struct mqueue *q, struct notice *n)
{
	*n = (struct notice){.to = q->owner};
	q->owner = NULL;
	if (!n->to || q->notify != SIGEV_SIGNAL)
		return;
	n->info = (struct siginfo){.si_signo = q->sig, .si_code = SI_MESGQ};
	n->info.rt.pid = current->process->pid->nr;
	n->info.rt.uid = current_cred()->uid;
	n->info.rt.value = q->value;
}

static void give_notice(struct notice *n)
{
	irqflags_t flags;

	if (n->to && n->info.si_signo) {
		flags = spin_lock(&task_lock);
		if (n->to->process && n->to->process->phase != ZOMBIE)
			signal_send(n->to->process->leader, &n->info, TO_PROCESS);
		spin_unlock(&task_lock, flags);
	}
	pid_put(n->to);
}

static bool try_send(struct mqueue *q, struct mq_message *m, struct notice *n)
{
	irqflags_t flags = spin_lock(&q->lock);
	bool room = q->count < q->maxmsg;

	*n = (struct notice){.to = NULL};
	if (room) {
		insert(q, m);
		if (q->count == 1 && !q->receivers)
			take_notice(q, n);
	}
	spin_unlock(&q->lock, flags);
	return room;
}

static int wait_result(int err)
{
	return err == -EINTR ? -ERESTARTSYS : err;
}

int mqueue_send(struct file *f, struct mq_message *m, ns_t deadline)
{
	struct mqueue *q = mqueue_of(f);
	struct notice n;
	int err;

	if (!try_send(q, m, &n)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event(
		    &q->wait, try_send(q, m, &n), SCHED_SLEEP_INTR, deadline, "mq_timedsend");
		if (err)
			return wait_result(err);
	}
	wait_wake_events(&q->wait, POLLIN | POLLRDNORM);
	give_notice(&n);
	inode_touch(f->inode);
	return 0;
}

/* (q->lock) */
static struct mq_message *take_first(struct mqueue *q)
{
	struct mq_message *m;

	if (!q->count)
		return NULL;
	m = list_first(&q->messages, struct mq_message, link);
	list_remove(&m->link);
	q->count--;
	q->bytes -= m->size;
	return m;
}

static struct mq_message *try_receive(struct mqueue *q)
{
	irqflags_t flags = spin_lock(&q->lock);
	struct mq_message *m = take_first(q);

	spin_unlock(&q->lock, flags);
	return m;
}

/* While a receiver is counted nobody is notified of a message: who leaves without one takes what
 * has come meanwhile. */
static int wait_for_message(struct mqueue *q, ns_t deadline, struct mq_message **m)
{
	irqflags_t flags = spin_lock(&q->lock);
	int err;

	q->receivers++;
	spin_unlock(&q->lock, flags);
	err = wait_event(
	    &q->wait, (*m = try_receive(q)) != NULL, SCHED_SLEEP_INTR, deadline, "mq_timedreceive");
	flags = spin_lock(&q->lock);
	q->receivers--;
	if (err)
		*m = take_first(q);
	spin_unlock(&q->lock, flags);
	return *m ? 0 : wait_result(err);
}

struct mq_message *mqueue_receive(struct file *f, ns_t deadline)
{
	struct mqueue *q = mqueue_of(f);
	struct mq_message *m = try_receive(q);
	int err;

	if (!m) {
		if (f->flags & O_NONBLOCK)
			return ERR_PTR(-EAGAIN);
		err = wait_for_message(q, deadline, &m);
		if (err)
			return ERR_PTR(err);
	}
	wait_wake_events(&q->wait, POLLOUT | POLLWRNORM);
	inode_touch(f->inode);
	return m;
}

int mqueue_notify(struct mqueue *q, int notify, int sig, uint64_t value)
{
	struct pid *me = current->process->pid, *gone = NULL;
	irqflags_t flags = spin_lock(&q->lock);
	int err = 0;

	if (notify < 0) {
		if (q->owner == me) {
			gone = me;
			q->owner = NULL;
		}
	} else if (q->owner) {
		err = -EBUSY;
	} else {
		pid_get(me);
		q->owner = me;
		q->notify = notify;
		q->sig = sig;
		q->value = value;
	}
	spin_unlock(&q->lock, flags);
	pid_put(gone);
	return err;
}

/* --- files --- */

static void mqueue_flush(struct file *f)
{
	if (mqueue_of(f) && current->process)
		mqueue_notify(mqueue_of(f), -1, 0, 0);
}

static int64_t mqueue_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct mqueue *q = mqueue_of(f);
	char text[80];
	irqflags_t flags = spin_lock(&q->lock);
	bool told = q->owner && q->notify == SIGEV_SIGNAL;
	int64_t n = fmt_string(text, sizeof(text),
	    "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", (unsigned long)q->bytes,
	    q->owner ? q->notify : 0, told ? q->sig : 0, q->owner ? q->owner->nr : 0);

	spin_unlock(&q->lock, flags);
	if (*pos >= (uint64_t)n)
		return 0;
	n = io_put(io, text + *pos, MIN((size_t)n - *pos, io->left));
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

static int64_t mqueue_seek(struct file *f, int64_t offset, int whence)
{
	return seek_in(f, offset, whence, f->inode->size);
}

static unsigned mqueue_poll(struct file *f, struct poll_table *pt)
{
	struct mqueue *q = mqueue_of(f);
	int64_t count;

	poll_wait(pt, &q->wait);
	count = __atomic_load_n(&q->count, __ATOMIC_ACQUIRE);
	return (count ? POLLIN | POLLRDNORM : 0u) | (count < q->maxmsg ? POLLOUT | POLLWRNORM : 0u);
}

static const struct file_ops mqueue_file_ops = {
    .flush = mqueue_flush,
    .read = mqueue_read,
    .seek = mqueue_seek,
    .poll = mqueue_poll,
};

struct mqueue *mqueue_of(const struct file *f)
{
	return f->ops == &mqueue_file_ops ? f->inode->data : NULL;
}

/* --- making and removing --- */

static struct superblock *superblock;
static struct mutex lock = MUTEX_INIT("mqueue"); /* makers, for the limits */
static struct spinlock queues_lock = SPINLOCK_INIT("mqueues", RANK_FS);
static struct list queues = LIST_INIT(queues); /* unlinked ones too (queues_lock) */

#define NODE_SIZE    48 /* what Linux counts for a message's head, and for a priority */
#define FILE_SIZE    80 /* as stat(2) shows a queue */
#define HARD_MSGMAX  65536
#define HARD_MSGSIZE (16 << 20)
#define DIRENT_SIZE  20

static void mqueue_release(struct inode *i)
{
	struct mqueue *q = i->data;
	irqflags_t flags;

	if (!q)
		return;
	flags = spin_lock(&queues_lock);
	list_remove(&q->link);
	spin_unlock(&queues_lock, flags);
	while (!list_empty(&q->messages)) {
		struct mq_message *m = list_first(&q->messages, struct mq_message, link);

		list_remove(&m->link);
		kfree(m);
	}
	pid_put(q->owner);
	kfree(q);
}

/* Fills in the limits that a new queue has: 0, -EINVAL, -EOVERFLOW. */
static int choose_limits(struct mqueue *q, const struct mq_attr *attr)
{
	bool free = fs_capable(CAP_SYS_RESOURCE);
	int64_t most = free ? HARD_MSGMAX : sysctl_get(mq_msg_max);
	int64_t longest = free ? HARD_MSGSIZE : sysctl_get(mq_msgsize_max);

	q->maxmsg = attr ? attr->maxmsg : MIN(sysctl_get(mq_msg_max), sysctl_get(mq_msg_default));
	q->msgsize = attr ? attr->msgsize
			  : MIN(sysctl_get(mq_msgsize_max), sysctl_get(mq_msgsize_default));
	if (q->maxmsg <= 0 || q->msgsize <= 0)
		return -EINVAL;
	if (attr && (q->maxmsg > most || q->msgsize > longest))
		return -EINVAL;
	q->charged = (uint64_t)(q->maxmsg * q->msgsize + q->maxmsg * NODE_SIZE +
				MIN(q->maxmsg, MQ_PRIO_MAX) * NODE_SIZE);
	return 0;
}

/* May there be one more queue, and of this user? (lock) */
static int check_room(const struct mqueue *q)
{
	irqflags_t flags = spin_lock(&queues_lock);
	uint64_t charged = q->charged;
	int64_t count = 0;
	const struct mqueue *other;

	list_for_each (other, &queues, link) {
		count++;
		if (other->uid == q->uid)
			charged += other->charged;
	}
	spin_unlock(&queues_lock, flags);
	if (count >= sysctl_get(mq_queues_max) && !fs_capable(CAP_SYS_RESOURCE))
		return -ENOSPC;
	return charged > current_rlimit(RLIMIT_MSGQUEUE) ? -EMFILE : 0;
}

static const struct inode_ops queue_inode_ops = {.release = mqueue_release};

/* (lock, the root's inode->lock) */
static int make_queue(struct dentry *d, uint32_t mode, const struct mq_attr *attr)
{
	struct mqueue *q = kzalloc(sizeof(*q));
	struct inode *i = q ? inode_create(superblock, S_IFREG | (mode & 07777)) : NULL;
	int err = i ? 0 : -ENOMEM;
	irqflags_t flags;

	if (!err)
		err = choose_limits(q, attr);
	if (!err) {
		spin_init(&q->lock, "mqueue", RANK_FS);
		list_init(&q->messages);
		wait_queue_init(&q->wait);
		q->uid = current_cred()->uid;
		err = check_room(q);
	}
	if (err) {
		inode_put(i);
		kfree(q);
		return err;
	}
	flags = spin_lock(&queues_lock);
	list_append(&queues, &q->link);
	spin_unlock(&queues_lock, flags);
	i->data = q;
	i->ops = &queue_inode_ops;
	i->fops = &mqueue_file_ops;
	i->size = FILE_SIZE;
	d->inode = i;
	superblock->root->inode->size += DIRENT_SIZE;
	inode_touch(superblock->root->inode);
	return 0;
}

/* open(2) with O_CREAT in a place where it is mounted. */
static int mqueue_create(struct inode *dir, struct dentry *d, uint32_t mode, uint32_t rdev)
{
	int err;

	if (!S_ISREG(mode))
		return -EPERM;
	mutex_lock(&lock);
	err = make_queue(d, mode, NULL);
	mutex_unlock(&lock);
	return err;
}

static int mqueue_remove(struct inode *dir, struct dentry *d)
{
	dir->size -= DIRENT_SIZE;
	inode_touch(dir);
	d->inode->nlink--;
	inode_changed(d->inode);
	return 0;
}

static const struct inode_ops root_inode_ops = {.create = mqueue_create, .unlink = mqueue_remove};

/* A name that is one component. */
static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (!len)
		return -ENOENT;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EACCES;
	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* (the root's inode->lock) */
static int create_named(
    const char *name, uint32_t mode, const struct mq_attr *attr, struct dentry **out)
{
	struct dentry *root = superblock->root, *d;
	int err = may_create(root);

	if (err)
		return err;
	d = dentry_create(root, name, strlen(name));
	if (!d)
		return -ENOMEM;
	mutex_lock(&lock);
	err = make_queue(d, mode & ~current_fs()->umask, attr);
	mutex_unlock(&lock);
	if (err) {
		dentry_put(d);
		return err;
	}
	dentry_attach(root, d);
	*out = d;
	return 0;
}

/* (the root's inode->lock) */
static int find_or_create(const char *name, unsigned flags, uint32_t mode,
    const struct mq_attr *attr, struct dentry **out)
{
	static const uint8_t wanted[4] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, 0};
	int err = lookup_child_locked(superblock->root, name, strlen(name), out);

	if (err == -ENOENT && (flags & O_CREAT))
		return create_named(name, mode, attr, out);
	if (err)
		return err;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		err = -EEXIST;
	else if ((flags & O_ACCMODE) == O_ACCMODE)
		err = -EINVAL;
	else
		err = inode_permission((*out)->inode, wanted[flags & O_ACCMODE]);
	if (err)
		dentry_put(*out);
	return err;
}

struct file *mqueue_open(
    const char *name, unsigned flags, uint32_t mode, const struct mq_attr *attr)
{
	struct inode *root = superblock->root->inode;
	struct dentry *d;
	struct file *f;
	int err = check_name(name);

	if (err)
		return ERR_PTR(err);
	mutex_lock(&root->lock);
	err = find_or_create(name, flags, mode, attr, &d);
	mutex_unlock(&root->lock);
	if (err)
		return ERR_PTR(err);
	f = file_open_dentry(d, flags & (O_ACCMODE | O_NONBLOCK));
	dentry_put(d);
	return f;
}

int mqueue_unlink(const char *name)
{
	struct dentry *root = superblock->root, *d = NULL;
	int err = check_name(name);

	if (err)
		return err;
	mutex_lock(&root->inode->lock);
	err = lookup_child_locked(root, name, strlen(name), &d);
	if (!err) {
		err = may_delete(root, d, false);
		if (!err) {
			mqueue_remove(root->inode, d);
			dentry_detach(d);
		}
	}
	mutex_unlock(&root->inode->lock);
	dentry_put(d);
	return err;
}

/* --- the file system --- */

#define MQUEUE_MAGIC 0x19800202

void mqueue_init(void)
{
	struct inode *root;

	superblock = superblock_create("mqueue", MQUEUE_MAGIC, NULL);
	root = superblock ? inode_create(superblock, S_IFDIR | 01777) : NULL;
	if (!root || !dentry_create_root(superblock, root))
		panic("no memory for message queues");
	root->ops = &root_inode_ops;
	root->fops = &dir_file_ops;
	root->nlink = 2;
	root->size = 2 * DIRENT_SIZE;
}

struct superblock *mqueue_mount(int *err)
{
	*err = 0;
	superblock_use(superblock);
	return superblock;
}
