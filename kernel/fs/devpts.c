/* devpts: instances, their options and numbers, the nodes (the kernel's filesystems/devpts.rst). */
#include "fs/devpts.h"

#include "dev/tty.h"
#include "fs/mount.h"
#include "fs/proc/procfs.h"
#include "printk.h"
#include "sysctl.h"

#define DEVPTS_SUPER_MAGIC 0x1cd1
#define PTMX_RDEV          MKDEV(5, 2)
#define SLAVE_RDEV(index)  MKDEV(136, (uint32_t)(index))
#define FIRST_INO          3 /* of slave 0; 1 is the directory, 2 its ptmx */

struct devpts {
	uint32_t uid, gid;
	bool set_uid, set_gid; /* else the opener's */
	uint32_t mode, ptmx_mode;
	uint32_t max;
	struct mutex lock;
	uint64_t *used; /* numbers, one bit each (lock) */
	unsigned words;
};

static int64_t count; /* of all instances: atomic */

int64_t devpts_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

/* --- options --- */

static int parse_number(const char *s, unsigned base, uint32_t *out)
{
	uint64_t n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s >= '0' && (unsigned)(*s - '0') < base && n <= UINT32_MAX; s++)
		n = n * base + (uint64_t)(*s - '0');
	*out = (uint32_t)n;
	return *s || n > UINT32_MAX ? -EINVAL : 0;
}

static int set_option(struct devpts *d, const char *name, const char *value)
{
	static const struct {
		const char *name;
		size_t field, flag;
		unsigned base;
		uint32_t limit;
	} numbers[] = {
	    {"uid", offsetof(struct devpts, uid), offsetof(struct devpts, set_uid), 10, UINT32_MAX},
	    {"gid", offsetof(struct devpts, gid), offsetof(struct devpts, set_gid), 10, UINT32_MAX},
	    {"mode", offsetof(struct devpts, mode), 0, 8, UINT32_MAX},
	    {"ptmxmode", offsetof(struct devpts, ptmx_mode), 0, 8, UINT32_MAX},
	    {"max", offsetof(struct devpts, max), 0, 10, DEVPTS_LIMIT_MAX},
	};
	uint32_t n;

	if (!value)
		return strcmp(name, "newinstance") ? -EINVAL : 0; /* each mount is one */
	for (unsigned k = 0; k < ARRAY_SIZE(numbers); k++) {
		if (strcmp(name, numbers[k].name))
			continue;
		if (parse_number(value, numbers[k].base, &n) || n > numbers[k].limit)
			return -EINVAL;
		*(uint32_t *)((char *)d + numbers[k].field) = numbers[k].base == 8 ? n & 07777 : n;
		if (numbers[k].flag)
			*((bool *)d + numbers[k].flag) = true;
		return 0;
	}
	return -EINVAL;
}

static int set_options(struct devpts *d, const char *options)
{
	char *copy = options ? kstrdup(options) : NULL, *at = copy;
	int err = 0;

	if (options && !copy)
		return -ENOMEM;
	while (!err && at && *at) {
		char *comma = strchr(at, ','), *equals;
		if (comma)
			*comma = 0;
		equals = strchr(at, '=');
		if (equals)
			*equals = 0;
		err = *at ? set_option(d, at, equals ? equals + 1 : NULL) : 0;
		at = comma ? comma + 1 : NULL;
	}
	kfree(copy);
	return err;
}

static void show_options(const struct superblock *sb, struct proc_text *t)
{
	const struct devpts *d = sb->data;

	if (d->set_uid)
		text_printf(t, ",uid=%u", d->uid);
	if (d->set_gid)
		text_printf(t, ",gid=%u", d->gid);
	text_printf(t, ",mode=%03o,ptmxmode=%03o", d->mode, d->ptmx_mode);
	if (d->max < DEVPTS_LIMIT_MAX)
		text_printf(t, ",max=%u", d->max);
}

/* --- instances --- */

static void root_release(struct inode *i)
{
	struct devpts *d = i->data;

	kfree(d->used);
	kfree(d);
}

static const struct inode_ops root_ops = {.release = root_release};

static int add_ptmx(struct superblock *sb, const struct devpts *d)
{
	struct inode *i = inode_create(sb, S_IFCHR | d->ptmx_mode);
	struct dentry *ptmx = i ? dentry_create(sb->root, "ptmx", 4) : NULL;

	if (!ptmx) {
		inode_put(i);
		return -ENOMEM;
	}
	i->rdev = PTMX_RDEV;
	ptmx->inode = i;
	mutex_lock(&sb->root->inode->lock);
	dentry_attach(sb->root, ptmx);
	mutex_unlock(&sb->root->inode->lock);
	dentry_put(ptmx);
	return 0;
}

static struct devpts *devpts_alloc(const char *options, int *err)
{
	struct devpts *d = kzalloc(sizeof(*d));

	*err = -ENOMEM;
	if (!d)
		return NULL;
	mutex_init(&d->lock, "devpts");
	d->mode = 0600;
	d->max = DEVPTS_LIMIT_MAX;
	*err = set_options(d, options);
	if (!*err)
		return d;
	kfree(d);
	return NULL;
}

/* The directory; it owns `d`. */
static int make_root(struct superblock *sb, struct devpts *d)
{
	struct inode *root = inode_create(sb, S_IFDIR | 0755);

	if (!root) {
		kfree(d);
		return -ENOMEM;
	}
	root->ops = &root_ops;
	root->fops = &dir_file_ops;
	root->nlink = 2;
	root->data = d;
	return dentry_create_root(sb, root) ? 0 : -ENOMEM;
}

struct superblock *devpts_create(const char *options, int *err)
{
	struct devpts *d = devpts_alloc(options, err);
	struct superblock *sb;

	if (!d)
		return NULL;
	*err = -ENOMEM;
	sb = superblock_create("devpts", DEVPTS_SUPER_MAGIC, d);
	if (!sb) {
		kfree(d);
		return NULL;
	}
	sb->show_options = show_options;
	*err = make_root(sb, d);
	if (!*err) {
		*err = add_ptmx(sb, d);
		if (!*err)
			return sb;
		dentry_kill_tree(sb->root);
	}
	superblock_put(sb);
	return NULL;
}

static bool is_devpts(const struct superblock *sb)
{
	return sb->magic == DEVPTS_SUPER_MAGIC;
}

int devpts_path_of(const struct file *master, struct path *out)
{
	const struct path *at = &master->path;
	struct dentry *pts;
	int err;

	if (!at->dentry)
		return path_lookup(AT_FDCWD, "/dev/pts", LOOKUP_FOLLOW, out);
	*out = (struct path){at->mount, dentry_get_parent(at->dentry)};
	mount_get(out->mount);
	if (is_devpts(at->dentry->sb))
		return 0;
	err = lookup_child(out->dentry, "pts", 3, &pts);
	if (err) {
		path_put(out);
		return -ENOENT;
	}
	dentry_put(out->dentry);
	out->dentry = pts;
	mount_top(out);
	if (is_devpts(out->dentry->sb) && path_is_mount_root(out))
		return 0;
	path_put(out);
	return -ENODEV;
}

struct superblock *devpts_of_ptmx(const struct file *f)
{
	struct superblock *sb;
	struct path at;
	int err = devpts_path_of(f, &at);

	if (err)
		return ERR_PTR(err);
	sb = is_devpts(at.dentry->sb) ? at.dentry->sb : ERR_PTR(-ENODEV);
	if (!IS_ERR(sb))
		superblock_use(sb);
	path_put(&at);
	return sb;
}

void devpts_put(struct superblock *sb)
{
	superblock_unuse(sb);
}

/* --- numbers --- */

/* (lock) */
static int grow(struct devpts *d)
{
	unsigned words = d->words ? d->words * 2 : 1;
	uint64_t *bigger = krealloc(d->used, words * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	memset(bigger + d->words, 0, (words - d->words) * sizeof(*bigger));
	d->used = bigger;
	d->words = words;
	return 0;
}

/* (lock) */
static int take_lowest(struct devpts *d)
{
	unsigned w = 0;
	int err;

	while (w < d->words && d->used[w] == UINT64_MAX)
		w++;
	unsigned index = w * 64 + (w < d->words ? (unsigned)__builtin_ctzll(~d->used[w]) : 0);
	if (index >= d->max)
		return -ENOSPC;
	err = w < d->words ? 0 : grow(d);
	if (err)
		return err;
	d->used[w] |= 1ULL << index % 64;
	return (int)index;
}

int devpts_new_index(struct superblock *sb)
{
	struct devpts *d = sb->data;
	int index = -ENOSPC;

	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) < sysctl_get(pty_max)) {
		mutex_lock(&d->lock);
		index = take_lowest(d);
		mutex_unlock(&d->lock);
	}
	if (index < 0)
		__atomic_sub_fetch(&count, 1, __ATOMIC_RELAXED);
	return index;
}

void devpts_free_index(struct superblock *sb, int index)
{
	struct devpts *d = sb->data;

	mutex_lock(&d->lock);
	d->used[index / 64] &= ~(1ULL << index % 64);
	mutex_unlock(&d->lock);
	__atomic_sub_fetch(&count, 1, __ATOMIC_RELAXED);
}

/* --- nodes --- */

static void node_release(struct inode *i)
{
	tty_put(i->data);
}

static const struct inode_ops node_ops = {.release = node_release};

struct dentry *devpts_add(struct superblock *sb, int index, struct tty *t)
{
	const struct devpts *d = sb->data;
	struct inode *i = inode_create(sb, S_IFCHR | d->mode);
	struct dentry *node;
	char name[12];

	fmt_string(name, sizeof(name), "%d", index);
	node = i ? dentry_create(sb->root, name, strlen(name)) : NULL;
	if (!node) {
		inode_put(i);
		return ERR_PTR(-ENOMEM);
	}
	i->ops = &node_ops;
	i->data = t;
	tty_get(t);
	i->ino = (uint64_t)index + FIRST_INO;
	i->rdev = SLAVE_RDEV(index);
	i->uid = d->set_uid ? d->uid : i->uid;
	i->gid = d->set_gid ? d->gid : i->gid;
	node->inode = i;
	mutex_lock(&sb->root->inode->lock);
	dentry_attach(sb->root, node);
	inode_touch(sb->root->inode);
	mutex_unlock(&sb->root->inode->lock);
	return node;
}

void devpts_remove(struct dentry *node)
{
	struct dentry *dir = dentry_get_parent(node);

	mutex_lock(&dir->inode->lock);
	if (!node->unlinked)
		dentry_detach(node);
	node->inode->nlink = 0;
	inode_touch(dir->inode);
	mutex_unlock(&dir->inode->lock);
	dentry_put(dir);
	dentry_put(node);
}

struct tty *devpts_tty(const struct inode *i)
{
	return i->ops == &node_ops ? i->data : NULL;
}
