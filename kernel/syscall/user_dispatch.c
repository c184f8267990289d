/* Syscall user dispatch (prctl(2), PR_SET_SYSCALL_USER_DISPATCH): calls from outside of one range
 * of code become SIGSYS while a byte of the program's says so. */
#include "arch/thread.h"
#include "arch/uaccess.h"
#include "mm/space.h"
#include "syscall/syscall.h"

enum { DISPATCH_OFF, DISPATCH_ON };
enum { SELECTOR_ALLOW, SELECTOR_BLOCK };

int64_t user_dispatch_set(
    struct thread *t, uint64_t mode, uint64_t start, uint64_t len, uint64_t selector)
{
	if (mode == DISPATCH_OFF) {
		if (start || len || selector)
			return -EINVAL;
		__atomic_fetch_and(
		    &t->syscall_work, ~(uint32_t)SYSCALL_USER_DISPATCH, __ATOMIC_RELAXED);
	} else if (mode == DISPATCH_ON) {
		if (start && start + len <= start)
			return -EINVAL;
		if (selector >= ARCH_USER_TOP)
			return -EFAULT;
		__atomic_fetch_or(&t->syscall_work, SYSCALL_USER_DISPATCH, __ATOMIC_RELAXED);
	} else {
		return -EINVAL;
	}
	t->user_dispatch.start = start;
	t->user_dispatch.len = len;
	t->user_dispatch.selector = selector;
	return 0;
}

static void force_end(int sig)
{
	struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};

	signal_force_end(&info);
}

bool user_dispatch_takes(struct arch_frame *f, uint64_t number)
{
	const struct thread *t = current;
	struct siginfo info = {.si_signo = SIGSYS, .si_code = SYS_USER_DISPATCH};
	uaddr_t pc = arch_frame_pc(f);
	uint8_t selector = SELECTOR_BLOCK;

	if (pc - t->user_dispatch.start < t->user_dispatch.len)
		return false;
	if (t->user_dispatch.selector && copy_in_obj(&selector, t->user_dispatch.selector)) {
		force_end(SIGSEGV);
		return true;
	}
	if (selector == SELECTOR_ALLOW)
		return false;
	if (selector != SELECTOR_BLOCK) {
		force_end(SIGSYS);
		return true;
	}
	arch_syscall_rollback(f);
	info.sys.call_addr = pc;
	info.sys.syscall = (int)number;
	info.sys.arch = arch_audit;
	signal_force_info(&info);
	return true;
}
