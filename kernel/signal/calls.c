/* The system calls about signals: copy in, check, call, copy out. */
#include "arch/uaccess.h"
#include "proc/process.h"
#include "signal/internal.h"
#include "syscall/syscall.h"

/* struct sigaction as user mode has it where there is no restorer (asm-generic); the mask is 8
 * bytes. */
struct user_sigaction {
	uint64_t handler, flags, mask;
};

SYSCALL(rt_sigaction)
{
	struct user_sigaction u;
	struct action new, old;
	int err;

	if (!sigset_size_ok(a[3]))
		return -EINVAL;
	if (a[1]) {
		if (copy_in_obj(&u, a[1]))
			return -EFAULT;
		new = (struct action){.handler = u.handler, .flags = u.flags, .mask = u.mask};
	}
	err = do_sigaction((int)a[0], a[1] ? &new : NULL, a[2] ? &old : NULL);
	if (err || !a[2])
		return err;
	u = (struct user_sigaction){
	    .handler = old.handler, .flags = old.flags & ~SA_UNSUPPORTED, .mask = old.mask};
	return copy_out_obj(a[2], &u);
}

static int change_mask(int how, sigset_t set)
{
	sigset_t blocked = current->blocked;

	switch (how) {
	case SIG_BLOCK:
		signal_set_blocked(blocked | set);
		return 0;
	case SIG_UNBLOCK:
		signal_set_blocked(blocked & ~set);
		return 0;
	case SIG_SETMASK:
		signal_set_blocked(set);
		return 0;
	}
	return -EINVAL;
}

SYSCALL(rt_sigprocmask)
{
	sigset_t old = current->blocked, set;
	int err = 0;

	if (!sigset_size_ok(a[3]))
		return -EINVAL;
	if (a[1]) {
		if (copy_in_obj(&set, a[1]))
			return -EFAULT;
		err = change_mask((int)a[0], set);
	}
	if (err || !a[2])
		return err;
	return copy_out_obj(a[2], &old);
}

SYSCALL(rt_sigpending)
{
	sigset_t set;
	irqflags_t flags;

	if (a[1] > sizeof(set))
		return -EINVAL;
	flags = spin_lock(&task_lock);
	set = (current->pending.set | current->process->pending.set) & current->blocked;
	spin_unlock(&task_lock, flags);
	return arch_copy_out(a[0], &set, a[1]);
}

/* Sleeps until there is a signal to handle; job-control stops are slept through by restarting. */
static void sleep_for_signal(void)
{
	while (!signal_pending(current)) {
		sched_prepare(SCHED_SLEEP_INTR);
		sched_sleep(NS_NEVER, "sigsuspend");
	}
}

SYSCALL(rt_sigsuspend)
{
	sigset_t set;

	if (!sigset_size_ok(a[1]))
		return -EINVAL;
	if (copy_in_obj(&set, a[0]))
		return -EFAULT;
	signal_set_temporary_mask(set);
	sleep_for_signal();
	signal_end_temporary_mask(true);
	return -ERESTARTNOHAND;
}

static int take_now(sigset_t set, struct siginfo *info)
{
	irqflags_t flags = spin_lock(&task_lock);
	int sig = signal_dequeue(current, set, info);

	spin_unlock(&task_lock, flags);
	return sig;
}

/* The awaited signals count as unblocked while we sleep, so that a sender wakes this thread (S27);
 * but what they do is our own mask's affair: they are neither ignored nor fatal. */
static int wait_for_one(sigset_t set, ns_t deadline, struct siginfo *info)
{
	struct thread *t = current;
	sigset_t blocked = t->blocked;
	int sig, err = 0;

	t->awaited = set & blocked;
	signal_set_blocked(blocked & ~set);
	if (!signal_pending(t)) {
		sched_prepare(SCHED_SLEEP_INTR);
		err = sched_sleep(deadline, "sigtimedwait");
	}
	sched_point("signal.waited", t);
	sig = take_now(set, info);
	signal_set_blocked(blocked);
	t->awaited = 0;
	if (sig)
		return sig;
	return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

SYSCALL(rt_sigtimedwait)
{
	struct linux_timespec ts;
	struct siginfo info;
	ns_t deadline = NS_NEVER;
	sigset_t set;
	int sig;

	if (!sigset_size_ok(a[3]))
		return -EINVAL;
	if (copy_in_obj(&set, a[0]))
		return -EFAULT;
	set &= ~SIGSET_UNBLOCKABLE;
	if (a[2]) {
		if (copy_in_obj(&ts, a[2]))
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		deadline = timespec_deadline(&ts);
	}
	sig = take_now(set, &info);
	if (!sig)
		sig = a[2] && !ts.sec && !ts.nsec ? -EAGAIN : wait_for_one(set, deadline, &info);
	if (sig > 0 && a[1] && copy_out_obj(a[1], &info))
		return -EFAULT;
	return sig;
}

SYSCALL(rt_sigreturn)
{
	struct thread *t = current;
	sigset_t mask;

	t->syscall_number = -1; /* what was interrupted is not restarted again */
	if (arch_sigframe_pop(t, &mask)) {
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	signal_set_blocked(mask);
	return arch_syscall_result(arch_user_frame(t));
}

SYSCALL(kill)
{
	return do_kill((int)a[0], (int)a[1]);
}

SYSCALL(tkill)
{
	return (int)a[0] <= 0 ? -EINVAL : do_tgkill(-1, (int)a[0], (int)a[1]);
}

SYSCALL(tgkill)
{
	return (int)a[0] <= 0 ? -EINVAL : do_tgkill((int)a[0], (int)a[1], (int)a[2]);
}

/* The layouts that Linux knows end here; of others nothing but zeroes may follow. */
#define SIGINFO_USED 48

static bool known_layout(int sig, int code)
{
	if (code <= SI_USER)
		return code >= SI_DETHREAD || code == SI_ASYNCNL;
	return code == SI_KERNEL || signal_layout(sig, code) != LAYOUT_KILL;
}

int siginfo_copy_in(struct siginfo *info, int sig, uaddr_t from)
{
	char *rest = (char *)info + SIGINFO_USED;
	const size_t n = sizeof(*info) - SIGINFO_USED;
	bool zero = true;

	if (copy_in_obj(info, from))
		return -EFAULT;
	if (sig != SIGINFO_OWN)
		info->si_signo = sig;
	for (size_t i = 0; i < n; i++)
		zero &= !rest[i];
	memset(rest, 0, n);
	return zero || known_layout(info->si_signo, info->si_code) ? 0 : -E2BIG;
}

SYSCALL(rt_sigqueueinfo)
{
	struct siginfo info;

	int err = siginfo_copy_in(&info, (int)a[1], a[2]);

	return err ? err : do_sigqueue((int)a[0], (int)a[1], &info);
}

SYSCALL(rt_tgsigqueueinfo)
{
	struct siginfo info;

	int err = siginfo_copy_in(&info, (int)a[2], a[3]);

	return err ? err : do_tgsigqueue((int)a[0], (int)a[1], (int)a[2], &info);
}

struct user_altstack {
	uint64_t sp;
	uint32_t flags, pad;
	uint64_t size;
};

bool signal_on_altstack(const struct thread *t, uaddr_t sp)
{
	const struct altstack *s = &t->altstack;

	if (s->flags & SS_AUTODISARM)
		return false;
	return sp > s->sp && sp - s->sp <= s->size;
}

int signal_set_altstack(struct thread *t, const struct altstack *new, uaddr_t sp)
{
	uint32_t mode = new->flags & ~SS_AUTODISARM;

	if (signal_on_altstack(t, sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		t->altstack = (struct altstack){.flags = new->flags};
		return 0;
	}
	if (new->size < ARCH_MINSIGSTKSZ)
		return -ENOMEM;
	t->altstack = *new;
	return 0;
}

SYSCALL(sigaltstack)
{
	struct thread *t = current;
	uaddr_t sp = arch_frame_sp(arch_user_frame(t));
	struct altstack old = t->altstack;
	struct user_altstack u;
	int err = 0;

	if (a[0]) {
		if (copy_in_obj(&u, a[0]))
			return -EFAULT;
		struct altstack new = {.sp = u.sp, .size = u.size, .flags = u.flags};

		err = signal_set_altstack(t, &new, sp);
	}
	if (err || !a[1])
		return err;
	memset(&u, 0, sizeof(u));
	u.sp = old.sp;
	u.size = old.size;
	u.flags = !old.size ? SS_DISABLE : signal_on_altstack(t, sp) ? SS_ONSTACK : 0;
	u.flags |= old.flags & SS_AUTODISARM;
	return copy_out_obj(a[1], &u);
}
