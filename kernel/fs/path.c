/* Walking paths (path_resolution(7)): components, "..", mounts and symbolic links, without
 * recursion. */
#include "fs/mount.h"
#include "sysctl.h"

/* Replaces w->at by `p`, whose references are taken over. */
static void walk_to(struct walk *w, struct path p)
{
	path_put(&w->at);
	w->at = p;
}

/* Where a walk relative to `dirfd` begins. */
static int walk_start(int dirfd, bool empty, struct path *out)
{
	struct file *f = fd_get_raw(dirfd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (!f->path.dentry || (!empty && !S_ISDIR(f->inode->mode))) {
		err = -ENOTDIR;
	} else {
		*out = f->path;
		path_get(out);
	}
	file_put(f);
	return err;
}

#define RESOLVE_SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT)

/* The start of a walk that may not leave it: its root as well. */
static int begin_scoped(struct walk *w, int dirfd, const char *path)
{
	int err = 0;

	if (*path == '/' && (w->resolve & RESOLVE_BENEATH))
		return -EXDEV;
	if (dirfd == AT_FDCWD)
		fs_places(current_fs(), NULL, &w->at);
	else
		err = walk_start(dirfd, !*path, &w->at);
	if (!err) {
		w->root = w->at;
		path_get(&w->root);
	}
	return err;
}

int walk_begin(struct walk *w, int dirfd, const char *path, unsigned flags, unsigned resolve)
{
	int err = 0;

	memset(w, 0, sizeof(*w));
	w->cred = current_cred();
	w->flags = flags;
	w->resolve = resolve;
	if (!*path && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	if (resolve & RESOLVE_SCOPED)
		return begin_scoped(w, dirfd, path);
	fs_places(current_fs(), &w->root, *path != '/' && dirfd == AT_FDCWD ? &w->at : NULL);
	if (*path == '/') {
		w->at = w->root;
		path_get(&w->at);
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
	if (w->writing)
		mount_end_write(w->at.mount);
	path_put(&w->at);
	path_put(&w->root);
	w->at = w->root = (struct path){NULL, NULL};
	w->frames = NULL;
	w->writing = false;
}

int walk_want_write(struct walk *w)
{
	int err = path_want_write(&w->at);

	w->writing = !err;
	return err;
}

int walk_step(struct walk *w, struct dentry *d)
{
	const struct mount *m = w->at.mount;

	dentry_put(w->at.dentry);
	w->at.dentry = d;
	mount_top(&w->at);
	return w->at.mount != m && (w->resolve & RESOLVE_NO_XDEV) ? -EXDEV : 0;
}

/* Goes from the root of a mount to what it covers, as far as that is one, too. (tree_lock) */
static struct path leave_mounts(const struct walk *w)
{
	struct path at = w->at;

	while (!path_same(&at, &w->root) && path_is_mount_root(&at) && at.mount->parent)
		at = (struct path){at.mount->parent, at.mount->covered};
	return at;
}

/* A directory that was moved out of what a bind mount shows has no way up. */
static bool is_shown(const struct path *p)
{
	return !p->mount || p->mount->root == p->mount->sb->root ||
	       dentry_is_below(p->dentry, p->mount->root);
}

/* "..": up, out of mounts, never above the root. */
static int walk_up(struct walk *w)
{
	irqflags_t flags;
	struct path up;

	if (path_same(&w->at, &w->root))
		return w->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
	flags = spin_lock(&tree_lock);
	up = leave_mounts(w);
	if (!path_same(&up, &w->root) && !path_is_mount_root(&up))
		up.dentry = up.dentry->parent;
	path_get(&up);
	spin_unlock(&tree_lock, flags);
	if (up.mount != w->at.mount && (w->resolve & RESOLVE_NO_XDEV)) {
		path_put(&up);
		return -EXDEV;
	}
	walk_to(w, up);
	if (!is_shown(&w->at))
		return -ENOENT;
	dentry_get(w->at.dentry);
	return walk_step(w, w->at.dentry);
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
	struct path target;
	int err = w->resolve & RESOLVE_NO_MAGICLINKS
		      ? -ELOOP
		      : link->inode->ops->follow(link->inode, &target);

	dentry_put(link);
	if (err)
		return err;
	if (((w->resolve & RESOLVE_NO_XDEV) && target.mount != w->at.mount) ||
	    (w->resolve & RESOLVE_SCOPED)) {
		path_put(&target);
		return -EXDEV;
	}
	walk_to(w, target);
	w->jumped = true;
	*path = rest;
	return 0;
}

/* A link whose text begins at the root. */
static int walk_to_root(struct walk *w)
{
	if (w->resolve & RESOLVE_BENEATH)
		return -EXDEV;
	if ((w->resolve & RESOLVE_NO_XDEV) && w->root.mount != w->at.mount)
		return -EXDEV;
	path_get(&w->root);
	walk_to(w, w->root);
	return 0;
}

/* fs.protected_symlinks: in a sticky directory that everybody may write to, only one's own links
 * and those of the directory's owner are followed at the end of a path. */
static int may_follow(const struct walk *w, const struct inode *link)
{
	const struct inode *dir = w->at.dentry->inode;

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
	if (!err && ((w->resolve & RESOLVE_NO_SYMLINKS) || mount_has(w->at.mount, MS_NOSYMFOLLOW)))
		err = -ELOOP;
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
	path_accessed(&(struct path){w->at.mount, link});
	w->frames[w->depth++] = (struct link_frame){rest, link, made};
	if (*rest)
		w->pending++;
	if (!*text)
		return -ENOENT;
	*path = text;
	return *text == '/' ? walk_to_root(w) : 0;
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

	if (last_is_special(c))
		return c->len == 2 ? walk_up(w) : 0;
	if ((w->resolve & RESOLVE_CACHED) && lookup_decides(w->at.dentry))
		return -EAGAIN;
	err = lookup_child(w->at.dentry, c->name, c->len, &d);
	if (err)
		return err;
	if (!d->inode) {
		dentry_put(d);
		return -ENOENT;
	}
	if (S_ISLNK(d->inode->mode) && (!final || w->need_dir || (w->flags & LOOKUP_FOLLOW)))
		return walk_follow(w, d, *path, path);
	return walk_step(w, d);
}

static int walk_check_search(struct walk *w)
{
	const struct inode *i = w->at.dentry->inode;

	if (!S_ISDIR(i->mode))
		return -ENOTDIR;
	return inode_permission_cred(w->cred, i, MAY_EXEC);
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
	if ((w->need_dir || (w->flags & LOOKUP_DIRECTORY)) && !S_ISDIR(w->at.dentry->inode->mode))
		return -ENOTDIR;
	return 0;
}

static int lookup_walk(struct walk *w, const char *path, struct path *out)
{
	int err = walk_path(w, path, NULL);

	if (!err) { /* the walk's references are the caller's from here on */
		*out = w->at;
		w->at = (struct path){NULL, NULL};
	}
	walk_end(w);
	return err;
}

int path_lookup_cred(
    const struct cred *c, int dirfd, const char *path, unsigned flags, struct path *out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, path, flags, 0);

	if (err)
		return err;
	w.cred = c;
	return lookup_walk(&w, path, out);
}

int path_lookup(int dirfd, const char *path, unsigned flags, struct path *out)
{
	return path_lookup_cred(current_cred(), dirfd, path, flags, out);
}

int path_lookup_resolve(
    int dirfd, const char *path, unsigned flags, unsigned resolve, struct path *out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, path, flags, resolve);

	return err ? err : lookup_walk(&w, path, out);
}

int walk_parent(struct walk *w, int dirfd, const char *path, struct last *last)
{
	int err = walk_begin(w, dirfd, path, 0, 0);

	if (err)
		return err;
	err = walk_path(w, path, last);
	if (err)
		walk_end(w);
	return err;
}
