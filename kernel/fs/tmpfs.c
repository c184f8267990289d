/* tmpfs: files whose only place is the page cache. The root, /dev, /tmp, memfds and O_TMPFILE files
 * are of it. */
#include "arch/mmu.h"
#include "fs/internal.h"

#define DIRENT_SIZE 20 /* what an entry adds to st_size, as on Linux */

static const char zeroes[PAGE_SIZE];

static struct inode *inode_of(struct mapping *m)
{
	return container_of(m, struct inode, mapping);
}

/* What the archive has for the part of a page; returns how many of the n bytes, the rest being
 * zero. */
static size_t backing_part(const struct inode *i, uint64_t pos, size_t n, const uint8_t **out)
{
	if (pos >= i->backing_size)
		return 0;
	*out = i->backing + pos;
	return MIN(n, i->backing_size - pos);
}

/* Is there a page of the archive that holds this page of the file and nothing else? */
static bool adoptable(const struct inode *i, uint64_t index)
{
	return !((uintptr_t)i->backing & ~PAGE_MASK) &&
	       (index + 1) << PAGE_SHIFT <= i->backing_size;
}

/* One page more counts against the filesystem's limit. (mapping.lock) */
static int charge(struct inode *i)
{
	struct superblock *sb = i->sb;
	uint64_t used = __atomic_add_fetch(&sb->used, 1, __ATOMIC_RELAXED);

	if (sb->limit && used > sb->limit) {
		__atomic_fetch_sub(&sb->used, 1, __ATOMIC_RELAXED);
		return -ENOSPC;
	}
	i->charged++;
	return 0;
}

/* The archive's own page becomes the file's. (mapping.lock) */
static struct page *tmpfs_adopt(struct mapping *m, uint64_t index)
{
	struct inode *i = inode_of(m);
	int err = 0;

	if (!adoptable(i, index))
		return NULL;
	err = charge(i);
	if (err)
		return ERR_PTR(err);
	struct page *p = page_adopt(i->backing + (index << PAGE_SHIFT));
	if (!p) { /* the archive lies in memory that is not managed */
		i->charged--;
		__atomic_fetch_sub(&i->sb->used, 1, __ATOMIC_RELAXED);
	}
	return p;
}

/* Pages [first, last) of the file will not be read from the archive any more: they are free, but
 * for those that were adopted. */
static void release_backing(struct inode *i, uint64_t first, uint64_t last)
{
	if (i->backing && first < last && !((uintptr_t)i->backing & ~PAGE_MASK))
		pages_release(
		    virt_to_phys(i->backing) + (first << PAGE_SHIFT), (last - first) << PAGE_SHIFT);
}

/* A new page: counts against the filesystem's limit, and starts as the archive has it.
 * (mapping.lock) */
static int tmpfs_fill(struct mapping *m, struct page *p, uint64_t index)
{
	struct inode *i = inode_of(m);
	const uint8_t *from;
	size_t n;
	int err = charge(i);

	if (err)
		return err;
	n = backing_part(i, index << PAGE_SHIFT, PAGE_SIZE, &from);
	if (n)
		memcpy(page_virt(p), from, n);
	return 0;
}

/* After pages went: gives back what they counted for. */
void tmpfs_uncharge(struct inode *i)
{
	uint64_t gone;

	mutex_lock(&i->mapping.lock);
	gone = i->charged > i->mapping.pages ? i->charged - i->mapping.pages : 0;
	i->charged -= gone;
	mutex_unlock(&i->mapping.lock);
	__atomic_fetch_sub(&i->sb->used, gone, __ATOMIC_RELAXED);
}

/* Counts one more inode, or name of one: false if there may be no more. */
static bool inode_reserve(struct superblock *sb)
{
	uint64_t n = __atomic_add_fetch(&sb->inodes, 1, __ATOMIC_RELAXED);

	if (!sb->inode_limit || n <= sb->inode_limit)
		return true;
	__atomic_fetch_sub(&sb->inodes, 1, __ATOMIC_RELAXED);
	return false;
}

static void inode_unreserve(struct superblock *sb)
{
	__atomic_fetch_sub(&sb->inodes, 1, __ATOMIC_RELAXED);
}

/* ERR_PTR(-ENOSPC, -ENOMEM). */
static struct inode *tmpfs_inode(struct inode *dir, uint32_t mode, uint32_t rdev)
{
	struct inode *i;

	if (!inode_reserve(dir->sb))
		return ERR_PTR(-ENOSPC);
	i = inode_create(dir->sb, mode);
	if (!i) {
		inode_unreserve(dir->sb);
		return ERR_PTR(-ENOMEM);
	}
	inode_init_owner(i, dir);
	i->ops = &tmpfs_inode_ops;
	i->rdev = rdev;
	if (S_ISREG(mode)) {
		i->fops = &tmpfs_file_ops;
		i->mapping.fill = tmpfs_fill;
		i->mapping.adopt = tmpfs_adopt;
		i->seals = F_SEAL_SEAL; /* only memfds can be sealed */
	} else if (S_ISDIR(mode)) {
		i->fops = &dir_file_ops;
		i->nlink = 2;
	}
	return i;
}

struct inode *tmpfs_unnamed(struct inode *dir, uint32_t mode)
{
	struct inode *i = tmpfs_inode(dir, mode, 0);

	if (IS_ERR(i))
		return NULL;
	i->nlink = 0;
	return i;
}

/* The directory has one entry more or less. */
static void dir_changed(struct inode *dir, int entries)
{
	dir->size += (uint64_t)(int64_t)(entries * DIRENT_SIZE);
	inode_touch(dir);
}

static int tmpfs_create_node(struct inode *dir, struct dentry *d, uint32_t mode, uint32_t rdev)
{
	struct inode *i = tmpfs_inode(dir, mode, rdev);

	if (IS_ERR(i))
		return PTR_ERR(i);
	d->inode = i;
	dir_changed(dir, 1);
	return 0;
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *d, uint32_t mode)
{
	int err = tmpfs_create_node(dir, d, mode, 0);

	if (!err)
		dir->nlink++;
	return err;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct inode *i = tmpfs_inode(dir, S_IFLNK | 0777, 0);

	if (IS_ERR(i))
		return PTR_ERR(i);
	i->size = strlen(target);
	i->link_target = kstrdup(target);
	if (!i->link_target) {
		inode_put(i);
		return -ENOMEM;
	}
	d->inode = i;
	dir_changed(dir, 1);
	return 0;
}

/* Links of a file that lies in several directories are counted under its own lock. */
static void change_links(struct inode *i, int by)
{
	__atomic_fetch_add(&i->nlink, (uint32_t)by, __ATOMIC_RELAXED);
	inode_changed(i);
}

static int tmpfs_link(struct inode *dir, struct dentry *d, struct inode *target)
{
	/* Every further name counts as an inode would. */
	if (target->nlink && !inode_reserve(dir->sb))
		return -ENOSPC;
	change_links(target, 1);
	inode_get(target);
	d->inode = target;
	dir_changed(dir, 1);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	if (d->inode->nlink > 1)
		inode_unreserve(dir->sb);
	change_links(d->inode, -1);
	dir_changed(dir, -1);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	change_links(d->inode, -2);
	dir_changed(dir, -1);
	dir->nlink--;
	return 0;
}

static int tmpfs_rename(
    struct inode *from, struct dentry *d, struct inode *to, struct dentry *replaced)
{
	bool directory = S_ISDIR(d->inode->mode);

	if (replaced && S_ISDIR(replaced->inode->mode))
		tmpfs_rmdir(to, replaced);
	else if (replaced)
		tmpfs_unlink(to, replaced);
	dir_changed(from, -1);
	dir_changed(to, 1);
	if (directory) {
		from->nlink--;
		to->nlink++;
	}
	inode_changed(d->inode);
	return 0;
}

int tmpfs_zero(struct inode *i, uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t n = MIN(to - from, PAGE_SIZE - (from & (PAGE_SIZE - 1)));
		bool backed = from < i->backing_size; /* then only a page can say that it is zero */
		struct page *p = mapping_page(&i->mapping, from >> PAGE_SHIFT, backed);

		if (IS_ERR(p))
			return PTR_ERR(p);
		if (p) {
			memset((char *)page_virt(p) + (from & (PAGE_SIZE - 1)), 0, n);
			page_put(p);
		}
		from += n;
	}
	return 0;
}

int tmpfs_punch(struct inode *i, uint64_t from, uint64_t to)
{
	to = MIN(to, ALIGN_UP(i->size, PAGE_SIZE));
	/* Without its page, what the archive has would show again. */
	uint64_t first = MAX(ALIGN_UP(from, PAGE_SIZE), ALIGN_UP(i->backing_size, PAGE_SIZE));
	uint64_t last = ALIGN_DOWN(to, PAGE_SIZE);
	int err;

	if (first >= last)
		return tmpfs_zero(i, from, to);
	err = tmpfs_zero(i, from, first);
	if (!err)
		err = tmpfs_zero(i, last, to);
	if (err)
		return err;
	mapping_punch(&i->mapping, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
	tmpfs_uncharge(i);
	return 0;
}

static int tmpfs_truncate(struct inode *i, uint64_t size)
{
	uint64_t old = i->size, backed;
	int err = 0;

	if (size < old) {
		/* The size first: a reader must not find zeroes inside the file. */
		__atomic_store_n(&i->size, size, __ATOMIC_RELEASE);
		mutex_lock(&i->mapping.lock); /* nobody adopts beyond from here on */
		backed = i->backing_size;
		i->backing_size = MIN(backed, size);
		mutex_unlock(&i->mapping.lock);
		mapping_truncate(&i->mapping, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
		release_backing(i, (size + PAGE_SIZE - 1) >> PAGE_SHIFT, backed >> PAGE_SHIFT);
		err = tmpfs_zero(i, size, MIN(ALIGN_UP(size, PAGE_SIZE), old));
		tmpfs_uncharge(i);
	} else {
		__atomic_store_n(&i->size, size, __ATOMIC_RELEASE);
	}
	return err;
}

static void tmpfs_release(struct inode *i)
{
	__atomic_fetch_sub(&i->sb->used, i->charged, __ATOMIC_RELAXED);
	i->charged = 0;
	release_backing(i, 0, i->backing_size >> PAGE_SHIFT);
	inode_unreserve(i->sb);
}

const struct inode_ops tmpfs_inode_ops = {
    .create = tmpfs_create_node,
    .mkdir = tmpfs_mkdir,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rmdir = tmpfs_rmdir,
    .rename = tmpfs_rename,
    .truncate = tmpfs_truncate,
    .release = tmpfs_release,
};

/* Gives up to n bytes at `pos`, all in one page. */
static int64_t read_part(struct inode *i, struct io_vec *io, uint64_t pos, size_t n)
{
	/* A whole page of the archive is adopted: it may be given back while it is read. */
	bool adopt = adoptable(i, pos >> PAGE_SHIFT);
	struct page *p = mapping_page(&i->mapping, pos >> PAGE_SHIFT, adopt);
	const uint8_t *from = (const uint8_t *)zeroes;
	int64_t moved;

	if (IS_ERR(p))
		return PTR_ERR(p);
	if (p) {
		moved = io_put(io, (char *)page_virt(p) + (pos & (PAGE_SIZE - 1)), n);
		page_put(p);
		return moved;
	}
	/* No page: straight from the archive, or a hole. A short piece ends where the archive's
	 * part ends. */
	size_t backed = backing_part(i, pos, n, &from);
	return io_put(io, from, backed ? backed : n);
}

static int64_t tmpfs_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct inode *i = f->inode;
	int64_t total = 0, moved = 0;

	while (io->left) {
		uint64_t size = __atomic_load_n(&i->size, __ATOMIC_ACQUIRE);
		size_t n = PAGE_SIZE - (*pos & (PAGE_SIZE - 1));

		if (*pos >= size)
			break;
		n = MIN(n, MIN(io->left, size - *pos));
		moved = read_part(i, io, *pos, n);
		if (moved <= 0)
			break;
		*pos += (uint64_t)moved;
		total += moved;
	}
	if (!(f->flags & O_NOATIME) && f->path.dentry)
		path_accessed(&f->path);
	return total ? total : moved;
}

/* How much may be written at `pos`: less than io->left at a limit, or -EFBIG. */
static int64_t write_allowed(struct inode *i, uint64_t pos, size_t n)
{
	uint64_t limit = current_rlimit(RLIMIT_FSIZE);

	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (pos >= INT64_MAX)
		return -EFBIG;
	if ((i->seals & F_SEAL_GROW) && pos + n > i->size) { /* whole pages, as Linux */
		if (pos >= ALIGN_DOWN(i->size, PAGE_SIZE))
			return -EPERM;
		n = ALIGN_DOWN(i->size, PAGE_SIZE) - pos;
	}
	if (pos >= limit)
		return -EFBIG;
	return (int64_t)MIN(n, MIN(limit, (uint64_t)INT64_MAX) - pos);
}

static int64_t write_part(struct inode *i, struct io_vec *io, uint64_t pos, size_t n)
{
	struct page *p = mapping_page(&i->mapping, pos >> PAGE_SHIFT, true);
	int64_t moved;

	if (IS_ERR(p))
		return PTR_ERR(p);
	moved = io_get(io, (char *)page_virt(p) + (pos & (PAGE_SIZE - 1)), n);
	page_put(p);
	if (moved > 0 && pos + (uint64_t)moved > i->size)
		__atomic_store_n(&i->size, pos + (uint64_t)moved, __ATOMIC_RELEASE);
	return moved;
}

static int64_t write_locked(struct inode *i, struct io_vec *io, uint64_t *pos, size_t left)
{
	int64_t total = 0, moved = 0;

	while (left) {
		size_t n = MIN(left, PAGE_SIZE - (*pos & (PAGE_SIZE - 1)));
		moved = write_part(i, io, *pos, n);
		if (moved <= 0)
			break;
		*pos += (uint64_t)moved;
		total += moved;
		left -= (size_t)moved;
		if (signal_pending_fatal(current))
			break;
	}
	return total ? total : moved;
}

static int64_t tmpfs_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct inode *i = f->inode;
	int64_t result;

	if (!io->left)
		return 0;
	mutex_lock(&i->lock);
	if ((f->flags & O_APPEND) || io->append)
		*pos = i->size;
	result = write_allowed(i, *pos, io->left);
	if (result > 0) {
		inode_clear_setid(i);
		result = write_locked(i, io, pos, (size_t)result);
		if (result > 0)
			inode_touch(i);
	}
	mutex_unlock(&i->lock);
	if (result == -EFBIG)
		fs_signal_current(SIGXFSZ);
	return result;
}

/* Where data, or a hole, begins from `offset` on: what the archive has is data. */
static int64_t seek_content(struct inode *i, uint64_t offset, bool data)
{
	uint64_t index = offset >> PAGE_SHIFT, backed = ALIGN_UP(i->backing_size, PAGE_SIZE);
	uint64_t found;

	if (offset >= i->size)
		return -ENXIO;
	if (data)
		found = offset < backed ? index : mapping_next_written(&i->mapping, index);
	else
		found = mapping_next_hole(&i->mapping, MAX(index, backed >> PAGE_SHIFT));
	if (found == index)
		return (int64_t)offset;
	if (found < (i->size + PAGE_SIZE - 1) >> PAGE_SHIFT)
		return (int64_t)(found << PAGE_SHIFT);
	return data ? -ENXIO : (int64_t)i->size;
}

static int64_t tmpfs_seek(struct file *f, int64_t offset, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		mutex_lock(&f->inode->lock);
		offset = seek_content(f->inode, (uint64_t)offset, whence == SEEK_DATA);
		mutex_unlock(&f->inode->lock);
		if (offset >= 0)
			f->pos = (uint64_t)offset;
		return offset;
	}
	return seek_in(f, offset, whence, f->inode->size);
}

static int64_t tmpfs_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	int32_t left = (int32_t)(f->inode->size - f->pos);

	if (cmd != FIONREAD)
		return -ENOTTY;
	return copy_out_obj(arg, &left);
}

static int tmpfs_mmap(struct file *f, struct area *a)
{
	struct inode *i = f->inode;

	if ((i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) && (a->flags & AREA_SHARED)) {
		if (a->flags & AREA_WRITE)
			return -EPERM;
		a->flags &= ~(unsigned)AREA_MAYWRITE;
	}
	a->mapping = &i->mapping;
	if (f->path.dentry)
		path_accessed(&f->path);
	return 0;
}

static int tmpfs_fsync(struct file *f)
{
	return 0; /* memory is all the storage there is */
}

const struct file_ops tmpfs_file_ops = {
    .splice_read = true,
    .splice_write = true,
    .read = tmpfs_read,
    .write = tmpfs_write,
    .seek = tmpfs_seek,
    .ioctl = tmpfs_ioctl,
    .mmap = tmpfs_mmap,
    .fsync = tmpfs_fsync,
};
