#include "observe.h"

static void *expected;
static const char *what;

static void caught(int sig, siginfo_t *info, void *context UNUSED)
{
	say("%s: %s code %d, address %s", what, sig_name(sig), info->si_code,
	    info->si_addr == expected ? "of the access"
	    : info->si_addr           ? "another"
				      : "0");
	_exit(0);
}

static void in_child(const char *name, void (*fault)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		what = name;
		on_signal(SIGSEGV, caught, 0);
		on_signal(SIGBUS, caught, 0);
		on_signal(SIGILL, caught, 0);
		on_signal(SIGTRAP, caught, 0);
		on_signal(SIGFPE, caught, 0);
		fault();
		say("%s: nothing", name);
		_exit(0);
	}
	int status = wait_for(pid);
	if (status)
		say_status(name, status);
}

static void read_at(void *p)
{
	expected = p;
	*(volatile char *)p;
}

static void write_at(void *p)
{
	expected = p;
	*(volatile char *)p = 1;
}

static void unmapped(void)
{
	read_at((void *)0x10);
}
static void high(void)
{
	read_at((void *)0x7ffffffff000);
}
static void kernel(void)
{
	read_at((void *)0xffffffff80200000);
}
static void kernel_write(void)
{
	write_at((void *)0xffffffc080200000);
}

static void *map(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(p != MAP_FAILED);
	return p;
}

static void read_only(void)
{
	write_at(map(4096, PROT_READ));
}
static void no_access(void)
{
	read_at(map(4096, PROT_NONE));
}

static void not_executable(void)
{
	expected = map(4096, PROT_READ | PROT_WRITE);
	((void (*)(void))expected)();
}

static void jump_nowhere(void)
{
	expected = (void *)0x20;
	((void (*)(void))expected)();
}

static void past_the_file(void)
{
	int fd = memfd_create("x", 0);
	MUST(ftruncate(fd, 100) == 0);
	char *p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	MUST(p != MAP_FAILED);
	read_at(p + 4096);
}

static void unmapped_after(void)
{
	char *p = map(8192, PROT_READ);
	munmap(p + 4096, 4096);
	expected = p + 4096;
	*(volatile long *)(p + 4092);
}

static void breakpoint(void)
{
#if defined(__riscv)
	__asm__ volatile("la t0, 1f\n\tsd t0, %0\n1:\n\t.4byte 0x00100073"
	    : "=m"(expected)
	    :
	    : "t0");
#else
	__builtin_trap();
#endif
}

static void illegal(void)
{
#if defined(__riscv)
	__asm__ volatile("la t0, 1f\n\tsd t0, %0\n1:\n\t.4byte 0" : "=m"(expected) : : "t0");
#endif
}

static void privileged(void)
{
#if defined(__riscv)
	__asm__ volatile("la t0, 1f\n\tsd t0, %0\n1:\n\tcsrr t1, sstatus"
	    : "=m"(expected)
	    :
	    : "t0", "t1");
#endif
}

int main(void)
{
	in_child("unmapped", unmapped);
	in_child("high", high);
	in_child("kernel", kernel);
	in_child("kernel, written", kernel_write);
	in_child("read only", read_only);
	in_child("no access", no_access);
	in_child("not executable", not_executable);
	in_child("jump to nowhere", jump_nowhere);
	in_child("past the end of the file", past_the_file);
	in_child("across the end of a mapping", unmapped_after);
	in_child("breakpoint", breakpoint);
	in_child("illegal instruction", illegal);
	in_child("privileged instruction", privileged);
	return 0;
}
