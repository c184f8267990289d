/* /proc/PID's views of memory: mem, maps, statm, cmdline, environ, auxv. */
#include "fs/proc/procfs.h"
#include "printk.h"

struct space *proc_space_access(const struct proc_inode *p, int *err)
{
	struct thread *t = proc_thread_access(p, err);
	struct space *s;

	if (!t)
		return NULL;
	s = proc_space(t);
	thread_put(t);
	return s;
}

static int mem_open(struct inode *i, struct file *f)
{
	int err;
	struct space *s = proc_space_access(i->data, &err);

	f->data = s;
	return err;
}

static void mem_release(struct file *f)
{
	if (f->data)
		space_put(f->data);
}

/* Through a buffer of one page. */
static int64_t mem_rw(struct file *f, struct io_vec *io, uint64_t *pos, bool write)
{
	char *buf = kmalloc(PAGE_SIZE);
	int64_t total = 0, moved = 0;

	if (!buf)
		return -ENOMEM;
	while (f->data && io->left) {
		size_t n = MIN(io->left, PAGE_SIZE);

		moved = write ? io_get(io, buf, n) : space_read(f->data, *pos, buf, n);
		if (moved > 0)
			moved = write ? space_write(f->data, *pos, buf, (size_t)moved, true)
				      : io_put(io, buf, (size_t)moved);
		if (moved <= 0)
			break;
		*pos += (uint64_t)moved;
		total += moved;
		if ((size_t)moved < n)
			break;
	}
	kfree(buf);
	if (total)
		return total;
	return moved == -EFAULT && !write ? -EIO : moved;
}

static int64_t mem_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	return mem_rw(f, io, pos, false);
}

static int64_t mem_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	return mem_rw(f, io, pos, true);
}

static int64_t mem_seek(struct file *f, int64_t offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	f->pos = (whence == SEEK_CUR ? f->pos : 0) + (uint64_t)offset;
	return (int64_t)f->pos;
}

const struct file_ops proc_mem_ops = {
    .open = mem_open,
    .release = mem_release,
    .read = mem_read,
    .write = mem_write,
    .seek = mem_seek,
};

#define NAME_COLUMN 73 /* where Linux begins the name */

/* What follows the inode number in a line of maps, which began at `line`. */
static void show_area_name(
    struct proc_text *t, size_t line, const struct space *s, const struct area *a, char *buf)
{
	const char *name = a->name;

	if (a->file)
		name = file_path(a->file, buf, PATH_MAX);
	else if (!name && (a->flags & AREA_STACK))
		name = "[stack]";
	else if (!name && (a->flags & AREA_HEAP))
		name = "[heap]";
	else if (!name && s->vdso && a->start == s->vdso)
		name = "[vdso]";
	if (!name || IS_ERR(name)) {
		text_append(t, "\n", 1);
		return;
	}
	while (t->len - line < NAME_COLUMN && !t->failed)
		text_append(t, " ", 1);
	text_append(t, name, strlen(name));
	text_append(t, "\n", 1);
}

void proc_show_area(struct proc_text *t, const struct space *s, const struct area *a, char *buf)
{
	const struct inode *i = a->file ? a->file->inode : NULL;
	uint32_t dev = i ? i->sb->dev : 0;
	size_t line = t->len;

	text_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", (unsigned long)a->start,
	    (unsigned long)a->end, a->flags & AREA_READ ? 'r' : '-',
	    a->flags & AREA_WRITE ? 'w' : '-', a->flags & AREA_EXEC ? 'x' : '-',
	    a->flags & AREA_SHARED ? 's' : 'p', (unsigned long)(a->file ? a->offset : 0),
	    dev >> 8 & 0xfff, (dev & 0xff) | (dev >> 12 & 0xfff00),
	    (unsigned long)(i ? i->ino : 0));
	show_area_name(t, line, s, a, buf);
}

int proc_for_each_area(struct proc_text *t, const struct proc_inode *p, proc_area_fn *show)
{
	int err;
	struct space *s = proc_space_access(p, &err);
	char *buf = kmalloc(PATH_MAX);
	struct area *a;

	if (s && buf) {
		mutex_lock(&s->lock);
		list_for_each (a, &s->areas, link)
			show(t, s, a, buf);
		mutex_unlock(&s->lock);
	} else if (!buf) {
		err = -ENOMEM;
	}
	kfree(buf);
	if (s)
		space_put(s);
	return err;
}

int proc_show_maps(struct proc_text *t, const struct proc_inode *p)
{
	return proc_for_each_area(t, p, proc_show_area);
}

int proc_show_statm(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	struct space *s = thread ? proc_space(thread) : NULL;
	unsigned long text, data = 0;
	struct area *a;

	if (thread)
		thread_put(thread);
	if (!s) {
		text_printf(t, "0 0 0 0 0 0 0\n");
		return thread ? 0 : -ESRCH;
	}
	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link) {
		if ((a->flags & AREA_GROWSDOWN) ||
		    (a->flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE)
			data += (a->end - a->start) >> PAGE_SHIFT;
	}
	text = (ALIGN_UP(s->code_end, PAGE_SIZE) - ALIGN_DOWN(s->code_start, PAGE_SIZE)) >>
	       PAGE_SHIFT;
	text_printf(t, "%lu %lu %lu %lu 0 %lu 0\n", (unsigned long)s->pages_mapped,
	    (unsigned long)(s->pages_anon + s->pages_file), (unsigned long)s->pages_file, text,
	    data);
	mutex_unlock(&s->lock);
	space_put(s);
	return 0;
}

/* Appends [from, to) of a space, as much as can be read. */
static void append_memory(struct proc_text *t, struct space *s, uaddr_t from, uaddr_t to)
{
	char *buf = kmalloc(PAGE_SIZE);

	while (buf && from < to) {
		int64_t n = space_read(s, from, buf, MIN(to - from, PAGE_SIZE));
		if (n <= 0)
			break;
		text_append(t, buf, (size_t)n);
		from += (uaddr_t)n;
	}
	if (!buf)
		t->failed = true;
	kfree(buf);
}

/*
 * The argument strings; but where a program has written over the last one's end (setproctitle), it
 * means one string that may go on into the environment.
 */
static void show_arguments(struct proc_text *t, struct space *s)
{
	size_t from = t->len;
	char last = 0;

	if (s->arg_start >= s->arg_end)
		return;
	if (space_read(s, s->arg_end - 1, &last, 1) != 1 || !last) {
		append_memory(t, s, s->arg_start, s->arg_end);
		return;
	}
	append_memory(t, s, s->arg_start, s->arg_start + PAGE_SIZE);
	for (size_t k = from; k < t->len; k++)
		if (!t->buf[k])
			t->len = k + 1;
}

int proc_show_cmdline(struct proc_text *t, const struct proc_inode *p)
{
	struct thread *thread = proc_thread(p);
	struct space *s = thread ? proc_space(thread) : NULL;

	if (thread)
		thread_put(thread);
	if (!s)
		return thread ? 0 : -ESRCH;
	show_arguments(t, s);
	space_put(s);
	return 0;
}

int proc_show_environ(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct space *s = proc_space_access(p, &err);

	if (s) {
		append_memory(t, s, s->env_start, s->env_end);
		space_put(s);
	}
	return err;
}

int proc_show_auxv(struct proc_text *t, const struct proc_inode *p)
{
	int err;
	struct space *s = proc_space_access(p, &err);

	if (s) {
		unsigned n = 0;
		while (n + 2 < ARRAY_SIZE(s->auxv) && s->auxv[n])
			n += 2;
		text_append(t, s->auxv, (n + 2) * sizeof(s->auxv[0]));
		space_put(s);
	}
	return err;
}
