/*
 * Futexes: sleepers hang in hash buckets by what their word is known by. A sleeper looks at the
 * word under its bucket's lock, and a waker takes the lock after the word was changed: so no
 * wake-up is lost.
 */
#include "sched/futex_internal.h"

#include "arch/mmu.h"
#include "arch/uaccess.h"
#include "mm/space.h"
#include "proc/process.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define BUCKETS 256

static struct futex_bucket buckets[BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		spin_init(&buckets[i].lock, "futex", RANK_FUTEX);
		list_init(&buckets[i].sleepers);
	}
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
	uint64_t h = ((uintptr_t)key->object >> 4) ^ key->offset;
	return &buckets[h * 0x9e3779b97f4a7c15 >> 56]; /* Fibonacci hashing: the top 8 bits */
}

bool futex_same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

/* Shared memory is known by its object, so that every process finds it under its own address.
 * (s->lock) */
static int find_key(struct space *s, uaddr_t addr, struct futex_key *key)
{
	const struct area *area = space_find(s, addr);
	if (!area)
		return -EFAULT;
	if (area->flags & AREA_SHARED && area->mapping)
		*key = (struct futex_key){area->mapping, area->offset + (addr - area->start)};
	else
		*key = (struct futex_key){s, addr};
	return 0;
}

static int key_in(struct space *s, uaddr_t addr, bool is_private, struct futex_key *key)
{
	if (addr % sizeof(uint32_t))
		return -EINVAL;
	if (!s || addr > ARCH_USER_TOP - sizeof(uint32_t))
		return -EFAULT;
	*key = (struct futex_key){s, addr};
	if (is_private)
		return 0;
	mutex_lock(&s->lock);
	int err = find_key(s, addr, key);
	mutex_unlock(&s->lock);
	return err;
}

int futex_key_get(uaddr_t addr, bool is_private, struct futex_key *key)
{
	return key_in(arch_current()->space, addr, is_private, key);
}

int futex_join(struct futex_sleeper *w, uaddr_t addr, uint32_t value)
{
	for (;;) {
		uint32_t seen;
		irqflags_t flags = spin_lock(&w->bucket->lock);
		int err = arch_copy_in_atomic(&seen, addr, sizeof(seen));
		if (!err && seen == value)
			list_append(&w->bucket->sleepers, &w->link);
		spin_unlock(&w->bucket->lock, flags);
		if (!err)
			return seen == value ? 0 : -EAGAIN;
		/* The page is not there: it is fetched without the lock. */
		if (copy_in_obj(&seen, addr))
			return -EFAULT;
	}
}

bool futex_leave(struct futex_sleeper *w)
{
	for (;;) {
		struct futex_bucket *b = __atomic_load_n(&w->bucket, __ATOMIC_ACQUIRE);
		irqflags_t flags = spin_lock(&b->lock);
		bool there = b == w->bucket;
		bool woken = w->woken;
		if (there && !woken)
			list_remove(&w->link);
		spin_unlock(&b->lock, flags);
		if (there)
			return woken;
	}
}

/* The deadline in ns since boot, as the wall clock stands now. */
static ns_t boot_deadline(ns_t deadline, bool wall)
{
	if (!wall || deadline == NS_NEVER)
		return deadline;
	return MAX(deadline - time_realtime(), 0) + time_now();
}

int futex_wait_for(const bool *done, ns_t deadline, bool wall)
{
	struct waiter clock = {.thread = arch_current()};
	int result = 0;
	if (wall)
		wait_add(&time_was_set, &clock);
	for (;;) {
		sched_prepare(SCHED_SLEEP_INTR);
		if (__atomic_load_n(done, __ATOMIC_ACQUIRE) || result)
			break;
		result = sched_sleep(boot_deadline(deadline, wall), "futex");
	}
	sched_cancel();
	if (wall)
		wait_remove(&time_was_set, &clock);
	return result;
}

int futex_sleep(const struct futex_key *key, uaddr_t addr, uint32_t value, uint32_t bits,
    ns_t deadline, bool wall)
{
	struct futex_sleeper w = {
	    .key = *key, .bucket = futex_bucket_of(key), .bits = bits, .thread = arch_current()};
	int err = futex_join(&w, addr, value);
	if (err)
		return err;
	sched_point("futex.sleep", &w);
	int result = futex_wait_for(&w.woken, deadline, wall);
	/* Also what makes the waker leave `w` alone before it goes. */
	return futex_leave(&w) ? 0 : result;
}

/* (w->bucket->lock) */
static void wake(struct futex_sleeper *w)
{
	list_remove(&w->link);
	__atomic_store_n(&w->woken, true, __ATOMIC_RELEASE);
	if (w->any)
		__atomic_store_n(w->any, true, __ATOMIC_RELEASE);
	sched_wake(w->thread, WAKE_ANY_SLEEP);
}

int futex_wake_key(const struct futex_key *key, int n, uint32_t bits)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct futex_sleeper *w, *tmp;
	int count = 0;
	irqflags_t flags = spin_lock(&b->lock);
	list_for_each_safe (w, tmp, &b->sleepers, link) {
		if (!futex_same_key(&w->key, key))
			continue;
		if (futex_is_pi(w)) {
			count = -EINVAL;
			break;
		}
		if (!(w->bits & bits))
			continue;
		wake(w);
		if (++count >= n)
			break;
	}
	spin_unlock(&b->lock, flags);
	return count;
}

irqflags_t futex_lock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	struct futex_bucket *first = a < b ? a : b, *second = a < b ? b : a;
	irqflags_t flags = spin_lock(&first->lock);
	if (first != second)
		spin_lock_noirq(&second->lock);
	return flags;
}

void futex_unlock_both(struct futex_bucket *a, struct futex_bucket *b, irqflags_t flags)
{
	if (a != b)
		spin_unlock_noirq(&b->lock);
	spin_unlock(&a->lock, flags);
}

/* (the locks of both) */
static int wake_and_move(
    const struct futex_key *from, const struct futex_key *to, int n_wake, int n_move)
{
	struct futex_bucket *source = futex_bucket_of(from), *target = futex_bucket_of(to);
	struct list moved = LIST_INIT(moved);
	struct futex_sleeper *w, *tmp;
	int count = 0;
	list_for_each_safe (w, tmp, &source->sleepers, link) {
		if (!futex_same_key(&w->key, from))
			continue;
		if (count - n_wake >= n_move)
			break;
		if (futex_is_pi(w)) {
			count = -EINVAL;
			break;
		}
		if (count++ < n_wake) {
			wake(w);
			continue;
		}
		list_remove(&w->link);
		list_append(&moved, &w->link);
		w->key = *to;
		__atomic_store_n(&w->bucket, target, __ATOMIC_RELEASE);
	}
	list_splice(&target->sleepers, &moved);
	return count;
}

int futex_requeue(const struct futex_key *from, const struct futex_key *to, int wake, int move,
    uaddr_t addr, const uint32_t *expect)
{
	struct futex_bucket *source = futex_bucket_of(from), *target = futex_bucket_of(to);
	for (;;) {
		uint32_t seen;
		irqflags_t flags = futex_lock_both(source, target);
		int fault = expect ? arch_copy_in_atomic(&seen, addr, sizeof(seen)) : 0;
		int result = -EAGAIN;
		if (!fault && (!expect || seen == *expect))
			result = wake_and_move(from, to, wake, move);
		futex_unlock_both(source, target, flags);
		if (!fault)
			return result;
		if (copy_in_obj(&seen, addr))
			return -EFAULT;
	}
}

int futex_wake(struct space *s, uaddr_t addr, int n)
{
	struct futex_key key;
	int err = key_in(s, addr, false, &key);
	return err ? err : futex_wake_key(&key, n, FUTEX_ANY);
}
