/* trace: the flight recorder, with system calls shown as strace does, from the table's typed
 * arguments. */
#include "abi/signal.h"
#include "modules.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "trace.h"

#define MAX_EVENTS 4096 /* of one trace.read() */

static uint64_t cursor = 1; /* the next event that trace.read gives; the shell's task only */

/* --- events --- */

const char *trace_kind_name(unsigned kind)
{
	static const char *const names[] = {
	    [TRACE_SYSCALL_ENTER] = "syscall",
	    [TRACE_SYSCALL_EXIT] = "return",
	    [TRACE_SIGNAL_SENT] = "sent",
	    [TRACE_SIGNAL_DROPPED] = "dropped",
	    [TRACE_SIGNAL_DEQUEUED] = "dequeued",
	    [TRACE_SIGNAL_DELIVERED] = "delivered",
	    [TRACE_STOPPED] = "stopped",
	    [TRACE_CONTINUED] = "continued",
	    [TRACE_SWITCH] = "switch",
	    [TRACE_WAKE] = "wake",
	    [TRACE_FORK] = "fork",
	    [TRACE_EXEC] = "exec",
	    [TRACE_EXIT] = "exit",
	    [TRACE_FAULT] = "fault",
	};

	return kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "unknown";
}

static void push_event(lua_State *L, const struct trace_event *e)
{
	lua_createtable(L, 0, 12);
	bind_set_int(L, "seq", (int64_t)e->seq);
	bind_set_number(L, "time", (double)e->time / 1e9);
	bind_set_int(L, "cpu", e->cpu);
	bind_set_int(L, "pid", e->pid);
	bind_set_int(L, "tid", e->tid);
	bind_set_string(L, "kind", trace_kind_name(e->kind));
}

static void push_syscall_enter(lua_State *L, const struct trace_event *e)
{
	const struct syscall_desc *d = strace_describe(e->a);
	const uint64_t args[STRACE_ARGS] = {e->b, e->c, e->d, e->e};
	char text[512] = "";

	strace_format(e, text, sizeof(text));
	push_event(L, e);
	bind_set_int(L, "number", (int64_t)e->a);
	bind_set_string(L, "name", d ? d->name : "?");
	bind_set_string(L, "call", text);
	lua_createtable(L, STRACE_ARGS, 0);
	for (unsigned i = 0; i < STRACE_ARGS && i < (d ? d->nargs : STRACE_ARGS); i++) {
		lua_pushinteger(L, (lua_Integer)args[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "args");
	lua_pushfstring(L, "%s = ?", text);
	lua_setfield(L, -2, "text");
}

/* The result into the record on top: result, errno (name), text. */
static void set_result(lua_State *L, const struct trace_event *e)
{
	const struct syscall_desc *d = strace_describe(e->a);
	int64_t result = (int64_t)e->b;
	char value[96];

	bind_set_int(L, "result", result);
	if (result < 0 && result >= -4095) {
		const char *name = errno_name((int)result), *words = errno_message((int)result);
		fmt_string(value, sizeof(value), "-1 %s (%s)",
		    name             ? name
		    : result <= -512 ? "ERESTART"
				     : "?",
		    words ? words : "to be restarted");
		bind_set_string(L, "errno", name ? name : "ERESTART");
	} else {
		fmt_string(value, sizeof(value), d && d->returns_pointer ? "0x%llx" : "%lld",
		    (unsigned long long)result);
	}
	lua_getfield(L, -1, "call");
	lua_pushfstring(L, "%s = %s",
	    lua_isstring(L, -1) ? lua_tostring(L, -1)
	    : d                 ? d->name
				: "?",
	    value);
	lua_setfield(L, -3, "text");
	lua_pop(L, 1);
}

static void set_details(lua_State *L, const struct trace_event *e)
{
	switch (e->kind) {
	case TRACE_SIGNAL_SENT:
	case TRACE_SIGNAL_DROPPED:
		bind_set_int(L, "to", (int64_t)e->b); /* fall through */
	case TRACE_SIGNAL_DEQUEUED:
	case TRACE_SIGNAL_DELIVERED:
	case TRACE_STOPPED:
		bind_set_int(L, "signal", (int64_t)e->a);
		push_signal_name(L, (int)e->a);
		lua_setfield(L, -2, "signame");
		break;
	case TRACE_SWITCH:
	case TRACE_WAKE:
		bind_set_int(L, "to", (int64_t)e->a);
		break;
	case TRACE_FORK:
		bind_set_int(L, "child", (int64_t)e->a);
		break;
	case TRACE_EXIT:
		bind_set_int(L, "status", (int64_t)e->a);
		break;
	case TRACE_FAULT:
		bind_set_int(L, "addr", (int64_t)e->a);
		bind_set_int(L, "access", (int64_t)e->b);
		bind_set_int(L, "signal", (int64_t)e->c);
		break;
	default:
		break;
	}
}

/* A return completes the call of the same thread, if that is in this batch; `open`: stack slot, tid
 * -> record. */
static bool complete_call(lua_State *L, int open, const struct trace_event *e)
{
	if (lua_rawgeti(L, open, e->tid) != LUA_TTABLE) {
		lua_pop(L, 1);
		return false;
	}
	lua_getfield(L, -1, "number");
	bool same = lua_tointeger(L, -1) == (lua_Integer)e->a;
	lua_pop(L, 1);
	if (same)
		set_result(L, e);
	lua_pop(L, 1);
	lua_pushnil(L);
	lua_rawseti(L, open, e->tid);
	return same;
}

/* Adds an event to the list `out`. */
static void add_event(lua_State *L, int out, int open, const struct trace_event *e)
{
	if (e->kind == TRACE_SYSCALL_EXIT && complete_call(L, open, e))
		return;
	if (e->kind == TRACE_SYSCALL_ENTER) {
		push_syscall_enter(L, e);
		lua_pushvalue(L, -1);
		lua_rawseti(L, open, e->tid);
	} else {
		push_event(L, e);
		if (e->kind == TRACE_SYSCALL_EXIT) {
			const struct syscall_desc *d = strace_describe(e->a);
			bind_set_string(L, "name", d ? d->name : "?");
			set_result(L, e);
		} else {
			set_details(L, e);
		}
	}
	bind_set_view(L, "event");
	lua_rawseti(L, out, (lua_Integer)lua_rawlen(L, out) + 1);
}

/* trace.read([n]): the events since the last trace.read or trace.on, oldest first */
static int trace_read(lua_State *L)
{
	lua_Integer n = luaL_optinteger(L, 1, MAX_EVENTS);
	struct trace_event e;

	lua_settop(L, 1);
	lua_newtable(L);
	lua_newtable(L);
	while (n-- > 0 && !trace_next(&cursor, &e))
		add_event(L, 2, 3, &e);
	lua_settop(L, 2);
	bind_set_view(L, "trace");
	return 1;
}

static const struct {
	unsigned bit;
	const char *name;
} classes[] = {
    {TRACE_CLASS_SIGNAL, "signal"},
    {TRACE_CLASS_SYSCALL, "syscall"},
    {TRACE_CLASS_SCHED, "sched"},
    {TRACE_CLASS_FAULT, "fault"},
};

static unsigned class_by_name(lua_State *L, const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i].name, name))
			return classes[i].bit;
	return (unsigned)luaL_error(
	    L, "trace.on: \"%s\": syscall, signal, sched or fault expected", name);
}

/* trace.on{"syscall", "signal", "sched", "fault", pid=} */
static int trace_on_function(lua_State *L)
{
	unsigned wanted = TRACE_CLASS_SIGNAL;
	int pid = 0;

	bind_require(L, TIER_CONTROL);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	luaL_argcheck(L, n > 0, 1, "nothing to trace: {\"syscall\", pid=12}");
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		wanted |= class_by_name(L, luaL_checkstring(L, -1));
		lua_pop(L, 1);
	}
	if (lua_getfield(L, 1, "pid") != LUA_TNIL)
		pid = bind_check_pid(L, -1);
	cursor = trace_seq();
	trace_pid = pid;
	__atomic_store_n(&trace_classes, wanted, __ATOMIC_RELEASE);
	lua_pushboolean(L, 1);
	return 1;
}

/* trace.off(): signal events are recorded always */
static int trace_off(lua_State *L)
{
	__atomic_store_n(&trace_classes, TRACE_CLASS_SIGNAL, __ATOMIC_RELEASE);
	trace_pid = 0;
	lua_pushboolean(L, 1);
	return 1;
}

static const luaL_Reg functions[] = {
    {"on", trace_on_function}, {"read", trace_read}, {"off", trace_off}, {NULL, NULL}};

int luaopen_trace(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
