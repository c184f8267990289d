/* Bringing the file system up; each task's root, working directory and umask. */
#include "boot/boot_info.h"
#include "fs/internal.h"
#include "ipc/mqueue.h"
#include "printk.h"

/* Of whoever has none: the start-up code and threads that were given none. */
static struct fs_context kernel_fs = {.refs = {2} /* never the last, and never unshared */,
    .lock = SPINLOCK_INIT("fs context", RANK_PLACES),
    .umask = 022};

struct fs_context *current_fs(void)
{
	return current->fs ? current->fs : &kernel_fs;
}

struct fs_context *fs_context_create(const struct fs_context *from_const)
{
	struct fs_context *from = (struct fs_context *)(uintptr_t)from_const;
	struct fs_context *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	if (!from)
		from = &kernel_fs;
	ref_init(&fs->refs);
	spin_init(&fs->lock, "fs context", RANK_PLACES);
	fs_places(from, &fs->root, &fs->cwd);
	fs->umask = from->umask;
	return fs;
}

void fs_places(struct fs_context *fs, struct path *root, struct path *cwd)
{
	irqflags_t flags = spin_lock(&fs->lock);

	if (root) {
		*root = fs->root;
		path_get(root);
	}
	if (cwd) {
		*cwd = fs->cwd;
		path_get(cwd);
	}
	spin_unlock(&fs->lock, flags);
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || !ref_put(&fs->refs))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	kfree(fs);
}

static void mount_root(void)
{
	int err;
	struct superblock *sb = tmpfs_create_type("rootfs", NULL, &err);

	if (!sb)
		panic("no memory for the root file system");
	mount_init_root(sb, &kernel_fs.root);
	kernel_fs.cwd = kernel_fs.root;
	path_get(&kernel_fs.cwd);
}

static void mount_on(const char *source, const char *path, const char *type, uint32_t mode,
    uint64_t flags, const char *options)
{
	struct path at;
	int err = do_mkdir(AT_FDCWD, path, mode);

	if (!err || err == -EEXIST)
		err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW, &at);
	if (!err) {
		/* Whatever the archive said of it. */
		at.dentry->inode->mode = S_IFDIR | mode;
		path_put(&at);
		err = type ? do_mount(source, path, type, flags, options) : 0;
	}
	if (err)
		log_error("vfs: %s: %s", path, errno_name(err));
}

void vfs_init(void)
{
	const struct boot_range *rd = &boot_info.initrd;

	mount_root();
	devfs_init();
	mqueue_init();
	if (rd->size)
		initramfs_unpack(phys_to_virt(rd->base), rd->size);
	mount_on("devtmpfs", "/dev", "devtmpfs", 0755, 0, NULL);
	mount_on("devpts", "/dev/pts", "devpts", 0755, MS_NOSUID | MS_NOEXEC,
	    "gid=5,mode=620,ptmxmode=000"); /* as Debian's */
	mount_on("proc", "/proc", "proc", 0555, 0, NULL);
	mount_on("sysfs", "/sys", "sysfs", 0555, 0, NULL);
	mount_on(NULL, "/tmp", NULL, 01777, 0, NULL);
}
