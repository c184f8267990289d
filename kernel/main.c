/* The start of the kernel: every part in order, then the other CPUs, init, and the shell. */
#include "abi/sched.h"
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/thread.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "dev/kmsg.h"
#include "dev/serial.h"
#include "dev/tty.h"
#include "fs/vfs.h"
#include "lua/port.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/space.h"
#include "printk.h"
#include "proc/process.h"
#include "proc/vdso.h"
#include "random.h"
#include "sched/futex.h"
#include "sched/load.h"
#include "sched/membarrier.h"
#include "trace.h"
#include "version.h"

/* CPU 0's idle thread: what runs from the first instruction on. */
struct thread boot_thread = {
    .refs = {1},
    .comm = "idle/0",
    .kernel = true,
    .cred = &cred_root,
    .syscall_number = -1,
    .sched = {.state = SCHED_RUNNABLE, .on_cpu = true},
};

/* How long another CPU may take to come up. */
#define CPU_START_TIMEOUT (10 * NS_PER_S)

static void say_hello(void)
{
	struct page_stats pages;
	page_stats(&pages);
	log_info("Perilune 0.1 %s, %u CPU%s, %lu MiB%s%s", arch_name, boot_info.cpu_count,
	    boot_info.cpu_count == 1 ? "" : "s", (unsigned long)(pages.total * PAGE_SIZE >> 20),
	    boot_info.model[0] ? ", " : "", boot_info.model);
}

/* Either the CPU arrives or its starter gives up: whoever is first. */
static bool claim_cpu(struct cpu *c, enum cpu_start how)
{
	uint32_t expected = CPU_AWAITED;

	return __atomic_compare_exchange_n(
	    &c->start, &expected, (uint32_t)how, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Starts one further CPU and waits until it is there. */
static bool start_cpu(unsigned id)
{
	struct cpu *c = &cpus[id];
	c->idle = thread_create_idle(id);
	if (!c->idle) {
		log_error("CPU %u: no memory", id);
		return false;
	}
	sched_init_cpu(c);
	timer_init_cpu(c);
	trace_init_cpu(id);
	int err = arch_cpu_start(id);
	ns_t deadline = arch_now() + CPU_START_TIMEOUT;
	while (!err && !__atomic_load_n(&c->online, __ATOMIC_ACQUIRE)) {
		if (arch_now() > deadline && claim_cpu(c, CPU_GIVEN_UP))
			err = -ETIMEDOUT;
		arch_relax();
	}
	if (err)
		log_error("CPU %u (hardware id %lu) does not start: %s", id,
		    (unsigned long)c->hw_id, errno_message(err));
	return !err;
}

/* CPUs are numbered without gaps: the first that fails ends the row. */
static void start_other_cpus(void)
{
	for (unsigned id = 1; id < boot_info.cpu_count && id < MAX_CPUS && start_cpu(id); id++)
		__atomic_store_n(&cpu_count, id + 1, __ATOMIC_RELEASE);
	if (cpu_count > 1)
		log_info("%u CPUs are up", cpu_count);
}

void cpu_main(void)
{
	struct cpu *c = this_cpu();
	if (!claim_cpu(c, CPU_ARRIVED))
		arch_halt(); /* too late: nobody knows of us */
	arch_cpu_init();
	__atomic_store_n(&c->online, true, __ATOMIC_RELEASE);
	sched_idle_loop();
}

/* pid 1: starts the shell, then takes in orphans for ever. */
static void init_main(void *arg)
{
	struct thread *shell = kernel_process_create("lua", shell_main, NULL);
	if (IS_ERR(shell))
		panic("no memory for the shell");
	sched_start(shell);
	for (;;) {
		struct wait_request request = {
		    .which = WAIT_ALL, .options = WEXITED | WALL_, .deadline = NS_NEVER};
		struct wait_result result;
		if (do_wait(&request, &result) >= 0)
			continue;
		/* No child, or a signal: neither lasts. */
		sched_prepare(SCHED_SLEEP);
		sched_sleep(arch_now() + NS_PER_S / 10, "init");
	}
}

static void start_init(void)
{
	struct thread *init = kernel_process_create("init", init_main, NULL);
	if (IS_ERR(init))
		panic("no memory for init");
	sched_start(init);
}

static void start_console(void)
{
	int err = serial_init();
	if (err)
		log_error("no serial line that this kernel can drive: %s", errno_message(err));
	/* The host command waits for this line: the firmware's words end, and from here on input is
	 * not lost. */
	static const char banner[] = "Perilune " PERILUNE_VERSION "\n";
	if (boot_arg_flag("plain"))
		console_log(banner, sizeof(banner) - 1);
}

_Noreturn void kernel_main(void)
{
	arch_mmu_init();
	pages_init();
	sched_init();
	timer_init_cpu(&cpus[0]);
	say_hello();
	boot_args_check();
	trace_init_cpu(0);
	arch_init();
	arch_cpu_init();
	vdso_init();
	random_init();
	futex_init();
	pid_init();
	arch_irq_enable();
	start_console();
	vfs_init();
	tty_init();
	kmsg_init();
	start_other_cpus();
	load_init();
	start_init();
	sched_idle_loop();
}

void ipi_interrupt(void)
{
	struct cpu *c = this_cpu();
	c->ipi_count++;
	membarrier_ipi();
	space_leave_dead();
	sched_ipi();
}

void timer_interrupt(bool from_user)
{
	timer_run_expired();
	sched_tick(from_user);
}
