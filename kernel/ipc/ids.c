/* Ids, keys and permissions of System V IPC objects. */
#include "ipc/ipc.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "proc/process.h"
#include "sched/timer.h"

#define INDEX_BITS 15 /* of an id: above them is a sequence number */
#define INDEX_MASK ((1 << INDEX_BITS) - 1)
#define SEQ_MAX    (INT32_MAX >> INDEX_BITS)
#define MIN_CYCLE  64 /* indices are not used again before that many */

#define CAP_IPC_OWNER 15

int64_t ipc_now(void)
{
	return time_realtime() / NS_PER_S;
}

int ipc_pid(void)
{
	return current->process->pid->nr;
}

/* --- ids --- */

static int grow_slots(struct ipc_kind *k, unsigned index)
{
	if (index < k->size)
		return 0;
	unsigned size = MAX(MAX(k->size * 2, MIN_CYCLE), index + 1);
	struct ipc_object **slots = krealloc(k->slots, size * sizeof(k->slots[0]));
	if (!slots)
		return -ENOMEM;
	memset(slots + k->size, 0, (size - k->size) * sizeof(slots[0]));
	k->slots = slots;
	k->size = size;
	return 0;
}

static bool is_free(const struct ipc_kind *k, unsigned index)
{
	return index >= k->size || !k->slots[index];
}

/* Goes round: an index comes back late, and then with another sequence number. */
static int choose_index(struct ipc_kind *k)
{
	unsigned most = MIN(MAX(k->in_use * 3 / 2, MIN_CYCLE), 1U << INDEX_BITS);
	for (unsigned i = 0, at = k->next; i < most; i++, at++) {
		if (at >= most)
			at = 0;
		if (is_free(k, at))
			return (int)at;
	}
	return -ENOSPC;
}

/* The first free index from that of `wanted` on. */
static int choose_from(const struct ipc_kind *k, int wanted)
{
	unsigned at = (unsigned)wanted & INDEX_MASK;
	while (at <= INDEX_MASK && !is_free(k, at))
		at++;
	return at <= INDEX_MASK ? (int)at : -ENOSPC;
}

/* An index for a new object, with the sequence number that belongs to it. */
static int choose(struct ipc_kind *k, unsigned *seq)
{
	int64_t wanted = __atomic_load_n(k->next_id, __ATOMIC_RELAXED);
	int index = wanted < 0 ? choose_index(k) : choose_from(k, (int)wanted);
	int err = index < 0 ? index : grow_slots(k, (unsigned)index);
	if (err)
		return err;
	if (wanted >= 0) {
		__atomic_store_n(k->next_id, -1, __ATOMIC_RELAXED);
		*seq = (unsigned)wanted >> INDEX_BITS;
		return index;
	}
	if (index <= k->last && ++k->seq >= SEQ_MAX)
		k->seq = 0;
	k->last = index;
	k->next = (unsigned)index + 1;
	*seq = k->seq;
	return index;
}

int ipc_add(struct ipc_kind *k, struct ipc_object *o, const struct ipc_params *p)
{
	const struct cred *c = current->cred;
	unsigned seq;
	int index = k->in_use < (uint64_t)__atomic_load_n(k->limit, __ATOMIC_RELAXED)
			? choose(k, &seq)
			: -ENOSPC;
	if (index < 0)
		return index;
	k->in_use++;
	k->slots[index] = o;
	o->key = p->key;
	o->id = (int)(seq << INDEX_BITS) | index;
	o->uid = o->cuid = c->euid;
	o->gid = o->cgid = c->egid;
	o->mode = (unsigned)p->flags & 0777;
	return o->id;
}

void ipc_remove(struct ipc_kind *k, struct ipc_object *o)
{
	k->slots[o->id & INDEX_MASK] = NULL;
	if (!--k->in_use) {
		kfree(k->slots);
		k->slots = NULL;
		k->size = 0;
	}
}

struct ipc_object *ipc_find(const struct ipc_kind *k, int id)
{
	unsigned index = (unsigned)id & INDEX_MASK;
	if (id < 0 || is_free(k, index))
		return ERR_PTR(-EINVAL);
	struct ipc_object *o = k->slots[index];
	return o->id == id ? o : ERR_PTR(-EIDRM);
}

struct ipc_object *ipc_at(const struct ipc_kind *k, int index)
{
	unsigned at = (unsigned)index & INDEX_MASK;
	return index < 0 || is_free(k, at) ? ERR_PTR(-EINVAL) : k->slots[at];
}

int ipc_max_index(const struct ipc_kind *k)
{
	for (unsigned i = k->size; i > 0; i--) {
		if (k->slots[i - 1])
			return (int)i - 1;
	}
	return 0;
}

/* --- permissions --- */

int ipc_permission(const struct ipc_object *o, unsigned flags)
{
	const struct cred *c = current->cred;
	unsigned wanted = flags >> 6 | flags >> 3 | flags, granted = o->mode;
	if (c->euid == o->cuid || c->euid == o->uid)
		granted >>= 6;
	else if (cred_in_group(c, o->cgid) || cred_in_group(c, o->gid))
		granted >>= 3;
	return (wanted & ~granted & 07) && !capable(CAP_IPC_OWNER) ? -EACCES : 0;
}

struct ipc_object *ipc_find_owned(const struct ipc_kind *k, int id)
{
	const struct cred *c = current->cred;
	struct ipc_object *o = ipc_find(k, id);
	if (IS_ERR(o) || c->euid == o->cuid || c->euid == o->uid || capable(CAP_SYS_ADMIN))
		return o;
	return ERR_PTR(-EPERM);
}

struct ipc_object *ipc_find_stat(
    const struct ipc_kind *k, int id, bool by_index, bool any, int *result)
{
	struct ipc_object *o = by_index ? ipc_at(k, id) : ipc_find(k, id);
	int err = IS_ERR(o) || any ? 0 : ipc_permission(o, 0444);
	if (err)
		return ERR_PTR(err);
	*result = by_index && !IS_ERR(o) ? o->id : 0;
	return o;
}

void ipc_stat(const struct ipc_object *o, struct linux_ipc_perm *out)
{
	*out = (struct linux_ipc_perm){
	    .key = o->key,
	    .uid = o->uid,
	    .gid = o->gid,
	    .cuid = o->cuid,
	    .cgid = o->cgid,
	    .mode = o->mode,
	    .seq = (uint16_t)(o->id >> INDEX_BITS),
	};
}

int ipc_set(struct ipc_object *o, const struct linux_ipc_perm *in)
{
	if (in->uid == UINT32_MAX || in->gid == UINT32_MAX)
		return -EINVAL;
	o->uid = in->uid;
	o->gid = in->gid;
	o->mode = (o->mode & ~0777U) | (in->mode & 0777);
	return 0;
}

/* --- by key --- */

static struct ipc_object *find_key(const struct ipc_kind *k, int32_t key)
{
	for (unsigned i = 0; i < k->size; i++) {
		if (k->slots[i] && k->slots[i]->key == key)
			return k->slots[i];
	}
	return NULL;
}

static int get_locked(struct ipc_kind *k, const struct ipc_getter *g, const struct ipc_params *p)
{
	struct ipc_object *o = p->key == IPC_PRIVATE ? NULL : find_key(k, p->key);
	if (!o) {
		if (p->key != IPC_PRIVATE && !(p->flags & IPC_CREAT))
			return -ENOENT;
		return pages_low() ? -ENOMEM : g->create(p);
	}
	if ((p->flags & IPC_CREAT) && (p->flags & IPC_EXCL))
		return -EEXIST;
	int err = g->check ? g->check(o, p) : 0;
	if (!err)
		err = ipc_permission(o, (unsigned)p->flags & 0777);
	return err ? err : o->id;
}

int ipc_get(struct ipc_kind *k, const struct ipc_getter *g, const struct ipc_params *p)
{
	mutex_lock(&k->lock);
	int id = get_locked(k, g, p);
	mutex_unlock(&k->lock);
	return id;
}
