/* The newer calls on futexes, with flags and a clock for each: futex_waitv(2), futex_wake,
 * futex_wait, futex_requeue. */
#include "abi/time.h"
#include "arch/uaccess.h"
#include "mm/heap.h"
#include "sched/futex_internal.h"
#include "syscall/syscall.h"

#define SIZE_MASK   3u /* log2 of the word's bytes: 4 are all there is */
#define SIZE_32     2u
#define PRIVATE     128u
#define WAITERS_MAX 128

/* struct futex_waitv */
struct futex_word {
	uint64_t value, addr;
	uint32_t flags, reserved;
};

static bool flags_valid(uint32_t flags)
{
	return !(flags & ~(SIZE_MASK | PRIVATE)) && (flags & SIZE_MASK) == SIZE_32;
}

static int read_word(struct futex_word *w, uaddr_t from)
{
	if (copy_in_obj(w, from))
		return -EFAULT;
	return flags_valid(w->flags) && !w->reserved && w->value <= UINT32_MAX ? 0 : -EINVAL;
}

static int read_timeout(uaddr_t from, int clock, ns_t *deadline, bool *wall)
{
	struct linux_timespec ts;

	*deadline = NS_NEVER;
	*wall = clock == CLOCK_REALTIME;
	if (!from)
		return 0;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	if (copy_in_obj(&ts, from))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = timespec_ns(&ts);
	return 0;
}

/* --- waiting for several --- */

struct waitv {
	bool woken; /* one of them was */
	unsigned n;
	struct {
		struct futex_sleeper sleeper;
		uaddr_t addr;
		uint32_t value;
		bool is_private;
	} of[];
};

static int read_words(struct waitv *v, uaddr_t from)
{
	for (unsigned i = 0; i < v->n; i++) {
		struct futex_word w;
		int err = read_word(&w, from + i * sizeof(w));

		if (err)
			return err;
		v->of[i].addr = w.addr;
		v->of[i].value = (uint32_t)w.value;
		v->of[i].is_private = w.flags & PRIVATE;
	}
	return 0;
}

static int find_keys(struct waitv *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		struct futex_sleeper *w = &v->of[i].sleeper;
		int err = futex_key_get(v->of[i].addr, v->of[i].is_private, &w->key);

		if (err)
			return err;
		w->bucket = futex_bucket_of(&w->key);
		w->bits = FUTEX_ANY;
		w->thread = current;
		w->any = &v->woken;
	}
	return 0;
}

/* The first `n` leave. The last of them that was woken, or `result`. */
static int leave(struct waitv *v, unsigned n, int result)
{
	for (unsigned i = 0; i < n; i++)
		if (futex_leave(&v->of[i].sleeper))
			result = (int)i;
	return result;
}

static int wait_for_any(struct waitv *v, ns_t deadline, bool wall)
{
	int err;

	for (unsigned i = 0; i < v->n; i++) {
		err = futex_join(&v->of[i].sleeper, v->of[i].addr, v->of[i].value);
		if (err)
			return leave(v, i, err);
	}
	err = futex_wait_for(&v->woken, deadline, wall);
	return leave(v, v->n, err == -EINTR ? -ERESTARTSYS : err);
}

/* a: words, how many, flags, timeout (a point in time), clock */
SYSCALL(futex_waitv)
{
	unsigned n = (uint32_t)a[1];
	struct waitv *v;
	ns_t deadline;
	bool wall;
	int result;

	if ((uint32_t)a[2] || !n || n > WAITERS_MAX || !a[0])
		return -EINVAL;
	result = read_timeout(a[3], (int)a[4], &deadline, &wall);
	if (result)
		return result;
	v = kzalloc(sizeof(*v) + n * sizeof(v->of[0]));
	if (!v)
		return -ENOMEM;
	v->n = n;
	result = read_words(v, a[0]);
	if (!result)
		result = find_keys(v);
	if (!result)
		result = wait_for_any(v, deadline, wall);
	kfree(v);
	return result;
}

/* --- one word --- */

/* a: address, bits, how many, flags */
SYSCALL(futex_wake)
{
	uint32_t flags = (uint32_t)a[3];
	struct futex_key key;
	int err;

	if (!flags_valid(flags) || a[1] > UINT32_MAX || !a[1])
		return -EINVAL;
	err = futex_key_get(a[0], flags & PRIVATE, &key);
	if (err || !(int)a[2])
		return err;
	return futex_wake_key(&key, (int)a[2], (uint32_t)a[1]);
}

/* a: address, value, bits, flags, timeout (a point in time), clock */
SYSCALL(futex_wait)
{
	uint32_t flags = (uint32_t)a[3];
	struct futex_key key;
	ns_t deadline;
	bool wall;
	int result;

	if (!flags_valid(flags) || a[1] > UINT32_MAX || a[2] > UINT32_MAX)
		return -EINVAL;
	result = read_timeout(a[4], (int)a[5], &deadline, &wall);
	if (!result && !a[2])
		result = -EINVAL;
	if (!result)
		result = futex_key_get(a[0], flags & PRIVATE, &key);
	if (!result)
		result = futex_sleep(&key, a[0], (uint32_t)a[1], (uint32_t)a[2], deadline, wall);
	return result == -EINTR ? -ERESTARTSYS : result;
}

/* a: from and to, flags, how many to wake, how many to move */
SYSCALL(futex_requeue)
{
	struct futex_word from, to;
	struct futex_key from_key, to_key;
	int wake = (int)a[2], move = (int)a[3], err;
	uint32_t expect;

	if ((uint32_t)a[1] || !a[0])
		return -EINVAL;
	err = read_word(&from, a[0]);
	if (!err)
		err = read_word(&to, a[0] + sizeof(from));
	if (!err && (wake < 0 || move < 0))
		err = -EINVAL;
	if (!err)
		err = futex_key_get(from.addr, from.flags & PRIVATE, &from_key);
	if (!err)
		err = futex_key_get(to.addr, to.flags & PRIVATE, &to_key);
	if (err)
		return err;
	expect = (uint32_t)from.value;
	return futex_requeue(&from_key, &to_key, wake, move, from.addr, &expect);
}
