/* Walking paths (path_resolution(7)): components, "..", mounts and symbolic links, without
 * recursion. */
#include "fs/internal.h"
#include "sysctl.h"

/* Replaces w->at by `d`, whose reference is taken over. */
static void walk_to(struct walk *w, struct dentry *d)
{
	dentry_put(w->at);
	w->at = d;
}

static void fs_root_and_cwd(struct dentry **root, struct dentry **cwd)
{
	struct fs_context *fs = current_fs();
	/* One that nobody shares changes by our own calls only. */
	bool shared = __atomic_load_n(&fs->refs.n, __ATOMIC_ACQUIRE) != 1;

	if (shared)
		mutex_lock(&fs->lock);
	*root = fs->root;
	dentry_get(*root);
	if (cwd) {
		*cwd = fs->cwd;
		dentry_get(*cwd);
	}
	if (shared)
		mutex_unlock(&fs->lock);
}

/* Where a walk relative to `dirfd` begins. */
static int walk_start(int dirfd, bool empty, struct dentry **out)
{
	struct file *f = fd_get_raw(dirfd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (!f->dentry || (!empty && !S_ISDIR(f->inode->mode))) {
		err = -ENOTDIR;
	} else {
		*out = f->dentry;
		dentry_get(*out);
	}
	file_put(f);
	return err;
}

int walk_begin(struct walk *w, int dirfd, const char *path, unsigned flags)
{
	int err = 0;

	memset(w, 0, sizeof(*w));
	w->cred = current_cred();
	w->flags = flags;
	if (!*path && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	fs_root_and_cwd(&w->root, *path != '/' && dirfd == AT_FDCWD ? &w->at : NULL);
	if (*path == '/') {
		w->at = w->root;
		dentry_get(w->at);
	} else if (dirfd != AT_FDCWD) {
		err = walk_start(dirfd, !*path, &w->at);
	}
	if (err)
		walk_end(w);
	return err;
}

/* Drops the innermost link's frame and returns what is left of the path around it. */
static const char *walk_pop(struct walk *w)
{
	struct link_frame *f = &w->frames[--w->depth];

	if (*f->rest)
		w->pending--;
	dentry_put(f->link);
	kfree(f->text);
	return f->rest;
}

void walk_end(struct walk *w)
{
	while (w->depth)
		walk_pop(w);
	kfree(w->frames);
	dentry_put(w->at);
	dentry_put(w->root);
	w->at = w->root = NULL;
	w->frames = NULL;
}

struct dentry *mount_top(struct dentry *d)
{
	while (__atomic_load_n(&d->mounted, __ATOMIC_ACQUIRE)) {
		irqflags_t flags = spin_lock(&tree_lock);
		struct dentry *top = d->mounted ? d->mounted->root : NULL;
		if (top)
			dentry_get(top);
		spin_unlock(&tree_lock, flags);
		if (!top)
			break;
		dentry_put(d);
		d = top;
	}
	return d;
}

/* "..": up, out of mounts, never above the root. */
static void walk_up(struct walk *w)
{
	struct dentry *d = w->at;
	irqflags_t flags = spin_lock(&tree_lock);

	while (d != w->root && d->parent == d && d->sb->mount && d->sb->mount->covered &&
	       d->sb->mount->root == d)
		d = d->sb->mount->covered;
	if (d != w->root)
		d = d->parent;
	dentry_get(d);
	spin_unlock(&tree_lock, flags);
	walk_to(w, d);
	w->at = mount_top(w->at);
}

int lookup_child_locked(struct dentry *dir, const char *name, size_t len, struct dentry **out)
{
	const struct inode_ops *ops = dir->inode->ops;
	struct dentry *d;
	int err;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	d = dentry_find(dir, name, len);
	if (!d && ops && ops->lookup) {
		d = dentry_create(dir, name, len);
		if (!d)
			return -ENOMEM;
		err = ops->lookup(dir->inode, d);
		if (err) {
			dentry_put(d);
			return err;
		}
	}
	*out = d;
	return d ? 0 : -ENOENT;
}

int lookup_child(struct dentry *dir, const char *name, size_t len, struct dentry **out)
{
	int err;

	mutex_lock(&dir->inode->lock);
	err = lookup_child_locked(dir, name, len, out);
	mutex_unlock(&dir->inode->lock);
	return err;
}

/* The text of a link into *text; *made is what must be freed in the end. */
static int link_text(struct inode *i, const char **text, char **made)
{
	*made = NULL;
	*text = i->link_target;
	if (i->ops && i->ops->readlink) {
		*made = kmalloc(PATH_MAX);
		if (!*made)
			return -ENOMEM;
		*text = i->ops->readlink(i, *made, PATH_MAX);
	}
	if (IS_ERR(*text)) {
		kfree(*made);
		*made = NULL;
		return PTR_ERR(*text);
	}
	return 0;
}

/* A link that leads straight to an object. */
static int walk_jump(struct walk *w, struct dentry *link, const char *rest, const char **path)
{
	struct dentry *target;
	int err = link->inode->ops->follow(link->inode, &target);

	dentry_put(link);
	if (err)
		return err;
	walk_to(w, target);
	*path = rest;
	return 0;
}

/* fs.protected_symlinks: in a sticky directory that everybody may write to, only one's own links
 * and those of the directory's owner are followed at the end of a path. */
static int may_follow(const struct walk *w, const struct inode *link)
{
	const struct inode *dir = w->at->inode;

	if (!sysctl_get(protected_symlinks) || link->uid == w->cred->fsuid)
		return 0;
	if ((dir->mode & (S_ISVTX | 0002)) != (S_ISVTX | 0002) || dir->uid == link->uid)
		return 0;
	return -EACCES;
}

int walk_follow(struct walk *w, struct dentry *link, const char *rest, const char **path)
{
	struct inode *i = link->inode;
	const char *text;
	char *made;
	int err;

	err = ++w->links > MAX_LINKS ? -ELOOP : 0;
	if (!err && !*rest && !w->pending)
		err = may_follow(w, i);
	if (!err && i->ops && i->ops->follow)
		return walk_jump(w, link, rest, path);
	if (!err && !w->frames) {
		w->frames = kmalloc(MAX_LINKS * sizeof(*w->frames));
		if (!w->frames)
			err = -ENOMEM;
	}
	if (!err)
		err = link_text(i, &text, &made);
	if (err) {
		dentry_put(link);
		return err;
	}
	inode_accessed(i);
	w->frames[w->depth++] = (struct link_frame){rest, link, made};
	if (*rest)
		w->pending++;
	if (!*text)
		return -ENOENT;
	if (*text == '/') {
		dentry_get(w->root);
		walk_to(w, w->root);
	}
	*path = text;
	return 0;
}

bool last_is_special(const struct last *l)
{
	return l->len == 0 ||
	       (l->name[0] == '.' && (l->len == 1 || (l->len == 2 && l->name[1] == '.')));
}

/* Takes the first component off *path; the slashes after it too. */
static struct last take_component(const char **path)
{
	struct last c = {.name = *path};

	while (**path && **path != '/')
		(*path)++;
	c.len = (size_t)(*path - c.name);
	c.slash = **path == '/';
	while (**path == '/')
		(*path)++;
	return c;
}

/* One component from w->at, which is a directory that may be searched. *path is what follows it. */
static int walk_component(struct walk *w, const struct last *c, bool final, const char **path)
{
	struct dentry *d;
	int err;

	if (last_is_special(c)) {
		if (c->len == 2)
			walk_up(w);
		return 0;
	}
	err = lookup_child(w->at, c->name, c->len, &d);
	if (err)
		return err;
	d = mount_top(d);
	if (!d->inode) {
		dentry_put(d);
		return -ENOENT;
	}
	if (S_ISLNK(d->inode->mode) && (!final || w->need_dir || (w->flags & LOOKUP_FOLLOW)))
		return walk_follow(w, d, *path, path);
	walk_to(w, d);
	return 0;
}

static int walk_check_search(struct walk *w)
{
	if (!S_ISDIR(w->at->inode->mode))
		return -ENOTDIR;
	return inode_permission_cred(w->cred, w->at->inode, MAY_EXEC);
}

int walk_path(struct walk *w, const char *path, struct last *last)
{
	int err;

	if (last)
		*last = (struct last){.name = ""};
	for (;;) {
		struct last c;
		bool final;

		while (*path == '/')
			path++;
		if (!*path) {
			if (!w->depth)
				break;
			path = walk_pop(w);
			continue;
		}
		c = take_component(&path);
		err = walk_check_search(w);
		if (err)
			return err;
		final = !*path && !w->pending;
		if (final && c.slash)
			w->need_dir = true;
		if (final && last) {
			*last = (struct last){c.name, c.len, w->need_dir};
			return 0;
		}
		err = walk_component(w, &c, final, &path);
		if (err)
			return err;
	}
	if ((w->need_dir || (w->flags & LOOKUP_DIRECTORY)) && !S_ISDIR(w->at->inode->mode))
		return -ENOTDIR;
	return 0;
}

int path_lookup_cred(
    const struct cred *c, int dirfd, const char *path, unsigned flags, struct dentry **out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, path, flags);

	if (err)
		return err;
	w.cred = c;
	err = walk_path(&w, path, NULL);
	if (!err) {
		*out = w.at;
		dentry_get(w.at);
	}
	walk_end(&w);
	return err;
}

int path_lookup(int dirfd, const char *path, unsigned flags, struct dentry **out)
{
	return path_lookup_cred(current_cred(), dirfd, path, flags, out);
}

int walk_parent(struct walk *w, int dirfd, const char *path, struct last *last)
{
	int err = walk_begin(w, dirfd, path, 0);

	if (err)
		return err;
	err = walk_path(w, path, last);
	if (err)
		walk_end(w);
	return err;
}

int path_parent(
    int dirfd, const char *path, struct dentry **dir, const char **name, size_t *name_len)
{
	struct walk w;
	struct last last;
	int err = walk_parent(&w, dirfd, path, &last);

	if (err)
		return err;
	/* The last component is never a link's: it lies in `path` itself, which outlives the walk.
	 */
	*name = last.name;
	*name_len = last.len;
	*dir = w.at;
	dentry_get(w.at);
	walk_end(&w);
	return 0;
}
