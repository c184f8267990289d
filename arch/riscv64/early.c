/* From the boot hart's first C code, in the kernel's virtual space, to kernel_main: fills
 * boot_info. */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "local.h"
#include "mm/heap.h"
#include "proc/process.h"

/* Larger ones are taken for rubbish. */
#define FDT_SIZE_MAX (2UL << 20)

extern struct thread boot_thread; /* kernel/main.c */
extern char boot_stack[];
extern const char _kernel_start[], _kernel_end[];

_Noreturn void arch_start(uint64_t hart, paddr_t fdt, paddr_t image, uint64_t ticks);

static void reserve_image(paddr_t image)
{
	boot_info.reserved[boot_info.reserved_count++] = (struct boot_range){
	    image, ALIGN_UP((uint64_t)(_kernel_end - _kernel_start), PAGE_SIZE)};
}

/* A device tree outside the direct map, or of senseless size, cannot even be looked at. */
static int read_device_tree(paddr_t pa, uint64_t hart)
{
	if (!pa || pa % 8 || pa > DIRECT_MAP_SIZE - FDT_SIZE_MAX)
		return -EINVAL;
	const void *fdt = phys_to_virt(pa);
	size_t size = fdt_size(fdt);
	if (!size || size > FDT_SIZE_MAX)
		return -EINVAL;
	return fdt_read(fdt, size, hart, &boot_info);
}

_Noreturn void arch_start(uint64_t hart, paddr_t fdt, paddr_t image, uint64_t ticks)
{
	kernel_image_offset = image - KERNEL_BASE;
	arch_clock.start = ticks;
	boot_thread.arch.cpu = &arch_cpus[0];
	boot_thread.stack = boot_stack;
	thread_use_own_stack(&boot_thread);
	arch_cpus[0].hart = hart;
	arch_cpus[0].timer_deadline = NS_NEVER;
	arch_cpus[0].emergency_sp = (uint64_t)boot_stack + KSTACK_SIZE;
	reserve_image(image);
	int err = read_device_tree(fdt, hart);
	timer_setup();
	if (err)
		panic("the firmware's device tree at %#lx cannot be used: error %d",
		    (unsigned long)fdt, err);
	boot_args_limit_cpus();
	kernel_main();
}
