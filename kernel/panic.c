/* The panic report. From its first line on nothing is locked, waited for or allocated. */
#include "panic.h"

#include "arch/cpu.h"
#include "arch/uaccess.h"
#include "debug/backtrace.h"
#include "debug/symbols.h"
#include "dev/console.h"
#include "lock.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/cpu_here.h"

#define MAX_FRAMES 32
#define LOG_LINES  20

static int panic_cpu = -1;   /* who reports; atomic */
static unsigned panic_depth; /* (panic_cpu) how often the report itself panicked */
static struct stopped {
	bool stopped;
	uintptr_t pc;
} stopped[MAX_CPUS]; /* each written by its CPU */

bool panicking(void)
{
	return __atomic_load_n(&panic_cpu, __ATOMIC_RELAXED) >= 0;
}

void panic_cpu_stopped(const struct arch_frame *f)
{
	unsigned id = cpu_here()->id;
	stopped[id].pc = f ? arch_frame_pc(f) : 0;
	__atomic_store_n(&stopped[id].stopped, true, __ATOMIC_RELEASE);
}

static printf_like(1, 2) void line(const char *fmt, ...)
{
	char buf[320];
	va_list ap;
	va_start(ap, fmt);
	int n = fmt_vstring(buf, sizeof(buf) - 1, fmt, ap);
	va_end(ap);
	size_t len = MIN((size_t)n, sizeof(buf) - 2);
	buf[len++] = '\n';
	console_log(buf, len);
}

static uint64_t register_value(const struct arch_frame *f, const struct arch_reg *r)
{
	uint64_t v = 0;
	memcpy(&v, (const char *)f + r->offset, MIN(r->size, sizeof(v)));
	return v;
}

static void show_registers(const struct arch_frame *f)
{
	char text[160];
	int at = 0, column = 0;
	for (unsigned i = 0; i < arch_reg_count; i++) {
		const struct arch_reg *r = &arch_regs[i];
		if (r->class == REG_FP || r->class == REG_FP_STATUS)
			continue;
		at += fmt_string(text + at, sizeof(text) - (size_t)at, " %8s: %016lx", r->name,
		    (unsigned long)register_value(f, r));
		if (++column == 4) {
			line("%s", text);
			at = column = 0;
		}
	}
	if (column)
		line("%s", text);
}

static void show_backtrace(const struct arch_frame *f)
{
	uintptr_t pcs[MAX_FRAMES];
	char text[160];
	unsigned n = f ? backtrace_frame(f, pcs, MAX_FRAMES) : backtrace_current(pcs, MAX_FRAMES);
	line("Call trace:");
	for (unsigned i = 0; i < n; i++) {
		backtrace_format(pcs[i], !f || i, text, sizeof(text));
		line("%s", text);
	}
}

static void show_log(void)
{
	static struct log_record r; /* too large for a stack that may be nearly full */
	uint64_t end = log_next_seq();
	line("Last lines of the log:");
	for (uint64_t seq = end > LOG_LINES ? end - LOG_LINES : 0; !log_get(seq, &r) && r.seq < end;
	    seq = r.seq + 1)
		line("  [%5lu.%06lu] %s", (unsigned long)(r.time / NS_PER_S),
		    (unsigned long)(r.time % NS_PER_S / 1000), r.text);
}

static void show_other_cpus(void)
{
	char where[96];
	for (unsigned i = 0; i < cpu_count; i++) {
		const struct thread *t = cpus[i].running;
		if ((int)i == panic_cpu)
			continue;
		if (__atomic_load_n(&stopped[i].stopped, __ATOMIC_ACQUIRE))
			symbol_format(stopped[i].pc, where, sizeof(where));
		else
			fmt_string(where, sizeof(where), "did not stop");
		line(
		    "CPU %u: %s (thread %d \"%.16s\")", i, where, t->tid ? t->tid->nr : 0, t->comm);
	}
}

/* A panic of the report itself gets one line; one inside that, none. */
static void check_nested(void)
{
	if (panic_depth++ == 0)
		return;
	if (panic_depth == 2)
		line("Panic inside the panic report: given up");
	arch_poweroff(PANIC_EXIT_CODE);
}

/* Only one CPU reports; another that panics at the same time waits to be stopped. */
static void enter(void)
{
	int self = (int)cpu_here()->id, nobody = -1;
	if (!__atomic_compare_exchange_n(
		&panic_cpu, &nobody, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
	    nobody != self) {
		panic_cpu_stopped(NULL);
		arch_halt();
	}
	lock_break_all();
	console_panic_mode();
}

static _Noreturn void report(const struct arch_frame *f, const char *fmt, va_list ap)
{
	static char message[256];
	arch_irq_disable();
	enter();
	check_nested();
	arch_ipi_panic();
	const struct thread *t = arch_current();
	fmt_vstring(message, sizeof(message), fmt, ap);
	line("Kernel panic - not syncing: %s", message);
	line("CPU: %u PID: %d TID: %d Comm: %.16s", cpu_here()->id,
	    t->process ? t->process->pid->nr : 0, t->tid ? t->tid->nr : 0, t->comm);
	if (f)
		show_registers(f);
	show_backtrace(f);
	show_other_cpus();
	show_log();
	line("---[ end Kernel panic - not syncing: %s ]---", message);
	arch_poweroff(PANIC_EXIT_CODE);
}

_Noreturn void panic_report(const struct arch_frame *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	report(f, fmt, ap);
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	report(NULL, fmt, ap);
}
