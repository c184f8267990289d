/* Directories as open files (getdents64(2)). */
#include "fs/inotify.h"
#include "syscall/syscall.h"

/* Directories that live in the dentry cache: in order of position, which never comes again. */
static void iterate_cached(struct dentry *dir, struct dir_context *ctx)
{
	struct dentry *d;

	list_for_each (d, &dir->children, sibling) {
		if (d->position < ctx->pos)
			continue;
		if (!ctx->emit(ctx, d->name, d->inode->ino, DT_OF_MODE(d->inode->mode)))
			return;
		ctx->pos = d->position + 1;
	}
	ctx->pos = MAX(ctx->pos, dir->next_position);
}

static bool emit_dots(struct file *f, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", f->inode->ino, DT_OF_MODE(S_IFDIR)))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		struct dentry *parent = dentry_get_parent(f->path.dentry);
		uint64_t ino = parent->inode->ino;

		dentry_put(parent);
		if (!ctx->emit(ctx, "..", ino, DT_OF_MODE(S_IFDIR)))
			return false;
		ctx->pos = 2;
	}
	return true;
}

int file_iterate(struct file *f, struct dir_context *ctx)
{
	const struct inode_ops *ops = f->inode->ops;
	int err = 0;

	if (!S_ISDIR(f->inode->mode) || !f->path.dentry)
		return -ENOTDIR;
	mutex_lock(&f->inode->lock);
	if (f->path.dentry->unlinked)
		err = -ENOENT;
	else if (!emit_dots(f, ctx))
		err = 0;
	else if (ops && ops->iterate)
		err = ops->iterate(f->inode, ctx);
	else
		iterate_cached(f->path.dentry, ctx);
	mutex_unlock(&f->inode->lock);
	if (!(f->flags & O_NOATIME))
		path_accessed(&f->path);
	if (!err)
		inotify_file(f, IN_ACCESS);
	return err;
}

/* Collects entries in kernel memory: they are copied out when no lock is held. */
struct dirent_buffer {
	struct dir_context ctx;
	char *buf;
	size_t size, used;
	struct linux_dirent64 *previous; /* whose `off` is still to be known */
	bool full;
};

static bool emit_dirent(struct dir_context *ctx, const char *name, uint64_t ino, unsigned type)
{
	struct dirent_buffer *b = container_of(ctx, struct dirent_buffer, ctx);
	size_t len = strlen(name);
	size_t reclen = ALIGN_UP(offsetof(struct linux_dirent64, name) + len + 1, 8);
	struct linux_dirent64 *e = (struct linux_dirent64 *)(b->buf + b->used);

	if (b->previous)
		b->previous->off = (int64_t)ctx->pos;
	b->full = b->size - b->used < reclen;
	if (b->full)
		return false;
	memset(e, 0, reclen);
	e->ino = ino;
	e->reclen = (uint16_t)reclen;
	e->type = (uint8_t)type;
	memcpy(e->name, name, len);
	b->previous = e;
	b->used += reclen;
	return true;
}

static int64_t read_dirents(struct file *f, uaddr_t out, size_t size)
{
	struct dirent_buffer b = {.ctx.emit = emit_dirent, .size = MIN(size, 8 * PAGE_SIZE)};
	int err;

	b.buf = kmalloc(MAX(b.size, 1u));
	if (!b.buf)
		return -ENOMEM;
	mutex_lock(&f->pos_lock);
	b.ctx.pos = f->pos;
	err = file_iterate(f, &b.ctx);
	if (b.previous)
		b.previous->off = (int64_t)b.ctx.pos;
	if (!err && !b.used && b.full)
		err = -EINVAL;
	if (!err && b.used)
		err = arch_copy_out(out, b.buf, b.used);
	if (!err)
		f->pos = b.ctx.pos;
	mutex_unlock(&f->pos_lock);
	kfree(b.buf);
	return err ? err : (int64_t)b.used;
}

SYSCALL(getdents64)
{
	struct file *f = fd_get((int)a[0]);
	int64_t result;

	if (!f)
		return -EBADF;
	result = S_ISDIR(f->inode->mode) ? read_dirents(f, a[1], (unsigned)a[2]) : -ENOTDIR;
	file_put(f);
	return result;
}

static int64_t dir_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	return -EISDIR;
}

static int64_t dir_seek(struct file *f, int64_t offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return seek_in(f, offset, whence, 0);
}

static int dir_fsync(struct file *f)
{
	return 0;
}

const struct file_ops dir_file_ops = {
    .read = dir_read,
    .seek = dir_seek,
    .fsync = dir_fsync,
};
