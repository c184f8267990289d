/* prctl(2), as far as it is about what this kernel has. */
#include "abi/prctl.h"
#include "arch/uaccess.h"
#include "mm/space.h"
#include "printk.h"
#include "syscall/syscall.h"

static int64_t set_pdeathsig(uint64_t sig)
{
	if (sig >= NSIG)
		return -EINVAL;
	current->pdeath_signal = (int)sig;
	return 0;
}

static int64_t get_int(uaddr_t to, int value)
{
	int32_t v = value;

	return copy_out_obj(to, &v);
}

static int64_t set_dumpable(uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	current->space->dumpable = value;
	return 0;
}

static int64_t set_name(uaddr_t from)
{
	char name[16] = {0};
	int64_t n = arch_copy_in_string(name, from, sizeof(name));
	irqflags_t flags;

	if (n == -EFAULT)
		return -EFAULT;
	name[15] = 0; /* longer ones are cut */
	flags = spin_lock(&task_lock);
	memcpy(current->comm, name, sizeof(name));
	spin_unlock(&task_lock, flags);
	return 0;
}

static int64_t set_subreaper(uint64_t on)
{
	struct process *p = current->process, *other;
	irqflags_t flags = spin_lock(&task_lock);

	p->child_subreaper = on;
	if (on) /* every descendant, so that find_reaper looks */
		list_for_each (other, &all_processes, all_link)
			for (struct process *a = other->parent; a; a = a->parent)
				if (a == p)
					other->has_child_subreaper = true;
	spin_unlock(&task_lock, flags);
	return 0;
}

static int64_t set_no_new_privs(const uint64_t a[6])
{
	if (a[1] != 1 || a[2] || a[3] || a[4])
		return -EINVAL;
	current->no_new_privs = true;
	return 0;
}

SYSCALL(prctl)
{
	int64_t result = cap_prctl(a);

	if (result != -ENOSYS)
		return result;
	switch ((int)a[0]) {
	case PR_SET_PDEATHSIG:
		return set_pdeathsig(a[1]);
	case PR_GET_PDEATHSIG:
		return get_int(a[1], current->pdeath_signal);
	case PR_GET_DUMPABLE:
		return current->space->dumpable;
	case PR_SET_DUMPABLE:
		return set_dumpable(a[1]);
	case PR_SET_NAME:
		return set_name(a[1]);
	case PR_GET_NAME:
		return copy_out_obj(a[1], &current->comm);
	case PR_SET_CHILD_SUBREAPER:
		return set_subreaper(a[1]);
	case PR_GET_CHILD_SUBREAPER:
		return get_int(a[1], current->process->child_subreaper);
	case PR_GET_SECCOMP:
		return current->seccomp.mode;
	case PR_SET_SECCOMP:
		return seccomp_prctl(a[1], a[2]);
	case PR_SET_PTRACER:
		return ptrace_allow_tracer(a[1]);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(a);
	case PR_GET_NO_NEW_PRIVS:
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : current->no_new_privs;
	}
	return -EINVAL; /* what Linux says of an option that it was built without */
}
