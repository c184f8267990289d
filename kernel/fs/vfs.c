/* Bringing the file system up; each task's root, working directory and umask. */
#include "boot/boot_info.h"
#include "fs/internal.h"
#include "printk.h"

/* Of whoever has none: the start-up code and threads that were given none. */
static struct fs_context kernel_fs = {.refs = {2} /* never the last, and never unshared */,
    .lock = MUTEX_INIT("fs context"),
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
	mutex_init(&fs->lock, "fs context");
	mutex_lock(&from->lock);
	fs->root = from->root;
	fs->cwd = from->cwd;
	fs->umask = from->umask;
	dentry_get(fs->root);
	dentry_get(fs->cwd);
	mutex_unlock(&from->lock);
	superblock_use(fs->root->sb);
	superblock_use(fs->cwd->sb);
	return fs;
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || !ref_put(&fs->refs))
		return;
	superblock_unuse(fs->root->sb);
	superblock_unuse(fs->cwd->sb);
	dentry_put(fs->root);
	dentry_put(fs->cwd);
	kfree(fs);
}

static void mount_root(void)
{
	int err;
	struct superblock *sb = tmpfs_create_type("rootfs", NULL, &err);

	if (!sb || mount_attach(sb, "rootfs", NULL, 0))
		panic("no memory for the root file system");
	vfs_root = sb->root;
	dentry_get(vfs_root);
	dentry_get(vfs_root);
	kernel_fs.root = kernel_fs.cwd = vfs_root;
	superblock_use(sb);
	superblock_use(sb);
}

static void mount_on(const char *source, const char *path, const char *type, uint32_t mode,
    uint64_t flags, const char *options)
{
	struct dentry *d;
	int err = do_mkdir(AT_FDCWD, path, mode);

	if (!err || err == -EEXIST)
		err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW, &d);
	if (!err) {
		/* Whatever the archive said of it. */
		d->inode->mode = S_IFDIR | mode;
		dentry_put(d);
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
	if (rd->size)
		initramfs_unpack(phys_to_virt(rd->base), rd->size);
	mount_on("devtmpfs", "/dev", "devtmpfs", 0755, 0, NULL);
	mount_on("devpts", "/dev/pts", "devpts", 0755, MS_NOSUID | MS_NOEXEC,
	    "gid=5,mode=620,ptmxmode=000"); /* as Debian's */
	mount_on("proc", "/proc", "proc", 0555, 0, NULL);
	mount_on("sysfs", "/sys", "sysfs", 0555, 0, NULL);
	mount_on(NULL, "/tmp", NULL, 01777, 0, NULL);
}
