/* Credentials (credentials(7), capabilities(7)). */
#include "proc/cred.h"

#include "mm/heap.h"
#include "mm/space.h"
#include "proc/process.h"

const struct cred cred_root = {
    .refs = {1},
    .cap_permitted = CAP_FULL,
    .cap_effective = CAP_FULL,
    .cap_bounding = CAP_FULL,
};

const struct cred *cred_get(const struct cred *c)
{
	if (c != &cred_root)
		ref_get((struct refcount *)&c->refs);
	return c;
}

static void groups_put(struct group_list *g)
{
	if (g && ref_put(&g->refs))
		kfree(g);
}

void cred_put(const struct cred *c)
{
	struct cred *own = (struct cred *)c;

	if (!c || c == &cred_root || !ref_put(&own->refs))
		return;
	groups_put(own->groups);
	kfree(own);
}

struct cred *cred_copy(const struct cred *c)
{
	struct cred *n = kmalloc(sizeof(*n));

	if (!n)
		return NULL;
	*n = *c;
	ref_init(&n->refs);
	if (n->groups)
		ref_get(&n->groups->refs);
	return n;
}

void cred_set_groups(struct cred *c, struct group_list *g)
{
	groups_put(c->groups);
	c->groups = g;
}

int suid_dumpable;

/* Do others have to keep out of memory that was filled under `old`? */
static bool is_rise(const struct cred *new, const struct cred *old)
{
	return old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	       old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted);
}

void cred_install(struct cred *c)
{
	struct thread *t = current;
	const struct cred *old = t->cred;
	irqflags_t flags = spin_lock(&task_lock);

	if (is_rise(c, old)) {
		if (t->space)
			t->space->dumpable = suid_dumpable;
		t->pdeath_signal = 0;
	}
	t->cred = c;
	spin_unlock(&task_lock, flags);
	cred_put(old);
}

bool cred_has_cap(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

bool cred_in_group(const struct cred *c, uint32_t gid)
{
	unsigned low = 0, high = c->groups ? c->groups->count : 0;

	if (c->fsgid == gid)
		return true;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (c->groups->gids[middle] == gid)
			return true;
		if (c->groups->gids[middle] < gid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool capable(int cap)
{
	return cred_has_cap(current->cred, cap);
}

bool cred_may_schedule(const struct cred *to)
{
	return !(to->cap_permitted & ~current->cred->cap_permitted) || capable(CAP_SYS_NICE);
}

/*
 * capabilities(7), "Effect of user ID changes": the last 0 gone clears them, an effective id from
 * or to 0 switches the effective set.
 */
void cred_fix_caps(struct cred *new, const struct cred *old)
{
	bool had_root = !old->uid || !old->euid || !old->suid;
	bool has_root = !new->uid || !new->euid || !new->suid;

	if (old->securebits & SECURE_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if (!(old->securebits & SECURE_KEEP_CAPS)) {
			new->cap_permitted = 0;
			new->cap_effective = 0;
		}
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}

void cred_fix_fs_caps(struct cred *new, const struct cred *old)
{
	if (old->securebits & SECURE_NO_SETUID_FIXUP)
		return;
	if (!old->fsuid && new->fsuid)
		new->cap_effective &= ~CAP_FS_SET;
	if (old->fsuid && !new->fsuid)
		new->cap_effective |= new->cap_permitted & CAP_FS_SET;
}
