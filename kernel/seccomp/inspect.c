/* Filters as a tracer reads them (ptrace(2), PTRACE_SECCOMP_GET_FILTER). */
#include "arch/uaccess.h"
#include "seccomp/internal.h"

struct seccomp_filter *seccomp_filter_at(const struct thread *t, uint64_t n)
{
	struct seccomp_filter *f = t->seccomp.filter;

	ASSERT_HELD(&task_lock);
	if (t->seccomp.mode != SECCOMP_FILTER)
		return ERR_PTR(-EINVAL);
	if (n >= t->seccomp.count)
		return ERR_PTR(-ENOENT);
	for (uint64_t newer = t->seccomp.count - 1 - n; newer; newer--)
		f = f->older;
	ref_get(&f->refs);
	return f;
}

void seccomp_filter_put(struct seccomp_filter *f)
{
	filter_put(f);
}

int64_t seccomp_filter_copy_out(const struct seccomp_filter *f, uaddr_t to)
{
	if (to && arch_copy_out(to, f->program, f->len * sizeof(f->program[0])))
		return -EFAULT;
	return f->len;
}

bool seccomp_filter_logs(const struct seccomp_filter *f)
{
	return f->log;
}
