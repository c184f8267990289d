/*
 * The flight recorder. Each CPU writes its own ring with interrupts off; readers take no lock: an
 * event's number is 0 while it is written, and is looked at again after the copy.
 */
#include "trace.h"

#include "arch/cpu.h"
#include "mm/heap.h"
#include "sched/cpu_here.h"

#define EVENTS 1024 /* kept a CPU; a power of two */

uint32_t trace_classes = TRACE_CLASS_SIGNAL;
int trace_pid;

static struct ring {
	struct trace_event *events; /* EVENTS of them; NULL: no memory, or too early */
	uint64_t head; /* counts events ever written: the next one's place; written by its CPU */
} rings[MAX_CPUS];
static uint64_t next_seq = 1;

void trace_init_cpu(unsigned id)
{
	if (rings[id].events)
		return;
	size_t size = ALIGN_UP(EVENTS * sizeof(struct trace_event), PAGE_SIZE);
	struct trace_event *events = vmap_alloc(size);
	if (events)
		memset(events, 0, size);
	__atomic_store_n(&rings[id].events, events, __ATOMIC_RELEASE);
}

void trace_record(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	irqflags_t flags = arch_irq_save();
	const struct thread *t = arch_current();
	struct ring *r = &rings[t->sched.cpu];
	if (r->events) {
		struct trace_event *ev = &r->events[r->head % EVENTS];
		__atomic_store_n(&ev->seq, 0, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_RELEASE);
		ev->time = arch_now();
		ev->kind = (uint16_t)kind;
		ev->cpu = (uint16_t)t->sched.cpu;
		ev->pid = t->process ? t->process->pid->nr : 0;
		ev->tid = t->tid ? t->tid->nr : 0;
		ev->a = a;
		ev->b = b;
		ev->c = c;
		ev->d = d;
		ev->e = e;
		uint64_t seq = __atomic_fetch_add(&next_seq, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&ev->seq, seq, __ATOMIC_RELEASE);
		__atomic_store_n(&r->head, r->head + 1, __ATOMIC_RELEASE);
	}
	arch_irq_restore(flags);
}

/* Copies event number `n` of a ring. False if it was overwritten meanwhile. */
static bool read_event(const struct ring *r, uint64_t n, struct trace_event *out)
{
	const struct trace_event *ev = &r->events[n % EVENTS];
	uint64_t before = __atomic_load_n(&ev->seq, __ATOMIC_ACQUIRE);
	*out = *ev;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return before && before == out->seq &&
	       before == __atomic_load_n(&ev->seq, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&r->head, __ATOMIC_RELAXED) - n <= EVENTS;
}

/* The first event of a ring with a number >= seq: they ascend, so by halving. */
static bool ring_find(const struct ring *r, uint64_t seq, struct trace_event *out)
{
	if (!__atomic_load_n(&r->events, __ATOMIC_ACQUIRE))
		return false;
	uint64_t high = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
	uint64_t low = high > EVENTS ? high - EVENTS : 0, end = high;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		/* What was overwritten is older than all that is left. */
		if (!read_event(r, middle, out) || out->seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < end; low++) {
		if (read_event(r, low, out) && out->seq >= seq)
			return true;
	}
	return false;
}

int trace_next(uint64_t *seq, struct trace_event *out)
{
	struct trace_event ev;
	bool found = false;
	for (unsigned i = 0; i < MAX_CPUS; i++) {
		if (ring_find(&rings[i], *seq, &ev) && (!found || ev.seq < out->seq)) {
			*out = ev;
			found = true;
		}
	}
	if (!found)
		return -ENOENT;
	*seq = out->seq + 1;
	return 0;
}

uint64_t trace_seq(void)
{
	return __atomic_load_n(&next_seq, __ATOMIC_RELAXED);
}
