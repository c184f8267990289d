/* AF_UNIX: listening, connecting, accepting (unix(7)). */
#include "fs/internal.h"
#include "net/unix/unix.h"

int unix_listen(struct socket *s, unsigned backlog)
{
	struct unix_socket *u = unix_of(s);
	irqflags_t flags;
	int err = 0;

	if (!__atomic_load_n(&u->name, __ATOMIC_ACQUIRE))
		return -EINVAL; /* nobody could ever connect */
	flags = spin_lock(&unix_lock);
	if (s->state == SOCKET_CONNECTED) {
		err = -EINVAL;
	} else {
		__atomic_store_n(&u->backlog, backlog, __ATOMIC_RELEASE);
		s->state = SOCKET_LISTENING;
	}
	spin_unlock(&unix_lock, flags);
	if (!err) {
		socket_peer_set_current(s); /* what those who connect get to see */
		wait_wake_all(&u->room);
	}
	return err;
}

static bool room_or_end(const struct unix_socket *u)
{
	return !unix_queue_full(u) || __atomic_load_n(&u->dead, __ATOMIC_ACQUIRE) ||
	       (__atomic_load_n(&u->socket.shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE);
}

int unix_wait_room(struct unix_socket *other, ns_t deadline)
{
	int err = wait_event(
	    &other->room, room_or_end(other), SCHED_SLEEP_INTR, deadline, "unix_room");

	return err == -EINTR ? err : 0;
}

/* --- connecting --- */

/* Both ends of a new connection. (unix_lock) */
static void establish(
    struct unix_socket *u, struct unix_socket *embryo, struct unix_socket *listener)
{
	unix_get(embryo);
	u->peer = embryo;
	unix_get(u);
	embryo->peer = u;
	u->socket.state = embryo->socket.state = SOCKET_CONNECTED;
	ref_get(&listener->name->refs);
	__atomic_store_n(&embryo->name, listener->name, __ATOMIC_RELEASE);
	list_append(&listener->connections, &embryo->connection_link);
	__atomic_store_n(&listener->queued, listener->queued + 1, __ATOMIC_RELEASE);
}

enum { TRY_AGAIN = 1 };

/* One attempt, under the lock: 0, TRY_AGAIN (the listener died meanwhile), or -errno. */
static int try_connect(
    struct unix_socket *u, struct unix_socket *embryo, struct unix_socket *listener)
{
	irqflags_t flags = spin_lock(&unix_lock);
	int err = 0;

	if (listener->dead)
		err = TRY_AGAIN;
	else if (listener->socket.state != SOCKET_LISTENING ||
		 (listener->socket.shutdown & SHUTDOWN_RECEIVE))
		err = -ECONNREFUSED;
	else if (unix_queue_full(listener))
		err = -EAGAIN;
	else if (u->socket.state != SOCKET_CLOSED)
		err = u->socket.state == SOCKET_CONNECTED ? -EISCONN : -EINVAL;
	else
		establish(u, embryo, listener);
	spin_unlock(&unix_lock, flags);
	return err;
}

/* Attempts until it comes to something. *timed_out: it does not wait (again). */
static int connect_to(struct unix_socket *u, struct unix_socket *embryo,
    const struct linux_sockaddr *a, unsigned len, ns_t *deadline)
{
	struct unix_socket *listener = unix_find(a, len, u->socket.type);
	int err;

	if (IS_ERR(listener))
		return PTR_ERR(listener);
	socket_peer_set_current(&embryo->socket);
	err = try_connect(u, embryo, listener);
	if (!err) {
		socket_peer_copy(&u->socket, &listener->socket);
		socket_wake(&listener->socket, POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND, POLL_IN);
	}
	if (err == -EAGAIN && *deadline) {
		err = unix_wait_room(listener, *deadline);
		if (!err)
			err = TRY_AGAIN;
		if (*deadline != NS_NEVER && time_now() >= *deadline)
			*deadline = 0;
	}
	unix_put(listener);
	return err;
}

int unix_connect_stream(
    struct socket *s, const struct linux_sockaddr *a, unsigned len, bool nonblock)
{
	struct unix_socket *u = unix_of(s), *embryo;
	const struct message how = {.flags = nonblock ? MSG_DONTWAIT : 0};
	ns_t timeout = s->send_timeout, deadline = socket_deadline(&how, timeout);
	int err = unix_check_address(a, len);

	if (!err)
		err = unix_autobind_for_credentials(u);
	if (err)
		return err;
	embryo = unix_create(s->type);
	if (!embryo)
		return -ENOMEM;
	do
		err = connect_to(u, embryo, a, len, &deadline);
	while (err == TRY_AGAIN);
	if (err)
		unix_put(embryo); /* else the listener's queue has that reference */
	return err == -EINTR ? socket_interrupted(timeout) : err;
}

/* --- datagrams --- */

void unix_disconnected(struct unix_socket *u, struct unix_socket *old)
{
	struct list messages = LIST_INIT(messages);
	irqflags_t flags = spin_lock(&unix_lock);
	bool tell = !list_empty(&u->messages) && !old->dead && old->peer == u;

	while (!list_empty(&u->messages)) {
		struct unix_message *msg = list_first(&u->messages, struct unix_message, link);
		unix_dequeue(u, msg);
		list_append(&messages, &msg->link);
	}
	if (tell)
		__atomic_store_n(&old->socket.error, ECONNRESET, __ATOMIC_RELEASE);
	if (!old->peer && old->socket.state == SOCKET_CONNECTED)
		old->socket.state = SOCKET_CLOSED;
	spin_unlock(&unix_lock, flags);
	if (tell)
		socket_wake(&old->socket, POLLERR, POLL_ERR);
	if (!list_empty(&messages))
		unix_wake_senders(u);
	unix_end_messages(&messages);
}

/* Another peer, or none. Takes the reference over. */
static int set_peer(struct unix_socket *u, struct unix_socket *other)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *old = u->peer;
	bool waited;

	if (other && (other->dead || (other->peer && other->peer != u))) {
		int err = other->dead ? TRY_AGAIN : -EPERM;
		spin_unlock(&unix_lock, flags);
		unix_put(other);
		return err;
	}
	u->peer = other;
	u->socket.state = other ? SOCKET_CONNECTED : SOCKET_CLOSED;
	if (other)
		other->socket.state = SOCKET_CONNECTED;
	waited = unix_forget_room(u);
	spin_unlock(&unix_lock, flags);
	if (waited)
		socket_wake(&u->socket, POLLOUT | POLLWRNORM | POLLWRBAND, 0);
	if (old && old != other)
		unix_disconnected(u, old);
	unix_put(old);
	return 0;
}

int unix_connect_datagram(
    struct socket *s, const struct linux_sockaddr *a, unsigned len, bool nonblock)
{
	struct unix_socket *u = unix_of(s), *other;
	int err;

	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family == AF_UNSPEC)
		return set_peer(u, NULL);
	err = unix_check_address(a, len);
	if (!err)
		err = unix_autobind_for_credentials(u);
	if (err)
		return err;
	do {
		other = unix_find(a, len, s->type);
		if (IS_ERR(other))
			return PTR_ERR(other);
		err = set_peer(u, other);
	} while (err == TRY_AGAIN);
	return err;
}

int unix_pair(struct socket *a, struct socket *b)
{
	irqflags_t flags;

	socket_peer_set_current(a);
	socket_peer_set_current(b);
	flags = spin_lock(&unix_lock);
	unix_get(unix_of(b));
	unix_of(a)->peer = unix_of(b);
	unix_get(unix_of(a));
	unix_of(b)->peer = unix_of(a);
	a->state = b->state = SOCKET_CONNECTED;
	spin_unlock(&unix_lock, flags);
	return 0;
}

/* --- accepting --- */

static struct unix_socket *take_connection(struct unix_socket *u)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *c = NULL;

	if (!list_empty(&u->connections)) {
		c = list_first(&u->connections, struct unix_socket, connection_link);
		list_remove(&c->connection_link);
		__atomic_store_n(&u->queued, u->queued - 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&unix_lock, flags);
	return c;
}

/* A connection waits, or none will come, or there is an error to be told. */
static bool accept_ready(const struct unix_socket *u)
{
	return __atomic_load_n(&u->queued, __ATOMIC_ACQUIRE) ||
	       (__atomic_load_n(&u->socket.shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE) ||
	       __atomic_load_n(&u->socket.error, __ATOMIC_ACQUIRE);
}

struct socket *unix_accept(struct socket *s, bool nonblock)
{
	struct unix_socket *u = unix_of(s), *c;
	const struct message how = {.flags = nonblock ? MSG_DONTWAIT : 0};
	ns_t timeout = s->receive_timeout, deadline = socket_deadline(&how, timeout);
	const uint32_t inherited = 1u << FLAG_PASSCRED | 1u << FLAG_PASSPIDFD | 1u << FLAG_PASSSEC;

	if (s->state != SOCKET_LISTENING)
		return ERR_PTR(-EINVAL);
	for (;;) {
		int err = socket_take_error(s);

		if (err)
			return ERR_PTR(err);
		c = take_connection(u);
		if (c)
			break;
		if (!deadline)
			return ERR_PTR(-EAGAIN);
		if (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE)
			return ERR_PTR(-EINVAL);
		err = wait_event(
		    &s->wait, accept_ready(u), SCHED_SLEEP_INTR, deadline, "unix_accept");
		if (err == -EINTR)
			return ERR_PTR(socket_interrupted(timeout));
		if (err)
			deadline = 0;
	}
	wait_wake_all(&u->room);
	__atomic_fetch_or(&c->socket.flags, s->flags & inherited, __ATOMIC_RELAXED);
	return &c->socket;
}
