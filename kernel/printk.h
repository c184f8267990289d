/* The kernel log: a ring in memory that Lua reads (log.read) and that the console shows down to a
 * level. */
#pragma once

#include <stdarg.h>

#include "base.h"

enum log_level { LOG_PANIC, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Safe in every context, interrupts and panics included. A whole line a call; no '\n' needed at its
 * end. */
void klog(enum log_level level, const char *fmt, ...) printf_like(2, 3);
void klogv(enum log_level level, const char *fmt, va_list ap);

#define log_error(...) klog(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  klog(LOG_WARN, __VA_ARGS__)
#define log_info(...)  klog(LOG_INFO, __VA_ARGS__)
#define log_debug(...) klog(LOG_DEBUG, __VA_ARGS__)

#define LOG_SIZE     (1u << 17) /* bytes of text that the ring has room for */
#define LOG_TEXT_MAX 1024       /* of one record; klog's own lines are shorter */

struct log_record {
	uint64_t seq;      /* counts from 0, never reused */
	ns_t time;         /* since boot */
	uint16_t priority; /* as syslog(3) has it: the facility times 8, and the level, 0 to 7 */
	uint8_t level;     /* the enum log_level next to it */
	uint8_t cpu;
	uint16_t len; /* of text, without the terminating 0 */
	char text[LOG_TEXT_MAX + 1];
};

/* Keeps a text, cut to LOG_TEXT_MAX, and shows it on the console if it is urgent enough. */
void log_store(unsigned priority, const char *text);
/* Copies the first record with a sequence number >= seq. Returns 0, or -ENOENT if there is none
 * yet. */
int log_get(uint64_t seq, struct log_record *out);
uint64_t log_first_seq(void); /* of those kept */
uint64_t log_next_seq(void);
/* Lines up to this level reach the console as well (boot argument loglevel=, Lua log.level). */
int log_console_level(void);
void log_set_console_level(int level);
/* The same in the terms of syslog(2): levels below this one, 1 to 8, reach the console. */
int log_console_loglevel(void);
void log_set_console_loglevel(int level);

/* snprintf without floating point: %d %u %x %lx %llx %p %s %c %zu … Returns what the whole would
 * have taken. */
int fmt_string(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
int fmt_vstring(char *buf, size_t size, const char *fmt, va_list ap);
