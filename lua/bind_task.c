/* Snapshots of tasks: what the bindings know of a process, copied out under task_lock. */
#include "mm/space.h"
#include "modules.h"

struct process *task_find(const struct task_handle *h)
{
	ASSERT_HELD(&task_lock);
	struct process *p = h->pid > 0 ? process_find(h->pid) : NULL;
	return p && p->start_time == h->start ? p : NULL;
}

static int pid_number(const struct pid *p)
{
	return p ? p->nr : 0;
}

static int count_children(struct process *p)
{
	struct process *c;
	int n = 0;

	list_for_each (c, &p->children, sibling_link)
		n++;
	return n;
}

static void fill(struct process *p, struct task_info *out)
{
	struct thread *t = p->leader;

	*out = (struct task_info){
	    .pid = pid_number(p->pid),
	    .ppid = p->parent ? pid_number(p->parent->pid) : 0,
	    .pgid = pid_number(p->pgrp),
	    .sid = pid_number(p->session),
	    .thread_count = p->thread_count,
	    .child_count = count_children(p),
	    .state = p->phase == ZOMBIE ? 'Z' : '?',
	    .start = p->start_time,
	};
	process_times(p, &out->usage);
	if (!t)
		return;
	if (p->phase != ZOMBIE)
		out->state = thread_state_letter(t);
	memcpy(out->comm, t->comm, sizeof(out->comm));
	out->comm[sizeof(out->comm) - 1] = 0;
	out->kernel = t->kernel;
	out->cpu = t->sched.cpu;
	out->wait_reason = t->sched.wait_reason;
	if (t->cred) {
		out->uid = t->cred->uid;
		out->gid = t->cred->gid;
	}
}

int task_snapshot(const struct task_handle *h, struct task_info *out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p)
		fill(p, out);
	spin_unlock(&task_lock, flags);
	return p ? 0 : -ESRCH;
}

/* Fills up to `room` entries; returns how many processes there are that `want` takes. */
static unsigned list_into(struct task_info *list, unsigned room, task_filter want, const void *ctx)
{
	struct process *p;
	unsigned n = 0;

	irqflags_t flags = spin_lock(&task_lock);
	list_for_each (p, &all_processes, all_link) {
		if (want && !want(p, ctx))
			continue;
		if (n < room)
			fill(p, &list[n]);
		n++;
	}
	spin_unlock(&task_lock, flags);
	return n;
}

struct task_info *task_list(lua_State *L, unsigned *count, task_filter want, const void *ctx)
{
	unsigned room = 32;

	for (;;) {
		struct task_info *list = lua_newuserdatauv(L, room * sizeof(*list), 0);
		unsigned n = list_into(list, room, want, ctx);
		if (n <= room) {
			*count = n;
			return list;
		}
		lua_pop(L, 1);
		room = n + 16;
	}
}

int task_pin(const struct task_handle *h, struct pid **out)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p) {
		*out = p->pid;
		pid_get(p->pid);
	}
	spin_unlock(&task_lock, flags);
	return p ? 0 : -ESRCH;
}

int task_space(const struct task_handle *h, struct space **out)
{
	struct thread *t;
	int err = -ESRCH;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p) {
		list_for_each (t, &p->threads, process_link) {
			if (t->kernel)
				err = -EINVAL;
			if (!t->space)
				continue;
			space_get(t->space);
			*out = t->space;
			err = 0;
			break;
		}
	}
	spin_unlock(&task_lock, flags);
	return err;
}

int task_thread(const struct task_handle *h, int tid, struct thread **out)
{
	struct thread *t, *found = NULL;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = task_find(h);
	if (p) {
		list_for_each (t, &p->threads, process_link) {
			if (tid ? pid_number(t->tid) == tid : t == p->leader) {
				thread_get(t);
				found = t;
				break;
			}
		}
	}
	spin_unlock(&task_lock, flags);
	*out = found;
	return found ? 0 : -ESRCH;
}

struct task_handle check_task(lua_State *L, int arg)
{
	struct task_handle *given = test_process(L, arg);
	struct task_handle h;

	if (given)
		return *given;
	lua_Integer pid = luaL_checkinteger(L, arg);
	h.pid = pid > 0 && pid <= INT32_MAX ? (int)pid : -1;
	h.start = -1;
	if (h.pid < 0)
		return h;
	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = process_find(h.pid);
	if (p)
		h.start = p->start_time;
	spin_unlock(&task_lock, flags);
	return h;
}

int bind_check_pid(lua_State *L, int arg)
{
	struct task_handle *h = test_process(L, arg);

	if (h)
		return h->pid;
	lua_Integer pid = luaL_checkinteger(L, arg);
	luaL_argcheck(L, pid >= INT32_MIN && pid <= INT32_MAX, arg, "pid out of range");
	return (int)pid;
}

void push_usage(lua_State *L, const struct rusage_ns *u)
{
	lua_createtable(L, 0, 7);
	bind_set_number(L, "utime", (double)u->user / 1e9);
	bind_set_number(L, "stime", (double)u->system / 1e9);
	bind_set_int(L, "maxrss", (int64_t)u->maxrss_kib);
	bind_set_int(L, "minflt", (int64_t)u->minflt);
	bind_set_int(L, "majflt", (int64_t)u->majflt);
	bind_set_int(L, "nvcsw", (int64_t)u->nvcsw);
	bind_set_int(L, "nivcsw", (int64_t)u->nivcsw);
}
