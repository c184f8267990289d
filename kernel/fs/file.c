/* Open file descriptions: lifetime, reading, writing, seeking. */
#include "fs/async.h"
#include "fs/inotify.h"

static struct inode anon_inode = {.refs = {1},
    .sb = &anon_superblock,
    .ino = 1,
    .mode = 0600,
    .nlink = 1,
    .lock = MUTEX_INIT("inode")};

static int64_t open_files; /* atomic */

int64_t file_count(void)
{
	return __atomic_load_n(&open_files, __ATOMIC_RELAXED);
}

struct file *file_alloc(const struct file_ops *ops, unsigned flags, void *data)
{
	struct file *f = kzalloc(sizeof(*f));

	if (!f)
		return NULL;
	__atomic_fetch_add(&open_files, 1, __ATOMIC_RELAXED);
	ref_init(&f->refs);
	f->ops = ops;
	f->flags = flags & ~(unsigned)O_CLOEXEC;
	f->data = data;
	mutex_init(&f->pos_lock, "file position");
	list_init(&f->epoll_items);
	return f;
}

struct file *file_create(
    const struct file_ops *ops, struct inode *inode, unsigned flags, void *data)
{
	struct file *f = file_alloc(ops, flags, data);

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->inode = inode ? inode : &anon_inode;
	inode_get(f->inode);
	return f;
}

static const struct file_ops path_file_ops; /* O_PATH: an address, nothing more */

/* What serves an inode of this type. NULL: nobody. */
static const struct file_ops *inode_file_ops(struct inode *i)
{
	if (S_ISCHR(i->mode))
		return dev_ops(i->rdev);
	if (S_ISFIFO(i->mode))
		return &fifo_file_ops;
	if (S_ISBLK(i->mode) || S_ISSOCK(i->mode))
		return NULL;
	return i->fops;
}

void file_discard(struct file *f)
{
	if (!f)
		return;
	__atomic_fetch_sub(&open_files, 1, __ATOMIC_RELAXED);
	kfree(f);
}

/* Does it write to what its file system keeps? Devices and pipes are elsewhere. */
static bool file_writes_inode(const struct file *f)
{
	uint32_t mode = f->inode->mode;

	return file_writable(f) && !(f->flags & O_PATH) && (S_ISREG(mode) || S_ISDIR(mode));
}

static int file_want_write(struct file *f)
{
	int err = 0;

	if (!file_writes_inode(f))
		return 0;
	if (S_ISREG(f->inode->mode))
		err = inode_get_write(f->inode);
	if (err)
		return err;
	err = path_want_write(&f->path);
	if (err && S_ISREG(f->inode->mode))
		inode_put_write(f->inode);
	return err;
}

static void file_end_write(struct file *f)
{
	if (!file_writes_inode(f))
		return;
	mount_end_write(f->path.mount);
	if (S_ISREG(f->inode->mode))
		inode_put_write(f->inode);
}

/* Undoes file_open_path, or a whole life; the operations' release was called before. */
static void file_free(struct file *f)
{
	if (f->path.dentry) {
		file_end_write(f);
		if (f->denies_write)
			inode_allow_write(f->inode);
		path_put(&f->path);
	}
	inode_put(f->inode);
	file_discard(f);
}

struct file *file_open_with(struct file *f, const struct path *p)
{
	struct inode *i = p->dentry->inode;
	int err;

	f->path = *p;
	f->inode = i;
	f->ops = f->flags & O_PATH ? &path_file_ops : inode_file_ops(i);
	err = f->ops ? file_want_write(f) : -ENXIO;
	if (err) {
		file_discard(f);
		return ERR_PTR(err);
	}
	path_get(p);
	inode_get(i);
	if (f->ops->open)
		err = f->ops->open(i, f);
	if (err) {
		file_free(f);
		return ERR_PTR(err);
	}
	f->flags &= ~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	inotify_file(f, IN_OPEN);
	return f;
}

struct file *file_open_path(const struct path *p, unsigned flags)
{
	struct file *f = file_alloc(NULL, flags, NULL);

	return f ? file_open_with(f, p) : ERR_PTR(-ENOMEM);
}

struct file *file_open_dentry(struct dentry *d, unsigned flags)
{
	return file_open_path(&(struct path){NULL, d}, flags);
}

struct file *file_open_exec(const struct path *p)
{
	struct inode *i = p->dentry->inode;
	int err = inode_deny_write(i);
	struct file *f;

	if (err)
		return ERR_PTR(err);
	f = file_open_path(p, O_RDONLY);
	if (IS_ERR(f))
		inode_allow_write(i);
	else
		f->denies_write = true;
	return f;
}

void file_get(struct file *f)
{
	ref_get(&f->refs);
}

void file_put(struct file *f)
{
	if (!f || !ref_put(&f->refs))
		return;
	sched_point("file.release", f);
	inotify_file(f, file_writable(f) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	epoll_file_released(f);
	async_file_released(f);
	locks_file_released(f);
	if (f->ops->release)
		f->ops->release(f);
	file_free(f);
}

static int64_t file_rw(struct file *f, struct io_vec *io, uint64_t *pos, bool write)
{
	int64_t result;

	if (!(write ? f->ops->write : f->ops->read))
		return -EINVAL;
	io->left = MIN(io->left, MAX_RW_COUNT);
	result = write ? f->ops->write(f, io, pos) : f->ops->read(f, io, pos);
	if (result > 0)
		inotify_file(f, write ? IN_MODIFY : IN_ACCESS);
	return result;
}

/* Seekable files have one position, which reads and writes use one after the other. Character
 * devices, which may sleep, have no use for it. */
static int64_t file_rw_position(struct file *f, struct io_vec *io, bool write)
{
	uint64_t pos = 0;
	int64_t result;

	if (!f->ops->seek || (f->inode && S_ISCHR(f->inode->mode)))
		return file_rw(f, io, &pos, write);
	mutex_lock(&f->pos_lock);
	pos = f->pos;
	result = file_rw(f, io, &pos, write);
	f->pos = pos;
	mutex_unlock(&f->pos_lock);
	return result;
}

int64_t file_read_io(struct file *f, struct io_vec *io, uint64_t *pos)
{
	if (!file_readable(f))
		return -EBADF;
	return pos ? file_rw(f, io, pos, false) : file_rw_position(f, io, false);
}

int64_t file_write_io(struct file *f, struct io_vec *io, uint64_t *pos)
{
	if (!file_writable(f))
		return -EBADF;
	return pos ? file_rw(f, io, pos, true) : file_rw_position(f, io, true);
}

int64_t file_read(struct file *f, void *buf, size_t n, uint64_t *pos)
{
	struct io_vec io;

	io_init_kernel(&io, buf, n);
	return file_read_io(f, &io, pos);
}

int64_t file_write(struct file *f, const void *buf, size_t n, uint64_t *pos)
{
	struct io_vec io;

	io_init_kernel(&io, (void *)(uintptr_t)buf, n);
	return file_write_io(f, &io, pos);
}

int64_t seek_in(struct file *f, int64_t offset, int whence, uint64_t size)
{
	int64_t pos;

	switch (whence) {
	case SEEK_SET:
		pos = 0;
		break;
	case SEEK_CUR:
		pos = (int64_t)f->pos;
		break;
	case SEEK_END:
		pos = (int64_t)size;
		break;
	case SEEK_DATA: /* all data, with a hole at the very end: as lseek(2) allows */
	case SEEK_HOLE:
		if (offset < 0 || (uint64_t)offset >= size)
			return -ENXIO;
		pos = whence == SEEK_HOLE ? (int64_t)size - offset : 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(pos, offset, &pos))
		return -EOVERFLOW;
	if (pos < 0)
		return -EINVAL;
	f->pos = (uint64_t)pos;
	return pos;
}

int64_t file_seek(struct file *f, int64_t offset, int whence)
{
	int64_t result;

	if (!f->ops->seek)
		return f->ops->seek_ignored ? 0 : -ESPIPE;
	mutex_lock(&f->pos_lock);
	result = f->ops->seek(f, offset, whence);
	mutex_unlock(&f->pos_lock);
	return result;
}

unsigned file_poll(struct file *f, struct poll_table *pt)
{
	if (!f->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return f->ops->poll(f, pt);
}

int file_stat(struct file *f, struct linux_stat *st)
{
	return inode_getattr(f->inode, st);
}

static char *text_from_root(const struct path *at, char *buf, size_t size)
{
	struct path root;
	char *text;

	fs_places(current_fs(), &root, NULL);
	text = path_text_raw(at, &root, buf, size, at->dentry->unlinked ? " (deleted)" : "");
	path_put(&root);
	return text;
}

char *file_path(const struct file *f, char *buf, size_t size)
{
	const char *name = f->ops->name ? f->ops->name : "[file]";
	size_t len = strlen(name) + sizeof("anon_inode:");

	if (f->path.dentry)
		return text_from_root(&f->path, buf, size);
	if (len > size)
		return ERR_PTR(-ENAMETOOLONG);
	memcpy(buf, "anon_inode:", 11);
	memcpy(buf + 11, name, len - 11);
	return buf;
}

uint64_t current_rlimit(unsigned which)
{
	struct process *p = current->process;
	return p ? __atomic_load_n(&p->rlimits[which].cur, __ATOMIC_RELAXED) : UINT64_MAX;
}

void fs_signal_current(int sig)
{
	struct thread *t = current;
	struct siginfo info = {.si_signo = sig, .si_code = SI_USER};
	irqflags_t flags;

	if (t->kernel || !t->process)
		return;
	info.rt.pid = t->process->pid->nr;
	info.rt.uid = current_cred()->uid;
	flags = spin_lock(&task_lock);
	signal_send(t, &info, TO_THREAD);
	spin_unlock(&task_lock, flags);
}
