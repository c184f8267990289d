/* /proc's machinery: lookups and listings from the tables, texts, links. */
#include "fs/proc/procfs.h"

#include "printk.h"

#define FIRST_NUMBER 256 /* getdents positions: the table's entries, then the numbers */

static const struct inode_ops proc_dir_ops, proc_link_ops, proc_magic_ops, proc_file_inode_ops;
static const struct file_ops proc_file_ops;

void text_append(struct proc_text *t, const void *data, size_t n)
{
	if (t->failed)
		return;
	if (t->len + n > t->size) {
		size_t size = MAX(t->size * 2, ALIGN_UP(t->len + n, 1024));
		char *bigger = krealloc(t->buf, size);
		if (!bigger) {
			t->failed = true;
			return;
		}
		t->buf = bigger;
		t->size = size;
	}
	memcpy(t->buf + t->len, data, n);
	t->len += n;
}

void text_printf(struct proc_text *t, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vstring(line, sizeof(line), fmt, ap);
	va_end(ap);
	text_append(t, line, MIN((size_t)n, sizeof(line) - 1));
}

/* --- who --- */

struct thread *proc_thread(const struct proc_inode *p)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = NULL;

	if (p->thread)
		t = p->pid->thread;
	else if (p->pid->process)
		t = p->pid->process->leader;
	if (t)
		thread_get(t);
	spin_unlock(&task_lock, flags);
	return t;
}

struct space *proc_space(struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct space *s = t->space;

	if (s)
		space_get(s);
	spin_unlock(&task_lock, flags);
	return s;
}

struct files *proc_files(struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct files *f = t->files;

	if (f)
		ref_get(&f->refs);
	spin_unlock(&task_lock, flags);
	return f;
}

struct fs_context *proc_fs(struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct fs_context *fs = t->fs;

	if (fs)
		ref_get(&fs->refs);
	spin_unlock(&task_lock, flags);
	return fs;
}

bool proc_may_access(const struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool may = ptrace_may_access(t, PTRACE_ACCESS_READ | PTRACE_ACCESS_FSCREDS);

	spin_unlock(&task_lock, flags);
	return may;
}

struct thread *proc_thread_access(const struct proc_inode *p, int *err)
{
	struct thread *t = proc_thread(p);

	*err = t ? 0 : -ESRCH;
	if (t && !proc_may_access(t)) {
		thread_put(t);
		t = NULL;
		*err = -EACCES;
	}
	return t;
}

/* --- inodes --- */

/* An entry is known by its place among the constants. */
static uint64_t entry_number(const struct proc_entry *e)
{
	return ((uintptr_t)e - (uintptr_t)&proc_root_entry) >> 3 & 0x3fffff;
}

static uint64_t inode_number(const struct proc_inode *p)
{
	uint64_t who = p->pid ? (uint64_t)p->pid->nr : 0;

	if (p->fd >= 0)
		return who << 24 | (S_ISREG(p->entry->mode) ? 0xc00000u : 0x800000u) |
		       (uint64_t)p->fd;
	return who << 24 | (uint64_t)p->thread << 22 | entry_number(p->entry);
}

/* The same for the child `n` of a directory of numbers. */
static uint64_t child_number(const struct proc_inode *dir, int n)
{
	const struct proc_dynamic *dyn = dir->entry->dynamic;

	if (dyn == &proc_fds || dyn == &proc_fdinfos)
		return (uint64_t)dir->pid->nr << 24 | (dyn == &proc_fds ? 0x800000u : 0xc00000u) |
		       (uint64_t)n;
	return (uint64_t)n << 24 | (uint64_t)(dyn == &proc_threads) << 22 |
	       entry_number(dyn->entry);
}

static void own(struct inode *i, const struct proc_inode *p)
{
	struct thread *t = p->pid ? proc_thread(p) : NULL;
	irqflags_t flags;

	i->uid = i->gid = 0;
	if (!t)
		return;
	flags = spin_lock(&task_lock);
	if (t->cred && (!t->space || t->space->dumpable == DUMP_USER)) {
		i->uid = t->cred->euid;
		i->gid = t->cred->egid;
	}
	spin_unlock(&task_lock, flags);
	thread_put(t);
}

/* An inode for `from`, which is copied; it holds a reference on the pid. */
static struct inode *proc_inode_create(struct superblock *sb, const struct proc_inode *from)
{
	struct proc_inode *p = kmalloc(sizeof(*p));
	struct inode *i = p ? inode_create(sb, from->entry->mode) : NULL;

	if (!i) {
		kfree(p);
		return NULL;
	}
	*p = *from;
	if (p->pid)
		pid_get(p->pid);
	i->data = p;
	i->ino = inode_number(p);
	if (p->rights)
		i->mode = S_IFLNK | p->rights;
	own(i, p);
	if (S_ISDIR(i->mode)) {
		i->ops = &proc_dir_ops;
		i->fops = &dir_file_ops;
		i->nlink = 2;
	} else if (S_ISLNK(i->mode)) {
		i->ops = p->entry->follow ? &proc_magic_ops : &proc_link_ops;
	} else {
		i->ops = &proc_file_inode_ops;
		i->fops = p->entry->fops ? p->entry->fops : &proc_file_ops;
	}
	return i;
}

static void proc_release(struct inode *i)
{
	struct proc_inode *p = i->data;

	if (p->pid)
		pid_put(p->pid);
	kfree(p);
}

/* A decimal number without leading zeroes, or -1. */
static int parse_number(const char *s)
{
	int n = 0;

	if (!*s || (*s == '0' && s[1]))
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || n > (INT32_MAX - 9) / 10)
			return -1;
		n = n * 10 + (*s - '0');
	}
	return n;
}

static int lookup_number(const struct proc_inode *p, struct dentry *d)
{
	const struct proc_dynamic *dyn = p->entry->dynamic;
	struct proc_inode child = *p;
	int number = parse_number(d->name);
	int err = number < 0 ? -ENOENT : dyn->open(p, number, &child);

	if (err)
		return err;
	child.entry = dyn->entry;
	d->inode = proc_inode_create(d->sb, &child);
	if (child.pid && child.pid != p->pid)
		pid_put(child.pid); /* open's reference: the inode has its own */
	return d->inode ? 0 : -ENOMEM;
}

static int proc_lookup(struct inode *dir, struct dentry *d)
{
	const struct proc_inode *p = dir->data;
	const struct proc_entry *e;
	struct proc_inode child = *p;
	bool found = false;

	for (e = p->entry->children; e && e->name && !found; e++) {
		if (strcmp(e->name, d->name))
			continue;
		child.entry = e;
		found = true;
	}
	if (!found && p->entry->dynamic)
		return lookup_number(p, d);
	if (!found || (p->pid && !p->thread && !p->pid->process))
		return -ENOENT;
	d->inode = proc_inode_create(d->sb, &child);
	return d->inode ? 0 : -ENOMEM;
}

static int proc_iterate(struct inode *dir, struct dir_context *ctx)
{
	const struct proc_inode *p = dir->data;
	const struct proc_entry *e = p->entry->children;
	const struct proc_dynamic *dyn = p->entry->dynamic;
	uint64_t at = 2;

	for (; e && e->name; e++, at++) {
		struct proc_inode child = *p;
		if (at < ctx->pos)
			continue;
		child.entry = e;
		if (!ctx->emit(ctx, e->name, inode_number(&child), DT_OF_MODE(e->mode)))
			return 0;
		ctx->pos = at + 1;
	}
	ctx->pos = MAX(ctx->pos, (uint64_t)FIRST_NUMBER);
	while (dyn && ctx->pos - FIRST_NUMBER <= INT32_MAX) {
		int n = dyn->next(p, (int)(ctx->pos - FIRST_NUMBER));
		char name[16];
		if (n < 0)
			break;
		ctx->pos = FIRST_NUMBER + (uint64_t)n;
		fmt_string(name, sizeof(name), "%d", n);
		if (!ctx->emit(ctx, name, child_number(p, n), DT_OF_MODE(dyn->entry->mode)))
			return 0;
		ctx->pos++;
	}
	return 0;
}

static const struct inode_ops proc_dir_ops = {
    .lookup = proc_lookup, .iterate = proc_iterate, .release = proc_release};

struct pid *proc_pid_of_directory(const struct file *f)
{
	const struct proc_inode *p;

	if (f->inode->ops != &proc_dir_ops)
		return NULL;
	p = f->inode->data;
	return p->entry == &proc_pid_entry ? p->pid : NULL;
}

static const char *proc_readlink(struct inode *i, char *buf, size_t size)
{
	const struct proc_inode *p = i->data;
	int err = p->entry->link(p, buf, size);

	return err ? ERR_PTR(err) : buf;
}

static int proc_follow(struct inode *i, struct dentry **out)
{
	const struct proc_inode *p = i->data;
	return p->entry->follow(p, out);
}

static const struct inode_ops proc_link_ops = {.readlink = proc_readlink, .release = proc_release};
static const struct inode_ops proc_magic_ops = {
    .readlink = proc_readlink, .follow = proc_follow, .release = proc_release};
static const struct inode_ops proc_file_inode_ops = {.release = proc_release};

/* --- files of text --- */

struct proc_open {
	struct mutex lock;
	struct proc_text text; /* made at each read from the start */
	bool made;
};

static int proc_open(struct inode *i, struct file *f)
{
	struct proc_open *o = kzalloc(sizeof(*o));

	if (!o)
		return -ENOMEM;
	mutex_init(&o->lock, "proc file");
	f->data = o;
	return 0;
}

static void proc_file_release(struct file *f)
{
	struct proc_open *o = f->data;

	kfree(o->text.buf);
	kfree(o);
}

/* (o->lock) */
static int make_text(struct proc_open *o, const struct proc_inode *p)
{
	int err;

	o->text.len = 0;
	o->text.failed = false;
	err = p->entry->show(&o->text, p);
	if (!err && o->text.failed)
		err = -ENOMEM;
	o->made = !err;
	return err;
}

static int64_t proc_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct proc_open *o = f->data;
	int64_t result = 0;

	mutex_lock(&o->lock);
	if (!*pos || !o->made)
		result = make_text(o, f->inode->data);
	if (!result && *pos < o->text.len)
		result = io_put(io, o->text.buf + *pos, MIN(io->left, o->text.len - *pos));
	if (result > 0)
		*pos += (uint64_t)result;
	mutex_unlock(&o->lock);
	return result;
}

static int64_t proc_seek(struct file *f, int64_t offset, int whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR ? seek_in(f, offset, whence, 0) : -EINVAL;
}

static const struct file_ops proc_file_ops = {
    .open = proc_open, .release = proc_file_release, .read = proc_read, .seek = proc_seek};

struct superblock *proc_create(void)
{
	const struct proc_inode root = {.entry = &proc_root_entry, .fd = -1};
	struct superblock *sb = superblock_create("proc", PROC_SUPER_MAGIC, NULL);
	struct inode *i = sb ? proc_inode_create(sb, &root) : NULL;

	if (i && dentry_create_root(sb, i))
		return sb;
	if (sb)
		superblock_put(sb);
	return NULL;
}
