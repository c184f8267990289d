/*
 * Sockets (socket(2), socket(7)): what all families share. A family plugs in with one `create` and
 * a table of operations for each kind of socket. A socket lives as long as its references: its
 * file's, its peers', and those of what it has sent and nobody has received yet.
 */
#pragma once

#include "abi/socket.h"
#include "fs/async.h"
#include "fs/vfs.h"
#include "lock.h"
#include "signal/signal.h"

struct socket;
struct pid;
struct cred;

/* One send or receive under way. */
struct message {
	struct io_vec io;
	unsigned flags; /* MSG_…; MSG_DONTWAIT also for O_NONBLOCK */
	/* Sending: where to (name_len 0: to the peer). Receiving: from whom, as far as known. */
	struct linux_sockaddr *name;
	unsigned name_len;
	/* Sending: control messages, in the kernel. */
	const uint8_t *control;
	uint64_t control_len;
	/* Receiving: room for control messages that is left (0: none wanted), and MSG_TRUNC,
	 * MSG_CTRUNC. */
	uaddr_t user_control;
	uint64_t user_control_left;
	unsigned out_flags;
};

/* All may be called by several threads at once. Errors as the system call gives them. */
struct socket_ops {
	/* The file is gone, and with it the last caller; drops the file's reference. */
	void (*release)(struct socket *s);
	int (*bind)(struct socket *s, const struct linux_sockaddr *addr, unsigned len);
	int (*connect)(
	    struct socket *s, const struct linux_sockaddr *addr, unsigned len, bool nonblock);
	int (*pair)(struct socket *a, struct socket *b);
	int (*listen)(struct socket *s, unsigned backlog);
	/* A connection, with its reference, or ERR_PTR. */
	struct socket *(*accept)(struct socket *s, bool nonblock);
	/* The length of the name, or -ENOTCONN. */
	int (*name)(struct socket *s, bool peer, struct linux_sockaddr *out);
	int (*shutdown)(struct socket *s, unsigned how); /* SHUT_… */
	int64_t (*send)(struct socket *s, struct message *m);
	int64_t (*receive)(struct socket *s, struct message *m);
	unsigned (*poll)(struct socket *s);
	int64_t (*ioctl)(struct socket *s, unsigned cmd, uint64_t arg);
	void (*descriptor_closed)(struct socket *s); /* NULL: nothing to do */
	/* For people: "unix stream connected at @name to socket:[7]". */
	void (*describe)(struct socket *s, char *out, size_t size);
	unsigned (*files_waiting)(struct socket *s); /* fdinfo's scm_fds */
};

struct socket_family {
	int number;
	/* A new unconnected socket, or ERR_PTR. */
	struct socket *(*create)(unsigned type, int protocol);
};

enum socket_state { SOCKET_CLOSED, SOCKET_LISTENING, SOCKET_CONNECTED };
enum { SHUTDOWN_RECEIVE = 1, SHUTDOWN_SEND = 2, SHUTDOWN_BOTH = 3 };

/* Options that are on or off, bits of socket->flags. */
enum socket_flag {
	FLAG_DEBUG,
	FLAG_REUSEADDR,
	FLAG_DONTROUTE,
	FLAG_BROADCAST,
	FLAG_KEEPALIVE,
	FLAG_OOBINLINE,
	FLAG_NO_CHECK,
	FLAG_PASSCRED,
	FLAG_PASSPIDFD,
	FLAG_PASSSEC,
	FLAG_TIMESTAMP, /* SO_TIMESTAMP; with FLAG_TIMESTAMPNS its finer form */
	FLAG_TIMESTAMPNS,
	FLAG_TIMESTAMP_NEW,
	FLAG_RXQ_OVFL,
	FLAG_WIFI_STATUS,
	FLAG_NOFCS,
	FLAG_SELECT_ERR_QUEUE,
	FLAG_LINGER,
	FLAG_PREFER_BUSY_POLL,
	FLAG_LOCK_FILTER,
	FLAG_RCVMARK,
};

/* Who is at the other end: SO_PEERCRED and its relatives. */
struct socket_peer {
	struct pid *pid;
	const struct cred *cred; /* NULL: nobody */
};

struct socket {
	struct refcount refs;
	const struct socket_ops *ops;
	uint16_t family, type;
	struct wait_queue wait;  /* who sends, receives or polls */
	struct async_list async; /* O_ASYNC */
	/* The family's lock. */
	struct file *file; /* whose socket it is; NULL: not accepted yet, or closed */
	enum socket_state state;
	unsigned shutdown; /* SHUTDOWN_… */
	struct spinlock peer_lock;
	struct socket_peer peer; /* (peer_lock) */
	/* Atomic. */
	uint32_t flags;   /* enum socket_flag */
	int error;        /* to be told once, positive: SO_ERROR */
	uint32_t charged; /* bytes of memory that hold what it sent and nobody received yet */
	bool no_space;    /* told that there is no room: room is worth a SIGIO */
	/* Plain numbers, each read and written at once. */
	uint32_t send_limit, receive_limit; /* SO_SNDBUF and SO_RCVBUF, doubled as Linux does */
	int low_water, priority, mark, linger, busy_poll;
	int peek_offset;                    /* SO_PEEK_OFF; negative: off */
	ns_t receive_timeout, send_timeout; /* NS_NEVER: none */
	uint64_t cookie;                    /* SO_COOKIE; 0: not asked for yet */
};

/* --- socket.c --- */
extern const struct file_ops socket_file_ops;
extern const struct socket_family *const socket_families[AF_MAX];
void socket_init(struct socket *s, const struct socket_ops *ops, unsigned family, unsigned type);
void socket_destroy(struct socket *s); /* drops what socket_init and the options took */
/* A new socket of a family: ERR_PTR(-EAFNOSUPPORT, -EINVAL, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT …)
 */
struct socket *socket_create(int family, unsigned type, int protocol);
/* A file for a socket that comes yet; socket_attach puts it in. ERR_PTR(-ENOMEM). */
struct file *socket_file_create(unsigned flags);
void socket_attach(struct file *f, struct socket *s); /* takes over the reference */
/* The socket behind a file; NULL: none. No reference. */
struct socket *file_socket(struct file *f);
/* Of the file: its inode's number. */
static inline uint64_t socket_ino(const struct socket *s)
{
	return s->file ? s->file->inode->ino : 0;
}

static inline bool socket_flag(const struct socket *s, enum socket_flag f)
{
	return __atomic_load_n(&s->flags, __ATOMIC_RELAXED) >> f & 1;
}
void socket_set_flag(struct socket *s, enum socket_flag f, bool on);
/* The pending error, which is told once: -errno or 0. */
int socket_take_error(struct socket *s);
/* Whoever waits for these POLL* (0: all) is woken, by signal as well: POLL_IN and its like, 0 none.
 */
void socket_wake(struct socket *s, unsigned events, int async_code);
/* When a call that may wait has to give up: 0 at once, NS_NEVER, or a point of time. */
ns_t socket_deadline(const struct message *m, ns_t timeout);
/* What an interrupted wait gives: calls with a timeout are not restarted. */
static inline int socket_interrupted(ns_t timeout)
{
	return timeout == NS_NEVER ? -ERESTARTSYS : -EINTR;
}
void socket_peer_set(struct socket *s, struct pid *pid, const struct cred *cred); /* takes over */
void socket_peer_set_current(struct socket *s);
void socket_peer_copy(struct socket *to, struct socket *from);
struct socket_peer socket_peer_get(struct socket *s); /* with references */
void socket_peer_put(struct socket_peer *p);

/* --- options.c --- */
#define SEND_LIMIT_DEFAULT 212992 /* net.core.wmem_default, rmem_default and their maxima */
#define OPTION_MEMORY_MAX  131072 /* net.core.optmem_max */
int socket_set_option(struct socket *s, int level, int name, uaddr_t value, int len);
int socket_get_option(struct socket *s, int level, int name, uaddr_t value, uaddr_t len);

/* --- calls.c --- */
struct file *socket_file_get(int fd); /* with a reference: ERR_PTR(-EBADF, -ENOTSOCK) */
int address_copy_in(struct linux_sockaddr *to, uaddr_t from, int len);
/* To user memory, cut to the room there is; the true length to `user_len`. 0, -EFAULT, -EINVAL. */
int address_copy_out(const struct linux_sockaddr *a, unsigned len, uaddr_t to, uaddr_t user_len);
/* --- control.c --- */
/* A control message to the receiver, cut, with MSG_CTRUNC, where there is no room: 0, -EFAULT. */
int message_put_control(struct message *m, int type, const void *data, size_t n);
