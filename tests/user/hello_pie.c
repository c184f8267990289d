/*
 * A static-pie program without a C library: it is loaded wherever the kernel likes, relocates
 * itself, and reads a table of pointers that is right only then.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static long call3(long nr, long a, long b, long c)
{
#if defined(__riscv)
	register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
			 a7 __asm__("a7") = nr;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
#elif defined(__aarch64__)
	register long x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
			 x8 __asm__("x8") = nr;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x8) : "memory");
	return x0;
#elif defined(__x86_64__)
	long result;
	__asm__ volatile("syscall"
	    : "=a"(result)
	    : "a"(nr), "D"(a), "S"(b), "d"(c)
	    : "rcx", "r11", "memory");
	return result;
#elif defined(__loongarch64)
	register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
			 a7 __asm__("a7") = nr;
	__asm__ volatile("syscall 0" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
#endif
}

#if defined(__x86_64__)
enum { NR_WRITE = 1, NR_EXIT = 231, RELATIVE = 8 };
#elif defined(__aarch64__)
enum { NR_WRITE = 64, NR_EXIT = 94, RELATIVE = 1027 };
#else
enum { NR_WRITE = 64, NR_EXIT = 94, RELATIVE = 3 };
#endif

static void relocate(uintptr_t base)
{
	const Elf64_Rela *rela = NULL;
	size_t size = 0;

	for (const Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_RELA)
			rela = (const Elf64_Rela *)(base + d->d_un.d_ptr);
		if (d->d_tag == DT_RELASZ)
			size = d->d_un.d_val;
	}
	for (; size >= sizeof(*rela); size -= sizeof(*rela), rela++)
		if (ELF64_R_TYPE(rela->r_info) == RELATIVE)
			*(uintptr_t *)(base + rela->r_offset) = base + (uintptr_t)rela->r_addend;
}

static const char *volatile words[] = {"hello ", "from ", "static-pie\n"};

static void say(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	call3(NR_WRITE, 1, (long)s, n);
}

void _start(void);
void _start(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start;

	relocate(base);
	for (int i = 0; i < 3; i++)
		say(words[i]);
	say(base >= 0x10000 ? "moved\n" : "not moved\n");
	call3(NR_EXIT, 0, 0, 0);
	for (;;)
		;
}
