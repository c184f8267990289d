/* Where the parts of a new program go. Linux's layout: stack on top, mappings below it growing
 * down, heap after the program. */
#include "boot/boot_info.h"
#include "mm/area.h"
#include "proc/process.h"
#include "random.h"

#define GIB                (1ULL << 30)
#define STACK_RANDOM_RANGE GIB
#define MMAP_RANDOM_RANGE  GIB
#define BRK_RANDOM_RANGE   GIB
#define MIN_STACK_GAP      (128ULL << 20)

bool space_randomised(void)
{
	static int known = -1; /* boot arguments do not change */
	if (known < 0)
		known = !boot_arg_flag("norandmaps");
	return known && !(current->process && (current->process->personality & ADDR_NO_RANDOMIZE));
}

uint64_t space_layout_random(uint64_t range)
{
	uint64_t pages = range >> PAGE_SHIFT;
	return pages && space_randomised() ? random_u64() % pages << PAGE_SHIFT : 0;
}

void space_layout_init(struct space *s)
{
	uint64_t pad = STACK_GUARD_GAP + (space_randomised() ? STACK_RANDOM_RANGE : 0);
	uint64_t most = ARCH_USER_TOP / 6 * 5;
	uint64_t gap = MIN(limit_of(RLIMIT_STACK), most) + pad;
	gap = MIN(MAX(gap, MIN_STACK_GAP), most);
	s->stack_top = ARCH_USER_TOP - space_layout_random(STACK_RANDOM_RANGE);
	s->mmap_base = ALIGN_DOWN(
	    ARCH_USER_TOP - gap - space_layout_random(MMAP_RANDOM_RANGE), PAGE_SIZE);
}

uaddr_t space_layout_brk(struct space *s, uaddr_t end)
{
	uaddr_t brk = ALIGN_UP(end, PAGE_SIZE) + space_layout_random(BRK_RANDOM_RANGE);
	/* Not into the mappings of a program that sits high. */
	return brk < s->mmap_base ? brk : ALIGN_UP(end, PAGE_SIZE);
}
