/* Address spaces: making, forking, switching, ending. */
#include "arch/cpu.h"
#include "fs/vfs.h"
#include "mm/area.h"
#include "mm/heap.h"
#include "mm/page_internal.h"
#include "sched/cpu_here.h"

/* The space whose tables each CPU has loaded, pinned. (that CPU, interrupts off) */
static struct space *loaded[MAX_CPUS];

struct space *space_create(void)
{
	struct space *s = kzalloc(sizeof(*s));
	if (!s)
		return NULL;
	if (pages_low() || arch_pt_init(&s->arch) != 0) {
		kfree(s);
		return NULL;
	}
	ref_init(&s->refs);
	ref_init(&s->pins);
	mutex_init(&s->lock, "space");
	list_init(&s->areas);
	s->dumpable = DUMP_USER;
	return s;
}

void space_get(struct space *s)
{
	ref_get(&s->refs);
}

bool space_get_living(struct space *s)
{
	int32_t n = __atomic_load_n(&s->refs.n, __ATOMIC_RELAXED);
	while (n > 0) {
		if (__atomic_compare_exchange_n(
			&s->refs.n, &n, n + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* The last pin: no CPU has the tables loaded, and nobody can find the space. Any context. */
static void unpin(struct space *s)
{
	if (!ref_put(&s->pins))
		return;
	arch_pt_destroy(&s->arch);
	kfree(s);
}

void space_switch(struct space *s)
{
	/* Kernel threads run on whatever is loaded: they never look at the user half. */
	if (!s)
		return;
	irqflags_t flags = arch_irq_save();
	struct space **slot = &loaded[cpu_here()->id], *old = *slot;
	if (s != old) {
		ref_get(&s->pins);
		*slot = s;
		arch_pt_switch(&s->arch);
		if (old)
			unpin(old);
	}
	arch_irq_restore(flags);
}

/* Takes this CPU off the tables of `s`. */
static void leave(struct space *s)
{
	irqflags_t flags = arch_irq_save();
	struct space **slot = &loaded[cpu_here()->id];
	bool mine = *slot == s;
	if (mine) {
		*slot = NULL;
		arch_pt_switch(NULL);
	}
	arch_irq_restore(flags);
	if (mine)
		unpin(s);
}

/* Other CPUs may have the tables loaded under a kernel thread still: they leave them in
 * space_leave_dead. */
static void call_off_cpus(const struct space *s)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (__atomic_load_n(&loaded[i], __ATOMIC_RELAXED) == s)
			arch_ipi(i);
}

void space_leave_dead(void)
{
	struct space *s = loaded[cpu_here()->id];

	if (s && !__atomic_load_n(&s->refs.n, __ATOMIC_ACQUIRE))
		leave(s);
}

/* Nobody runs in the space or can look it up: truncations skip it, so its lock is not needed. */
void space_put(struct space *s)
{
	struct list dead = LIST_INIT(dead);
	if (!s || !ref_put(&s->refs))
		return;
	space_zap_dead(s);
	while (!list_empty(&s->areas)) {
		struct area *a = list_first(&s->areas, struct area, link);
		area_remove(s, a);
		list_append(&dead, &a->link);
	}
	areas_free(&dead);
	if (s->exe)
		file_put(s->exe);
	leave(s);
	call_off_cpus(s);
	unpin(s);
}

/* --- fork --- */

static void copy_fields(struct space *to, const struct space *from)
{
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->mmap_base = from->mmap_base;
	to->stack_top = from->stack_top;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	memcpy(to->auxv, from->auxv, sizeof(to->auxv));
	to->vdso = from->vdso;
	to->membarriers = from->membarriers;
	to->code_start = from->code_start;
	to->code_end = from->code_end;
	to->data_start = from->data_start;
	to->data_end = from->data_end;
	to->dumpable = from->dumpable;
	to->policy = space_policy_inherited(from);
	to->exe = from->exe;
	if (to->exe)
		file_get(to->exe);
}

static int fork_area(struct space *from, struct area *a, struct space *to, bool *changed)
{
	if (a->flags & AREA_DONTFORK)
		return 0;
	if ((a->flags & AREA_ACCOUNT) && !memory_may_commit(area_pages(a)))
		return -ENOMEM;
	struct area *copy = area_create(a);
	if (!copy)
		return -ENOMEM;
	copy->flags &= ~(AREA_LOCKED | AREA_LOCKONFAULT);
	area_insert(to, copy);
	if (!area_is_private(a) || (a->flags & AREA_WIPEONFORK))
		return 0;
	return area_copy_pages(from, a, to, changed);
}

static int fork_areas(struct space *from, struct space *to)
{
	bool changed = false;
	int err = 0;
	struct area *a;
	list_for_each (a, &from->areas, link) {
		err = fork_area(from, a, to, &changed);
		if (err)
			break;
	}
	/* The parent's other threads may not write any more what the child shares. */
	if (changed)
		arch_pt_flush(&from->arch, 0, ARCH_USER_TOP);
	return err;
}

struct space *space_fork(struct space *from)
{
	struct space *to = pages_scarce() ? NULL : space_create();
	if (!to)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&from->lock);
	mutex_lock(&to->lock); /* a truncation may find the child already */
	copy_fields(to, from);
	int err = fork_areas(from, to);
	mutex_unlock(&to->lock);
	mutex_unlock(&from->lock);
	if (!err)
		return to;
	space_put(to);
	return ERR_PTR(err);
}

/* --- memory pressure --- */

bool memory_reclaim(void)
{
	unsigned freed = heap_shrink();
	if (arch_irq_enabled())
		freed += kstack_shrink();
	freed += pages_drain_cache();
	return freed > 0;
}
