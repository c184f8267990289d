/* The system calls about user and group ids (setuid(2), setreuid(2), setresuid(2), setgroups(2) …).
 */
#include "arch/uaccess.h"
#include "mm/heap.h"
#include "proc/internal.h"
#include "syscall/syscall.h"

#define KEEP UINT32_MAX /* -1: leave this id as it is */

SYSCALL(getuid)
{
	return current->cred->uid;
}

SYSCALL(geteuid)
{
	return current->cred->euid;
}

SYSCALL(getgid)
{
	return current->cred->gid;
}

SYSCALL(getegid)
{
	return current->cred->egid;
}

static int copy_out_three(const uint64_t a[6], uint32_t x, uint32_t y, uint32_t z)
{
	if (copy_out_obj(a[0], &x) || copy_out_obj(a[1], &y) || copy_out_obj(a[2], &z))
		return -EFAULT;
	return 0;
}

SYSCALL(getresuid)
{
	const struct cred *c = current->cred;

	return copy_out_three(a, c->uid, c->euid, c->suid);
}

SYSCALL(getresgid)
{
	const struct cred *c = current->cred;

	return copy_out_three(a, c->gid, c->egid, c->sgid);
}

/* The ids of one kind, so that users and groups share their rules. */
struct ids {
	uint32_t real, effective, saved;
};

static struct ids uids_of(const struct cred *c)
{
	return (struct ids){c->uid, c->euid, c->suid};
}

static struct ids gids_of(const struct cred *c)
{
	return (struct ids){c->gid, c->egid, c->sgid};
}

static int install_uids(struct ids n)
{
	const struct cred *old = current->cred;
	struct cred *c = cred_copy(old);

	if (!c)
		return -ENOMEM;
	c->uid = n.real;
	c->euid = c->fsuid = n.effective;
	c->suid = n.saved;
	cred_fix_caps(c, old);
	nproc_note_new_user(n.real);
	cred_install(c);
	return 0;
}

static int install_gids(struct ids n)
{
	struct cred *c = cred_copy(current->cred);

	if (!c)
		return -ENOMEM;
	c->gid = n.real;
	c->egid = c->fsgid = n.effective;
	c->sgid = n.saved;
	cred_install(c);
	return 0;
}

static bool one_of(const struct ids *i, uint32_t id)
{
	return id == KEEP || id == i->real || id == i->effective || id == i->saved;
}

/* setuid(2): privileged sets all three, else the effective one to the real or saved. */
static int rule_set(struct ids *i, uint32_t id, bool privileged)
{
	if (id == KEEP)
		return -EINVAL;
	if (privileged)
		*i = (struct ids){id, id, id};
	else if (id == i->real || id == i->saved)
		i->effective = id;
	else
		return -EPERM;
	return 0;
}

/* setreuid(2) */
static int rule_setre(struct ids *i, uint32_t real, uint32_t effective, bool privileged)
{
	struct ids old = *i;

	if (!privileged) {
		if (real != KEEP && real != old.real && real != old.effective)
			return -EPERM;
		if (!one_of(&old, effective))
			return -EPERM;
	}
	if (real != KEEP)
		i->real = real;
	if (effective != KEEP)
		i->effective = effective;
	if (real != KEEP || (effective != KEEP && effective != old.real))
		i->saved = i->effective;
	return 0;
}

/* setresuid(2) */
static int rule_setres(struct ids *i, const uint64_t a[6], bool privileged)
{
	uint32_t real = (uint32_t)a[0], effective = (uint32_t)a[1], saved = (uint32_t)a[2];

	if (!privileged && !(one_of(i, real) && one_of(i, effective) && one_of(i, saved)))
		return -EPERM;
	if (real != KEEP)
		i->real = real;
	if (effective != KEEP)
		i->effective = effective;
	if (saved != KEEP)
		i->saved = saved;
	return 0;
}

SYSCALL(setuid)
{
	struct ids i = uids_of(current->cred);
	int err = rule_set(&i, (uint32_t)a[0], capable(CAP_SETUID));

	return err ? err : install_uids(i);
}

SYSCALL(setgid)
{
	struct ids i = gids_of(current->cred);
	int err = rule_set(&i, (uint32_t)a[0], capable(CAP_SETGID));

	return err ? err : install_gids(i);
}

SYSCALL(setreuid)
{
	struct ids i = uids_of(current->cred);
	int err = rule_setre(&i, (uint32_t)a[0], (uint32_t)a[1], capable(CAP_SETUID));

	return err ? err : install_uids(i);
}

SYSCALL(setregid)
{
	struct ids i = gids_of(current->cred);
	int err = rule_setre(&i, (uint32_t)a[0], (uint32_t)a[1], capable(CAP_SETGID));

	return err ? err : install_gids(i);
}

SYSCALL(setresuid)
{
	struct ids i = uids_of(current->cred);
	int err = rule_setres(&i, a, capable(CAP_SETUID));

	return err ? err : install_uids(i);
}

SYSCALL(setresgid)
{
	struct ids i = gids_of(current->cred);
	int err = rule_setres(&i, a, capable(CAP_SETGID));

	return err ? err : install_gids(i);
}

/* setfsuid(2) never fails: it returns the old id either way. */
SYSCALL(setfsuid)
{
	const struct cred *old = current->cred;
	uint32_t id = (uint32_t)a[0], before = old->fsuid;
	struct ids i = uids_of(old);
	struct cred *c;

	if (id == KEEP || !(one_of(&i, id) || id == before || capable(CAP_SETUID)))
		return before;
	c = cred_copy(old);
	if (c) {
		c->fsuid = id;
		cred_fix_fs_caps(c, old);
		cred_install(c);
	}
	return before;
}

SYSCALL(setfsgid)
{
	const struct cred *old = current->cred;
	uint32_t id = (uint32_t)a[0], before = old->fsgid;
	struct ids i = gids_of(old);
	struct cred *c;

	if (id == KEEP || !(one_of(&i, id) || id == before || capable(CAP_SETGID)))
		return before;
	c = cred_copy(old);
	if (c) {
		c->fsgid = id;
		cred_install(c);
	}
	return before;
}

SYSCALL(getgroups)
{
	const struct group_list *g = current->cred->groups;
	int count = g ? (int)g->count : 0, room = (int)a[0];

	if (room < 0 || (room && room < count))
		return -EINVAL;
	if (room && count && arch_copy_out(a[1], g->gids, (size_t)count * 4))
		return -EFAULT;
	return count;
}

static void sift_down(uint32_t *v, unsigned root, unsigned count)
{
	for (unsigned child; (child = 2 * root + 1) < count; root = child) {
		uint32_t x = v[root];

		if (child + 1 < count && v[child + 1] > v[child])
			child++;
		if (x >= v[child])
			return;
		v[root] = v[child];
		v[child] = x;
	}
}

/* Heapsort: no bad case, no memory. */
static void sort_groups(struct group_list *g)
{
	for (unsigned i = g->count / 2; i-- > 0;)
		sift_down(g->gids, i, g->count);
	for (unsigned end = g->count; end > 1; end--) {
		uint32_t largest = g->gids[0];

		g->gids[0] = g->gids[end - 1];
		g->gids[end - 1] = largest;
		sift_down(g->gids, 0, end - 1);
	}
}

/* A list from user memory, or ERR_PTR. */
static struct group_list *groups_copy_in(uaddr_t from, unsigned count)
{
	struct group_list *g = kmalloc(sizeof(*g) + count * sizeof(g->gids[0]));
	int err = g ? 0 : -ENOMEM;

	if (g && arch_copy_in(g->gids, from, count * sizeof(g->gids[0])))
		err = -EFAULT;
	for (unsigned i = 0; !err && i < count; i++)
		if (g->gids[i] == UINT32_MAX)
			err = -EINVAL;
	if (err) {
		kfree(g);
		return ERR_PTR(err);
	}
	ref_init(&g->refs);
	g->count = count;
	sort_groups(g);
	return g;
}

SYSCALL(setgroups)
{
	uint32_t count = (uint32_t)a[0];
	struct group_list *g;
	struct cred *c;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (count > CRED_GROUPS_MAX)
		return -EINVAL;
	g = groups_copy_in(a[1], count);
	if (IS_ERR(g))
		return PTR_ERR(g);
	c = cred_copy(current->cred);
	if (!c) {
		kfree(g);
		return -ENOMEM;
	}
	cred_set_groups(c, g);
	cred_install(c);
	return 0;
}
