/*
 * What newlib asks of a system: a reentrancy state for each thread that runs Lua, memory, locks,
 * the time. There are no files behind its stdio, which nothing here uses: those hooks fail.
 * (newlib's libc/reent, "System Calls".)
 */
#include "abi/fs.h" /* before the C library's limits.h, which has a smaller PATH_MAX */

#include <malloc.h>
#include <reent.h>
#include <stdlib.h>
#include <sys/lock.h>

#include "arch/cpu.h"
#include "mm/heap.h"
#include "port_internal.h"
#include "proc/process.h"
#include "sched/timer.h"

/* newlib's own number for it, as <errno.h> there has it. */
#define NEWLIB_ENOSYS 88

struct stat;
struct tms;
struct timeval;

/* --- reentrancy --- */

struct _reent *__getreent(void)
{
	static struct _reent
	    shared; /* of threads that no Lua runs in: they only copy and compare */
	return current->reent ? current->reent : &shared;
}

bool newlib_prepare_thread(void)
{
	if (current->reent)
		return true;
	struct _reent *r = kzalloc(sizeof(*r));
	if (!r)
		return false;
	_REENT_INIT_PTR(r);
	current->reent = r;
	arch_fp_enable_kernel(current);
	return true;
}

/* --- memory --- */

void *_malloc_r(struct _reent *r, size_t n)
{
	return kmalloc(n);
}

void *_calloc_r(struct _reent *r, size_t n, size_t size)
{
	return kcalloc(n, size);
}

void *_realloc_r(struct _reent *r, void *p, size_t n)
{
	return krealloc(p, n);
}

void _free_r(struct _reent *r, void *p)
{
	kfree(p);
}

void *malloc(size_t n)
{
	return kmalloc(n);
}

void *calloc(size_t n, size_t size)
{
	return kcalloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return krealloc(p, n);
}

void free(void *p)
{
	kfree(p);
}

/* --- locks: recursive ones throughout --- */

struct __lock {
	struct mutex mutex;
	int depth; /* beyond the first; the holder's */
};

#define NEWLIB_LOCK(which)                                                                         \
	extern struct __lock __lock_##which;                                                       \
	struct __lock __lock_##which = {.mutex = MUTEX_INIT("newlib " #which)}

NEWLIB_LOCK(__sinit_recursive_mutex);
NEWLIB_LOCK(__sfp_recursive_mutex);
NEWLIB_LOCK(__atexit_recursive_mutex);
NEWLIB_LOCK(__at_quick_exit_mutex);
NEWLIB_LOCK(__malloc_recursive_mutex);
NEWLIB_LOCK(__env_recursive_mutex);
NEWLIB_LOCK(__tz_mutex);
NEWLIB_LOCK(__dd_hash_mutex);
NEWLIB_LOCK(__arc4random_mutex);

/* A lock that there is no memory for: shared with others, which is slower but right. */
static struct __lock spare = {.mutex = MUTEX_INIT("newlib spare")};

void __retarget_lock_init(_LOCK_T *lock)
{
	struct __lock *l = kzalloc(sizeof(*l));
	if (l)
		mutex_init(&l->mutex, "newlib");
	*lock = l ? l : &spare;
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	if (lock != &spare)
		kfree(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	__retarget_lock_close(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	if (mutex_held(&lock->mutex))
		lock->depth++;
	else
		mutex_lock(&lock->mutex);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	__retarget_lock_acquire(lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	if (mutex_held(&lock->mutex))
		return ++lock->depth;
	return mutex_trylock(&lock->mutex);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	return __retarget_lock_try_acquire(lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
	if (lock->depth)
		lock->depth--;
	else
		mutex_unlock(&lock->mutex);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	__retarget_lock_release(lock);
}

/* --- system calls --- */

static int no_such_call(void)
{
	__getreent()->_errno = NEWLIB_ENOSYS;
	return -1;
}

#define NO_CALL(name, ...)                                                                         \
	int name(__VA_ARGS__);                                                                     \
	int name(__VA_ARGS__)                                                                      \
	{                                                                                          \
		return no_such_call();                                                             \
	}

NO_CALL(_open, const char *path, int flags, int mode)
NO_CALL(_close, int fd)
NO_CALL(_read, int fd, char *buf, int n)
NO_CALL(_write, int fd, char *buf, int n)
NO_CALL(_lseek, int fd, int offset, int whence)
NO_CALL(_fstat, int fd, struct stat *st)
NO_CALL(_isatty, int fd)
NO_CALL(_kill, int pid, int sig)
NO_CALL(_getpid, void)
NO_CALL(_unlink, const char *path)
NO_CALL(_link, const char *from, const char *to)
NO_CALL(_times, struct tms *buf)

void *_sbrk(ptrdiff_t n);
void *_sbrk(ptrdiff_t n)
{
	no_such_call();
	return (void *)-1;
}

_Noreturn void _exit(int code);
_Noreturn void _exit(int code)
{
	panic("the C library wants to end the program (code %d)", code);
}

/* struct timeval: seconds and microseconds, both 64 bits wide here. */
int _gettimeofday(struct timeval *tv, void *zone);
int _gettimeofday(struct timeval *tv, void *zone)
{
	int64_t *out = (int64_t *)tv;
	ns_t now = time_realtime();
	out[0] = now / NS_PER_S;
	out[1] = now % NS_PER_S / 1000;
	return 0;
}
