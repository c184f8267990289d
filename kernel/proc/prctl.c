/* prctl(2): the options about threads and processes. */
#include "abi/prctl.h"
#include "arch/uaccess.h"
#include "proc/internal.h"
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

/* --- what is kept of a thread's wishes, and inherited --- */

void timer_slack_set(struct thread *t, uint64_t ns)
{
	if (!sched_is_real_time(t))
		__atomic_store_n(
		    &t->wishes.timer_slack, ns ? ns : t->wishes.default_slack, __ATOMIC_RELAXED);
}

uint64_t timer_slack_get(const struct thread *t)
{
	return sched_is_real_time(t) ? 0
				     : __atomic_load_n(&t->wishes.timer_slack, __ATOMIC_RELAXED);
}

/* There is no memory here that fails page by page; the policy is kept all the same. */
static int64_t set_memory_failure(const uint64_t a[6])
{
	uint8_t *policy = &current->wishes.memory_failure;

	if (a[3] || a[4])
		return -EINVAL;
	if (a[1] == PR_MCE_KILL_CLEAR && !a[2])
		*policy = PR_MCE_KILL_DEFAULT;
	else if (a[1] == PR_MCE_KILL_SET && a[2] <= PR_MCE_KILL_DEFAULT)
		*policy = (uint8_t)a[2];
	else
		return -EINVAL;
	return 0;
}

static int64_t set_io_flusher(const uint64_t a[6])
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (a[1] > 1 || a[2] || a[3] || a[4])
		return -EINVAL;
	current->wishes.io_flusher = a[1];
	return 0;
}

static int64_t get_io_flusher(const uint64_t a[6])
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return a[1] || a[2] || a[3] || a[4] ? -EINVAL : current->wishes.io_flusher;
}

static int64_t thread_prctl(const uint64_t a[6])
{
	struct thread *t = current;

	switch ((int)a[0]) {
	case PR_SET_PDEATHSIG:
		return set_pdeathsig(a[1]);
	case PR_GET_PDEATHSIG:
		return get_int(a[1], t->pdeath_signal);
	case PR_GET_TIMING:
		return 0; /* statistical */
	case PR_SET_TIMING:
		return a[1] ? -EINVAL : 0;
	case PR_SET_NAME:
		return set_name(a[1]);
	case PR_GET_NAME:
		return copy_out_obj(a[1], &t->comm);
	case PR_SET_TIMERSLACK:
		timer_slack_set(current, (uint64_t)MAX((int64_t)a[1], 0));
		return 0;
	case PR_GET_TIMERSLACK:
		return (int64_t)timer_slack_get(current);
	case PR_MCE_KILL:
		return set_memory_failure(a);
	case PR_MCE_KILL_GET:
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : t->wishes.memory_failure;
	case PR_GET_TID_ADDRESS:
		return copy_out_obj(a[1], &t->clear_child_tid);
	case PR_SET_IO_FLUSHER:
		return set_io_flusher(a);
	case PR_GET_IO_FLUSHER:
		return get_io_flusher(a);
	case PR_SET_SYSCALL_USER_DISPATCH:
		return user_dispatch_set(t, a[1], a[2], a[3], a[4]);
	}
	return -ENOSYS;
}

static int64_t process_prctl(const uint64_t a[6])
{
	switch ((int)a[0]) {
	case PR_SET_CHILD_SUBREAPER:
		return set_subreaper(a[1]);
	case PR_GET_CHILD_SUBREAPER:
		return get_int(a[1], current->process->child_subreaper);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(a);
	case PR_GET_NO_NEW_PRIVS:
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : current->no_new_privs;
	case PR_GET_SECCOMP:
		return current->seccomp.mode;
	case PR_SET_SECCOMP:
		return seccomp_prctl(a[1], a[2]);
	case PR_SET_PTRACER:
		return ptrace_allow_tracer(a[1]);
	}
	return -ENOSYS;
}

SYSCALL(prctl)
{
	int64_t result = cap_prctl(a);

	if (result == -ENOSYS)
		result = space_prctl(a);
	if (result == -ENOSYS)
		result = thread_prctl(a);
	if (result == -ENOSYS)
		result = process_prctl(a);
	/* EINVAL is what Linux says of an option that it was built without. */
	return result == -ENOSYS ? -EINVAL : result;
}
