/* Kernel stacks as program counters and as text. */
#include "debug/backtrace.h"

#include "debug/symbols.h"
#include "printk.h"

static unsigned collect(struct arch_unwind *u, uintptr_t *pcs, unsigned max)
{
	unsigned n = 0;
	while (n < max && u->pc) {
		pcs[n++] = u->pc;
		if (!arch_unwind_next(u))
			break;
	}
	return n;
}

unsigned backtrace_current(uintptr_t *pcs, unsigned max)
{
	struct arch_unwind u;
	arch_unwind_start(&u);
	return collect(&u, pcs, max);
}

unsigned backtrace_thread(struct thread *t, uintptr_t *pcs, unsigned max)
{
	struct arch_unwind u;
	arch_unwind_thread(&u, t);
	return collect(&u, pcs, max);
}

unsigned backtrace_frame(const struct arch_frame *f, uintptr_t *pcs, unsigned max)
{
	struct arch_unwind u;
	arch_unwind_frame(&u, f);
	return collect(&u, pcs, max);
}

void backtrace_format(uintptr_t pc, bool called, char *buf, size_t size)
{
	struct symbol s;
	/* A call that does not return may be the last instruction: the function is that of the byte
	 * before. */
	if (symbol_at(pc - called, &s))
		fmt_string(buf, size, "  [<%016lx>] %s+0x%lx/0x%lx", (unsigned long)pc, s.name,
		    (unsigned long)(pc - s.addr), (unsigned long)s.size);
	else
		fmt_string(buf, size, "  [<%016lx>] ?", (unsigned long)pc);
}
