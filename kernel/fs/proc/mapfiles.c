/* /proc/PID/map_files: the files behind mappings, by their ranges. */
#include "fs/proc/procfs.h"
#include "printk.h"

/* The space, with a reference, of a task that the caller may look into; else NULL. */
static struct space *space_of(const struct proc_inode *p)
{
	int err;
	struct thread *t = proc_thread_access(p, &err);
	struct space *s = t ? proc_space(t) : NULL;

	thread_put(t);
	return s;
}

/* The first area of a file that begins at `from` or later: its bounds. */
static bool next_area(struct space *s, uaddr_t from, uaddr_t *start, uaddr_t *end)
{
	struct area *a;
	bool found = false;

	mutex_lock(&s->lock);
	list_for_each (a, &s->areas, link) {
		if (a->start < from || !a->file)
			continue;
		*start = a->start;
		*end = a->end;
		found = true;
		break;
	}
	mutex_unlock(&s->lock);
	return found;
}

/* An area is numbered by the page that it begins with. */
static int64_t next_map(const struct proc_inode *dir, int64_t from)
{
	struct space *s = space_of(dir);
	uaddr_t start, end;
	bool found;

	if (!s)
		return -1;
	found = next_area(s, (uaddr_t)from << PAGE_SHIFT, &start, &end);
	space_put(s);
	return found ? (int64_t)(start >> PAGE_SHIFT) : -1;
}

static void name_map(const struct proc_inode *dir, int64_t number, char *buf, size_t size)
{
	struct space *s = space_of(dir);
	uaddr_t start = (uaddr_t)number << PAGE_SHIFT, end = start;

	if (s) {
		next_area(s, start, &start, &end);
		space_put(s);
	}
	fmt_string(buf, size, "%lx-%lx", (unsigned long)start, (unsigned long)end);
}

/* The number of "start-end", if there is such a mapping, or -1. */
static int64_t parse_map(const struct proc_inode *dir, const char *name)
{
	const char *dash = strchr(name, '-');
	char text[PROC_NAME_MAX];
	uint64_t start = 0;
	int64_t number;

	for (const char *c = name; dash && c < dash && start < 1ULL << 56; c++) {
		unsigned digit = (unsigned)(*c >= 'a' ? *c - 'a' + 10 : *c - '0');
		if (digit > 15)
			return -1;
		start = start << 4 | digit;
	}
	if (!dash || start & (PAGE_SIZE - 1))
		return -1;
	number = next_map(dir, (int64_t)(start >> PAGE_SHIFT));
	if (number != (int64_t)(start >> PAGE_SHIFT))
		return -1;
	name_map(dir, number, text, sizeof(text));
	return strcmp(text, name) ? -1 : number;
}

static int open_map(const struct proc_inode *dir, int64_t number, struct proc_inode *out)
{
	out->number = number;
	return 0;
}

static int follow_map(const struct proc_inode *p, struct path *out)
{
	struct space *s = space_of(p);
	struct area *a;
	int err = -ENOENT;

	if (!s)
		return err;
	mutex_lock(&s->lock);
	a = space_find(s, (uaddr_t)p->number << PAGE_SHIFT);
	if (a && a->file && a->file->path.dentry) {
		*out = a->file->path;
		path_get(out);
		err = 0;
	}
	mutex_unlock(&s->lock);
	space_put(s);
	return err;
}

static int link_map(const struct proc_inode *p, char *buf, size_t size)
{
	return proc_link_text(follow_map, p, buf, size);
}

static const struct proc_entry map_entry = {
    "", S_IFLNK | 0600, .link = link_map, .follow = follow_map, .size = 64};
const struct proc_dynamic proc_map_files = {
    .next = next_map, .open = open_map, .entry = &map_entry, .name = name_map, .parse = parse_map};
