/* kcmp(2): do two tasks share an object? */
#include "arch/uaccess.h"
#include "fs/vfs.h"
#include "proc/internal.h"
#include "random.h"
#include "syscall/syscall.h"

enum {
	KCMP_FILE,
	KCMP_VM,
	KCMP_FILES,
	KCMP_FS,
	KCMP_SIGHAND,
	KCMP_IO,
	KCMP_SYSVSEM,
	KCMP_EPOLL_TFD
};

struct kcmp_epoll_slot {
	uint32_t efd, tfd, toff;
};

/* 0: the same; 1 or 2: the order of the two, which must not tell addresses. */
static int64_t compare(const void *x, const void *y)
{
	static uint64_t cookie[2];
	uint64_t v, w;

	while (!__atomic_load_n(&cookie[1], __ATOMIC_ACQUIRE)) {
		uint64_t multiplier = random_u64() | 1;

		__atomic_store_n(&cookie[0], random_u64(), __ATOMIC_RELAXED);
		__atomic_store_n(&cookie[1], multiplier, __ATOMIC_RELEASE);
	}
	v = ((uintptr_t)x ^ cookie[0]) * cookie[1];
	w = ((uintptr_t)y ^ cookie[0]) * cookie[1];
	return v == w ? 0 : v < w ? 1 : 2;
}

/* What a task has of this type. (task_lock) */
static const void *object_of(const struct thread *t, int type)
{
	switch (type) {
	case KCMP_VM:
		return t->space;
	case KCMP_FILES:
		return t->files;
	case KCMP_FS:
		return t->fs;
	case KCMP_SIGHAND:
		return t->process->actions;
	case KCMP_SYSVSEM:
		return t->sem_undo;
	default:
		return NULL; /* KCMP_IO: contexts are not shared */
	}
}

static int64_t compare_objects(const struct thread *const t[2], int type)
{
	irqflags_t flags = spin_lock(&task_lock);
	const void *x = object_of(t[0], type), *y = object_of(t[1], type);

	spin_unlock(&task_lock, flags);
	return compare(x, y);
}

static struct file *file_of(struct thread *t, uint64_t fd)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct files *files = t->files;
	struct file *f = NULL;

	if (files)
		ref_get(&files->refs);
	spin_unlock(&task_lock, flags);
	if (files) {
		f = fd <= INT32_MAX ? files_get(files, (int)fd) : NULL;
		files_put(files);
	}
	return f;
}

static int64_t compare_files(struct thread *const t[2], uint64_t fd1, uint64_t fd2)
{
	struct file *f1 = file_of(t[0], fd1), *f2 = file_of(t[1], fd2);
	int64_t result = f1 && f2 ? compare(f1, f2) : -EBADF;

	if (f1)
		file_put(f1);
	if (f2)
		file_put(f2);
	return result;
}

/* Is the first task's descriptor what an epoll of the second one watches? */
static int64_t compare_epoll(struct thread *const t[2], uint64_t fd, uaddr_t where)
{
	struct kcmp_epoll_slot slot;
	struct file *f, *epoll;
	const void *target;
	int64_t result;

	if (copy_in_obj(&slot, where))
		return -EFAULT;
	f = file_of(t[0], fd);
	epoll = file_of(t[1], slot.efd);
	if (!f || !epoll) {
		result = -EBADF;
	} else {
		target = epoll_target(epoll, (int)slot.tfd, slot.toff);
		result = IS_ERR(target) ? PTR_ERR(target) : compare(f, target);
	}
	file_put(f);
	file_put(epoll);
	return result;
}

/* Both tasks, with references, if the caller may look into them. */
static int find_both(struct thread *t[2], int pid1, int pid2)
{
	const unsigned mode = PTRACE_ACCESS_READ | PTRACE_ACCESS_REALCREDS;
	irqflags_t flags = spin_lock(&task_lock);
	int err = 0;

	t[0] = thread_find(pid1);
	t[1] = thread_find(pid2);
	if (!t[0] || !t[1])
		err = -ESRCH;
	else if (!ptrace_may_access(t[0], mode) || !ptrace_may_access(t[1], mode))
		err = -EPERM;
	for (int i = 0; !err && i < 2; i++)
		thread_get(t[i]);
	spin_unlock(&task_lock, flags);
	return err;
}

SYSCALL(kcmp)
{
	int type = (int)a[2];
	struct thread *t[2];
	int64_t result = find_both(t, (int)a[0], (int)a[1]);

	if (result)
		return result;
	if (type == KCMP_FILE)
		result = compare_files(t, a[3], a[4]);
	else if (type == KCMP_EPOLL_TFD)
		result = compare_epoll(t, a[3], a[4]);
	else if (type >= KCMP_VM && type <= KCMP_SYSVSEM)
		result = compare_objects((const struct thread *const *)t, type);
	else
		result = -EINVAL;
	thread_put(t[0]);
	thread_put(t[1]);
	return result;
}
