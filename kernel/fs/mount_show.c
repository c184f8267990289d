/* The mount table as text: /proc/PID/mounts, mountinfo, mountstats (proc_pid_mountinfo(5)). */
#include "fs/internal.h"
#include "fs/proc/procfs.h"

#define PATH_SPECIAL   " \t\n\\"
#define SOURCE_SPECIAL " \t\n\\#"

static void show_flags(struct proc_text *t, uint64_t flags)
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
	};

	for (unsigned k = 0; k < ARRAY_SIZE(names); k++)
		if (flags & names[k].flag)
			text_puts(t, names[k].name);
}

static void show_options(struct proc_text *t, const struct mount *m)
{
	if (m->sb->show_options)
		m->sb->show_options(m->sb, t);
}

static const char *access_word(const struct mount *m)
{
	return m->sb->mount_flags & MS_RDONLY ? "ro" : "rw";
}

static void show_mounts(struct proc_text *t, const struct mount *m, const char *path)
{
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_puts(t, " ");
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " %s %s", m->sb->type, access_word(m));
	show_flags(t, m->sb->mount_flags);
	show_options(t, m);
	text_puts(t, " 0 0\n");
}

static void show_mountinfo(struct proc_text *t, const struct mount *m, const char *path)
{
	uint32_t dev = m->sb->dev;

	text_printf(t, "%d %d %u:%u / ", m->id, m->parent_id, dev >> 8 & 0xfff,
	    (dev & 0xff) | (dev >> 12 & 0xfff00));
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " %s", access_word(m));
	show_flags(t, m->sb->mount_flags);
	text_printf(t, " - %s ", m->sb->type);
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_printf(t, " %s", access_word(m));
	show_options(t, m);
	text_puts(t, "\n");
}

static void show_mountstats(struct proc_text *t, const struct mount *m, const char *path)
{
	text_puts(t, "device ");
	text_escaped(t, m->source, SOURCE_SPECIAL);
	text_puts(t, " mounted on ");
	text_escaped(t, path, PATH_SPECIAL);
	text_printf(t, " with fstype %s\n", m->sb->type);
}

void mount_show(struct proc_text *t, struct dentry *root, enum mount_format format)
{
	static void (*const show[])(struct proc_text *, const struct mount *, const char *) = {
	    [MOUNTS] = show_mounts, [MOUNTINFO] = show_mountinfo, [MOUNTSTATS] = show_mountstats};
	char *buf = kmalloc(PATH_MAX);
	struct mount *m;

	if (!buf) {
		t->failed = true;
		return;
	}
	mutex_lock(&mount_lock); /* keeps the table as it is */
	list_for_each (m, &mounts, link) {
		char *path;

		if (!mount_reaches(m->root, root))
			continue;
		path = dentry_path_raw(m->root, root, buf, PATH_MAX, "");
		if (!IS_ERR(path))
			show[format](t, m, path);
	}
	mutex_unlock(&mount_lock);
	kfree(buf);
}
