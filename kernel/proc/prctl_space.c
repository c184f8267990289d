/* prctl(2): the options about a process's memory. */
#include "abi/prctl.h"
#include "arch/uaccess.h"
#include "mm/area.h"
#include "proc/internal.h"

static int64_t set_dumpable(struct space *s, uint64_t value)
{
	if (value != DUMP_DISABLE && value != DUMP_USER)
		return -EINVAL;
	s->dumpable = value;
	return 0;
}

/* There are no huge pages to do without; the wish is kept, and inherited. */
static int64_t set_no_huge(struct space *s, const uint64_t a[6])
{
	if (a[2] || a[3] || a[4])
		return -EINVAL;
	mutex_lock(&s->lock);
	s->policy = a[1] ? s->policy | SPACE_NO_HUGE : s->policy & ~(unsigned)SPACE_NO_HUGE;
	mutex_unlock(&s->lock);
	return 0;
}

/* Memory-Deny-Write-Execute: once set, for good. */
static int64_t set_mdwe(struct space *s, const uint64_t a[6])
{
	unsigned all = SPACE_DENY_EXEC_GAIN | SPACE_DENY_NOT_INHERITED, wanted = 0;
	int64_t err = 0;

	if (a[2] || a[3] || a[4] ||
	    (a[1] & ~(uint64_t)(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT)))
		return -EINVAL;
	if (a[1] == PR_MDWE_NO_INHERIT)
		return -EINVAL;
	if (a[1] & PR_MDWE_REFUSE_EXEC_GAIN)
		wanted |= SPACE_DENY_EXEC_GAIN;
	if (a[1] & PR_MDWE_NO_INHERIT)
		wanted |= SPACE_DENY_NOT_INHERITED;
	mutex_lock(&s->lock);
	if ((s->policy & all) && (s->policy & all) != wanted)
		err = -EPERM;
	else
		s->policy |= wanted;
	mutex_unlock(&s->lock);
	return err;
}

static int64_t get_mdwe(const struct space *s, const uint64_t a[6])
{
	if (a[1] || a[2] || a[3] || a[4])
		return -EINVAL;
	return (s->policy & SPACE_DENY_EXEC_GAIN ? PR_MDWE_REFUSE_EXEC_GAIN : 0) |
	       (s->policy & SPACE_DENY_NOT_INHERITED ? PR_MDWE_NO_INHERIT : 0);
}

static int64_t get_auxv(const struct space *s, const uint64_t a[6])
{
	if (a[3] || a[4])
		return -EINVAL;
	if (arch_copy_out(a[1], s->auxv, MIN(a[2], sizeof(s->auxv))))
		return -EFAULT;
	return sizeof(s->auxv);
}

/* The boundaries that PR_SET_MM changes one by one. */
struct bounds {
	uaddr_t code_start, code_end, data_start, data_end, brk_start, brk, arg_start, arg_end,
	    env_start, env_end;
};

static struct bounds bounds_of(const struct space *s)
{
	return (struct bounds){s->code_start, s->code_end, s->data_start, s->data_end, s->brk_start,
	    s->brk, s->arg_start, s->arg_end, s->env_start, s->env_end};
}

static uaddr_t *bound_named(struct bounds *b, uint64_t name)
{
	switch (name) {
	case PR_SET_MM_START_CODE:
		return &b->code_start;
	case PR_SET_MM_END_CODE:
		return &b->code_end;
	case PR_SET_MM_START_DATA:
		return &b->data_start;
	case PR_SET_MM_END_DATA:
		return &b->data_end;
	case PR_SET_MM_START_BRK:
		return &b->brk_start;
	case PR_SET_MM_BRK:
		return &b->brk;
	case PR_SET_MM_ARG_START:
		return &b->arg_start;
	case PR_SET_MM_ARG_END:
		return &b->arg_end;
	case PR_SET_MM_ENV_START:
		return &b->env_start;
	case PR_SET_MM_ENV_END:
		return &b->env_end;
	}
	return NULL;
}

static bool bounds_valid(const struct bounds *b)
{
	uint64_t limit = limit_of(RLIMIT_DATA), used;

	if (b->code_start >= b->code_end || b->data_start > b->data_end || b->brk_start > b->brk ||
	    b->arg_start > b->arg_end || b->env_start > b->env_end)
		return false;
	used = b->brk - b->brk_start + (b->data_end - b->data_start);
	return limit == RLIM_INFINITY || used <= limit;
}

static void bounds_set(struct space *s, const struct bounds *b)
{
	s->code_start = b->code_start;
	s->code_end = b->code_end;
	s->data_start = b->data_start;
	s->data_end = b->data_end;
	s->brk_start = b->brk_start;
	s->brk = b->brk;
	s->arg_start = b->arg_start;
	s->arg_end = b->arg_end;
	s->env_start = b->env_start;
	s->env_end = b->env_end;
}

static int64_t set_bound(struct space *s, const uint64_t a[6])
{
	struct bounds b;
	uaddr_t addr = a[2], *bound;
	int64_t err = 0;

	if (a[4] || a[3])
		return -EINVAL;
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (addr >= ARCH_USER_TOP || addr < MIN_ADDRESS)
		return -EINVAL;
	mutex_lock(&s->lock);
	b = bounds_of(s);
	bound = bound_named(&b, a[1]);
	if (bound)
		*bound = addr;
	if (!bound || !bounds_valid(&b))
		err = -EINVAL;
	else if (bound >= &b.arg_start && !area_overlap(s, addr, ARCH_USER_TOP))
		err = -EFAULT; /* nothing at the address, nor above it */
	else
		bounds_set(s, &b);
	mutex_unlock(&s->lock);
	return err;
}

int64_t space_prctl(const uint64_t a[6])
{
	struct space *s = current->space;

	switch ((int)a[0]) {
	case PR_GET_DUMPABLE:
		return s->dumpable;
	case PR_SET_DUMPABLE:
		return set_dumpable(s, a[1]);
	case PR_SET_MM:
		return set_bound(s, a);
	case PR_SET_THP_DISABLE:
		return set_no_huge(s, a);
	case PR_GET_THP_DISABLE:
		if (a[1] || a[2] || a[3] || a[4])
			return -EINVAL;
		return s->policy & SPACE_NO_HUGE ? 1 : 0;
	case PR_SET_MDWE:
		return set_mdwe(s, a);
	case PR_GET_MDWE:
		return get_mdwe(s, a);
	case PR_GET_AUXV:
		return get_auxv(s, a);
	}
	return -ENOSYS;
}
