/* fault: allocations that fail on purpose, in debug builds. F is a rule in force. */
#include "debug/fault.h"
#include "debug/symbols.h"
#include "modules.h"
#include "syscall/syscall.h"

#define RULE_TYPE "fault"
#define MAX_SITES 256

/* --- F --- */

static int64_t *check_rule(lua_State *L)
{
	return luaL_checkudata(L, 1, RULE_TYPE);
}

static int rule_clear(lua_State *L)
{
	int64_t *id = check_rule(L);

	fault_remove(*id);
	return 0;
}

static void push_site(lua_State *L, uintptr_t addr)
{
	char name[128];

	symbol_format(addr, name, sizeof(name));
	lua_pushstring(L, name);
}

/* upvalue 1: the methods */
static int rule_index(lua_State *L)
{
	int64_t *id = check_rule(L);
	const char *key = luaL_checkstring(L, 2);
	struct fault_status status = {0};

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	bool gone = fault_status(*id, &status) < 0;
	bool seen = !strcmp(key, "seen"), failed = !strcmp(key, "failed");
	if (!seen && !failed && strcmp(key, "site"))
		return luaL_error(L, "a fault has no field '%s' (see help(fault))", key);
	if (gone || (!seen && !failed && !status.site))
		lua_pushnil(L);
	else if (seen || failed)
		lua_pushinteger(L, (lua_Integer)(seen ? status.seen : status.failed));
	else
		push_site(L, status.site);
	return 1;
}

static int rule_tostring(lua_State *L)
{
	struct fault_status s;

	if (fault_status(*check_rule(L), &s))
		lua_pushliteral(L, "fault (cleared)");
	else
		lua_pushfstring(
		    L, "fault (%I seen, %I failed)", (LUAI_UACINT)s.seen, (LUAI_UACINT)s.failed);
	return 1;
}

/* --- fault.inject --- */

static void check_names(lua_State *L)
{
	static const char *const known[] = {
	    "at", "pid", "thread", "call", "site", "nth", "after", "every", NULL};

	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		unsigned i = 0;
		while (known[i] && strcmp(known[i], key))
			i++;
		if (!known[i])
			luaL_error(L, "fault.inject: unknown field '%s'", key);
	}
}

static uint64_t count_field(lua_State *L, const char *name)
{
	lua_Integer n = 0;

	if (lua_getfield(L, 1, name) != LUA_TNIL) {
		n = luaL_checkinteger(L, -1);
		if (n < 0)
			luaL_error(L, "fault.inject: %s is negative", name);
	}
	lua_pop(L, 1);
	return (uint64_t)n;
}

/* A function by name: all its sites. Or an address. */
static void site_field(lua_State *L, struct fault_spec *spec)
{
	struct symbol s;

	switch (lua_getfield(L, 1, "site")) {
	case LUA_TNIL:
		break;
	case LUA_TNUMBER:
		spec->site_from = spec->site_to = (uintptr_t)luaL_checkinteger(L, -1);
		break;
	default:
		if (!symbol_find(luaL_checkstring(L, -1), &s))
			luaL_error(L, "fault.inject: there is no function %s", lua_tostring(L, -1));
		spec->site_from = s.addr + 1;
		spec->site_to = s.addr + s.size;
	}
	lua_pop(L, 1);
}

static int call_field(lua_State *L)
{
	int number = -1;

	if (lua_getfield(L, 1, "call") != LUA_TNIL) {
		number = syscall_by_name(luaL_checkstring(L, -1));
		if (number < 0)
			luaL_error(
			    L, "fault.inject: there is no system call %s", lua_tostring(L, -1));
	}
	lua_pop(L, 1);
	return number;
}

/* fault.inject{at="alloc", pid=, thread=, call=, site=, nth=, after=, every=} */
static int inject(lua_State *L)
{
	struct fault_spec spec = {0};

	bind_require(L, TIER_FULL);
	luaL_checktype(L, 1, LUA_TTABLE);
	check_names(L);
	lua_getfield(L, 1, "at");
	if (strcmp(luaL_optstring(L, -1, "alloc"), "alloc"))
		return luaL_error(
		    L, "fault.inject: at=\"%s\": alloc expected", lua_tostring(L, -1));
	if (lua_getfield(L, 1, "pid") != LUA_TNIL)
		spec.pid = bind_check_pid(L, -1);
	lua_settop(L, 1);
	spec.tid = (int)count_field(L, "thread");
	spec.nth = count_field(L, "nth");
	spec.after = count_field(L, "after");
	spec.every = count_field(L, "every");
	spec.call = call_field(L);
	site_field(L, &spec);
	int64_t *id = lua_newuserdatauv(L, sizeof(*id), 0);
	*id = 0;
	luaL_setmetatable(L, RULE_TYPE);
	*id = fault_inject(&spec);
	return *id < 0 ? bind_fail(L, (int)*id) : 1;
}

/* --- the rest --- */

/* fault.sites(): where allocations met a rule, since the last fault.clear */
static int sites(lua_State *L)
{
	struct fault_site *list = lua_newuserdatauv(L, MAX_SITES * sizeof(*list), 0);
	unsigned n = fault_sites(list, MAX_SITES);

	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		lua_createtable(L, 0, 4);
		push_site(L, list[i].addr);
		lua_setfield(L, -2, "site");
		bind_set_int(L, "addr", (int64_t)list[i].addr);
		bind_set_int(L, "seen", (int64_t)list[i].seen);
		bind_set_int(L, "failed", (int64_t)list[i].failed);
		lua_rawseti(L, -2, i + 1);
	}
	bind_set_view(L, "sites");
	return 1;
}

static int clear(lua_State *L)
{
	bind_require(L, TIER_FULL);
	fault_clear();
	return 0;
}

static const luaL_Reg methods[] = {{"clear", rule_clear}, {NULL, NULL}};
static const luaL_Reg meta[] = {
    {"__tostring", rule_tostring}, {"__close", rule_clear}, {"__gc", rule_clear}, {NULL, NULL}};
static const luaL_Reg functions[] = {
    {"inject", inject}, {"sites", sites}, {"clear", clear}, {NULL, NULL}};

int luaopen_fault(lua_State *L)
{
	bind_new_type(L, RULE_TYPE, methods, meta);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, rule_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
