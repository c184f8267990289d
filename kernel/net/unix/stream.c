/* AF_UNIX streams: bytes without borders, but those where files or other senders' credentials lie.
 */
#include "fs/internal.h"
#include "net/unix/unix.h"

#define HEAD_MAX  3776u  /* the linear part of a piece, as on Linux: see message_charge */
#define PAGED_MAX 32768u /* and the rest of it */

/* --- sending --- */

/* The next piece of a write: its bytes, and how many of them count as whole pages. */
static size_t piece_size(const struct socket *s, size_t left, size_t *paged)
{
	size_t n = MIN(MIN(left, s->send_limit / 2 - 64), HEAD_MAX + PAGED_MAX);

	*paged = n > HEAD_MAX ? MIN(n, ALIGN_UP(n - HEAD_MAX, PAGE_SIZE)) : 0;
	return n;
}

/* To the end of the peer's queue: 0 or -EPIPE, the message being gone. */
static int deliver(struct unix_socket *u, struct unix_socket *peer, struct unix_message *msg)
{
	irqflags_t flags = spin_lock(&unix_lock);
	int err = 0;

	if (peer->dead || (peer->socket.shutdown & SHUTDOWN_RECEIVE)) {
		err = -EPIPE;
	} else {
		if (!msg->control.pid && unix_wants_credentials(u, peer))
			control_set_current(&msg->control);
		unix_enqueue(peer, msg);
	}
	spin_unlock(&unix_lock, flags);
	if (err)
		unix_message_put(msg);
	else
		socket_wake(&peer->socket, POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND, POLL_IN);
	return err;
}

static int64_t broken_pipe(const struct message *m)
{
	if (!(m->flags & MSG_NOSIGNAL))
		fs_signal_current(SIGPIPE);
	return -EPIPE;
}

/* A socket shut down while we wait for memory gives EPIPE without a signal, as on Linux. */
static int64_t send_pieces(
    struct unix_socket *u, struct unix_socket *peer, struct message *m, struct control *c)
{
	size_t left = m->io.left, sent = 0;

	while (sent < left) {
		size_t paged, n = piece_size(&u->socket, left - sent, &paged);
		struct unix_message *msg = unix_message_create(u, m, n, paged);
		int err;

		if (IS_ERR(msg))
			return sent ? (int64_t)sent : PTR_ERR(msg);
		err = unix_message_control(msg, c, !sent);
		if (err) {
			unix_message_put(msg);
			return sent ? (int64_t)sent : err;
		}
		if (deliver(u, peer, msg))
			return sent ? (int64_t)sent : broken_pipe(m);
		sent += n;
	}
	return (int64_t)sent;
}

static int64_t send_to_peer(struct unix_socket *u, struct message *m, struct control *c)
{
	struct unix_socket *peer;
	int64_t result;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name_len)
		return u->socket.state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	peer = unix_peer_get(u);
	if (!peer)
		return -ENOTCONN;
	if (__atomic_load_n(&u->socket.shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_SEND)
		result = broken_pipe(m);
	else
		result = send_pieces(u, peer, m, c);
	unix_put(peer);
	return result;
}

int64_t unix_send_stream(struct socket *s, struct message *m)
{
	struct control c = CONTROL_INIT;
	int64_t result = control_collect(&c, m);

	if (!result)
		result = send_to_peer(unix_of(s), m, &c);
	control_end(&c);
	return result;
}

/* --- receiving --- */

/* A receive under way. */
struct reader {
	struct unix_socket *u;
	struct message *m;
	struct control control;
	size_t size, copied, target; /* bytes left, had, and enough to stop waiting */
	size_t skip, skip_first;     /* peeking: bytes to pass over: now, and from the start */
	bool peek;
	bool same_sender; /* control says whose bytes these are: no others are mixed in */
	bool named;       /* the sender's name was told */
	ns_t timeout, deadline;
};

/*
 * The first message behind `after` (NULL: of all) that has bytes after those to skip; r->skip is
 * then within it. Without read_lock it may be gone at once.
 */
static struct unix_message *find_unread(struct reader *r, struct unix_message *after)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct list *l = after ? after->link.next : r->u->messages.next;
	struct unix_message *msg = NULL;

	if (!after)
		r->skip = r->skip_first;
	for (; l != &r->u->messages; l = l->next) {
		struct unix_message *next = list_entry(l, struct unix_message, link);

		if (r->skip < unix_unread(next)) {
			msg = next;
			break;
		}
		r->skip -= unix_unread(next);
	}
	spin_unlock(&unix_lock, flags);
	return msg;
}

static bool readable(struct reader *r)
{
	const struct socket *s = &r->u->socket;

	return find_unread(r, NULL) ||
	       (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE) ||
	       __atomic_load_n(&s->error, __ATOMIC_ACQUIRE);
}

/* There is nothing: 0 with *done when that is the end of it, 0 to look again, or -errno. */
static int wait_for_data(struct reader *r, bool *done)
{
	struct socket *s = &r->u->socket;
	int err;

	*done = r->copied >= r->target;
	if (*done)
		return 0;
	err = socket_take_error(s);
	if (err)
		return err;
	*done = __atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_RECEIVE;
	if (*done)
		return 0;
	if (!r->deadline)
		return -EAGAIN;
	mutex_unlock(&r->u->read_lock);
	err = wait_event(&s->wait, readable(r), SCHED_SLEEP_INTR, r->deadline, "unix_recv");
	mutex_lock(&r->u->read_lock);
	if (err == -ETIMEDOUT)
		r->deadline = 0;
	return err == -EINTR ? socket_interrupted(r->timeout) : 0;
}

/* Bytes of different senders are told apart where credentials are wanted. False: stop before this
 * message. */
static bool same_sender(struct reader *r, const struct unix_message *msg)
{
	const struct control *c = &msg->control;

	if (r->same_sender)
		return r->control.pid == c->pid && r->control.uid == c->uid &&
		       r->control.gid == c->gid;
	if (control_wants_sender(&r->u->socket)) {
		if (c->pid)
			pid_get(c->pid);
		r->control.pid = c->pid;
		r->control.uid = c->uid;
		r->control.gid = c->gid;
		r->same_sender = true;
	}
	return true;
}

/* After bytes of a message were read: true if it is used up, and reading may go on behind it. */
static bool consume(struct reader *r, struct unix_message *msg, size_t n)
{
	struct unix_socket *u = r->u;
	irqflags_t flags;

	msg->consumed += (uint32_t)n;
	unix_move_peek_offset(&u->socket, (int64_t)n);
	unix_take_files(msg, &r->control, false);
	if (unix_unread(msg))
		return false;
	flags = spin_lock(&unix_lock);
	unix_dequeue(u, msg);
	spin_unlock(&unix_lock, flags);
	unix_message_put(msg);
	return !r->control.files;
}

/* The same for a peek: nothing changes but the peek offset. */
static bool pass(struct reader *r, struct unix_message *msg, size_t n)
{
	bool files = msg->control.files;

	unix_take_files(msg, &r->control, true);
	unix_move_peek_offset(&r->u->socket, -(int64_t)n);
	r->skip = 0;
	return !files;
}

/* Reads from one message: 1 to go on, 0 to stop, or -EFAULT. */
static int read_message(struct reader *r, struct unix_message *msg)
{
	size_t n = MIN(unix_unread(msg) - r->skip, r->size);

	if (!same_sender(r, msg))
		return 0;
	if (!r->named && r->m->name)
		unix_tell_sender(msg, r->m);
	r->named = true;
	if (unix_message_read(msg, msg->consumed + r->skip, n, r->m) < 0)
		return -EFAULT;
	r->copied += n;
	r->size -= n;
	return r->peek ? pass(r, msg, n) : consume(r, msg, n);
}

/* (read_lock) 0, or -errno if nothing was read. */
static int read_messages(struct reader *r)
{
	struct unix_message *msg = NULL;
	bool done;

	do {
		int err;

		msg = find_unread(r, r->peek && r->copied ? msg : NULL);
		if (!msg && r->peek && r->copied)
			return 0;
		if (!msg) {
			err = wait_for_data(r, &done);
			if (err || done)
				return err;
			continue;
		}
		err = read_message(r, msg);
		if (err <= 0)
			return err;
	} while (r->size);
	return 0;
}

int64_t unix_receive_stream(struct socket *s, struct message *m)
{
	bool peek = m->flags & MSG_PEEK;
	struct reader r = {.u = unix_of(s),
	    .m = m,
	    .control = CONTROL_INIT,
	    .size = m->io.left,
	    .peek = peek,
	    .timeout = s->receive_timeout,
	    .deadline = socket_deadline(m, s->receive_timeout)};
	int err;

	if (m->flags & MSG_OOB)
		return s->state == SOCKET_CONNECTED ? -EOPNOTSUPP : -EINVAL;
	if (s->state != SOCKET_CONNECTED)
		return -EINVAL;
	r.target = m->flags & MSG_WAITALL ? r.size : MIN(r.size, (unsigned)s->low_water);
	r.target = MAX(r.target, 1);
	mutex_lock(&r.u->read_lock);
	r.skip_first = peek ? (size_t)MAX(__atomic_load_n(&s->peek_offset, __ATOMIC_RELAXED), 0)
			    : 0;
	err = read_messages(&r);
	mutex_unlock(&r.u->read_lock);
	if (err == -ERESTARTSYS || err == -EINTR)
		control_end(&r.control);
	else
		control_deliver(s, m, &r.control);
	return r.copied ? (int64_t)r.copied : err;
}
