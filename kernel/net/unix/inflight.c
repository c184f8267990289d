/*
 * Files on their way in messages: how many of each user's, and the collector of sockets that are
 * only on their way to each other and that nobody can ever receive.
 */
#include "fs/internal.h"
#include "net/unix/unix.h"

struct inflight_user {
	struct list link; /* all of this: unix_lock */
	unsigned refs;
	uint32_t uid;
	uint64_t count;
};

static struct list users = LIST_INIT(users);       /* unix_lock */
static struct list inflight = LIST_INIT(inflight); /* sockets by inflight_link (unix_lock) */
/* Something was put into the queue of a socket that is itself on its way, which is what completes a
 * circle; until nothing is on its way. (unix_lock; atomic) */
static bool may_be_circular;

/* (unix_lock) */
static struct inflight_user *find_user(uint32_t uid)
{
	struct inflight_user *u;

	list_for_each (u, &users, link) {
		if (u->uid == uid) {
			u->refs++;
			return u;
		}
	}
	return NULL;
}

struct inflight_user *inflight_user_get(uint32_t uid)
{
	struct inflight_user *fresh = kzalloc(sizeof(*fresh)), *u;
	irqflags_t flags;

	if (!fresh)
		return NULL;
	flags = spin_lock(&unix_lock);
	u = find_user(uid);
	if (!u) {
		u = fresh;
		u->refs = 1;
		u->uid = uid;
		list_append(&users, &u->link);
		fresh = NULL;
	}
	spin_unlock(&unix_lock, flags);
	kfree(fresh);
	return u;
}

void inflight_user_put(struct inflight_user *u)
{
	irqflags_t flags;
	bool last;

	if (!u)
		return;
	flags = spin_lock(&unix_lock);
	last = !--u->refs;
	if (last)
		list_remove(&u->link);
	spin_unlock(&unix_lock, flags);
	if (last)
		kfree(u);
}

bool inflight_allowed(const struct inflight_user *u)
{
	uint64_t count = __atomic_load_n(&u->count, __ATOMIC_RELAXED);

	return count <= current_rlimit(RLIMIT_NOFILE) || fs_capable(CAP_SYS_RESOURCE) ||
	       fs_capable(CAP_SYS_ADMIN);
}

/* The AF_UNIX socket that a file is, or NULL. */
static struct unix_socket *socket_of(struct file *f)
{
	struct socket *s = file_socket(f);

	return s && s->family == AF_UNIX ? unix_of(s) : NULL;
}

void inflight_add(struct file_list *l, const struct unix_socket *to)
{
	l->user->count += l->count;
	for (unsigned k = 0; k < l->count; k++) {
		struct unix_socket *u = socket_of(l->file[k]);
		if (u && !u->inflight++)
			list_append(&inflight, &u->inflight_link);
	}
	/* One that is not accepted yet may have a listener that is on its way. */
	if (to->inflight || !to->socket.file)
		__atomic_store_n(&may_be_circular, true, __ATOMIC_RELEASE);
}

void inflight_remove(struct file_list *l)
{
	l->user->count -= l->count;
	for (unsigned k = 0; k < l->count; k++) {
		struct unix_socket *u = socket_of(l->file[k]);
		if (u && !--u->inflight)
			list_remove(&u->inflight_link);
	}
	if (list_empty(&inflight))
		__atomic_store_n(&may_be_circular, false, __ATOMIC_RELEASE);
}

/* --- the collector (all under unix_lock) --- */

/* Calls fn for each socket on its way in a list of messages. */
static void each_in_messages(
    struct list *messages, void (*fn)(struct unix_socket *, struct list *), struct list *arg)
{
	struct unix_message *msg;

	list_for_each (msg, messages, link)
		for (unsigned k = 0; msg->control.files && k < msg->control.files->count; k++) {
			struct unix_socket *u = socket_of(msg->control.files->file[k]);
			if (u)
				fn(u, arg);
		}
}

/* The same for all that receiving from `u` can lead to, its connections included. */
static void each_reachable(
    struct unix_socket *u, void (*fn)(struct unix_socket *, struct list *), struct list *arg)
{
	struct unix_socket *c;

	each_in_messages(&u->messages, fn, arg);
	list_for_each (c, &u->connections, connection_link)
		each_in_messages(&c->messages, fn, arg);
}

static void drop_ref(struct unix_socket *u, struct list *unused)
{
	u->gc_refs--;
}

static void make_live(struct unix_socket *u, struct list *todo)
{
	if (u->gc_live)
		return;
	u->gc_live = true;
	list_append(todo, &u->gc_link);
}

/*
 * A socket is alive if its file has a reference that no queue of a socket on its way accounts for,
 * or if it can be received from one that is alive.
 */
static void mark(const struct unix_socket *closing)
{
	struct list todo = LIST_INIT(todo);
	struct unix_socket *u;

	list_for_each (u, &inflight, inflight_link) {
		u->gc_refs = (unsigned)__atomic_load_n(&u->socket.file->refs.n, __ATOMIC_ACQUIRE) -
			     (u == closing);
		u->gc_live = false;
	}
	list_for_each (u, &inflight, inflight_link)
		each_reachable(u, drop_ref, NULL);
	list_for_each (u, &inflight, inflight_link)
		if (u->gc_refs)
			make_live(u, &todo);
	while (!list_empty(&todo)) {
		u = list_first(&todo, struct unix_socket, gc_link);
		list_remove(&u->gc_link);
		each_reachable(u, make_live, &todo);
	}
}

/* Takes the messages that carry files out of a queue. */
static void take_messages(struct unix_socket *u, struct list *out)
{
	struct unix_message *msg, *next;

	list_for_each_safe (msg, next, &u->messages, link) {
		if (!msg->control.files)
			continue;
		unix_dequeue(u, msg);
		list_append(out, &msg->link);
	}
}

void unix_collect(struct unix_socket *closing)
{
	struct list garbage = LIST_INIT(garbage), messages = LIST_INIT(messages);
	struct unix_socket *u, *c;
	irqflags_t flags;

	if (!__atomic_load_n(&may_be_circular, __ATOMIC_ACQUIRE))
		return;
	flags = spin_lock(&unix_lock);
	mark(closing);
	list_for_each (u, &inflight, inflight_link)
		if (!u->gc_live)
			list_append(&garbage, &u->gc_link);
	while (!list_empty(&garbage)) {
		u = list_first(&garbage, struct unix_socket, gc_link);
		list_remove(&u->gc_link);
		take_messages(u, &messages);
		list_for_each (c, &u->connections, connection_link)
			take_messages(c, &messages);
	}
	spin_unlock(&unix_lock, flags);
	unix_end_messages(&messages);
}

void unix_descriptor_closed(struct socket *s)
{
	struct unix_socket *u = unix_of(s);
	unsigned n = __atomic_load_n(&u->inflight, __ATOMIC_RELAXED);

	if (n && (unsigned)__atomic_load_n(&s->file->refs.n, __ATOMIC_ACQUIRE) <= n + 1)
		unix_collect(u);
}
