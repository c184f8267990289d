/* System calls on sockets: making, naming, connecting and setting them. */
#include "fs/internal.h"
#include "net/socket.h"
#include "syscall/syscall.h"

struct file *socket_file_get(int fd)
{
	struct file *f = fd_get(fd);

	if (!f)
		return ERR_PTR(-EBADF);
	if (file_socket(f))
		return f;
	file_put(f);
	return ERR_PTR(-ENOTSOCK);
}

int address_copy_in(struct linux_sockaddr *to, uaddr_t from, int len)
{
	if (len < 0 || (size_t)len > sizeof(*to))
		return -EINVAL;
	return len ? arch_copy_in(to, from, (size_t)len) : 0;
}

int address_copy_out(const struct linux_sockaddr *a, unsigned len, uaddr_t to, uaddr_t user_len)
{
	int32_t room, true_len = (int32_t)len;

	if (copy_in_obj(&room, user_len))
		return -EFAULT;
	room = MIN(room, true_len);
	if (room < 0)
		return -EINVAL;
	if (room && arch_copy_out(to, a, (size_t)room))
		return -EFAULT;
	return copy_out_obj(user_len, &true_len);
}

/* The type of a new socket without its flags; -EINVAL for others than there are. */
static int type_of(unsigned type, unsigned *flags)
{
	*flags = type & ~(unsigned)SOCK_TYPE_MASK;
	if (*flags & ~(unsigned)(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	return (int)(type & SOCK_TYPE_MASK);
}

/* A socket with its file. */
static struct file *create_file(int family, unsigned type, int protocol, unsigned flags)
{
	struct socket *s = socket_create(family, type, protocol);
	struct file *f;

	if (IS_ERR(s))
		return ERR_PTR(PTR_ERR(s));
	f = socket_file_create(flags);
	if (IS_ERR(f))
		s->ops->release(s);
	else
		socket_attach(f, s);
	return f;
}

SYSCALL(socket)
{
	unsigned flags;
	int type = type_of((unsigned)a[1], &flags);
	struct file *f;

	if (type < 0)
		return type;
	f = create_file((int)a[0], (unsigned)type, (int)a[2], flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install(f, flags, 0);
}

static int make_pair(const uint64_t a[6], unsigned type, unsigned flags, struct file *out[2])
{
	struct socket *first;
	int err;

	out[0] = create_file((int)a[0], type, (int)a[2], flags);
	if (IS_ERR(out[0]))
		return PTR_ERR(out[0]);
	out[1] = create_file((int)a[0], type, (int)a[2], flags);
	if (IS_ERR(out[1])) {
		file_put(out[0]);
		return PTR_ERR(out[1]);
	}
	first = file_socket(out[0]);
	err = first->ops->pair ? first->ops->pair(first, file_socket(out[1])) : -EOPNOTSUPP;
	if (err) {
		file_put(out[0]);
		file_put(out[1]);
	}
	return err;
}

/* The numbers are told before there are sockets. */
static int reserve_pair(unsigned flags, uaddr_t user, int fds[2])
{
	fds[0] = fd_reserve(flags, 0);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = fd_reserve(flags, 0);
	if (fds[1] < 0) {
		fd_unreserve(fds[0]);
		return fds[1];
	}
	if (!arch_copy_out(user, fds, 2 * sizeof(fds[0])))
		return 0;
	fd_unreserve(fds[0]);
	fd_unreserve(fds[1]);
	return -EFAULT;
}

SYSCALL(socketpair)
{
	struct file *files[2];
	unsigned flags;
	int fds[2], type = type_of((unsigned)a[1], &flags), err;

	if (type < 0)
		return type;
	err = reserve_pair(flags, a[3], fds);
	if (err)
		return err;
	err = make_pair(a, (unsigned)type, flags, files);
	for (int k = 0; k < 2; k++) {
		if (err)
			fd_unreserve(fds[k]);
		else
			fd_publish(fds[k], files[k]);
	}
	return err;
}

SYSCALL(bind)
{
	struct file *f = socket_file_get((int)a[0]);
	struct linux_sockaddr addr = {0};
	struct socket *s;
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	err = address_copy_in(&addr, a[1], (int)a[2]);
	if (!err)
		err = s->ops->bind(s, &addr, (unsigned)a[2]);
	file_put(f);
	return err;
}

SYSCALL(listen)
{
	struct file *f = socket_file_get((int)a[0]);
	struct socket *s;
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	err = s->ops->listen(s, MIN((unsigned)a[1], (unsigned)SOMAXCONN));
	file_put(f);
	return err;
}

/* What accepting gives goes into the new file. */
static int accept_into(struct file *f, struct file *new_file, uaddr_t addr, uaddr_t addr_len)
{
	struct socket *s = file_socket(f), *connection;
	struct linux_sockaddr name;
	int len;

	connection = s->ops->accept(s, f->flags & O_NONBLOCK);
	if (IS_ERR(connection))
		return PTR_ERR(connection);
	socket_attach(new_file, connection);
	if (!addr)
		return 0;
	len = connection->ops->name(connection, true, &name);
	return len < 0 ? -ECONNABORTED : address_copy_out(&name, (unsigned)len, addr, addr_len);
}

static int64_t do_accept(struct file *f, uaddr_t addr, uaddr_t addr_len, unsigned flags)
{
	struct file *new_file;
	int fd, err;

	if (flags & ~(unsigned)(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	fd = fd_reserve(flags, 0);
	if (fd < 0)
		return fd;
	new_file = file_socket(f) ? socket_file_create(flags) : ERR_PTR(-ENOTSOCK);
	err = IS_ERR(new_file) ? PTR_ERR(new_file) : accept_into(f, new_file, addr, addr_len);
	if (!err) {
		fd_publish(fd, new_file);
		return fd;
	}
	fd_unreserve(fd);
	if (!IS_ERR(new_file))
		file_put(new_file);
	return err;
}

static int64_t accept_on(int fd, uaddr_t addr, uaddr_t addr_len, unsigned flags)
{
	struct file *f = fd_get(fd);
	int64_t result;

	if (!f)
		return -EBADF;
	result = do_accept(f, addr, addr_len, flags);
	file_put(f);
	return result;
}

SYSCALL(accept)
{
	return accept_on((int)a[0], a[1], a[2], 0);
}

SYSCALL(accept4)
{
	return accept_on((int)a[0], a[1], a[2], (unsigned)a[3]);
}

SYSCALL(connect)
{
	struct file *f = socket_file_get((int)a[0]);
	struct linux_sockaddr addr = {0};
	struct socket *s;
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	err = address_copy_in(&addr, a[1], (int)a[2]);
	if (!err)
		err = s->ops->connect(s, &addr, (unsigned)a[2], f->flags & O_NONBLOCK);
	file_put(f);
	return err;
}

static int64_t tell_name(const uint64_t a[6], bool peer)
{
	struct file *f = socket_file_get((int)a[0]);
	struct linux_sockaddr name;
	struct socket *s;
	int len;

	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	len = s->ops->name(s, peer, &name);
	file_put(f);
	return len < 0 ? len : address_copy_out(&name, (unsigned)len, a[1], a[2]);
}

SYSCALL(getsockname)
{
	return tell_name(a, false);
}

SYSCALL(getpeername)
{
	return tell_name(a, true);
}

SYSCALL(shutdown)
{
	struct file *f = socket_file_get((int)a[0]);
	struct socket *s;
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	s = file_socket(f);
	err = (unsigned)a[1] > SHUT_RDWR ? -EINVAL : s->ops->shutdown(s, (unsigned)a[1]);
	file_put(f);
	return err;
}

SYSCALL(setsockopt)
{
	struct file *f = socket_file_get((int)a[0]);
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = socket_set_option(file_socket(f), (int)a[1], (int)a[2], a[3], (int)a[4]);
	file_put(f);
	return err;
}

SYSCALL(getsockopt)
{
	struct file *f = socket_file_get((int)a[0]);
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = socket_get_option(file_socket(f), (int)a[1], (int)a[2], a[3], a[4]);
	file_put(f);
	return err;
}
