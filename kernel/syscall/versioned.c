/* Arguments that are structs whose size the caller tells. */
#include "arch/uaccess.h"
#include "syscall/syscall.h"

int copy_in_versioned(void *to, size_t known, uaddr_t from, uint64_t size)
{
	char rest[64];

	memset(to, 0, known);
	if (arch_copy_in(to, from, MIN(size, known)))
		return -EFAULT;
	while (size > known) {
		size_t n = MIN(size - known, sizeof(rest));

		if (arch_copy_in(rest, from + size - n, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
		size -= n;
	}
	return 0;
}
