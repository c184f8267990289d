/* Reading, writing and polling a terminal's files. */
#include "abi/fs.h"
#include "arch/cpu.h"
#include "dev/ldisc.h"
#include "proc/process.h"
#include "sched/timer.h"

#define CHUNK       256  /* bytes moved between the ring and user memory at a time */
#define READ_PIECE  64   /* what Linux collects before it copies: a larger VMIN counts as this */
#define WRITE_PIECE 2048 /* a signal is looked for so often in a long write */

bool tty_file_hung_up(const struct tty_file *tf)
{
	return !tf->console && tf->hangups != __atomic_load_n(&tf->tty->hangups, __ATOMIC_ACQUIRE);
}

/* --- one reader, one writer --- */

static bool claim(struct tty *t, bool *busy)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool mine = !*busy;
	*busy = true;
	spin_unlock(&t->lock, flags);
	return mine;
}

int tty_take_turn(struct tty *t, bool *busy, struct wait_queue *turn, const struct file *f)
{
	if (claim(t, busy))
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	int r = wait_event(turn, claim(t, busy), SCHED_SLEEP_INTR, NS_NEVER, "tty_turn");
	return r ? -ERESTARTSYS : 0;
}

void tty_end_turn(struct tty *t, bool *busy, struct wait_queue *turn)
{
	irqflags_t flags = spin_lock(&t->lock);
	*busy = false;
	spin_unlock(&t->lock, flags);
	wait_wake_all(turn);
}

/* --- reading --- */

/* What VMIN and VTIME ask of one read (termios(3), "Canonical and noncanonical mode"). */
struct read_mode {
	unsigned least; /* bytes that end it */
	ns_t first;     /* wait for the first byte at most so long */
	ns_t between;   /* then for each further one; 0: as `first` */
};

static struct read_mode read_mode(struct tty *t)
{
	struct read_mode m = {.least = 1, .first = NS_NEVER};

	irqflags_t flags = spin_lock(&t->lock);
	if (!has_lflag(t, ICANON)) {
		ns_t time = t->termios.c_cc[VTIME] * (NS_PER_S / 10);
		unsigned min = t->termios.c_cc[VMIN];
		if (min) {
			m.least = min;
			m.between = time;
		} else {
			m.first = time;
		}
	}
	spin_unlock(&t->lock, flags);
	return m;
}

static size_t take_locked(struct tty *t, char *to, size_t n, bool *line)
{
	irqflags_t flags = spin_lock(&t->lock);
	size_t got = ldisc_take(t, to, n, line);
	spin_unlock(&t->lock, flags);
	return got;
}

static bool readable(struct tty *t, unsigned least)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool yes = ldisc_readable(t, least);
	spin_unlock(&t->lock, flags);
	return yes;
}

/* The sender was told to wait: there is room again. */
static void unthrottle(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool was = t->throttled;
	t->throttled = false;
	spin_unlock(&t->lock, flags);
	if (was && t->driver->input_room)
		t->driver->input_room(t);
}

/* Waits for input. 0: there is some; 1: the read ends here with what it has; or -errno. */
static int wait_input(struct file *f, ns_t time)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *t = tf->tty;

	if (readable(t, 1))
		return 0;
	if (__atomic_load_n(&t->other_closed, __ATOMIC_ACQUIRE))
		return -EIO;
	if (tty_file_hung_up(tf))
		return 1;
	if (!time)
		return 1;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	unthrottle(t);
	ns_t deadline = time == NS_NEVER ? NS_NEVER : time_now() + time;
	int r = wait_event(&t->read_wait, readable(t, 1) || tty_file_hung_up(tf), SCHED_SLEEP_INTR,
	    deadline, "tty_read");
	if (r == -EINTR)
		return -ERESTARTSYS;
	if (r == -ETIMEDOUT)
		return 1;
	return readable(t, 1) || !__atomic_load_n(&t->other_closed, __ATOMIC_ACQUIRE) ? 0 : -EIO;
}

static int64_t read_loop(struct file *f, struct io_vec *io)
{
	struct tty *t = tty_file_of(f)->tty;
	struct read_mode mode = read_mode(t);
	ns_t time = mode.first;
	char chunk[CHUNK];
	int64_t total = 0;

	if (mode.least > READ_PIECE)
		io->left = MIN(io->left, READ_PIECE);
	while (io->left) {
		bool line;
		size_t n = take_locked(t, chunk, MIN(sizeof(chunk), io->left), &line);
		if (n) {
			int64_t moved = io_put(io, chunk, n);
			if (moved < (int64_t)n)
				return total + MAX(moved, 0) ? total + MAX(moved, 0) : -EFAULT;
			total += moved;
			time = mode.between ? mode.between : time;
		}
		if (line)
			break;
		if (n)
			continue;
		if (total >= mode.least)
			break;
		int r = wait_input(f, time);
		if (r)
			return r < 0 && !total ? r : total;
	}
	return total;
}

int64_t tty_read(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *t = tf->tty;

	if (tty_file_hung_up(tf))
		return 0;
	int r = tf->console ? 0 : tty_check_change(t, SIGTTIN);
	if (!r)
		r = tty_take_turn(t, &t->reading, &t->read_turn, f);
	if (r)
		return r;
	int64_t result = read_loop(f, io);
	if (result > 0)
		tty_touch(f, false);
	tty_end_turn(t, &t->reading, &t->read_turn);
	unthrottle(t);
	return result;
}

void tty_touch(struct file *f, bool written)
{
	const ns_t step = 8 * NS_PER_S;
	ns_t now = time_realtime(), *at = written ? &f->inode->mtime : &f->inode->atime;

	if (now / step != *at / step)
		*at = now - now % step;
}

/* --- writing --- */

static size_t write_some(struct tty *t, const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&t->lock);
	size_t done = ldisc_write(t, s, n);
	ldisc_kick(t);
	spin_unlock(&t->lock, flags);
	if (t->driver->told)
		t->driver->told(t);
	return done;
}

static bool writable(struct tty *t)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool yes = ldisc_writable(t);
	spin_unlock(&t->lock, flags);
	return yes;
}

/* Writes a chunk that is in kernel memory. Returns the bytes written, or -errno if none were. */
static int64_t write_chunk(struct file *f, const char *s, size_t n)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *t = tf->tty;
	size_t done = 0;
	int r = 0;

	while (done < n) {
		if (tty_file_hung_up(tf)) {
			r = -EIO;
			break;
		}
		done += write_some(t, s + done, n - done);
		if (done == n || writable(t))
			continue;
		__atomic_store_n(&t->output_wanted, true, __ATOMIC_RELAXED);
		r = f->flags & O_NONBLOCK
			? -EAGAIN
			: wait_event(&t->write_wait, writable(t) || tty_file_hung_up(tf),
			      SCHED_SLEEP_INTR, NS_NEVER, "tty_write");
		if (r)
			break;
	}
	return done ? (int64_t)done : r == -EINTR ? -ERESTARTSYS : r;
}

static int64_t write_loop(struct file *f, struct io_vec *io)
{
	char chunk[CHUNK];
	int64_t total = 0;

	while (io->left) {
		int64_t n = io_get(io, chunk, MIN(sizeof(chunk), io->left));
		int64_t done = n > 0 ? write_chunk(f, chunk, (size_t)n) : n;
		if (done <= 0)
			return total ? total : done;
		total += done;
		if (done < n)
			break;
		if (total % WRITE_PIECE == 0 && io->left && signal_pending(current))
			break;
	}
	return total;
}

int64_t tty_write(struct file *f, struct io_vec *io, uint64_t *pos)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *t = tf->tty;
	int r = 0;

	if (tf->console) {
		struct file *to = tty_console_redirected();
		if (to) {
			int64_t n = tty_write(to, io, pos);
			file_put(to);
			return n;
		}
	}
	if (tty_file_hung_up(tf))
		return -EIO;
	if (!tf->console && has_lflag(t, TOSTOP))
		r = tty_check_change(t, SIGTTOU);
	if (!r)
		r = tty_take_turn(t, &t->writing, &t->write_turn, f);
	if (r)
		return r;
	int64_t result = write_loop(f, io);
	if (result > 0)
		tty_touch(f, true);
	tty_end_turn(t, &t->writing, &t->write_turn);
	return result;
}

/* The driver has taken what stood before `end`. */
static bool handed_on(struct tty *t, unsigned end)
{
	irqflags_t flags = spin_lock(&t->lock);
	bool yes = (int)(t->out_tail - end) >= 0;
	spin_unlock(&t->lock, flags);
	return yes;
}

/* What comes later is not waited for: others may never cease to write. */
int tty_drain(struct tty *t)
{
	if (t->driver->pty)
		return 0;
	irqflags_t flags = spin_lock(&t->lock);
	unsigned end = t->out_head;
	spin_unlock(&t->lock, flags);
	int r = wait_event(
	    &t->write_wait, handed_on(t, end), SCHED_SLEEP_INTR, NS_NEVER, "tty_drain");
	return !r && t->driver->drain ? t->driver->drain(t) : r;
}

/* --- poll --- */

unsigned tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *t = tf->tty;
	unsigned events = 0;

	if (tty_file_hung_up(tf))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	poll_wait(pt, &t->read_wait);
	poll_wait(pt, &t->write_wait);
	irqflags_t flags = spin_lock(&t->lock);
	unsigned least = t->termios.c_cc[VTIME] ? 1 : t->termios.c_cc[VMIN];
	if (ldisc_readable(t, least))
		events |= POLLIN | POLLRDNORM;
	if (t->other_closed)
		events |= POLLHUP;
	if (ldisc_writable(t))
		events |= POLLOUT | POLLWRNORM;
	spin_unlock(&t->lock, flags);
	return events;
}
