/*
 * The initramfs: a cpio archive of the "newc" kind. Contents of files stay in the archive, which
 * stays in memory, until somebody writes to them. The archive comes from outside: every length in
 * it is checked.
 */
#include "fs/internal.h"
#include "printk.h"

#define HEADER_SIZE 110
#define NAME_LIMIT  PATH_MAX

/* One entry. Pointers into the archive. */
struct entry {
	uint32_t ino, mode, uid, gid, nlink, mtime, size, dev_major, dev_minor, rdev_major,
	    rdev_minor, name_size;
	const char *name; /* as it stands, 0-terminated */
	const uint8_t *data;
};

/* Files with several links: the first name that each inode number came with. */
struct hard_link {
	struct hard_link *next;
	uint32_t ino, dev_major, dev_minor;
	struct dentry *first; /* with a reference */
};

#define LINK_BUCKETS 256
struct unpack {
	const uint8_t *archive;
	size_t size, at;
	struct hard_link *links[LINK_BUCKETS];
	unsigned entries;
};

static int parse_hex(const uint8_t *s, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned k = 0; k < 8; k++) {
		uint8_t c = s[k];
		uint32_t digit;
		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20u) - 'a' + 10u;
		else
			return -EINVAL;
		v = v << 4 | digit;
	}
	*out = v;
	return 0;
}

static int parse_header(const uint8_t *h, struct entry *e)
{
	uint32_t *const fields[13] = {&e->ino, &e->mode, &e->uid, &e->gid, &e->nlink, &e->mtime,
	    &e->size, &e->dev_major, &e->dev_minor, &e->rdev_major, &e->rdev_minor, &e->name_size,
	    NULL /* checksum: of "crc" archives, not verified */};

	if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
		return -EINVAL;
	for (unsigned k = 0; k < ARRAY_SIZE(fields); k++)
		if (fields[k] && parse_hex(h + 6 + k * 8, fields[k]))
			return -EINVAL;
	return 0;
}

/* The entry at u->at; moves past it. */
static int next_entry(struct unpack *u, struct entry *e)
{
	size_t left = u->size - u->at, name_end, data_at;
	const uint8_t *h = u->archive + u->at;

	memset(e, 0, sizeof(*e));
	e->name = "(header)";
	if (left < HEADER_SIZE || parse_header(h, e))
		return -EINVAL;
	if (!e->name_size || e->name_size > NAME_LIMIT || e->name_size > left - HEADER_SIZE ||
	    h[HEADER_SIZE + e->name_size - 1])
		return -EINVAL;
	e->name = (const char *)h + HEADER_SIZE;
	name_end = HEADER_SIZE + e->name_size;
	data_at = ALIGN_UP(u->at + name_end, 4) - u->at;
	if (e->size && (data_at > left || e->size > left - data_at))
		return -EINVAL;
	e->data = h + data_at;
	u->at = MIN(u->size, ALIGN_UP(u->at + data_at + e->size, 4));
	return 0;
}

/* Without the slashes and "./" in front. A name that leads out of the archive's own tree is
 * refused. */
static const char *clean_name(const char *name)
{
	while (*name == '/' || (name[0] == '.' && (name[1] == '/' || !name[1])))
		name++;
	for (const char *c = name; *c;) {
		size_t len = strcspn(c, "/");
		if (len == 2 && c[0] == '.' && c[1] == '.')
			return NULL;
		c += len + (c[len] == '/');
	}
	return name;
}

static struct hard_link **find_link(struct unpack *u, const struct entry *e)
{
	struct hard_link **at = &u->links[e->ino % LINK_BUCKETS];

	while (*at && ((*at)->ino != e->ino || (*at)->dev_major != e->dev_major ||
			  (*at)->dev_minor != e->dev_minor))
		at = &(*at)->next;
	return at;
}

static int remember_link(struct hard_link **at, const struct entry *e, struct dentry *d)
{
	struct hard_link *l = kzalloc(sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->ino = e->ino;
	l->dev_major = e->dev_major;
	l->dev_minor = e->dev_minor;
	l->first = d;
	dentry_get(d);
	*at = l;
	return 0;
}

static void free_links(struct unpack *u)
{
	for (unsigned k = 0; k < LINK_BUCKETS; k++) {
		while (u->links[k]) {
			struct hard_link *l = u->links[k];
			u->links[k] = l->next;
			dentry_put(l->first);
			kfree(l);
		}
	}
}

static void set_attributes(struct inode *i, const struct entry *e)
{
	i->uid = e->uid;
	i->gid = e->gid;
	i->mode = (i->mode & S_IFMT) | (e->mode & 07777);
	i->mtime = i->atime = i->ctime = (ns_t)e->mtime * NS_PER_S;
}

/* What the file holds stays where it is, in the archive. The last link of several carries it. */
static void set_content(struct inode *i, const struct entry *e)
{
	if (!e->size)
		return;
	i->backing = e->data;
	i->backing_size = i->size = e->size;
}

/* Makes the entry's node in the locked directory, in place of what may be there. *out with a
 * reference. */
static int make_node(
    struct dentry *dir, const struct last *l, const struct entry *e, struct dentry **out)
{
	const struct inode_ops *ops = dir->inode->ops;
	uint32_t type = e->mode & S_IFMT, rdev = 0;
	struct dentry *d;
	char *target;
	int err;

	if (type == S_IFCHR || type == S_IFBLK)
		rdev = MKDEV(e->rdev_major, e->rdev_minor);
	if (type != S_IFLNK)
		return create_locked(dir, l, e->mode, rdev, out);
	if (!e->size || e->size >= PATH_MAX || memchr(e->data, 0, e->size))
		return -EINVAL;
	d = dentry_create(dir, l->name, l->len);
	target = kmalloc(e->size + 1);
	err = d && target ? 0 : -ENOMEM;
	if (!err) {
		memcpy(target, e->data, e->size);
		target[e->size] = 0;
		err = ops->symlink(dir->inode, d, target);
	}
	kfree(target);
	if (err) {
		dentry_put(d);
		return err;
	}
	dentry_attach(dir, d);
	*out = d;
	return 0;
}

static int make_directory(const char *name, const struct entry *e)
{
	struct path at;
	int err = do_mkdir(AT_FDCWD, name, e->mode & 01777);

	if (err && err != -EEXIST)
		return err;
	err = path_lookup(AT_FDCWD, name, 0, &at);
	if (err)
		return err;
	if (S_ISDIR(at.dentry->inode->mode))
		set_attributes(at.dentry->inode, e);
	else
		err = -EEXIST;
	path_put(&at);
	return err;
}

/* A further name of a file that came before. 1: it was one. */
static int make_hard_link(struct unpack *u, const char *name, const struct entry *e)
{
	struct hard_link *l = *find_link(u, e);
	struct walk w;
	struct last last;
	struct dentry *d;
	int err;

	if (!l)
		return 0;
	err = walk_parent(&w, AT_FDCWD, name, &last);
	if (err)
		return err;
	mutex_lock(&w.at.dentry->inode->lock);
	d = dentry_create(w.at.dentry, last.name, last.len);
	err = d ? w.at.dentry->inode->ops->link(w.at.dentry->inode, d, l->first->inode) : -ENOMEM;
	if (!err) {
		dentry_attach(w.at.dentry, d);
		set_content(d->inode, e);
	}
	mutex_unlock(&w.at.dentry->inode->lock);
	dentry_put(d);
	walk_end(&w);
	return err ? err : 1;
}

static int make_file(struct unpack *u, const char *name, const struct entry *e)
{
	bool linked = S_ISREG(e->mode) && e->nlink > 1;
	struct walk w;
	struct last last;
	struct dentry *d;
	int err;

	err = do_unlink(AT_FDCWD, name, false); /* a later entry replaces an earlier one */
	if (err && err != -ENOENT)
		return err;
	if (linked) {
		err = make_hard_link(u, name, e);
		if (err)
			return err < 0 ? err : 0;
	}
	err = walk_parent(&w, AT_FDCWD, name, &last);
	if (err)
		return err;
	mutex_lock(&w.at.dentry->inode->lock);
	err = last_is_special(&last) ? -EINVAL : make_node(w.at.dentry, &last, e, &d);
	mutex_unlock(&w.at.dentry->inode->lock);
	walk_end(&w);
	if (err)
		return err;
	set_attributes(d->inode, e);
	if (S_ISREG(e->mode))
		set_content(d->inode, e);
	if (linked)
		err = remember_link(find_link(u, e), e, d);
	dentry_put(d);
	return err;
}

static int make_entry(struct unpack *u, const struct entry *e)
{
	const char *name = clean_name(e->name);

	if (!name)
		return -EINVAL;
	switch (e->mode & S_IFMT) {
	case S_IFDIR:
		return *name ? make_directory(name, e) : 0;
	case S_IFREG:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return *name ? make_file(u, name, e) : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* Zeroes fill up to the next archive, if several stand one after the other. */
static bool skip_padding(struct unpack *u)
{
	while (u->at < u->size && !u->archive[u->at])
		u->at++;
	return u->at < u->size;
}

/* A name out of a broken archive is not for the terminal as it stands. */
static void printable(char *out, size_t size, const char *name)
{
	size_t k;

	for (k = 0; name[k] && k < size - 1; k++)
		out[k] = name[k] >= ' ' && name[k] <= '~' ? name[k] : '?';
	out[k] = 0;
}

int initramfs_unpack(const void *cpio, size_t size)
{
	struct unpack u = {.archive = cpio, .size = size};
	struct entry e = {.name = "(start)"};
	size_t start = 0;
	char name[128];
	int err = 0;

	while (!err && skip_padding(&u)) {
		start = u.at;
		err = u.at % 4 ? -EINVAL : next_entry(&u, &e);
		if (err)
			break;
		if (!strcmp(e.name, "TRAILER!!!")) {
			free_links(&u);
			continue;
		}
		err = make_entry(&u, &e);
		u.entries += !err;
	}
	free_links(&u);
	printable(name, sizeof(name), e.name);
	if (err)
		log_error("initramfs: bad entry %u at byte %zu, \"%s\": %s; what came before stays",
		    u.entries + 1, start, name, errno_name(err));
	else
		log_info("initramfs: %u entries from %zu KiB", u.entries, size >> 10);
	return err;
}
