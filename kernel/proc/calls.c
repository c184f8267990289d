/* The system calls that make, name, end and await processes: copy in, check, call, copy out. */
#include "abi/sched.h"
#include "arch/uaccess.h"
#include "fs/vfs.h"
#include "ipc/ipc.h"
#include "mm/heap.h"
#include "proc/internal.h"
#include "proc/pidfd.h"
#include "syscall/syscall.h"

SYSCALL(getpid)
{
	return current->process->pid->nr;
}

SYSCALL(gettid)
{
	return current->tid->nr;
}

SYSCALL(getppid)
{
	irqflags_t flags = spin_lock(&task_lock);
	int nr = current->process->parent->pid->nr;

	spin_unlock(&task_lock, flags);
	return nr;
}

SYSCALL(set_tid_address)
{
	current->clear_child_tid = a[0];
	return current->tid->nr;
}

/* --- clone --- */

SYSCALL(clone)
{
	struct clone_args_k k = {
	    .flags = (uint32_t)a[0] & ~(uint64_t)CSIGNAL,
	    .exit_signal = (int)(a[0] & CSIGNAL),
	    .stack = a[1],
	    .parent_tid = a[2],
	    .tls = a[3],
	    .child_tid = a[4],
	};

	if (k.flags & CLONE_PIDFD) { /* both would be told at one place */
		if (k.flags & CLONE_PARENT_SETTID)
			return -EINVAL;
		k.pidfd = a[2];
	}
	return do_clone(&k);
}

/* struct clone_args of clone3(2). */
struct user_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
	    set_tid_size, cgroup;
};
#define CLONE_ARGS_SIZE_VER0 64
#define CLONE_ARGS_SIZE_VER2 88
#define MAX_PID_LEVELS       32 /* of nested pid namespaces */

/* What does not depend on flags; in Linux's order. */
static int check_clone_args(const struct user_clone_args *u, uint64_t size)
{
	if (u->set_tid_size > MAX_PID_LEVELS || !u->set_tid != !u->set_tid_size)
		return -EINVAL;
	if (u->exit_signal & ~(uint64_t)CSIGNAL || u->exit_signal >= NSIG)
		return -EINVAL;
	if ((u->flags & CLONE_INTO_CGROUP) &&
	    (u->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_VER2))
		return -EINVAL;
	return 0;
}

static int check_clone3_flags(const struct user_clone_args *u)
{
	const uint64_t known = UINT32_MAX | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
	const uint64_t unused = CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME);
	uaddr_t end;

	if (u->flags & (~known | unused))
		return -EINVAL;
	if ((u->flags & CLONE_SIGHAND) && (u->flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((u->flags & (CLONE_THREAD | CLONE_PARENT)) && u->exit_signal)
		return -EINVAL;
	if (!u->stack != !u->stack_size)
		return -EINVAL;
	if (__builtin_add_overflow(u->stack, u->stack_size, &end) || end > INT64_MAX)
		return -EINVAL;
	return u->flags & CLONE_INTO_CGROUP ? -EBADF : 0; /* no descriptor is a cgroup's */
}

SYSCALL(clone3)
{
	struct user_clone_args u;
	int32_t set_tid = 0;
	int err;

	if (a[1] > PAGE_SIZE)
		return -E2BIG;
	if (a[1] < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_in_versioned(&u, sizeof(u), a[0], a[1]);
	if (!err)
		err = check_clone_args(&u, a[1]);
	if (!err && u.set_tid && copy_in_obj(&set_tid, u.set_tid))
		err = -EFAULT;
	if (!err)
		err = check_clone3_flags(&u);
	if (!err && u.set_tid && (u.set_tid_size > 1 || set_tid < 1))
		err = -EINVAL; /* there is one namespace */
	if (err)
		return err;
	struct clone_args_k k = {
	    .flags = u.flags,
	    .exit_signal = (int)u.exit_signal,
	    .stack = u.stack + u.stack_size,
	    .pidfd = u.pidfd,
	    .parent_tid = u.parent_tid,
	    .child_tid = u.child_tid,
	    .tls = u.tls,
	    .set_tid = set_tid,
	};
	return do_clone(&k);
}

/* --- unshare(2) --- */

#define UNSHARE_KNOWN                                                                              \
	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM |        \
	    CLONE_NEWUSER | CLONE_NEW_PRIVILEGED)

/* What goes along with what was asked for. */
static uint64_t unshare_implied(uint64_t flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

/* Threads, handlers and memory cannot be unshared: that is allowed only where they are not shared.
 */
static bool is_alone(const struct thread *t, uint64_t flags)
{
	if ((flags & CLONE_THREAD) &&
	    __atomic_load_n(&t->process->thread_count, __ATOMIC_RELAXED) > 1)
		return false;
	if ((flags & CLONE_SIGHAND) &&
	    __atomic_load_n(&t->process->actions->refs.n, __ATOMIC_RELAXED) > 1)
		return false;
	return !(flags & CLONE_VM) || __atomic_load_n(&t->space->refs.n, __ATOMIC_RELAXED) == 1;
}

SYSCALL(unshare)
{
	uint64_t flags = unshare_implied(a[0]);
	int err = 0;

	if (flags & ~(uint64_t)UNSHARE_KNOWN)
		return -EINVAL;
	if (!is_alone(current, flags))
		return -EINVAL;
	if (flags & CLONE_NEWUSER)
		return -EINVAL;
	if (flags & CLONE_NEW_PRIVILEGED)
		return capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	if (flags & CLONE_FS)
		err = thread_unshare_fs(current);
	if (!err && (flags & CLONE_FILES))
		err = thread_unshare_files(current);
	if (!err && (flags & CLONE_SYSVSEM))
		sem_undo_exit(current);
	return err;
}

SYSCALL(setns)
{
	struct file *f = fd_get((int)a[0]);

	if (!f)
		return -EBADF;
	file_put(f);
	return -EINVAL; /* no file is a namespace */
}

/* --- exec --- */

static int64_t exec_user(int dirfd, uaddr_t path, uaddr_t argv, uaddr_t envp, int flags)
{
	struct string_vec av = {.user = argv}, ev = {.user = envp};
	char *kpath = kmalloc(PATH_MAX);
	int64_t err;

	if (!kpath)
		return -ENOMEM;
	err = arch_copy_in_string(kpath, path, PATH_MAX);
	if (err >= 0)
		err = !err && !(flags & AT_EMPTY_PATH) ? -ENOENT
						       : do_execve(dirfd, kpath, &av, &ev, flags);
	kfree(kpath);
	return err;
}

SYSCALL(execve)
{
	return exec_user(AT_FDCWD, a[0], a[1], a[2], 0);
}

SYSCALL(execveat)
{
	return exec_user((int)a[0], a[1], a[2], a[3], (int)a[4]);
}

/* --- exit --- */

SYSCALL(exit)
{
	thread_exit((int)(a[0] & 0xff) << 8);
}

SYSCALL(exit_group)
{
	process_exit((int)(a[0] & 0xff) << 8);
}

/* --- wait --- */

/* The group or process that a wait names, with a reference; 0: our own group. 0 or -ECHILD if there
 * is none. */
static int name_target(struct wait_request *r, int nr)
{
	irqflags_t flags = spin_lock(&task_lock);

	r->pid = nr ? pid_find(nr) : current->process->pgrp;
	if (r->pid)
		pid_get(r->pid);
	spin_unlock(&task_lock, flags);
	return r->pid ? 0 : -ECHILD;
}

static int set_target(struct wait_request *r, int pid)
{
	if (pid == -1)
		return 0;
	r->which = pid > 0 ? WAIT_PID : WAIT_PGRP;
	if (pid == INT32_MIN)
		return -ESRCH;
	return name_target(r, pid > 0 ? pid : -pid);
}

SYSCALL(wait4)
{
	const uint32_t allowed = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD_ | WALL_ | WCLONE_;
	struct wait_request r = {.options = (uint32_t)a[2] | WEXITED, .deadline = NS_NEVER};
	struct wait_result out;
	int nr;

	if ((uint32_t)a[2] & ~allowed)
		return -EINVAL;
	nr = set_target(&r, (int)a[0]);
	if (!nr)
		nr = do_wait(&r, &out);
	pid_put(r.pid);
	if (nr <= 0)
		return nr;
	if (a[1]) {
		int32_t status = out.status;

		if (copy_out_obj(a[1], &status))
			return -EFAULT;
	}
	return a[3] && rusage_copy_out(a[3], &out.rusage) ? -EFAULT : nr;
}

/* A pidfd that does not block makes the wait not block. */
static int set_pidfd_target(struct wait_request *r, int fd, bool *nonblock)
{
	uint32_t flags;
	struct pid *pid = fd < 0 ? ERR_PTR(-EINVAL) : pidfd_get(fd, &flags);

	if (IS_ERR(pid))
		return PTR_ERR(pid);
	r->which = WAIT_PID;
	r->pid = pid;
	*nonblock = flags & O_NONBLOCK;
	return 0;
}

static int set_waitid_target(struct wait_request *r, int which, int id, bool *nonblock)
{
	switch (which) {
	case P_ALL:
		return 0;
	case P_PID:
		r->which = WAIT_PID;
		return id <= 0 ? -EINVAL : name_target(r, id);
	case P_PGID:
		r->which = WAIT_PGRP;
		if (id < 0)
			return -EINVAL;
		return name_target(r, id);
	case P_PIDFD:
		return set_pidfd_target(r, id, nonblock);
	}
	return -EINVAL;
}

static int copy_out_child_info(uaddr_t to, int nr, const struct wait_result *w)
{
	struct siginfo info = {0};

	if (nr > 0) {
		info.si_signo = SIGCHLD;
		info.si_code = w->code;
		info.child.pid = w->pid;
		info.child.uid = (uint32_t)w->uid;
		info.child.status = w->signal_or_code;
	}
	return arch_copy_out(to, &info, 28); /* only what waitid(2) defines */
}

static int64_t wait_by_id(const uint64_t a[6], struct wait_result *out)
{
	const uint32_t kinds = WEXITED | WSTOPPED | WCONTINUED;
	const uint32_t allowed = kinds | WNOHANG | WNOWAIT | WNOTHREAD_ | WALL_ | WCLONE_;
	struct wait_request r = {.options = (uint32_t)a[3], .deadline = NS_NEVER};
	bool nonblock = false;
	int nr;

	if ((r.options & ~allowed) || !(r.options & kinds))
		return -EINVAL;
	nr = set_waitid_target(&r, (int)a[0], (int)a[1], &nonblock);
	if (nonblock)
		r.options |= WNOHANG;
	if (!nr)
		nr = do_wait(&r, out);
	pid_put(r.pid);
	return !nr && nonblock && !((uint32_t)a[3] & WNOHANG) ? -EAGAIN : nr;
}

/* The times are written first; the siginfo also when there is nothing to tell, zeroes then. */
SYSCALL(waitid)
{
	struct wait_result out = {0};
	int64_t nr = wait_by_id(a, &out);

	if (nr > 0 && a[4] && rusage_copy_out(a[4], &out.rusage))
		return -EFAULT;
	if (a[2] && copy_out_child_info(a[2], (int)nr, &out))
		return -EFAULT;
	return MIN(nr, 0);
}

/* --- groups and sessions --- */

SYSCALL(setpgid)
{
	return do_setpgid((int)a[0], (int)a[1]);
}

SYSCALL(setsid)
{
	return do_setsid();
}

static int64_t group_or_session(int pid, bool session)
{
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = pid ? thread_find(pid) : current;
	const struct process *p = t ? t->process : NULL;
	int64_t result = !p ? -ESRCH : session ? p->session->nr : p->pgrp->nr;

	spin_unlock(&task_lock, flags);
	return result;
}

SYSCALL(getpgid)
{
	return group_or_session((int)a[0], false);
}

SYSCALL(getsid)
{
	return group_or_session((int)a[0], true);
}

/* --- robust futexes (get_robust_list(2)) --- */

#define ROBUST_HEAD_SIZE 24

SYSCALL(set_robust_list)
{
	if (a[1] != ROBUST_HEAD_SIZE)
		return -EINVAL;
	current->robust_list = a[0];
	current->robust_list_len = a[1];
	return 0;
}

SYSCALL(get_robust_list)
{
	uint64_t head = 0, len = ROBUST_HEAD_SIZE;
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = a[0] ? thread_find((int)a[0]) : current;
	int err = 0;

	if (!t)
		err = -ESRCH;
	else if (!ptrace_may_access(t, PTRACE_ACCESS_READ | PTRACE_ACCESS_REALCREDS))
		err = -EPERM;
	else
		head = t->robust_list;
	spin_unlock(&task_lock, flags);
	if (err)
		return err;
	return copy_out_obj(a[2], &len) || copy_out_obj(a[1], &head) ? -EFAULT : 0;
}
