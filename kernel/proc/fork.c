/* clone(2), fork, vfork: a new thread, or a new process with its first. */
#include "abi/sched.h"
#include "arch/uaccess.h"
#include "fs/vfs.h"
#include "ipc/ipc.h"
#include "mm/heap.h"
#include "mm/space.h"
#include "proc/internal.h"
#include "proc/pidfd.h"
#include "ptrace/ptrace.h"
#include "trace.h"

#define BOTH(flags, a, b) (((flags) & ((a) | (b))) == ((a) | (b)))

static int check_flags(uint64_t flags)
{
	if (BOTH(flags, CLONE_NEWNS, CLONE_FS) || BOTH(flags, CLONE_NEWUSER, CLONE_FS))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && current->process->unkillable)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & CLONE_DETACHED))
		return -EINVAL;
	return 0;
}

/* Comes after the limit of processes. */
static int check_namespaces(uint64_t flags)
{
	if (flags & CLONE_NEWUSER)
		return -EINVAL;
	if (!(flags & CLONE_NEW_PRIVILEGED))
		return 0;
	return capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
}

/* The child's first steps, on its own kernel stack. */
static void child_start(void *arg)
{
	struct thread *t = current;

	if (t->set_child_tid) {
		int32_t nr = t->tid->nr;

		/* As in Linux, a bad address is the child's own affair. */
		(void)!copy_out_obj(t->set_child_tid, &nr);
	}
	arch_enter_user();
}

static int copy_space(struct thread *child, uint64_t flags)
{
	struct space *s = current->space;

	if (flags & CLONE_VM) {
		space_get(s);
	} else {
		s = space_fork(s);
		if (IS_ERR(s))
			return PTR_ERR(s);
	}
	child->space = s;
	return 0;
}

static int copy_files(struct thread *child, uint64_t flags)
{
	struct thread *parent = current;
	int err = 0;

	if (flags & CLONE_FILES) {
		ref_get(&parent->files->refs);
		child->files = parent->files;
	} else {
		err = files_copy(parent->files, &child->files);
	}
	if (flags & CLONE_FS) {
		ref_get(&parent->fs->refs);
		child->fs = parent->fs;
	} else {
		child->fs = fs_context_create(parent->fs);
	}
	return err || child->fs ? err : -ENOMEM;
}

static int copy_actions(struct process *p, uint64_t flags)
{
	struct actions *a = current->process->actions;

	if (flags & CLONE_SIGHAND) {
		ref_get(&a->refs);
		p->actions = a;
		return 0;
	}
	p->actions = actions_create(a);
	if (!p->actions)
		return -ENOMEM;
	if (flags & CLONE_CLEAR_SIGHAND)
		actions_exec_reset(p->actions);
	return 0;
}

/* Everything but visibility. `p` is the new process, or the current one for a thread. */
static struct thread *copy_thread(
    struct process *p, struct pid *pid, const struct clone_args_k *a, int *err)
{
	struct thread *parent = current, *t = thread_create(p, pid);
	bool thread = a->flags & CLONE_THREAD;

	*err = -ENOMEM;
	if (!t)
		return NULL;
	t->cred = cred_get(parent->cred);
	signal_fork_init(t, parent);
	if ((a->flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK))
		t->altstack = parent->altstack;
	else if (!(a->flags & CLONE_VM))
		t->altstack = parent->altstack;
	if (!(a->flags & CLONE_VM))
		rseq_fork(t);
	memcpy(t->comm, parent->comm, sizeof(t->comm));
	sched_fork(t, parent);
	t->wishes = parent->wishes;
	t->wishes.default_slack = parent->wishes.timer_slack;
	if (a->flags & CLONE_CHILD_SETTID)
		t->set_child_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = a->child_tid;
	*err = copy_space(t, a->flags);
	if (!*err)
		*err = copy_files(t, a->flags);
	if (!*err && !thread)
		*err = copy_actions(p, a->flags);
	if (!*err)
		*err = sem_undo_fork(t, a->flags & CLONE_SYSVSEM);
	if (*err) {
		thread_free_unstarted(t);
		return NULL;
	}
	arch_thread_init(t, child_start, NULL);
	arch_fork_frame(t, parent, a->stack);
	if (a->flags & CLONE_SETTLS)
		arch_set_tls(t, a->tls);
	return t;
}

static void inherit(struct process *p)
{
	p->child_subreaper = false;
	p->did_exec = false;
}

/*
 * Makes the child visible. A signal that reached the parent meanwhile is handled first, and the
 * call made again: a signal to the group cannot miss the child (R21), and a thread cannot be born
 * into a stop without taking part (R05).
 */
static int publish(
    struct process *p, struct thread *t, struct pid *pid, const struct clone_args_k *a)
{
	struct thread *parent = current;
	struct process *me = parent->process;
	irqflags_t flags;

	sched_point("fork.copied", t);
	flags = spin_lock(&task_lock);
	signal_recalc(parent);
	if (signal_pending(parent)) {
		spin_unlock(&task_lock, flags);
		return -ERESTARTNOINTR;
	}
	seccomp_fork(t);
	if (a->flags & CLONE_THREAD) {
		thread_publish(t);
		signal_join_stop(t); /* only a tracee can run while its process is stopped */
	} else {
		bool sibling = (a->flags & CLONE_PARENT) && me->parent;

		p->parent = sibling ? me->parent : me;
		p->parent_thread = sibling ? me->parent_thread : parent;
		p->parent_execs = sibling ? me->parent_execs : me->execs;
		p->exit_signal = sibling ? me->exit_signal : a->exit_signal;
		inherit(p);
		process_publish(p, t, pid);
		if (sibling) {
			process_set_pgrp(p, me->pgrp);
			process_set_session(p, me->session);
			p->tty = me->tty;
		}
	}
	ptrace_fork(t);
	spin_unlock(&task_lock, flags);
	sched_point("fork.published", t);
	return 0;
}

/* Under task_lock at the end: killed or not, the child is done with our stack then. False: killed.
 */
static bool wait_for_vfork(struct thread *child, struct vfork_wait *v)
{
	irqflags_t flags;
	int err;

	err = wait_event(&v->wq, v->done, SCHED_SLEEP_KILL, NS_NEVER, "vfork");
	flags = spin_lock(&task_lock);
	child->vfork = NULL;
	spin_unlock(&task_lock, flags);
	return !err;
}

/* The wake-up happens under task_lock, so that the sleeper's stack is still there. */
void vfork_release(struct thread *t)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct vfork_wait *v = t->vfork;

	t->vfork = NULL;
	if (v) {
		v->done = true;
		wait_wake_all(&v->wq);
	}
	spin_unlock(&task_lock, flags);
}

/* CLONE_PIDFD: the descriptor, told to the parent, but not there before the child is. */
struct child_fd {
	struct file *file;
	int fd;
};

static void child_fd_drop(struct child_fd *c)
{
	if (!c->file)
		return;
	fd_unreserve(c->fd);
	file_put(c->file);
}

static int child_fd_prepare(struct child_fd *c, struct pid *pid, const struct clone_args_k *a)
{
	int32_t fd = fd_reserve(O_CLOEXEC, 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = pidfd_create(pid, a->flags & CLONE_THREAD ? PIDFD_THREAD : 0);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	*c = (struct child_fd){f, fd};
	if (!copy_out_obj(a->pidfd, &fd))
		return 0;
	child_fd_drop(c);
	c->file = NULL;
	return -EFAULT;
}

static bool too_many_threads(void)
{
	return nproc_reached(current->cred->uid, 0) && !capable(CAP_SYS_RESOURCE) &&
	       !capable(CAP_SYS_ADMIN);
}

static int64_t start_child(struct thread *t, const struct clone_args_k *a, enum ptrace_event event)
{
	struct vfork_wait v = {.done = false};
	int nr = t->tid->nr;

	if (a->flags & CLONE_VFORK) {
		wait_queue_init(&v.wq);
		t->vfork = &v;
	}
	thread_get(t);
	trace_record(TRACE_FORK, (uint64_t)nr, a->flags, 0, 0, 0);
	sched_start(t);
	if (unlikely(event))
		ptrace_event(event, (uint64_t)nr);
	if ((a->flags & CLONE_VFORK) && wait_for_vfork(t, &v))
		ptrace_event(PTRACE_EVENT_VFORK_DONE, (uint64_t)nr);
	thread_put(t);
	return nr;
}

int64_t do_clone(const struct clone_args_k *a)
{
	bool thread = a->flags & CLONE_THREAD;
	struct process *p = current->process;
	struct thread *t = NULL;
	struct child_fd pidfd = {0};
	enum ptrace_event event;
	struct pid *pid;
	int err = check_flags(a->flags);

	if (err)
		return err;
	if (too_many_threads())
		return -EAGAIN;
	current->nproc_exceeded = false;
	err = check_namespaces(a->flags);
	if (err)
		return err;
	event = ptrace_clone_event(a->flags, a->exit_signal);
	pid = a->set_tid ? pid_alloc_at(a->set_tid, &err) : pid_alloc(&err);
	if (!pid)
		return err;
	if (!thread)
		p = process_create(p);
	if (p)
		t = copy_thread(p, pid, a, &err);
	else
		err = -ENOMEM;
	if (t && !err)
		err = ptrace_fork_prepare(t, event || (a->flags & CLONE_PTRACE));
	if (t && !err && (a->flags & CLONE_PIDFD))
		err = child_fd_prepare(&pidfd, pid, a);
	if (t && !err)
		err = publish(p, t, pid, a);
	if (!err && pidfd.file)
		fd_publish(pidfd.fd, pidfd.file);
	if (t && !err &&
	    (a->flags & CLONE_PARENT_SETTID)) /* a bad address is the caller's own affair */
		(void)!copy_out_obj(a->parent_tid, &pid->nr);
	if (err) {
		child_fd_drop(&pidfd);
		if (t)
			thread_free_unstarted(t);
		pid_discard(pid);
		if (!thread && p)
			process_free_unstarted(p);
		return err;
	}
	if (thread)
		pid_put(pid); /* the thread has its own */
	else
		process_put(p);
	return start_child(t, a, event);
}
