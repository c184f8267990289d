/* semctl(2), and /proc/sysvipc/sem. */
#include "fs/proc/procfs.h"
#include "ipc/sem.h"
#include "syscall/syscall.h"
#include "sysctl.h"

/* --- the whole kind --- */

static int64_t info(int cmd, uaddr_t out)
{
	struct linux_seminfo i = {.semmap = SEMMNS,
	    .semmni = (int32_t)sysctl_get(sem[3]),
	    .semmns = (int32_t)sysctl_get(sem[1]),
	    .semmnu = SEMMNS,
	    .semmsl = (int32_t)sysctl_get(sem[0]),
	    .semopm = (int32_t)sysctl_get(sem[2]),
	    .semume = SEMOPM,
	    .semusz = 20,
	    .semvmx = SEMVMX,
	    .semaem = SEMVMX};
	mutex_lock(&sem_kind.lock);
	if (cmd == SEM_INFO) {
		i.semusz = (int32_t)sem_kind.in_use;
		i.semaem = 0;
		for (unsigned k = 0; k < sem_kind.size; k++)
			i.semaem += sem_kind.slots[k]
					? (int32_t)sem_set_of(sem_kind.slots[k])->count
					: 0;
	}
	int max = ipc_max_index(&sem_kind);
	mutex_unlock(&sem_kind.lock);
	return arch_copy_out(out, &i, sizeof(i)) ? -EFAULT : max;
}

/* --- one set --- */

static int64_t stat_set(int id, int cmd, uaddr_t out)
{
	struct linux_semid_ds ds = {0};
	int result;
	mutex_lock(&sem_kind.lock);
	struct ipc_object *o = ipc_find_stat(
	    &sem_kind, id, cmd != IPC_STAT, cmd == SEM_STAT_ANY, &result);
	if (!IS_ERR(o)) {
		ipc_stat(o, &ds.perm);
		ds.otime = sem_set_of(o)->otime;
		ds.ctime = sem_set_of(o)->ctime;
		ds.nsems = sem_set_of(o)->count;
	}
	mutex_unlock(&sem_kind.lock);
	if (IS_ERR(o))
		return PTR_ERR(o);
	return arch_copy_out(out, &ds, sizeof(ds)) ? -EFAULT : result;
}

/* Removes it, or (with `set`) gives it another owner and mode. */
static int64_t change(int id, const struct linux_ipc_perm *set)
{
	mutex_lock(&sem_kind.lock);
	struct ipc_object *o = ipc_find_owned(&sem_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : 0;
	if (!err && set) {
		err = ipc_set(o, set);
		if (!err)
			sem_set_of(o)->ctime = ipc_now();
	} else if (!err) {
		sem_destroy(sem_set_of(o));
	}
	mutex_unlock(&sem_kind.lock);
	return err;
}

/* The set if the caller may do that to it. (sem_kind.lock) */
static struct sem_set *find_permitted(int id, unsigned mode)
{
	struct ipc_object *o = ipc_find(&sem_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : ipc_permission(o, mode);
	return err ? ERR_PTR(err) : sem_set_of(o);
}

/* --- one semaphore --- */

static int count_waiting(const struct sem_set *s, unsigned num, bool for_zero)
{
	const struct sem_request *r;
	int n = 0;
	list_for_each (r, &s->requests, link)
		n += r->blocking->num == num && (r->blocking->op == 0) == for_zero;
	return n;
}

static int64_t get_one(int id, int num, int cmd)
{
	int64_t result = -EINVAL;
	mutex_lock(&sem_kind.lock);
	const struct sem_set *s = find_permitted(id, 0444);
	if (IS_ERR(s))
		result = PTR_ERR(s);
	else if (num >= 0 && (unsigned)num < s->count)
		result = cmd == GETVAL   ? s->sems[num].value
			 : cmd == GETPID ? s->sems[num].last_pid
					 : count_waiting(s, (unsigned)num, cmd == GETZCNT);
	mutex_unlock(&sem_kind.lock);
	return result;
}

static int64_t set_one(int id, int num, int value)
{
	if (value < 0 || value > SEMVMX)
		return -ERANGE;
	mutex_lock(&sem_kind.lock);
	struct ipc_object *o = ipc_find(&sem_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : 0;
	if (!err && (num < 0 || (unsigned)num >= sem_set_of(o)->count))
		err = -EINVAL;
	if (!err)
		err = ipc_permission(o, 0222);
	if (!err) {
		struct sem_set *s = sem_set_of(o);
		sem_undo_clear(s, (unsigned)num, 1);
		s->sems[num] = (struct sem){.value = value, .last_pid = ipc_pid()};
		s->ctime = ipc_now();
		sem_changed(s);
	}
	mutex_unlock(&sem_kind.lock);
	return err;
}

/* --- all of them --- */

/* How many there are, if the caller may do that to them; room for their values. */
static int64_t values_room(int id, unsigned mode, uint16_t **values)
{
	mutex_lock(&sem_kind.lock);
	const struct sem_set *s = find_permitted(id, mode);
	int64_t count = IS_ERR(s) ? PTR_ERR(s) : (int64_t)s->count;
	mutex_unlock(&sem_kind.lock);
	*values = count > 0 ? kmalloc((size_t)count * sizeof(**values)) : NULL;
	return count > 0 && !*values ? -ENOMEM : count;
}

static int64_t get_all(int id, uaddr_t out)
{
	uint16_t *values;
	int64_t count = values_room(id, 0444, &values);
	if (count < 0)
		return count;
	mutex_lock(&sem_kind.lock);
	struct ipc_object *o = ipc_find(&sem_kind, id);
	for (int64_t i = 0; !IS_ERR(o) && i < count; i++)
		values[i] = (uint16_t)sem_set_of(o)->sems[i].value;
	mutex_unlock(&sem_kind.lock);
	int64_t result = IS_ERR(o) ? -EIDRM : 0;
	if (!result && arch_copy_out(out, values, (size_t)count * sizeof(*values)))
		result = -EFAULT;
	kfree(values);
	return result;
}

static int values_copy_in(uint16_t *values, uaddr_t in, size_t count)
{
	if (arch_copy_in(values, in, count * sizeof(*values)))
		return -EFAULT;
	for (size_t i = 0; i < count; i++) {
		if (values[i] > SEMVMX)
			return -ERANGE;
	}
	return 0;
}

/* (sem_kind.lock) */
static void set_values(struct sem_set *s, const uint16_t *values)
{
	for (unsigned i = 0; i < s->count; i++)
		s->sems[i] = (struct sem){.value = values[i], .last_pid = ipc_pid()};
	sem_undo_clear(s, 0, s->count);
	s->ctime = ipc_now();
	sem_changed(s);
}

static int64_t set_all(int id, uaddr_t in)
{
	uint16_t *values;
	int64_t count = values_room(id, 0222, &values);
	if (count < 0)
		return count;
	int64_t result = values_copy_in(values, in, (size_t)count);
	if (!result) {
		mutex_lock(&sem_kind.lock);
		struct ipc_object *o = ipc_find(&sem_kind, id);
		if (IS_ERR(o))
			result = -EIDRM;
		else
			set_values(sem_set_of(o), values);
		mutex_unlock(&sem_kind.lock);
	}
	kfree(values);
	return result;
}

SYSCALL(semctl)
{
	struct linux_semid_ds ds;
	int id = (int)a[0], num = (int)a[1], cmd = (int)a[2];
	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return info(cmd, a[3]);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return stat_set(id, cmd, a[3]);
	case GETALL:
		return get_all(id, a[3]);
	case SETALL:
		return set_all(id, a[3]);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return get_one(id, num, cmd);
	case SETVAL:
		return set_one(id, num, (int)a[3]);
	case IPC_SET:
		return arch_copy_in(&ds, a[3], sizeof(ds)) ? -EFAULT : change(id, &ds.perm);
	case IPC_RMID:
		return change(id, NULL);
	default:
		return -EINVAL;
	}
}

/* --- /proc/sysvipc/sem --- */

void sem_show(struct proc_text *t)
{
	text_printf(t, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime"
		       "      ctime\n");
	mutex_lock(&sem_kind.lock);
	for (unsigned i = 0; i < sem_kind.size; i++) {
		const struct ipc_object *o = sem_kind.slots[i];
		if (!o)
			continue;
		const struct sem_set *s = container_of(o, struct sem_set, ipc);
		text_printf(t, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lu %10lu\n", o->key, o->id,
		    o->mode, s->count, o->uid, o->gid, o->cuid, o->cgid, (unsigned long)s->otime,
		    (unsigned long)s->ctime);
	}
	mutex_unlock(&sem_kind.lock);
}
