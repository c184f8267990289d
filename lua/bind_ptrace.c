/*
 * ptrace: the requests of ptrace(2), made by the shell's own task. A tracee is one thread, held by
 * a handle that lets go of it when it is closed or collected. What a user meets, breakpoints and
 * steps among it, is written on top of this in shell/tracee.lua. This file: who is traced, and how
 * it goes on; what a stopped one tells and can be told is in bind_ptrace_stopped.c.
 */
#include "bind_ptrace.h"
#include "abi/sched.h"
#include "ptrace/ptrace.h"
#include "sched/timer.h"

#define HANDLE_TYPE "tracee handle"
#define STOP_LIMIT  (NS_PER_S / 5) /* for one that is closed while it runs among breakpoints */

/* --- handles --- */

struct tracee *check_tracee(lua_State *L)
{
	struct tracee *h = luaL_checkudata(L, 1, HANDLE_TYPE);

	if (!h->tid)
		luaL_error(L, "the tracee was let go");
	return h;
}

/* Of the process that the thread is in; pid 0: there is no such thread. (task_lock) */
static struct task_handle process_of(const struct thread *t)
{
	struct task_handle h = {0};

	if (t) {
		h.pid = t->process->pid->nr;
		h.start = t->process->start_time;
	}
	return h;
}

/* Is the thread with the handle's id still the one that it was made for, and ours? (task_lock) */
static struct thread *thread_of(const struct tracee *h)
{
	struct thread *t = thread_find(h->tid);
	struct task_handle now = process_of(t);

	if (!t || !t->trace || t->trace->tracer != current)
		return NULL;
	return now.pid == h->process.pid && now.start == h->process.start ? t : NULL;
}

/* An empty handle. Raises when there is no memory. */
static struct tracee *push_handle(lua_State *L)
{
	struct tracee *h = lua_newuserdatauv(L, sizeof(*h), 0);

	*h = (struct tracee){0};
	luaL_setmetatable(L, HANDLE_TYPE);
	h->patches = patches_new();
	if (!h->patches)
		luaL_error(L, "not enough memory");
	return h;
}

static void set_thread(struct tracee *h, int tid)
{
	irqflags_t flags = spin_lock(&task_lock);

	h->process = process_of(thread_find(tid));
	h->tid = tid;
	spin_unlock(&task_lock, flags);
}

static uint64_t check_options_arg(lua_State *L, int arg)
{
	lua_Integer options = luaL_checkinteger(L, arg);

	luaL_argcheck(L, !(options & ~(lua_Integer)PTRACE_O_MASK), arg, "options expected");
	return (uint64_t)options;
}

/* ptrace.open(tid [, options]): SEIZE with options, ATTACH without */
static int ptrace_open(lua_State *L)
{
	int tid = bind_check_pid(L, 1), err;
	bool seize = !lua_isnoneornil(L, 2);
	uint64_t options = seize ? check_options_arg(L, 2) : 0;
	struct tracee *h = push_handle(L);

	bind_require(L, TIER_CONTROL);
	do {
		bind_check_interrupt(L);
		bind_absorb_signals();
		err = seize ? do_ptrace_seize(tid, options) : do_ptrace_attach(tid);
	} while (err == -ERESTARTNOINTR);
	if (err)
		return bind_fail(L, err);
	set_thread(h, tid);
	return 1;
}

/* Do the two have one address space? (task_lock) */
static bool same_space(const struct thread *a, const struct thread *b)
{
	return a && b && a->space == b->space;
}

/* ptrace.handle(tid [, maker]): of a thread that the shell traces already; `maker`, a handle: the
 * thread that made it, whose breakpoints are in its memory too. And whether that memory is shared.
 */
static int ptrace_handle(lua_State *L)
{
	int tid = bind_check_pid(L, 1);
	const struct tracee *maker = lua_isnoneornil(L, 2) ? NULL
							   : luaL_checkudata(L, 2, HANDLE_TYPE);
	struct tracee *h = push_handle(L);
	struct patches *theirs = maker ? maker->patches : NULL;

	bind_require(L, TIER_CONTROL);
	irqflags_t flags = spin_lock(&task_lock);
	const struct thread *t = thread_find(tid);
	bool ours = t && t->trace && t->trace->tracer == current;
	bool shared = theirs && same_space(t, thread_find(maker->tid));
	spin_unlock(&task_lock, flags);
	if (!ours)
		return bind_fail(L, ESRCH);
	if (theirs) {
		struct patches *p = shared ? theirs : patches_copy(theirs);
		if (!p)
			return bind_fail(L, ENOMEM);
		p->users += shared;
		patches_put(h->patches);
		h->patches = p;
	}
	set_thread(h, tid);
	lua_pushboolean(L, shared);
	return 2;
}

/* Lets go of its breakpoints; the last one to do so in an address space puts the old bytes back. */
static void drop_patches(struct tracee *h)
{
	struct space *s;

	if (h->patches && h->patches->users == 1 && h->patches->count &&
	    !task_space(&h->process, &s)) {
		patches_undo(h->patches, s);
		space_put(s);
	}
	patches_put(h->patches);
	h->patches = NULL;
}

/* Is it stopped for its tracer, us? */
static bool is_stopped(const struct tracee *h)
{
	uint64_t message;

	return !do_ptrace_event_message(h->tid, &message);
}

/* One that runs may meet a breakpoint just before that is gone: stops it first, if that can be done
 * in a short time. */
static void stop_among_patches(const struct tracee *h)
{
	ns_t deadline = time_now() + STOP_LIMIT;

	if (!h->patches || !h->patches->count || is_stopped(h) || do_ptrace_interrupt(h->tid))
		return;
	while (!is_stopped(h) && time_now() < deadline)
		sched_pause("tracee stops");
}

/* Has it stopped at one of our breakpoints? Then nobody else is to hear of that trap. */
static bool at_patch(const struct tracee *h)
{
	struct siginfo info;
	struct arch_frame f;

	if (!h->patches || do_ptrace_get_siginfo(h->tid, &info) || info.si_signo != SIGTRAP ||
	    do_ptrace_get_frame(h->tid, &f))
		return false;
	return info.si_code > 0 && patch_at(h->patches, arch_frame_pc(&f) - arch_breakpoint_skid);
}

static int handle_close(lua_State *L)
{
	struct tracee *h = luaL_checkudata(L, 1, HANDLE_TYPE);
	bool ours = false, trapped = false;

	if (h->tid) {
		irqflags_t flags = spin_lock(&task_lock);
		ours = thread_of(h);
		spin_unlock(&task_lock, flags);
	}
	if (ours) {
		stop_among_patches(h);
		trapped = at_patch(h);
	}
	drop_patches(h);
	if (ours && !(trapped && !do_ptrace_detach(h->tid, 0)))
		do_ptrace_release(h->tid);
	h->tid = 0;
	return 0;
}

/* H:ids(): tid, pid */
static int handle_ids(lua_State *L)
{
	const struct tracee *h = check_tracee(L);

	lua_pushinteger(L, h->tid);
	lua_pushinteger(L, h->process.pid);
	return 2;
}

/* --- waiting and going on --- */

/* H:wait([timeout]): as proc.wait */
static int handle_wait(lua_State *L)
{
	struct tracee *h = check_tracee(L);
	struct wait_request r = {.which = WAIT_PID, .options = WEXITED | WALL_};
	ns_t deadline = bind_opt_deadline(L, 2);
	struct pid **ref = new_pid_ref(L);
	struct wait_result result;
	int nr;

	if (hold_pid(h->tid, ref))
		return bind_fail(L, ESRCH);
	r.pid = *ref;
	nr = wait_for_child(L, &r, deadline, &result);
	release_pid(ref);
	if (nr > 0)
		return push_wait_result(L, &result);
	if (nr == -ETIMEDOUT)
		return bind_fail_text(L, ETIMEDOUT, "timed out");
	return bind_fail(L, nr == -ECHILD ? ESRCH : nr);
}

static int resume(lua_State *L, enum ptrace_resume how)
{
	struct tracee *h = check_tracee(L);
	int sig = lua_isnoneornil(L, 2) ? 0 : bind_check_signal(L, 2, 0);

	return bind_ok(L, do_ptrace_resume(h->tid, how, (uint64_t)sig));
}

static int handle_cont(lua_State *L)
{
	return resume(L, RESUME_CONT);
}

static int handle_syscall(lua_State *L)
{
	return resume(L, RESUME_SYSCALL);
}

static int handle_interrupt(lua_State *L)
{
	return bind_ok(L, do_ptrace_interrupt(check_tracee(L)->tid));
}

static int handle_listen(lua_State *L)
{
	return bind_ok(L, do_ptrace_listen(check_tracee(L)->tid));
}

static int handle_detach(lua_State *L)
{
	struct tracee *h = check_tracee(L);
	int sig = lua_isnoneornil(L, 2) ? 0 : bind_check_signal(L, 2, 0);

	if (!is_stopped(h))
		return bind_fail(L, ESRCH);
	drop_patches(h);
	do_ptrace_detach(h->tid, (uint64_t)sig); /* killed meanwhile: it is let go as well */
	do_ptrace_release(h->tid);
	h->tid = 0;
	lua_pushboolean(L, 1);
	return 1;
}

static int handle_options(lua_State *L)
{
	struct tracee *h = check_tracee(L);

	return bind_ok(L, do_ptrace_set_options(h->tid, check_options_arg(L, 2)));
}

static int handle_message(lua_State *L)
{
	uint64_t message = 0;
	int err = do_ptrace_event_message(check_tracee(L)->tid, &message);

	return bind_result(L, err ? err : (int64_t)message);
}

static const luaL_Reg methods[] = {
    {"wait", handle_wait},
    {"cont", handle_cont},
    {"syscall", handle_syscall},
    {"interrupt", handle_interrupt},
    {"listen", handle_listen},
    {"detach", handle_detach},
    {"options", handle_options},
    {"message", handle_message},
    {"ids", handle_ids},
    {"close", handle_close},
    {NULL, NULL},
};
static const luaL_Reg meta[] = {{"__gc", handle_close}, {"__close", handle_close}, {NULL, NULL}};
static const luaL_Reg functions[] = {
    {"open", ptrace_open}, {"handle", ptrace_handle}, {NULL, NULL}};

int luaopen_ptrace(lua_State *L)
{
	bind_new_type(L, HANDLE_TYPE, methods, meta);
	luaL_newlib(L, methods);
	luaL_setfuncs(L, tracee_stopped_methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	lua_pushlstring(L, (const char *)arch_breakpoint, arch_breakpoint_size);
	lua_setfield(L, -2, "breakpoint_code");
	bind_set_int(L, "breakpoint_skid", arch_breakpoint_skid);
	return 1;
}
