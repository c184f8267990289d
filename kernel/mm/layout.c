/* Where the parts of a new program go. Linux's layout: stack on top, mappings below it growing
 * down, heap after the program. */
#include "abi/personality.h"
#include "boot/boot_info.h"
#include "mm/area.h"
#include "proc/process.h"
#include "random.h"

#define GIB           (1ULL << 30)
#define RANDOM_RANGE  GIB /* of stack, mappings, programs and heap each: 18 bits of pages */
#define MIN_STACK_GAP (128ULL << 20)

static int level = -1; /* -1: as the boot arguments say */

int space_random_level(void)
{
	if (level < 0)
		level = boot_arg_flag("norandmaps") ? 0 : RANDOM_ALL;
	return level;
}

void space_set_random_level(int new_level)
{
	level = new_level;
}

bool space_randomised(void)
{
	const struct process *p = current->process;
	return space_random_level() && !(p && (p->personality & ADDR_NO_RANDOMIZE));
}

static uint64_t random_pages(void)
{
	return space_randomised() ? random_below(RANDOM_RANGE >> PAGE_SHIFT) << PAGE_SHIFT : 0;
}

void space_layout_init(struct space *s)
{
	uint64_t pad = STACK_GUARD_GAP + (space_randomised() ? RANDOM_RANGE : 0);
	uint64_t most = ARCH_USER_TOP / 6 * 5;
	uint64_t gap = MIN(limit_of(RLIMIT_STACK), most) + pad;
	gap = MIN(MAX(gap, MIN_STACK_GAP), most);
	s->stack_top = ARCH_USER_TOP - random_pages();
	s->mmap_base = ALIGN_DOWN(ARCH_USER_TOP - gap - random_pages(), PAGE_SIZE);
}

uaddr_t space_layout_pie(void)
{
	return SPACE_PIE_BASE + random_pages();
}

uaddr_t space_layout_brk(struct space *s, uaddr_t end)
{
	uaddr_t from = ALIGN_UP(end, PAGE_SIZE);
	uaddr_t brk = space_random_level() == RANDOM_ALL ? from + random_pages() : from;
	/* Not into the mappings of a program that sits high. */
	return brk < s->mmap_base ? brk : from;
}

/* The stack pointer's own part, below a page. */
uint64_t space_layout_stack_pad(void)
{
	return space_randomised() ? random_below(PAGE_SIZE) & ~15ULL : 0;
}
