/* pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), and what poll tells of a pidfd. */
#include "proc/pidfd.h"

#include "arch/uaccess.h"
#include "fs/proc/procfs.h"
#include "proc/internal.h"
#include "syscall/syscall.h"

static unsigned pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pid *pid = f->data;
	unsigned events = 0;
	irqflags_t flags;

	poll_wait(pt, &pid->poll);
	flags = spin_lock(&task_lock);
	const struct thread *t = pid->thread;
	if (!t && !pid->process)
		events = POLLIN | POLLRDNORM | POLLHUP;
	else if (f->flags & PIDFD_THREAD ? t && t->park == DEAD
					 : pid->process && pid->process->phase == ZOMBIE)
		events = POLLIN | POLLRDNORM;
	spin_unlock(&task_lock, flags);
	return events;
}

static void pidfd_release(struct file *f)
{
	pid_put(f->data);
}

static void pidfd_show(struct file *f, struct proc_text *t)
{
	struct pid *pid = f->data;
	irqflags_t flags = spin_lock(&task_lock);
	int nr = pid->thread || pid->process ? pid->nr : -1;

	spin_unlock(&task_lock, flags);
	text_printf(t, "Pid:\t%d\nNSpid:\t%d\n", nr, nr);
}

static const struct file_ops pidfd_ops = {
    .name = "[pidfd]",
    .poll = pidfd_poll,
    .release = pidfd_release,
    .show_fdinfo = pidfd_show,
};

struct pid *pidfd_pid(const struct file *f)
{
	return f->ops == &pidfd_ops ? f->data : NULL;
}

struct pid *pidfd_get(int fd, uint32_t *flags)
{
	struct file *f = fd_get(fd);
	struct pid *pid = f ? pidfd_pid(f) : NULL;

	if (pid) {
		pid_get(pid);
		if (flags)
			*flags = f->flags;
	}
	file_put(f);
	return pid ? pid : ERR_PTR(-EBADF);
}

struct file *pidfd_create(struct pid *pid, unsigned flags)
{
	struct file *f = file_create(&pidfd_ops, NULL, O_RDWR | flags, pid);

	if (!IS_ERR(f))
		pid_get(pid);
	return f;
}

int pidfd_reserve(struct pid *pid, struct file **out)
{
	irqflags_t flags = spin_lock(&task_lock);
	bool there = pid->process;
	int fd;

	spin_unlock(&task_lock, flags);
	fd = there ? fd_reserve(O_CLOEXEC, 0) : -EINVAL;
	if (fd < 0)
		return fd;
	*out = pidfd_create(pid, 0);
	if (!IS_ERR(*out))
		return fd;
	fd_unreserve(fd);
	return PTR_ERR(*out);
}

/* The object behind a number, with a reference, if a pidfd of this kind may stand for it. ERR_PTR.
 */
static struct pid *find_target(int nr, bool thread)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct pid *pid = pid_find(nr);
	int err = 0;

	if (!pid || (!pid->thread && !pid->process))
		err = pid ? -EINVAL : -ESRCH;
	else if (thread ? !pid->thread : !pid->process)
		err = -EINVAL;
	else
		pid_get(pid);
	spin_unlock(&task_lock, flags);
	return err ? ERR_PTR(err) : pid;
}

SYSCALL(pidfd_open)
{
	unsigned flags = (unsigned)a[1];
	struct pid *pid;
	struct file *f;

	if (flags & ~(unsigned)(PIDFD_NONBLOCK | PIDFD_THREAD) || (int)a[0] <= 0)
		return -EINVAL;
	pid = find_target((int)a[0], flags & PIDFD_THREAD);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	f = pidfd_create(pid, flags);
	pid_put(pid);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install(f, O_CLOEXEC, 0);
}

/* --- signals --- */

#define PIDFD_SIGNAL_THREAD        1
#define PIDFD_SIGNAL_THREAD_GROUP  2
#define PIDFD_SIGNAL_PROCESS_GROUP 4

static int scope_of(const struct file *f, unsigned flags)
{
	if (flags)
		return (int)flags;
	return f->ops == &pidfd_ops && f->flags & PIDFD_THREAD ? PIDFD_SIGNAL_THREAD
							       : PIDFD_SIGNAL_THREAD_GROUP;
}

/* A siginfo of the caller's own making may not pretend to come from kernel or kill, except to
 * himself (S18). */
static int check_info(const struct siginfo *info, const struct pid *pid, int scope)
{
	bool to_self = current->tid == pid && scope != PIDFD_SIGNAL_PROCESS_GROUP;

	return !to_self && (info->si_code >= 0 || info->si_code == SI_TKILL) ? -EPERM : 0;
}

static int64_t send(const struct file *f, int sig, uaddr_t uinfo, unsigned flags)
{
	struct pid *pid = pidfd_pid(f);
	int scope = scope_of(f, flags), err;
	struct siginfo info;
	int32_t number;

	if (!pid)
		pid = proc_pid_of_directory(f);
	if (!pid)
		return -EBADF;
	if (uinfo) {
		if (copy_in_obj(&number, uinfo))
			return -EFAULT;
		err = siginfo_copy_in(&info, number, uinfo);
		if (!err && number != sig)
			err = -EINVAL;
		if (!err)
			err = check_info(&info, pid, scope);
		if (err)
			return err;
	}
	return signal_send_pid(pid, sig, uinfo ? &info : NULL,
	    scope == PIDFD_SIGNAL_THREAD          ? PID_THREAD
	    : scope == PIDFD_SIGNAL_PROCESS_GROUP ? PID_GROUP
						  : PID_PROCESS);
}

SYSCALL(pidfd_send_signal)
{
	const unsigned known = PIDFD_SIGNAL_THREAD | PIDFD_SIGNAL_THREAD_GROUP |
			       PIDFD_SIGNAL_PROCESS_GROUP;
	unsigned flags = (unsigned)a[3];
	struct file *f;
	int64_t result;

	if (flags & ~known || flags & (flags - 1))
		return -EINVAL;
	f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	result = send(f, (int)a[1], a[2], flags);
	file_put(f);
	return result;
}

/* --- descriptors of others --- */

/* The target's descriptor table, with a reference. ERR_PTR; NULL: it is exiting. */
static struct files *target_files(const struct pid *pid)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *t = pid->thread;
	struct files *files = NULL;
	int err = 0;

	if (!t)
		err = -ESRCH;
	else if (!ptrace_may_access(t, PTRACE_ACCESS_ATTACH | PTRACE_ACCESS_REALCREDS))
		err = -EPERM;
	else if ((files = t->files))
		ref_get(&files->refs);
	spin_unlock(&task_lock, flags);
	return err ? ERR_PTR(err) : files;
}

static int64_t get_fd(const struct pid *pid, int fd)
{
	struct files *files = target_files(pid);
	struct file *f;

	if (IS_ERR(files))
		return PTR_ERR(files);
	if (!files)
		return -ESRCH;
	f = files_get(files, fd);
	files_put(files);
	if (!f)
		return -EBADF;
	return fd_install(f, O_CLOEXEC, 0);
}

SYSCALL(pidfd_getfd)
{
	struct file *f;
	int64_t result;

	if (a[2] & UINT32_MAX)
		return -EINVAL;
	f = fd_get((int)a[0]);
	if (!f)
		return -EBADF;
	result = pidfd_pid(f) ? get_fd(pidfd_pid(f), (int)a[1]) : -EBADF;
	file_put(f);
	return result;
}
