/*
 * The standard libraries as a kernel can offer them: text chunks only, files of the kernel's own
 * file system, no finalizers from scripts, protected calls that a Ctrl-C passes through, no loop in
 * C that Ctrl-C cannot end.
 */
#include <time.h>

#include "bind.h"
#include "lualib.h"
#include "port_internal.h"
#include "sched/timer.h"

/* --- protected calls: they do not catch what ends the whole command --- */

/* With the results of a protected call on the stack from `from` on (a boolean first). `ctx`: the
 * depth it was made at. */
static int finish_pcall(lua_State *L, int status, lua_KContext ctx)
{
	struct port *p = port_of(L);

	p->pcall_depth = (int)ctx;
	if (status != LUA_OK && status != LUA_YIELD) {
		if (port_stopping(p, (int)ctx))
			return lua_error(L);
		lua_pushboolean(L, 0);
		lua_insert(L, -2);
		return 2;
	}
	return lua_gettop(L); /* `true` lies below the results */
}

/* pcall(f, ...) */
static int base_pcall(lua_State *L)
{
	int depth = port_of(L)->pcall_depth++;

	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, depth, finish_pcall);
	return finish_pcall(L, status, depth);
}

static int finish_xpcall(lua_State *L, int status, lua_KContext ctx)
{
	if (status == LUA_OK || status == LUA_YIELD)
		lua_remove(L, 1); /* the handler */
	return finish_pcall(L, status, ctx);
}

/* xpcall(f, handler, ...) */
static int base_xpcall(lua_State *L)
{
	int depth = port_of(L)->pcall_depth++;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2); /* f, handler, true, f, arguments */
	lua_remove(L, 1);
	int status = lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, depth, finish_xpcall);
	return finish_xpcall(L, status, depth);
}

/* coroutine.resume (upvalue: the library's own) */
static int co_resume(lua_State *L)
{
	struct port *p = port_of(L);
	int depth = p->pcall_depth++;

	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	p->pcall_depth = depth;
	if (!lua_toboolean(L, 1) && port_stopping(p, depth)) {
		lua_settop(L, 2);
		return lua_error(L);
	}
	return lua_gettop(L);
}

/* --- what scripts may not do --- */

/* setmetatable (upvalue: the library's own), without finalizers: they would run at any point of the
 * kernel's own code. */
static int base_setmetatable(lua_State *L)
{
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "__gc is not for scripts: use <close>");
		lua_pop(L, 1);
	}
	lua_settop(L, 2);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

/* load (upvalue: the library's own), whatever mode was asked for: text. */
static int base_load(lua_State *L)
{
	bool has_env = !lua_isnone(L, 4);
	const char *mode = luaL_optstring(L, 3, "t");

	if (!strchr(mode, 't'))
		return luaL_error(L, "only text chunks can be loaded");
	lua_settop(L, has_env ? 4 : 3);
	lua_pushliteral(L, "t");
	lua_replace(L, 3);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

#define LONGEST_MOVE (1 << 26)

/* table.move (upvalue: the library's own): its loop in C cannot be ended from outside. */
static int table_move(lua_State *L)
{
	lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);

	luaL_argcheck(L, to < from || (lua_Unsigned)to - (lua_Unsigned)from < LONGEST_MOVE, 3,
	    "too many elements to move");
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* string.rep (upvalue: the library's own): repeating nothing takes no time. */
static int string_rep(lua_State *L)
{
	size_t len, separator = 0;

	luaL_checklstring(L, 1, &len);
	luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &separator);
	if (len + separator == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* Puts `fn` in the place of t[name], which becomes its upvalue. The table is on top of the stack.
 */
static void replace(lua_State *L, const char *name, lua_CFunction fn)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
}

/* --- output --- */

/* print(...): one piece, so that lines of two writers do not mix */
static int base_print(lua_State *L)
{
	luaL_Buffer b;
	int n = lua_gettop(L);

	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&b);
	}
	luaL_addchar(&b, '\n');
	luaL_pushresult(&b);
	size_t len;
	const char *s = lua_tolstring(L, -1, &len);
	lua_port_write(L, s, len);
	return 0;
}

/* io.write(...) → io */
static int io_write(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		size_t len;
		const char *s = luaL_checklstring(L, i, &len);
		lua_port_write(L, s, len);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	return 1;
}

/* --- time --- */

/* os.time(): seconds since 1970 */
static int os_time(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		return luaL_error(L, "os.time takes no table here: time.date() has fractions");
	lua_pushinteger(L, time_realtime() / NS_PER_S);
	return 1;
}

/* os.clock(): seconds since boot */
static int os_clock(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)time_now() / NS_PER_S);
	return 1;
}

/* os.date([format [, time]]): text, in UTC */
static int os_date(lua_State *L)
{
	const char *format = luaL_optstring(L, 1, "%c");
	time_t t = (time_t)luaL_optinteger(L, 2, time_realtime() / NS_PER_S);
	struct tm tm;
	char text[256];

	if (*format == '!')
		format++;
	luaL_argcheck(L, strncmp(format, "*t", 2) != 0, 1, "a table cannot be had here");
	if (!gmtime_r(&t, &tm))
		return luaL_error(L, "time out of range");
	lua_pushlstring(L, text, strftime(text, sizeof(text), format, &tm));
	return 1;
}

/* os.getenv(name): there is no environment */
static int os_getenv(lua_State *L)
{
	luaL_checkstring(L, 1);
	lua_pushnil(L);
	return 1;
}

/* --- files --- */

/* loadfile(path [, mode [, env]]) */
static int base_loadfile(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	if (lua_port_load_file(L, path) != LUA_OK) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	if (!lua_isnone(L, 3)) {
		lua_pushvalue(L, 3);
		if (!lua_setupvalue(L, -2, 1))
			lua_pop(L, 1);
	}
	return 1;
}

/* dofile(path) */
static int base_dofile(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	lua_settop(L, 1);
	if (lua_port_load_file(L, path) != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, LUA_MULTRET);
	return lua_gettop(L) - 1;
}

static const luaL_Reg base_functions[] = {
    {"pcall", base_pcall},
    {"xpcall", base_xpcall},
    {"print", base_print},
    {"loadfile", base_loadfile},
    {"dofile", base_dofile},
    {"require", port_require},
    {NULL, NULL},
};

static const luaL_Reg os_functions[] = {
    {"time", os_time}, {"clock", os_clock}, {"date", os_date}, {"getenv", os_getenv}, {NULL, NULL}};

void port_open_base(lua_State *L)
{
	lua_pushglobaltable(L);
	luaL_setfuncs(L, base_functions, 0);
	replace(L, "setmetatable", base_setmetatable);
	replace(L, "load", base_load);
	lua_getfield(L, -1, LUA_COLIBNAME);
	replace(L, "resume", co_resume);
	lua_pop(L, 1);
	lua_getfield(L, -1, LUA_TABLIBNAME);
	replace(L, "move", table_move);
	lua_pop(L, 1);
	lua_getfield(L, -1, LUA_STRLIBNAME);
	replace(L, "rep", string_rep);
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	lua_pop(L, 1);
	luaL_newlib(L, os_functions);
	lua_setfield(L, -2, "os");
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_pushcclosure(L, io_write, 1);
	lua_setfield(L, -2, "write");
	lua_setfield(L, -2, "io");
	lua_pop(L, 1);
}
