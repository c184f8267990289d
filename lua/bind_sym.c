/* sym: the kernel's own symbols. */
#include "debug/symbols.h"
#include "modules.h"

/* sym.addr(name) */
static int sym_addr(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct symbol s;

	if (!symbol_find(name, &s))
		return bind_fail_text(L, ENOENT, "no such symbol");
	lua_pushinteger(L, (lua_Integer)s.addr);
	return 1;
}

/* sym.at(addr): name, offset, size. The source line is the host's to tell: `perilune` prints it for
 * panic reports. */
static int sym_at(lua_State *L)
{
	uintptr_t addr = (uintptr_t)luaL_checkinteger(L, 1);
	struct symbol s;

	if (!symbol_at(addr, &s))
		return bind_fail_text(L, ENOENT, "no symbol at this address");
	lua_pushstring(L, s.name);
	lua_pushinteger(L, (lua_Integer)(addr - s.addr));
	lua_pushinteger(L, (lua_Integer)s.size);
	return 3;
}

static bool matches(lua_State *L, const char *name)
{
	lua_pushvalue(L, 2); /* string.find */
	lua_pushstring(L, name);
	lua_pushvalue(L, 1);
	lua_call(L, 2, 1);
	bool found = !lua_isnil(L, -1);
	lua_pop(L, 1);
	return found;
}

/* sym.find(pattern): those whose name matches the Lua pattern, in order of address */
static int sym_find(lua_State *L)
{
	struct symbol s;
	lua_Integer n = 0;

	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	lua_getglobal(L, LUA_STRLIBNAME);
	lua_getfield(L, -1, "find");
	lua_remove(L, -2);
	lua_newtable(L);
	for (unsigned i = 0; symbol_nth(i, &s); i++) {
		if (!matches(L, s.name))
			continue;
		lua_createtable(L, 0, 3);
		bind_set_string(L, "name", s.name);
		bind_set_int(L, "addr", (int64_t)s.addr);
		bind_set_int(L, "size", (int64_t)s.size);
		lua_rawseti(L, -2, ++n);
	}
	bind_set_view(L, "symbols");
	return 1;
}

static const luaL_Reg functions[] = {
    {"addr", sym_addr}, {"at", sym_at}, {"find", sym_find}, {NULL, NULL}};

int luaopen_sym(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
