/* AF_UNIX sockets: their lives, polling, ioctl, and the tables of operations. */
#include "net/unix/unix.h"

#include "fs/internal.h"

struct spinlock unix_lock = SPINLOCK_INIT("unix", RANK_FS);
struct list unix_sockets = LIST_INIT(unix_sockets);

static const struct socket_ops stream_ops, datagram_ops, packet_ops;

static const struct socket_ops *ops_of(unsigned type)
{
	switch (type) {
	case SOCK_STREAM:
		return &stream_ops;
	case SOCK_SEQPACKET:
		return &packet_ops;
	default:
		return &datagram_ops;
	}
}

struct unix_socket *unix_create(unsigned type)
{
	struct unix_socket *u = kzalloc(sizeof(*u));
	irqflags_t flags;

	if (!u)
		return NULL;
	socket_init(&u->socket, ops_of(type), AF_UNIX, type);
	mutex_init(&u->bind_lock, "unix bind");
	mutex_init(&u->read_lock, "unix read");
	list_init(&u->messages);
	list_init(&u->connections);
	list_init(&u->connection_link);
	list_init(&u->senders);
	list_init(&u->sender_link);
	list_init(&u->name_link);
	list_init(&u->inflight_link);
	list_init(&u->gc_link);
	wait_queue_init(&u->room);
	u->backlog = DATAGRAM_BACKLOG;
	flags = spin_lock(&unix_lock);
	list_append(&unix_sockets, &u->all_link);
	spin_unlock(&unix_lock, flags);
	return u;
}

static struct socket *create(unsigned type, int protocol)
{
	struct unix_socket *u;

	if (protocol && protocol != AF_UNIX)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return ERR_PTR(-ESOCKTNOSUPPORT);
	u = unix_create(type);
	return u ? &u->socket : ERR_PTR(-ENOMEM);
}

const struct socket_family unix_family = {AF_UNIX, create};

void unix_get(struct unix_socket *u)
{
	ref_get(&u->socket.refs);
}

void unix_put(struct unix_socket *u)
{
	irqflags_t flags;

	if (!u || !ref_put(&u->socket.refs))
		return;
	flags = spin_lock(&unix_lock);
	list_remove(&u->all_link);
	spin_unlock(&unix_lock, flags);
	unix_name_put(u->name);
	socket_destroy(&u->socket);
}

struct unix_socket *unix_peer_get(struct unix_socket *u)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *peer = u->peer;

	if (peer)
		unix_get(peer);
	spin_unlock(&unix_lock, flags);
	return peer;
}

bool unix_wants_credentials(const struct unix_socket *from, const struct unix_socket *to)
{
	return control_wants_sender(&from->socket) || control_wants_sender(&to->socket) ||
	       !to->socket.file;
}

/* --- the end --- */

void unix_end_messages(struct list *messages)
{
	struct list all = LIST_INIT(all);

	if (list_empty(messages))
		return;
	/* A message may hold the last reference to a socket whose queue holds messages, and so on:
	 * those come to the list of whoever began. */
	if (current->ending_messages) {
		list_splice(current->ending_messages, messages);
		return;
	}
	list_splice(&all, messages);
	current->ending_messages = &all;
	while (!list_empty(&all)) {
		struct unix_message *msg = list_first(&all, struct unix_message, link);
		list_remove(&msg->link);
		unix_message_put(msg);
	}
	current->ending_messages = NULL;
}

/* The other end of a connection learns that this one is gone. (unix_lock) */
static void hang_up(struct unix_socket *u, struct unix_socket *peer, bool embryo)
{
	__atomic_store_n(&peer->socket.shutdown, SHUTDOWN_BOTH, __ATOMIC_RELEASE);
	if (embryo || !list_empty(&u->messages))
		__atomic_store_n(&peer->socket.error, ECONNRESET, __ATOMIC_RELEASE);
}

/* Whoever polls for room in the queue looks again. (unix_lock) */
static void wake_pollers(struct unix_socket *u)
{
	while (!list_empty(&u->senders)) {
		struct unix_socket *s = list_first(&u->senders, struct unix_socket, sender_link);
		list_remove(&s->sender_link);
		wait_wake_events(&s->socket.wait, POLLOUT | POLLWRNORM | POLLWRBAND);
	}
}

void unix_wake_senders(struct unix_socket *u)
{
	irqflags_t flags = spin_lock(&unix_lock);

	wake_pollers(u);
	spin_unlock(&unix_lock, flags);
	wait_wake_all(&u->room);
}

bool unix_forget_room(struct unix_socket *u)
{
	bool waited = !list_empty(&u->sender_link);

	list_remove(&u->sender_link);
	return waited;
}

/* Takes `u` out of everything; gives its peer, and what was in its queues. */
static struct unix_socket *detach(struct unix_socket *u, bool embryo, struct list *messages,
    struct list *connections, struct path *path)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *peer = u->peer;

	u->dead = true;
	u->socket.file = NULL;
	u->socket.state = SOCKET_CLOSED;
	u->socket.shutdown = SHUTDOWN_BOTH;
	unix_unbind(u);
	*path = u->path;
	u->path = (struct path){NULL, NULL};
	unix_forget_room(u);
	wake_pollers(u);
	if (peer && unix_connection_based(u))
		hang_up(u, peer, embryo);
	u->peer = NULL;
	while (!list_empty(&u->messages)) {
		struct unix_message *msg = list_first(&u->messages, struct unix_message, link);
		unix_dequeue(u, msg);
		list_append(messages, &msg->link);
	}
	list_splice(connections, &u->connections);
	spin_unlock(&unix_lock, flags);
	return peer;
}

/* Ends a socket and drops a reference. `embryo`: a connection that nobody accepted. */
static void end(struct unix_socket *u, bool embryo)
{
	struct list messages = LIST_INIT(messages), connections = LIST_INIT(connections);
	struct path path;
	struct unix_socket *peer = detach(u, embryo, &messages, &connections, &path);

	if (peer && unix_connection_based(u))
		socket_wake(&peer->socket, 0, POLL_HUP);
	unix_put(peer);
	wait_wake_all(&u->room);
	while (!list_empty(&connections)) {
		struct unix_socket *c = list_first(
		    &connections, struct unix_socket, connection_link);
		list_remove(&c->connection_link);
		end(c, true);
	}
	unix_end_messages(&messages);
	path_put(&path);
	unix_put(u);
}

static void release(struct socket *s)
{
	end(unix_of(s), false);
	unix_collect(NULL);
}

/* --- polling --- */

/* What both kinds have in common. */
static unsigned poll_common(const struct unix_socket *u)
{
	const struct socket *s = &u->socket;
	unsigned shut = __atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE), events = 0;

	if (__atomic_load_n(&s->error, __ATOMIC_ACQUIRE))
		events |= POLLERR;
	if (shut == SHUTDOWN_BOTH)
		events |= POLLHUP;
	if (shut & SHUTDOWN_RECEIVE)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (__atomic_load_n(&u->queued, __ATOMIC_ACQUIRE))
		events |= POLLIN | POLLRDNORM;
	if (unix_connection_based(u) && s->state == SOCKET_CLOSED)
		events |= POLLHUP;
	return events;
}

static unsigned poll_stream(struct socket *s)
{
	struct unix_socket *u = unix_of(s);
	unsigned events = poll_common(u);

	if (unix_writable(u))
		return events | POLLOUT | POLLWRNORM | POLLWRBAND;
	__atomic_store_n(&s->no_space, true, __ATOMIC_SEQ_CST);
	return unix_writable(u) ? events | POLLOUT | POLLWRNORM | POLLWRBAND : events;
}

/* Is the receiver's queue full? Then its becoming shorter will wake `u`. */
static bool peer_full(struct unix_socket *u)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *peer = u->peer;
	bool full = peer && !peer->dead && peer->peer != u && unix_queue_full(peer);

	if (full && list_empty(&u->sender_link))
		list_append(&peer->senders, &u->sender_link);
	spin_unlock(&unix_lock, flags);
	return full;
}

static unsigned poll_datagram(struct socket *s)
{
	unsigned events = poll_common(unix_of(s));

	if (unix_writable(unix_of(s)) && !peer_full(unix_of(s)))
		return events | POLLOUT | POLLWRNORM | POLLWRBAND;
	__atomic_store_n(&s->no_space, true, __ATOMIC_SEQ_CST);
	return events;
}

/* --- ioctl --- */

/* Bytes to be read: of a stream and of packets all, else of the first datagram. */
static int32_t input_length(struct unix_socket *u)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_message *msg;
	uint32_t n = 0;

	list_for_each (msg, &u->messages, link) {
		n += unix_unread(msg);
		if (!unix_connection_based(u))
			break;
	}
	spin_unlock(&unix_lock, flags);
	return (int32_t)n;
}

static int64_t ioctl(struct socket *s, unsigned cmd, uint64_t arg)
{
	int32_t n;

	switch (cmd) {
	case SIOCOUTQ:
		n = (int32_t)__atomic_load_n(&s->charged, __ATOMIC_ACQUIRE);
		return copy_out_obj(arg, &n);
	case FIONREAD:
		if (s->state == SOCKET_LISTENING)
			return -EINVAL;
		n = input_length(unix_of(s));
		return copy_out_obj(arg, &n);
	default:
		return -ENOTTY;
	}
}

static int shut_down(struct socket *s, unsigned how)
{
	struct unix_socket *u = unix_of(s), *peer;
	unsigned mode = how + 1, peer_mode = 0;
	irqflags_t flags = spin_lock(&unix_lock);

	__atomic_fetch_or(&s->shutdown, mode, __ATOMIC_ACQ_REL);
	peer = unix_connection_based(u) ? u->peer : NULL;
	if (peer) {
		unix_get(peer);
		peer_mode = (mode & SHUTDOWN_RECEIVE ? SHUTDOWN_SEND : 0) |
			    (mode & SHUTDOWN_SEND ? SHUTDOWN_RECEIVE : 0);
		__atomic_fetch_or(&peer->socket.shutdown, peer_mode, __ATOMIC_ACQ_REL);
	}
	spin_unlock(&unix_lock, flags);
	socket_wake(s, 0, 0);
	wait_wake_all(&u->room);
	if (peer)
		socket_wake(&peer->socket, 0,
		    peer_mode == SHUTDOWN_BOTH     ? POLL_HUP
		    : peer_mode & SHUTDOWN_RECEIVE ? POLL_IN
						   : 0);
	unix_put(peer);
	return 0;
}

static int no_listen(struct socket *s, unsigned backlog)
{
	return -EOPNOTSUPP;
}

static struct socket *no_accept(struct socket *s, bool nonblock)
{
	return ERR_PTR(-EOPNOTSUPP);
}

#define COMMON_OPS                                                                                 \
	.release = release, .bind = unix_bind, .pair = unix_pair, .name = unix_get_name,           \
	.shutdown = shut_down, .ioctl = ioctl, .descriptor_closed = unix_descriptor_closed,        \
	.describe = unix_describe, .files_waiting = unix_files_waiting

static const struct socket_ops stream_ops = {
    COMMON_OPS,
    .connect = unix_connect_stream,
    .listen = unix_listen,
    .accept = unix_accept,
    .send = unix_send_stream,
    .receive = unix_receive_stream,
    .poll = poll_stream,
};
static const struct socket_ops packet_ops = {
    COMMON_OPS,
    .connect = unix_connect_stream,
    .listen = unix_listen,
    .accept = unix_accept,
    .send = unix_send_packet,
    .receive = unix_receive_packet,
    .poll = poll_datagram,
};
static const struct socket_ops datagram_ops = {
    COMMON_OPS,
    .connect = unix_connect_datagram,
    .listen = no_listen,
    .accept = no_accept,
    .send = unix_send_datagram,
    .receive = unix_receive_datagram,
    .poll = poll_datagram,
};
