/* The kernel's own symbols. cmake/ksyms.sh makes the table from the linked image, ascending by
 * address. */
#include "debug/symbols.h"

#include "printk.h"

/* Weak: an image without the table has no symbols. */
extern const uint64_t ksyms_count __attribute__((weak));
extern const uint32_t ksyms_offsets[] __attribute__((weak)); /* from _kernel_start */
extern const uint32_t ksyms_sizes[] __attribute__((weak));
extern const uint32_t ksyms_name_offsets[] __attribute__((weak)); /* into ksyms_names */
extern const char ksyms_names[] __attribute__((weak));
extern const char _kernel_start[];

static unsigned symbol_count(void)
{
	return &ksyms_count ? (unsigned)ksyms_count : 0;
}

bool symbol_nth(unsigned n, struct symbol *out)
{
	if (n >= symbol_count())
		return false;
	*out = (struct symbol){
	    .addr = (uintptr_t)_kernel_start + ksyms_offsets[n],
	    .size = ksyms_sizes[n],
	    .name = ksyms_names + ksyms_name_offsets[n],
	};
	return true;
}

bool symbol_at(uintptr_t addr, struct symbol *out)
{
	uintptr_t offset = addr - (uintptr_t)_kernel_start;
	unsigned low = 0, high = symbol_count();
	/* low becomes the number of symbols that begin at or before `addr`. */
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (ksyms_offsets[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	/* Of several at one address, such as a linker's label before a function, the one that
	 * reaches to `addr`. */
	for (unsigned n = low; n-- > 0 && low - n <= 4;) {
		symbol_nth(n, out);
		if (addr - out->addr < out->size)
			return true;
	}
	return false;
}

bool symbol_find(const char *name, struct symbol *out)
{
	for (unsigned n = 0; symbol_nth(n, out); n++) {
		if (!strcmp(out->name, name))
			return true;
	}
	return false;
}

void symbol_format(uintptr_t addr, char *buf, size_t size)
{
	struct symbol s;
	if (symbol_at(addr, &s))
		fmt_string(buf, size, "%s+0x%lx", s.name, (unsigned long)(addr - s.addr));
	else
		fmt_string(buf, size, "0x%lx", (unsigned long)addr);
}
