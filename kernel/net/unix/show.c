/* AF_UNIX sockets as people and programs look at them: /proc/net/unix, fdinfo, and the shell. */
#include "fs/proc/procfs.h"
#include "net/unix/unix.h"
#include "printk.h"

#define ACCEPTS 0x10000 /* __SO_ACCEPTCON */

/* SS_… of a socket with a file, or of one without. */
static unsigned shown_state(const struct socket *s)
{
	if (s->state == SOCKET_CONNECTED)
		return s->file ? 3 : 2;
	return s->file ? 1 : 4;
}

/* A name as text: abstract ones begin with @, and have @ for each 0. */
static unsigned name_text(const struct unix_name *n, char out[UNIX_PATH_MAX + 1])
{
	unsigned len = n->len - (unsigned)sizeof(n->addr.family);
	bool abstract = !n->addr.data[0];

	if (!abstract)
		len--;
	for (unsigned k = 0; k < len; k++)
		out[k] = n->addr.data[k] ? (char)n->addr.data[k] : '@';
	out[len] = 0;
	return len;
}

int proc_show_unix(struct proc_text *t, const struct proc_inode *p)
{
	char name[UNIX_PATH_MAX + 1];
	struct unix_socket *u;
	irqflags_t flags;

	text_puts(t, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	flags = spin_lock(&unix_lock);
	list_for_each (u, &unix_sockets, all_link) {
		const struct socket *s = &u->socket;

		/* Linux counts the list's reference, too; kernel addresses are not told. */
		text_printf(t, "%016x: %08X %08X %08X %04X %02X %5lu", 0, s->refs.n + 1, 0,
		    s->state == SOCKET_LISTENING ? ACCEPTS : 0, s->type, shown_state(s),
		    (unsigned long)socket_ino(s));
		if (u->name) {
			text_append(t, " ", 1);
			text_append(t, name, name_text(u->name, name));
		}
		text_append(t, "\n", 1);
	}
	spin_unlock(&unix_lock, flags);
	return 0;
}

static unsigned count_files(const struct unix_socket *u)
{
	struct unix_message *msg;
	unsigned n = 0;

	list_for_each (msg, &u->messages, link)
		n += msg->control.files ? msg->control.files->count : 0;
	return n;
}

unsigned unix_files_waiting(struct socket *s)
{
	irqflags_t flags = spin_lock(&unix_lock);
	unsigned n = count_files(unix_of(s));
	struct unix_socket *c;

	list_for_each (c, &unix_of(s)->connections, connection_link)
		n += count_files(c);
	spin_unlock(&unix_lock, flags);
	return n;
}

void unix_describe(struct socket *s, char *out, size_t size)
{
	static const char *const states[] = {"", " listening", " connected"};
	const char *type = s->type == SOCK_STREAM  ? "stream"
			   : s->type == SOCK_DGRAM ? "dgram"
						   : "seqpacket";
	char name[UNIX_PATH_MAX + 1] = "", peer_name[UNIX_PATH_MAX + 1] = "";
	irqflags_t flags = spin_lock(&unix_lock);
	const struct unix_socket *u = unix_of(s), *peer = u->peer;
	const char *state = states[s->state];
	unsigned long peer_ino = peer ? (unsigned long)socket_ino(&peer->socket) : 0;

	if (u->name)
		name_text(u->name, name);
	if (peer && peer->name)
		name_text(peer->name, peer_name);
	spin_unlock(&unix_lock, flags);
	fmt_string(out, size, "unix %s%s%s%s", type, state, *name ? " at " : "", name);
	if (!peer)
		return;
	size_t len = strlen(out);
	fmt_string(out + len, size - len, " to socket:[%lu]%s%s", peer_ino,
	    *peer_name ? " at " : "", peer_name);
}
