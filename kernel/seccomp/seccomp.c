/* What a restricted thread's system call comes to. */
#include "seccomp/seccomp.h"

#include "arch/thread.h"
#include "printk.h"
#include "ptrace/ptrace.h"
#include "seccomp/internal.h"
#include "syscall/numbers.h"

#define MAX_ERRNO 4095

void seccomp_assign(struct thread *t, enum seccomp_mode mode)
{
	ASSERT_HELD(&task_lock);
	t->seccomp.mode = (uint8_t)mode;
	__atomic_fetch_or(&t->syscall_work, SYSCALL_SECCOMP, __ATOMIC_RELEASE);
}

void seccomp_fork(struct thread *child)
{
	const struct thread *parent = current;

	ASSERT_HELD(&task_lock);
	child->seccomp = parent->seccomp;
	child->no_new_privs = parent->no_new_privs;
	if (child->seccomp.filter)
		ref_get(&child->seccomp.filter->refs);
	if (child->seccomp.mode != SECCOMP_OFF)
		seccomp_assign(child, child->seccomp.mode);
}

void seccomp_exit(struct thread *t)
{
	struct seccomp_filter *f;
	irqflags_t flags = spin_lock(&task_lock);

	f = t->seccomp.filter;
	t->seccomp.filter = NULL;
	spin_unlock(&task_lock, flags);
	filter_put(f);
}

/* --- what is done --- */

static void log_call(const struct seccomp_data *d, uint32_t action, int sig)
{
	const struct thread *t = current;

	log_info("audit: type=1326 uid=%u gid=%u pid=%d comm=\"%.16s\" sig=%d arch=%x syscall=%d "
		 "compat=0 ip=0x%lx code=0x%x",
	    t->cred->uid, t->cred->gid, t->process->pid->nr, t->comm, sig, d->arch, d->nr,
	    (unsigned long)d->instruction_pointer, action);
}

/* No call comes back from here on. */
static void make_dead(void)
{
	irqflags_t flags = spin_lock(&task_lock);

	current->seccomp.mode = SECCOMP_DEAD;
	spin_unlock(&task_lock, flags);
}

static struct siginfo sigsys_info(const struct seccomp_data *d, uint32_t reason)
{
	struct siginfo info = {.si_signo = SIGSYS, .si_errno = (int)reason, .si_code = SYS_SECCOMP};

	info.sys.call_addr = d->instruction_pointer;
	info.sys.syscall = d->nr;
	info.sys.arch = d->arch;
	return info;
}

/* KILL_PROCESS, and KILL_THREAD when it is the last one: as by SIGSYS with a core. */
static enum seccomp_verdict kill_by(uint32_t action, uint32_t reason, const struct seccomp_data *d)
{
	struct siginfo info = sigsys_info(d, reason);

	make_dead();
	log_call(d, action, SIGSYS);
	arch_syscall_rollback(arch_user_frame(current));
	if (action == RET_KILL_THREAD &&
	    __atomic_load_n(&current->process->live_count, __ATOMIC_RELAXED) > 1)
		thread_exit(SIGSYS);
	signal_force_end(&info);
	return SECCOMP_LEAVE;
}

/* --- deciding --- */

static enum seccomp_verdict check_strict(const struct seccomp_data *d)
{
	switch (d->nr) {
	case SYS_read:
	case SYS_write:
	case SYS_exit:
	case SYS_rt_sigreturn:
		return SECCOMP_GO;
	}
	make_dead();
	log_call(d, RET_KILL_THREAD, SIGKILL);
	thread_exit(SIGKILL);
}

static enum seccomp_verdict check_filters(
    const struct seccomp_data *d, int64_t *result, bool asked);

/* The strongest answer of all filters, the newest first among equals. */
static uint32_t run_filters(const struct seccomp_filter *f, const struct seccomp_data *d,
    const struct seccomp_filter **which)
{
	uint32_t strongest = RET_ALLOW;

	for (; f; f = f->older) {
		uint32_t r = bpf_run(f->program, d);

		if ((int32_t)(r & RET_ACTION) < (int32_t)(strongest & RET_ACTION)) {
			strongest = r;
			*which = f;
		}
	}
	return strongest;
}

static struct seccomp_data call_data(
    const struct arch_frame *f, uint64_t number, const uint64_t args[6])
{
	struct seccomp_data d = {
	    .nr = (int32_t)number,
	    .arch = arch_audit,
	    .instruction_pointer = arch_frame_pc(f),
	};

	memcpy(d.args, args, sizeof(d.args));
	return d;
}

/* RET_TRACE: the tracer may change the call, which is then judged again, or skip it. */
static enum seccomp_verdict ask_tracer(uint32_t data, int64_t *result)
{
	struct arch_frame *f = arch_user_frame(current);
	struct seccomp_data d;
	uint64_t args[6];

	if (!ptrace_event_enabled(PTRACE_EVENT_SECCOMP)) {
		*result = -ENOSYS;
		return SECCOMP_RESULT;
	}
	ptrace_event(PTRACE_EVENT_SECCOMP, data);
	if (signal_pending_fatal(current) || (int)arch_syscall_number(f) < 0)
		return SECCOMP_LEAVE;
	arch_syscall_args(f, args);
	d = call_data(f, arch_syscall_number(f), args);
	return check_filters(&d, result, true);
}

static enum seccomp_verdict check_filters(const struct seccomp_data *d, int64_t *result, bool asked)
{
	const struct seccomp_filter *first, *which = NULL;
	uint32_t answer, data;
	struct siginfo info;

	first = __atomic_load_n(&current->seccomp.filter, __ATOMIC_ACQUIRE);
	answer = run_filters(first, d, &which);
	data = answer & RET_DATA;
	*result = -ENOSYS;
	switch (answer & RET_ACTION) {
	case RET_LOG:
		log_call(d, RET_LOG, 0);
		return SECCOMP_GO;
	case RET_ALLOW:
		return SECCOMP_GO;
	case RET_ERRNO:
		*result = -(int64_t)MIN(data, (uint32_t)MAX_ERRNO);
		break;
	case RET_TRAP:
		arch_syscall_rollback(arch_user_frame(current));
		info = sigsys_info(d, data);
		signal_force_info(&info);
		return SECCOMP_LEAVE;
	case RET_TRACE:
		return asked ? SECCOMP_GO : ask_tracer(data, result);
	case RET_USER_NOTIF:
		break;
	default:
		return kill_by(answer & RET_ACTION, data, d);
	}
	if (which->log)
		log_call(d, answer & RET_ACTION, 0);
	return SECCOMP_RESULT;
}

enum seccomp_verdict seccomp_check(
    struct arch_frame *f, uint64_t number, const uint64_t args[6], int64_t *result)
{
	struct seccomp_data d = call_data(f, number, args);

	if (unlikely(ptrace_suspends_seccomp()))
		return SECCOMP_GO;
	switch (current->seccomp.mode) {
	case SECCOMP_OFF:
		return SECCOMP_GO;
	case SECCOMP_STRICT:
		return check_strict(&d);
	case SECCOMP_FILTER:
		return check_filters(&d, result, false);
	}
	thread_exit(SIGKILL); /* SECCOMP_DEAD */
}
