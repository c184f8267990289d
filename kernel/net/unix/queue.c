/* Messages of AF_UNIX: their memory, and what it counts for. */
#include "fs/internal.h"
#include "net/unix/unix.h"

#define INLINE_MAX 2048 /* above it, data is in pages */

/*
 * What Linux counts for a message, so that as much fits into a buffer: a descriptor of 256 bytes,
 * the linear part with its trailer of 320 in a heap block, and whole pages for the rest.
 */
static uint32_t message_charge(size_t linear, size_t paged)
{
	size_t need = ALIGN_UP(linear, 64) + 320, block = 512;

	while (block < need)
		block *= 2;
	return (uint32_t)(block + 256 + ALIGN_UP(paged, PAGE_SIZE));
}

bool unix_writable(const struct unix_socket *u)
{
	const struct socket *s = &u->socket;
	uint64_t charged = __atomic_load_n(&s->charged, __ATOMIC_ACQUIRE) + 1;

	return s->state != SOCKET_LISTENING && charged * 4 <= s->send_limit;
}

static bool may_send(const struct socket *s)
{
	return __atomic_load_n(&s->charged, __ATOMIC_ACQUIRE) < s->send_limit ||
	       (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_SEND) ||
	       __atomic_load_n(&s->error, __ATOMIC_ACQUIRE);
}

/* Until less than the limit is on its way. */
static int wait_may_send(struct socket *s, const struct message *m)
{
	ns_t timeout = s->send_timeout, deadline = socket_deadline(m, timeout);

	for (;;) {
		int err = socket_take_error(s);

		if (err)
			return err;
		if (__atomic_load_n(&s->shutdown, __ATOMIC_ACQUIRE) & SHUTDOWN_SEND)
			return -EPIPE;
		if (may_send(s))
			return 0;
		__atomic_store_n(&s->no_space, true, __ATOMIC_SEQ_CST);
		if (!deadline)
			return -EAGAIN;
		err = wait_event(&s->wait, may_send(s), SCHED_SLEEP_INTR, deadline, "unix_send");
		if (err == -EINTR)
			return socket_interrupted(timeout);
		if (err)
			deadline = 0;
	}
}

static char *inline_data(const struct unix_message *msg)
{
	return (char *)(uintptr_t)msg->page;
}

static struct unix_message *message_alloc(size_t n)
{
	unsigned pages = n > INLINE_MAX ? (unsigned)(ALIGN_UP(n, PAGE_SIZE) / PAGE_SIZE) : 0;
	struct unix_message *msg = kmalloc(
	    sizeof(*msg) + (pages ? pages * sizeof(struct page *) : n));

	if (!msg)
		return NULL;
	*msg = (struct unix_message){.len = (uint32_t)n, .control = CONTROL_INIT};
	ref_init(&msg->refs);
	list_init(&msg->link);
	for (; msg->page_count < pages; msg->page_count++) {
		msg->page[msg->page_count] = pages_low() ? NULL : page_alloc(0);
		if (!msg->page[msg->page_count]) {
			unix_message_put(msg);
			return NULL;
		}
	}
	return msg;
}

static int fill(struct unix_message *msg, struct io_vec *io)
{
	size_t done = 0;

	while (done < msg->len) {
		size_t n = msg->page_count ? MIN(msg->len - done, PAGE_SIZE) : msg->len;
		void *to = msg->page_count ? page_virt(msg->page[done / PAGE_SIZE])
					   : inline_data(msg);
		int64_t moved = io_get(io, to, n);

		if (moved < 0 || (size_t)moved < n)
			return -EFAULT;
		done += n;
	}
	return 0;
}

struct unix_message *unix_message_create(
    struct unix_socket *u, struct message *m, size_t n, size_t paged)
{
	struct unix_message *msg;
	int err = wait_may_send(&u->socket, m);

	if (err)
		return ERR_PTR(err);
	msg = message_alloc(n);
	if (!msg)
		return ERR_PTR(-ENOBUFS);
	unix_get(u);
	msg->sender = u;
	msg->charge = message_charge(n - paged, paged);
	__atomic_fetch_add(&u->socket.charged, msg->charge, __ATOMIC_ACQ_REL);
	err = fill(msg, &m->io);
	if (err) {
		unix_message_put(msg);
		return ERR_PTR(err);
	}
	return msg;
}

/* The sender has so much room back. */
static void uncharge(struct unix_socket *u, uint32_t charge)
{
	struct socket *s = &u->socket;

	__atomic_fetch_sub(&s->charged, charge, __ATOMIC_SEQ_CST);
	if (!u->dead && unix_writable(u))
		socket_wake(s, POLLOUT | POLLWRNORM | POLLWRBAND,
		    __atomic_exchange_n(&s->no_space, false, __ATOMIC_SEQ_CST) ? POLL_OUT : 0);
}

void unix_message_put(struct unix_message *msg)
{
	if (!ref_put(&msg->refs))
		return;
	control_end(&msg->control);
	for (unsigned k = 0; k < msg->page_count; k++)
		if (msg->page[k])
			page_put(msg->page[k]);
	if (msg->sender) {
		uncharge(msg->sender, msg->charge);
		unix_put(msg->sender);
	}
	kfree(msg);
}

int64_t unix_message_read(
    const struct unix_message *msg, size_t offset, size_t n, struct message *m)
{
	size_t done = 0;

	while (done < n) {
		size_t at = offset + done, chunk = n - done;
		char *from = inline_data(msg) + at;
		int64_t moved;

		if (msg->page_count) {
			chunk = MIN(chunk, PAGE_SIZE - at % PAGE_SIZE);
			from = (char *)page_virt(msg->page[at / PAGE_SIZE]) + at % PAGE_SIZE;
		}
		moved = io_put(&m->io, from, chunk);
		if (moved < 0 || (size_t)moved < chunk)
			return -EFAULT;
		done += chunk;
	}
	return (int64_t)n;
}

int unix_message_control(struct unix_message *msg, struct control *c, bool with_files)
{
	if (c->pid)
		pid_get(c->pid);
	msg->control.pid = c->pid;
	msg->control.uid = c->uid;
	msg->control.gid = c->gid;
	if (!with_files || !c->files)
		return 0;
	c->files->user = inflight_user_get(current_cred()->uid);
	if (!c->files->user)
		return -ENOMEM;
	if (!inflight_allowed(c->files->user))
		return -ETOOMANYREFS;
	msg->control.files = c->files;
	c->files = NULL;
	return 0;
}

void unix_enqueue(struct unix_socket *to, struct unix_message *msg)
{
	ASSERT_HELD(&unix_lock);
	if (msg->control.files)
		inflight_add(msg->control.files, to);
	msg->queued = true;
	list_append(&to->messages, &msg->link);
	__atomic_store_n(&to->queued, to->queued + 1, __ATOMIC_RELEASE);
}

void unix_dequeue(struct unix_socket *from, struct unix_message *msg)
{
	ASSERT_HELD(&unix_lock);
	if (msg->control.files)
		inflight_remove(msg->control.files);
	msg->queued = false;
	list_remove(&msg->link);
	__atomic_store_n(&from->queued, from->queued - 1, __ATOMIC_RELEASE);
}

int unix_take_files(struct unix_message *msg, struct control *c, bool peek)
{
	irqflags_t flags;

	if (!msg->control.files)
		return 0;
	if (peek) {
		c->files = file_list_copy(msg->control.files);
		return c->files ? 0 : -ENOMEM;
	}
	flags = spin_lock(&unix_lock);
	if (msg->queued)
		inflight_remove(msg->control.files);
	c->files = msg->control.files;
	msg->control.files = NULL;
	spin_unlock(&unix_lock, flags);
	return 0;
}

void unix_move_peek_offset(struct socket *s, int64_t n)
{
	int offset = __atomic_load_n(&s->peek_offset, __ATOMIC_RELAXED);

	if (offset >= 0)
		__atomic_store_n(&s->peek_offset, (int)MAX(offset - n, 0), __ATOMIC_RELAXED);
}
