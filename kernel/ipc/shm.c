/* System V shared memory: shmget(2), shmat(2), shmdt(2). A segment is a file in no directory. */
#include "ipc/shm.h"

#include "fs/internal.h"
#include "mm/area.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "sysctl.h"

struct ipc_kind shm_kind = IPC_KIND_INIT("shm", &sysctls.shmmni, &sysctls.shm_next_id);
static uint64_t shm_pages; /* of all segments (shm_kind.lock) */

static uint64_t pages_of(const struct shm *s)
{
	return (s->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* --- segments --- */

static const struct file_ops shm_file_ops;

static struct dentry *make_file(struct shm *s, int32_t key)
{
	char name[16];
	fmt_string(name, sizeof(name), "/SYSV%08x", (unsigned)key);
	struct dentry *d = tmpfs_kernel_file(name, 0777);
	if (IS_ERR(d))
		return d;
	d->inode->fops = &shm_file_ops;
	d->inode->data = s;
	d->inode->size = s->size;
	return d;
}

/* The parts of a new segment; all of them or none. */
static int make_parts(struct shm *s, const struct ipc_params *p)
{
	s->committed = p->flags & SHM_NORESERVE ? 0 : pages_of(s);
	int err = memory_commit(s->committed);
	if (err)
		return err;
	s->dentry = make_file(s, p->key);
	err = IS_ERR(s->dentry) ? PTR_ERR(s->dentry) : ipc_add(&shm_kind, &s->ipc, p);
	if (err >= 0)
		return err;
	if (!IS_ERR(s->dentry))
		dentry_put(s->dentry);
	memory_uncommit(s->committed);
	return err;
}

static int shm_create(const struct ipc_params *p)
{
	uint64_t pages = (p->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	if (!p->size || p->size > sysctl_get(shmmax))
		return -EINVAL;
	if (shm_pages + pages > sysctl_get(shmall))
		return -ENOSPC;
	/* There are no huge pages to have. */
	if (p->flags & SHM_HUGETLB)
		return -ENOMEM;
	struct shm *s = kzalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->size = p->size;
	s->ctime = ipc_now();
	s->creator = ipc_pid();
	int id = make_parts(s, p);
	if (id < 0) {
		kfree(s);
		return id;
	}
	s->dentry->inode->ino = (uint64_t)id;
	shm_pages += pages;
	return id;
}

static int shm_check(const struct ipc_object *o, const struct ipc_params *p)
{
	return container_of(o, struct shm, ipc)->size < p->size ? -EINVAL : 0;
}

SYSCALL(shmget)
{
	static const struct ipc_getter getter = {shm_create, shm_check};
	struct ipc_params p = {.key = (int32_t)a[0], .size = a[1], .flags = (int)a[2]};
	return ipc_get(&shm_kind, &getter, &p);
}

struct dentry *shm_drop(struct shm *s, bool remove)
{
	ASSERT(mutex_held(&shm_kind.lock));
	if (s->attached && remove) {
		s->ipc.mode |= SHM_DEST;
		s->ipc.key = IPC_PRIVATE;
	}
	if (s->attached || !(remove || (s->ipc.mode & SHM_DEST)))
		return NULL;
	struct dentry *d = s->dentry;
	ipc_remove(&shm_kind, &s->ipc);
	shm_pages -= pages_of(s);
	memory_uncommit(s->committed);
	kfree(s);
	return d;
}

/* --- areas --- */

static void attached(struct shm *s)
{
	mutex_lock(&shm_kind.lock);
	s->attached++;
	s->atime = ipc_now();
	s->last_pid = ipc_pid();
	mutex_unlock(&shm_kind.lock);
}

static int shm_mmap(struct file *f, struct area *a)
{
	int err = tmpfs_file_ops.mmap(f, a);
	if (err)
		return err;
	a->flags |= AREA_SHM;
	attached(f->inode->data);
	return 0;
}

static const struct file_ops shm_file_ops = {.mmap = shm_mmap};

void shm_area_copied(struct file *f)
{
	attached(f->inode->data);
}

void shm_area_freed(struct file *f)
{
	struct shm *s = f->inode->data;
	mutex_lock(&shm_kind.lock);
	s->attached--;
	s->dtime = ipc_now();
	s->last_pid = ipc_pid();
	struct dentry *d = shm_drop(s, false);
	mutex_unlock(&shm_kind.lock);
	dentry_put(d);
}

/* --- shmat --- */

/* Where shmat's address argument says; `r` also gets how. 0 or -EINVAL. */
static int attach_place(uaddr_t addr, int flags, struct map_request *r)
{
	if (!addr && (flags & SHM_REMAP))
		return -EINVAL;
	if (addr & ~PAGE_MASK) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= PAGE_MASK;
		if (!addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	r->addr = addr;
	r->fixed = addr && (flags & SHM_REMAP);
	r->noreplace = addr && !r->fixed;
	return 0;
}

/* The segment, held by one attach more; its size goes to `size`. */
static struct shm *hold(int id, unsigned access, uint64_t *size)
{
	mutex_lock(&shm_kind.lock);
	struct ipc_object *o = ipc_find(&shm_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : ipc_permission(o, access);
	struct shm *s = err ? ERR_PTR(err) : shm_of(o);
	if (!err) {
		s->attached++;
		*size = s->size;
	}
	mutex_unlock(&shm_kind.lock);
	return s;
}

static void release(struct shm *s)
{
	mutex_lock(&shm_kind.lock);
	s->attached--;
	struct dentry *d = shm_drop(s, false);
	mutex_unlock(&shm_kind.lock);
	dentry_put(d);
}

SYSCALL(shmat)
{
	int flags = (int)a[2];
	bool readonly = flags & SHM_RDONLY;
	unsigned access = (readonly ? 0444 : 0666) | (flags & SHM_EXEC ? 0111 : 0);
	struct map_request r = {.flags = AREA_READ | AREA_SHARED};
	r.flags |= (readonly ? 0 : AREA_WRITE) | (flags & SHM_EXEC ? AREA_EXEC : 0);
	int err = (int)a[0] < 0 ? -EINVAL : attach_place(a[1], flags, &r);
	if (err)
		return err;
	struct shm *s = hold((int)a[0], access, &r.len);
	if (IS_ERR(s))
		return PTR_ERR(s);
	int64_t result;
	r.file = file_open_dentry(s->dentry, readonly ? O_RDONLY : O_RDWR);
	if (IS_ERR(r.file)) {
		result = PTR_ERR(r.file);
	} else {
		result = space_map(current->space, &r);
		file_put(r.file);
	}
	release(s);
	return result == -EEXIST ? -EINVAL : result;
}

/* --- shmdt --- */

/* The segment's area that was attached at `addr`, or what is left of it. (space->lock) */
static struct area *find_attached(struct space *s, uaddr_t addr)
{
	struct area *a;
	for_each_area(a, s, addr, ARCH_USER_TOP)
	{
		if ((a->flags & AREA_SHM) && a->start - addr == a->offset)
			return a;
	}
	return NULL;
}

/* Unmaps every area of that attach. (space->lock) */
static int detach(struct space *s, uaddr_t addr, struct list *dead)
{
	struct area *a = find_attached(s, addr);
	if (!a)
		return -EINVAL;
	const struct file *f = a->file;
	uaddr_t end = addr + ALIGN_UP(f->inode->size, PAGE_SIZE);
	while ((a = area_overlap(s, addr, end)) != NULL) {
		uaddr_t next = MIN(a->end, end);
		if (a->file == f && a->start - addr == a->offset) {
			int err = space_unmap_locked(s, a->start, next, dead);
			if (err)
				return err;
		}
		addr = next;
		end = addr < end ? end : addr;
	}
	return 0;
}

SYSCALL(shmdt)
{
	struct list dead = LIST_INIT(dead);
	if (a[0] & ~PAGE_MASK)
		return -EINVAL;
	mutex_lock(&current->space->lock);
	int err = detach(current->space, a[0], &dead);
	mutex_unlock(&current->space->lock);
	areas_free(&dead);
	return err;
}
