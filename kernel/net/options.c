/* Socket options of level SOL_SOCKET (socket(7), getsockopt(2)). */
#include "fs/internal.h"
#include "net/socket.h"
#include "proc/pidfd.h"

#define TIMEOUT_TICK   (NS_PER_S / 250) /* timeouts are told in ticks of Debian's kernel */
#define LEAST_TRUESIZE 2304             /* what Linux counts for a message of 2048 bytes */
#define TOS_MAX_FREE   6                /* the highest SO_PRIORITY that anybody may set */

/* --- options that are on or off --- */

static const struct {
	int name;
	enum socket_flag flag;
} flag_options[] = {
    {SO_DEBUG, FLAG_DEBUG},
    {SO_REUSEADDR, FLAG_REUSEADDR},
    {SO_DONTROUTE, FLAG_DONTROUTE},
    {SO_BROADCAST, FLAG_BROADCAST},
    {SO_KEEPALIVE, FLAG_KEEPALIVE},
    {SO_OOBINLINE, FLAG_OOBINLINE},
    {SO_NO_CHECK, FLAG_NO_CHECK},
    {SO_PASSCRED, FLAG_PASSCRED},
    {SO_PASSPIDFD, FLAG_PASSPIDFD},
    {SO_PASSSEC, FLAG_PASSSEC},
    {SO_RXQ_OVFL, FLAG_RXQ_OVFL},
    {SO_WIFI_STATUS, FLAG_WIFI_STATUS},
    {SO_NOFCS, FLAG_NOFCS},
    {SO_SELECT_ERR_QUEUE, FLAG_SELECT_ERR_QUEUE},
    {SO_PREFER_BUSY_POLL, FLAG_PREFER_BUSY_POLL},
    {SO_LOCK_FILTER, FLAG_LOCK_FILTER},
    {SO_RCVMARK, FLAG_RCVMARK},
};

/* The flag of an option, or -1. */
static int flag_of(int name)
{
	for (unsigned k = 0; k < ARRAY_SIZE(flag_options); k++)
		if (flag_options[k].name == name)
			return (int)flag_options[k].flag;
	return -1;
}

static int set_flag_option(struct socket *s, int name, enum socket_flag flag, int value)
{
	if (name == SO_DEBUG && value && !fs_capable(CAP_NET_ADMIN))
		return -EACCES;
	if (name == SO_PREFER_BUSY_POLL && value && !fs_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (name == SO_RCVMARK && !fs_capable(CAP_NET_RAW) && !fs_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (name == SO_LOCK_FILTER && socket_flag(s, flag) && !value)
		return -EPERM;
	socket_set_flag(s, flag, value);
	return 0;
}

static void set_timestamp(struct socket *s, bool on, bool ns, bool fresh)
{
	socket_set_flag(s, FLAG_TIMESTAMP_NEW, on && fresh);
	socket_set_flag(s, FLAG_TIMESTAMPNS, on && ns);
	socket_set_flag(s, FLAG_TIMESTAMP, on);
}

static bool has_timestamp(const struct socket *s, bool ns, bool fresh)
{
	return socket_flag(s, FLAG_TIMESTAMP) && socket_flag(s, FLAG_TIMESTAMPNS) == ns &&
	       socket_flag(s, FLAG_TIMESTAMP_NEW) == fresh;
}

/* --- setting --- */

static int set_buffer(struct socket *s, bool send, bool force, int value)
{
	uint32_t doubled;

	if (force && !fs_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (force)
		value = MAX(value, 0);
	else
		value = (int)MIN((unsigned)value, (unsigned)SEND_LIMIT_DEFAULT);
	doubled = (uint32_t)MIN(value, INT32_MAX / 2) * 2;
	if (send) {
		s->send_limit = MAX(doubled, 2u * LEAST_TRUESIZE);
		socket_wake(s, POLLOUT | POLLWRNORM | POLLWRBAND, 0);
	} else {
		s->receive_limit = MAX(doubled, (unsigned)LEAST_TRUESIZE);
	}
	return 0;
}

static int set_timeout(ns_t *timeout, uaddr_t value, int len)
{
	struct linux_timeval tv;
	ns_t rest;

	if ((size_t)len < sizeof(tv))
		return -EINVAL;
	if (copy_in_obj(&tv, value))
		return -EFAULT;
	if (tv.usec < 0 || tv.usec >= 1000000)
		return -EDOM;
	rest = tv.usec * 1000 + TIMEOUT_TICK - 1;
	rest -= rest % TIMEOUT_TICK;
	if (tv.sec < 0)
		*timeout = 0;
	else if ((!tv.sec && !tv.usec) || tv.sec >= NS_NEVER / NS_PER_S - 1)
		*timeout = NS_NEVER;
	else
		*timeout = tv.sec * NS_PER_S + rest;
	return 0;
}

static int set_linger(struct socket *s, uaddr_t value, int len)
{
	struct linux_linger l;

	if ((size_t)len < sizeof(l))
		return -EINVAL;
	if (copy_in_obj(&l, value))
		return -EFAULT;
	if (l.onoff)
		s->linger = l.linger;
	socket_set_flag(s, FLAG_LINGER, l.onoff);
	return 0;
}

/* There are no devices to bind to: "" stands for none. */
static int set_device(uaddr_t value, int len)
{
	char name[16] = "";

	if (arch_copy_in(name, value, MIN((size_t)len, sizeof(name) - 1)))
		return -EFAULT;
	return name[0] ? -ENODEV : 0;
}

static int set_number(struct socket *s, int name, int value)
{
	bool net = fs_capable(CAP_NET_RAW) || fs_capable(CAP_NET_ADMIN);

	switch (name) {
	case SO_PRIORITY:
		if ((value < 0 || value > TOS_MAX_FREE) && !net)
			return -EPERM;
		s->priority = value;
		return 0;
	case SO_MARK:
		if (!net)
			return -EPERM;
		s->mark = value;
		return 0;
	case SO_RCVLOWAT:
		s->low_water = value < 0 ? INT32_MAX : value ? value : 1;
		return 0;
	case SO_PEEK_OFF:
		__atomic_store_n(&s->peek_offset, value, __ATOMIC_RELAXED);
		return 0;
	case SO_BUSY_POLL:
		if (value < 0)
			return -EINVAL;
		if (value > s->busy_poll && !fs_capable(CAP_NET_ADMIN))
			return -EPERM;
		s->busy_poll = value;
		return 0;
	case SO_REUSEPORT: /* for internet sockets */
		return value ? -EOPNOTSUPP : 0;
	case SO_ZEROCOPY:
	case SO_RESERVE_MEM:
		return -EOPNOTSUPP;
	case SO_BSDCOMPAT:
		return 0;
	default: /* those that can only be asked for as well */
		return -ENOPROTOOPT;
	}
}

static int set_with_int(struct socket *s, int name, int value)
{
	int flag = flag_of(name);

	if (flag >= 0)
		return set_flag_option(s, name, (enum socket_flag)flag, value);
	switch (name) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		return set_buffer(s, true, name == SO_SNDBUFFORCE, value);
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		return set_buffer(s, false, name == SO_RCVBUFFORCE, value);
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		set_timestamp(s, value, false, name == SO_TIMESTAMP_NEW);
		return 0;
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		set_timestamp(s, value, true, name == SO_TIMESTAMPNS_NEW);
		return 0;
	default:
		return set_number(s, name, value);
	}
}

int socket_set_option(struct socket *s, int level, int name, uaddr_t value, int len)
{
	int v;

	if (len < 0)
		return -EINVAL;
	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (name == SO_BINDTODEVICE)
		return set_device(value, len);
	if ((size_t)len < sizeof(v))
		return -EINVAL;
	if (copy_in_obj(&v, value))
		return -EFAULT;
	switch (name) {
	case SO_LINGER:
		return set_linger(s, value, len);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&s->receive_timeout, value, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&s->send_timeout, value, len);
	default:
		return set_with_int(s, name, v);
	}
}

/* --- asking --- */

/* The value of an option, cut to the room there is. */
static int put_value(const void *v, size_t size, int room, uaddr_t value, uaddr_t len)
{
	int32_t n = (int32_t)MIN((size_t)room, size);

	if (arch_copy_out(value, v, (size_t)n))
		return -EFAULT;
	return copy_out_obj(len, &n);
}

#define NO_SUCH_OPTION INT64_MIN

/* The value of an option that is a number. */
static int64_t number_of(struct socket *s, int name)
{
	int flag = flag_of(name);

	if (flag >= 0)
		return socket_flag(s, (enum socket_flag)flag);
	switch (name) {
	case SO_SNDBUF:
		return (int)s->send_limit;
	case SO_RCVBUF:
		return (int)s->receive_limit;
	case SO_TYPE:
		return s->type;
	case SO_DOMAIN:
		return s->family;
	case SO_ERROR:
		return -socket_take_error(s);
	case SO_ACCEPTCONN:
		return s->state == SOCKET_LISTENING;
	case SO_RCVLOWAT:
		return s->low_water;
	case SO_SNDLOWAT:
	case SO_TXREHASH:
		return 1;
	case SO_PROTOCOL:
	case SO_BSDCOMPAT:
	case SO_REUSEPORT:
	case SO_ZEROCOPY:
	case SO_RESERVE_MEM:
		return 0;
	case SO_PRIORITY:
		return s->priority;
	case SO_MARK:
		return s->mark;
	case SO_PEEK_OFF:
		return __atomic_load_n(&s->peek_offset, __ATOMIC_RELAXED);
	case SO_BUSY_POLL:
		return s->busy_poll;
	case SO_BPF_EXTENSIONS:
		return 64;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		return has_timestamp(s, false, name == SO_TIMESTAMP_NEW);
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		return has_timestamp(s, true, name == SO_TIMESTAMPNS_NEW);
	default:
		return NO_SUCH_OPTION;
	}
}

static int get_number(struct socket *s, int name, int *v)
{
	int64_t n = number_of(s, name);

	if (n == NO_SUCH_OPTION)
		return -ENOPROTOOPT;
	*v = (int)n;
	return 0;
}

static int get_timeout(ns_t timeout, int room, uaddr_t value, uaddr_t len)
{
	struct linux_timeval tv = {0};

	if (timeout != NS_NEVER)
		tv = (struct linux_timeval){timeout / NS_PER_S, timeout % NS_PER_S / 1000};
	return put_value(&tv, sizeof(tv), room, value, len);
}

static int get_linger(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	struct linux_linger l = {socket_flag(s, FLAG_LINGER), s->linger};

	return put_value(&l, sizeof(l), room, value, len);
}

static int get_peer_credentials(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	struct socket_peer p = socket_peer_get(s);
	struct linux_ucred u = {0, UINT32_MAX, UINT32_MAX};

	if (p.pid)
		u.pid = p.pid->nr;
	if (p.cred) {
		u.uid = p.cred->euid;
		u.gid = p.cred->egid;
	}
	socket_peer_put(&p);
	return put_value(&u, sizeof(u), room, value, len);
}

/* A descriptor of the peer's process; none is left if it cannot be told. */
static int get_peer_pidfd(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	struct socket_peer p = socket_peer_get(s);
	struct file *f;
	int fd = p.pid ? pidfd_reserve(p.pid, &f) : -ENODATA, err;

	socket_peer_put(&p);
	if (fd < 0)
		return fd;
	err = put_value(&fd, sizeof(fd), room, value, len);
	if (!err) {
		fd_publish(fd, f);
		return 0;
	}
	fd_unreserve(fd);
	file_put(f);
	return err;
}

static int get_peer_groups(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	struct socket_peer p = socket_peer_get(s);
	const struct group_list *g = p.cred ? p.cred->groups : NULL;
	int32_t size = g ? (int32_t)(g->count * sizeof(g->gids[0])) : 0;
	int err = p.cred ? 0 : -ENODATA;

	if (!err && room < size)
		err = copy_out_obj(len, &size) ? -EFAULT : -ERANGE;
	else if (!err)
		err = size && arch_copy_out(value, g->gids, (size_t)size)
			  ? -EFAULT
			  : copy_out_obj(len, &size);
	socket_peer_put(&p);
	return err;
}

static int get_peer_name(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	struct linux_sockaddr name;
	int n = s->ops->name(s, true, &name);

	if (n < 0)
		return -ENOTCONN;
	if (n < room)
		return -EINVAL;
	return put_value(&name, sizeof(name), room, value, len);
}

static int get_cookie(struct socket *s, int room, uaddr_t value, uaddr_t len)
{
	static uint64_t last;
	uint64_t none = 0;

	if ((size_t)room < sizeof(s->cookie))
		return -EINVAL;
	if (!__atomic_load_n(&s->cookie, __ATOMIC_RELAXED))
		__atomic_compare_exchange_n(&s->cookie, &none,
		    __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED), false, __ATOMIC_RELAXED,
		    __ATOMIC_RELAXED);
	return put_value(&s->cookie, sizeof(s->cookie), room, value, len);
}

int socket_get_option(struct socket *s, int level, int name, uaddr_t value, uaddr_t len)
{
	const int32_t none = 0;
	int room, v, err;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (copy_in_obj(&room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	switch (name) {
	case SO_LINGER:
		return get_linger(s, room, value, len);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return get_timeout(s->receive_timeout, room, value, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return get_timeout(s->send_timeout, room, value, len);
	case SO_PEERCRED:
		return get_peer_credentials(s, room, value, len);
	case SO_PEERPIDFD:
		return get_peer_pidfd(s, room, value, len);
	case SO_PEERGROUPS:
		return get_peer_groups(s, room, value, len);
	case SO_PEERNAME:
		return get_peer_name(s, room, value, len);
	case SO_COOKIE:
		return get_cookie(s, room, value, len);
	case SO_BINDTODEVICE:
		return copy_out_obj(len, &none);
	default:
		err = get_number(s, name, &v);
		return err ? err : put_value(&v, sizeof(v), room, value, len);
	}
}
