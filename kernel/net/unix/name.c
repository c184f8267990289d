/* Names of AF_UNIX sockets (unix(7)): paths, abstract ones, and those that the kernel makes up. */
#include "fs/internal.h"
#include "net/unix/unix.h"
#include "printk.h"
#include "random.h"

#define BUCKETS     64
#define PATH_OFFSET offsetof(struct linux_sockaddr_un, path)
#define AUTO_NAMES  0x100000u

static struct list by_name[BUCKETS], by_inode[BUCKETS]; /* sockets by name_link (unix_lock) */

/* (unix_lock) */
static struct list *bucket(struct list *table, uintptr_t hash)
{
	struct list *l = &table[hash % BUCKETS];

	if (!l->next)
		list_init(l);
	return l;
}

static struct list *name_bucket(const struct linux_sockaddr *a, unsigned len)
{
	return bucket(by_name, name_hash((const char *)a->data, len - PATH_OFFSET));
}

static struct list *inode_bucket(const struct inode *i)
{
	return bucket(by_inode, (uintptr_t)i >> 6);
}

static struct unix_name *name_create(const struct linux_sockaddr *a, unsigned len)
{
	struct unix_name *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	ref_init(&n->refs);
	memcpy(&n->addr, a, len);
	n->len = len;
	return n;
}

void unix_name_put(struct unix_name *n)
{
	if (n && ref_put(&n->refs))
		kfree(n);
}

void unix_unbind(struct unix_socket *u)
{
	list_remove(&u->name_link);
}

int unix_check_address(const struct linux_sockaddr *a, unsigned len)
{
	if (len <= PATH_OFFSET || len > sizeof(struct linux_sockaddr_un) || a->family != AF_UNIX)
		return -EINVAL;
	return 0;
}

/* The path of an address, with a 0 at its end. */
static void copy_path(const struct linux_sockaddr *a, unsigned len, char path[UNIX_PATH_MAX + 1])
{
	memcpy(path, a->data, len - PATH_OFFSET);
	path[len - PATH_OFFSET] = 0;
}

/* --- finding --- */

/* (unix_lock) */
static struct unix_socket *find_abstract(
    const struct linux_sockaddr *a, unsigned len, unsigned type)
{
	struct unix_socket *u;

	list_for_each (u, name_bucket(a, len), name_link)
		if (u->socket.type == type && u->name->len == len &&
		    !memcmp(u->name->addr.data, a->data, len - PATH_OFFSET))
			return u;
	return NULL;
}

static struct unix_socket *find_inode(const struct inode *i)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *u, *found = NULL;

	list_for_each (u, inode_bucket(i), name_link) {
		if (u->path.dentry->inode == i) {
			found = u;
			unix_get(u);
			break;
		}
	}
	spin_unlock(&unix_lock, flags);
	return found;
}

static struct unix_socket *find_path(const char *path, unsigned type)
{
	struct unix_socket *u = NULL;
	struct path at;
	int err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW, &at);
	struct inode *i;

	if (err)
		return ERR_PTR(err);
	i = at.dentry->inode;
	err = inode_permission(i, MAY_WRITE);
	if (!err && S_ISSOCK(i->mode))
		u = find_inode(i);
	if (!err && !u)
		err = -ECONNREFUSED;
	if (!err && u->socket.type != type)
		err = -EPROTOTYPE;
	if (!err)
		path_accessed(&at);
	else
		unix_put(u);
	path_put(&at);
	return err ? ERR_PTR(err) : u;
}

struct unix_socket *unix_find(const struct linux_sockaddr *a, unsigned len, unsigned type)
{
	char path[UNIX_PATH_MAX + 1];
	struct unix_socket *u;
	irqflags_t flags;

	if (a->data[0]) {
		copy_path(a, len, path);
		return find_path(path, type);
	}
	flags = spin_lock(&unix_lock);
	u = find_abstract(a, len, type);
	if (u)
		unix_get(u);
	spin_unlock(&unix_lock, flags);
	return u ? u : ERR_PTR(-ECONNREFUSED);
}

/* --- binding --- */

/* Gives an unnamed socket its name, which is taken over on success. (bind_lock) */
static int set_name(struct unix_socket *u, struct unix_name *n, const struct path *path)
{
	irqflags_t flags = spin_lock(&unix_lock);
	int err = 0;

	if (!path && find_abstract(&n->addr, n->len, u->socket.type)) {
		err = -EADDRINUSE;
	} else {
		if (path)
			u->path = *path;
		__atomic_store_n(&u->name, n, __ATOMIC_RELEASE);
		list_append(
		    path ? inode_bucket(path->dentry->inode) : name_bucket(&n->addr, n->len),
		    &u->name_link);
	}
	spin_unlock(&unix_lock, flags);
	return err;
}

static int bind_abstract(struct unix_socket *u, const struct linux_sockaddr *a, unsigned len)
{
	struct unix_name *n = name_create(a, len);
	int err;

	if (!n)
		return -ENOMEM;
	mutex_lock(&u->bind_lock);
	err = u->name ? -EINVAL : set_name(u, n, NULL);
	mutex_unlock(&u->bind_lock);
	if (err)
		unix_name_put(n);
	return err;
}

static int bind_path(struct unix_socket *u, const struct linux_sockaddr *a, unsigned len)
{
	char path[UNIX_PATH_MAX + 1];
	struct unix_name *n;
	struct path at;
	int err;

	copy_path(a, len, path);
	n = name_create(a, (unsigned)(PATH_OFFSET + strlen(path)));
	if (!n)
		return -ENOMEM;
	n->len++; /* the 0 */
	err = mknod_path(AT_FDCWD, path, S_IFSOCK | (u->socket.file->inode->mode & 07777), 0, &at);
	if (err) {
		unix_name_put(n);
		return err == -EEXIST ? -EADDRINUSE : err;
	}
	mutex_lock(&u->bind_lock);
	if (u->name) {
		err = -EINVAL;
		do_unlink(AT_FDCWD, path, false);
		path_put(&at);
		unix_name_put(n);
	} else {
		set_name(u, n, &at);
	}
	mutex_unlock(&u->bind_lock);
	return err;
}

int unix_autobind(struct unix_socket *u)
{
	struct linux_sockaddr a = {.family = AF_UNIX};
	const unsigned len = PATH_OFFSET + 6;
	unsigned first = (unsigned)random_below(AUTO_NAMES), k = 0;
	struct unix_name *n;
	int err = 0;

	mutex_lock(&u->bind_lock);
	n = u->name ? NULL : name_create(&a, len);
	if (!n) {
		err = u->name ? 0 : -ENOMEM;
		mutex_unlock(&u->bind_lock);
		return err;
	}
	do {
		fmt_string((char *)n->addr.data + 1, 6, "%05x", (first + k) % AUTO_NAMES);
		err = set_name(u, n, NULL);
	} while (err && ++k < AUTO_NAMES);
	mutex_unlock(&u->bind_lock);
	if (err) {
		unix_name_put(n);
		err = -ENOSPC;
	}
	return err;
}

int unix_autobind_for_credentials(struct unix_socket *u)
{
	if (!control_wants_sender(&u->socket) || __atomic_load_n(&u->name, __ATOMIC_ACQUIRE))
		return 0;
	return unix_autobind(u);
}

int unix_bind(struct socket *s, const struct linux_sockaddr *a, unsigned len)
{
	int err;

	if (len == PATH_OFFSET && a->family == AF_UNIX)
		return unix_autobind(unix_of(s));
	err = unix_check_address(a, len);
	if (err)
		return err;
	return a->data[0] ? bind_path(unix_of(s), a, len) : bind_abstract(unix_of(s), a, len);
}

/* --- telling --- */

static unsigned copy_name(const struct unix_name *n, struct linux_sockaddr *out)
{
	if (n) {
		memcpy(out, &n->addr, n->len);
		return n->len;
	}
	out->family = AF_UNIX;
	out->data[0] = 0;
	return PATH_OFFSET;
}

int unix_get_name(struct socket *s, bool peer, struct linux_sockaddr *out)
{
	irqflags_t flags = spin_lock(&unix_lock);
	struct unix_socket *u = peer ? unix_of(s)->peer : unix_of(s);
	int len = u ? (int)copy_name(u->name, out) : -ENOTCONN;

	spin_unlock(&unix_lock, flags);
	return len;
}

void unix_tell_sender(const struct unix_message *msg, struct message *m)
{
	const struct unix_name *n = __atomic_load_n(&msg->sender->name, __ATOMIC_ACQUIRE);

	if (n)
		m->name_len = copy_name(n, m->name);
}
