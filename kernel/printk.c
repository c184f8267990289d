/* The kernel log. Lines are made outside of the lock, kept in a ring, and shown on the console down
 * to a level. */
#include "printk.h"

#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "panic.h"
#include "sched/cpu_here.h"

#define RECORDS  1024
#define LINE_MAX 256 /* of one that klog makes, or the console shows */

struct entry {
	ns_t time;
	uint64_t start; /* of its text, counted from the first byte ever kept */
	uint16_t len, priority;
	uint8_t cpu;
};

static struct spinlock log_lock = SPINLOCK_INIT("log", RANK_LOG);
static struct entry entries[RECORDS]; /* (log_lock) record n stands at n % RECORDS */
static char texts[LOG_SIZE];          /* (log_lock) byte n stands at n % LOG_SIZE; none wraps */
static uint64_t text_end;             /* (log_lock) */
static uint64_t first_seq, next_seq;  /* (log_lock) */
static int console_loglevel;          /* 0: the boot arguments were not asked yet */

static const uint8_t priorities[] = {
    [LOG_PANIC] = 0, [LOG_ERROR] = 3, [LOG_WARN] = 4, [LOG_INFO] = 6, [LOG_DEBUG] = 7};

static enum log_level level_of(unsigned priority)
{
	static const uint8_t levels[] = {
	    LOG_PANIC, LOG_PANIC, LOG_PANIC, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_INFO, LOG_DEBUG};

	return levels[priority & 7];
}

/* Without a terminal that somebody watches, only what is wrong is worth a line among a program's
 * output. */
static enum log_level default_level(void)
{
	char buf[16];
	if (boot_arg("loglevel", buf, sizeof(buf)) && buf[0] >= '0' && buf[0] <= '9' && !buf[1])
		return (enum log_level)MIN(buf[0] - '0', (int)LOG_DEBUG);
	return boot_arg_flag("plain") || boot_arg_flag("quiet") ? LOG_WARN : LOG_INFO;
}

int log_console_loglevel(void)
{
	int level = __atomic_load_n(&console_loglevel, __ATOMIC_RELAXED);
	if (!level) {
		level = priorities[default_level()] + 1;
		log_set_console_loglevel(level);
	}
	return level;
}

void log_set_console_loglevel(int level)
{
	__atomic_store_n(&console_loglevel, level, __ATOMIC_RELAXED);
}

int log_console_level(void)
{
	return (int)level_of((unsigned)log_console_loglevel() - 1);
}

void log_set_console_level(int level)
{
	log_set_console_loglevel(priorities[MIN(MAX(level, (int)LOG_PANIC), (int)LOG_DEBUG)] + 1);
}

static void show(ns_t time, const char *text)
{
	char line[LINE_MAX + 32];
	unsigned long us = (unsigned long)(time / 1000);
	int n = fmt_string(
	    line, sizeof(line) - 1, "[%5lu.%06lu] %s", us / 1000000, us % 1000000, text);
	size_t len = MIN((size_t)n, sizeof(line) - 2);

	line[len] = '\n';
	console_log(line, len + 1);
}

/* Room for a text; the records whose texts or places it takes are forgotten. (log_lock) */
static uint64_t take_room(size_t len)
{
	uint64_t start = text_end;

	if (start % LOG_SIZE + len > LOG_SIZE)
		start = ALIGN_UP(start, (uint64_t)LOG_SIZE);
	text_end = start + len;
	while (
	    first_seq < next_seq && (next_seq - first_seq == RECORDS ||
					text_end - entries[first_seq % RECORDS].start > LOG_SIZE))
		first_seq++;
	return start;
}

void log_store(unsigned priority, const char *text)
{
	size_t len = MIN(strlen(text), (size_t)LOG_TEXT_MAX);
	struct entry e = {.time = arch_now(),
	    .len = (uint16_t)len,
	    .priority = (uint16_t)priority,
	    .cpu = (uint8_t)arch_current()->sched.cpu};
	irqflags_t flags = spin_lock(&log_lock);

	e.start = take_room(len);
	memcpy(&texts[e.start % LOG_SIZE], text, len);
	entries[next_seq % RECORDS] = e;
	__atomic_store_n(&next_seq, next_seq + 1, __ATOMIC_RELAXED);
	spin_unlock(&log_lock, flags);
	/* A panic's report shows the log itself. */
	if ((int)(priority & 7) < log_console_loglevel() && !panicking())
		show(e.time, text);
}

void klogv(enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE_MAX];
	size_t len = MIN((size_t)fmt_vstring(text, sizeof(text), fmt, ap), sizeof(text) - 1);

	while (len && text[len - 1] == '\n')
		text[--len] = 0;
	log_store(priorities[level], text);
}

void klog(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	klogv(level, fmt, ap);
	va_end(ap);
}

/* Copies what is kept as record `seq`. (log_lock) */
static void copy_record(uint64_t seq, struct log_record *out)
{
	const struct entry *e = &entries[seq % RECORDS];

	out->seq = seq;
	out->time = e->time;
	out->priority = e->priority;
	out->level = (uint8_t)level_of(e->priority);
	out->cpu = e->cpu;
	out->len = e->len;
	memcpy(out->text, &texts[e->start % LOG_SIZE], e->len);
	out->text[e->len] = 0;
}

int log_get(uint64_t seq, struct log_record *out)
{
	irqflags_t flags = spin_lock(&log_lock);
	bool found;

	seq = MAX(seq, first_seq);
	found = seq < next_seq;
	if (found)
		copy_record(seq, out);
	spin_unlock(&log_lock, flags);
	return found ? 0 : -ENOENT;
}

uint64_t log_first_seq(void)
{
	irqflags_t flags = spin_lock(&log_lock);
	uint64_t seq = first_seq;

	spin_unlock(&log_lock, flags);
	return seq;
}

uint64_t log_next_seq(void)
{
	return __atomic_load_n(&next_seq, __ATOMIC_RELAXED);
}
