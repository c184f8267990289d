/* /proc's machinery: lookups and listings from the tables, texts, links. */
#include "fs/proc/procfs.h"

#include "printk.h"

#define FIRST_NUMBER 256 /* getdents positions: the table's entries, then the numbers */

static const struct inode_ops proc_dir_ops, proc_link_ops, proc_magic_ops, proc_file_inode_ops;

/* --- who --- */

struct thread *proc_thread(const struct proc_inode *p)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = NULL;

	if (p->thread)
		t = p->pid->thread;
	else if (p->pid->process)
		t = p->pid->process->leader;
	else
		t = p->pid->thread; /* /proc/TID */
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

/* Of what `entry` is for the task `who`, or for a number in its directory. */
static uint64_t number_for(int who, bool thread, const struct proc_entry *entry, int64_t number)
{
	uint64_t n = number < 0 ? 0 : (uint64_t)number + ((uint64_t)number >> 12) + 1;

	return (uint64_t)who << 42 | (uint64_t)thread << 41 | entry_number(entry) << 19 |
	       (n & 0x7ffff);
}

static uint64_t inode_number(const struct proc_inode *p, const struct proc_entry *entry)
{
	return number_for(p->pid ? p->pid->nr : 0, p->thread, entry, p->number);
}

static bool is_descriptors(const struct proc_inode *p)
{
	return p->entry->dynamic == &proc_fds || p->entry->dynamic == &proc_fdinfos;
}

static void own(struct inode *i, const struct proc_inode *p)
{
	struct thread *t = p->pid ? proc_thread(p) : NULL;
	irqflags_t flags;

	i->uid = i->gid = 0;
	if (!t)
		return;
	flags = spin_lock(&task_lock);
	/* The task's own directory belongs to its user even when nothing in it may be read. */
	if (t->cred &&
	    (i->mode == (S_IFDIR | 0555) || (t->space && t->space->dumpable == DUMP_USER))) {
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
	i->ino = inode_number(p, p->entry);
	i->size = p->entry->size;
	if (p->rights)
		i->mode = S_IFLNK | p->rights;
	own(i, p);
	if (S_ISDIR(i->mode)) {
		i->ops = &proc_dir_ops;
		i->fops = &dir_file_ops;
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
static int64_t parse_number(const char *s)
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
	int64_t number = dyn->parse ? dyn->parse(p, d->name) : parse_number(d->name);
	int err = number < 0 ? -ENOENT : dyn->open(p, number, &child);

	if (err)
		return err;
	child.entry = dyn->entry;
	d->inode = proc_inode_create(d->sb, &child);
	if (child.pid && child.pid != p->pid)
		pid_put(child.pid); /* open's reference: the inode has its own */
	return d->inode ? 0 : -ENOMEM;
}

static bool is_gone(const struct proc_inode *p)
{
	struct thread *t = p->pid ? proc_thread(p) : NULL;

	thread_put(t);
	return p->pid && !t;
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
	if (!found || is_gone(p))
		return -ENOENT;
	d->inode = proc_inode_create(d->sb, &child);
	return d->inode ? 0 : -ENOMEM;
}

static int iterate_numbers(const struct proc_inode *p, struct dir_context *ctx)
{
	const struct proc_dynamic *dyn = p->entry->dynamic;

	ctx->pos = MAX(ctx->pos, (uint64_t)FIRST_NUMBER);
	while (ctx->pos < INT64_MAX) {
		int64_t n = dyn->next(p, (int64_t)(ctx->pos - FIRST_NUMBER));
		char name[PROC_NAME_MAX];
		uint64_t ino;

		if (n < 0)
			break;
		ctx->pos = FIRST_NUMBER + (uint64_t)n;
		if (dyn->name)
			dyn->name(p, n, name, sizeof(name));
		else
			fmt_string(name, sizeof(name), "%ld", (long)n);
		if (dyn->tasks)
			ino = number_for((int)n, dyn == &proc_threads, dyn->entry, -1);
		else
			ino = number_for(p->pid ? p->pid->nr : 0, p->thread, dyn->entry, n);
		if (!ctx->emit(ctx, name, ino, DT_OF_MODE(dyn->entry->mode)))
			return 0;
		ctx->pos++;
	}
	return 0;
}

static int proc_iterate(struct inode *dir, struct dir_context *ctx)
{
	const struct proc_inode *p = dir->data;
	const struct proc_entry *e = p->entry->children;
	const struct proc_dynamic *dyn = p->entry->dynamic;
	uint64_t at = 2;

	if (is_gone(p))
		return -ENOENT;
	for (; e && e->name; e++, at++) {
		if (at < ctx->pos)
			continue;
		if (!ctx->emit(ctx, e->name, inode_number(p, e), DT_OF_MODE(e->mode)))
			return 0;
		ctx->pos = at + 1;
	}
	return dyn ? iterate_numbers(p, ctx) : 0;
}

/* As the mode says; but a parameter's binds root, too, and a process sees its own descriptors. */
static int proc_permission(const struct inode *i, const struct cred *c, unsigned mask)
{
	const struct proc_inode *p = i->data;
	uint32_t bits = i->mode;
	struct thread *t;
	bool own;

	if (p->entry->parameter) {
		bits >>= !c->euid ? 6 : !c->egid || cred_in_group(c, 0) ? 3 : 0;
		return mask & ~bits & 7 ? -EACCES : 0;
	}
	if (!inode_permission_mode(c, i, mask))
		return 0;
	if (!is_descriptors(p))
		return -EACCES;
	t = proc_thread(p);
	own = t && t->process == current->process;
	thread_put(t);
	return own ? 0 : -EACCES;
}

static uint32_t count_threads(const struct proc_inode *p)
{
	struct thread *t = proc_thread(p);
	irqflags_t flags;
	uint32_t n;

	if (!t)
		return 0;
	flags = spin_lock(&task_lock);
	n = (uint32_t)t->process->thread_count;
	spin_unlock(&task_lock, flags);
	thread_put(t);
	return n;
}

static uint32_t count_processes(void)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p;
	uint32_t n = 0;

	list_for_each (p, &all_processes, all_link)
		n++;
	spin_unlock(&task_lock, flags);
	return n;
}

static void set_block_size(const struct inode *i, struct linux_stat *st)
{
	if (i->sb->magic == PROC_SUPER_MAGIC)
		st->st_blksize = 1024;
}

/* A directory has a link from each directory in it. */
static int proc_dir_getattr(struct inode *i, struct linux_stat *st)
{
	const struct proc_inode *p = i->data;

	st->st_nlink = 2;
	for (const struct proc_entry *e = p->entry->children; e && e->name; e++)
		st->st_nlink += S_ISDIR(e->mode);
	if (p->entry->parameter)
		st->st_nlink = 1;
	if (p->entry == &proc_root_entry)
		st->st_nlink += count_processes();
	if (p->entry->dynamic == &proc_threads)
		st->st_nlink += count_threads(p);
	if (p->entry->dynamic == &proc_fds)
		st->st_size = (int64_t)proc_count_fds(p);
	set_block_size(i, st);
	return 0;
}

static int proc_getattr(struct inode *i, struct linux_stat *st)
{
	set_block_size(i, st);
	return 0;
}

/* A task's own directory stays as it is; its files and the parameters keep their modes. */
static int proc_may_change(const struct inode *i, enum inode_change what)
{
	const struct proc_inode *p = i->data;
	bool of_task = S_ISDIR(i->mode) && p->pid && !*p->entry->name;

	if (of_task || (what == CHANGE_MODE && p->pid))
		return -EPERM;
	return what != CHANGE_TIMES && p->entry->parameter ? -EPERM : 0;
}

static const struct inode_ops proc_dir_ops = {
    .lookup = proc_lookup,
    .iterate = proc_iterate,
    .release = proc_release,
    .permission = proc_permission,
    .may_change = proc_may_change,
    .getattr = proc_dir_getattr,
};

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

static int proc_follow(struct inode *i, struct path *out)
{
	const struct proc_inode *p = i->data;
	return p->entry->follow(p, out);
}

static const struct inode_ops proc_link_ops = {.readlink = proc_readlink,
    .release = proc_release,
    .may_change = proc_may_change,
    .getattr = proc_getattr};
static const struct inode_ops proc_magic_ops = {.readlink = proc_readlink,
    .follow = proc_follow,
    .may_change = proc_may_change,
    .release = proc_release,
    .getattr = proc_getattr};
static const struct inode_ops proc_file_inode_ops = {.release = proc_release,
    .permission = proc_permission,
    .may_change = proc_may_change,
    .getattr = proc_getattr};

struct superblock *proc_superblock(const char *type, uint64_t magic, const struct proc_entry *entry)
{
	const struct proc_inode root = {.entry = entry, .number = -1};
	struct superblock *sb = superblock_create(type, magic, NULL);
	struct inode *i = sb ? proc_inode_create(sb, &root) : NULL;

	if (i && dentry_create_root(sb, i)) {
		i->ino = 1;
		return sb;
	}
	if (sb)
		superblock_put(sb);
	return NULL;
}

struct superblock *proc_create(void)
{
	return proc_superblock("proc", PROC_SUPER_MAGIC, &proc_root_entry);
}
