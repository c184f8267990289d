/* Descriptor tables: numbers for open files, shared by CLONE_FILES. */
#include "fs/internal.h"
#include "sysctl.h"

#define TABLE_MIN 64

/* In a slot whose number is given out but whose file is still to come. */
#define RESERVED ((struct file *)1)

static bool is_file(const struct file *f)
{
	return f && f != RESERVED;
}

static size_t bitmap_bytes(unsigned size)
{
	return size / 8;
}

static bool cloexec_test(const struct files *t, unsigned fd)
{
	return t->cloexec[fd / 64] >> (fd % 64) & 1;
}

static void cloexec_set(struct files *t, unsigned fd, bool on)
{
	uint64_t bit = 1ULL << (fd % 64);

	if (on)
		t->cloexec[fd / 64] |= bit;
	else
		t->cloexec[fd / 64] &= ~bit;
}

static bool table_alloc(unsigned size, struct file ***table, uint64_t **cloexec)
{
	*table = kzalloc(size * sizeof(struct file *));
	*cloexec = kzalloc(bitmap_bytes(size));
	if (*table && *cloexec)
		return true;
	kfree(*table);
	kfree(*cloexec);
	return false;
}

/* One more than the highest descriptor (its lock). */
static unsigned used(const struct files *from)
{
	unsigned top = from->size;

	while (top && !is_file(from->table[top - 1]))
		top--;
	return top;
}

static unsigned size_for(unsigned descriptors)
{
	unsigned size = TABLE_MIN;

	while (size < descriptors)
		size *= 2;
	return size;
}

/* Copies into a table of t->size. False if `from` has outgrown it meanwhile. */
static bool table_copy(struct files *t, struct files *from)
{
	irqflags_t flags = spin_lock(&from->lock);
	bool fits = used(from) <= t->size;

	for (unsigned fd = 0; fits && fd < MIN(t->size, from->size); fd++) {
		if (!is_file(from->table[fd]))
			continue;
		file_get(from->table[fd]);
		t->table[fd] = from->table[fd];
		cloexec_set(t, fd, cloexec_test(from, fd));
	}
	spin_unlock(&from->lock, flags);
	return fits;
}

static struct files *create(unsigned size)
{
	struct files *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	ref_init(&t->refs);
	spin_init(&t->lock, "files", RANK_FS);
	t->size = size;
	if (table_alloc(size, &t->table, &t->cloexec))
		return t;
	kfree(t);
	return NULL;
}

struct files *files_create(void)
{
	return create(TABLE_MIN);
}

int files_copy(struct files *from, struct files **out)
{
	for (;;) {
		irqflags_t flags = spin_lock(&from->lock);
		unsigned top = used(from);
		struct files *t;

		spin_unlock(&from->lock, flags);
		if (top > ALIGN_UP((uint64_t)sysctl_get(nr_open), 64))
			return -EMFILE; /* it was more when they were opened */
		t = create(size_for(top));
		if (!t)
			return -ENOMEM;
		if (table_copy(t, from)) {
			*out = t;
			return 0;
		}
		files_put(t);
	}
}

/* What closing a descriptor means for its file. Takes the reference over. */
static void close_file(struct files *t, struct file *f)
{
	if (f->ops->flush)
		f->ops->flush(f);
	if (!(f->flags & O_PATH))
		locks_process_closed(f, t);
	file_put(f);
}

void files_put(struct files *t)
{
	if (!t || !ref_put(&t->refs))
		return;
	for (unsigned fd = 0; fd < t->size; fd++)
		if (is_file(t->table[fd]))
			close_file(t, t->table[fd]);
	kfree(t->table);
	kfree(t->cloexec);
	kfree(t);
}

/* Empties a slot and returns its file, or NULL if it had none. */
static struct file *take(struct files *t, unsigned fd)
{
	irqflags_t flags = spin_lock(&t->lock);
	struct file *f = fd < t->size ? t->table[fd] : NULL;

	if (is_file(f)) {
		t->table[fd] = NULL;
		cloexec_set(t, fd, false);
		t->first_free = MIN(t->first_free, fd);
	}
	spin_unlock(&t->lock, flags);
	return is_file(f) ? f : NULL;
}

void files_exec(struct files *t)
{
	for (unsigned word = 0; word < t->size / 64; word++) {
		irqflags_t flags = spin_lock(&t->lock);
		uint64_t bits = t->cloexec[word];

		spin_unlock(&t->lock, flags);
		for (; bits; bits &= bits - 1) {
			struct file *f = take(t, word * 64 + (unsigned)__builtin_ctzll(bits));
			if (f)
				close_file(t, f);
		}
	}
}

struct file *files_get(struct files *t, int fd)
{
	irqflags_t flags = spin_lock(&t->lock);
	struct file *f = fd >= 0 && (unsigned)fd < t->size ? t->table[fd] : NULL;

	if (is_file(f))
		file_get(f);
	spin_unlock(&t->lock, flags);
	return is_file(f) ? f : NULL;
}

bool files_cloexec(struct files *t, int fd)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool on = (unsigned)fd < t->size && cloexec_test(t, (unsigned)fd);

	spin_unlock(&t->lock, flags);
	return on;
}

struct file *fd_get_raw(int fd)
{
	struct files *t = current->files;
	struct file *f;

	if (!t)
		return NULL;
	/* A table that nobody shares changes by our own calls only. */
	if (__atomic_load_n(&t->refs.n, __ATOMIC_ACQUIRE) != 1)
		return files_get(t, fd);
	f = fd >= 0 && (unsigned)fd < t->size ? t->table[fd] : NULL;
	if (!is_file(f))
		return NULL;
	file_get(f);
	return f;
}

struct file *fd_get(int fd)
{
	struct file *f = fd_get_raw(fd);

	if (f && (f->flags & O_PATH)) {
		file_put(f);
		return NULL;
	}
	return f;
}

/* Makes room for descriptor `fd`: 0, -EMFILE, -ENOMEM. */
static int grow(struct files *t, unsigned fd)
{
	struct file **table, **old_table;
	uint64_t *cloexec, *old_cloexec;
	unsigned size = size_for(fd + 1);
	irqflags_t flags;

	if (fd >= (unsigned)sysctl_get(nr_open))
		return -EMFILE;
	if (!table_alloc(size, &table, &cloexec))
		return -ENOMEM;
	flags = spin_lock(&t->lock);
	old_table = table;
	old_cloexec = cloexec;
	if (size > t->size) {
		old_table = t->table;
		old_cloexec = t->cloexec;
		memcpy(table, t->table, t->size * sizeof(*table));
		memcpy(cloexec, t->cloexec, bitmap_bytes(t->size));
		t->table = table;
		t->cloexec = cloexec;
		t->size = size;
	}
	spin_unlock(&t->lock, flags);
	kfree(old_table);
	kfree(old_cloexec);
	return 0;
}

/* Puts `f` into the lowest free slot from `lowest` on. True: *fd is it; false: there is none below
 * *fd. */
static bool claim(
    struct files *t, unsigned lowest, unsigned limit, struct file *f, bool cloexec, unsigned *fd)
{
	irqflags_t flags = spin_lock(&t->lock);
	unsigned at = MAX(lowest, t->first_free);
	bool found;

	while (at < t->size && t->table[at])
		at++;
	found = at < t->size && at < limit;
	if (found) {
		t->table[at] = f;
		cloexec_set(t, at, cloexec);
		if (lowest <= t->first_free)
			t->first_free = at + 1;
	}
	spin_unlock(&t->lock, flags);
	*fd = at;
	return found;
}

static int claim_growing(struct files *t, unsigned lowest, struct file *f, bool cloexec)
{
	uint64_t rlimit = current_rlimit(RLIMIT_NOFILE);
	unsigned limit = (unsigned)MIN(rlimit, (uint64_t)sysctl_get(nr_open)), fd;

	while (!claim(t, lowest, limit, f, cloexec, &fd)) {
		int err = fd >= limit ? -EMFILE : grow(t, fd);
		if (err)
			return err;
	}
	return (int)fd;
}

int fd_reserve(unsigned flags, int lowest)
{
	if (!current->files)
		return -EMFILE;
	return claim_growing(current->files, (unsigned)lowest, RESERVED, flags & O_CLOEXEC);
}

void fd_publish(int fd, struct file *f)
{
	struct files *t = current->files;
	irqflags_t flags = spin_lock(&t->lock);

	ASSERT(t->table[fd] == RESERVED);
	t->table[fd] = f;
	spin_unlock(&t->lock, flags);
}

void fd_unreserve(int fd)
{
	struct files *t = current->files;
	irqflags_t flags = spin_lock(&t->lock);

	t->table[fd] = NULL;
	cloexec_set(t, (unsigned)fd, false);
	t->first_free = MIN(t->first_free, (unsigned)fd);
	spin_unlock(&t->lock, flags);
}

int fd_install(struct file *f, unsigned flags, int lowest)
{
	struct files *t = current->files;
	int fd = t ? claim_growing(t, (unsigned)lowest, f, flags & O_CLOEXEC) : -EMFILE;

	if (fd < 0)
		file_put(f);
	return fd;
}

int fd_install_pair(struct file *a, struct file *b, unsigned flags, int out[2])
{
	int first = fd_reserve(flags, 0), second;

	if (first < 0)
		return first;
	second = fd_reserve(flags, 0);
	if (second < 0) {
		fd_unreserve(first);
		return second;
	}
	fd_publish(first, a);
	fd_publish(second, b);
	out[0] = first;
	out[1] = second;
	return 0;
}

int fd_close(int fd)
{
	struct files *t = current->files;
	struct file *f = t && fd >= 0 ? take(t, (unsigned)fd) : NULL;

	if (!f)
		return -EBADF;
	close_file(t, f);
	return 0;
}

int files_dup(struct file *f, int fd, unsigned open_flags)
{
	struct files *t = current->files;
	struct file *old;
	irqflags_t flags;
	int err = 0;

	if ((uint64_t)fd >= current_rlimit(RLIMIT_NOFILE))
		err = -EBADF;
	else if ((unsigned)fd >= t->size)
		err = grow(t, (unsigned)fd);
	if (err) {
		file_put(f);
		return err == -EMFILE ? -EBADF : err;
	}
	flags = spin_lock(&t->lock);
	old = t->table[fd];
	if (old != RESERVED) {
		t->table[fd] = f;
		cloexec_set(t, (unsigned)fd, open_flags & O_CLOEXEC);
	}
	spin_unlock(&t->lock, flags);
	if (old == RESERVED) {
		file_put(f);
		return -EBUSY;
	}
	if (old)
		close_file(t, old);
	return fd;
}

/* Marks or closes every descriptor from `first` to `last`. */
int files_close_range(unsigned first, unsigned last, bool cloexec)
{
	struct files *t = current->files;

	for (unsigned fd = first; fd <= last && fd < t->size; fd++) {
		struct file *f;
		if (cloexec) {
			irqflags_t flags = spin_lock(&t->lock);
			if (is_file(t->table[fd]))
				cloexec_set(t, fd, true);
			spin_unlock(&t->lock, flags);
			continue;
		}
		f = take(t, fd);
		if (f)
			close_file(t, f);
	}
	return 0;
}
