/* mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2). */
#include "ipc/mqueue.h"

#include "proc/posix_timer.h"
#include "sched/timer.h"
#include "syscall/syscall.h"

static int64_t open_installed(
    uaddr_t uname, unsigned flags, uint32_t mode, const struct mq_attr *attr)
{
	struct user_path name;
	struct file *f;
	int fd, err = user_path_get(&name, uname);

	if (err)
		return err;
	fd = *name.text ? fd_reserve(O_CLOEXEC, 0) : -ENOENT;
	if (fd >= 0) {
		f = mqueue_open(name.text, flags, mode, attr);
		if (IS_ERR(f)) {
			fd_unreserve(fd);
			fd = PTR_ERR(f);
		} else {
			fd_publish(fd, f);
		}
	}
	user_path_put(&name);
	return fd;
}

SYSCALL(mq_open)
{
	struct mq_attr attr;

	if (a[3] && copy_in_obj(&attr, a[3]))
		return -EFAULT;
	return open_installed(a[0], (unsigned)a[1], (uint32_t)a[2], a[3] ? &attr : NULL);
}

SYSCALL(mq_unlink)
{
	struct user_path name;
	int err = user_path_get(&name, a[0]);

	if (err)
		return err;
	err = mqueue_unlink(name.text);
	user_path_put(&name);
	return err;
}

/* A point of the wall clock as one since boot; none is never. */
static int deadline_copy_in(uaddr_t from, ns_t *out)
{
	ns_t at;
	int err = from ? user_timespec(from, &at) : 0;

	*out = NS_NEVER;
	if (!err && from && at < NS_NEVER)
		*out = MAX(at - time_realtime_offset(), 0);
	return err;
}

/* The queue's file, open for this access. ERR_PTR(-EBADF). */
static struct file *queue_get(int fd, bool write)
{
	struct file *f = fd_get(fd);

	if (f && mqueue_of(f) && (write ? file_writable(f) : file_readable(f)))
		return f;
	file_put(f);
	return ERR_PTR(-EBADF);
}

static int64_t send(struct file *f, uaddr_t from, uint64_t size, uint32_t priority, ns_t deadline)
{
	struct mq_message *m;
	int err;

	if (size > (uint64_t)mqueue_of(f)->msgsize)
		return -EMSGSIZE;
	m = kmalloc(sizeof(*m) + size);
	if (!m)
		return -ENOMEM;
	m->priority = priority;
	m->size = size;
	err = size ? arch_copy_in(m->text, from, size) : 0;
	if (!err)
		err = mqueue_send(f, m, deadline);
	if (err)
		kfree(m);
	return err;
}

SYSCALL(mq_timedsend)
{
	ns_t deadline;
	struct file *f;
	int64_t result = deadline_copy_in(a[4], &deadline);

	if (result)
		return result;
	if ((uint32_t)a[3] >= MQ_PRIO_MAX)
		return -EINVAL;
	f = queue_get((int)a[0], true);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = send(f, a[1], a[2], (uint32_t)a[3], deadline);
	file_put(f);
	return result;
}

static int64_t receive(struct file *f, uaddr_t to, uint64_t size, uaddr_t priority, ns_t deadline)
{
	struct mq_message *m;
	int64_t result;

	if (size < (uint64_t)mqueue_of(f)->msgsize)
		return -EMSGSIZE;
	m = mqueue_receive(f, deadline);
	if (IS_ERR(m))
		return PTR_ERR(m);
	result = (int64_t)m->size;
	if ((priority && copy_out_obj(priority, &m->priority)) ||
	    (m->size && arch_copy_out(to, m->text, m->size)))
		result = -EFAULT;
	kfree(m);
	return result;
}

SYSCALL(mq_timedreceive)
{
	ns_t deadline;
	struct file *f;
	int64_t result = deadline_copy_in(a[4], &deadline);

	if (result)
		return result;
	f = queue_get((int)a[0], false);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = receive(f, a[1], a[2], a[3], deadline);
	file_put(f);
	return result;
}

struct user_sigevent {
	uint64_t value;
	int32_t signo, notify;
	uint8_t rest[48];
};

#define COOKIE_SIZE 32

/* SIGEV_THREAD is told through a netlink socket: none of ours is one. */
static int check_thread_socket(const struct user_sigevent *e)
{
	char cookie[COOKIE_SIZE];
	struct file *f;
	int err;

	if (arch_copy_in(cookie, e->value, sizeof(cookie)))
		return -EFAULT;
	f = fd_get(e->signo);
	if (!f)
		return -EBADF;
	err = S_ISSOCK(f->inode->mode) ? -EINVAL : -ENOTSOCK;
	file_put(f);
	return err;
}

static int check_event(const struct user_sigevent *e)
{
	switch (e->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return e->signo < 0 || e->signo >= NSIG ? -EINVAL : 0;
	case SIGEV_THREAD:
		return check_thread_socket(e);
	default:
		return -EINVAL;
	}
}

SYSCALL(mq_notify)
{
	struct user_sigevent e = {.notify = -1};
	struct file *f;
	int err = 0;

	if (a[1]) {
		if (copy_in_obj(&e, a[1]))
			return -EFAULT;
		err = check_event(&e);
	}
	if (err)
		return err;
	f = fd_get((int)a[0]);
	err = f && mqueue_of(f) ? mqueue_notify(mqueue_of(f), e.notify, e.signo, e.value) : -EBADF;
	file_put(f);
	return err;
}

SYSCALL(mq_getsetattr)
{
	struct mq_attr new, old = {0};
	struct mqueue *q;
	struct file *f;

	if (a[1] && copy_in_obj(&new, a[1]))
		return -EFAULT;
	if (a[1] && (new.flags & ~(int64_t)O_NONBLOCK))
		return -EINVAL;
	f = fd_get((int)a[0]);
	q = f ? mqueue_of(f) : NULL;
	if (!q) {
		file_put(f);
		return -EBADF;
	}
	old.flags = f->flags & O_NONBLOCK;
	old.maxmsg = q->maxmsg;
	old.msgsize = q->msgsize;
	old.curmsgs = __atomic_load_n(&q->count, __ATOMIC_RELAXED);
	if (a[1])
		f->flags = (f->flags & ~(unsigned)O_NONBLOCK) | (unsigned)new.flags;
	file_put(f);
	return a[2] ? copy_out_obj(a[2], &old) : 0;
}
