/* seccomp(2), and prctl(2)'s way to it. */
#include "arch/uaccess.h"
#include "seccomp/internal.h"
#include "syscall/syscall.h"

enum { SET_MODE_STRICT, SET_MODE_FILTER, GET_ACTION_AVAIL, GET_NOTIF_SIZES };

static int64_t set_strict(void)
{
	struct thread *t = current;
	irqflags_t flags = spin_lock(&task_lock);
	bool may = t->seccomp.mode == SECCOMP_OFF || t->seccomp.mode == SECCOMP_STRICT;

	if (may)
		seccomp_assign(t, SECCOMP_STRICT);
	spin_unlock(&task_lock, flags);
	return may ? 0 : -EINVAL;
}

static int64_t set_filter(uint64_t flags, uaddr_t fprog)
{
	struct seccomp_filter *f;
	int result;

	if (flags & ~(uint64_t)FLAGS_KNOWN)
		return -EINVAL;
	f = filter_copy_in(fprog);
	if (IS_ERR(f))
		return PTR_ERR(f);
	result = filter_attach(f, (unsigned)flags);
	if (result)
		filter_put(f);
	return result;
}

static int64_t action_available(uaddr_t from)
{
	uint32_t action;

	if (copy_in_obj(&action, from))
		return -EFAULT;
	switch (action) {
	case RET_KILL_PROCESS:
	case RET_KILL_THREAD:
	case RET_TRAP:
	case RET_ERRNO:
	case RET_TRACE:
	case RET_LOG:
	case RET_ALLOW:
		return 0;
	}
	return -EOPNOTSUPP;
}

static int64_t do_seccomp(unsigned op, uint64_t flags, uaddr_t arg)
{
	if (op != SET_MODE_FILTER && flags)
		return -EINVAL;
	switch (op) {
	case SET_MODE_STRICT:
		return arg ? -EINVAL : set_strict();
	case SET_MODE_FILTER:
		return set_filter(flags, arg);
	case GET_ACTION_AVAIL:
		return action_available(arg);
	}
	return -EINVAL;
}

SYSCALL(seccomp)
{
	return do_seccomp((unsigned)a[0], (uint32_t)a[1], a[2]);
}

int64_t seccomp_prctl(uint64_t mode, uaddr_t filter)
{
	switch (mode) {
	case SECCOMP_STRICT:
		return do_seccomp(SET_MODE_STRICT, 0, 0);
	case SECCOMP_FILTER:
		return do_seccomp(SET_MODE_FILTER, 0, filter);
	}
	return -EINVAL;
}
