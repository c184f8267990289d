/* ptrace(2): copy in, check, call, copy out. Who is no stopped tracee of the caller's is ESRCH
 * before anything else is looked at. */
#include "abi/fs.h"
#include "arch/uaccess.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "ptrace/internal.h"
#include "seccomp/seccomp.h"
#include "syscall/syscall.h"

static bool exists(int tid)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool found = thread_find(tid);

	spin_unlock(&task_lock, flags);
	return found;
}

static bool is_stopped_tracee(int tid)
{
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (t)
		spin_unlock(&task_lock, flags);
	return t;
}

/* --- memory: a word --- */

static int64_t peek(int tid, uaddr_t addr, uaddr_t data)
{
	uint64_t word;
	int64_t n = do_ptrace_read(tid, addr, &word, sizeof(word));

	if (n != sizeof(word))
		return n < 0 ? n : -EIO;
	return copy_out_obj(data, &word);
}

static int64_t poke(int tid, uaddr_t addr, uint64_t word)
{
	int64_t n = do_ptrace_write(tid, addr, &word, sizeof(word));

	return n == sizeof(word) ? 0 : n < 0 ? n : -EIO;
}

/* --- registers --- */

static const struct arch_regset *find_regset(uint64_t note)
{
	for (unsigned i = 0; i < arch_regset_count; i++)
		if (arch_regsets[i].note == note)
			return &arch_regsets[i];
	return NULL;
}

static int move_regset(int tid, uint64_t note, const struct linux_iovec *v, bool set)
{
	char *buf = kmalloc(v->len ? v->len : 1);
	int n;

	if (!buf)
		return -ENOMEM;
	if (set) {
		n = arch_copy_in(buf, v->base, v->len);
		n = n ? n : do_ptrace_set_regset(tid, (unsigned)note, buf, v->len);
	} else {
		n = do_ptrace_get_regset(tid, (unsigned)note, buf, v->len);
		if (n > 0 && arch_copy_out(v->base, buf, (size_t)n))
			n = -EFAULT;
	}
	kfree(buf);
	return n;
}

static int64_t regset(int tid, uint64_t note, uaddr_t iov, bool set)
{
	const struct arch_regset *r = find_regset((uint32_t)note);
	struct linux_iovec v;
	uint64_t moved;
	int n;

	if (copy_in_obj(&v, iov))
		return -EFAULT;
	if (!r || v.len % r->unit)
		return -EINVAL;
	v.len = MIN(v.len, r->size);
	n = move_regset(tid, note, &v, set);
	if (n < 0)
		return n;
	moved = v.len;
	return arch_copy_out(iov + offsetof(struct linux_iovec, len), &moved, sizeof(moved));
}

/* --- signals --- */

static int64_t get_siginfo(int tid, uaddr_t data)
{
	struct siginfo info;
	int err = do_ptrace_get_siginfo(tid, &info);

	return err ? err : copy_out_obj(data, &info);
}

static int64_t set_siginfo(int tid, uaddr_t data)
{
	struct siginfo info;
	int err = siginfo_copy_in(&info, SIGINFO_OWN, data);

	return err ? err : do_ptrace_set_siginfo(tid, &info);
}

static int64_t get_sigmask(int tid, uint64_t size, uaddr_t data)
{
	sigset_t mask;
	int err;

	if (size != sizeof(mask))
		return -EINVAL;
	err = do_ptrace_get_sigmask(tid, &mask);
	return err ? err : copy_out_obj(data, &mask);
}

static int64_t set_sigmask(int tid, uint64_t size, uaddr_t data)
{
	sigset_t mask;

	if (size != sizeof(mask))
		return -EINVAL;
	return copy_in_obj(&mask, data) ? -EFAULT : do_ptrace_set_sigmask(tid, mask);
}

static int64_t peek_siginfo(int tid, uaddr_t from, uaddr_t data)
{
	struct ptrace_peeksiginfo_args args;
	struct siginfo info;
	int done = 0, r = 0;

	if (copy_in_obj(&args, from))
		return -EFAULT;
	if ((args.flags & ~(uint32_t)PTRACE_PEEKSIGINFO_SHARED) || args.nr < 0)
		return -EINVAL;
	while (done < args.nr) {
		r = do_ptrace_peek_signal(tid, args.flags, args.off + (uint64_t)done, &info);
		if (r <= 0)
			break;
		r = copy_out_obj(data + (uint64_t)done * sizeof(info), &info);
		if (r)
			break;
		done++;
		if (signal_pending(current))
			break;
	}
	return done ? done : r;
}

/* --- what else there is to know --- */

static int64_t event_message(int tid, uaddr_t data)
{
	uint64_t message;
	int err = do_ptrace_event_message(tid, &message);

	return err ? err : copy_out_obj(data, &message);
}

static int64_t syscall_info(int tid, uint64_t size, uaddr_t data)
{
	struct ptrace_syscall_info info;
	int n = do_ptrace_syscall_info(tid, &info);

	if (n < 0)
		return n;
	return arch_copy_out(data, &info, MIN(size, (uint64_t)n)) ? -EFAULT : n;
}

static int64_t rseq_configuration(int tid, uint64_t size, uaddr_t data)
{
	struct ptrace_rseq_configuration c = {0};
	irqflags_t flags;
	struct thread *t = tracee_lock(tid, &flags);

	if (!t)
		return -ESRCH;
	c.rseq_abi_pointer = t->rseq.area;
	c.rseq_abi_size = t->rseq.length;
	c.signature = t->rseq.signature;
	spin_unlock(&task_lock, flags);
	return arch_copy_out(data, &c, MIN(size, sizeof(c))) ? -EFAULT : (int64_t)sizeof(c);
}

static int64_t get_user_dispatch(int tid, uint64_t size, uaddr_t data)
{
	struct ptrace_sud_config c;
	irqflags_t flags;
	struct thread *t;

	if (size != sizeof(c))
		return -EINVAL;
	t = tracee_lock(tid, &flags);
	if (!t)
		return -ESRCH;
	c = (struct ptrace_sud_config){
	    .mode = !!(t->syscall_work & SYSCALL_USER_DISPATCH),
	    .selector = t->user_dispatch.selector,
	    .offset = t->user_dispatch.start,
	    .len = t->user_dispatch.len,
	};
	spin_unlock(&task_lock, flags);
	return copy_out_obj(data, &c);
}

static int64_t set_user_dispatch(int tid, uint64_t size, uaddr_t data)
{
	struct ptrace_sud_config c;
	irqflags_t flags;
	struct thread *t;
	int64_t err;

	if (size != sizeof(c))
		return -EINVAL;
	if (copy_in_obj(&c, data))
		return -EFAULT;
	t = tracee_lock(tid, &flags);
	if (!t)
		return -ESRCH;
	err = user_dispatch_set(t, c.mode, c.offset, c.len, c.selector);
	spin_unlock(&task_lock, flags);
	return err;
}

/* --- filters --- */

/* With a reference; ERR_PTR. */
static struct seccomp_filter *filter_of(int tid, uint64_t n)
{
	struct seccomp_filter *f;
	irqflags_t flags;
	struct thread *t;

	if (!capable(CAP_SYS_ADMIN) || current->seccomp.mode != SECCOMP_OFF)
		return ERR_PTR(-EACCES);
	t = tracee_lock(tid, &flags);
	if (!t)
		return ERR_PTR(-ESRCH);
	f = seccomp_filter_at(t, n);
	spin_unlock(&task_lock, flags);
	return f;
}

static int64_t seccomp_get_filter(int tid, uint64_t n, uaddr_t data)
{
	struct seccomp_filter *f = filter_of(tid, n);
	int64_t len;

	if (IS_ERR(f))
		return PTR_ERR(f);
	len = seccomp_filter_copy_out(f, data);
	seccomp_filter_put(f);
	return len;
}

static int64_t seccomp_get_metadata(int tid, uint64_t size, uaddr_t data)
{
	struct seccomp_metadata md = {0};
	struct seccomp_filter *f;

	if (!capable(CAP_SYS_ADMIN) || current->seccomp.mode != SECCOMP_OFF)
		return -EACCES;
	size = MIN(size, sizeof(md));
	if (size < sizeof(md.filter_off))
		return -EINVAL;
	if (copy_in_obj(&md.filter_off, data))
		return -EFAULT;
	f = filter_of(tid, md.filter_off);
	if (IS_ERR(f))
		return PTR_ERR(f);
	md.flags = seccomp_filter_logs(f) ? SECCOMP_FILTER_FLAG_LOG : 0;
	seccomp_filter_put(f);
	return arch_copy_out(data, &md, size) ? -EFAULT : (int64_t)size;
}

/* --- which request --- */

static int64_t of_signals(int64_t request, int tid, uint64_t addr, uint64_t data)
{
	switch (request) {
	case PTRACE_GETSIGINFO:
		return get_siginfo(tid, data);
	case PTRACE_SETSIGINFO:
		return set_siginfo(tid, data);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(tid, addr, data);
	case PTRACE_GETSIGMASK:
		return get_sigmask(tid, addr, data);
	case PTRACE_SETSIGMASK:
		return set_sigmask(tid, addr, data);
	case PTRACE_GETEVENTMSG:
		return event_message(tid, data);
	case PTRACE_GET_SYSCALL_INFO:
		return syscall_info(tid, addr, data);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return rseq_configuration(tid, addr, data);
	case PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG:
		return get_user_dispatch(tid, addr, data);
	case PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG:
		return set_user_dispatch(tid, addr, data);
	case PTRACE_SECCOMP_GET_FILTER:
		return seccomp_get_filter(tid, addr, data);
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_get_metadata(tid, addr, data);
	}
	return -EIO;
}

static int64_t of_stopped(int64_t request, int tid, uint64_t addr, uint64_t data)
{
	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(tid, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(tid, addr, data);
	case PTRACE_CONT:
		return do_ptrace_resume(tid, RESUME_CONT, data);
	case PTRACE_SYSCALL:
		return do_ptrace_resume(tid, RESUME_SYSCALL, data);
	case PTRACE_SYSEMU:
		return do_ptrace_resume(tid, RESUME_EMULATE, data);
	case PTRACE_SYSEMU_SINGLESTEP:
		return do_ptrace_resume(tid, RESUME_EMULATE_STEP, data);
	case PTRACE_SINGLESTEP:
		return do_ptrace_resume(tid, RESUME_STEP, data);
	case PTRACE_DETACH:
		return do_ptrace_detach(tid, data);
	case PTRACE_SETOPTIONS:
		return do_ptrace_set_options(tid, data);
	case PTRACE_LISTEN:
		return do_ptrace_listen(tid);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return regset(tid, addr, data, request == PTRACE_SETREGSET);
	}
	return of_signals(request, tid, addr, data);
}

SYSCALL(ptrace)
{
	int64_t request = (int64_t)a[0];
	int tid = (int)a[1];

	if (request == PTRACE_TRACEME)
		return do_ptrace_traceme();
	if (!exists(tid))
		return -ESRCH;
	switch (request) {
	case PTRACE_ATTACH:
		return do_ptrace_attach(tid);
	case PTRACE_SEIZE:
		return a[2] ? -EIO : do_ptrace_seize(tid, a[3]);
	case PTRACE_KILL:
		return do_ptrace_kill(tid);
	case PTRACE_INTERRUPT:
		return do_ptrace_interrupt(tid);
	}
	return is_stopped_tracee(tid) ? of_stopped(request, tid, a[2], a[3]) : -ESRCH;
}
