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

/* One "name=value" of the mount's options. Unknown ones are refused, as tmpfs(5) does. */
static int tmpfs_option(struct superblock *sb, struct inode *root, const char *opt)
{
	uint32_t number = 0;
	int err;

	if (!strncmp(opt, "size=", 5))
		return parse_size(opt + 5, &sb->limit);
	if (!strncmp(opt, "mode=", 5)) {
		err = parse_number(opt + 5, 8, &number);
		root->mode = S_IFDIR | (number & 07777);
		sb->root_mode = number & 07777;
	} else if (!strncmp(opt, "uid=", 4)) {
		err = parse_number(opt + 4, 10, &root->uid);
		sb->root_uid = root->uid;
	} else if (!strncmp(opt, "gid=", 4)) {
		err = parse_number(opt + 4, 10, &root->gid);
		sb->root_gid = root->gid;
	} else if (!strncmp(opt, "nr_inodes=", 10)) {
		err = parse_number(opt + 10, 10, &number);
		sb->inode_limit = number;
	} else if (!strcmp(opt, "inode64") || !strcmp(opt, "inode32")) {
		err = 0; /* numbers are of 64 bits; few are large */
	} else {
		err = -EINVAL;
	}
	return err;
}

static int tmpfs_options(struct superblock *sb, struct inode *root, const char *options)
{
	char *copy = options ? kstrdup(options) : NULL, *opt = copy;
	int err = 0;

	if (options && !copy)
		return -ENOMEM;
	while (!err && opt && *opt) {
		char *comma = strchr(opt, ',');
		if (comma)
			*comma = 0;
		err = *opt ? tmpfs_option(sb, root, opt) : 0;
		opt = comma ? comma + 1 : NULL;
	}
	kfree(copy);
	return err;
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
	if (sb->root_mode != 01777)
		text_printf(t, ",mode=%03o", sb->root_mode);
	if (sb->root_uid)
		text_printf(t, ",uid=%u", sb->root_uid);
	if (sb->root_gid)
		text_printf(t, ",gid=%u", sb->root_gid);
	text_puts(t, ",inode64");
}

struct superblock *tmpfs_create_type(const char *type, const char *options, int *err)
{
	struct superblock *sb = superblock_create(type, TMPFS_MAGIC, NULL);
	struct inode *root;

	*err = -ENOMEM;
	if (!sb)
		return NULL;
	sb->limit = sb->inode_limit = default_limit();
	sb->inodes = 1;
	sb->root_mode = strcmp(type, "devtmpfs") ? 01777 : 0755;
	sb->show_options = show_options;
	root = inode_create(sb, S_IFDIR | 0755);
	if (root) {
		root->ops = &tmpfs_inode_ops;
		root->fops = &dir_file_ops;
		root->nlink = 2;
		if (!strcmp(type, "tmpfs"))
			root->mode |= 01777;
		*err = tmpfs_options(sb, root, options);
		if (*err)
			inode_put(root);
		else if (dentry_create_root(sb, root))
			return sb;
		else
			*err = -ENOMEM;
	}
	superblock_put(sb);
	return NULL;
}

struct superblock *tmpfs_create(void)
{
	int err;
	return tmpfs_create_type("tmpfs", NULL, &err);
}
