/* syslog(2): the kernel log, read as text. */
#include "arch/uaccess.h"
#include "dev/kmsg.h"
#include "mm/heap.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "sysctl.h"

#define TEXT_MAX 2048 /* of one record with its prefixes */

enum { CONSOLE_MIN = 1, CONSOLE_MAX = 8 }; /* levels of the console */

static struct mutex syslog_lock = MUTEX_INIT("syslog");
static uint64_t read_seq;    /* (changes under syslog_lock) what READ gives next */
static size_t read_partial;  /* (syslog_lock) and how much of it was given already */
static uint64_t cleared_seq; /* atomic */
static int saved_loglevel; /* (syslog_lock) of the console before it was turned off; 0: it is on */

/* A record, and it as text. */
struct shown {
	struct log_record record;
	size_t len;
	char text[TEXT_MAX];
};

int syslog_permission(int action)
{
	bool restricted = sysctl_get(dmesg_restrict) ||
			  (action != SYSLOG_READ_ALL && action != SYSLOG_SIZE_BUFFER);

	return restricted && !capable(CAP_SYSLOG) ? -EPERM : 0;
}

uint64_t syslog_cleared(void)
{
	return __atomic_load_n(&cleared_seq, __ATOMIC_RELAXED);
}

/* Each line of the record with its priority and time, as many as there is room for. */
static void show_record(struct shown *s)
{
	const struct log_record *r = &s->record;
	const char *line = r->text;
	bool more = true;

	for (s->len = 0; more; line++) {
		size_t n = strcspn(line, "\n"), room = TEXT_MAX - s->len;
		int prefix = fmt_string(s->text + s->len, room, "<%u>[%5lu.%06lu] ", r->priority,
		    (unsigned long)(r->time / NS_PER_S),
		    (unsigned long)(r->time % NS_PER_S / 1000));

		if ((size_t)prefix + n + 1 > room)
			break;
		s->len += (size_t)prefix;
		memcpy(s->text + s->len, line, n);
		s->len += n;
		s->text[s->len++] = '\n';
		line += n;
		more = *line;
	}
}

/* The first record from `seq` on as text. */
static bool get_shown(uint64_t seq, struct shown *s)
{
	if (log_get(seq, &s->record))
		return false;
	show_record(s);
	return true;
}

/* --- READ: each record once, for whoever comes first --- */

/* Gives what is unread, up to `len` bytes: 0 if there is nothing. (syslog_lock) */
static int64_t give_unread(struct shown *s, uaddr_t to, size_t len)
{
	size_t done = 0;

	while (done < len && get_shown(read_seq, s)) {
		uint64_t seq = s->record.seq;
		size_t from = seq == read_seq ? read_partial : 0;
		size_t n = s->len - from, given = MIN(n, len - done);

		if (given < n && done)
			break;
		if (arch_copy_out(to + done, s->text + from, given))
			return done ? (int64_t)done : -EFAULT;
		done += given;
		__atomic_store_n(&read_seq, given == n ? seq + 1 : seq, __ATOMIC_RELAXED);
		read_partial = given == n ? 0 : from + given;
	}
	return (int64_t)done;
}

static bool has_unread(void)
{
	return log_next_seq() > __atomic_load_n(&read_seq, __ATOMIC_RELAXED);
}

static int64_t read_unread(struct shown *s, uaddr_t to, size_t len)
{
	int64_t done;

	for (;;) {
		mutex_lock(&syslog_lock);
		done = give_unread(s, to, len);
		mutex_unlock(&syslog_lock);
		if (done)
			return done;
		kmsg_listen();
		done = wait_event(&kmsg_news, has_unread(), SCHED_SLEEP_INTR, NS_NEVER, "syslog");
		kmsg_unlisten();
		if (done)
			return -ERESTARTSYS;
	}
}

static int64_t count_unread(struct shown *s)
{
	int64_t n = 0;

	mutex_lock(&syslog_lock);
	for (uint64_t seq = read_seq; get_shown(seq, s); seq = s->record.seq + 1)
		n += (int64_t)(s->len - (s->record.seq == read_seq ? read_partial : 0));
	mutex_unlock(&syslog_lock);
	return n;
}

/* --- READ_ALL: what was logged last since it was cleared --- */

/* The oldest record from which on all that follow fit into `len` bytes. */
static uint64_t first_fitting(struct shown *s, size_t len)
{
	uint64_t from = syslog_cleared(), end = log_next_seq();
	size_t total = 0;

	for (uint64_t seq = from; seq < end && get_shown(seq, s); seq = s->record.seq + 1)
		total += s->len;
	while (total > len && from < end && get_shown(from, s)) {
		total -= MIN(total, s->len);
		from = s->record.seq + 1;
	}
	return from;
}

static int64_t read_all(struct shown *s, uaddr_t to, size_t len, bool clear)
{
	uint64_t seq = first_fitting(s, len);
	size_t done = 0;

	for (; get_shown(seq, s) && done + s->len <= len; seq = s->record.seq + 1) {
		if (arch_copy_out(to + done, s->text, s->len))
			return -EFAULT;
		done += s->len;
	}
	if (clear)
		__atomic_store_n(&cleared_seq, seq, __ATOMIC_RELAXED);
	return (int64_t)done;
}

static int64_t give_text(int action, uaddr_t to, int len)
{
	struct shown *s;
	int64_t done;

	if (action != SYSLOG_SIZE_UNREAD && (!to || len < 0))
		return -EINVAL;
	if (action != SYSLOG_SIZE_UNREAD && !len)
		return 0;
	s = kmalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	if (action == SYSLOG_SIZE_UNREAD)
		done = count_unread(s);
	else if (action == SYSLOG_READ)
		done = read_unread(s, to, (size_t)len);
	else
		done = read_all(s, to, (size_t)len, action == SYSLOG_READ_CLEAR);
	kfree(s);
	return done;
}

/* --- the console --- */

static int console_level(int level)
{
	if (level < CONSOLE_MIN || level > CONSOLE_MAX)
		return -EINVAL;
	mutex_lock(&syslog_lock);
	log_set_console_loglevel(level);
	saved_loglevel = 0;
	mutex_unlock(&syslog_lock);
	return 0;
}

static int console_switch(bool on)
{
	mutex_lock(&syslog_lock);
	if (!on) {
		if (!saved_loglevel)
			saved_loglevel = log_console_loglevel();
		log_set_console_loglevel(CONSOLE_MIN);
	} else if (saved_loglevel) {
		log_set_console_loglevel(saved_loglevel);
		saved_loglevel = 0;
	}
	mutex_unlock(&syslog_lock);
	return 0;
}

SYSCALL(syslog)
{
	int action = (int)a[0], len = (int)a[2];
	int err = syslog_permission(action);

	if (err)
		return err;
	switch (action) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
	case SYSLOG_SIZE_UNREAD:
		return give_text(action, a[1], len);
	case SYSLOG_CLEAR:
		__atomic_store_n(&cleared_seq, log_next_seq(), __ATOMIC_RELAXED);
		return 0;
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
		return console_switch(action == SYSLOG_CONSOLE_ON);
	case SYSLOG_CONSOLE_LEVEL:
		return console_level(len);
	case SYSLOG_SIZE_BUFFER:
		return LOG_SIZE;
	}
	return -EINVAL;
}
