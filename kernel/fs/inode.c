/* Inodes and superblocks: lifetime, attributes, permission checks. */
#include "fs/internal.h"
#include "sched/timer.h"

struct superblock anon_superblock = {.type = "anon_inodefs",
    .dev = MKDEV(0, 1),
    .next_ino = 1,
    .magic = ANON_INODE_FS_MAGIC,
    .refs = {1}};

struct superblock *superblock_create(const char *type, uint64_t magic, void *data)
{
	static uint32_t next_minor = 2;
	struct superblock *sb = kzalloc(sizeof(*sb));

	if (!sb)
		return NULL;
	ref_init(&sb->refs);
	sb->type = type;
	sb->magic = magic;
	sb->data = data;
	sb->dev = MKDEV(0, __atomic_fetch_add(&next_minor, 1, __ATOMIC_RELAXED));
	sb->next_ino = 1;
	sb->users = 1;
	return sb;
}

void superblock_get(struct superblock *sb)
{
	ref_get(&sb->refs);
}

void superblock_put(struct superblock *sb)
{
	if (ref_put(&sb->refs))
		kfree(sb);
}

void superblock_use(struct superblock *sb)
{
	__atomic_fetch_add(&sb->users, 1, __ATOMIC_RELAXED);
}

void superblock_unuse(struct superblock *sb)
{
	if (__atomic_sub_fetch(&sb->users, 1, __ATOMIC_ACQ_REL))
		return;
	if (sb->root)
		dentry_kill_tree(sb->root);
	superblock_put(sb);
}

ns_t inode_now(void)
{
	return time_realtime();
}

struct inode *inode_create(struct superblock *sb, uint32_t mode)
{
	struct inode *i = kzalloc(sizeof(*i));
	const struct cred *c = current_cred();

	if (!i)
		return NULL;
	ref_init(&i->refs);
	superblock_get(sb);
	i->sb = sb;
	i->ino = __atomic_fetch_add(&sb->next_ino, 1, __ATOMIC_RELAXED);
	i->mode = mode;
	i->nlink = 1;
	i->uid = c->fsuid;
	i->gid = c->fsgid;
	i->atime = i->mtime = i->ctime = i->btime = inode_now();
	mutex_init(&i->lock, "inode");
	mapping_init(&i->mapping);
	return i;
}

void inode_get(struct inode *i)
{
	ref_get(&i->refs);
}

void inode_put(struct inode *i)
{
	if (!i || !ref_put(&i->refs))
		return;
	if (i->ops && i->ops->release)
		i->ops->release(i);
	mapping_destroy(&i->mapping);
	locks_inode_released(i);
	kfree(i->link_target);
	xattr_free_all(i);
	superblock_put(i->sb);
	kfree(i);
}

void inode_init_owner(struct inode *i, const struct inode *dir)
{
	if (!(dir->mode & S_ISGID))
		return;
	i->gid = dir->gid;
	if (S_ISDIR(i->mode))
		i->mode |= S_ISGID;
}

void inode_touch(struct inode *i)
{
	i->mtime = i->ctime = inode_now();
}

void inode_changed(struct inode *i)
{
	i->ctime = inode_now();
}

void inode_accessed(struct inode *i)
{
	ns_t now = inode_now();

	if (i->atime <= i->mtime || i->atime <= i->ctime || now - i->atime >= 86400 * NS_PER_S)
		i->atime = now;
}

void path_accessed(const struct path *p)
{
	const struct mount *m = p->mount;

	if (mount_readonly(m) || mount_has(m, MS_NOATIME) ||
	    (mount_has(m, MS_NODIRATIME) && S_ISDIR(p->dentry->inode->mode)))
		return;
	if (!m || mount_has(m, MS_RELATIME))
		inode_accessed(p->dentry->inode);
	else
		p->dentry->inode->atime = inode_now();
}

static bool cap_overrides(const struct cred *c, const struct inode *i, unsigned mask)
{
	bool any_exec = S_ISDIR(i->mode) || (i->mode & 0111);
	bool reads = S_ISDIR(i->mode) ? !(mask & MAY_WRITE) : mask == MAY_READ;

	if (reads && cred_has_cap(c, CAP_DAC_READ_SEARCH))
		return true;
	return (any_exec || !(mask & MAY_EXEC)) && cred_has_cap(c, CAP_DAC_OVERRIDE);
}

int inode_permission_mode(const struct cred *c, const struct inode *i, unsigned mask)
{
	uint32_t bits = i->mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (c->fsuid == i->uid)
		bits >>= 6;
	else if (cred_in_group(c, i->gid))
		bits >>= 3;
	if (!(mask & ~bits))
		return 0;
	return cap_overrides(c, i, mask) ? 0 : -EACCES;
}

int inode_permission_cred(const struct cred *c, const struct inode *i, unsigned mask)
{
	bool kept = S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode);

	if ((mask & MAY_WRITE) && kept &&
	    (__atomic_load_n(&i->sb->flags, __ATOMIC_RELAXED) & MS_RDONLY))
		return -EROFS;
	if (i->ops && i->ops->permission)
		return i->ops->permission(i, c, mask);
	return inode_permission_mode(c, i, mask);
}

int inode_permission(const struct inode *i, unsigned mask)
{
	return inode_permission_cred(current_cred(), i, mask);
}

bool inode_owner_or_capable(const struct inode *i)
{
	const struct cred *c = current_cred();
	return c->fsuid == i->uid || cred_has_cap(c, CAP_FOWNER);
}

void inode_clear_setid(struct inode *i)
{
	uint32_t kill = i->mode & S_ISUID;

	xattr_drop_caps(i);
	if ((i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		kill |= S_ISGID;
	if (kill && S_ISREG(i->mode) && !cred_has_cap(current_cred(), CAP_FSETID)) {
		i->mode &= ~kill;
		inode_changed(i);
	}
}

/* Moves `writers` one further from zero in the wanted direction, unless it is on the other side. */
static int writers_step(struct inode *i, int step)
{
	int32_t old = __atomic_load_n(&i->writers, __ATOMIC_RELAXED);

	do {
		if ((step > 0 && old < 0) || (step < 0 && old > 0))
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(
	    &i->writers, &old, old + step, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return 0;
}

int inode_get_write(struct inode *i)
{
	return writers_step(i, 1);
}

void inode_put_write(struct inode *i)
{
	__atomic_fetch_sub(&i->writers, 1, __ATOMIC_RELEASE);
}

int inode_deny_write(struct inode *i)
{
	return writers_step(i, -1);
}

void inode_allow_write(struct inode *i)
{
	__atomic_fetch_add(&i->writers, 1, __ATOMIC_RELEASE);
}

void inode_fill_stat(struct inode *i, struct linux_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = i->sb->dev;
	st->st_ino = i->ino;
	st->st_mode = i->mode;
	st->st_nlink = i->nlink;
	st->st_uid = i->uid;
	st->st_gid = i->gid;
	st->st_rdev = i->rdev;
	st->st_size = (int64_t)i->size;
	st->st_blksize = PAGE_SIZE;
	if (S_ISREG(i->mode))
		st->st_blocks = (int64_t)MAX(
		    i->mapping.pages * (PAGE_SIZE / 512), ALIGN_UP(i->backing_size, 512) / 512);
	st->st_atime = i->atime / NS_PER_S;
	st->st_atime_nsec = i->atime % NS_PER_S;
	st->st_mtime = i->mtime / NS_PER_S;
	st->st_mtime_nsec = i->mtime % NS_PER_S;
	st->st_ctime = i->ctime / NS_PER_S;
	st->st_ctime_nsec = i->ctime % NS_PER_S;
}

int inode_getattr(struct inode *i, struct linux_stat *st)
{
	inode_fill_stat(i, st);
	return i->ops && i->ops->getattr ? i->ops->getattr(i, st) : 0;
}

int inode_truncate(struct inode *i, uint64_t size)
{
	int err;

	if (size > i->size && size > current_rlimit(RLIMIT_FSIZE)) {
		fs_signal_current(SIGXFSZ);
		return -EFBIG;
	}
	mutex_lock(&i->lock);
	if ((size < i->size && (i->seals & F_SEAL_SHRINK)) ||
	    (size > i->size && (i->seals & F_SEAL_GROW)))
		err = -EPERM;
	else
		err = i->ops && i->ops->truncate ? i->ops->truncate(i, size) : -EINVAL;
	if (!err) {
		inode_clear_setid(i);
		inode_touch(i);
	}
	mutex_unlock(&i->lock);
	return err;
}
