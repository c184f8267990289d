/* pivot_root(2): another mount becomes the root of all that have the present one. */
#include "fs/mount.h"
#include "syscall/syscall.h"

/* Counts with the references that the places have. (task_lock) */
static void replace_in(
    struct fs_context *fs, const struct path *from, const struct path *to, unsigned *replaced)
{
	spin_lock_noirq(&fs->lock);
	struct path *const places[] = {&fs->root, &fs->cwd};

	for (unsigned k = 0; k < ARRAY_SIZE(places); k++) {
		if (path_same(places[k], from)) {
			*places[k] = *to;
			path_get(to);
			(*replaced)++;
		}
	}
	spin_unlock_noirq(&fs->lock);
}

/* Whoever has `from` as its root or working directory has `to` from now on. */
static void replace_places(const struct path *from, const struct path *to)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;
	struct thread *t;
	unsigned replaced = 0;

	list_for_each (p, &all_processes, all_link)
		list_for_each (t, &p->threads, process_link)
			if (t->fs)
				replace_in(t->fs, from, to, &replaced);
	spin_unlock(&task_lock, flags);
	while (replaced--)
		path_put(from);
}

static bool is_root_in_tree(const struct path *p)
{
	return path_is_mount_root(p) && p->mount->parent;
}

/* (mount_lock) */
static int pivot(const struct path *root, const struct path *new, const struct path *put_old)
{
	if (!new->mount->attached || !put_old->mount->attached || !root->mount->attached)
		return -EINVAL;
	if (new->dentry->unlinked || put_old->dentry->unlinked)
		return -ENOENT;
	if (new->mount == root->mount || put_old->mount == root->mount)
		return -EBUSY;
	if (!is_root_in_tree(root) || !is_root_in_tree(new))
		return -EINVAL;
	if (!path_reaches(put_old, new) || !path_reaches(new, root))
		return -EINVAL;
	const struct mount_move moves[] = {
	    {new->mount, {root->mount->parent, root->mount->covered}}, {root->mount, *put_old}};
	return mount_move_all(moves, ARRAY_SIZE(moves));
}

static int lookup_directory(uaddr_t upath, struct path *out)
{
	struct user_path p;
	int err = user_path_get(&p, upath);

	if (err)
		return err;
	err = path_lookup(AT_FDCWD, p.text, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, out);
	user_path_put(&p);
	return err;
}

SYSCALL(pivot_root)
{
	struct path new, put_old, root;
	int err = fs_capable(CAP_SYS_ADMIN) ? lookup_directory(a[0], &new) : -EPERM;

	if (err)
		return err;
	err = lookup_directory(a[1], &put_old);
	if (err) {
		path_put(&new);
		return err;
	}
	fs_places(current_fs(), &root, NULL);
	mutex_lock(&mount_lock);
	mount_top(&put_old);
	err = pivot(&root, &new, &put_old);
	mutex_unlock(&mount_lock);
	if (!err)
		replace_places(&root, &new);
	path_put(&root);
	path_put(&put_old);
	path_put(&new);
	return err;
}
