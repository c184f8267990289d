/* New tmpfs instances, and the options of their mounts (tmpfs(5)). */
#include "fs/proc/procfs.h"

/* "64m", "50%" (of memory), bytes. */
static int parse_size(const char *s, uint64_t *pages)
{
	struct page_stats st;
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return -EINVAL;
	if (*s == '%') {
		page_stats(&st);
		*pages = st.total / 100 * MIN(n, 100u);
		return s[1] ? -EINVAL : 0;
	}
	if (*s) {
		static const char units[] = "kmg";
		const char *u = strchr(units, *s | 0x20);
		if (!u || s[1] || n > UINT64_MAX >> 31)
			return -EINVAL;
		n <<= 10 * (u - units + 1);
	}
	*pages = ALIGN_UP(n, PAGE_SIZE) >> PAGE_SHIFT;
	return 0;
}

static int parse_number(const char *s, unsigned base, uint32_t *out)
{
	uint64_t n = 0;

	for (; *s >= '0' && (unsigned)(*s - '0') < base && n < UINT32_MAX; s++)
		n = n * base + (uint64_t)(*s - '0');
	*out = (uint32_t)n;
	return *s || n > UINT32_MAX ? -EINVAL : 0;
}

struct options {
	uint64_t limit, inode_limit;
	uint32_t mode, uid, gid;
};

/* One "name=value" of the mount's options. Unknown ones are refused, as tmpfs(5) does. */
static int parse_option(struct options *o, const char *opt)
{
	uint32_t number = 0;
	int err;

	if (!strncmp(opt, "size=", 5))
		return parse_size(opt + 5, &o->limit);
	if (!strncmp(opt, "mode=", 5)) {
		err = parse_number(opt + 5, 8, &number);
		o->mode = number & 07777;
	} else if (!strncmp(opt, "uid=", 4)) {
		err = parse_number(opt + 4, 10, &o->uid);
	} else if (!strncmp(opt, "gid=", 4)) {
		err = parse_number(opt + 4, 10, &o->gid);
	} else if (!strncmp(opt, "nr_inodes=", 10)) {
		err = parse_number(opt + 10, 10, &number);
		o->inode_limit = number;
	} else if (!strcmp(opt, "inode64") || !strcmp(opt, "inode32")) {
		err = 0; /* numbers are of 64 bits; few are large */
	} else {
		err = -EINVAL;
	}
	return err;
}

static int parse_options(struct options *o, const char *options)
{
	char *copy = options ? kstrdup(options) : NULL, *opt = copy;
	int err = 0;

	if (options && !copy)
		return -ENOMEM;
	while (!err && opt && *opt) {
		char *comma = strchr(opt, ',');
		if (comma)
			*comma = 0;
		err = *opt ? parse_option(o, opt) : 0;
		opt = comma ? comma + 1 : NULL;
	}
	kfree(copy);
	return err;
}

/* A limit is raised or lowered to what is in use, or taken away, but none comes later. */
static bool may_limit(uint64_t old, uint64_t new, uint64_t used)
{
	return old == new || !new || (old && used <= new);
}

/* Another size and number of inodes: the rest stays as it was at first. */
static int tmpfs_remount(struct superblock *sb, const char *options)
{
	struct options o = {.limit = sb->limit, .inode_limit = sb->inode_limit};
	int err = parse_options(&o, options);

	if (err)
		return err;
	if (!may_limit(sb->limit, o.limit, __atomic_load_n(&sb->used, __ATOMIC_RELAXED)) ||
	    !may_limit(
		sb->inode_limit, o.inode_limit, __atomic_load_n(&sb->inodes, __ATOMIC_RELAXED)))
		return -EINVAL;
	__atomic_store_n(&sb->limit, o.limit, __ATOMIC_RELAXED);
	__atomic_store_n(&sb->inode_limit, o.inode_limit, __ATOMIC_RELAXED);
	return 0;
}

static uint64_t default_limit(void)
{
	struct page_stats st;

	page_stats(&st);
	return st.total / 2;
}

/* What differs from a mount without options, as Linux shows it. */
static void show_options(const struct superblock *sb, struct proc_text *t)
{
	if (sb->limit != default_limit() || strcmp(sb->type, "tmpfs"))
		text_printf(t, ",size=%luk", (unsigned long)sb->limit * (PAGE_SIZE / 1024));
	if (sb->inode_limit != default_limit() || strcmp(sb->type, "tmpfs"))
		text_printf(t, ",nr_inodes=%lu", (unsigned long)sb->inode_limit);
	if (sb->root_mode != 01777 && strcmp(sb->type, "rootfs"))
		text_printf(t, ",mode=%03o", sb->root_mode);
	if (sb->root_uid)
		text_printf(t, ",uid=%u", sb->root_uid);
	if (sb->root_gid)
		text_printf(t, ",gid=%u", sb->root_gid);
	text_puts(t, ",inode64");
}

struct superblock *tmpfs_create_type(const char *type, const char *options, int *err)
{
	struct options o = {.limit = default_limit(),
	    .inode_limit = default_limit(),
	    .mode = strcmp(type, "tmpfs") ? 0755 : 01777,
	    .uid = current_cred()->fsuid,
	    .gid = current_cred()->fsgid};
	struct superblock *sb;
	struct inode *root;

	*err = parse_options(&o, options);
	if (*err)
		return NULL;
	*err = -ENOMEM;
	sb = superblock_create(type, TMPFS_MAGIC, NULL);
	if (!sb)
		return NULL;
	sb->limit = o.limit;
	sb->inode_limit = o.inode_limit;
	sb->inodes = 1;
	sb->root_mode = o.mode;
	sb->root_uid = o.uid;
	sb->root_gid = o.gid;
	sb->show_options = show_options;
	sb->remount = tmpfs_remount;
	root = inode_create(sb, S_IFDIR | o.mode);
	if (root) {
		root->ops = &tmpfs_inode_ops;
		root->fops = &dir_file_ops;
		root->nlink = 2;
		root->uid = o.uid;
		root->gid = o.gid;
		if (dentry_create_root(sb, root))
			return sb;
	}
	superblock_put(sb);
	return NULL;
}

struct superblock *tmpfs_create(void)
{
	int err;
	return tmpfs_create_type("tmpfs", NULL, &err);
}
