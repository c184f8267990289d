/* /proc/locks, and the locks in /proc/PID/fdinfo (proc_locks(5)). */
#include "fs/locks.h"
#include "fs/proc/procfs.h"

/* One line, as lslocks reads it; `waits`: not held, but asked for. */
static void show_lock(struct proc_text *t, unsigned number, const struct inode *i,
    const struct file_lock *l, bool waits)
{
	uint32_t dev = i->sb->dev;

	text_printf(t, "%u: %s", number, waits ? "-> " : "");
	if (l->kind == LOCK_FLOCK)
		text_puts(t, "FLOCK  ADVISORY  ");
	else
		text_puts(t, l->pid < 0 ? "OFDLCK ADVISORY  " : "POSIX  ADVISORY  ");
	text_printf(t, "%s %d %02x:%02x:%lu ", l->exclusive ? "WRITE" : "READ", l->pid,
	    dev >> 8 & 0xfff, (dev & 0xff) | (dev >> 12 & 0xfff00), (unsigned long)i->ino);
	if (l->end == INT64_MAX)
		text_printf(t, "%ld EOF\n", (long)l->start);
	else
		text_printf(t, "%ld %ld\n", (long)l->start, (long)l->end);
}

static void show_waiters(
    struct proc_text *t, unsigned number, const struct lock_list *list, const struct file_lock *l)
{
	const struct blocked *b;

	list_for_each (b, &blocked_owners, link)
		if (b->list == list && b->by == l->owner && b->want->kind == l->kind)
			show_lock(t, number, list->inode, b->want, true);
}

int proc_show_locks(struct proc_text *t, const struct proc_inode *p)
{
	const struct lock_list *list;
	const struct file_lock *l;
	unsigned number = 0;

	mutex_lock(&locks_lock);
	list_for_each (list, &lock_lists, link) {
		list_for_each (l, &list->locks, link) {
			show_lock(t, ++number, list->inode, l, false);
			show_waiters(t, number, list, l);
		}
	}
	mutex_unlock(&locks_lock);
	return 0;
}

void locks_show_file(struct proc_text *t, const struct file *f, const struct files *files)
{
	const struct file_lock *l;
	unsigned number = 0;

	mutex_lock(&locks_lock);
	if (f->inode->locks) {
		list_for_each (l, &f->inode->locks->locks, link) {
			if (l->file != f || (l->owner != f && l->owner != files))
				continue;
			text_puts(t, "lock:\t");
			show_lock(t, ++number, f->inode, l, false);
		}
	}
	mutex_unlock(&locks_lock);
}
