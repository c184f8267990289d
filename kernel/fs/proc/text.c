/* Files of text in /proc and /sys: making the text, reading it piecewise, writing. */
#include "fs/proc/procfs.h"
#include "printk.h"

void text_append(struct proc_text *t, const void *data, size_t n)
{
	if (t->failed || !n)
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

void text_puts(struct proc_text *t, const char *s)
{
	text_append(t, s, strlen(s));
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

void text_escaped(struct proc_text *t, const char *s, const char *special)
{
	for (; *s; s++) {
		if (strchr(special, *s))
			text_printf(t, "\\%03o", (unsigned)(uint8_t)*s);
		else
			text_append(t, s, 1);
	}
}

void text_mask(struct proc_text *t, uint64_t mask, unsigned bits)
{
	mask &= bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
	if (bits > 32)
		text_printf(t, "%0*x,%08x", (int)(bits - 32 + 3) / 4, (unsigned)(mask >> 32),
		    (unsigned)mask);
	else
		text_printf(t, "%0*x", (int)(bits + 3) / 4, (unsigned)mask);
}

void text_ranges(struct proc_text *t, uint64_t mask)
{
	const char *comma = "";

	for (unsigned k = 0; k < 64; k++) {
		unsigned first = k;

		if (!(mask >> k & 1))
			continue;
		while (k < 63 && mask >> (k + 1) & 1)
			k++;
		text_printf(t, first == k ? "%s%u" : "%s%u-%u", comma, first, k);
		comma = ",";
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

int proc_parse_int(const char *s, int64_t *out)
{
	bool minus;
	uint64_t n = 0;

	while (is_blank(*s))
		s++;
	minus = *s == '-';
	s += minus;
	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n) || n > INT64_MAX)
			return -EINVAL;
	while (is_blank(*s))
		s++;
	if (*s)
		return -EINVAL;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a') + 10 : 99;
}

int proc_parse_unsigned(const char *s, uint64_t *out)
{
	unsigned base = 10;
	uint64_t n = 0;

	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	if (digit_of(*s) >= base)
		return -EINVAL;
	for (; digit_of(*s) < base; s++)
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit_of(*s), &n))
			return -EINVAL;
	*out = n;
	return !*s || (*s == '\n' && !s[1]) ? 0 : -EINVAL;
}

struct proc_open {
	struct mutex lock;
	struct proc_text text; /* made at each read from the start */
	bool made;
};

static int proc_open(struct inode *i, struct file *f)
{
	const struct proc_inode *p = i->data;
	int err = p->entry->may_open ? p->entry->may_open(p) : 0;
	struct proc_open *o = err ? NULL : kzalloc(sizeof(*o));

	if (!o)
		return err ? err : -ENOMEM;
	mutex_init(&o->lock, "proc file");
	f->data = o;
	return 0;
}

static void proc_file_release(struct file *f)
{
	struct proc_open *o = f->data;

	if (!o)
		return;
	kfree(o->text.buf);
	kfree(o);
}

static int show(struct proc_text *t, const struct proc_inode *p)
{
	const struct proc_entry *e = p->entry;

	if (e->show)
		return e->show(t, p);
	if (e->text)
		text_puts(t, e->text);
	else if (e->value)
		text_printf(t, "%ld\n", (long)__atomic_load_n(e->value->at, __ATOMIC_RELAXED));
	else
		return -EINVAL;
	return 0;
}

/* (o->lock) */
static int make_text(struct proc_open *o, const struct proc_inode *p)
{
	int err;

	o->text.len = 0;
	o->text.failed = false;
	err = show(&o->text, p);
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

static int set_value(const struct proc_value *v, const char *text)
{
	int64_t n;
	int err = proc_parse_int(text, &n);

	if (err || n < v->min || n > v->max)
		return -EINVAL;
	__atomic_store_n(v->at, n, __ATOMIC_RELAXED);
	return 0;
}

static int64_t proc_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	const struct proc_inode *p = f->inode->data;
	size_t n = MIN(io->left, PAGE_SIZE - 1);
	int64_t got;
	char *text;

	if (!p->entry->write && !p->entry->value)
		return -EINVAL;
	if (*pos && !p->entry->write)
		return (int64_t)io->left; /* parameters take one write, from the start */
	text = kmalloc(PAGE_SIZE);
	if (!text)
		return -ENOMEM;
	got = io_get(io, text, n);
	if (got >= 0) {
		int err;

		text[got] = 0;
		err = p->entry->write ? p->entry->write(p, text) : set_value(p->entry->value, text);
		if (err)
			got = err;
		else
			*pos += (uint64_t)got;
	}
	kfree(text);
	return got;
}

static int64_t proc_seek(struct file *f, int64_t offset, int whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR ? seek_in(f, offset, whence, 0) : -EINVAL;
}

const struct file_ops proc_file_ops = {
    .splice_read = true,
    .open = proc_open,
    .release = proc_file_release,
    .read = proc_read,
    .write = proc_write,
    .seek = proc_seek,
};
