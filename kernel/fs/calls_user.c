/* Arguments of system calls: paths, ranges, times, signal masks. */
#include "fs/internal.h"

int user_path_get(struct user_path *p, uaddr_t src)
{
	int64_t len = arch_copy_in_string(p->small, src, sizeof(p->small));

	p->heap = NULL;
	p->text = p->small;
	if (len != -ENAMETOOLONG)
		return len < 0 ? (int)len : 0;
	p->heap = kmalloc(PATH_MAX);
	if (!p->heap)
		return -ENOMEM;
	p->text = p->heap;
	len = arch_copy_in_string(p->heap, src, PATH_MAX);
	if (len >= 0)
		return 0;
	kfree(p->heap);
	p->heap = NULL;
	return (int)len;
}

void user_path_put(struct user_path *p)
{
	kfree(p->heap);
}

bool user_range_ok(uaddr_t addr, uint64_t n)
{
	return n <= ARCH_USER_TOP && addr <= ARCH_USER_TOP - n;
}

int user_timespec(uaddr_t src, ns_t *out)
{
	struct linux_timespec ts;

	if (copy_in_obj(&ts, src))
		return -EFAULT;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= NS_PER_S)
		return -EINVAL;
	if (__builtin_mul_overflow(ts.sec, NS_PER_S, out) ||
	    __builtin_add_overflow(*out, ts.nsec, out))
		*out = NS_NEVER;
	return 0;
}

int user_sigmask(uaddr_t src, size_t size, bool *given, sigset_t *out)
{
	*given = src != 0;
	if (!src)
		return 0;
	if (size != sizeof(*out))
		return -EINVAL;
	if (copy_in_obj(out, src))
		return -EFAULT;
	*out &= ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
	return 0;
}
