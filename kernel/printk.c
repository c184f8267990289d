/* The kernel log. Lines are made outside of the lock, kept in a ring, and shown on the console down
 * to a level. */
#include "printk.h"

#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "panic.h"
#include "sched/cpu_here.h"

#define RECORDS 512

static struct spinlock log_lock = SPINLOCK_INIT("log", RANK_LOG);
static struct log_record records[RECORDS]; /* (log_lock) record n stands at n % RECORDS */
static uint64_t next_seq;                  /* (log_lock) */
static int console_level = -1;             /* -1: the boot arguments were not asked yet */

/* Without a terminal that somebody watches, only what is wrong is worth a line among a program's
 * output. */
static int default_level(void)
{
	char buf[16];
	if (boot_arg("loglevel", buf, sizeof(buf)) && buf[0] >= '0' && buf[0] <= '9' && !buf[1])
		return buf[0] - '0';
	return boot_arg_flag("plain") || boot_arg_flag("quiet") ? LOG_WARN : LOG_INFO;
}

int log_console_level(void)
{
	int level = __atomic_load_n(&console_level, __ATOMIC_RELAXED);
	if (level < 0) {
		level = default_level();
		__atomic_store_n(&console_level, level, __ATOMIC_RELAXED);
	}
	return level;
}

void log_set_console_level(int level)
{
	__atomic_store_n(
	    &console_level, MIN(MAX(level, (int)LOG_PANIC), (int)LOG_DEBUG), __ATOMIC_RELAXED);
}

static void show(const struct log_record *r)
{
	char line[sizeof(r->text) + 32];
	unsigned long us = (unsigned long)(r->time / 1000);
	int n = fmt_string(
	    line, sizeof(line), "[%5lu.%06lu] %s\n", us / 1000000, us % 1000000, r->text);
	console_log(line, MIN((size_t)n, sizeof(line) - 1));
}

static void fill(struct log_record *r, enum log_level level, const char *fmt, va_list ap)
{
	int n = fmt_vstring(r->text, sizeof(r->text), fmt, ap);
	r->len = (uint16_t)MIN((size_t)n, sizeof(r->text) - 1);
	while (r->len && r->text[r->len - 1] == '\n')
		r->text[--r->len] = 0;
	r->level = (uint8_t)level;
	r->cpu = (uint8_t)arch_current()->sched.cpu;
	r->time = arch_now();
}

void klogv(enum log_level level, const char *fmt, va_list ap)
{
	struct log_record r;
	fill(&r, level, fmt, ap);
	irqflags_t flags = spin_lock(&log_lock);
	r.seq = next_seq++;
	records[r.seq % RECORDS] = r;
	spin_unlock(&log_lock, flags);
	/* A panic's report shows the log itself. */
	if ((int)level <= log_console_level() && !panicking())
		show(&r);
}

void klog(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	klogv(level, fmt, ap);
	va_end(ap);
}

int log_get(uint64_t seq, struct log_record *out)
{
	irqflags_t flags = spin_lock(&log_lock);
	uint64_t oldest = next_seq > RECORDS ? next_seq - RECORDS : 0;
	seq = MAX(seq, oldest);
	bool found = seq < next_seq;
	if (found)
		*out = records[seq % RECORDS];
	spin_unlock(&log_lock, flags);
	return found ? 0 : -ENOENT;
}

uint64_t log_next_seq(void)
{
	return __atomic_load_n(&next_seq, __ATOMIC_RELAXED);
}
