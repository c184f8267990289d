/* proc.wait, P:wait: children's ends, stops and continues, by the kernel's own do_wait (wait(2)).
 */
#include "abi/sched.h"
#include "modules.h"
#include "sched/timer.h"

int wait_for_child(lua_State *L, struct wait_request *r, ns_t deadline, struct wait_result *out)
{
	for (;;) {
		bind_check_interrupt(L);
		r->deadline = bind_slice(L, deadline);
		int result = do_wait(r, out);
		if (result == -ETIMEDOUT && time_now() < deadline)
			continue;
		if (result != -ERESTARTSYS && result != -EINTR)
			return result;
	}
}

static const char *kind_name(int code)
{
	switch (code) {
	case CLD_EXITED:
		return "exited";
	case CLD_KILLED:
		return "killed";
	case CLD_DUMPED:
		return "dumped";
	case CLD_TRAPPED:
		return "trapped";
	case CLD_STOPPED:
		return "stopped";
	case CLD_CONTINUED:
		return "continued";
	}
	return "unknown";
}

int push_wait_result(lua_State *L, const struct wait_result *r)
{
	lua_createtable(L, 0, 8);
	bind_set_int(L, "pid", r->pid);
	bind_set_string(L, "kind", kind_name(r->code));
	bind_set_int(L, "raw", r->status);
	if (r->code == CLD_EXITED) {
		bind_set_int(L, "status", r->signal_or_code);
	} else {
		bind_set_int(L, "signal", r->signal_or_code & 0x7f);
		push_signal_name(L, r->signal_or_code & 0x7f);
		lua_setfield(L, -2, "signame");
	}
	if (r->code == CLD_TRAPPED && r->status >> 16)
		bind_set_int(L, "event", r->status >> 16);
	bind_set_int(L, "uid", r->uid);
	push_usage(L, &r->rusage);
	lua_setfield(L, -2, "rusage");
	bind_set_view(L, "wait");
	return 1;
}

static bool option(lua_State *L, int t, const char *field)
{
	if (!t)
		return false;
	lua_getfield(L, t, field);
	bool on = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return on;
}

static void check_option_names(lua_State *L, int t)
{
	static const char *const known[] = {
	    "nohang", "untraced", "continued", "nowait", "timeout", NULL};

	luaL_checktype(L, t, LUA_TTABLE);
	lua_pushnil(L);
	while (lua_next(L, t)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		unsigned i = 0;
		while (known[i] && strcmp(known[i], key))
			i++;
		if (!known[i])
			luaL_error(L,
			    "unknown option '%s' (nohang, untraced, continued, nowait, timeout)",
			    key);
		lua_pop(L, 1);
	}
}

/* Waits as `r` names the children and as the options in table `t` (0: none) say. */
static int wait_with_options(lua_State *L, struct wait_request *r, int t)
{
	struct wait_result result;
	ns_t deadline = t ? bind_field_deadline(L, t, "timeout") : NS_NEVER;

	r->options = WEXITED;
	if (option(L, t, "nohang"))
		r->options |= WNOHANG;
	if (option(L, t, "untraced"))
		r->options |= WUNTRACED;
	if (option(L, t, "continued"))
		r->options |= WCONTINUED;
	if (option(L, t, "nowait"))
		r->options |= WNOWAIT;
	int pid = wait_for_child(L, r, deadline, &result);
	if (pid > 0)
		return push_wait_result(L, &result);
	if (pid == 0)
		return bind_fail_text(L, EAGAIN, "no change yet");
	if (pid == -ETIMEDOUT)
		return bind_fail_text(L, ETIMEDOUT, "timed out");
	return bind_fail(L, pid);
}

/* --- a reference on a struct pid that outlives errors: the collector releases it if nobody else
 * does --- */

#define PID_REF_TYPE "pid reference"

void release_pid(struct pid **ref)
{
	if (*ref)
		pid_put(*ref);
	*ref = NULL;
}

static int pid_ref_gc(lua_State *L)
{
	release_pid(luaL_checkudata(L, 1, PID_REF_TYPE));
	return 0;
}

struct pid **new_pid_ref(lua_State *L)
{
	struct pid **ref = lua_newuserdatauv(L, sizeof(*ref), 0);

	*ref = NULL;
	if (luaL_newmetatable(L, PID_REF_TYPE)) {
		lua_pushcfunction(L, pid_ref_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return ref;
}

int hold_pid(int nr, struct pid **ref)
{
	irqflags_t flags = spin_lock(&task_lock);
	struct pid *p = pid_find(nr);
	if (p)
		pid_get(p);
	spin_unlock(&task_lock, flags);
	*ref = p;
	return p ? 0 : -ESRCH;
}

static int wait_on_pid(lua_State *L, struct wait_request *r, int nr, int t)
{
	struct pid **ref = new_pid_ref(L);

	if (hold_pid(nr, ref))
		return bind_fail(L, ECHILD);
	r->pid = *ref;
	int n = wait_with_options(L, r, t);
	release_pid(ref);
	return n;
}

static int own_group(void)
{
	irqflags_t flags = spin_lock(&task_lock);
	int nr = current->process->pgrp ? current->process->pgrp->nr : 0;
	spin_unlock(&task_lock, flags);
	return nr;
}

/* proc.wait([pid | -pgid | -1 | 0 [, options]]); a lone table is the options */
int proc_wait(lua_State *L)
{
	struct wait_request r = {.which = WAIT_ALL};
	int which = -1, t = 0;

	bind_require(L, TIER_CONTROL);
	if (lua_istable(L, 1) && lua_isnoneornil(L, 2)) {
		lua_settop(L, 1);
		lua_pushnil(L);
		lua_insert(L, 1);
	}
	if (!lua_isnoneornil(L, 1))
		which = bind_check_pid(L, 1);
	if (!lua_isnoneornil(L, 2)) {
		check_option_names(L, 2);
		t = 2;
	}
	if (which == -1)
		return wait_with_options(L, &r, t);
	r.which = which > 0 ? WAIT_PID : WAIT_PGRP;
	if (which == 0)
		return wait_on_pid(L, &r, own_group(), t);
	return wait_on_pid(L, &r, which > 0 ? which : -which, t);
}

/* P:wait([options]) */
int process_wait(lua_State *L)
{
	struct wait_request r = {.which = WAIT_PID};
	struct task_handle *h = check_process(L, 1);
	struct task_info info;
	int t = 0;

	bind_require(L, TIER_CONTROL);
	if (!lua_isnoneornil(L, 2)) {
		check_option_names(L, 2);
		t = 2;
	}
	int err = task_snapshot(h, &info);
	if (err)
		return bind_fail(L, err);
	return wait_on_pid(L, &r, h->pid, t);
}
