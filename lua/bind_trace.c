/* trace: the flight recorder, with system calls shown as strace does, from the table's typed
 * arguments. */
#include "abi/signal.h"
#include "mm/space.h"
#include "modules.h"
#include "printk.h"
#include "syscall/syscall.h"
#include "trace.h"

#define MAX_EVENTS   4096 /* of one trace.read() */
#define STRING_SHOWN 64
#define KEPT_ARGS    4 /* a record has room for so many */

static uint64_t cursor = 1; /* the next event that trace.read gives; the shell's task only */

/* --- words for flags --- */

struct flag {
	uint64_t bit;
	const char *name;
};

static const struct flag open_flags[] = {
    {O_CREAT, "O_CREAT"},
    {O_EXCL, "O_EXCL"},
    {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},
    {O_APPEND, "O_APPEND"},
    {O_NONBLOCK, "O_NONBLOCK"},
    {O_DIRECTORY, "O_DIRECTORY"},
    {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_CLOEXEC, "O_CLOEXEC"},
    {O_PATH, "O_PATH"},
    {O_LARGEFILE, "O_LARGEFILE"},
    {0, NULL},
};
static const struct flag prot_flags[] = {
    {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {0, NULL}};
static const struct flag map_flags[] = {
    {1, "MAP_SHARED"},
    {2, "MAP_PRIVATE"},
    {0x10, "MAP_FIXED"},
    {0x20, "MAP_ANONYMOUS"},
    {0x100, "MAP_GROWSDOWN"},
    {0x4000, "MAP_NORESERVE"},
    {0x8000, "MAP_POPULATE"},
    {0x20000, "MAP_STACK"},
    {0x100000, "MAP_FIXED_NOREPLACE"},
    {0, NULL},
};
static const char *const clocks[] = {"CLOCK_REALTIME", "CLOCK_MONOTONIC",
    "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW",
    "CLOCK_REALTIME_COARSE", "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME"};

static void append(char *buf, size_t size, const char *s)
{
	strlcat(buf, s, size);
}

static void append_flags(char *buf, size_t size, const struct flag *f, uint64_t v, const char *none)
{
	char rest[24];
	bool any = false;

	for (; f->name; f++) {
		if ((v & f->bit) != f->bit)
			continue;
		if (any)
			append(buf, size, "|");
		append(buf, size, f->name);
		v &= ~f->bit;
		any = true;
	}
	if (v) {
		fmt_string(rest, sizeof(rest), "%s0x%llx", any ? "|" : "", (unsigned long long)v);
		append(buf, size, rest);
	} else if (!any) {
		append(buf, size, none);
	}
}

static void append_open_flags(char *buf, size_t size, uint64_t v)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	append(buf, size, modes[v & O_ACCMODE]);
	v &= ~(uint64_t)O_ACCMODE & 0xffffffff;
	if (!v)
		return;
	append(buf, size, "|");
	append_flags(buf, size, open_flags, v, "");
}

/* A string in the program's memory, if it is still there: "/etc/passwd", or false. */
static bool append_string(char *buf, size_t size, struct space *s, uint64_t addr)
{
	char text[STRING_SHOWN + 1];
	int64_t got = s ? space_read(s, addr, text, STRING_SHOWN) : -EFAULT;

	if (got <= 0)
		return false;
	text[got] = 0;
	bool cut = strlen(text) == STRING_SHOWN;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '"')
			*c = '.';
	append(buf, size, "\"");
	append(buf, size, text);
	append(buf, size, cut ? "\"..." : "\"");
	return true;
}

static void append_number(char *buf, size_t size, const char *format, uint64_t v)
{
	char n[32];

	fmt_string(n, sizeof(n), format, (unsigned long long)v);
	append(buf, size, n);
}

static void append_pointer(char *buf, size_t size, uint64_t v)
{
	if (v)
		append_number(buf, size, "0x%llx", v);
	else
		append(buf, size, "NULL");
}

static void append_arg(char *buf, size_t size, enum arg_type type, uint64_t v, struct space *s)
{
	char name[16];

	switch (type) {
	case ARG_FD:
		if ((int)v == AT_FDCWD)
			append(buf, size, "AT_FDCWD");
		else
			append_number(buf, size, "%lld", (uint64_t)(int64_t)(int)v);
		break;
	case ARG_INT:
	case ARG_PID:
		append_number(buf, size, "%lld", (uint64_t)(int64_t)(int)v);
		break;
	case ARG_LONG:
		append_number(buf, size, "%lld", v);
		break;
	case ARG_UINT:
		append_number(buf, size, "%llu", v & 0xffffffff);
		break;
	case ARG_SIZE:
		append_number(buf, size, "%llu", v);
		break;
	case ARG_MODE:
		append_number(buf, size, "0%llo", v & 07777);
		break;
	case ARG_OPEN_FLAGS:
		append_open_flags(buf, size, v);
		break;
	case ARG_PROT:
		append_flags(buf, size, prot_flags, v, "PROT_NONE");
		break;
	case ARG_MAP_FLAGS:
		append_flags(buf, size, map_flags, v, "0");
		break;
	case ARG_SIGNAL:
		if ((int)v > 0 && (int)v < NSIG) {
			append(buf, size, "SIG");
			append(buf, size, signal_name((int)v, name));
		} else {
			append_number(buf, size, "%lld", (uint64_t)(int64_t)(int)v);
		}
		break;
	case ARG_CLOCK:
		if (v < ARRAY_SIZE(clocks))
			append(buf, size, clocks[v]);
		else
			append_number(buf, size, "%lld", (uint64_t)(int64_t)(int)v);
		break;
	case ARG_PATH:
		if (append_string(buf, size, s, v))
			break;
		append_pointer(buf, size, v);
		break;
	case ARG_HEX:
		append_number(buf, size, "0x%llx", v);
		break;
	case ARG_PTR:
	case ARG_BUF:
	case ARG_STRV:
		append_pointer(buf, size, v);
		break;
	}
}

/* --- events --- */

static const struct syscall_desc *describe(uint64_t number)
{
	return number < syscall_count && syscall_table[number].name ? &syscall_table[number] : NULL;
}

/* The memory of the process that made the call, if it is still alive. */
static struct space *space_of(int pid)
{
	struct task_handle h = {.pid = pid};
	struct space *s = NULL;

	irqflags_t flags = spin_lock(&task_lock);
	struct process *p = process_find(pid);
	if (p)
		h.start = p->start_time;
	spin_unlock(&task_lock, flags);
	return p && !task_space(&h, &s) ? s : NULL;
}

/* "openat(AT_FDCWD, "/x", O_RDONLY, 00)" */
static void format_call(const struct trace_event *e, char *buf, size_t size)
{
	const uint64_t args[KEPT_ARGS] = {e->b, e->c, e->d, e->e};
	const struct syscall_desc *d = describe(e->a);
	unsigned n = d ? d->nargs : KEPT_ARGS;
	struct space *s = space_of(e->pid);

	if (d)
		fmt_string(buf, size, "%s(", d->name);
	else
		fmt_string(buf, size, "syscall_%llu(", (unsigned long long)e->a);
	for (unsigned i = 0; i < n && i < KEPT_ARGS; i++) {
		if (i)
			append(buf, size, ", ");
		append_arg(buf, size, d ? (enum arg_type)d->args[i] : ARG_HEX, args[i], s);
	}
	append(buf, size, n > KEPT_ARGS ? ", ...)" : ")");
	if (s)
		space_put(s);
}

static const char *event_kind(unsigned kind)
{
	switch (kind) {
	case TRACE_SYSCALL_ENTER:
		return "syscall";
	case TRACE_SYSCALL_EXIT:
		return "return";
	case TRACE_SIGNAL_SENT:
		return "sent";
	case TRACE_SIGNAL_DROPPED:
		return "dropped";
	case TRACE_SIGNAL_DEQUEUED:
		return "dequeued";
	case TRACE_SIGNAL_DELIVERED:
		return "delivered";
	case TRACE_STOPPED:
		return "stopped";
	case TRACE_CONTINUED:
		return "continued";
	case TRACE_SWITCH:
		return "switch";
	case TRACE_WAKE:
		return "wake";
	case TRACE_FORK:
		return "fork";
	case TRACE_EXEC:
		return "exec";
	case TRACE_EXIT:
		return "exit";
	case TRACE_FAULT:
		return "fault";
	}
	return "unknown";
}

static void push_event(lua_State *L, const struct trace_event *e)
{
	lua_createtable(L, 0, 12);
	bind_set_int(L, "seq", (int64_t)e->seq);
	bind_set_number(L, "time", (double)e->time / 1e9);
	bind_set_int(L, "cpu", e->cpu);
	bind_set_int(L, "pid", e->pid);
	bind_set_int(L, "tid", e->tid);
	bind_set_string(L, "kind", event_kind(e->kind));
}

static void push_syscall_enter(lua_State *L, const struct trace_event *e)
{
	const struct syscall_desc *d = describe(e->a);
	const uint64_t args[KEPT_ARGS] = {e->b, e->c, e->d, e->e};
	char text[512] = "";

	format_call(e, text, sizeof(text));
	push_event(L, e);
	bind_set_int(L, "number", (int64_t)e->a);
	bind_set_string(L, "name", d ? d->name : "?");
	bind_set_string(L, "call", text);
	lua_createtable(L, KEPT_ARGS, 0);
	for (unsigned i = 0; i < KEPT_ARGS && i < (d ? d->nargs : KEPT_ARGS); i++) {
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
	const struct syscall_desc *d = describe(e->a);
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
			const struct syscall_desc *d = describe(e->a);
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

static unsigned class_by_name(lua_State *L, const char *name)
{
	static const struct flag classes[] = {{TRACE_CLASS_SIGNAL, "signal"},
	    {TRACE_CLASS_SYSCALL, "syscall"}, {TRACE_CLASS_SCHED, "sched"},
	    {TRACE_CLASS_FAULT, "fault"}, {0, NULL}};

	for (const struct flag *c = classes; c->name; c++)
		if (!strcmp(c->name, name))
			return (unsigned)c->bit;
	return (unsigned)luaL_error(
	    L, "trace.on: \"%s\": syscall, signal, sched or fault expected", name);
}

/* trace.on{"syscall", "signal", "sched", "fault", pid=} */
static int trace_on_function(lua_State *L)
{
	unsigned classes = TRACE_CLASS_SIGNAL;
	int pid = 0;

	bind_require(L, TIER_CONTROL);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	luaL_argcheck(L, n > 0, 1, "nothing to trace: {\"syscall\", pid=12}");
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		classes |= class_by_name(L, luaL_checkstring(L, -1));
		lua_pop(L, 1);
	}
	if (lua_getfield(L, 1, "pid") != LUA_TNIL)
		pid = bind_check_pid(L, -1);
	cursor = trace_seq();
	trace_pid = pid;
	__atomic_store_n(&trace_classes, classes, __ATOMIC_RELEASE);
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
