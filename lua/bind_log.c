/* log: the kernel log's ring. */
#include "modules.h"
#include "printk.h"

static const char *const level_names[] = {"panic", "error", "warn", "info", "debug"};

static int check_level(lua_State *L, int index)
{
	if (lua_type(L, index) == LUA_TSTRING && !lua_isinteger(L, index)) {
		for (unsigned i = 0; i < ARRAY_SIZE(level_names); i++)
			if (!strcmp(level_names[i], lua_tostring(L, index)))
				return (int)i;
	}
	int ok;
	lua_Integer n = lua_tointegerx(L, index, &ok);
	if (!ok || n < 0 || n >= (lua_Integer)ARRAY_SIZE(level_names))
		luaL_error(L, "a log level is 0-4, or panic, error, warn, info, debug");
	return (int)n;
}

struct log_filter {
	lua_Integer last; /* how many of the newest, 0: all */
	double since;     /* seconds since boot */
	int level;
	int match; /* stack slot of a Lua pattern, 0: none */
};

static void check_log_filter(lua_State *L, struct log_filter *f)
{
	if (lua_isnoneornil(L, 1))
		return;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "n");
	f->last = luaL_optinteger(L, -1, 0);
	lua_getfield(L, 1, "since");
	f->since = luaL_optnumber(L, -1, 0);
	if (lua_getfield(L, 1, "level") != LUA_TNIL)
		f->level = check_level(L, -1);
	if (lua_getfield(L, 1, "match") != LUA_TNIL) {
		luaL_checkstring(L, -1);
		f->match = lua_gettop(L);
	}
}

static bool line_matches(lua_State *L, const struct log_filter *f, const struct log_record *r)
{
	if (r->level > f->level || (double)r->time / 1e9 < f->since)
		return false;
	if (!f->match)
		return true;
	lua_getglobal(L, LUA_STRLIBNAME);
	lua_getfield(L, -1, "find");
	lua_pushlstring(L, r->text, r->len);
	lua_pushvalue(L, f->match);
	lua_call(L, 2, 1);
	bool found = !lua_isnil(L, -1);
	lua_pop(L, 2);
	return found;
}

static void push_record(lua_State *L, const struct log_record *r)
{
	lua_createtable(L, 0, 5);
	bind_set_int(L, "seq", (int64_t)r->seq);
	bind_set_number(L, "time", (double)r->time / 1e9);
	bind_set_string(L, "level", level_names[MIN(r->level, (uint8_t)LOG_DEBUG)]);
	bind_set_int(L, "cpu", r->cpu);
	lua_pushlstring(L, r->text, r->len);
	lua_setfield(L, -2, "text");
}

/* Leaves only the `keep` last elements of the list on top. */
static void keep_last(lua_State *L, lua_Integer n, lua_Integer keep)
{
	lua_createtable(L, (int)keep, 0);
	for (lua_Integer i = 1; i <= keep; i++) {
		lua_rawgeti(L, -2, n - keep + i);
		lua_rawseti(L, -2, i);
	}
	lua_remove(L, -2);
}

/* log.read{n=, since=, level=, match=} */
static int log_read(lua_State *L)
{
	struct log_filter f = {.level = LOG_DEBUG};
	uint64_t seq = 0, end = log_next_seq();
	lua_Integer n = 0;

	check_log_filter(L, &f);
	struct log_record *r = lua_newuserdatauv(L, sizeof(*r), 0);
	lua_newtable(L);
	while (seq < end && !log_get(seq, r)) {
		seq = r->seq + 1;
		if (!line_matches(L, &f, r))
			continue;
		push_record(L, r);
		lua_rawseti(L, -2, ++n);
	}
	if (f.last > 0 && n > f.last)
		keep_last(L, n, f.last);
	bind_set_view(L, "log");
	return 1;
}

/* log.level([n]): what the console shows */
static int log_level(lua_State *L)
{
	if (!lua_isnoneornil(L, 1)) {
		bind_require(L, TIER_CONTROL);
		log_set_console_level(check_level(L, 1));
	}
	lua_pushinteger(L, log_console_level());
	return 1;
}

/* log.write(text [, level]) */
static int log_write(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1);

	bind_require(L, TIER_CONTROL);
	klog(lua_isnoneornil(L, 2) ? LOG_INFO : (enum log_level)check_level(L, 2), "%s", text);
	return 0;
}

static const luaL_Reg functions[] = {
    {"read", log_read}, {"level", log_level}, {"write", log_write}, {NULL, NULL}};

int luaopen_log(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
