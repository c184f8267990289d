/* The mount table as text: /proc/PID/mounts, mountinfo, mountstats (proc_pid_mountinfo(5)). */
#include "fs/mount.h"
#include "fs/proc/procfs.h"

#define PATH_SPECIAL   " \t\n\\"
#define SOURCE_SPECIAL " \t\n\\#"

static void show_names(struct proc_text *t, uint64_t flags)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
	    {MS_NOSUID, ",nosuid"},
	    {MS_NODEV, ",nodev"},
	    {MS_NOEXEC, ",noexec"},
	    {MS_NOATIME, ",noatime"},
	    {MS_NODIRATIME, ",nodiratime"},
	    {MS_RELATIME, ",relatime"},
	    {MS_NOSYMFOLLOW, ",nosymfollow"},
	    {MS_SYNCHRONOUS, ",sync"},
	    {MS_DIRSYNC, ",dirsync"},
	    {MS_MANDLOCK, ",mand"},
	    {MS_LAZYTIME, ",lazytime"},
	};

	for (unsigned k = 0; k < ARRAY_SIZE(names); k++)
		if (flags & names[k].flag)
			text_puts(t, names[k].name);
}

/* What the file system says, wherever it is mounted. */
static void show_options(struct proc_text *t, const struct mount *m)
{
	if (m->sb->show_options)
		m->sb->show_options(m->sb, t);
}

static const char *access_word(bool readonly)
{
	return readonly ? "ro" : "rw";
}

static void show_mounts(struct proc_text *t, const struct mount *m, char *path, char *buf)
{
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_puts(t, " ");
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " %s %s", m->sb->type, access_word(mount_readonly(m)));
	show_names(t, m->sb->flags);
	show_names(t, m->flags);
	show_options(t, m);
	text_puts(t, " 0 0\n");
}

static void show_mountinfo(struct proc_text *t, const struct mount *m, char *path, char *buf)
{
	uint32_t dev = m->sb->dev;
	const char *root;

	text_printf(t, "%d %d %u:%u ", m->id, m->parent ? m->parent->id : m->id, dev >> 8 & 0xfff,
	    (dev & 0xff) | (dev >> 12 & 0xfff00));
	root = dentry_text(m->root, buf, PATH_MAX);
	if (!IS_ERR(root))
		text_escaped(t, root, PATH_SPECIAL);
	if (m->root->unlinked)
		text_puts(t, "//deleted");
	text_puts(t, " ");
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " %s", access_word(mount_has(m, MS_RDONLY)));
	show_names(t, m->flags);
	text_printf(t, "%s - %s ", m->unbindable ? " unbindable" : "", m->sb->type);
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_printf(t, " %s", access_word(m->sb->flags & MS_RDONLY));
	show_names(t, m->sb->flags);
	show_options(t, m);
	text_puts(t, "\n");
}

static void show_mountstats(struct proc_text *t, const struct mount *m, char *path, char *buf)
{
	text_puts(t, "device ");
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_puts(t, " mounted on ");
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " with fstype %s\n", m->sb->type);
}

void mount_show(struct proc_text *t, const struct path *root, enum mount_format format)
{
	static void (*const show[])(struct proc_text *, const struct mount *, char *, char *) = {
	    [MOUNTS] = show_mounts, [MOUNTINFO] = show_mountinfo, [MOUNTSTATS] = show_mountstats};
	char *buf = kmalloc(2 * PATH_MAX);
	struct mount *m;

	if (!buf) {
		t->failed = true;
		return;
	}
	mutex_lock(&mount_lock); /* keeps the tree as it is */
	list_for_each (m, &mounts, link) {
		const struct path at = {m, m->root};
		char *path;

		if (!path_reaches(&at, root))
			continue;
		path = path_text_raw(&at, root, buf, PATH_MAX, "");
		if (!IS_ERR(path))
			show[format](t, m, path, buf + PATH_MAX);
	}
	mutex_unlock(&mount_lock);
	kfree(buf);
}
