/* AF_UNIX datagrams and sequenced packets: whole messages. */
#include "fs/internal.h"
#include "net/unix/unix.h"
#include "sched/timer.h"

#define LINEAR_MAX 16064u /* what Linux puts into one heap block: see message_charge */

/* --- sending --- */

enum { TRY_AGAIN = 1 };

/* A datagram under way. */
struct sender {
	struct unix_socket *u, *other; /* other: with a reference, or NULL */
	const struct message *m;       /* name_len 0: to the peer */
	struct unix_message *msg;      /* NULL once delivered */
	ns_t timeout, deadline;
};

/* The receiver is gone: -ECONNREFUSED if it was our peer, else another may have the name now. */
static int receiver_died(struct sender *d)
{
	struct unix_socket *u = d->u, *other = d->other;
	irqflags_t flags;
	bool was_peer;

	d->other = NULL;
	if (u->socket.type == SOCK_SEQPACKET) {
		unix_put(other);
		return -EPIPE;
	}
	flags = spin_lock(&unix_lock);
	was_peer = u->peer == other;
	if (was_peer) {
		u->peer = NULL;
		u->socket.state = SOCKET_CLOSED;
		unix_forget_room(u);
	}
	spin_unlock(&unix_lock, flags);
	if (was_peer) {
		socket_wake(&u->socket, POLLOUT | POLLWRNORM | POLLWRBAND, 0);
		unix_disconnected(u, other);
		unix_put(other); /* the peer's */
	}
	unix_put(other);
	return was_peer ? -ECONNREFUSED : TRY_AGAIN;
}

/* (unix_lock) */
static void enqueue(struct sender *d)
{
	struct unix_message *msg = d->msg;

	if (socket_flag(&d->other->socket, FLAG_TIMESTAMP))
		msg->time = time_realtime();
	if (!msg->control.pid && unix_wants_credentials(d->u, d->other))
		control_set_current(&msg->control);
	unix_enqueue(d->other, msg);
	d->msg = NULL;
}

enum { FULL = 2, DIED };

/* One attempt under the lock: 0, FULL, DIED, -EPERM, -EPIPE. */
static int try_deliver(struct sender *d)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *u = d->u, *other = d->other;
	int err = 0;

	if (other->peer && other->peer != u)
		err = -EPERM;
	else if (other->dead)
		err = DIED;
	else if (other->socket.shutdown & SHUTDOWN_RECEIVE)
		err = -EPIPE;
	else if (other != u && other->peer != u && unix_queue_full(other))
		err = FULL;
	if (!err)
		enqueue(d);
	/* With nobody waiting here, epoll and poll find out by themselves when there is room. */
	if (err == FULL && u->peer == other && list_empty(&u->sender_link))
		list_append(&other->senders, &u->sender_link);
	spin_unlock(&unix_lock, flags);
	return err;
}

/* One attempt: 0, TRY_AGAIN, or -errno. */
static int attempt(struct sender *d)
{
	int err;

	if (!d->other) {
		if (!d->m->name_len)
			return -ECONNRESET;
		d->other = unix_find(d->m->name, d->m->name_len, d->u->socket.type);
		if (IS_ERR(d->other)) {
			err = PTR_ERR(d->other);
			d->other = NULL;
			return err;
		}
	}
	err = try_deliver(d);
	if (err == DIED)
		return receiver_died(d);
	if (err != FULL)
		return err;
	if (!d->deadline)
		return -EAGAIN;
	err = unix_wait_room(d->other, d->deadline);
	if (err)
		return socket_interrupted(d->timeout);
	if (d->deadline != NS_NEVER && time_now() >= d->deadline)
		d->deadline = 0;
	return TRY_AGAIN;
}

/* Checks that come before the data is looked at, and the message. */
static int prepare(struct sender *d, struct message *m, struct control *c)
{
	size_t n = m->io.left, paged;
	int err = 0;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name_len) {
		err = unix_check_address(m->name, m->name_len);
	} else {
		d->other = unix_peer_get(d->u);
		err = d->other ? 0 : -ENOTCONN;
	}
	if (!err)
		err = unix_autobind_for_credentials(d->u);
	if (err)
		return err;
	if (n > d->u->socket.send_limit - 32)
		return -EMSGSIZE;
	paged = n > LINEAR_MAX ? ALIGN_UP(n - LINEAR_MAX, PAGE_SIZE) : 0;
	d->msg = unix_message_create(d->u, m, n, MIN(paged, n));
	if (IS_ERR(d->msg)) {
		err = PTR_ERR(d->msg);
		d->msg = NULL;
		return err;
	}
	return unix_message_control(d->msg, c, true);
}

int64_t unix_send_datagram(struct socket *s, struct message *m)
{
	struct control c = CONTROL_INIT;
	struct sender d = {.u = unix_of(s), .m = m, .timeout = s->send_timeout};
	size_t n = m->io.left;
	int err = control_collect(&c, m);

	if (!err)
		err = prepare(&d, m, &c);
	if (!err) {
		d.deadline = socket_deadline(m, d.timeout);
		do
			err = attempt(&d);
		while (err == TRY_AGAIN);
	}
	if (d.msg)
		unix_message_put(d.msg);
	if (!err)
		socket_wake(&d.other->socket, POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND, POLL_IN);
	unix_put(d.other);
	control_end(&c);
	return err ? err : (int64_t)n;
}

int64_t unix_send_packet(struct socket *s, struct message *m)
{
	int err = socket_take_error(s);

	if (err)
		return err;
	if (s->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	m->name_len = 0;
	return unix_send_datagram(s, m);
}

/* --- receiving --- */

/* With a peek offset, the message that it leads into; *skip is what of it is passed over. */
static struct unix_message *find_peeked(struct unix_socket *u, size_t *skip)
{
	struct unix_message *msg;

	list_for_each (msg, &u->messages, link) {
		if (*skip < msg->len || (!*skip && !msg->peeked))
			return msg;
		*skip -= msg->len;
	}
	return NULL;
}

/* The next message with a reference, off the queue unless it is peeked at; NULL: none. */
static struct unix_message *take(struct unix_socket *u, bool peek, size_t *skip)
{
	int offset = __atomic_load_n(&u->socket.peek_offset, __ATOMIC_RELAXED);
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_message *msg = NULL;

	*skip = 0;
	if (peek && offset >= 0) {
		*skip = (size_t)offset;
		msg = find_peeked(u, skip);
	} else if (!list_empty(&u->messages)) {
		msg = list_first(&u->messages, struct unix_message, link);
	}
	if (msg && peek) {
		msg->peeked |= !msg->len;
		ref_get(&msg->refs);
	} else if (msg) {
		unix_dequeue(u, msg);
	}
	spin_unlock(&unix_lock, flags);
	return msg;
}

static bool readable(struct unix_socket *u, bool peek)
{
	const struct socket *s = &u->socket;
	irqflags_t flags;
	bool found;

	if ((__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE) ||
	    __atomic_load_n(&s->error, __ATOMIC_ACQUIRE))
		return true;
	if (!peek || __atomic_load_n(&s->peek_offset, __ATOMIC_RELAXED) < 0)
		return __atomic_load_n(&u->queued, __ATOMIC_ACQUIRE);
	size_t skip = (size_t)MAX(__atomic_load_n(&s->peek_offset, __ATOMIC_RELAXED), 0);
	flags = spin_lock(&unix_lock);
	found = find_peeked(u, &skip);
	spin_unlock(&unix_lock, flags);
	return found;
}

/* Waits for a message, which comes with read_lock held. ERR_PTR(0) at the end. */
static struct unix_message *wait_message(
    struct unix_socket *u, const struct message *m, size_t *skip)
{
	struct socket *s = &u->socket;
	ns_t timeout = s->receive_timeout, deadline = socket_deadline(m, timeout);
	bool peek = m->flags & MSG_PEEK;

	for (;;) {
		struct unix_message *msg;
		int err;

		mutex_lock(&u->read_lock);
		err = socket_take_error(s);
		msg = err ? NULL : take(u, peek, skip);
		if (msg)
			return msg;
		mutex_unlock(&u->read_lock);
		if (err)
			return ERR_PTR(err);
		if (!deadline)
			return ERR_PTR(-EAGAIN);
		if (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE)
			return NULL;
		err = wait_event(
		    &s->wait, readable(u, peek), SCHED_SLEEP_INTR, deadline, "unix_recv");
		if (err == -EINTR)
			return ERR_PTR(socket_interrupted(timeout));
		if (err)
			deadline = 0;
	}
}

static void tell_time(const struct socket *s, struct message *m, ns_t t)
{
	bool fresh = socket_flag(s, FLAG_TIMESTAMP_NEW);
	struct linux_timespec ts;
	struct linux_timeval tv;

	if (!t)
		t = time_realtime();
	ts = ns_timespec(t);
	tv = (struct linux_timeval){ts.sec, ts.nsec / 1000};
	if (socket_flag(s, FLAG_TIMESTAMPNS))
		message_put_control(
		    m, fresh ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD, &ts, sizeof(ts));
	else
		message_put_control(
		    m, fresh ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD, &tv, sizeof(tv));
}

/* Bytes and control data of a message. (read_lock) */
static int64_t read_message(
    struct unix_socket *u, struct unix_message *msg, size_t skip, struct message *m)
{
	struct control c = CONTROL_INIT;
	size_t there = msg->len - skip, n = MIN(m->io.left, there);
	bool peek = m->flags & MSG_PEEK;

	if (m->name)
		unix_tell_sender(msg, m);
	if (m->io.left < there)
		m->out_flags |= MSG_TRUNC;
	if (unix_message_read(msg, skip, n, m) < 0)
		return -EFAULT;
	if (socket_flag(&u->socket, FLAG_TIMESTAMP))
		tell_time(&u->socket, m, msg->time);
	if (msg->control.pid)
		pid_get(msg->control.pid);
	c.pid = msg->control.pid;
	c.uid = msg->control.uid;
	c.gid = msg->control.gid;
	unix_move_peek_offset(&u->socket, peek ? -(int64_t)n : (int64_t)msg->len);
	unix_take_files(msg, &c, peek);
	control_deliver(&u->socket, m, &c);
	return (int64_t)(m->flags & MSG_TRUNC ? there : n);
}

int64_t unix_receive_datagram(struct socket *s, struct message *m)
{
	struct unix_socket *u = unix_of(s);
	struct unix_message *msg;
	int64_t result;
	size_t skip;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	msg = wait_message(u, m, &skip);
	if (IS_ERR(msg) && s->type == SOCK_SEQPACKET && PTR_ERR(msg) == -EAGAIN &&
	    (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE))
		return 0;
	if (IS_ERR(msg) || !msg)
		return PTR_ERR(msg);
	if (!(m->flags & MSG_PEEK))
		unix_wake_senders(u);
	result = read_message(u, msg, skip, m);
	mutex_unlock(&u->read_lock);
	unix_message_put(msg);
	return result;
}

int64_t unix_receive_packet(struct socket *s, struct message *m)
{
	if (s->state != SOCKET_CONNECTED)
		return -ENOTCONN;
	return unix_receive_datagram(s, m);
}
