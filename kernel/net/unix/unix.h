/*
 * AF_UNIX (unix(7)). One spinlock, unix_lock, guards how sockets hang together: names, peers,
 * states, queues, and which sockets are on their way in messages. Data is copied outside of it:
 * messages are filled before they are queued, and a reader holds its socket's read_lock.
 */
#pragma once

#include "net/control.h"

#define DATAGRAM_BACKLOG 10 /* net.unix.max_dgram_qlen */

struct unix_name { /* immutable */
	struct refcount refs;
	unsigned len; /* as in sockaddr_un; paths with their 0 */
	struct linux_sockaddr addr;
};

struct unix_message {
	struct refcount refs;
	struct list link;           /* unix_lock */
	struct unix_socket *sender; /* with a reference: its name, and its memory */
	struct control control;     /* files: unix_lock once queued, and the reader's read_lock */
	uint32_t len, consumed;
	uint32_t charge; /* bytes counted against the sender's SO_SNDBUF */
	bool peeked;     /* an empty datagram that a peek has seen */
	bool queued;     /* its files count as in flight (unix_lock) */
	ns_t time;       /* of its arrival, if the receiver wants to know; else 0 */
	unsigned page_count;
	struct page *page[]; /* page_count 0: the bytes themselves */
};

struct unix_socket {
	struct socket socket; /* first: one reference count */
	struct mutex bind_lock, read_lock;
	/* unix_lock: */
	struct list all_link;
	struct unix_socket *peer; /* with a reference */
	bool dead;                /* released; only peers and messages remember it */
	struct list messages;     /* to be read */
	struct list connections;  /* of a listener: not accepted yet, by connection_link */
	struct list connection_link;
	unsigned queued, backlog;         /* messages or connections; how many may wait */
	struct wait_queue room;           /* who waits for the queue to be shorter */
	struct list senders, sender_link; /* who polls until then; on the receiver's list */
	struct unix_name *name;           /* set once */
	struct list name_link;
	struct path path;  /* of the name; NULL dentry: it is none */
	unsigned inflight; /* in how many messages its file is */
	struct list inflight_link;
	unsigned gc_refs; /* the collector's count */
	bool gc_live;
	struct list gc_link;
};

static inline struct unix_socket *unix_of(struct socket *s)
{
	return container_of(s, struct unix_socket, socket);
}

static inline bool unix_connection_based(const struct unix_socket *u)
{
	return u->socket.type != SOCK_DGRAM;
}

extern struct spinlock unix_lock;
extern struct list unix_sockets; /* all of them (unix_lock) */
extern const struct socket_family unix_family;

/* --- unix.c --- */
struct unix_socket *unix_create(unsigned type); /* NULL: no memory */
void unix_get(struct unix_socket *u);
void unix_put(struct unix_socket *u);
struct unix_socket *unix_peer_get(struct unix_socket *u); /* with a reference, or NULL */
/* Is the receiver told who sends, asked for or not? So if either end has SO_PASSCRED or
 * SO_PASSPIDFD, or may have it once it is accepted. (unix_lock) */
bool unix_wants_credentials(const struct unix_socket *from, const struct unix_socket *to);
/* The queue is longer than its owner wants. Any time; exact under unix_lock. */
static inline bool unix_queue_full(const struct unix_socket *u)
{
	return __atomic_load_n(&u->queued, __ATOMIC_ACQUIRE) > u->backlog;
}
bool unix_writable(const struct unix_socket *u); /* as poll sees it */
/* The queue has become shorter: wakes who waits for that. (no lock) */
void unix_wake_senders(struct unix_socket *u);
/* Waits for room at `other` until `deadline`: 0 (look again), -EINTR. */
int unix_wait_room(struct unix_socket *other, ns_t deadline);
/* Ends every message of a list (no lock); sockets that go with them are ended without recursion. */
void unix_end_messages(struct list *messages);

/* --- name.c --- */
/* The address of a call: 0 or -EINVAL. */
int unix_check_address(const struct linux_sockaddr *a, unsigned len);
int unix_bind(struct socket *s, const struct linux_sockaddr *a, unsigned len);
int unix_autobind(struct unix_socket *u);
/* With credentials wanted, a sender gets a name to be answered at. */
int unix_autobind_for_credentials(struct unix_socket *u);
/* The socket of this type with that name, with a reference: -ECONNREFUSED, -EPROTOTYPE, and what
 * looking up a path gives. */
struct unix_socket *unix_find(const struct linux_sockaddr *a, unsigned len, unsigned type);
int unix_get_name(struct socket *s, bool peer, struct linux_sockaddr *out);
/* Copies the name of a message's sender to who receives it. */
void unix_tell_sender(const struct unix_message *msg, struct message *m);
void unix_name_put(struct unix_name *n);
void unix_unbind(struct unix_socket *u); /* out of the tables (unix_lock) */

/* --- connect.c --- */
int unix_listen(struct socket *s, unsigned backlog);
int unix_connect_stream(
    struct socket *s, const struct linux_sockaddr *a, unsigned len, bool nonblock);
int unix_connect_datagram(
    struct socket *s, const struct linux_sockaddr *a, unsigned len, bool nonblock);
int unix_pair(struct socket *a, struct socket *b);
struct socket *unix_accept(struct socket *s, bool nonblock);
/* `u` has another peer than `old` now: what old sent is gone, and it is told. (no lock) */
void unix_disconnected(struct unix_socket *u, struct unix_socket *old);
/* Stops waiting for room at the present peer (unix_lock). True: it did. */
bool unix_forget_room(struct unix_socket *u);

/* --- queue.c: messages --- */
/*
 * A message of n bytes, the last `paged` of them in pages, filled from `m`. Waits for room within
 * the socket's SO_SNDBUF. ERR_PTR(-EAGAIN, -EPIPE, -EFAULT, -ENOMEM, a pending error …).
 */
struct unix_message *unix_message_create(
    struct unix_socket *u, struct message *m, size_t n, size_t paged);
void unix_message_put(struct unix_message *msg);
/* n bytes from `offset` on to the reader: bytes moved or -EFAULT. */
int64_t unix_message_read(
    const struct unix_message *msg, size_t offset, size_t n, struct message *m);
/* Hands the control data over to a message, its files with `with_files` only: 0, -ETOOMANYREFS,
 * -ENOMEM. */
int unix_message_control(struct unix_message *msg, struct control *c, bool with_files);
void unix_enqueue(struct unix_socket *to, struct unix_message *msg);   /* (unix_lock) */
void unix_dequeue(struct unix_socket *from, struct unix_message *msg); /* (unix_lock) */
/* The files of a queued message, for its reader: taken out, or copied. (read_lock) */
int unix_take_files(struct unix_message *msg, struct control *c, bool peek);
static inline uint32_t unix_unread(const struct unix_message *msg)
{
	return msg->len - msg->consumed;
}
/* The peek offset moves with what was read (n > 0) or peeked (n < 0). */
void unix_move_peek_offset(struct socket *s, int64_t n);

/* --- stream.c, datagram.c --- */
int64_t unix_send_stream(struct socket *s, struct message *m);
int64_t unix_receive_stream(struct socket *s, struct message *m);
int64_t unix_send_datagram(struct socket *s, struct message *m);
int64_t unix_receive_datagram(struct socket *s, struct message *m);
int64_t unix_send_packet(struct socket *s, struct message *m);
int64_t unix_receive_packet(struct socket *s, struct message *m);

/* --- show.c --- */
unsigned unix_files_waiting(struct socket *s); /* in messages that it can receive */
void unix_describe(struct socket *s, char *out, size_t size);

/* --- inflight.c: files on their way, and the collector of those that nobody can receive --- */
struct inflight_user *inflight_user_get(uint32_t uid); /* NULL: no memory */
void inflight_user_put(struct inflight_user *u);
/* May the current thread send more files? */
bool inflight_allowed(const struct inflight_user *u);
/* Files have come into the queue of `to`. (unix_lock) */
void inflight_add(struct file_list *l, const struct unix_socket *to);
void inflight_remove(struct file_list *l); /* (unix_lock) */
/*
 * Ends sockets that are only on their way to each other. `closing` NULL, or one whose file has a
 * reference that is just being dropped.
 */
void unix_collect(struct unix_socket *closing);
void unix_descriptor_closed(struct socket *s);
