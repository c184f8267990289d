/*
 * Futexes with priority inheritance (futex(2), "Priority-inheritance futexes"): the word names its
 * owner, and who waits for it lends the owner its real-time priority, from owner to owner. A lock
 * is handed to the first of the most urgent waiters. Everything happens under task_lock, so that
 * owners do not go away; buckets' locks nest inside.
 */
#include "arch/uaccess.h"
#include "mm/space.h"
#include "sched/futex_internal.h"
#include "sched/runq.h"

#define WAITERS    0x80000000u
#define OWNER_DIED 0x40000000u
#define TID_MASK   0x3fffffffu
#define CHAIN_MAX  1024 /* owners that wait for owners */

/* Inside only: the word changed while we looked. */
#define CHANGED (-ERESTARTNOINTR)

static uint32_t tid_of(const struct thread *t)
{
	return (uint32_t)t->tid->nr;
}

/* --- lending priority (task_lock) --- */

static int lent_to(const struct thread *owner)
{
	const struct futex_sleeper *w;
	int priority = 0;

	list_for_each (w, &owner->pi_sleepers, owner_link)
		priority = MAX(priority, sched_rt_priority(&w->thread->sched));
	return priority;
}

static void lend(struct thread *owner)
{
	for (int n = 0; owner && n < CHAIN_MAX; n++) {
		int priority = lent_to(owner);

		if (priority == owner->sched.boost)
			return;
		sched_set_boost(owner, priority);
		owner = owner->pi_waits ? owner->pi_waits->owner : NULL;
	}
}

void futex_priority_changed(struct thread *t)
{
	ASSERT_HELD(&task_lock);
	if (t->pi_waits)
		lend(t->pi_waits->owner);
}

/* Would `t` wait for itself? */
static bool deadlocks(const struct thread *t, const struct thread *owner)
{
	for (int n = 0; owner && n < CHAIN_MAX; n++) {
		if (owner == t)
			return true;
		owner = owner->pi_waits ? owner->pi_waits->owner : NULL;
	}
	return owner;
}

static void set_owner(struct futex_sleeper *w, struct thread *owner)
{
	if (w->owner)
		list_remove(&w->owner_link);
	w->owner = owner;
	if (owner)
		list_append(&owner->pi_sleepers, &w->owner_link);
}

/* --- who waits for a key (task_lock, the bucket's lock) --- */

static struct futex_sleeper *first_with(const struct futex_key *key)
{
	struct futex_sleeper *w;

	list_for_each (w, &futex_bucket_of(key)->sleepers, link)
		if (futex_same_key(&w->key, key))
			return w;
	return NULL;
}

/* The first of the most urgent. */
static struct futex_sleeper *most_urgent(const struct futex_key *key)
{
	struct futex_sleeper *w, *best = NULL;

	list_for_each (w, &futex_bucket_of(key)->sleepers, link) {
		if (!futex_same_key(&w->key, key))
			continue;
		if (!best ||
		    sched_rt_priority(&w->thread->sched) > sched_rt_priority(&best->thread->sched))
			best = w;
	}
	return best;
}

/* The others that wait for the lock wait for its new owner. */
static void follow_owner(const struct futex_key *key, struct thread *owner)
{
	struct futex_sleeper *w;

	list_for_each (w, &futex_bucket_of(key)->sleepers, link)
		if (futex_same_key(&w->key, key) && w->pi)
			set_owner(w, owner);
}

static void finish(struct futex_sleeper *w, int outcome)
{
	w->outcome = outcome;
	__atomic_store_n(&w->woken, true, __ATOMIC_RELEASE);
	sched_wake(w->thread, WAKE_ANY_SLEEP);
}

/* `w` has the lock. */
static void grant(struct futex_sleeper *w)
{
	struct thread *old = w->owner;

	set_owner(w, NULL);
	list_remove(&w->link);
	w->thread->pi_waits = NULL;
	follow_owner(&w->key, w->thread);
	if (old)
		lend(old);
	lend(w->thread);
	finish(w, PI_GRANTED);
}

static void give_up(struct futex_sleeper *w)
{
	struct thread *owner = w->owner;

	set_owner(w, NULL);
	list_remove(&w->link);
	w->thread->pi_waits = NULL;
	if (owner)
		lend(owner);
}

/* --- taking (task_lock, the bucket's lock) --- */

static int exchange(uaddr_t addr, uint32_t from, uint32_t to)
{
	uint32_t seen;

	if (arch_user_cmpxchg32_atomic(addr, from, to, &seen))
		return -EFAULT;
	return seen == from ? 0 : CHANGED;
}

/* The owner that those who wait for the key wait for; it must be what the word says. */
static int known_owner(const struct futex_sleeper *first, uint32_t word, struct thread **owner)
{
	uint32_t tid = word & TID_MASK;

	if (!first->pi)
		return -EINVAL;
	*owner = first->owner;
	if (word & OWNER_DIED) {
		if (!*owner)
			return tid ? -EINVAL : 0;
		if (!tid)
			return 0;
	}
	return *owner && tid == tid_of(*owner) ? 0 : -EINVAL;
}

/* The first who waits finds the owner by the word, and marks that. */
static int find_owner(uaddr_t addr, uint32_t word, struct thread **owner)
{
	struct thread *t = thread_find((int)(word & TID_MASK));

	uint32_t now;

	if (t && t->kernel)
		return -EPERM;
	if (!t || t->pi_over) { /* it may have given the lock back first */
		if (arch_copy_in_atomic(&now, addr, sizeof(now)))
			return -EFAULT;
		return now == word ? -ESRCH : CHANGED;
	}
	*owner = t;
	return word & WAITERS ? 0 : exchange(addr, word, word | WAITERS);
}

/* 1: `t` has the lock; 0: *owner has it; -EFAULT: fetch the page; CHANGED; or the error. */
static int try_lock(const struct futex_key *key, uaddr_t addr, struct thread *t, bool waiters,
    struct thread **owner)
{
	const struct futex_sleeper *first = first_with(key);
	uint32_t word;
	int err;

	if (arch_copy_in_atomic(&word, addr, sizeof(word)))
		return -EFAULT;
	if ((word & TID_MASK) == tid_of(t))
		return -EDEADLK;
	if (first)
		return known_owner(first, word, owner);
	if (word & TID_MASK)
		return find_owner(addr, word, owner);
	err = exchange(addr, word, (word & OWNER_DIED) | tid_of(t) | (waiters ? WAITERS : 0));
	return err ? err : 1;
}

/* Has `w`, which hangs in its bucket, wait for the lock of `owner`. -EDEADLK. */
static int wait_for_owner(struct futex_sleeper *w, struct thread *owner)
{
	if (deadlocks(w->thread, owner))
		return -EDEADLK;
	w->pi = true;
	set_owner(w, owner);
	w->thread->pi_waits = w;
	if (owner)
		lend(owner);
	return 0;
}

static int lock_once(struct futex_sleeper *w, uaddr_t addr, bool try)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct thread *owner = NULL;
	int result;

	spin_lock_noirq(&w->bucket->lock);
	result = try_lock(&w->key, addr, w->thread, false, &owner);
	if (!result && try)
		result = -EAGAIN;
	if (!result) {
		list_append(&w->bucket->sleepers, &w->link);
		result = wait_for_owner(w, owner);
		if (result)
			list_remove(&w->link);
	}
	spin_unlock_noirq(&w->bucket->lock);
	spin_unlock(&task_lock, flags);
	return result;
}

/* Fetches the page, for writing. */
static int fetch(uaddr_t addr)
{
	uint32_t word, seen;

	if (copy_in_obj(&word, addr))
		return -EFAULT;
	return arch_user_cmpxchg32(addr, word, word, &seen);
}

/* --- inheriting from the dead --- */

static int inherit_once(struct futex_sleeper *w, uaddr_t addr)
{
	irqflags_t flags = spin_lock(&task_lock);
	uint32_t word;
	int err;

	spin_lock_noirq(&w->bucket->lock);
	err = arch_copy_in_atomic(&word, addr, sizeof(word));
	if (!err)
		err = exchange(addr, word, OWNER_DIED | WAITERS | tid_of(w->thread));
	if (!err)
		grant(w);
	spin_unlock_noirq(&w->bucket->lock);
	spin_unlock(&task_lock, flags);
	return err;
}

/* (task_lock, the bucket's lock) */
static void wake_heir(const struct futex_key *key)
{
	struct futex_sleeper *heir = most_urgent(key);

	if (heir && heir->pi)
		finish(heir, PI_INHERITS);
}

/* The lock's owner has died: it is ours, once the word says so. */
static int inherit(struct futex_sleeper *w, uaddr_t addr)
{
	int err;

	do {
		err = inherit_once(w, addr);
		if (err == -EFAULT)
			err = fetch(addr) ? -EFAULT : CHANGED;
	} while (err == CHANGED);
	if (err) { /* without a word there is no lock to be had; another may have better luck */
		irqflags_t flags = spin_lock(&task_lock);

		spin_lock_noirq(&w->bucket->lock);
		give_up(w);
		wake_heir(&w->key);
		spin_unlock_noirq(&w->bucket->lock);
		spin_unlock(&task_lock, flags);
	}
	return err;
}

void futex_exit_pi(struct thread *t, bool over)
{
	irqflags_t flags = spin_lock(&task_lock);

	t->pi_over = over;
	while (!list_empty(&t->pi_sleepers)) {
		struct futex_sleeper *w = list_first(
		    &t->pi_sleepers, struct futex_sleeper, owner_link);

		spin_lock_noirq(&w->bucket->lock);
		follow_owner(&w->key, NULL);
		wake_heir(&w->key);
		spin_unlock_noirq(&w->bucket->lock);
	}
	if (t->sched.boost)
		sched_set_boost(t, 0);
	spin_unlock(&task_lock, flags);
}

/* --- the operations --- */

/* After the sleep: *moved tells whether it was for the lock that it waited at the end. */
static int settle(struct futex_sleeper *w, uaddr_t addr, int result, bool *moved)
{
	irqflags_t flags = spin_lock(&task_lock);
	int outcome = w->outcome;

	*moved = w->pi;
	if (outcome == PI_WAITS) {
		spin_lock_noirq(&w->bucket->lock);
		if (w->pi)
			give_up(w);
		else
			list_remove(&w->link);
		spin_unlock_noirq(&w->bucket->lock);
	}
	spin_unlock(&task_lock, flags);
	if (outcome == PI_GRANTED)
		return 0;
	return outcome == PI_INHERITS ? inherit(w, addr) : result;
}

int futex_lock_pi(const struct futex_key *key, uaddr_t addr, ns_t deadline, bool wall, bool try)
{
	struct futex_sleeper w = {.key = *key,
	    .bucket = futex_bucket_of(key),
	    .bits = FUTEX_ANY,
	    .thread = arch_current()};
	bool moved;
	int result;

	do {
		result = lock_once(&w, addr, try);
		if (result == -EFAULT)
			result = fetch(addr) ? -EFAULT : CHANGED;
		if (result == CHANGED && signal_pending(current))
			return -ERESTARTNOINTR;
	} while (result == CHANGED);
	if (result)
		return result > 0 ? 0 : result;
	sched_point("futex.lock_pi", &w);
	result = settle(&w, addr, futex_wait_for(&w.woken, deadline, wall), &moved);
	return result == -EINTR ? -ERESTARTNOINTR : result;
}

/* (task_lock, the bucket's lock) */
static int hand_over(const struct futex_key *key, uaddr_t addr, uint32_t word)
{
	struct futex_sleeper *next = most_urgent(key);
	int err;

	if (!next)
		return exchange(addr, word, 0);
	if (!next->pi || next->owner != current)
		return -EINVAL;
	err = exchange(addr, word, WAITERS | tid_of(next->thread));
	if (!err)
		grant(next);
	return err;
}

int futex_unlock_pi(const struct futex_key *key, uaddr_t addr)
{
	struct futex_bucket *b = futex_bucket_of(key);
	int err;

	do {
		irqflags_t flags;
		uint32_t word;

		if (copy_in_obj(&word, addr))
			return -EFAULT;
		if ((word & TID_MASK) != tid_of(current))
			return -EPERM;
		flags = spin_lock(&task_lock);
		spin_lock_noirq(&b->lock);
		err = hand_over(key, addr, word);
		spin_unlock_noirq(&b->lock);
		spin_unlock(&task_lock, flags);
		if (err == -EFAULT)
			err = fetch(addr) ? -EFAULT : CHANGED;
	} while (err == CHANGED);
	return err;
}

int futex_wait_requeue_pi(const struct futex_key *key, uaddr_t addr, uint32_t value, uint32_t bits,
    ns_t deadline, bool wall, const struct futex_key *to, uaddr_t lock)
{
	struct futex_sleeper w = {.key = *key,
	    .bucket = futex_bucket_of(key),
	    .bits = bits,
	    .thread = arch_current(),
	    .requeues = to};
	bool moved;
	int result;

	if (futex_same_key(key, to))
		return -EINVAL;
	result = futex_join(&w, addr, value);
	if (result)
		return result;
	sched_point("futex.wait_requeue_pi", &w);
	result = settle(&w, lock, futex_wait_for(&w.woken, deadline, wall), &moved);
	if (result == -EINTR) /* the caller has to look at its condition again */
		return moved ? -EAGAIN : -ERESTARTNOINTR;
	return result;
}

/* Moves one waiter; with an owner it waits, without it has the lock. (task_lock, both locks) */
static int move_one(struct futex_sleeper *w, const struct futex_key *to, uaddr_t lock, bool more,
    struct thread **owner)
{
	int result = *owner ? 0 : try_lock(to, lock, w->thread, more, owner);

	if (result < 0)
		return result;
	if (!result && deadlocks(w->thread, *owner))
		return -EDEADLK;
	list_remove(&w->link);
	w->key = *to;
	__atomic_store_n(&w->bucket, futex_bucket_of(to), __ATOMIC_RELEASE);
	list_append(&w->bucket->sleepers, &w->link);
	w->pi = true;
	if (!result)
		return wait_for_owner(w, *owner);
	*owner = w->thread;
	grant(w);
	return 0;
}

/* (task_lock, both locks) */
static int move_all(const struct futex_key *from, const struct futex_key *to, uaddr_t lock, int n)
{
	struct thread *owner = NULL;
	struct futex_sleeper *w;
	int count = 0;

	/* One gets the lock, or what was asked for at most waits for it. */
	while (count <= n && (w = most_urgent(from))) {
		int err = !w->requeues || !futex_same_key(w->requeues, to)
			      ? -EINVAL
			      : move_one(w, to, lock, n > 0, &owner);

		if (err)
			return err;
		count++;
	}
	return count;
}

int futex_requeue_pi(const struct futex_key *from, uaddr_t addr, uint32_t expect,
    const struct futex_key *to, uaddr_t lock, int n)
{
	struct futex_bucket *a = futex_bucket_of(from), *b = futex_bucket_of(to);
	int result;

	if (futex_same_key(from, to))
		return -EINVAL;
	do {
		irqflags_t flags = spin_lock(&task_lock), inner = futex_lock_both(a, b);
		uint32_t word;

		result = arch_copy_in_atomic(&word, addr, sizeof(word)) ? -EFAULT
			 : word != expect                               ? -EAGAIN
					  : move_all(from, to, lock, n);
		futex_unlock_both(a, b, inner);
		spin_unlock(&task_lock, flags);
		if (result == -EFAULT && !copy_in_obj(&word, addr))
			result = fetch(lock) ? -EFAULT : CHANGED;
	} while (result == CHANGED);
	return result;
}
