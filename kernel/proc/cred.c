/* Credentials (credentials(7), capabilities(7)). */
#include "proc/cred.h"

#include "mm/heap.h"
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

void cred_install(struct cred *c)
{
	struct thread *t = current;
	const struct cred *old = t->cred;
	irqflags_t flags = spin_lock(&task_lock);

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
	if (c->fsgid == gid)
		return true;
	for (unsigned i = 0; c->groups && i < c->groups->count; i++)
		if (c->groups->gids[i] == gid)
			return true;
	return false;
}

bool capable(int cap)
{
	return cred_has_cap(current->cred, cap);
}

/*
 * What a change of user ids does to capabilities (capabilities(7), "Effect of user ID changes"):
 * the last 0 gone clears them, an effective id from or to 0 switches the effective set.
 */
void cred_fix_caps(struct cred *new, const struct cred *old)
{
	bool had_root = !old->uid || !old->euid || !old->suid;
	bool has_root = !new->uid || !new->euid || !new->suid;

	if (had_root && !has_root) {
		new->cap_permitted = 0;
		new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}
