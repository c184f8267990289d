/* Sockets as files (socket(7)): their inodes, and the calls that every file has. */
#include "net/socket.h"

#include "fs/internal.h"
#include "fs/proc/procfs.h"
#include "net/unix/unix.h"
#include "printk.h"

static struct superblock sockfs = {
    .type = "sockfs", .dev = MKDEV(0, 0xffffd), .next_ino = 1, .magic = SOCKFS_MAGIC, .refs = {1}};

const struct socket_family *const socket_families[AF_MAX] = {
    [AF_UNIX] = &unix_family,
};

void socket_init(struct socket *s, const struct socket_ops *ops, unsigned family, unsigned type)
{
	ref_init(&s->refs);
	s->ops = ops;
	s->family = (uint16_t)family;
	s->type = (uint16_t)type;
	wait_queue_init(&s->wait);
	async_list_init(&s->async);
	spin_init(&s->peer_lock, "socket peer", RANK_SOCKET);
	s->send_limit = s->receive_limit = SEND_LIMIT_DEFAULT;
	s->low_water = 1;
	s->peek_offset = -1;
	s->receive_timeout = s->send_timeout = NS_NEVER;
}

void socket_destroy(struct socket *s)
{
	socket_peer_put(&s->peer);
	kfree(s);
}

struct socket *socket_create(int family, unsigned type, int protocol)
{
	if (family < 0 || family >= AF_MAX)
		return ERR_PTR(-EAFNOSUPPORT);
	if (type >= SOCK_TYPE_MAX)
		return ERR_PTR(-EINVAL);
	if (!socket_families[family])
		return ERR_PTR(-EAFNOSUPPORT);
	return socket_families[family]->create(type, protocol);
}

/* --- files --- */

struct file *socket_file_create(unsigned flags)
{
	struct inode *i = inode_create(&sockfs, S_IFSOCK | 0777);
	struct dentry *d;
	struct file *f;
	char name[32];

	if (!i)
		return ERR_PTR(-ENOMEM);
	fmt_string(name, sizeof(name), "socket:[%llu]", (unsigned long long)i->ino);
	d = dentry_create_alone(i, name);
	if (!d)
		return ERR_PTR(-ENOMEM);
	f = file_create(&socket_file_ops, i, O_RDWR | (flags & O_NONBLOCK), NULL);
	if (IS_ERR(f)) {
		dentry_put(d);
		return f;
	}
	f->path.dentry = d;
	return f;
}

void socket_attach(struct file *f, struct socket *s)
{
	f->data = s;
	__atomic_store_n(&s->file, f, __ATOMIC_RELEASE);
}

struct socket *file_socket(struct file *f)
{
	return f->ops == &socket_file_ops ? f->data : NULL;
}

static void socket_release(struct file *f)
{
	struct socket *s = f->data;

	if (s)
		s->ops->release(s);
}

static void socket_flush(struct file *f)
{
	struct socket *s = f->data;

	if (s->ops->descriptor_closed)
		s->ops->descriptor_closed(s);
}

static unsigned nonblock_flag(const struct file *f)
{
	return f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static int64_t socket_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct socket *s = f->data;
	struct linux_sockaddr name;
	struct message m = {.io = *io, .flags = nonblock_flag(f), .name = &name};
	int64_t result;

	if (!io->left)
		return 0;
	result = s->ops->receive(s, &m);
	*io = m.io;
	return result;
}

static int64_t socket_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct socket *s = f->data;
	struct message m = {.io = *io, .flags = nonblock_flag(f)};
	int64_t result;

	if (s->type == SOCK_SEQPACKET)
		m.flags |= MSG_EOR;
	result = s->ops->send(s, &m);
	*io = m.io;
	return result;
}

static unsigned socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = f->data;

	poll_wait(pt, &s->wait);
	return s->ops->poll(s);
}

static int64_t socket_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct socket *s = f->data;

	return s->ops->ioctl(s, cmd, arg);
}

static struct async_list *socket_async_list(struct file *f, bool on)
{
	struct socket *s = f->data;

	return &s->async;
}

static void socket_show_fdinfo(struct file *f, struct proc_text *t)
{
	struct socket *s = f->data;

	text_printf(t, "scm_fds: %u\n", s->ops->files_waiting(s));
}

const struct file_ops socket_file_ops = {
    .splice_read = true,
    .splice_write = true,
    .release = socket_release,
    .flush = socket_flush,
    .read = socket_read,
    .write = socket_write,
    .poll = socket_poll,
    .ioctl = socket_ioctl,
    .async_list = socket_async_list,
    .show_fdinfo = socket_show_fdinfo,
};

/* --- what families use --- */

void socket_set_flag(struct socket *s, enum socket_flag f, bool on)
{
	if (on)
		__atomic_fetch_or(&s->flags, 1u << f, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&s->flags, ~(1u << f), __ATOMIC_RELAXED);
}

int socket_take_error(struct socket *s)
{
	if (likely(!__atomic_load_n(&s->error, __ATOMIC_ACQUIRE)))
		return 0;
	return -__atomic_exchange_n(&s->error, 0, __ATOMIC_ACQ_REL);
}

void socket_wake(struct socket *s, unsigned events, int async_code)
{
	wait_wake_events(&s->wait, events);
	if (async_code)
		async_notify(&s->async, async_code);
}

ns_t socket_deadline(const struct message *m, ns_t timeout)
{
	ns_t deadline;

	if (m->flags & MSG_DONTWAIT)
		return 0;
	if (timeout == NS_NEVER || __builtin_add_overflow(time_now(), timeout, &deadline))
		return NS_NEVER;
	return timeout ? deadline : 0;
}

void socket_peer_put(struct socket_peer *p)
{
	if (p->pid)
		pid_put(p->pid);
	cred_put(p->cred);
}

void socket_peer_set(struct socket *s, struct pid *pid, const struct cred *cred)
{
	irqflags_t flags = spin_lock(&s->peer_lock);
	struct socket_peer old = s->peer;

	s->peer = (struct socket_peer){pid, cred};
	spin_unlock(&s->peer_lock, flags);
	socket_peer_put(&old);
}

void socket_peer_set_current(struct socket *s)
{
	pid_get(current->process->pid);
	socket_peer_set(s, current->process->pid, cred_get(current_cred()));
}

struct socket_peer socket_peer_get(struct socket *s)
{
	irqflags_t flags = spin_lock(&s->peer_lock);
	struct socket_peer p = s->peer;

	if (p.pid)
		pid_get(p.pid);
	if (p.cred)
		cred_get(p.cred);
	spin_unlock(&s->peer_lock, flags);
	return p;
}

void socket_peer_copy(struct socket *to, struct socket *from)
{
	struct socket_peer p = socket_peer_get(from);

	socket_peer_set(to, p.pid, p.cred);
}
