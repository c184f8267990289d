/* New tmpfs instances, and the options of their mounts (tmpfs(5)). */
#include "fs/internal.h"

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
	} else if (!strncmp(opt, "uid=", 4)) {
		err = parse_number(opt + 4, 10, &root->uid);
	} else if (!strncmp(opt, "gid=", 4)) {
		err = parse_number(opt + 4, 10, &root->gid);
	} else if (!strncmp(opt, "nr_inodes=", 10)) {
		err = parse_number(opt + 10, 10, &number);
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

struct superblock *tmpfs_create_type(const char *type, const char *options, int *err)
{
	struct superblock *sb = superblock_create(type, TMPFS_MAGIC, NULL);
	struct page_stats st;
	struct inode *root;

	*err = -ENOMEM;
	if (!sb)
		return NULL;
	page_stats(&st);
	sb->limit = st.total / 2;
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
