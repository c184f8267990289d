/* Capabilities as programs see and change them (capget(2), capset(2), prctl(2)). */
#include "abi/prctl.h"
#include "arch/uaccess.h"
#include "proc/process.h"
#include "syscall/syscall.h"

#define CAP_VERSION_1 0x19980330
#define CAP_VERSION_2 0x20071026
#define CAP_VERSION_3 0x20080522

struct user_cap_header {
	uint32_t version;
	int32_t pid;
};

struct user_cap_data { /* one for each 32 capabilities */
	uint32_t effective, permitted, inheritable;
};

/* How many data elements the header's version has, or -EINVAL, with the version to use put there,
 * or -EFAULT. */
static int check_version(uaddr_t header)
{
	uint32_t version, best = CAP_VERSION_3;

	if (copy_in_obj(&version, header))
		return -EFAULT;
	if (version == CAP_VERSION_1)
		return 1;
	if (version == CAP_VERSION_2 || version == CAP_VERSION_3)
		return 2;
	return copy_out_obj(header, &best) ? -EFAULT : -EINVAL;
}

/* The credentials of the thread `tid`, with a reference, or NULL. */
static const struct cred *cred_of(int tid)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = tid ? thread_find(tid) : current;
	const struct cred *c = t ? cred_get(t->cred) : NULL;

	spin_unlock(&task_lock, flags);
	return c;
}

SYSCALL(capget)
{
	int count = check_version(a[0]);
	struct user_cap_data data[2];
	const struct cred *c;
	int32_t pid;

	if (!a[1] || count < 0)
		return !a[1] && (count >= 0 || count == -EINVAL) ? 0 : count;
	if (copy_in_obj(&pid, a[0] + offsetof(struct user_cap_header, pid)))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	c = cred_of(pid);
	if (!c)
		return -ESRCH;
	for (int i = 0; i < 2; i++)
		data[i] = (struct user_cap_data){
		    .effective = (uint32_t)(c->cap_effective >> 32 * i),
		    .permitted = (uint32_t)(c->cap_permitted >> 32 * i),
		    .inheritable = (uint32_t)(c->cap_inheritable >> 32 * i),
		};
	cred_put(c);
	return arch_copy_out(a[1], data, (size_t)count * sizeof(data[0]));
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return (low | (uint64_t)high << 32) & CAP_FULL;
}

static int check_set(const struct cred *old, const struct cred *new)
{
	uint64_t may_inherit = old->cap_inheritable | old->cap_permitted;

	if (!capable(CAP_SETPCAP) && (new->cap_inheritable & ~may_inherit))
		return -EPERM;
	if (new->cap_inheritable & ~(old->cap_inheritable | old->cap_bounding))
		return -EPERM;
	if (new->cap_permitted & ~old->cap_permitted)
		return -EPERM;
	return new->cap_effective & ~new->cap_permitted ? -EPERM : 0;
}

SYSCALL(capset)
{
	int count = check_version(a[0]), err;
	struct user_cap_data d[2] = {0};
	struct cred *c;
	int32_t pid;

	if (count < 0)
		return count;
	if (copy_in_obj(&pid, a[0] + offsetof(struct user_cap_header, pid)))
		return -EFAULT;
	if (pid && pid != current->tid->nr)
		return -EPERM;
	if (arch_copy_in(d, a[1], (size_t)count * sizeof(d[0])))
		return -EFAULT;
	c = cred_copy(current->cred);
	if (!c)
		return -ENOMEM;
	c->cap_effective = join(d[0].effective, d[1].effective);
	c->cap_permitted = join(d[0].permitted, d[1].permitted);
	c->cap_inheritable = join(d[0].inheritable, d[1].inheritable);
	c->cap_ambient &= c->cap_permitted & c->cap_inheritable;
	err = check_set(current->cred, c);
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
}

/* --- prctl --- */

/* The current credentials with other securebits, bounding and ambient set. */
static int install_sets(uint32_t securebits, uint64_t bounding, uint64_t ambient)
{
	struct cred *c = cred_copy(current->cred);

	if (!c)
		return -ENOMEM;
	c->securebits = securebits;
	c->cap_bounding = bounding;
	c->cap_ambient = ambient;
	cred_install(c);
	return 0;
}

static int drop_bounding(const struct cred *old, uint64_t cap)
{
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST)
		return -EINVAL;
	return install_sets(old->securebits, old->cap_bounding & ~CAP_BIT(cap), old->cap_ambient);
}

static int set_securebits(const struct cred *old, uint64_t bits)
{
	uint32_t locks = old->securebits & SECURE_ALL_LOCKS;

	if ((locks >> 1 & (old->securebits ^ bits)) || (locks & ~bits) ||
	    (bits & ~(uint64_t)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) || !capable(CAP_SETPCAP))
		return -EPERM;
	return install_sets((uint32_t)bits, old->cap_bounding, old->cap_ambient);
}

static int set_keep_caps(const struct cred *old, uint64_t on)
{
	uint32_t bits = old->securebits & ~(uint32_t)SECURE_KEEP_CAPS;

	if (on > 1)
		return -EINVAL;
	if (bits & SECURE_KEEP_CAPS_LOCKED)
		return -EPERM;
	return install_sets(
	    bits | (on ? SECURE_KEEP_CAPS : 0), old->cap_bounding, old->cap_ambient);
}

static int change_ambient(const struct cred *old, const uint64_t a[6])
{
	uint64_t bit;

	if (a[1] == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (a[2] || a[3] || a[4])
			return -EINVAL;
		return install_sets(old->securebits, old->cap_bounding, 0);
	}
	if (a[2] > CAP_LAST || a[3] || a[4])
		return -EINVAL;
	bit = CAP_BIT(a[2]);
	switch (a[1]) {
	case PR_CAP_AMBIENT_IS_SET:
		return old->cap_ambient & bit ? 1 : 0;
	case PR_CAP_AMBIENT_RAISE:
		if (!(old->cap_permitted & old->cap_inheritable & bit) ||
		    (old->securebits & SECURE_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
		return install_sets(old->securebits, old->cap_bounding, old->cap_ambient | bit);
	case PR_CAP_AMBIENT_LOWER:
		return install_sets(old->securebits, old->cap_bounding, old->cap_ambient & ~bit);
	}
	return -EINVAL;
}

int64_t cap_prctl(const uint64_t a[6])
{
	const struct cred *c = current->cred;

	switch ((int)a[0]) {
	case PR_CAPBSET_READ:
		return a[1] > CAP_LAST ? -EINVAL : (int64_t)(c->cap_bounding >> a[1] & 1);
	case PR_CAPBSET_DROP:
		return drop_bounding(c, a[1]);
	case PR_SET_SECUREBITS:
		return set_securebits(c, a[1]);
	case PR_GET_SECUREBITS:
		return c->securebits;
	case PR_GET_KEEPCAPS:
		return c->securebits & SECURE_KEEP_CAPS ? 1 : 0;
	case PR_SET_KEEPCAPS:
		return set_keep_caps(c, a[1]);
	case PR_CAP_AMBIENT:
		return change_ambient(c, a);
	}
	return -ENOSYS;
}
