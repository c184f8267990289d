/* Helpers of every binding: results, arguments, tables that print well, waits that Ctrl-C ends. */
#include "bind.h"

#include "arch/cpu.h"
#include "boot/boot_info.h"
#include "dev/console.h"
#include "modules.h"
#include "port.h"
#include "printk.h"
#include "proc/process.h"
#include "sched/timer.h"
#include "signal/signal.h"

#define SLICE (50 * NS_PER_S / 1000)

const luaL_Reg bind_modules[] = {
    {"sys", luaopen_sys},
    {"proc", luaopen_proc},
    {"pgrp", luaopen_pgrp},
    {"pty", luaopen_pty},
    {"ptrace", luaopen_ptrace},
    {"signal", luaopen_signal},
    {"mem", luaopen_mem},
    {"sym", luaopen_sym},
    {"cpu", luaopen_cpu},
    {"irq", luaopen_irq},
    {"sched", luaopen_sched},
    {"log", luaopen_log},
    {"fs", luaopen_fs},
    {"time", luaopen_time},
    {"trace", luaopen_trace},
    {"crash", luaopen_crash},
    {"fault", luaopen_fault},
    {NULL, NULL},
};

/* --- results --- */

/* The message of an error number as Lua's own messages are written: no capital at its start. */
static void push_message(lua_State *L, int err)
{
	const char *m = errno_message(err < 0 ? -err : err);
	if (!m) {
		lua_pushfstring(L, "error %d", err < 0 ? -err : err);
		return;
	}
	bool word = m[0] >= 'A' && m[0] <= 'Z' && m[1] >= 'a' && m[1] <= 'z';
	if (word)
		lua_pushfstring(L, "%c%s", m[0] - 'A' + 'a', m + 1);
	else
		lua_pushstring(L, m);
}

int bind_fail(lua_State *L, int err)
{
	lua_pushnil(L);
	push_message(L, err);
	lua_pushinteger(L, err < 0 ? -err : err);
	return 3;
}

int bind_fail_for(lua_State *L, int err, const char *what)
{
	lua_pushnil(L);
	lua_pushfstring(L, "%s: ", what);
	push_message(L, err);
	lua_concat(L, 2);
	lua_pushinteger(L, err < 0 ? -err : err);
	return 3;
}

int bind_fail_text(lua_State *L, int err, const char *text)
{
	lua_pushnil(L);
	lua_pushstring(L, text);
	lua_pushinteger(L, err < 0 ? -err : err);
	return 3;
}

int bind_result(lua_State *L, int64_t result)
{
	if (result < 0)
		return bind_fail(L, (int)result);
	lua_pushinteger(L, result);
	return 1;
}

int bind_ok(lua_State *L, int result)
{
	if (result < 0)
		return bind_fail(L, result);
	lua_pushboolean(L, 1);
	return 1;
}

/* --- arguments --- */

int bind_check_signal(lua_State *L, int arg, int def)
{
	int sig;

	if (lua_isnoneornil(L, arg) && def)
		return def;
	if (lua_type(L, arg) == LUA_TSTRING) {
		sig = signal_number(lua_tostring(L, arg));
	} else {
		lua_Integer n = luaL_checkinteger(L, arg);
		sig = n < 0 || n >= NSIG ? -EINVAL : (int)n;
	}
	luaL_argcheck(
	    L, sig >= 0, arg, "no such signal (a number 0-64, or a name such as \"TERM\")");
	return sig;
}

/* Seconds from now to a point in time. Far ones never come. */
static ns_t deadline_after(lua_Number seconds)
{
	if (!(seconds < 1e9))
		return NS_NEVER;
	if (seconds < 0)
		seconds = 0;
	return time_now() + (ns_t)(seconds * 1e9);
}

ns_t bind_opt_deadline(lua_State *L, int arg)
{
	if (lua_isnoneornil(L, arg))
		return NS_NEVER;
	return deadline_after(luaL_checknumber(L, arg));
}

ns_t bind_field_deadline(lua_State *L, int table, const char *field)
{
	ns_t deadline = NS_NEVER;
	int ok;

	if (lua_getfield(L, table, field) != LUA_TNIL) {
		lua_Number n = lua_tonumberx(L, -1, &ok);
		if (!ok)
			luaL_error(L, "field '%s' must be a number of seconds, not a %s", field,
			    luaL_typename(L, -1));
		deadline = deadline_after(n);
	}
	lua_pop(L, 1);
	return deadline;
}

/* --- waiting --- */

void bind_check_interrupt(lua_State *L)
{
	if (shell_interrupted()) {
		shell_clear_interrupt();
		luaL_error(L, "interrupted");
	}
	if (time_now() >= lua_port_deadline(L))
		luaL_error(L, "time limit exceeded");
	bind_absorb_signals();
}

ns_t bind_slice(lua_State *L, ns_t deadline)
{
	deadline = MIN(deadline, lua_port_deadline(L));
	return MIN(deadline, time_now() + SLICE);
}

void bind_absorb_signals(void)
{
	struct siginfo info;

	if (!signal_pending(current))
		return;
	irqflags_t flags = spin_lock(&task_lock);
	while (signal_dequeue(current, ~(sigset_t)0, &info))
		;
	signal_recalc(current);
	spin_unlock(&task_lock, flags);
}

/* --- tables --- */

void bind_set_int(lua_State *L, const char *field, int64_t v)
{
	lua_pushinteger(L, v);
	lua_setfield(L, -2, field);
}

void bind_set_string(lua_State *L, const char *field, const char *v)
{
	lua_pushstring(L, v);
	lua_setfield(L, -2, field);
}

void bind_set_bool(lua_State *L, const char *field, bool v)
{
	lua_pushboolean(L, v);
	lua_setfield(L, -2, field);
}

void bind_set_number(lua_State *L, const char *field, double v)
{
	lua_pushnumber(L, v);
	lua_setfield(L, -2, field);
}

/* The table of the shell's formatting functions, by kind. */
static void push_views(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "perilune.views");
}

/* "kind: a=1 b=2", for a kind that has no view. Array parts first, then fields in no order. */
static int plain_view(lua_State *L, const char *kind)
{
	luaL_Buffer b;
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);

	luaL_buffinit(L, &b);
	luaL_addstring(&b, kind);
	luaL_addchar(&b, ':');
	for (lua_Integer i = 1; i <= n; i++) {
		luaL_addchar(&b, ' ');
		lua_rawgeti(L, 1, i);
		luaL_tolstring(L, -1, NULL);
		lua_remove(L, -2);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	lua_pushnil(L);
	while (lua_next(L, 1)) { /* text, key, value */
		if (lua_type(L, -2) == LUA_TSTRING) {
			luaL_tolstring(L, -1, NULL);
			lua_pushfstring(L, "%s %s=%s", lua_tostring(L, -4), lua_tostring(L, -3),
			    lua_tostring(L, -1));
			lua_replace(L, -5);
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	return 1;
}

static int view_tostring(lua_State *L)
{
	const char *kind = lua_tostring(L, lua_upvalueindex(1));

	luaL_checktype(L, 1, LUA_TTABLE);
	push_views(L);
	if (lua_getfield(L, -1, kind) == LUA_TFUNCTION) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 1);
		if (lua_type(L, -1) == LUA_TSTRING)
			return 1;
	}
	lua_settop(L, 1);
	return plain_view(L, kind);
}

/* A list of threads is a field of P as well as the result of a method: P.threads, P:threads(). */
static int view_call(lua_State *L)
{
	lua_settop(L, 1);
	return 1;
}

void bind_set_view(lua_State *L, const char *kind)
{
	lua_pushfstring(L, "view.%s", kind);
	if (luaL_newmetatable(L, lua_tostring(L, -1))) {
		bind_set_string(L, "__name", kind);
		lua_pushstring(L, kind);
		lua_pushcclosure(L, view_tostring, 1);
		lua_setfield(L, -2, "__tostring");
		if (!strcmp(kind, "threads")) {
			lua_pushcfunction(L, view_call);
			lua_setfield(L, -2, "__call");
		}
	}
	lua_remove(L, -2);
	lua_setmetatable(L, -2);
}

void bind_new_type(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta)
{
	luaL_newmetatable(L, name);
	luaL_setfuncs(L, meta, 0);
	lua_newtable(L); /* what getmetatable() shows */
	bind_set_string(L, "__name", name);
	lua_newtable(L);
	for (const luaL_Reg *m = methods; m->name; m++) {
		lua_pushcfunction(L, m->func);
		lua_setfield(L, -2, m->name);
	}
	lua_setfield(L, -2, "__index");
	lua_setfield(L, -2, "__metatable");
}

/* --- tiers --- */

static const char *const tier_names[] = {"off", "inspect", "control", "full"};
static int tier = -1; /* of enum bind_tier; -1: the boot argument was not read yet */

int bind_tier_by_name(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(tier_names); i++)
		if (!strcmp(name, tier_names[i]))
			return (int)i;
	return -EINVAL;
}

int bind_tier(void)
{
	char arg[16];

	if (tier < 0) {
		const char *given = boot_arg("shell", arg, sizeof(arg));
		int t = given ? bind_tier_by_name(given) : TIER_FULL;
		if (t < 0) {
			log_warn(
			    "shell=%s: off, inspect, control or full expected; taken as inspect",
			    given);
			t = TIER_INSPECT;
		}
		tier = t;
	}
	return tier;
}

const char *bind_tier_name(void)
{
	return tier_names[bind_tier()];
}

int bind_tier_lower(int to)
{
	if (to > bind_tier())
		return -EPERM;
	tier = to;
	return 0;
}

void bind_require(lua_State *L, enum bind_tier wanted)
{
	if (bind_tier() < (int)wanted)
		luaL_error(L,
		    "not permitted: this shell may '%s', and this needs '%s' (boot argument "
		    "shell=)",
		    bind_tier_name(), tier_names[wanted]);
}
