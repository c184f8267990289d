/* /dev/kmsg: a record of the kernel log with each read, and lines for it (dev-kmsg in Linux's ABI
 * documents). */
#include "dev/kmsg.h"

#include "fs/vfs.h"
#include "mm/heap.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/timer.h"

#define MESSAGE_MAX 2048 /* of a record as it is read */
#define WRITE_MAX   1024

#define DEFAULT_LEVEL 4 /* of lines that name none */
#define USER_FACILITY 1

/* Lines that one open file may write in a time. */
#define BURST_NS    (5 * NS_PER_S)
#define BURST_LINES 10

struct kmsg_reader {
	struct mutex lock; /* what follows but `seq`, which changes under it */
	uint64_t seq;      /* the next record: atomic */
	ns_t burst;        /* when the present one began */
	unsigned lines;    /* written in it */
	struct log_record record;
	char message[MESSAGE_MAX];
};

/* --- news --- */

#define LOOK_PERIOD (20 * NS_PER_S / 1000)

struct wait_queue kmsg_news = WAIT_QUEUE_INIT(kmsg_news);
static int listeners;     /* atomic */
static uint64_t told_seq; /* listeners know of the records before it: atomic */
static struct timer look_timer;

static void tell(void)
{
	uint64_t next = log_next_seq();

	if (__atomic_exchange_n(&told_seq, next, __ATOMIC_RELAXED) != next)
		wait_wake_events(&kmsg_news, POLLIN | POLLRDNORM);
}

static void look(struct timer *t)
{
	tell();
	if (__atomic_load_n(&listeners, __ATOMIC_ACQUIRE))
		timer_arm(t, time_now() + LOOK_PERIOD);
}

void kmsg_listen(void)
{
	if (!__atomic_fetch_add(&listeners, 1, __ATOMIC_ACQ_REL))
		timer_arm(&look_timer, time_now() + LOOK_PERIOD);
}

void kmsg_unlisten(void)
{
	__atomic_fetch_sub(&listeners, 1, __ATOMIC_RELEASE);
}

/* --- reading --- */

/* "6,12,345678,-;text\n", with what does not print as \xNN. Its length. */
static size_t format_message(char *to, const struct log_record *r)
{
	size_t n = (size_t)fmt_string(to, MESSAGE_MAX, "%u,%lu,%lu,-;", r->priority,
	    (unsigned long)r->seq, (unsigned long)(r->time / 1000));

	for (unsigned k = 0; k < r->len && n + 6 < MESSAGE_MAX; k++) {
		unsigned char c = (unsigned char)r->text[k];

		if (c < ' ' || c >= 127 || c == '\\')
			n += (size_t)fmt_string(to + n, MESSAGE_MAX - n, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n++] = '\n';
	return n;
}

/* The next record; a buffer too small for it has lost it. -EAGAIN: there is none yet. (u->lock) */
static int64_t read_next(struct kmsg_reader *u, struct io_vec *io)
{
	uint64_t seq = u->seq;
	size_t n;

	if (log_get(seq, &u->record))
		return -EAGAIN;
	if (u->record.seq != seq) {
		__atomic_store_n(&u->seq, u->record.seq, __ATOMIC_RELAXED);
		return -EPIPE;
	}
	__atomic_store_n(&u->seq, seq + 1, __ATOMIC_RELAXED);
	n = format_message(u->message, &u->record);
	if (n > io->left)
		return -EINVAL;
	return io_put(io, u->message, n) == (int64_t)n ? (int64_t)n : -EFAULT;
}

static bool has_news(const struct kmsg_reader *u)
{
	return log_next_seq() > __atomic_load_n(&u->seq, __ATOMIC_RELAXED);
}

static int64_t kmsg_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct kmsg_reader *u = f->data;

	for (;;) {
		int64_t n;

		mutex_lock(&u->lock);
		n = read_next(u, io);
		mutex_unlock(&u->lock);
		if (n != -EAGAIN || (f->flags & O_NONBLOCK))
			return n;
		if (wait_event(&kmsg_news, has_news(u), SCHED_SLEEP_INTR, NS_NEVER, "kmsg_read"))
			return -ERESTARTSYS;
	}
}

static int64_t kmsg_seek(struct file *f, int64_t offset, int whence)
{
	struct kmsg_reader *u = f->data;
	uint64_t seq;

	if (offset)
		return -ESPIPE;
	if (whence == SEEK_SET)
		seq = log_first_seq();
	else if (whence == SEEK_DATA)
		seq = syslog_cleared();
	else if (whence == SEEK_END)
		seq = log_next_seq();
	else
		return -EINVAL;
	mutex_lock(&u->lock);
	__atomic_store_n(&u->seq, seq, __ATOMIC_RELAXED);
	mutex_unlock(&u->lock);
	return 0;
}

static unsigned kmsg_poll(struct file *f, struct poll_table *pt)
{
	struct kmsg_reader *u = f->data;

	poll_wait(pt, &kmsg_news);
	if (!has_news(u))
		return 0;
	if (log_first_seq() > __atomic_load_n(&u->seq, __ATOMIC_RELAXED))
		return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
	return POLLIN | POLLRDNORM;
}

/* --- writing --- */

static bool within_burst(struct kmsg_reader *u)
{
	ns_t now = time_now();
	bool within;

	mutex_lock(&u->lock);
	if (!u->lines || now > u->burst + BURST_NS) {
		u->burst = now;
		u->lines = 0;
	}
	within = u->lines < BURST_LINES;
	u->lines += within;
	mutex_unlock(&u->lock);
	return within;
}

/* "<N>" in front of a line: its priority; without a facility, or with the kernel's, the user's. */
static const char *take_priority(const char *line, unsigned *priority)
{
	const char *at = line;
	unsigned n = 0;

	*priority = USER_FACILITY << 3 | DEFAULT_LEVEL;
	if (*at++ != '<')
		return line;
	while (*at >= '0' && *at <= '9')
		n = n * 10 + (unsigned)(*at++ - '0');
	if (*at != '>')
		return line;
	n &= 0x7ff;
	*priority = n >> 3 ? n : USER_FACILITY << 3 | n;
	return at + 1;
}

static void log_line(char *line, size_t len)
{
	unsigned priority;

	line[len] = 0;
	len = strlen(line);
	if (len && line[len - 1] == '\n')
		line[len - 1] = 0;
	line = (char *)take_priority(line, &priority);
	log_store(priority, line);
	tell();
}

static int64_t kmsg_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	size_t len = io->left;
	char *line;

	if (len > WRITE_MAX)
		return -EINVAL;
	if (!within_burst(f->data)) {
		io->left = 0;
		return (int64_t)len;
	}
	line = kmalloc(len + 1);
	if (!line)
		return -ENOMEM;
	if (len && io_get(io, line, len) != (int64_t)len) {
		kfree(line);
		return -EFAULT;
	}
	log_line(line, len);
	kfree(line);
	return (int64_t)len;
}

/* --- the device --- */

static int kmsg_open(struct inode *i, struct file *f)
{
	struct kmsg_reader *u;
	int err = (f->flags & O_ACCMODE) == O_WRONLY ? 0 : syslog_permission(SYSLOG_READ_ALL);

	if (err)
		return err;
	u = kzalloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock, "kmsg");
	u->seq = log_first_seq();
	f->data = u;
	if ((f->flags & O_ACCMODE) != O_WRONLY)
		kmsg_listen();
	return 0;
}

static void kmsg_release(struct file *f)
{
	if ((f->flags & O_ACCMODE) != O_WRONLY)
		kmsg_unlisten();
	kfree(f->data);
}

static const struct file_ops kmsg_ops = {
    .open = kmsg_open,
    .release = kmsg_release,
    .read = kmsg_read,
    .write = kmsg_write,
    .seek = kmsg_seek,
    .poll = kmsg_poll,
};

void kmsg_init(void)
{
	timer_init(&look_timer, look);
	if (dev_register("kmsg", 0644, MKDEV(1, 11), &kmsg_ops))
		log_error("no /dev/kmsg");
}
