/* Signal-driven I/O: owners of files, and SIGIO to them (fcntl(2), F_SETOWN, F_SETSIG, O_ASYNC). */
#include "fs/async.h"

#include "fs/internal.h"

enum owner_type { OWNER_THREAD, OWNER_PROCESS, OWNER_GROUP }; /* F_OWNER_… */

/* Of a file that somebody asked F_SETOWN, F_SETSIG or O_ASYNC of; made then, freed with the file.
 */
struct file_async {
	/* (async_lock) */
	struct pid *pid; /* with a reference, or NULL */
	enum owner_type type;
	uint32_t uid, euid; /* of who set it: whether it may signal is judged when it does */
	int signal;         /* F_SETSIG; 0: SIGIO */
	struct list link;   /* of the async_list, while O_ASYNC is on */
	int fd;
	struct file *file;
};

static struct spinlock async_lock = SPINLOCK_INIT("async", RANK_ASYNC);

void async_list_init(struct async_list *l)
{
	list_init(&l->files);
}

/* NULL: no memory. */
static struct file_async *async_of(struct file *f)
{
	struct file_async *a = __atomic_load_n(&f->async, __ATOMIC_ACQUIRE), *other = NULL;

	if (a || !(a = kzalloc(sizeof(*a))))
		return a;
	list_init(&a->link);
	a->file = f;
	if (__atomic_compare_exchange_n(
		&f->async, &other, a, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return a;
	kfree(a);
	return other;
}

/* --- sending --- */

static const int64_t bands[] = {
    [POLL_IN] = POLLIN | POLLRDNORM,
    [POLL_OUT] = POLLOUT | POLLWRNORM | POLLWRBAND,
    [POLL_MSG] = POLLIN | POLLRDNORM | POLLMSG,
    [POLL_ERR] = POLLERR,
    [POLL_PRI] = POLLPRI | POLLRDBAND,
    [POLL_HUP] = POLLHUP | POLLERR,
};

/* Do positive si_codes of this signal have a meaning of their own? */
static bool has_own_codes(int sig)
{
	const sigset_t own = SIG_BIT(SIGILL) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSEGV) |
			     SIG_BIT(SIGBUS) | SIG_BIT(SIGTRAP) | SIG_BIT(SIGCHLD) |
			     SIG_BIT(SIGIO) | SIG_BIT(SIGSYS);

	return sig < SIGRTMIN && (own & SIG_BIT(sig));
}

/* (task_lock) */
static bool may_signal(const struct file_async *a, const struct thread *t)
{
	const struct cred *to = t->cred;

	return !a->euid || a->euid == to->suid || a->euid == to->uid || a->uid == to->suid ||
	       a->uid == to->uid;
}

/* What was asked for with F_SETSIG tells what happened; SIGIO by default, and where no siginfo can
 * be queued, tells nothing. (task_lock) */
static void send_io(const struct file_async *a, struct thread *t, int code)
{
	enum signal_scope scope = a->type == OWNER_THREAD ? TO_THREAD : TO_PROCESS;
	struct siginfo info = {.si_signo = SIGIO, .si_code = SI_KERNEL};
	struct siginfo told = {.si_signo = a->signal, .si_code = code};

	if (!may_signal(a, t))
		return;
	told.poll.band = bands[code];
	told.poll.fd = a->fd;
	if (a->signal != SIGIO && a->signal && has_own_codes(a->signal))
		told.si_code = SI_SIGIO;
	if (!a->signal || signal_send(t, &told, scope))
		signal_send(t, &info, scope);
}

static void send_urgent(const struct file_async *a, struct thread *t, int code)
{
	struct siginfo info = {.si_signo = SIGURG, .si_code = SI_KERNEL};

	if (may_signal(a, t))
		signal_send(t, &info, a->type == OWNER_THREAD ? TO_THREAD : TO_PROCESS);
}

/* (async_lock) */
static void to_owner(const struct file_async *a,
    void (*send)(const struct file_async *a, struct thread *t, int code), int code)
{
	irqflags_t flags;
	struct process *p;

	if (!a->pid)
		return;
	flags = spin_lock(&task_lock);
	if (a->type == OWNER_GROUP) {
		list_for_each (p, &a->pid->members, pgrp_link)
			send(a, p->leader, code);
	} else if (a->type == OWNER_PROCESS && a->pid->process) {
		send(a, a->pid->process->leader, code);
	} else if (a->type == OWNER_THREAD && a->pid->thread) {
		send(a, a->pid->thread, code);
	}
	spin_unlock(&task_lock, flags);
}

static bool concerns(const struct file *f, int code)
{
	return code == POLL_IN ? file_readable(f) : code == POLL_OUT ? file_writable(f) : true;
}

void async_send(struct async_list *l, int code)
{
	irqflags_t flags = spin_lock(&async_lock);
	struct file_async *a;

	list_for_each (a, &l->files, link)
		if (concerns(a->file, code))
			to_owner(a, send_io, code);
	spin_unlock(&async_lock, flags);
}

void async_send_urgent(struct file *f)
{
	struct file_async *a = __atomic_load_n(&f->async, __ATOMIC_ACQUIRE);
	irqflags_t flags;

	if (!a)
		return;
	flags = spin_lock(&async_lock);
	to_owner(a, send_urgent, 0);
	spin_unlock(&async_lock, flags);
}

/* --- owners --- */

/* Is there still somebody under this number? (task_lock) */
static bool is_there(const struct pid *pid, enum owner_type type)
{
	switch (type) {
	case OWNER_THREAD:
		return pid->thread;
	case OWNER_PROCESS:
		return pid->process;
	case OWNER_GROUP:
		return !list_empty(&pid->members);
	}
	return false;
}

/* Takes the reference over. `only_if_none`: leaves an owner that is there. */
static void install(struct file_async *a, struct pid *pid, enum owner_type type, bool only_if_none)
{
	const struct cred *c = current_cred();
	irqflags_t flags = spin_lock(&async_lock);
	struct pid *old = pid;

	if (!only_if_none || !a->pid) {
		old = a->pid;
		a->pid = pid;
		a->type = type;
		a->uid = c->uid;
		a->euid = c->euid;
	}
	spin_unlock(&async_lock, flags);
	pid_put(old);
}

static int set_owner(struct file *f, int nr, enum owner_type type, bool only_if_none)
{
	struct file_async *a = async_of(f);
	struct pid *pid = NULL;
	irqflags_t flags;

	if (!a)
		return -ENOMEM;
	if (nr) {
		flags = spin_lock(&task_lock);
		pid = pid_find(nr);
		if (pid)
			pid_get(pid);
		spin_unlock(&task_lock, flags);
		if (!pid)
			return -ESRCH;
	}
	install(a, pid, type, only_if_none);
	return 0;
}

static int set_owner_number(struct file *f, int who, bool only_if_none)
{
	if (who == INT32_MIN)
		return -EINVAL;
	return set_owner(
	    f, who < 0 ? -who : who, who < 0 ? OWNER_GROUP : OWNER_PROCESS, only_if_none);
}

int async_set_owner(struct file *f, int who)
{
	return set_owner_number(f, who, false);
}

int async_default_owner(struct file *f, int who)
{
	return set_owner_number(f, who, true);
}

static void get_owner(struct file *f, enum owner_type *type, int *nr)
{
	struct file_async *a = __atomic_load_n(&f->async, __ATOMIC_ACQUIRE);
	irqflags_t flags, task_flags;

	*type = OWNER_THREAD;
	*nr = 0;
	if (!a)
		return;
	flags = spin_lock(&async_lock);
	task_flags = spin_lock(&task_lock);
	*type = a->type;
	if (a->pid && is_there(a->pid, a->type))
		*nr = a->pid->nr;
	spin_unlock(&task_lock, task_flags);
	spin_unlock(&async_lock, flags);
}

int async_get_owner(struct file *f)
{
	enum owner_type type;
	int nr;

	get_owner(f, &type, &nr);
	return type == OWNER_GROUP ? -nr : nr;
}

/* --- O_ASYNC --- */

int async_set(struct file *f, int fd, bool on)
{
	struct async_list *l = f->ops->async_list ? f->ops->async_list(f, on) : NULL;
	struct file_async *a;
	irqflags_t flags;

	if (IS_ERR(l))
		return PTR_ERR(l);
	if (!l)
		return 0;
	a = async_of(f);
	if (!a)
		return -ENOMEM;
	flags = spin_lock(&async_lock);
	list_remove(&a->link);
	if (on) {
		a->fd = fd;
		list_append(&l->files, &a->link);
		__atomic_fetch_or(&f->flags, O_ASYNC, __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_and(&f->flags, ~(uint32_t)O_ASYNC, __ATOMIC_RELAXED);
	}
	spin_unlock(&async_lock, flags);
	return 0;
}

void async_file_released(struct file *f)
{
	struct file_async *a = f->async;
	irqflags_t flags;

	if (!a)
		return;
	flags = spin_lock(&async_lock);
	list_remove(&a->link);
	spin_unlock(&async_lock, flags);
	pid_put(a->pid);
	kfree(a);
}

/* --- fcntl --- */

struct user_owner { /* struct f_owner_ex */
	int32_t type, pid;
};

static int64_t get_owner_ex(struct file *f, uaddr_t to)
{
	struct user_owner u;
	enum owner_type type;

	get_owner(f, &type, &u.pid);
	u.type = (int32_t)type;
	return copy_out_obj(to, &u);
}

static int64_t set_owner_ex(struct file *f, uaddr_t from)
{
	struct user_owner u;

	if (copy_in_obj(&u, from))
		return -EFAULT;
	if (u.type < OWNER_THREAD || u.type > OWNER_GROUP)
		return -EINVAL;
	return set_owner(f, u.pid, (enum owner_type)u.type, false);
}

static int64_t get_owner_uids(struct file *f, uaddr_t to)
{
	struct file_async *a = __atomic_load_n(&f->async, __ATOMIC_ACQUIRE);
	uint32_t uids[2] = {0};
	irqflags_t flags = spin_lock(&async_lock);

	if (a) {
		uids[0] = a->uid;
		uids[1] = a->euid;
	}
	spin_unlock(&async_lock, flags);
	return copy_out_obj(to, &uids);
}

static int64_t set_signal(struct file *f, uint64_t sig)
{
	struct file_async *a;

	if (sig >= NSIG)
		return -EINVAL;
	a = async_of(f);
	if (!a)
		return -ENOMEM;
	__atomic_store_n(&a->signal, (int)sig, __ATOMIC_RELAXED);
	return 0;
}

int64_t async_fcntl(struct file *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case F_SETOWN:
		return async_set_owner(f, (int)arg);
	case F_GETOWN:
		return async_get_owner(f);
	case F_SETOWN_EX:
		return set_owner_ex(f, arg);
	case F_GETOWN_EX:
		return get_owner_ex(f, arg);
	case F_GETOWNER_UIDS:
		return get_owner_uids(f, arg);
	case F_SETSIG:
		return set_signal(f, arg);
	case F_GETSIG: {
		struct file_async *a = __atomic_load_n(&f->async, __ATOMIC_ACQUIRE);
		return a ? __atomic_load_n(&a->signal, __ATOMIC_RELAXED) : 0;
	}
	default:
		return -EINVAL;
	}
}
