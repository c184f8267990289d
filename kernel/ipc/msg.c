/* System V message queues: msgget(2), msgsnd(2), msgrcv(2). */
#include "ipc/msg.h"

#include "fs/internal.h"
#include "mm/page.h"
#include "syscall/syscall.h"
#include "sysctl.h"

struct ipc_kind msg_kind = IPC_KIND_INIT("msg", &sysctls.msgmni, &sysctls.msg_next_id);

struct message {
	struct list link;
	int64_t type;
	uint64_t size;
	char text[];
};

/* --- queues (msg_kind.lock) --- */

static int msg_create(const struct ipc_params *p)
{
	struct msg_queue *q = kzalloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->refs = 1;
	q->max_bytes = (uint64_t)sysctl_get(msgmnb);
	q->ctime = ipc_now();
	list_init(&q->messages);
	wait_queue_init(&q->waiting);
	int id = ipc_add(&msg_kind, &q->ipc, p);
	if (id < 0)
		kfree(q);
	return id;
}

SYSCALL(msgget)
{
	static const struct ipc_getter getter = {msg_create, NULL};
	struct ipc_params p = {.key = (int32_t)a[0], .flags = (int)a[1]};
	return ipc_get(&msg_kind, &getter, &p);
}

void msg_queue_changed(struct msg_queue *q)
{
	__atomic_fetch_add(&q->changes, 1, __ATOMIC_RELEASE);
	wait_wake_all(&q->waiting);
}

static void put(struct msg_queue *q)
{
	if (--q->refs == 0)
		kfree(q);
}

void msg_queue_remove(struct msg_queue *q)
{
	ipc_remove(&msg_kind, &q->ipc);
	while (!list_empty(&q->messages)) {
		struct message *m = list_first(&q->messages, struct message, link);
		list_remove(&m->link);
		kfree(m);
	}
	q->removed = true;
	msg_queue_changed(q);
	put(q);
}

void msg_totals(uint64_t *messages, uint64_t *bytes)
{
	*messages = *bytes = 0;
	for (unsigned i = 0; i < msg_kind.size; i++) {
		if (!msg_kind.slots[i])
			continue;
		*messages += msg_queue_of(msg_kind.slots[i])->count;
		*bytes += msg_queue_of(msg_kind.slots[i])->bytes;
	}
}

static struct msg_queue *find_permitted(int id, unsigned mode)
{
	struct ipc_object *o = ipc_find(&msg_kind, id);
	int err = IS_ERR(o) ? PTR_ERR(o) : ipc_permission(o, mode);
	return err ? ERR_PTR(err) : msg_queue_of(o);
}

/* Lets go of the lock until the queue changes: 0, -EIDRM, or -ERESTARTNOHAND. */
static int wait_for_change(struct msg_queue *q, const char *reason)
{
	uint32_t seen = q->changes;
	q->refs++;
	mutex_unlock(&msg_kind.lock);
	int err = wait_event(&q->waiting, __atomic_load_n(&q->changes, __ATOMIC_ACQUIRE) != seen,
	    SCHED_SLEEP_INTR, NS_NEVER, reason);
	mutex_lock(&msg_kind.lock);
	bool removed = q->removed;
	put(q);
	if (removed)
		return -EIDRM;
	return err ? -ERESTARTNOHAND : 0;
}

/* --- sending --- */

static bool has_room(const struct msg_queue *q, uint64_t size)
{
	return q->bytes + size <= q->max_bytes && q->count + 1 <= q->max_bytes;
}

/* (msg_kind.lock) */
static int send(int id, struct message *m, int flags)
{
	for (;;) {
		struct msg_queue *q = find_permitted(id, 0222);
		if (IS_ERR(q))
			return PTR_ERR(q);
		if (has_room(q, m->size)) {
			list_append(&q->messages, &m->link);
			q->bytes += m->size;
			q->count++;
			q->last_sender = ipc_pid();
			q->stime = ipc_now();
			msg_queue_changed(q);
			return 0;
		}
		int err = flags & IPC_NOWAIT ? -EAGAIN : wait_for_change(q, "do_msgsnd");
		if (err)
			return err;
	}
}

SYSCALL(msgsnd)
{
	int64_t type;
	uint64_t size = a[2];
	if (arch_copy_in(&type, a[1], sizeof(type)))
		return -EFAULT;
	if (size > (uint64_t)sysctl_get(msgmax) || (int)a[0] < 0 || type < 1)
		return -EINVAL;
	struct message *m = pages_low() ? NULL : kmalloc(sizeof(*m) + size);
	if (!m)
		return -ENOMEM;
	m->type = type;
	m->size = size;
	int err = arch_copy_in(m->text, a[1] + sizeof(type), size) ? -EFAULT : 0;
	if (!err) {
		mutex_lock(&msg_kind.lock);
		err = send((int)a[0], m, (int)a[3]);
		mutex_unlock(&msg_kind.lock);
	}
	if (err)
		kfree(m);
	return err;
}

/* --- receiving --- */

struct receive {
	int id, flags;
	int64_t type;
	uint64_t size;
};

static bool wanted(const struct receive *r, const struct message *m)
{
	if (r->type > 0)
		return (m->type == r->type) != !!(r->flags & MSG_EXCEPT);
	return true;
}

/* The message that the call is for, or NULL. */
static struct message *choose(const struct msg_queue *q, const struct receive *r)
{
	struct message *m, *found = NULL;
	int64_t most = r->type == INT64_MIN ? INT64_MAX : -r->type, index = 0;
	list_for_each (m, &q->messages, link) {
		if (r->flags & MSG_COPY) {
			if (index++ == r->type)
				return m;
		} else if (r->type < 0) {
			if (m->type <= most) {
				found = m;
				most = m->type - 1;
			}
		} else if (wanted(r, m)) {
			return m;
		}
	}
	return found;
}

static struct message *copy_of(const struct message *m, uint64_t room)
{
	struct message *copy = kmalloc(sizeof(*copy) + m->size);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (m->size > room) {
		kfree(copy);
		return ERR_PTR(-EINVAL); /* there is no cutting a copy short */
	}
	memcpy(copy, m, sizeof(*m) + m->size);
	return copy;
}

/* Takes the message out, or copies it. ERR_PTR on failure. */
static struct message *take(struct msg_queue *q, struct message *m, const struct receive *r)
{
	if (m->size > r->size && !(r->flags & MSG_NOERROR))
		return ERR_PTR(-E2BIG);
	if (r->flags & MSG_COPY)
		return copy_of(m, r->size);
	list_remove(&m->link);
	q->bytes -= m->size;
	q->count--;
	q->last_receiver = ipc_pid();
	q->rtime = ipc_now();
	msg_queue_changed(q);
	return m;
}

/* (msg_kind.lock) */
static struct message *receive(const struct receive *r)
{
	for (;;) {
		struct msg_queue *q = find_permitted(r->id, 0444);
		if (IS_ERR(q))
			return ERR_PTR(PTR_ERR(q));
		struct message *m = choose(q, r);
		if (m)
			return take(q, m, r);
		int err = r->flags & IPC_NOWAIT ? -ENOMSG : wait_for_change(q, "do_msgrcv");
		if (err)
			return ERR_PTR(err);
	}
}

SYSCALL(msgrcv)
{
	struct receive r = {
	    .id = (int)a[0], .size = a[2], .type = (int64_t)a[3], .flags = (int)a[4]};
	if (r.id < 0 || (int64_t)r.size < 0)
		return -EINVAL;
	if ((r.flags & MSG_COPY) && ((r.flags & MSG_EXCEPT) || !(r.flags & IPC_NOWAIT)))
		return -EINVAL;
	mutex_lock(&msg_kind.lock);
	struct message *m = receive(&r);
	mutex_unlock(&msg_kind.lock);
	if (IS_ERR(m))
		return PTR_ERR(m);
	uint64_t size = MIN(r.size, m->size);
	int64_t result = (int64_t)size;
	if (arch_copy_out(a[1], &m->type, sizeof(m->type)) ||
	    arch_copy_out(a[1] + sizeof(m->type), m->text, size))
		result = -EFAULT;
	kfree(m);
	return result;
}
