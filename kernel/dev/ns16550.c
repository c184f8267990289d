/*
 * The 16550 serial port and its kin (PC16550D data sheet). Interrupts move bytes between its FIFOs
 * and two rings. What the console does not take stays in the receive ring; when that is full,
 * receive interrupts are off, the FIFO fills, and the sender has to wait. Where no interrupt can be
 * had, a timer looks after the port instead.
 */
#include "abi/tty.h"
#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "dev/serial.h"
#include "lock.h"
#include "mm/heap.h"
#include "printk.h"
#include "sched/timer.h"
#include "sched/wait.h"

enum reg {
	RBR = 0,
	THR = 0,
	IER = 1,
	IIR = 2,
	FCR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	DW_USR = 31
};

#define IER_RX       0x01
#define IER_TX       0x02
#define IER_LINE     0x04
#define IIR_NONE     0x01
#define IIR_MASK     0x0f
#define IIR_DW_BUSY  0x07 /* Synopsys only: LCR was written while busy; reading USR ends it */
#define FCR_ENABLE   0x01
#define FCR_TRIGGER8 0x80 /* interrupt at 8 bytes of 16, or when the line falls silent */
#define LCR_8N1      0x03
#define MCR_DTR      0x01
#define MCR_RTS      0x02
#define MCR_OUT2     0x08 /* lets the interrupt out */
#define MSR_CTS      0x10
#define MSR_DSR      0x20
#define MSR_RI       0x40
#define MSR_DCD      0x80
#define LSR_DATA     0x01
#define LSR_BREAK    0x10
#define LSR_THRE     0x20 /* the transmit FIFO is empty */
#define LSR_TEMT     0x40 /* and the shift register too */

#define FIFO_SIZE 16
#define TX_RING   16384
#define RX_RING   4096
#define TX_LOW    (TX_RING / 4) /* writers are woken when no more than this is left */
#define POLLS_MAX 1000000       /* for one byte, before it is given up */
#define POLL_EACH                                                                                  \
	(NS_PER_S / 1000) /* without interrupts: less than the FIFO lasts at 115,200 baud */

static volatile uint8_t *base;
static unsigned shift, width;

/* Guards all below and the registers. Taken under the console's lock. */
static struct spinlock lock = SPINLOCK_INIT("ns16550", RANK_SERIAL);
static char tx[TX_RING], rx[RX_RING];
static unsigned tx_head, tx_tail, rx_head, rx_tail; /* count up for ever */
static uint8_t ier, mcr = MCR_DTR | MCR_RTS | MCR_OUT2;
static unsigned breaks;       /* seen, and to be told the console */
static unsigned break_zeroes; /* bytes that came with them and that nobody sent */
static bool writers_wait;     /* `write` or `write_room` found the ring full */
static bool delivering, deliver_again;
static struct wait_queue sent = WAIT_QUEUE_INIT(sent);
static struct timer poll_timer;

static uint8_t get(enum reg r)
{
	volatile void *p = base + ((unsigned)r << shift);
	return width == 4 ? (uint8_t)*(volatile uint32_t *)p : *(volatile uint8_t *)p;
}

static void put(enum reg r, uint8_t v)
{
	volatile void *p = base + ((unsigned)r << shift);
	if (width == 4)
		*(volatile uint32_t *)p = v;
	else
		*(volatile uint8_t *)p = v;
}

static void set_ier(uint8_t v)
{
	if (v != ier)
		put(IER, v);
	ier = v;
}

/* The line status. A break shows in it but once, whoever reads it, so that only this may. (lock,
 * but in serial_init) */
static uint8_t line_status(void)
{
	uint8_t lsr = get(LSR);

	if (lsr & LSR_BREAK) {
		breaks++;
		break_zeroes++;
	}
	return lsr;
}

/* --- sending --- */

/* If the FIFO is empty, fills it from the ring. The interrupt stays on as long as bytes are left.
 * (lock) */
static void send_some(void)
{
	if (line_status() & LSR_THRE)
		for (int i = 0; i < FIFO_SIZE && tx_tail != tx_head; i++)
			put(THR, (uint8_t)tx[tx_tail++ % TX_RING]);
	set_ier(tx_tail != tx_head ? ier | IER_TX : ier & ~IER_TX);
}

static size_t ns16550_write(const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&lock);
	size_t done = MIN(n, TX_RING - (tx_head - tx_tail));
	for (size_t i = 0; i < done; i++)
		tx[tx_head++ % TX_RING] = s[i];
	if (done < n)
		writers_wait = true;
	if (!(ier & IER_TX))
		send_some();
	spin_unlock(&lock, flags);
	return done;
}

static size_t ns16550_write_room(void)
{
	irqflags_t flags = spin_lock(&lock);
	size_t room = TX_RING - (tx_head - tx_tail);
	if (!room)
		writers_wait = true;
	spin_unlock(&lock, flags);
	return room;
}

static void put_polled(char c)
{
	for (int i = 0; i < POLLS_MAX && !(line_status() & LSR_THRE); i++)
		arch_relax();
	put(THR, (uint8_t)c);
}

/* What is in the ring goes first. */
static void ns16550_write_polled(const char *s, size_t n)
{
	irqflags_t flags = spin_lock(&lock);
	while (tx_tail != tx_head)
		put_polled(tx[tx_tail++ % TX_RING]);
	for (size_t i = 0; i < n; i++)
		put_polled(s[i]);
	for (int i = 0; i < POLLS_MAX && !(line_status() & LSR_TEMT); i++)
		arch_relax();
	spin_unlock(&lock, flags);
}

/* The ring's bytes up to `end` are in the FIFO. */
static bool in_fifo(unsigned end)
{
	irqflags_t flags = spin_lock(&lock);
	bool yes = (int)(tx_tail - end) >= 0;
	spin_unlock(&lock, flags);
	return yes;
}

/* They have left the FIFO too: it is empty, or as many as it holds came behind them. */
static bool on_the_line(unsigned end)
{
	irqflags_t flags = spin_lock(&lock);
	bool yes = (line_status() & LSR_TEMT) || tx_tail - end >= FIFO_SIZE;
	spin_unlock(&lock, flags);
	return yes;
}

/* The last bytes, in the FIFO, take less than two milliseconds at 115,200 baud: polled for. */
static int ns16550_drain(bool interruptible)
{
	irqflags_t flags = spin_lock(&lock);
	unsigned end = tx_head;
	spin_unlock(&lock, flags);
	int r = wait_event(&sent, in_fifo(end), interruptible ? SCHED_SLEEP_INTR : SCHED_SLEEP_KILL,
	    NS_NEVER, "serial_drain");
	for (int i = 0; !r && i < POLLS_MAX && !on_the_line(end); i++)
		arch_relax();
	return r;
}

/* --- receiving --- */

/* Moves received bytes to the ring. (lock) */
static void receive_some(void)
{
	while (rx_head - rx_tail < RX_RING && (line_status() & (LSR_DATA | LSR_BREAK))) {
		char c = (char)get(RBR);
		if (!c && break_zeroes)
			break_zeroes--;
		else
			rx[rx_head++ % RX_RING] = c;
	}
	set_ier(rx_head - rx_tail < RX_RING ? ier | IER_RX | IER_LINE : ier & ~(IER_RX | IER_LINE));
}

static void tell_breaks(void)
{
	irqflags_t flags = spin_lock(&lock);
	unsigned n = breaks;
	breaks = 0;
	spin_unlock(&lock, flags);
	while (n--)
		console_input_break();
}

/* Hands the ring's bytes to the console, one at a time of those who ask for it, so that they keep
 * their order. */
static void deliver(void)
{
	irqflags_t flags = spin_lock(&lock);
	deliver_again = true;
	while (!delivering && deliver_again) {
		deliver_again = false;
		unsigned at = rx_tail % RX_RING, n = MIN(rx_head - rx_tail, RX_RING - at);
		if (!n)
			break;
		delivering = true;
		spin_unlock(&lock, flags);
		size_t taken = console_input(
		    rx + at, n); /* `rx_tail` stays: nobody overwrites these */
		flags = spin_lock(&lock);
		delivering = false;
		rx_tail += (unsigned)taken;
		if (taken == n)
			deliver_again = true;
		if (taken)
			set_ier(ier | IER_RX | IER_LINE);
	}
	spin_unlock(&lock, flags);
	tell_breaks();
}

static int ns16550_read_polled(void)
{
	irqflags_t flags = spin_lock(&lock);
	int c = -1;
	if (rx_tail == rx_head)
		receive_some();
	if (rx_tail != rx_head)
		c = (uint8_t)rx[rx_tail++ % RX_RING];
	spin_unlock(&lock, flags);
	return c;
}

/* --- the modem's lines --- */

static unsigned ns16550_modem(void)
{
	irqflags_t flags = spin_lock(&lock);
	uint8_t msr = get(MSR), out = mcr;
	spin_unlock(&lock, flags);
	return (out & MCR_DTR ? TIOCM_DTR : 0) | (out & MCR_RTS ? TIOCM_RTS : 0) |
	       (out & MCR_OUT2 ? TIOCM_OUT2 : 0) | (msr & MSR_CTS ? TIOCM_CTS : 0) |
	       (msr & MSR_DSR ? TIOCM_DSR : 0) | (msr & MSR_RI ? TIOCM_RNG : 0) |
	       (msr & MSR_DCD ? TIOCM_CAR : 0);
}

/* OUT2 stays: it lets the interrupt out. */
static void ns16550_set_modem(unsigned set, unsigned clear)
{
	unsigned on = (set & TIOCM_DTR ? MCR_DTR : 0) | (set & TIOCM_RTS ? MCR_RTS : 0),
		 off = (clear & TIOCM_DTR ? MCR_DTR : 0) | (clear & TIOCM_RTS ? MCR_RTS : 0);

	irqflags_t flags = spin_lock(&lock);
	mcr = (uint8_t)((mcr & ~off) | on);
	put(MCR, mcr);
	spin_unlock(&lock, flags);
}

/* --- the interrupt --- */

/* Moves what there is to move, and wakes whom it concerns. */
static void serve(bool polled)
{
	irqflags_t flags = spin_lock(&lock);
	uint8_t iir;
	while (polled || !((iir = get(IIR)) & IIR_NONE)) {
		if (!polled && (iir & IIR_MASK) == IIR_DW_BUSY)
			(void)get(DW_USR);
		receive_some();
		send_some();
		if (polled)
			break;
	}
	bool room = writers_wait && tx_head - tx_tail <= TX_LOW;
	if (room)
		writers_wait = false;
	spin_unlock(&lock, flags);

	deliver();
	if (room)
		console_output_room();
	wait_wake_all(&sent);
}

static void ns16550_interrupt(void *arg)
{
	serve(false);
}

static void poll_again(struct timer *t)
{
	serve(true);
	timer_arm(t, time_now() + POLL_EACH);
}

static const struct serial_ops ops = {
    .write = ns16550_write,
    .write_polled = ns16550_write_polled,
    .read_polled = ns16550_read_polled,
    .write_room = ns16550_write_room,
    .drain = ns16550_drain,
    .input_resume = deliver,
    .modem = ns16550_modem,
    .set_modem = ns16550_set_modem,
};

int serial_init(void)
{
	const struct boot_uart *uart = &boot_info.uart;
	char name[64];
	if (!uart->base)
		return -ENODEV;
	base = vmap_device(uart->base, (size_t)(DW_USR + 1) << uart->reg_shift);
	if (!base)
		return -ENOMEM;
	shift = uart->reg_shift;
	width = uart->reg_width;
	put(IER, 0);
	put(LCR, LCR_8N1);
	/* Bytes that came before us are kept: neither is the FIFO cleared, nor lost where it was
	 * off. */
	receive_some();
	put(FCR, FCR_ENABLE | FCR_TRIGGER8);
	put(MCR, mcr);
	fmt_string(name, sizeof(name), "%s at 0x%lx, interrupt %u", uart->compatible,
	    (unsigned long)uart->base, uart->irq);
	console_attach(&ops, name);
	int err = boot_arg_flag("serial.polled")
		      ? -EOPNOTSUPP
		      : arch_irq_attach(uart->irq, ns16550_interrupt, NULL, "serial");
	irqflags_t flags = spin_lock(&lock);
	set_ier(ier | IER_RX | IER_LINE);
	spin_unlock(&lock, flags);
	deliver();
	if (!err)
		return 0;
	log_warn("serial: interrupt %u cannot be had: polled", uart->irq);
	timer_init(&poll_timer, poll_again);
	return timer_arm(&poll_timer, time_now() + POLL_EACH);
}
