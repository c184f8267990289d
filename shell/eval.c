/* One piece of input: a command, an expression, or a chunk; run in protected mode, its values
 * shown. */
#include "dev/console.h"
#include "shell.h"

void shell_push(lua_State *L, const char *name)
{
	lua_getglobal(L, "shell");
	if (!lua_istable(L, -1)) {
		lua_pop(L, 1);
		lua_pushnil(L);
		return;
	}
	lua_pushstring(L, name);
	lua_rawget(L, -2);
	lua_remove(L, -2);
}

/* Does the syntax error on top of the stack come from input that is not finished? */
static bool unfinished(lua_State *L)
{
	static const char mark[] = "<eof>";
	size_t len;
	const char *msg = lua_tolstring(L, -1, &len);
	return msg && len >= sizeof(mark) - 1 && !strcmp(msg + len - (sizeof(mark) - 1), mark);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_silent(const char *text, size_t len)
{
	while (len && blank(text[len - 1]))
		len--;
	return len && text[len - 1] == ';';
}

/* The text as an expression. True: its function is on the stack. */
static bool load_expression(lua_State *L, const char *text, size_t len)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	luaL_addstring(&b, "return ");
	luaL_addlstring(&b, text, len);
	luaL_pushresult(&b);
	size_t n;
	const char *s = lua_tolstring(L, -1, &n);
	int status = lua_port_load(L, s, n, "=prompt");
	lua_remove(L, -2);
	if (status == LUA_OK)
		return true;
	lua_pop(L, 1);
	return false;
}

/* Input as function to run: (text, more) → function [, true for a silent one]; nil: unfinished.
 * Raises syntax errors. */
static int compile(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	bool more = lua_toboolean(L, 2);
	const char *start = text;

	while (blank(*start))
		start++;
	if (*start == ':' && start[1] != ':') { /* "::" begins a label */
		shell_push(L, "command");
		lua_pushstring(L, start + 1);
		lua_call(L, 1, 2);
		return 2;
	}
	if (!load_expression(L, text, len) && lua_port_load(L, text, len, "=prompt") != LUA_OK) {
		if (!more || !unfinished(L))
			return lua_error(L);
		lua_pushnil(L);
		return 1;
	}
	lua_pushboolean(L, ends_silent(text, len));
	return 2;
}

/* Runs the function at 1 and shows its values, unless 2 says to be silent. */
static int run(lua_State *L)
{
	bool silent = lua_toboolean(L, 2);

	lua_settop(L, 1);
	lua_call(L, 0, LUA_MULTRET);
	int n = lua_gettop(L);
	if (!n)
		return 0;
	lua_pushvalue(L, 1);
	lua_setglobal(L, "_");
	if (silent)
		return 0;
	shell_push(L, "show");
	lua_insert(L, 1);
	lua_call(L, n, 0);
	return 0;
}

static enum eval_result report(lua_State *L)
{
	if (pager_quit(L)) {
		lua_pop(L, 1);
		return EVAL_OK;
	}
	/* The message itself must come out whole. */
	shell_clear_interrupt();
	lua_port_report(L);
	return EVAL_FAILED;
}

enum eval_result shell_eval(lua_State *L, const char *text, size_t len, bool more)
{
	int top = lua_gettop(L);
	enum eval_result result = EVAL_OK;

	lua_port_begin(L);
	lua_pushcfunction(L, compile);
	lua_pushlstring(L, text, len);
	lua_pushboolean(L, more);
	if (lua_pcall(L, 2, 2, 0) != LUA_OK) {
		result = report(L);
	} else if (lua_isnil(L, -2)) {
		result = EVAL_INCOMPLETE;
	} else {
		lua_pushcfunction(L, run);
		lua_insert(L, -3);
		if (lua_port_pcall(L, 2, 0) != LUA_OK)
			result = report(L);
	}
	lua_settop(L, top);
	shell_clear_interrupt();
	return result;
}
