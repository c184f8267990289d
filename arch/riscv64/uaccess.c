/* User memory and doubtful kernel memory: range checks around the routines of uaccess.S. */
#include "arch/uaccess.h"

#include "local.h"
#include "proc/process.h"

int user_copy(void *dst, const void *src, size_t n);
int user_clear(void *dst, size_t n);
int64_t user_strncpy(char *dst, const char *src, size_t n);
int user_cmpxchg32(void *p, uint32_t expect, uint32_t desired, uint32_t *old);
int kernel_try_copy(void *dst, const void *src, size_t n);

/* An entry of __ex_table: both relative to their own addresses. */
struct fixup {
	int32_t insn, target;
};
extern const struct fixup _ex_table_start[], _ex_table_end[];

/* Binary search: the assembler wrote the entries in order of address. */
uintptr_t fixup_find(uintptr_t pc)
{
	const struct fixup *low = _ex_table_start, *high = _ex_table_end;
	while (low < high) {
		const struct fixup *mid = low + (high - low) / 2;
		uintptr_t insn = (uintptr_t)&mid->insn + (intptr_t)mid->insn;
		if (insn == pc)
			return (uintptr_t)&mid->target + (intptr_t)mid->target;
		if (insn < pc)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

static inline bool range_ok(uaddr_t start, size_t n)
{
	return n <= ARCH_USER_TOP && start <= ARCH_USER_TOP - n;
}

int arch_copy_in(void *dst, uaddr_t src, size_t n)
{
	return range_ok(src, n) ? user_copy(dst, (const void *)src, n) : -EFAULT;
}

int arch_copy_out(uaddr_t dst, const void *src, size_t n)
{
	return range_ok(dst, n) ? user_copy((void *)dst, src, n) : -EFAULT;
}

int arch_clear_user(uaddr_t dst, size_t n)
{
	return range_ok(dst, n) ? user_clear((void *)dst, n) : -EFAULT;
}

int64_t arch_copy_in_string(char *dst, uaddr_t src, size_t size)
{
	if (src >= ARCH_USER_TOP)
		return -EFAULT;
	size_t max = MIN(size, ARCH_USER_TOP - src);
	int64_t n = user_strncpy(dst, (const char *)src, max);
	if (n < 0 || (size_t)n < max)
		return n;
	/* No 0 in `max` bytes: too long, unless the end of user space cut it. */
	return max == size ? -ENAMETOOLONG : -EFAULT;
}

int arch_copy_in_atomic(void *dst, uaddr_t src, size_t n)
{
	struct arch_thread *t = &current->arch;
	uint32_t old = t->flags;
	t->flags |= THREAD_UACCESS_ATOMIC;
	int err = arch_copy_in(dst, src, n);
	t->flags = (t->flags & ~THREAD_UACCESS_ATOMIC) | (old & THREAD_UACCESS_ATOMIC);
	return err;
}

int arch_copy_out_atomic(uaddr_t dst, const void *src, size_t n)
{
	struct arch_thread *t = &current->arch;
	uint32_t old = t->flags;
	t->flags |= THREAD_UACCESS_ATOMIC;
	int err = arch_copy_out(dst, src, n);
	t->flags = (t->flags & ~THREAD_UACCESS_ATOMIC) | (old & THREAD_UACCESS_ATOMIC);
	return err;
}

int arch_user_cmpxchg32(uaddr_t addr, uint32_t expect, uint32_t desired, uint32_t *old)
{
	if (addr % sizeof(uint32_t) || !range_ok(addr, sizeof(uint32_t)))
		return -EFAULT;
	return user_cmpxchg32((void *)addr, expect, desired, old);
}

int arch_user_cmpxchg32_atomic(uaddr_t addr, uint32_t expect, uint32_t desired, uint32_t *old)
{
	struct arch_thread *t = &current->arch;
	uint32_t flags = t->flags;
	t->flags |= THREAD_UACCESS_ATOMIC;
	int err = arch_user_cmpxchg32(addr, expect, desired, old);
	t->flags = (t->flags & ~THREAD_UACCESS_ATOMIC) | (flags & THREAD_UACCESS_ATOMIC);
	return err;
}

/* Is [addr, addr+n) mapped memory of the kernel, and not device registers, which reading could
 * change? */
static bool kernel_range_ok(uintptr_t addr, size_t n)
{
	if (addr + n < addr)
		return false;
	for (uintptr_t page = addr & PAGE_MASK; page < addr + n; page += PAGE_SIZE) {
		paddr_t pa;
		unsigned flags;
		if (!arch_kernel_query(page, &pa, &flags) || (flags & PT_DEVICE))
			return false;
	}
	return true;
}

int arch_kernel_peek(void *dst, uintptr_t src, size_t n)
{
	return kernel_range_ok(src, n) ? kernel_try_copy(dst, (const void *)src, n) : -EFAULT;
}

int arch_kernel_poke(uintptr_t dst, const void *src, size_t n)
{
	return kernel_range_ok(dst, n) ? kernel_try_copy((void *)dst, src, n) : -EFAULT;
}
