/* Programs that die of a fault, in ways that a crash report must tell. Frame pointers, so that it
 * can walk the stack. */
#pragma GCC optimize("no-omit-frame-pointer")
#include "check.h"

#include <sys/mman.h>

void __attribute__((noinline)) crash_inner(volatile int *p);
void __attribute__((noinline)) crash_middle(volatile int *p);
void __attribute__((noinline)) crash_outer(volatile int *p);

void crash_inner(volatile int *p)
{
	*p = 1;
	__asm__ volatile("" ::
		: "memory"); /* a leaf: its return address may never leave the register */
}

void crash_middle(volatile int *p)
{
	crash_inner(p);
	__asm__ volatile("" ::: "memory");
}

void crash_outer(volatile int *p)
{
	crash_middle(p);
	__asm__ volatile("" ::: "memory");
}

static void null_write(void)
{
	crash_outer((volatile int *)8);
}

static void read_only(void)
{
	crash_outer(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void jump_nowhere(void)
{
	void (*volatile fn)(void) = (void (*)(void))0x10;
	fn();
}

static void illegal(void)
{
	__builtin_trap();
}

static void illegal_word(void)
{
#if defined(__riscv)
	__asm__ volatile(".word 0");
#else
	__builtin_trap();
#endif
}

static void breakpoint(void)
{
#if defined(__riscv)
	__asm__ volatile("ebreak");
#else
	raise(SIGTRAP);
#endif
}

static void bus(void)
{
	int fd = open("/tmp/crash-bus", O_RDWR | O_CREAT, 0600);
	volatile int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unlink("/tmp/crash-bus");
	crash_outer(p);
}

static void broken_stack(void)
{
#if defined(__riscv)
	__asm__ volatile("li sp, 16\n\tli s0, 24\n\tsd zero, 0(sp)");
#else
	raise(SIGSEGV);
#endif
}

static void aborts(void)
{
	abort();
}

SUBCOMMANDS({"null", null_write}, {"read_only", read_only}, {"jump", jump_nowhere},
    {"trap", illegal}, {"illegal", illegal_word}, {"breakpoint", breakpoint}, {"bus", bus},
    {"broken_stack", broken_stack}, {"abort", aborts})
