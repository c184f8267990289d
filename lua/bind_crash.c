/* crash: the last faults that ended user programs. */
#include "debug/crash.h"

#include "modules.h"
#include "printk.h"

static void push_frames(lua_State *L, const struct crash_context *c)
{
	lua_createtable(L, (int)c->frame_count, 0);
	for (unsigned i = 0; i < c->frame_count; i++) {
		lua_createtable(L, 0, 2);
		bind_set_int(L, "pc", (int64_t)c->frames[i]);
		bind_set_string(L, "where", c->where[i]);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "stack");
}

/* What the log said about the program around its end. */
static void push_log_lines(lua_State *L, const struct crash_context *c)
{
	struct log_record *r = lua_newuserdatauv(L, sizeof(*r), 0);
	uint64_t seq = 0, end = log_next_seq();
	char mark[40];
	lua_Integer n = 0;

	fmt_string(mark, sizeof(mark), "%s[%d]", c->comm, c->tid);
	lua_newtable(L);
	while (seq < end && !log_get(seq, r)) {
		seq = r->seq + 1;
		r->text[MIN(r->len, (uint16_t)(sizeof(r->text) - 1))] = 0;
		if (!strstr(r->text, mark))
			continue;
		lua_pushstring(L, r->text);
		lua_rawseti(L, -2, ++n);
	}
	lua_remove(L, -2);
}

static void push_crash(lua_State *L, const struct crash_context *c)
{
	const char *cause = crash_cause(c->signal, c->code);
	const char *code = signal_code_name(c->signal, c->code);

	luaL_checkstack(L, 8, NULL);
	lua_createtable(L, 0, 16);
	bind_set_int(L, "seq", (int64_t)c->seq);
	bind_set_number(L, "time", (double)c->time / 1e9);
	bind_set_int(L, "pid", c->pid);
	bind_set_int(L, "tid", c->tid);
	bind_set_string(L, "comm", c->comm);
	bind_set_int(L, "signal", c->signal);
	push_signal_name(L, c->signal);
	lua_setfield(L, -2, "signame");
	bind_set_int(L, "code", c->code);
	if (code)
		bind_set_string(L, "codename", code);
	bind_set_int(L, "addr", (int64_t)c->addr);
	bind_set_string(L, "addr_where", c->addr_where);
	bind_set_string(L, "cause", cause ? cause : "fatal signal");
	push_registers(L, &c->regs);
	lua_setfield(L, -2, "regs");
	bind_set_int(L, "pc", (int64_t)arch_frame_pc(&c->regs));
	bind_set_int(L, "sp", (int64_t)arch_frame_sp(&c->regs));
	push_frames(L, c);
	lua_setfield(L, -2, "frames");
	if (c->code_valid) {
		lua_pushlstring(L, (const char *)c->code_bytes, sizeof(c->code_bytes));
		lua_setfield(L, -2, "bytes");
	}
	push_log_lines(L, c);
	lua_setfield(L, -2, "log");
	bind_set_view(L, "crash");
}

/* crash.last() */
static int crash_last(lua_State *L)
{
	struct crash_context *c = lua_newuserdatauv(L, sizeof(*c), 0);

	if (crash_get(0, c))
		return bind_fail_text(L, ENOENT, "nothing has crashed");
	push_crash(L, c);
	return 1;
}

/* crash.list(): the newest first */
static int crash_list(lua_State *L)
{
	struct crash_context *c = lua_newuserdatauv(L, sizeof(*c), 0);

	lua_newtable(L);
	for (unsigned i = 0; !crash_get(i, c); i++) {
		push_crash(L, c);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "crashes");
	return 1;
}

/* --- the report --- */

static void add_registers(lua_State *L, luaL_Buffer *b, int regs)
{
	char cell[48];
	lua_Integer n = (lua_Integer)lua_rawlen(L, regs);

	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, regs, i);
		const char *name = lua_tostring(L, -1);
		lua_getfield(L, regs, name ? name : "");
		fmt_string(cell, sizeof(cell), "%s%6s %016llx", (i - 1) % 4 ? " " : "  ",
		    name ? name : "?", (unsigned long long)lua_tointeger(L, -1));
		lua_pop(L, 2);
		luaL_addstring(b, cell);
		if (i % 4 == 0 || i == n)
			luaL_addchar(b, '\n');
	}
}

static void add_frames(lua_State *L, luaL_Buffer *b, int frames)
{
	char line[128];
	lua_Integer n = (lua_Integer)lua_rawlen(L, frames);

	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, frames, i);
		lua_getfield(L, -1, "pc");
		lua_getfield(L, -2, "where");
		fmt_string(line, sizeof(line), "  #%-2d %016llx %s\n", (int)i - 1,
		    (unsigned long long)lua_tointeger(L, -2),
		    lua_tostring(L, -1) ? lua_tostring(L, -1) : "?");
		lua_pop(L, 3);
		luaL_addstring(b, line);
	}
}

static const char *field_string(lua_State *L, const char *name)
{
	lua_getfield(L, 1, name);
	const char *s = lua_tostring(L, -1);
	lua_pop(L, 1); /* the record keeps it */
	return s ? s : "?";
}

static lua_Integer field_int(lua_State *L, const char *name)
{
	lua_getfield(L, 1, name);
	lua_Integer v = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return v;
}

static void add_head(lua_State *L, luaL_Buffer *b)
{
	char line[256];

	fmt_string(line, sizeof(line),
	    "%s (pid %d, tid %d) ended by %s: %s\n  at address %016llx (%s)\n",
	    field_string(L, "comm"), (int)field_int(L, "pid"), (int)field_int(L, "tid"),
	    field_string(L, "signame"), field_string(L, "cause"),
	    (unsigned long long)field_int(L, "addr"), field_string(L, "addr_where"));
	luaL_addstring(b, line);
}

static void add_bytes(lua_State *L, luaL_Buffer *b)
{
	size_t n = 0;
	char cell[8];

	lua_getfield(L, 1, "bytes");
	const char *bytes = lua_tolstring(L, -1, &n);
	lua_pop(L, 1);
	if (!bytes)
		return;
	luaL_addstring(b, "bytes at pc:");
	for (size_t i = 0; i < n; i++) {
		fmt_string(cell, sizeof(cell), " %02x", (unsigned char)bytes[i]);
		luaL_addstring(b, cell);
	}
	luaL_addchar(b, '\n');
}

/* crash.report([C]): the report as text */
static int crash_report(lua_State *L)
{
	luaL_Buffer b;

	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		int n = crash_last(L);
		if (n != 1)
			return n;
		lua_replace(L, 1);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_getfield(L, 1, "regs");
	lua_getfield(L, 1, "frames");
	if (!lua_istable(L, 2) || !lua_istable(L, 3))
		return luaL_argerror(L, 1, "a record of crash.list() expected");
	luaL_buffinit(L, &b);
	add_head(L, &b);
	luaL_addstring(&b, "registers:\n");
	add_registers(L, &b, 2);
	luaL_addstring(&b, "backtrace:\n");
	add_frames(L, &b, 3);
	add_bytes(L, &b);
	luaL_pushresult(&b);
	return 1;
}

/* crash.print([C]) */
static int crash_print(lua_State *L)
{
	int n = crash_report(L);

	if (n != 1)
		return n;
	lua_getglobal(L, "print");
	lua_insert(L, -2);
	lua_call(L, 1, 0);
	return 0;
}

static const luaL_Reg functions[] = {{"last", crash_last}, {"list", crash_list},
    {"print", crash_print}, {"report", crash_report}, {NULL, NULL}};

int luaopen_crash(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
