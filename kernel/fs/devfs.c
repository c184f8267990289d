/* /dev: nodes for registered drivers, and the memory devices null, zero, full, random and urandom
 * (null(4), random(4)). */
#include "fs/internal.h"
#include "printk.h"
#include "random.h"

struct superblock *devfs_superblock;

struct device {
	struct list link;
	uint32_t rdev;
	bool whole_major; /* any number like it */
	const struct file_ops *ops;
};
static struct list devices = LIST_INIT(devices); /* (devices_lock) */
static struct spinlock devices_lock = SPINLOCK_INIT("devices", RANK_FS);

/* The registered device with this number (devices_lock). */
static struct device *device_find(uint32_t rdev)
{
	struct device *dev;

	list_for_each (dev, &devices, link)
		if (dev->rdev == rdev || (dev->whole_major && !((dev->rdev ^ rdev) & 0xfff00)))
			return dev;
	return NULL;
}

const struct file_ops *dev_ops(uint32_t rdev)
{
	irqflags_t flags = spin_lock(&devices_lock);
	struct device *dev = device_find(rdev);
	const struct file_ops *ops = dev ? dev->ops : NULL;

	spin_unlock(&devices_lock, flags);
	return ops;
}

static int device_add(uint32_t rdev, const struct file_ops *ops, bool whole_major)
{
	struct device *dev = kzalloc(sizeof(*dev));
	irqflags_t flags;
	bool taken;

	if (!dev)
		return -ENOMEM;
	dev->rdev = rdev;
	dev->whole_major = whole_major;
	dev->ops = ops;
	flags = spin_lock(&devices_lock);
	taken = device_find(rdev);
	if (!taken)
		list_append(&devices, &dev->link);
	spin_unlock(&devices_lock, flags);
	if (taken)
		kfree(dev);
	return taken ? -EBUSY : 0;
}

/* The child of a /dev directory, made as a directory if it is not there. ERR_PTR on failure. */
static struct dentry *subdirectory(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d;
	int err = 0;

	mutex_lock(&dir->inode->lock);
	d = dentry_find(dir, name, len);
	if (!d) {
		d = dentry_create(dir, name, len);
		err = d ? tmpfs_inode_ops.mkdir(dir->inode, d, S_IFDIR | 0755) : -ENOMEM;
		if (!err)
			dentry_attach(dir, d);
	}
	mutex_unlock(&dir->inode->lock);
	if (err) {
		dentry_put(d);
		return ERR_PTR(err);
	}
	return d;
}

/* The directory of "pts/0" and its last component. */
static struct dentry *node_directory(const char **name)
{
	struct dentry *dir = devfs_superblock->root;
	const char *slash;

	dentry_get(dir);
	while (!IS_ERR(dir) && (slash = strchr(*name, '/'))) {
		struct dentry *next = subdirectory(dir, *name, (size_t)(slash - *name));
		dentry_put(dir);
		dir = next;
		*name = slash + 1;
	}
	return dir;
}

/* Puts a node (or with `target` a symbolic link) into /dev. */
static int node_add(const char *name, uint32_t mode, uint32_t rdev, const char *target)
{
	struct dentry *dir = node_directory(&name), *d;
	int err;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	mutex_lock(&dir->inode->lock);
	d = dentry_find(dir, name, strlen(name));
	err = d ? -EEXIST : 0;
	if (!err)
		d = dentry_create(dir, name, strlen(name));
	if (!d)
		err = -ENOMEM;
	if (!err)
		err = target ? tmpfs_inode_ops.symlink(dir->inode, d, target)
			     : tmpfs_inode_ops.create(dir->inode, d, mode, rdev);
	if (!err)
		dentry_attach(dir, d);
	mutex_unlock(&dir->inode->lock);
	dentry_put(d);
	dentry_put(dir);
	return err;
}

int dev_register(const char *name, uint32_t mode, uint32_t rdev, const struct file_ops *ops)
{
	int err;

	devfs_init();
	err = device_add(rdev, ops, false);
	if (err)
		return err;
	return node_add(name, S_IFCHR | (mode & 07777), rdev, NULL);
}

int dev_register_major(unsigned major, const struct file_ops *ops)
{
	return device_add(MKDEV(major, 0), ops, true);
}

void dev_unregister(const char *name, uint32_t rdev)
{
	struct dentry *dir = node_directory(&name), *d;
	struct device *dev;
	irqflags_t flags;

	flags = spin_lock(&devices_lock);
	dev = device_find(rdev);
	if (dev)
		list_remove(&dev->link);
	spin_unlock(&devices_lock, flags);
	kfree(dev);
	if (IS_ERR(dir))
		return;
	mutex_lock(&dir->inode->lock);
	d = dentry_find(dir, name, strlen(name));
	if (d && d->inode->rdev == rdev) {
		tmpfs_inode_ops.unlink(dir->inode, d);
		dentry_detach(d);
	}
	mutex_unlock(&dir->inode->lock);
	dentry_put(d);
	dentry_put(dir);
}

/* --- the memory devices --- */

static int64_t null_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	return 0;
}

static int64_t null_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	int64_t n = (int64_t)io->left;

	io->left = 0;
	return n;
}

static int64_t null_seek(struct file *f, int64_t offset, int whence)
{
	return 0;
}

static int64_t zero_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	static const char zeroes[PAGE_SIZE];
	int64_t total = 0, moved = 0;

	while (io->left) {
		moved = io_put(io, zeroes, sizeof(zeroes));
		if (moved <= 0)
			break;
		total += moved;
		if (signal_pending(current))
			break;
	}
	return total ? total : moved;
}

static int64_t full_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	return -ENOSPC;
}

static int zero_mmap(struct file *f, struct area *a)
{
	return 0;
}

static int64_t random_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	char buf[256];
	int64_t total = 0, moved = 0;

	while (io->left) {
		size_t n = MIN(io->left, sizeof(buf));
		random_fill(buf, n);
		moved = io_put(io, buf, n);
		if (moved <= 0)
			break;
		total += moved;
		if (signal_pending(current))
			break;
	}
	memset(buf, 0, sizeof(buf));
	return total ? total : moved;
}

static int64_t random_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	char buf[256];
	int64_t total = 0, moved = 0;

	while (io->left) {
		moved = io_get(io, buf, sizeof(buf));
		if (moved <= 0)
			break;
		random_mix(buf, (size_t)moved);
		total += moved;
	}
	return total ? total : moved;
}

static const struct file_ops null_ops = {
    .splice_write = true, .read = null_read, .write = null_write, .seek = null_seek};
static const struct file_ops zero_ops = {.splice_read = true,
    .splice_write = true,
    .read = zero_read,
    .write = null_write,
    .seek = null_seek,
    .mmap = zero_mmap};
static const struct file_ops full_ops = {
    .splice_read = true, .read = zero_read, .write = full_write, .seek = null_seek};
static const struct file_ops random_ops = {.splice_read = true,
    .splice_write = true,
    .read = random_read,
    .write = random_write,
    .seek = null_seek};

static const struct {
	const char *name;
	uint32_t rdev;
	const struct file_ops *ops;
} memory_devices[] = {
    {"null", MKDEV(1, 3), &null_ops},
    {"zero", MKDEV(1, 5), &zero_ops},
    {"full", MKDEV(1, 7), &full_ops},
    {"random", MKDEV(1, 8), &random_ops},
    {"urandom", MKDEV(1, 9), &random_ops},
};

static const struct {
	const char *name, *target;
} links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
};

void devfs_init(void)
{
	struct dentry *shm;
	int err;

	if (devfs_superblock)
		return;
	devfs_superblock = tmpfs_create_type("devtmpfs", NULL, &err);
	if (!devfs_superblock)
		panic("no memory for /dev");
	for (unsigned k = 0; k < ARRAY_SIZE(memory_devices); k++)
		if (dev_register(memory_devices[k].name, 0666, memory_devices[k].rdev,
			memory_devices[k].ops))
			log_error("devfs: %s", memory_devices[k].name);
	for (unsigned k = 0; k < ARRAY_SIZE(links); k++)
		if (node_add(links[k].name, 0, 0, links[k].target))
			log_error("devfs: %s", links[k].name);
	shm = subdirectory(devfs_superblock->root, "shm", 3);
	if (IS_ERR(shm))
		return;
	shm->inode->mode = S_IFDIR | 01777;
	dentry_put(shm);
}
