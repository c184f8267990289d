/* signalfd(2): the reader's own pending signals, as data. */
#include "fs/proc/procfs.h"
#include "syscall/syscall.h"

struct signalfd {
	sigset_t mask; /* atomic: what is read from it */
	struct mutex lock;
	/* Processes that wait on it, each with a reference for as long as the file lives: pollers
	 * listen on their queues. (lock) */
	struct process **watchers;
	unsigned count, room;
};

struct user_signalfd_siginfo {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, integer;
	uint64_t ptr, utime, stime, addr;
	uint16_t addr_lsb, pad2;
	int32_t syscall;
	uint64_t call_addr;
	uint32_t arch;
	uint8_t pad[28];
};
_Static_assert(sizeof(struct user_signalfd_siginfo) == 128, "signalfd_siginfo is 128 bytes");

static void fill(struct user_signalfd_siginfo *u, const struct siginfo *i)
{
	*u = (struct user_signalfd_siginfo){
	    .signo = (uint32_t)i->si_signo, .error = i->si_errno, .code = i->si_code};
	switch (signal_layout(i->si_signo, i->si_code)) {
	case LAYOUT_RT:
		u->ptr = i->rt.value;
		u->integer = (int32_t)i->rt.value;
		__attribute__((fallthrough));
	case LAYOUT_KILL:
		u->pid = (uint32_t)i->rt.pid;
		u->uid = i->rt.uid;
		break;
	case LAYOUT_TIMER:
		u->tid = (uint32_t)i->timer.timerid;
		u->overrun = (uint32_t)i->timer.overrun;
		u->ptr = i->timer.value;
		u->integer = (int32_t)i->timer.value;
		break;
	case LAYOUT_POLL:
		u->band = (uint32_t)i->poll.band;
		u->fd = i->poll.fd;
		break;
	case LAYOUT_CHILD:
		u->pid = (uint32_t)i->child.pid;
		u->uid = i->child.uid;
		u->status = i->child.status;
		u->utime = (uint64_t)i->child.utime;
		u->stime = (uint64_t)i->child.stime;
		break;
	case LAYOUT_FAULT:
		u->addr = i->fault.addr;
		break;
	case LAYOUT_SYS:
		u->call_addr = i->sys.call_addr;
		u->syscall = i->sys.syscall;
		u->arch = i->sys.arch;
		break;
	}
}

/* Takes the reader's next signal of the mask. Its number, or 0. */
static int take(const struct signalfd *s, struct siginfo *info)
{
	irqflags_t flags = spin_lock(&task_lock);
	int sig = signal_dequeue(current, __atomic_load_n(&s->mask, __ATOMIC_RELAXED), info);

	spin_unlock(&task_lock, flags);
	return sig;
}

static int take_waiting(const struct signalfd *s, struct siginfo *info)
{
	int sig = 0;

	return wait_event(&current->process->signal_wait, (sig = take(s, info)) != 0,
		   SCHED_SLEEP_INTR, NS_NEVER, "signalfd_read")
		   ? -ERESTARTSYS
		   : sig;
}

static int64_t signalfd_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct user_signalfd_siginfo u;
	int64_t total = 0, err = 0;
	struct siginfo info;

	if (io->left < sizeof(u))
		return -EINVAL;
	while (io->left >= sizeof(u)) {
		int sig = take(f->data, &info);

		if (!sig && total)
			break;
		if (!sig)
			sig = f->flags & O_NONBLOCK ? -EAGAIN : take_waiting(f->data, &info);
		if (sig < 0)
			return sig;
		fill(&u, &info);
		err = io_put(io, &u, sizeof(u));
		if (err < (int64_t)sizeof(u))
			return total ? total : -EFAULT;
		total += err;
	}
	return total;
}

/* Keeps `p` for as long as somebody may listen on its queue. -ENOMEM. */
static int keep_watcher(struct signalfd *s, struct process *p)
{
	struct process **more;
	int err = 0;

	mutex_lock(&s->lock);
	for (unsigned k = 0; k < s->count; k++)
		if (s->watchers[k] == p)
			goto out;
	if (s->count == s->room) {
		more = kcalloc(s->room * 2 + 1, sizeof(struct process *));
		err = -ENOMEM;
		if (!more)
			goto out;
		if (s->count)
			memcpy(more, s->watchers, s->count * sizeof(struct process *));
		kfree(s->watchers);
		s->watchers = more;
		s->room = s->room * 2 + 1;
		err = 0;
	}
	process_get(p);
	s->watchers[s->count++] = p;
out:
	mutex_unlock(&s->lock);
	return err;
}

static unsigned signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct process *p = current->process;
	struct signalfd *s = f->data;
	irqflags_t flags;
	sigset_t ready;

	if (pt && keep_watcher(s, p))
		return POLLERR;
	poll_wait(pt, &p->signal_wait);
	flags = spin_lock(&task_lock);
	ready = current->pending.set | p->pending.set;
	spin_unlock(&task_lock, flags);
	return ready & __atomic_load_n(&s->mask, __ATOMIC_RELAXED) ? POLLIN : 0;
}

static void signalfd_show(struct file *f, struct proc_text *t)
{
	const struct signalfd *s = f->data;

	text_printf(t, "sigmask:\t%016lx\n", (unsigned long)s->mask);
}

static void signalfd_release(struct file *f)
{
	struct signalfd *s = f->data;

	for (unsigned k = 0; k < s->count; k++)
		process_put(s->watchers[k]);
	kfree(s->watchers);
	kfree(s);
}

static const struct file_ops signalfd_ops = {
    .name = "[signalfd]",
    .seek_ignored = true,
    .read = signalfd_read,
    .poll = signalfd_poll,
    .release = signalfd_release,
    .show_fdinfo = signalfd_show,
};

static int create(sigset_t mask, unsigned flags)
{
	struct signalfd *s = kzalloc(sizeof(*s));
	struct file *f;

	if (!s)
		return -ENOMEM;
	s->mask = mask;
	mutex_init(&s->lock, "signalfd");
	f = file_create(&signalfd_ops, NULL, O_RDWR | (flags & O_NONBLOCK), s);
	if (IS_ERR(f)) {
		kfree(s);
		return PTR_ERR(f);
	}
	return fd_install(f, flags, 0);
}

static int change(int fd, sigset_t mask)
{
	struct file *f = fd_get(fd);
	bool ours = f && f->ops == &signalfd_ops;

	if (ours) {
		struct signalfd *s = f->data;

		__atomic_store_n(&s->mask, mask, __ATOMIC_RELAXED);
		wait_wake_all(&current->process->signal_wait);
	}
	file_put(f);
	return ours ? fd : f ? -EINVAL : -EBADF;
}

SYSCALL(signalfd4)
{
	unsigned flags = (unsigned)a[3];
	sigset_t mask;

	if (a[2] != sizeof(mask))
		return -EINVAL;
	if (copy_in_obj(&mask, a[1]))
		return -EFAULT;
	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	mask &= ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
	return (int)a[0] == -1 ? create(mask, flags) : change((int)a[0], mask);
}
