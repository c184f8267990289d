/* pselect6 (select(2)): poll with bit sets. */
#include "fs/poll.h"

#include "fs/internal.h"
#include "syscall/syscall.h"

#define READ_EVENTS   (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define WRITE_EVENTS  (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EXCEPT_EVENTS POLLPRI

enum { READ, WRITE, EXCEPT, SETS };
static const unsigned set_events[SETS] = {READ_EVENTS, WRITE_EVENTS, EXCEPT_EVENTS};

struct selection {
	unsigned n, words;
	uint64_t *in[SETS], *out[SETS]; /* of `words` each, in one allocation */
};

static bool bit(const uint64_t *set, unsigned fd)
{
	return set[fd / 64] >> (fd % 64) & 1;
}

static void set_bit(uint64_t *set, unsigned fd)
{
	set[fd / 64] |= 1ULL << (fd % 64);
}

static unsigned wanted(const struct selection *sel, unsigned fd)
{
	unsigned events = 0;

	for (unsigned k = 0; k < SETS; k++)
		if (bit(sel->in[k], fd))
			events |= set_events[k];
	return events;
}

/* Asks every file once: how many bits are set, or -EBADF. */
static int64_t select_scan(struct poll_set *s, void *what, bool listen)
{
	struct selection *sel = what;
	int64_t count = 0;

	for (unsigned k = 0; k < SETS; k++)
		memset(sel->out[k], 0, sel->words * 8);
	for (unsigned fd = 0; fd < sel->n; fd++) {
		unsigned events = wanted(sel, fd), got;
		struct file *f;

		if (!events)
			continue;
		f = fd_get((int)fd);
		if (!f)
			return -EBADF;
		got = poll_set_ask(s, f, events, listen && !count);
		file_put(f);
		for (unsigned k = 0; k < SETS; k++) {
			if (!bit(sel->in[k], fd) || !(got & set_events[k]))
				continue;
			set_bit(sel->out[k], fd);
			count++;
		}
	}
	return count;
}

static int64_t do_select(int n, const uaddr_t sets[SETS], ns_t deadline)
{
	struct selection sel;
	uint64_t *bits;
	int64_t result = 0;

	if (n < 0)
		return -EINVAL;
	sel.n = current->files ? MIN((unsigned)n, current->files->size) : 0;
	sel.words = (sel.n + 63) / 64;
	bits = kzalloc(MAX(sel.words, 1u) * 8 * SETS * 2);
	if (!bits)
		return -ENOMEM;
	for (unsigned k = 0; k < SETS; k++) {
		sel.in[k] = bits + k * sel.words;
		sel.out[k] = bits + (SETS + k) * sel.words;
		if (sets[k] && arch_copy_in(sel.in[k], sets[k], sel.words * 8))
			result = -EFAULT;
	}
	if (!result)
		result = poll_set_wait(select_scan, &sel, deadline, "select");
	for (unsigned k = 0; k < SETS && result >= 0; k++)
		if (sets[k] && arch_copy_out(sets[k], sel.out[k], sel.words * 8))
			result = -EFAULT;
	kfree(bits);
	return result;
}

SYSCALL(pselect6)
{
	const uaddr_t sets[SETS] = {a[1], a[2], a[3]};
	struct {
		uint64_t mask, size;
	} sig = {0, 0};
	sigset_t mask;
	ns_t deadline;
	bool masked;
	int err = a[5] ? copy_in_obj(&sig, a[5]) : 0;

	if (!err)
		err = poll_timeout(a[4], &deadline);
	if (!err)
		err = user_sigmask(sig.mask, sig.size, &masked, &mask);
	if (err)
		return err;
	if (masked)
		signal_set_temporary_mask(mask);
	return poll_finish(do_select((int)a[0], sets, deadline), a[4], deadline);
}
