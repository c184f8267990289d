/* shmctl(2), and /proc/sysvipc/shm. */
#include "fs/proc/procfs.h"
#include "ipc/shm.h"
#include "mm/area.h"
#include "syscall/syscall.h"
#include "sysctl.h"

/* --- the whole kind --- */

static int64_t info(uaddr_t out)
{
	uint64_t most = (uint64_t)sysctl_get(shmmni);
	struct linux_shminfo i = {.shmmax = MIN(sysctl_get(shmmax), SHMMAX),
	    .shmmin = 1,
	    .shmmni = most,
	    .shmseg = most,
	    .shmall = sysctl_get(shmall)};
	mutex_lock(&shm_kind.lock);
	int max = ipc_max_index(&shm_kind);
	mutex_unlock(&shm_kind.lock);
	return arch_copy_out(out, &i, sizeof(i)) ? -EFAULT : max;
}

static int64_t usage(uaddr_t out)
{
	struct linux_shm_info i = {0};
	mutex_lock(&shm_kind.lock);
	i.used_ids = (int32_t)shm_kind.in_use;
	for (unsigned k = 0; k < shm_kind.size; k++) {
		if (!shm_kind.slots[k])
			continue;
		const struct shm *s = shm_of(shm_kind.slots[k]);
		i.tot += (s->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
		i.rss += s->dentry->inode->mapping.pages;
	}
	int max = ipc_max_index(&shm_kind);
	mutex_unlock(&shm_kind.lock);
	return arch_copy_out(out, &i, sizeof(i)) ? -EFAULT : max;
}

/* --- one segment --- */

static int64_t stat_segment(int id, int cmd, uaddr_t out)
{
	struct linux_shmid_ds ds = {0};
	int result;
	mutex_lock(&shm_kind.lock);
	struct ipc_object *o = ipc_find_stat(
	    &shm_kind, id, cmd != IPC_STAT, cmd == SHM_STAT_ANY, &result);
	if (!IS_ERR(o)) {
		const struct shm *s = shm_of(o);
		ipc_stat(o, &ds.perm);
		ds.segsz = s->size;
		ds.atime = s->atime;
		ds.dtime = s->dtime;
		ds.ctime = s->ctime;
		ds.cpid = s->creator;
		ds.lpid = s->last_pid;
		ds.nattch = s->attached;
	}
	mutex_unlock(&shm_kind.lock);
	if (IS_ERR(o))
		return PTR_ERR(o);
	return arch_copy_out(out, &ds, sizeof(ds)) ? -EFAULT : result;
}

/* Removes it, or (with `set`) gives it another owner and mode. */
static int64_t change(int id, const struct linux_ipc_perm *set)
{
	struct dentry *gone = NULL;
	mutex_lock(&shm_kind.lock);
	struct ipc_object *o = ipc_find_owned(&shm_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : 0;
	if (!err && set) {
		err = ipc_set(o, set);
		if (!err)
			shm_of(o)->ctime = ipc_now();
	} else if (!err) {
		gone = shm_drop(shm_of(o), true);
	}
	mutex_unlock(&shm_kind.lock);
	dentry_put(gone);
	return err;
}

/* Nothing is ever swapped, so that locking is a mark and a check of rights. */
static int lock_allowed(const struct shm *s, bool lock)
{
	const struct cred *c = current->cred;
	if (capable(CAP_IPC_LOCK))
		return 0;
	if (c->euid != s->ipc.uid && c->euid != s->ipc.cuid)
		return -EPERM;
	if (lock && !limit_of(RLIMIT_MEMLOCK))
		return -EPERM;
	return lock && !may_lock_pages((s->size + PAGE_SIZE - 1) >> PAGE_SHIFT) ? -ENOMEM : 0;
}

static int64_t lock_segment(int id, bool lock)
{
	mutex_lock(&shm_kind.lock);
	struct ipc_object *o = ipc_find(&shm_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : lock_allowed(shm_of(o), lock);
	if (!err)
		o->mode = lock ? o->mode | SHM_LOCKED : o->mode & ~(unsigned)SHM_LOCKED;
	mutex_unlock(&shm_kind.lock);
	return err;
}

SYSCALL(shmctl)
{
	struct linux_shmid_ds ds;
	int id = (int)a[0], cmd = (int)a[1];
	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return info(a[2]);
	case SHM_INFO:
		return usage(a[2]);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return stat_segment(id, cmd, a[2]);
	case IPC_SET:
		return arch_copy_in(&ds, a[2], sizeof(ds)) ? -EFAULT : change(id, &ds.perm);
	case IPC_RMID:
		return change(id, NULL);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return lock_segment(id, cmd == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

/* --- /proc/sysvipc/shm --- */

static void show_segment(struct proc_text *t, const struct shm *s)
{
	const struct ipc_object *o = &s->ipc;
	text_printf(t,
	    "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10lu %10lu %10lu %21lu %21lu\n",
	    o->key, o->id, o->mode, (unsigned long)s->size, (unsigned)s->creator,
	    (unsigned)s->last_pid, (unsigned long)s->attached, o->uid, o->gid, o->cuid, o->cgid,
	    (unsigned long)s->atime, (unsigned long)s->dtime, (unsigned long)s->ctime,
	    (unsigned long)s->dentry->inode->mapping.pages * PAGE_SIZE, 0UL);
}

void shm_show(struct proc_text *t)
{
	text_printf(t,
	    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid"
	    "  cuid  cgid      atime      dtime      ctime                   rss"
	    "                  swap\n");
	mutex_lock(&shm_kind.lock);
	for (unsigned i = 0; i < shm_kind.size; i++) {
		if (shm_kind.slots[i])
			show_segment(t, shm_of(shm_kind.slots[i]));
	}
	mutex_unlock(&shm_kind.lock);
}
