/* The rules of fault injection, and the sites that they met. */
#include "debug/fault.h"

#include "proc/process.h"

#ifdef PERILUNE_DEBUG

#define RULES 8
#define SITES 256

struct rule {
	int64_t id; /* 0: free */
	struct fault_spec spec;
	struct fault_status status;
};

/* Taken with other locks held, up to those of an allocator's callers. */
static struct spinlock fault_lock = SPINLOCK_INIT("fault", RANK_HEAP);
static struct rule rules[RULES];       /* (fault_lock) */
static struct fault_site sites[SITES]; /* (fault_lock) those with an address, from the first on */
static int64_t last_id;                /* (fault_lock) */
bool fault_armed;

static bool applies(const struct fault_spec *s, const struct thread *t, uintptr_t site)
{
	if (s->pid && (!t->process || t->process->pid->nr != s->pid))
		return false;
	if (s->tid && (!t->tid || t->tid->nr != s->tid))
		return false;
	if (s->call >= 0 && t->syscall_number != s->call)
		return false;
	return !s->site_to || (site >= s->site_from && site <= s->site_to);
}

/* The allocation is the seen-th that the rule met: does it fail? */
static bool due(const struct fault_spec *s, uint64_t seen)
{
	if (s->nth)
		return seen == s->nth;
	if (s->every)
		return seen > s->after && (seen - s->after) % s->every == 0;
	return s->after && seen > s->after;
}

static void note_site(uintptr_t addr, bool failed)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct fault_site *s = &sites[i];
		if (s->addr && s->addr != addr)
			continue;
		s->addr = addr;
		s->seen++;
		s->failed += failed;
		return;
	}
}

bool fault_should_fail(uintptr_t site)
{
	bool met = false, fail = false;
	irqflags_t flags = spin_lock(&fault_lock);

	for (struct rule *r = rules; r < rules + RULES; r++) {
		if (!r->id || !applies(&r->spec, current, site))
			continue;
		met = true;
		r->status.seen++;
		if (!due(&r->spec, r->status.seen))
			continue;
		fail = true;
		r->status.failed++;
		r->status.site = site;
	}
	if (met)
		note_site(site, fail);
	spin_unlock(&fault_lock, flags);
	return fail;
}

static struct rule *find_rule(int64_t id)
{
	for (struct rule *r = rules; r < rules + RULES; r++) {
		if (r->id == id)
			return r;
	}
	return NULL;
}

int64_t fault_inject(const struct fault_spec *spec)
{
	irqflags_t flags = spin_lock(&fault_lock);
	struct rule *r = find_rule(0);
	int64_t id = r ? ++last_id : -ENOSPC;

	if (r) {
		*r = (struct rule){.id = id, .spec = *spec};
		__atomic_store_n(&fault_armed, true, __ATOMIC_RELAXED);
	}
	spin_unlock(&fault_lock, flags);
	return id;
}

int fault_status(int64_t id, struct fault_status *out)
{
	irqflags_t flags = spin_lock(&fault_lock);
	struct rule *r = find_rule(id);

	if (r)
		*out = r->status;
	spin_unlock(&fault_lock, flags);
	return r ? 0 : -ESRCH;
}

void fault_remove(int64_t id)
{
	bool left = false;
	irqflags_t flags = spin_lock(&fault_lock);
	struct rule *r = find_rule(id);

	if (r)
		r->id = 0;
	for (r = rules; r < rules + RULES; r++)
		left = left || r->id;
	__atomic_store_n(&fault_armed, left, __ATOMIC_RELAXED);
	spin_unlock(&fault_lock, flags);
}

void fault_clear(void)
{
	irqflags_t flags = spin_lock(&fault_lock);

	memset(rules, 0, sizeof(rules));
	memset(sites, 0, sizeof(sites));
	__atomic_store_n(&fault_armed, false, __ATOMIC_RELAXED);
	spin_unlock(&fault_lock, flags);
}

unsigned fault_sites(struct fault_site *out, unsigned max)
{
	unsigned n = 0;
	irqflags_t flags = spin_lock(&fault_lock);

	for (; n < MIN(max, (unsigned)SITES) && sites[n].addr; n++)
		out[n] = sites[n];
	spin_unlock(&fault_lock, flags);
	return n;
}

#endif
