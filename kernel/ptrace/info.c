/* What a stopped tracee tells of its stop and its signals. */
#include "ptrace/internal.h"
#include "syscall/syscall.h"

int do_ptrace_event_message(int tid, uint64_t *out)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	*out = t->trace->message;
	spin_unlock(&task_lock, flags);
	return 0;
}

/* --- siginfo --- */

/* Copies it to `out` if that is wanted, or replaces it by `in`. */
static int move_siginfo(int tid, struct siginfo *out, const struct siginfo *in)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	struct siginfo *info = t ? t->trace->info : NULL;

	if (!t)
		return -ESRCH;
	if (info && out)
		*out = *info;
	else if (info)
		*info = *in;
	spin_unlock(&task_lock, flags);
	return info ? 0 : -EINVAL;
}

int do_ptrace_get_siginfo(int tid, struct siginfo *out)
{
	return move_siginfo(tid, out, NULL);
}

int do_ptrace_set_siginfo(int tid, const struct siginfo *info)
{
	return move_siginfo(tid, NULL, info);
}

int do_ptrace_peek_signal(int tid, bool shared, uint64_t n, struct siginfo *out)
{
	struct sigqueue_entry *e;
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	int found = 0;

	if (!t)
		return -ESRCH;
	list_for_each (e, shared ? &t->process->pending.queue : &t->pending.queue, link) {
		if (n--)
			continue;
		*out = e->info;
		found = 1;
		break;
	}
	spin_unlock(&task_lock, flags);
	return found;
}

/* --- the mask: what is in force once the call that it waits in is over --- */

int do_ptrace_get_sigmask(int tid, sigset_t *out)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	*out = t->restore_saved_mask ? t->saved_mask : t->blocked;
	spin_unlock(&task_lock, flags);
	return 0;
}

int do_ptrace_set_sigmask(int tid, sigset_t mask)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	t->blocked = mask & ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
	t->restore_saved_mask = false;
	spin_unlock(&task_lock, flags);
	return 0;
}

/* --- system calls --- */

/* The same for the stop at the entry and for that of a filter. */
static void fill_call(struct arch_frame *f, uint64_t *nr, uint64_t args[6])
{
	*nr = (uint64_t)(int64_t)(int)arch_syscall_number(f);
	arch_syscall_args(f, args);
}

static size_t fill_exit(const struct arch_frame *f, struct ptrace_syscall_info *i)
{
	i->op = PTRACE_SYSCALL_INFO_EXIT;
	i->exit.rval = arch_syscall_result(f);
	i->exit.is_error = i->exit.rval < 0 && i->exit.rval >= -4095;
	return offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
}

static size_t fill(struct thread *t, struct arch_frame *f, struct ptrace_syscall_info *i)
{
	int code = t->trace->info ? t->trace->info->si_code : 0;

	*i = (struct ptrace_syscall_info){.op = PTRACE_SYSCALL_INFO_NONE, .arch = arch_audit};
	i->instruction_pointer = arch_frame_pc(f);
	i->stack_pointer = arch_frame_sp(f);
	if (code == (SIGTRAP | 0x80) && t->trace->message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		i->op = PTRACE_SYSCALL_INFO_ENTRY;
		fill_call(f, &i->entry.nr, i->entry.args);
		return offsetof(struct ptrace_syscall_info, entry) + sizeof(i->entry);
	}
	if (code == (SIGTRAP | 0x80) && t->trace->message == PTRACE_EVENTMSG_SYSCALL_EXIT)
		return fill_exit(f, i);
	if (code == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		i->op = PTRACE_SYSCALL_INFO_SECCOMP;
		fill_call(f, &i->seccomp.nr, i->seccomp.args);
		i->seccomp.ret_data = (uint32_t)t->trace->message;
		return offsetof(struct ptrace_syscall_info, seccomp.ret_data) +
		       sizeof(i->seccomp.ret_data);
	}
	return offsetof(struct ptrace_syscall_info, entry);
}

int do_ptrace_syscall_info(int tid, struct ptrace_syscall_info *out)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);
	size_t size;

	if (!t)
		return -ESRCH;
	size = fill(t, arch_user_frame(t), out);
	spin_unlock(&task_lock, flags);
	return (int)size;
}
