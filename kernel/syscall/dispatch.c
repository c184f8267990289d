/* The slow way into a system call: tracing, and calls that there are not. */
#include "printk.h"
#include "ptrace/ptrace.h"
#include "syscall/syscall.h"
#include "trace.h"

/* True once for each process and number. Numbers beyond the bitmap share its last bit. */
static bool first_time(struct process *p, uint64_t number)
{
	uint64_t bit = MIN(number, sizeof(p->unknown_logged) * 8 - 1);
	uint64_t mask = 1UL << bit % 64;
	return !(__atomic_fetch_or(&p->unknown_logged[bit / 64], mask, __ATOMIC_RELAXED) & mask);
}

static int64_t missing(uint64_t number)
{
	const struct thread *t = current;
	if (!first_time(t->process, number))
		return -ENOSYS;
	const char *name = number < syscall_count ? syscall_table[number].name : NULL;
	log_debug("%.16s[%d]: system call %lu (%s) is not implemented", t->comm,
	    t->process->pid->nr, (unsigned long)number, name ? name : "unknown");
	return -ENOSYS;
}

static bool traced(void)
{
	int pid = trace_pid;
	return trace_on(TRACE_CLASS_SYSCALL) && (!pid || pid == current->process->pid->nr);
}

/* The call as the registers have it, which a tracer may have changed. */
static uint64_t read_call(struct thread *t, const struct arch_frame *f)
{
	uint64_t number = arch_syscall_number(f);

	t->syscall_number = (int)number;
	arch_syscall_args(f, t->syscall_args);
	return number;
}

/* What has to be asked before the call. */
static enum seccomp_verdict ask(
    struct thread *t, struct arch_frame *f, uint32_t work, int64_t *result)
{
	uint64_t number;

	if ((work & (SYSCALL_TRACE | SYSCALL_EMULATE)) && !ptrace_syscall_entry())
		return SECCOMP_LEAVE;
	if (work & SYSCALL_EMULATE)
		return SECCOMP_LEAVE;
	number = read_call(t, f);
	return work & SYSCALL_SECCOMP ? seccomp_check(f, number, t->syscall_args, result)
				      : SECCOMP_GO;
}

static int64_t make_call(uint64_t number, const uint64_t args[6])
{
	bool exists = number < syscall_count && syscall_table[number].fn;

	return exists ? syscall_table[number].fn(args) : missing(number);
}

bool syscall_dispatch(struct arch_frame *f, int64_t *result)
{
	struct thread *t = current;
	const uint64_t *args = t->syscall_args;
	bool trace = traced();
	uint32_t work = __atomic_load_n(&t->syscall_work, __ATOMIC_ACQUIRE);
	uint64_t number = read_call(t, f);
	enum seccomp_verdict verdict = SECCOMP_GO;

	*result = 0;
	if ((work & SYSCALL_USER_DISPATCH) && user_dispatch_takes(f, number))
		return false;
	if (work & (SYSCALL_TRACE | SYSCALL_EMULATE | SYSCALL_SECCOMP))
		verdict = ask(t, f, work, result);
	number = read_call(t, f);
	if (trace)
		trace_record(TRACE_SYSCALL_ENTER, number, args[0], args[1], args[2], args[3]);
	if (verdict == SECCOMP_GO && (int)number == -1 &&
	    (work & (SYSCALL_TRACE | SYSCALL_SECCOMP)))
		verdict = SECCOMP_LEAVE; /* the tracer has put its result in place */
	if (verdict == SECCOMP_GO)
		*result = make_call(number, args);
	if (trace)
		trace_record(TRACE_SYSCALL_EXIT, number,
		    (uint64_t)(verdict == SECCOMP_LEAVE ? arch_syscall_result(f) : *result), 0, 0,
		    0);
	if (verdict == SECCOMP_LEAVE &&
	    (__atomic_load_n(&t->syscall_work, __ATOMIC_RELAXED) & SYSCALL_TRACE))
		ptrace_syscall_exit();
	return verdict != SECCOMP_LEAVE;
}
