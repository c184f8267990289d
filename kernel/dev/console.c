/* The console's input side and its owner: the ring between the serial driver and the shell or the
 * tty, break-in, Ctrl-C. */
#include "dev/console.h"

#include "arch/cpu.h"
#include "dev/console_output.h"
#include "dev/tty.h"
#include "proc/process.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define RING_SIZE      65536 /* a long paste, so that a break-in or Ctrl-C behind it is still heard */
#define RING_LOW       (RING_SIZE / 2)
#define CTRL_C         0x03
#define CTRL_BACKSLASH 0x1c

bool console_interrupted;
uint32_t console_interrupt_count;
uint32_t console_break_count;
struct wait_queue console_break_wait = WAIT_QUEUE_INIT(console_break_wait);
static struct wait_queue input_wait = WAIT_QUEUE_INIT(input_wait);

static struct { /* (console_lock) */
	char ring[RING_SIZE];
	uint32_t head, tail; /* count up for ever */
	bool refused;        /* the driver holds bytes back */
	bool pumping;        /* somebody hands bytes to the tty */
	bool pump_again;
	bool raw;
	enum console_owner owner;
	struct thread *shell;

	/* the break-in sequence */
	int break_byte, break_count;
	ns_t break_within;
	int held;        /* break bytes not passed on yet */
	ns_t held_since; /* when the first of them came */
} in = {.break_byte = CTRL_BACKSLASH, .break_count = 3, .break_within = NS_PER_S};
static struct timer held_timer;

/* What an input decided, to be done once the lock is dropped. */
struct todo {
	bool interrupt, broke_in, wake, pump;
	ns_t arm; /* 0: leave the timer alone */
};

static uint32_t ring_used(void)
{
	return in.head - in.tail;
}

static void ring_put(char c)
{
	in.ring[in.head++ % RING_SIZE] = c;
}

/* (console_lock) */
static bool shell_has_input(void)
{
	return in.owner == CONSOLE_SHELL && !in.pumping && ring_used();
}

/* Forgets what was typed ahead. Bytes that are on their way to the tty stay its own. */
static void ring_drop(void)
{
	if (!in.pumping)
		in.tail = in.head;
}

/* The bytes held back were no break-in. */
static void release_held(void)
{
	for (; in.held; in.held--)
		ring_put((char)in.break_byte);
}

static void break_in(struct todo *todo)
{
	in.held = 0;
	ring_drop(); /* what a program would not read is no input for the shell */
	__atomic_fetch_add(&console_break_count, 1, __ATOMIC_RELEASE);
	todo->broke_in = true;
}

static void break_byte(struct todo *todo)
{
	ns_t now = time_now();
	if (in.held && now - in.held_since > in.break_within)
		release_held();
	if (!in.held)
		in.held_since = now;
	if (++in.held >= in.break_count)
		break_in(todo);
	else
		todo->arm = now + in.break_within / 2;
}

/* One byte of input. False: there is no room for it. (console_lock) */
static bool take_byte(char c, struct todo *todo)
{
	if (ring_used() + (uint32_t)in.held + 1 >= RING_SIZE)
		return false;
	if (in.owner == CONSOLE_SHELL && c == CTRL_C && !in.raw) {
		ring_drop();
		todo->interrupt = true;
		return true;
	}
	if (in.owner == CONSOLE_TTY && (uint8_t)c == in.break_byte) {
		break_byte(todo);
		return true;
	}
	release_held();
	ring_put(c);
	if (in.owner == CONSOLE_TTY)
		todo->pump = true;
	else
		todo->wake = true;
	return true;
}

static void wake_shell(void)
{
	struct thread *shell = __atomic_load_n(&in.shell, __ATOMIC_ACQUIRE);
	if (!shell)
		return;
	__atomic_fetch_or(&shell->work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	sched_wake(shell, WAKE_INTR);
}

static void arm_held_timer(ns_t when)
{
	if (timer_arm(&held_timer, when) == 0)
		return;
	/* Without a timer nothing would decide: pass them on at once. */
	irqflags_t flags = spin_lock(&console_lock);
	release_held();
	spin_unlock(&console_lock, flags);
	console_pump();
}

static void do_todo(const struct todo *todo)
{
	if (todo->interrupt) {
		__atomic_fetch_add(&console_interrupt_count, 1, __ATOMIC_RELEASE);
		__atomic_store_n(&console_interrupted, true, __ATOMIC_RELEASE);
		console_output_interrupted();
	}
	if (todo->broke_in)
		wait_wake_all(&console_break_wait);
	if (todo->interrupt || todo->broke_in)
		wake_shell();
	if (todo->interrupt || todo->wake)
		wait_wake_all(&input_wait);
	if (todo->arm)
		arm_held_timer(todo->arm);
	if (todo->pump)
		console_pump();
}

size_t console_input(const char *s, size_t n)
{
	struct todo todo = {0};
	size_t taken = 0;

	irqflags_t flags = spin_lock(&console_lock);
	while (taken < n && take_byte(s[taken], &todo))
		taken++;
	if (taken < n)
		in.refused = true;
	spin_unlock(&console_lock, flags);
	do_todo(&todo);
	return taken;
}

void console_input_break(void)
{
	struct todo todo = {0};

	irqflags_t flags = spin_lock(&console_lock);
	if (in.owner == CONSOLE_TTY)
		break_in(&todo);
	else
		todo.interrupt = !in.raw;
	spin_unlock(&console_lock, flags);
	do_todo(&todo);
}

/* Half the window passed without another break byte. */
static void held_expired(struct timer *t)
{
	irqflags_t flags = spin_lock(&console_lock);
	release_held();
	spin_unlock(&console_lock, flags);
	console_pump();
}

void console_set_break(int byte, int count, ns_t within)
{
	irqflags_t flags = spin_lock(&console_lock);
	release_held();
	in.break_byte = byte;
	in.break_count = MAX(count, 1);
	in.break_within = within;
	spin_unlock(&console_lock, flags);
	console_pump();
}

/* If the driver holds bytes back and there is room by now: forgets that, and says so.
 * (console_lock) */
static bool may_resume(void)
{
	bool resume = in.refused && ring_used() <= RING_LOW;
	if (resume)
		in.refused = false;
	return resume;
}

static void resume_driver(void)
{
	const struct serial_ops *ops = console_serial();
	if (ops && ops->input_resume)
		ops->input_resume();
}

/* Copies what is due for the tty without taking it out. 0: nothing. (console_lock) */
static size_t peek_for_tty(char *buf, size_t size)
{
	size_t n = in.owner == CONSOLE_TTY ? MIN(ring_used(), size) : 0;
	for (size_t i = 0; i < n; i++)
		buf[i] = in.ring[(in.tail + i) % RING_SIZE];
	return n;
}

/* Only one at a time pumps, so that bytes keep their order; who comes meanwhile makes the other
 * look again. */
void console_pump(void)
{
	char chunk[64];
	bool resume = false;

	irqflags_t flags = spin_lock(&console_lock);
	in.pump_again = true;
	if (in.pumping || !console_tty) {
		spin_unlock(&console_lock, flags);
		return;
	}
	in.pumping = true;
	for (;;) {
		in.pump_again = false;
		size_t n = peek_for_tty(chunk, sizeof(chunk));
		spin_unlock(&console_lock, flags);
		size_t taken = n ? tty_receive(console_tty, chunk, n) : 0;
		flags = spin_lock(&console_lock);
		in.tail += (uint32_t)taken;
		if (!taken && !in.pump_again)
			break;
	}
	in.pumping = false;
	resume = may_resume();
	bool wake = shell_has_input();
	spin_unlock(&console_lock, flags);
	if (wake)
		wait_wake_all(&input_wait);
	if (resume)
		resume_driver();
}

/* --- the shell's side --- */

void console_set_owner(enum console_owner o)
{
	irqflags_t flags = spin_lock(&console_lock);
	release_held();
	in.owner = o;
	spin_unlock(&console_lock, flags);
	if (o == CONSOLE_TTY)
		console_pump();
	else
		wait_wake_all(&input_wait);
}

enum console_owner console_get_owner(void)
{
	return __atomic_load_n(&in.owner, __ATOMIC_RELAXED);
}

size_t console_input_pending(void)
{
	irqflags_t flags = spin_lock(&console_lock);
	size_t n = shell_has_input() ? ring_used() : 0;
	spin_unlock(&console_lock, flags);
	return n;
}

bool console_input_ready(void)
{
	return console_input_pending() > 0;
}

static int take_for_shell(void)
{
	int c = -EAGAIN;

	irqflags_t flags = spin_lock(&console_lock);
	if (shell_has_input())
		c = (uint8_t)in.ring[in.tail++ % RING_SIZE];
	bool resume = may_resume();
	spin_unlock(&console_lock, flags);
	if (resume)
		resume_driver();
	return c;
}

/* After a panic: no interrupts, no sleep. */
static int getc_polled(ns_t deadline)
{
	const struct serial_ops *ops = console_serial();
	if (!ops || !ops->read_polled)
		return -EIO;
	do {
		int c = ops->read_polled();
		if (c >= 0)
			return c;
		arch_relax();
	} while (time_now() < deadline);
	return -ETIMEDOUT;
}

int console_getc(ns_t deadline)
{
	if (console_is_polled())
		return getc_polled(deadline);
	if (!console_serial())
		return -EIO;
	for (;;) {
		if (shell_interrupted())
			return -EINTR;
		int c = take_for_shell();
		if (c >= 0)
			return c;
		int r = wait_event(&input_wait, console_input_ready() || shell_interrupted(),
		    SCHED_SLEEP, deadline, "console_input");
		if (r)
			return r;
	}
}

int console_peek(ns_t deadline)
{
	int c = -EAGAIN;

	if (console_is_polled() || !console_serial())
		return -EIO;
	while (c == -EAGAIN) {
		int r = wait_event(&input_wait, console_input_ready() || shell_interrupted(),
		    SCHED_SLEEP, deadline, "console_input");
		if (r || shell_interrupted())
			return r ? r : -EINTR;
		irqflags_t flags = spin_lock(&console_lock);
		if (shell_has_input())
			c = (uint8_t)in.ring[in.tail % RING_SIZE];
		spin_unlock(&console_lock, flags);
	}
	return c;
}

void console_shell_attach(void)
{
	__atomic_store_n(&in.shell, current, __ATOMIC_RELEASE);
}

bool console_is_shell(const struct thread *t)
{
	return t == __atomic_load_n(&in.shell, __ATOMIC_ACQUIRE);
}

bool shell_interrupted(void)
{
	return __atomic_load_n(&console_interrupted, __ATOMIC_ACQUIRE);
}

void shell_clear_interrupt(void)
{
	__atomic_store_n(&console_interrupted, false, __ATOMIC_RELEASE);
	irqflags_t flags = spin_lock(&task_lock);
	signal_recalc(current);
	spin_unlock(&task_lock, flags);
}

void console_shell_raw(bool raw)
{
	irqflags_t flags = spin_lock(&console_lock);
	in.raw = raw;
	spin_unlock(&console_lock, flags);
}

void console_input_init(void)
{
	timer_init(&held_timer, held_expired);
}
