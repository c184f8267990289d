/* The platform-level interrupt controller (riscv-plic-spec 1.0). Every source goes to the boot CPU.
 */
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "local.h"
#include "lock.h"
#include "mm/heap.h"
#include "printk.h"

#define PLIC_PRIORITY       0x0
#define PLIC_ENABLE         0x2000
#define PLIC_ENABLE_STRIDE  0x80
#define PLIC_CONTEXT        0x200000
#define PLIC_CONTEXT_STRIDE 0x1000
#define PLIC_THRESHOLD      0
#define PLIC_CLAIM          4

#define SOURCES_MAX 256

struct source {
	void (*fn)(void *arg);
	void *arg;
	const char *name;
	uint64_t count; /* atomic */
};

static struct spinlock plic_lock = SPINLOCK_INIT(
    "plic", RANK_ARCH); /* enabling, the table's changes */
static struct source sources[SOURCES_MAX];
static unsigned source_count; /* numbers 1 .. source_count are valid */
static volatile uint8_t *plic;

static volatile uint32_t *plic_reg(size_t offset)
{
	return (volatile uint32_t *)(plic + offset);
}

static int32_t context_of(unsigned cpu)
{
	return plic ? boot_info.irqchip.context[cpu] : -1;
}

static volatile uint32_t *context_reg(unsigned context, size_t offset)
{
	return plic_reg(PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * context + offset);
}

/* Without a controller everything but devices' interrupts works. -EINVAL, -ENOMEM. */
int plic_setup(void)
{
	const struct boot_irqchip *chip = &boot_info.irqchip;
	int32_t last = -1;
	if (!chip->base) {
		log_warn("no interrupt controller in the device tree");
		return 0;
	}
	for (unsigned i = 0; i < boot_info.cpu_count; i++)
		last = MAX(last, chip->context[i]);
	size_t size = PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * (size_t)(last + 1);
	if (last < 0 || size > chip->size)
		return -EINVAL;
	plic = vmap_device(chip->base, size);
	if (!plic)
		return -ENOMEM;
	source_count = MIN(chip->sources, SOURCES_MAX - 1);
	return 0;
}

/* Nothing enabled that firmware may have left, everything let through that will be. */
void plic_cpu_setup(unsigned cpu)
{
	int32_t context = context_of(cpu);
	if (context < 0)
		return;
	if (cpu)
		for (unsigned i = 0; i <= source_count / 32; i++)
			*plic_reg(PLIC_ENABLE + PLIC_ENABLE_STRIDE * (unsigned)context + 4 * i) = 0;
	*context_reg((unsigned)context, PLIC_THRESHOLD) = 0;
}

int arch_irq_attach(unsigned irq, void (*fn)(void *arg), void *arg, const char *name)
{
	int32_t context = context_of(0);
	if (!irq || irq > source_count || context < 0)
		return -EINVAL;
	irqflags_t flags = spin_lock(&plic_lock);
	struct source *s = &sources[irq];
	int err = s->fn ? -EBUSY : 0;
	if (!err) {
		volatile uint32_t *enable = plic_reg(
		    PLIC_ENABLE + PLIC_ENABLE_STRIDE * (unsigned)context + 4 * (irq / 32));
		s->arg = arg;
		s->name = name;
		__atomic_store_n(&s->fn, fn, __ATOMIC_RELEASE);
		*enable |= 1u << irq % 32;
		/* The priority last: QEMU looks for pending interrupts when it is written, not when
		 * one is enabled. */
		*plic_reg(PLIC_PRIORITY + 4 * irq) = 1;
	}
	spin_unlock(&plic_lock, flags);
	return err;
}

bool arch_irq_info(unsigned irq, struct irq_info *out)
{
	if (irq > source_count)
		return false;
	out->name = sources[irq].name;
	out->count = __atomic_load_n(&sources[irq].count, __ATOMIC_RELAXED);
	return true;
}

/* Claims until nothing is pending. Interrupts off. */
void plic_handle(void)
{
	int32_t context = context_of(arch_cpu_here()->id);
	if (context < 0)
		return;
	volatile uint32_t *claim = context_reg((unsigned)context, PLIC_CLAIM);
	for (uint32_t irq = *claim; irq; irq = *claim) {
		struct source *s = &sources[MIN(irq, source_count)];
		void (*fn)(void *) = irq <= source_count ? __atomic_load_n(&s->fn, __ATOMIC_ACQUIRE)
							 : NULL;
		if (fn) {
			__atomic_fetch_add(&s->count, 1, __ATOMIC_RELAXED);
			fn(s->arg);
		}
		*claim = irq;
	}
}
