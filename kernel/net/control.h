/* Control messages (cmsg(3)) that pass files and credentials (unix(7)). */
#pragma once

#include "net/socket.h"

struct inflight_user;

/* Files on their way, each with a reference. */
struct file_list {
	unsigned count;
	struct inflight_user *user; /* whose RLIMIT_NOFILE they count against, or NULL */
	struct file *file[SCM_MAX_FD];
};

/* What goes with a message. */
struct control {
	struct pid *pid;         /* of the sender, with a reference; NULL: not told */
	uint32_t uid, gid;       /* real ones; -1: not told */
	struct file_list *files; /* or NULL */
};

#define CONTROL_INIT {.uid = UINT32_MAX, .gid = UINT32_MAX}

/* Who sends, unless a control message says otherwise. */
void control_set_current(struct control *c);
/* Reads the control messages of a send; the caller ends `c` also on failure. -EINVAL, -EBADF,
 * -EPERM, -ESRCH, -ENOMEM. */
int control_collect(struct control *c, const struct message *m);
/* Hands a receiver what its socket asked for; the rest is dropped. Ends `c`. */
void control_deliver(const struct socket *s, struct message *m, struct control *c);
void control_end(struct control *c);
/* Does the receiver want to be told who sends, in whatever form? */
static inline bool control_wants_sender(const struct socket *s)
{
	return socket_flag(s, FLAG_PASSCRED) || socket_flag(s, FLAG_PASSPIDFD);
}
struct file_list *file_list_copy(const struct file_list *l); /* NULL: no memory */
/* Puts every file; may sleep and close sockets. */
void file_list_free(struct file_list *l);
