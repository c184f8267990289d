/* System calls that send and receive messages: sendto(2), sendmsg(2), recvmmsg(2) and relatives. */
#include "fs/internal.h"
#include "net/socket.h"
#include "sched/timer.h"
#include "syscall/syscall.h"

static unsigned nonblock_flag(const struct file *f)
{
	return f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/* --- one buffer --- */

SYSCALL(sendto)
{
	struct linux_iovec v = {a[1], MIN(a[2], MAX_RW_COUNT)};
	struct linux_sockaddr name = {0};
	struct message m = {.name = &name};
	struct socket *s;
	struct file *f;
	int64_t result = 0;

	if (!user_range_ok(v.base, v.len))
		return -EFAULT;
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (a[4]) {
		result = address_copy_in(&name, a[4], (int)a[5]);
		m.name_len = (unsigned)a[5];
	}
	if (!result) {
		s = file_socket(f);
		io_init_user(&m.io, &v, 1);
		m.flags = (unsigned)a[3] | nonblock_flag(f);
		result = s->ops->send(s, &m);
	}
	file_put(f);
	return result;
}

SYSCALL(recvfrom)
{
	struct linux_iovec v = {a[1], MIN(a[2], MAX_RW_COUNT)};
	struct linux_sockaddr name;
	struct message m = {.name = &name};
	struct socket *s;
	struct file *f;
	int64_t result;

	if (!user_range_ok(v.base, v.len))
		return -EFAULT;
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	io_init_user(&m.io, &v, 1);
	m.flags = (unsigned)a[3] | nonblock_flag(f);
	result = s->ops->receive(s, &m);
	file_put(f);
	if (result >= 0 && a[4]) {
		int err = address_copy_out(&name, m.name_len, a[4], a[5]);
		if (err)
			return err;
	}
	return result;
}

/* --- struct msghdr --- */

/* A message header in the kernel, with what it points to. */
struct header {
	struct linux_msghdr h;
	struct linux_sockaddr name;
	struct message m;
	struct linux_iovec small[8], *heap;
	uint8_t *control;
};

static void header_free(struct header *h)
{
	kfree(h->heap);
	kfree(h->control);
	kfree(h);
}

/* Copies a header and its list of pieces; `sending`: the name as well. */
static int header_read(struct header *h, uaddr_t user, bool sending)
{
	struct linux_iovec *v;
	int err = 0;

	if (copy_in_obj(&h->h, user))
		return -EFAULT;
	if (h->h.name && h->h.namelen < 0)
		return -EINVAL;
	h->m.name = &h->name;
	if (sending && h->h.name) {
		h->m.name_len = MIN((unsigned)h->h.namelen, (unsigned)sizeof(h->name));
		err = address_copy_in(&h->name, h->h.name, (int)h->m.name_len);
	}
	if (!err && h->h.iovlen > IOV_MAX)
		err = -EMSGSIZE;
	if (!err)
		err = iovec_copy_in(
		    h->h.iov, h->h.iovlen, h->small, ARRAY_SIZE(h->small), &v, &h->heap);
	if (!err)
		io_init_user(&h->m.io, v, (unsigned)h->h.iovlen);
	return err;
}

/* ERR_PTR, or to be freed. */
static struct header *header_create(uaddr_t user, bool sending)
{
	struct header *h = kzalloc(sizeof(*h));
	int err = h ? header_read(h, user, sending) : -ENOMEM;

	if (!err)
		return h;
	if (h)
		header_free(h);
	return ERR_PTR(err);
}

static int copy_control(struct header *h)
{
	if (!h->h.controllen)
		return 0;
	if (h->h.controllen >= OPTION_MEMORY_MAX)
		return -ENOBUFS;
	h->control = kmalloc(h->h.controllen);
	if (!h->control)
		return -ENOBUFS;
	if (arch_copy_in(h->control, h->h.control, h->h.controllen))
		return -EFAULT;
	h->m.control = h->control;
	h->m.control_len = h->h.controllen;
	return 0;
}

/* *rest: bytes that were not sent. */
static int64_t send_one(struct file *f, uaddr_t user, unsigned flags, bool batch, size_t *rest)
{
	struct socket *s = file_socket(f);
	struct header *h = header_create(user, true);
	int64_t result;

	if (IS_ERR(h))
		return PTR_ERR(h);
	result = copy_control(h);
	if (!result) {
		h->m.flags = flags | nonblock_flag(f) | (batch ? h->h.flags & MSG_EOR : 0);
		result = s->ops->send(s, &h->m);
		*rest = h->m.io.left;
	}
	header_free(h);
	return result;
}

/* What a receive found out about itself. */
static int tell_result(const struct header *h, uaddr_t user)
{
	uint64_t controllen = h->m.user_control - h->h.control;
	uint32_t flags = h->m.out_flags | (h->m.flags & MSG_CMSG_CLOEXEC);
	int err = 0;

	if (h->h.name)
		err = address_copy_out(&h->name, h->m.name_len, h->h.name,
		    user + offsetof(struct linux_msghdr, namelen));
	if (!err)
		err = copy_out_obj(user + offsetof(struct linux_msghdr, flags), &flags);
	if (!err)
		err = copy_out_obj(user + offsetof(struct linux_msghdr, controllen), &controllen);
	return err;
}

static int64_t receive_one(struct file *f, uaddr_t user, unsigned flags)
{
	struct socket *s = file_socket(f);
	struct header *h = header_create(user, false);
	int64_t result;

	if (IS_ERR(h))
		return PTR_ERR(h);
	h->m.flags = flags | nonblock_flag(f);
	h->m.user_control = h->h.control;
	h->m.user_control_left = h->h.control ? h->h.controllen : 0;
	result = s->ops->receive(s, &h->m);
	if (result >= 0) {
		int err = tell_result(h, user);
		if (err)
			result = err;
	}
	header_free(h);
	return result;
}

SYSCALL(sendmsg)
{
	struct file *f;
	size_t rest;
	int64_t result;

	if (a[2] & MSG_CMSG_COMPAT)
		return -EINVAL;
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = send_one(f, a[1], (unsigned)a[2], false, &rest);
	file_put(f);
	return result;
}

SYSCALL(recvmsg)
{
	struct file *f;
	int64_t result;

	if (a[2] & MSG_CMSG_COMPAT)
		return -EINVAL;
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = receive_one(f, a[1], (unsigned)a[2]);
	file_put(f);
	return result;
}

/* --- several messages --- */

static int put_length(uaddr_t user, int64_t n)
{
	uint32_t len = (uint32_t)n;

	return copy_out_obj(user + offsetof(struct linux_mmsghdr, len), &len);
}

SYSCALL(sendmmsg)
{
	unsigned count = MIN((unsigned)a[2], (unsigned)IOV_MAX), done = 0;
	uaddr_t at = a[1];
	struct file *f;
	int64_t err = 0;

	if (a[3] & MSG_CMSG_COMPAT)
		return -EINVAL;
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	for (; done < count; at += sizeof(struct linux_mmsghdr)) {
		size_t rest = 0;
		int64_t n = send_one(f, at, (unsigned)a[3], true, &rest);

		err = n < 0 ? n : put_length(at, n);
		if (err)
			break;
		done++;
		if (rest)
			break;
	}
	file_put(f);
	return done ? (int64_t)done : err;
}

/* Receives up to `count`; the deadline is looked at after each. */
static int64_t receive_many(
    struct file *f, uaddr_t at, unsigned count, unsigned flags, ns_t deadline)
{
	struct socket *s = file_socket(f);
	unsigned done = 0;
	int64_t err = flags & MSG_ERRQUEUE ? 0 : socket_take_error(s);

	if (err)
		return err;
	for (; done < count; at += sizeof(struct linux_mmsghdr)) {
		int64_t n = receive_one(f, at, flags & ~(unsigned)MSG_WAITFORONE);

		err = n < 0 ? n : put_length(at, n);
		if (err)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != NS_NEVER && time_now() >= deadline)
			break;
	}
	/* The next call is told what ended this one. */
	if (done && err && err != -EAGAIN)
		__atomic_store_n(
		    &s->error, err <= -ERESTARTSYS ? EINTR : (int)-err, __ATOMIC_RELEASE);
	return done ? (int64_t)done : err;
}

SYSCALL(recvmmsg)
{
	unsigned flags = (unsigned)a[3];
	ns_t duration, deadline = NS_NEVER;
	struct file *f;
	int64_t result;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if (a[4]) {
		int err = user_timespec(a[4], &duration);
		if (err)
			return err;
		if (__builtin_add_overflow(time_now(), duration, &deadline))
			deadline = NS_NEVER - 1;
	}
	f = socket_file_get((int)a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = receive_many(f, a[1], (unsigned)a[2], flags, deadline);
	file_put(f);
	if (result > 0 && a[4]) {
		struct linux_timespec left = ns_timespec(MAX(deadline - time_now(), 0));
		if (copy_out_obj(a[4], &left))
			return -EFAULT;
	}
	return result;
}
