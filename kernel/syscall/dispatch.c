/* The slow way into a system call: tracing, and calls that there are not. */
#include "printk.h"
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

bool syscall_dispatch(
    struct arch_frame *f, uint64_t number, const uint64_t args[6], int64_t *result)
{
	bool trace = traced();
	enum seccomp_verdict verdict = SECCOMP_GO;
	if (trace)
		trace_record(TRACE_SYSCALL_ENTER, number, args[0], args[1], args[2], args[3]);
	*result = 0;
	uint32_t work = __atomic_load_n(&current->syscall_work, __ATOMIC_ACQUIRE);
	if ((work & SYSCALL_USER_DISPATCH) && user_dispatch_takes(f, number))
		verdict = SECCOMP_LEAVE;
	else if (work & SYSCALL_SECCOMP)
		verdict = seccomp_check(f, number, args, result);
	if (verdict == SECCOMP_GO) {
		bool exists = number < syscall_count && syscall_table[number].fn;
		*result = exists ? syscall_table[number].fn(args) : missing(number);
	}
	if (trace)
		trace_record(TRACE_SYSCALL_EXIT, number, (uint64_t)*result, 0, 0, 0);
	return verdict != SECCOMP_LEAVE;
}
