/* futex(2), and what becomes of robust futexes at a thread's end. */
#include "arch/uaccess.h"
#include "sched/futex.h"
#include "syscall/syscall.h"

enum futex_op {
	FUTEX_WAIT,
	FUTEX_WAKE,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE,
	FUTEX_WAKE_OP,
	FUTEX_LOCK_PI,
	FUTEX_UNLOCK_PI,
	FUTEX_TRYLOCK_PI,
	FUTEX_WAIT_BITSET,
	FUTEX_WAKE_BITSET,
	FUTEX_WAIT_REQUEUE_PI,
	FUTEX_CMP_REQUEUE_PI,
	FUTEX_LOCK_PI2,
};
#define FUTEX_PRIVATE_FLAG   128u
#define FUTEX_CLOCK_REALTIME 256u

/* The word of a robust futex */
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu
#define ROBUST_LIMIT     2048 /* entries walked, so that a loop ends */

struct robust_head {
	uint64_t next;
	int64_t futex_offset; /* from an entry to its word */
	uint64_t pending;     /* being taken or freed at this moment */
};

/* --- waiting --- */

static int64_t wait_again(struct restart *r);

/* args: address, value, bits, flags (FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME) */
static int64_t wait(uaddr_t addr, uint32_t value, uint32_t bits, unsigned flags, ns_t deadline)
{
	struct futex_key key;
	if (!bits)
		return -EINVAL;
	int result = futex_key_get(addr, flags & FUTEX_PRIVATE_FLAG, &key);
	if (!result)
		result = futex_sleep(
		    &key, addr, value, bits, deadline, flags & FUTEX_CLOCK_REALTIME);
	if (result != -EINTR)
		return result;
	if (deadline == NS_NEVER)
		return -ERESTARTSYS;
	current->restart = (struct restart){
	    .fn = wait_again,
	    .deadline = deadline,
	    .args = {addr, value, bits, flags},
	};
	return -ERESTART_RESTARTBLOCK;
}

static int64_t wait_again(struct restart *r)
{
	return wait(r->args[0], (uint32_t)r->args[1], (uint32_t)r->args[2], (unsigned)r->args[3],
	    r->deadline);
}

/* FUTEX_WAIT's timeout is a span, FUTEX_WAIT_BITSET's a point in time. */
static int read_deadline(unsigned op, uaddr_t from, ns_t *deadline)
{
	struct linux_timespec ts;
	*deadline = NS_NEVER;
	if (!from)
		return 0;
	if (copy_in_obj(&ts, from))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = op == FUTEX_WAIT ? timespec_deadline(&ts) : timespec_ns(&ts);
	return 0;
}

/* --- waking --- */

static int64_t wake(uaddr_t addr, int n, uint32_t bits, bool is_private)
{
	struct futex_key key;
	if (!bits)
		return -EINVAL;
	int err = futex_key_get(addr, is_private, &key);
	return err ? err : futex_wake_key(&key, n, bits);
}

static int64_t requeue(const uint64_t a[6], bool is_private, bool compare)
{
	struct futex_key from, to;
	int n_wake = (int)a[2], n_move = (int)a[3];
	uint32_t expect = (uint32_t)a[5];
	if (n_wake < 0 || n_move < 0)
		return -EINVAL;
	int err = futex_key_get(a[0], is_private, &from);
	if (!err)
		err = futex_key_get(a[4], is_private, &to);
	return err ? err
		   : futex_requeue(&from, &to, n_wake, n_move, a[0], compare ? &expect : NULL);
}

/* FUTEX_WAKE_OP's arithmetic, from its encoded description. */
struct wake_op {
	unsigned op, cmp;
	int32_t operand, compare_to;
};

static int32_t sign_extend_12(uint32_t v)
{
	return (int32_t)(v << 20) >> 20;
}

static int decode_wake_op(uint32_t code, struct wake_op *w)
{
	*w = (struct wake_op){
	    .op = code >> 28 & 7,
	    .cmp = code >> 24 & 15,
	    .operand = sign_extend_12(code >> 12 & 0xfff),
	    .compare_to = sign_extend_12(code & 0xfff),
	};
	if (code >> 31) /* FUTEX_OP_ARG_SHIFT */
		w->operand = (int32_t)(1u << (w->operand & 31));
	return w->op > 4 || w->cmp > 5 ? -ENOSYS : 0;
}

static uint32_t apply(const struct wake_op *w, uint32_t old)
{
	uint32_t operand = (uint32_t)w->operand;
	switch (w->op) {
	case 0: /* FUTEX_OP_SET */
		return operand;
	case 1: /* ADD */
		return old + operand;
	case 2: /* OR */
		return old | operand;
	case 3: /* ANDN */
		return old & ~operand;
	default: /* XOR */
		return old ^ operand;
	}
}

static bool holds(const struct wake_op *w, int32_t old)
{
	switch (w->cmp) {
	case 0:
		return old == w->compare_to;
	case 1:
		return old != w->compare_to;
	case 2:
		return old < w->compare_to;
	case 3:
		return old <= w->compare_to;
	case 4:
		return old > w->compare_to;
	default:
		return old >= w->compare_to;
	}
}

/* Changes the user's word in one step; *old gets what it was. */
static int change_word(const struct wake_op *w, uaddr_t addr, uint32_t *old)
{
	uint32_t expect;
	if (copy_in_obj(&expect, addr))
		return -EFAULT;
	for (;;) {
		if (arch_user_cmpxchg32(addr, expect, apply(w, expect), old))
			return -EFAULT;
		if (*old == expect)
			return 0;
		expect = *old;
	}
}

static int64_t wake_op(const uint64_t a[6], bool is_private)
{
	struct futex_key first, second;
	struct wake_op w;
	uint32_t old;
	int err = futex_key_get(a[0], is_private, &first);
	if (!err)
		err = futex_key_get(a[4], is_private, &second);
	if (!err)
		err = decode_wake_op((uint32_t)a[5], &w);
	if (!err)
		err = change_word(&w, a[4], &old);
	if (err)
		return err;
	int count = futex_wake_key(&first, (int)a[2], FUTEX_ANY);
	if (holds(&w, (int32_t)old))
		count += futex_wake_key(&second, (int)a[3], FUTEX_ANY);
	return count;
}

/* --- priority inheritance --- */

static int64_t lock_pi(const uint64_t a[6], unsigned flags, ns_t deadline, bool try)
{
	struct futex_key key;
	int err = futex_key_get(a[0], flags & FUTEX_PRIVATE_FLAG, &key);
	return err ? err : futex_lock_pi(&key, a[0], deadline, flags & FUTEX_CLOCK_REALTIME, try);
}

static int64_t unlock_pi(const uint64_t a[6], unsigned flags)
{
	struct futex_key key;
	uint32_t word;
	if (copy_in_obj(&word, a[0]))
		return -EFAULT;
	if ((word & FUTEX_TID_MASK) != (uint32_t)current->tid->nr)
		return -EPERM;
	int err = futex_key_get(a[0], flags & FUTEX_PRIVATE_FLAG, &key);
	return err ? err : futex_unlock_pi(&key, a[0]);
}

static int64_t wait_requeue_pi(const uint64_t a[6], unsigned flags, ns_t deadline)
{
	struct futex_key key, lock;
	if (a[0] == a[4])
		return -EINVAL;
	int err = futex_key_get(a[0], flags & FUTEX_PRIVATE_FLAG, &key);
	if (!err)
		err = futex_key_get(a[4], flags & FUTEX_PRIVATE_FLAG, &lock);
	return err ? err
		   : futex_wait_requeue_pi(&key, a[0], (uint32_t)a[2], FUTEX_ANY, deadline,
			 flags & FUTEX_CLOCK_REALTIME, &lock, a[4]);
}

static int64_t requeue_pi(const uint64_t a[6], unsigned flags)
{
	struct futex_key from, to;
	int n_wake = (int)a[2], n_move = (int)a[3];
	if (a[0] == a[4] || n_wake != 1 || n_move < 0)
		return -EINVAL;
	int err = futex_key_get(a[0], flags & FUTEX_PRIVATE_FLAG, &from);
	if (!err)
		err = futex_key_get(a[4], flags & FUTEX_PRIVATE_FLAG, &to);
	return err ? err : futex_requeue_pi(&from, a[0], (uint32_t)a[5], &to, a[4], n_move);
}

static bool has_timeout(unsigned op)
{
	return op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET || op == FUTEX_LOCK_PI ||
	       op == FUTEX_LOCK_PI2 || op == FUTEX_WAIT_REQUEUE_PI;
}

static bool has_clock(unsigned op)
{
	return op == FUTEX_WAIT_BITSET || op == FUTEX_LOCK_PI2 || op == FUTEX_WAIT_REQUEUE_PI;
}

/* a: address, operation, value, timeout or second value, second address, third value */
SYSCALL(futex)
{
	unsigned flags = (unsigned)a[1] & (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	unsigned op = (unsigned)a[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool is_private = flags & FUTEX_PRIVATE_FLAG;
	uint32_t value = (uint32_t)a[2];
	ns_t deadline = NS_NEVER;
	if (has_timeout(op)) {
		int err = read_deadline(op, a[3], &deadline);
		if (err)
			return err;
	}
	if (flags & FUTEX_CLOCK_REALTIME && !has_clock(op))
		return -ENOSYS;
	switch (op) {
	case FUTEX_WAIT:
		return wait(a[0], value, FUTEX_ANY, flags, deadline);
	case FUTEX_WAIT_BITSET:
		return wait(a[0], value, (uint32_t)a[5], flags, deadline);
	case FUTEX_WAKE:
		return wake(a[0], (int)value, FUTEX_ANY, is_private);
	case FUTEX_WAKE_BITSET:
		return wake(a[0], (int)value, (uint32_t)a[5], is_private);
	case FUTEX_REQUEUE:
		return requeue(a, is_private, false);
	case FUTEX_CMP_REQUEUE:
		return requeue(a, is_private, true);
	case FUTEX_WAKE_OP:
		return wake_op(a, is_private);
	case FUTEX_LOCK_PI: /* its timeout is by the wall clock */
		return lock_pi(a, flags | FUTEX_CLOCK_REALTIME, deadline, false);
	case FUTEX_LOCK_PI2:
		return lock_pi(a, flags, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return lock_pi(a, flags, NS_NEVER, true);
	case FUTEX_UNLOCK_PI:
		return unlock_pi(a, flags);
	case FUTEX_WAIT_REQUEUE_PI:
		return wait_requeue_pi(a, flags, deadline);
	case FUTEX_CMP_REQUEUE_PI:
		return requeue_pi(a, flags);
	}
	return -ENOSYS;
}

/* --- robust lists --- */

/* The word at `addr`, if `t` holds it, becomes ownerless. -EFAULT ends the walk. */
static int orphan(const struct thread *t, uaddr_t addr, bool inherits, bool pending)
{
	uint32_t word, seen;
	if (addr % sizeof(word) || copy_in_obj(&word, addr))
		return -EFAULT;
	for (;;) {
		/* Freed, but its waiter not woken yet. */
		if (pending && !inherits && !word) {
			futex_wake(t->space, addr, 1);
			return 0;
		}
		if ((word & FUTEX_TID_MASK) != (uint32_t)t->tid->nr)
			return 0;
		if (arch_user_cmpxchg32(
			addr, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return -EFAULT;
		if (seen == word)
			break;
		word = seen;
	}
	if (!inherits && word & FUTEX_WAITERS)
		futex_wake(t->space, addr, 1);
	return 0;
}

void futex_exit_robust(struct thread *t)
{
	uaddr_t list = t->robust_list;
	struct robust_head head;
	t->robust_list = 0;
	if (!list || !t->space || copy_in_obj(&head, list))
		return;
	/* The lowest bit of a link marks a futex with priority inheritance. */
	uint64_t entry = head.next, next;
	uaddr_t pending = head.pending & ~1UL;
	for (unsigned n = 0; (entry & ~1UL) != list && n < ROBUST_LIMIT; n++, entry = next) {
		uaddr_t at = entry & ~1UL;
		/* The link is read first: the word's next owner may free it. */
		int fault = copy_in_obj(&next, at);
		if (at != pending && orphan(t, at + (uint64_t)head.futex_offset, entry & 1, false))
			return;
		if (fault)
			return;
	}
	if (pending)
		orphan(t, pending + (uint64_t)head.futex_offset, head.pending & 1, true);
}
