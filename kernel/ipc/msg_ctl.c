/* msgctl(2), and /proc/sysvipc/msg. */
#include "fs/proc/procfs.h"
#include "ipc/msg.h"
#include "syscall/syscall.h"
#include "sysctl.h"

static int64_t info(int cmd, uaddr_t out)
{
	int32_t most = (int32_t)sysctl_get(msgmnb), queues = (int32_t)sysctl_get(msgmni);
	struct linux_msginfo i = {.msgpool = MSGMNI * (MSGMNB / 1024),
	    .msgmap = MSGMNB,
	    .msgmax = (int32_t)sysctl_get(msgmax),
	    .msgmnb = most,
	    .msgmni = queues,
	    .msgssz = 16,
	    .msgtql = MSGMNB,
	    .msgseg = UINT16_MAX};
	mutex_lock(&msg_kind.lock);
	if (cmd == MSG_INFO) {
		uint64_t messages, bytes;
		msg_totals(&messages, &bytes);
		i.msgpool = (int32_t)msg_kind.in_use;
		i.msgmap = (int32_t)messages;
		i.msgtql = (int32_t)bytes;
	}
	int max = ipc_max_index(&msg_kind);
	mutex_unlock(&msg_kind.lock);
	return arch_copy_out(out, &i, sizeof(i)) ? -EFAULT : max;
}

static int64_t stat_queue(int id, int cmd, uaddr_t out)
{
	struct linux_msqid_ds ds = {0};
	int result;
	mutex_lock(&msg_kind.lock);
	struct ipc_object *o = ipc_find_stat(
	    &msg_kind, id, cmd != IPC_STAT, cmd == MSG_STAT_ANY, &result);
	if (!IS_ERR(o)) {
		const struct msg_queue *q = msg_queue_of(o);
		ipc_stat(o, &ds.perm);
		ds.stime = q->stime;
		ds.rtime = q->rtime;
		ds.ctime = q->ctime;
		ds.cbytes = q->bytes;
		ds.qnum = q->count;
		ds.qbytes = q->max_bytes;
		ds.lspid = q->last_sender;
		ds.lrpid = q->last_receiver;
	}
	mutex_unlock(&msg_kind.lock);
	if (IS_ERR(o))
		return PTR_ERR(o);
	return arch_copy_out(out, &ds, sizeof(ds)) ? -EFAULT : result;
}

/* (msg_kind.lock) */
static int set_queue(struct msg_queue *q, const struct linux_msqid_ds *in)
{
	if (in->qbytes > (uint64_t)sysctl_get(msgmnb) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	int err = ipc_set(&q->ipc, &in->perm);
	if (err)
		return err;
	q->max_bytes = in->qbytes;
	q->ctime = ipc_now();
	msg_queue_changed(q);
	return 0;
}

/* Removes it, or sets what `set` says. */
static int64_t change(int id, const struct linux_msqid_ds *set)
{
	mutex_lock(&msg_kind.lock);
	struct ipc_object *o = ipc_find_owned(&msg_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : 0;
	if (!err && set)
		err = set_queue(msg_queue_of(o), set);
	else if (!err)
		msg_queue_remove(msg_queue_of(o));
	mutex_unlock(&msg_kind.lock);
	return err;
}

SYSCALL(msgctl)
{
	struct linux_msqid_ds ds;
	int id = (int)a[0], cmd = (int)a[1];
	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return info(cmd, a[2]);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return stat_queue(id, cmd, a[2]);
	case IPC_SET:
		return arch_copy_in(&ds, a[2], sizeof(ds)) ? -EFAULT : change(id, &ds);
	case IPC_RMID:
		return change(id, NULL);
	default:
		return -EINVAL;
	}
}

/* --- /proc/sysvipc/msg --- */

void msg_show(struct proc_text *t)
{
	text_printf(t, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid"
		       "  cuid  cgid      stime      rtime      ctime\n");
	mutex_lock(&msg_kind.lock);
	for (unsigned i = 0; i < msg_kind.size; i++) {
		const struct ipc_object *o = msg_kind.slots[i];
		if (!o)
			continue;
		const struct msg_queue *q = container_of(o, struct msg_queue, ipc);
		text_printf(t,
		    "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10lu %10lu %10lu\n",
		    o->key, o->id, o->mode, (unsigned long)q->bytes, (unsigned long)q->count,
		    (unsigned)q->last_sender, (unsigned)q->last_receiver, o->uid, o->gid, o->cuid,
		    o->cgid, (unsigned long)q->stime, (unsigned long)q->rtime,
		    (unsigned long)q->ctime);
	}
	mutex_unlock(&msg_kind.lock);
}
